//! The control socket: HTTP with JSON over a Unix socket, through which commands steer a running
//! listener.
//!
//! It lies beside the store, belongs to the user alone (mode 0600, and the other end's user is
//! checked), and never listens on TCP: neither a web page nor the tunnel can reach it. What the
//! calls mean is not known here.

use std::convert::Infallible;
use std::fs::Permissions;
use std::future::Future;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// The largest body of a call or an answer.
const MAX_BODY: usize = 4 << 20;
/// How long a call may take.
const CALL_TIME: Duration = Duration::from_secs(15);

/// One call: what is asked, with its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET` or `POST`.
    pub method: String,
    /// The path: `/status`, `/arm`, …
    pub path: String,
    /// The body, JSON or empty.
    pub body: Bytes,
}

/// What is answered: a status and JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// An HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// Why the control socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A living listener holds it.
    #[error("another listener answers on {0}")]
    Taken(PathBuf),
    /// Nobody answers there.
    #[error("no listener answers on {path}: {source}")]
    NobodyThere {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be made or used.
    #[error("the control socket {path} cannot be used: {source}")]
    Unusable {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The other end broke off, or does not speak as we do.
    #[error("the listener did not answer: {0}")]
    Broken(String),
}

/// A control socket that is listened on; its file is removed when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Somebody removed it before: nothing to do.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl ControlSocket {
    /// Listens on `path`. What a dead process left there is replaced, a living one is not.
    ///
    /// # Errors
    /// When a listener answers there, something else than a socket is in the way, or the path
    /// cannot be used (it is longer than a socket's path may be).
    pub async fn bind(path: &Path) -> Result<Self, ControlError> {
        let unusable = |source| ControlError::Unusable {
            path: path.to_owned(),
            source,
        };
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => {
                if UnixStream::connect(path).await.is_ok() {
                    return Err(ControlError::Taken(path.to_owned()));
                }
                std::fs::remove_file(path).map_err(unusable)?;
            }
            Ok(_) => {
                let in_the_way = io::Error::other("something that is no socket is in the way");
                return Err(unusable(in_the_way));
            }
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(unusable)?;
        let socket = Self {
            listener,
            path: path.to_owned(),
        };
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(unusable)?;
        Ok(socket)
    }

    /// Answers calls until it is dropped.
    pub async fn serve<H, F>(self, handler: H)
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = CallAnswer> + Send + 'static,
    {
        let handler = Arc::new(handler);
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) if is_ours(&stream) => {
                    tokio::spawn(connection(stream, Arc::clone(&handler)));
                }
                Ok(_) => {}
                // Out of file descriptors: they come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

/// The same user, or root: the mode already says so, and this holds between bind and chmod too.
fn is_ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

async fn connection<H, F>(stream: UnixStream, handler: Arc<H>)
where
    H: Fn(Call) -> F + Send + Sync + 'static,
    F: Future<Output = CallAnswer> + Send + 'static,
{
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(respond(request, &*handler).await) }
    });
    // A caller that breaks off has only itself to blame.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond<H, F>(
    request: hyper::Request<Incoming>,
    handler: &H,
) -> hyper::Response<Full<Bytes>>
where
    H: Fn(Call) -> F,
    F: Future<Output = CallAnswer>,
{
    let (parts, body) = request.into_parts();
    let answer = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => {
            handler(Call {
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                body: body.to_bytes(),
            })
            .await
        }
        Err(error) => CallAnswer {
            status: 400,
            body: serde_json::json!({ "error": error.to_string() }).to_string(),
        },
    };
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Makes one call to the listener behind `path`.
///
/// # Errors
/// When nobody answers there, or not in time.
pub async fn call(path: &Path, call: &Call) -> Result<CallAnswer, ControlError> {
    let stream = UnixStream::connect(path)
        .await
        .map_err(|source| ControlError::NobodyThere {
            path: path.to_owned(),
            source,
        })?;
    timeout(CALL_TIME, exchange(stream, call))
        .await
        .unwrap_or_else(|_| Err(ControlError::Broken("it took too long".to_owned())))
}

async fn exchange(stream: UnixStream, call: &Call) -> Result<CallAnswer, ControlError> {
    let broken = |error: hyper::Error| ControlError::Broken(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    tokio::spawn(connection);
    let request = hyper::Request::builder()
        .method(call.method.as_str())
        .uri(&call.path)
        .header("Host", "hook64")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(call.body.clone()))
        .map_err(|error| ControlError::Broken(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MAX_BODY)
        .collect()
        .await
        .map_err(|error| ControlError::Broken(error.to_string()))?;
    Ok(CallAnswer {
        status,
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Call {
        Call {
            method: "GET".to_owned(),
            path: path.to_owned(),
            body: Bytes::from_static(b"{}"),
        }
    }

    async fn echo(call: Call) -> CallAnswer {
        CallAnswer {
            status: 202,
            body: format!("\"{} {}\"", call.method, call.path),
        }
    }

    /// A socket's path has about 100 bytes.
    fn directory() -> tempfile::TempDir {
        if std::env::temp_dir().as_os_str().len() < 60 {
            tempfile::tempdir().unwrap()
        } else {
            tempfile::tempdir_in("/tmp").unwrap()
        }
    }

    #[tokio::test]
    async fn a_call_reaches_the_handler_and_its_answer_comes_back() {
        let directory = directory();
        let path = directory.path().join("s");
        let socket = ControlSocket::bind(&path).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let serving = tokio::spawn(socket.serve(echo));
        let answer = call(&path, &get("/status")).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (202, "\"GET /status\""));
        serving.abort();
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_living_one_is_not() {
        let directory = directory();
        let path = directory.path().join("s");
        // Bound and never listening, as what a dead process left.
        let dead = tokio::net::UnixSocket::new_stream().unwrap();
        dead.bind(&path).unwrap();
        assert!(matches!(
            call(&path, &get("/")).await,
            Err(ControlError::NobodyThere { .. })
        ));
        let socket = ControlSocket::bind(&path).await.unwrap();
        let second = ControlSocket::bind(&path).await;
        assert!(matches!(second, Err(ControlError::Taken(_))));
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let directory = directory();
        let path = directory.path().join("s");
        std::fs::write(&path, "mine").unwrap();
        assert!(ControlSocket::bind(&path).await.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
