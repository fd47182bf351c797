//! A client that sends exactly these bytes.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::{PATIENCE, eventually};

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection to the listener.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    patience: Duration,
}

impl Connection {
    /// Connects to `HOST:PORT`.
    pub fn open(address: &str) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Over a stream that is there already.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            unread: Vec::new(),
            patience: PATIENCE,
        }
    }

    /// Waits longer, or shorter, for what is read.
    pub fn set_patience(&mut self, time: Duration) {
        self.stream.set_read_timeout(Some(time)).unwrap();
        self.patience = time;
    }

    /// Sends bytes; a peer that does not want them is no error here.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next answer; `None` when the connection ended instead.
    pub fn answer(&mut self) -> io::Result<Option<Answer>> {
        let end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at + 4;
            }
            if self.read_more()? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.trim().parse().unwrap());
        while self.unread.len() < end + length {
            if self.read_more()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.unread[end..end + length].to_vec();
        self.unread.drain(..end + length);
        if status == 100 {
            return self.answer();
        }
        Ok(Some(Answer { status, head, body }))
    }

    /// Whether nothing comes for this long.
    pub fn is_silent_for(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let silent = self
            .read_more()
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_read_timeout(Some(self.patience)).unwrap();
        silent
    }

    /// Waits for more bytes; how many there are now that were not taken for an answer.
    #[track_caller]
    pub fn unread_bytes(&mut self) -> usize {
        assert!(self.read_more().unwrap() > 0, "the connection ended");
        self.unread.len()
    }

    /// The bytes that came and were not taken for an answer.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Waits until the peer, a process of this machine, has read all that was sent.
    #[track_caller]
    pub fn until_read(&self) {
        let port = |address: io::Result<SocketAddr>| format!(":{:04X}", address.unwrap().port());
        let theirs = port(self.stream.peer_addr());
        let mine = port(self.stream.local_addr());
        eventually("the peer reads what it was sent", || {
            let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
            let mut sockets = sockets.lines().map(|line| line.split_whitespace());
            // Number, local address, remote address, state, unsent:unread.
            sockets.find_map(|mut fields| {
                let is_theirs =
                    fields.nth(1)?.ends_with(&theirs) && fields.next()?.ends_with(&mine);
                (is_theirs && fields.nth(1)?.ends_with(":00000000")).then_some(())
            })
        });
    }

    /// Everything until the peer closes; how it closed.
    pub fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let ended = loop {
            match self.read_more() {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        (std::mem::take(&mut self.unread), ended)
    }

    fn read_more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 64 * 1024];
        let read = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// The bytes of a POST.
pub fn post_bytes(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n",
        body.len()
    )
    .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Posts once, on a connection of its own.
#[track_caller]
pub fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(&post_bytes(path, headers, body));
    connection.answer().unwrap().expect("no answer")
}

/// Sends raw bytes on a connection of its own; the answer, or `None` when there is none.
#[track_caller]
pub fn raw(address: &str, bytes: &[u8]) -> Option<Answer> {
    let mut connection = Connection::open(address);
    connection.send(bytes);
    connection.answer().ok().flatten()
}
