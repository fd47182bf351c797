//! A raw peer for tests: shows the bytes it got, and says what a script tells it. And a place where
//! there is none.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use super::Target;

/// One request as the peer got it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its head, the blank line included.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
    pub(crate) at: Instant,
}

impl Seen {
    /// The value of the first field line with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// What the peer does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// These bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// These bytes after a while.
    After(Duration, Vec<u8>),
    /// These bytes, then an orderly close.
    Last(Vec<u8>),
    /// These bytes again and again, until we leave.
    Flood(Vec<u8>),
    /// Nothing; the connection stays open.
    Hang,
    /// A reset.
    Reset,
    /// A reset after a while.
    ResetAfter(Duration),
    /// An orderly close after a while, without a byte.
    CloseAfter(Duration),
}

impl Say {
    /// A small answer with this status.
    pub(crate) fn status(status: u16) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nhi").into_bytes())
    }
}

/// A listener on a free port of this machine; gone when dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: JoinHandle<()>,
}

impl Peer {
    /// Answers as `script` says; it gets the request and how many came before it.
    pub(crate) async fn new(script: impl Fn(&Seen, usize) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&seen));
        let accepting = tokio::spawn(async move {
            for connection in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(
                    socket,
                    connection,
                    Arc::clone(&script),
                    log.clone(),
                ));
            }
        });
        Self {
            address,
            seen,
            accepting,
        }
    }

    pub(crate) fn target(&self, path: &str) -> Target {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// An address of this machine that nobody listens at. It stays so while this lives: nobody else
/// gets the port, and connecting is refused.
pub(crate) struct Nobody {
    pub(crate) address: SocketAddr,
    socket: TcpSocket,
}

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket,
        }
    }

    pub(crate) fn target(&self) -> Target {
        format!("http://{}/", self.address).parse().unwrap()
    }

    /// Listens there after all.
    pub(crate) fn listen(self) -> TcpListener {
        self.socket.listen(16).unwrap()
    }
}

async fn converse<S: Fn(&Seen, usize) -> Say>(
    mut socket: TcpStream,
    connection: usize,
    script: Arc<S>,
    log: Arc<Mutex<Vec<Seen>>>,
) {
    while let Some(seen) = read_request(&mut socket, connection).await {
        let say = {
            let mut log = log.lock().unwrap();
            let say = script(&seen, log.len());
            log.push(seen);
            say
        };
        match say {
            Say::Bytes(bytes) => socket.write_all(&bytes).await.unwrap(),
            Say::After(wait, bytes) => {
                tokio::time::sleep(wait).await;
                if socket.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Say::Last(bytes) => return socket.write_all(&bytes).await.unwrap(),
            Say::Flood(bytes) => while socket.write_all(&bytes).await.is_ok() {},
            Say::Hang => std::future::pending().await,
            Say::Reset => return socket.set_zero_linger().unwrap(),
            Say::ResetAfter(wait) => {
                tokio::time::sleep(wait).await;
                return socket.set_zero_linger().unwrap();
            }
            Say::CloseAfter(wait) => return tokio::time::sleep(wait).await,
        }
    }
}

/// Reads one request with a Content-Length or without a body; `None` at the end.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    connection: usize,
) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let at = Instant::now();
    let mut seen = Seen {
        head: String::from_utf8_lossy(&head).into_owned(),
        body: Vec::new(),
        connection,
        at,
    };
    let length = seen
        .header("content-length")
        .map_or(0, |text| text.parse().unwrap());
    seen.body.resize(length, 0);
    stream.read_exact(&mut seen.body).await.ok()?;
    Some(seen)
}
