//! What `send`, `replay` and `prove` deliver to, with or without TLS: it keeps what it was sent,
//! byte for byte, and answers as told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Request line and field lines, with the blank line.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// When it was read.
    pub(crate) at: Instant,
}

impl Seen {
    /// The value of a header, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Answers = dyn Fn(usize, &Seen) -> (u16, String) + Send + Sync;

/// A server; it ends with the test's process.
pub(crate) struct Target {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Target {
    /// A target that gives these answers (status and body) to requests by number, from 0.
    pub(crate) fn new(
        answers: impl Fn(usize, &Seen) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::serve(answers, |stream| Box::new(stream))
    }

    /// A target that takes everything.
    pub(crate) fn taking() -> Self {
        Self::new(|_, _| (200, r#"{"ok":true}"#.to_owned()))
    }

    /// The same over TLS with a certificate that it signed itself; its URL and that certificate's file.
    pub(crate) fn self_signed() -> (Self, String, PathBuf) {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/net/client/testdata");
        let certificate = data.join("self-signed.pem");
        let target = Self::with_tls(&certificate, &data.join("self-signed.key"));
        let url = format!("https://localhost:{}/hook", target.port());
        (target, url, certificate)
    }

    /// A target that takes everything over TLS, with the certificate of these files.
    pub(crate) fn with_tls(certificate: &Path, key: &Path) -> Self {
        let certificates = CertificateDer::pem_file_iter(certificate).unwrap();
        let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        let config = Arc::new(config);
        Self::serve(
            |_, _| (200, String::new()),
            move |stream| {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                Box::new(StreamOwned::new(connection, stream))
            },
        )
    }

    fn serve(
        answers: impl Fn(usize, &Seen) -> (u16, String) + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Box<dyn Duplex> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let target = Self {
            address,
            seen: Arc::clone(&seen),
        };
        let answers: Arc<Answers> = Arc::new(answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_nodelay(true).unwrap();
                let stream = wrap(stream);
                let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
                thread::spawn(move || talk(stream, &seen, &*answers));
            }
        });
        target
    }

    /// Its URL with this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port.
    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// What it was sent so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that it was sent.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

fn talk(mut stream: Box<dyn Duplex>, seen: &Mutex<Vec<Seen>>, answers: &Answers) {
    let mut unread = Vec::new();
    while let Some(request) = read(&mut *stream, &mut unread) {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let (status, body) = answers(number, &request);
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
        let _ = stream.flush();
    }
}

fn read(stream: &mut dyn Duplex, unread: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        let found = unread.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(at) = found {
            break at + 4;
        }
        more(stream, unread)?;
    };
    let head = String::from_utf8_lossy(&unread[..end]).into_owned();
    let mut request = Seen {
        head,
        body: Vec::new(),
        at: Instant::now(),
    };
    let length = request.header("content-length");
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    while unread.len() < end + length {
        more(stream, unread)?;
    }
    request.body = unread[end..end + length].to_vec();
    unread.drain(..end + length);
    Some(request)
}

fn more(stream: &mut dyn Duplex, unread: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 64 * 1024];
    let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
    unread.extend_from_slice(&buffer[..count]);
    Some(())
}
