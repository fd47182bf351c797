//! A local app behind the listener: answers as it is told, and remembers what it was sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server on a port of its own; its threads end with the test.
pub struct App {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl App {
    /// Answers the n-th request, from 1, with this status, after this time.
    pub fn start(answer: impl Fn(usize) -> (u16, Duration) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &*answer, &kept));
            }
        });
        Self { url, requests }
    }

    /// Answers everything with this status at once.
    pub fn saying(status: u16) -> Self {
        Self::start(move |_| (status, Duration::ZERO))
    }

    /// How many requests it was sent.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Everything it was sent, head and body, in order.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(usize) -> (u16, Duration),
    kept: &Mutex<Vec<Vec<u8>>>,
) {
    let mut unread = Vec::new();
    while let Some(request) = next_request(&mut stream, &mut unread) {
        let number = {
            let mut kept = kept.lock().unwrap();
            kept.push(request);
            kept.len()
        };
        let (status, delay) = answer(number);
        thread::sleep(delay);
        let body = format!("app says {status}");
        let head = format!(
            "HTTP/1.1 {status} X\r\nX-App: yes\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

fn next_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = whole_request(unread) {
            let rest = unread.split_off(end);
            return Some(std::mem::replace(unread, rest));
        }
        let mut buffer = [0; 16 * 1024];
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => unread.extend_from_slice(&buffer[..read]),
        }
    }
}

fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    (bytes.len() >= head + length).then_some(head + length)
}
