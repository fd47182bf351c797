//! A raw client of the control socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use super::{Home, PATIENCE};

/// The control socket of a home's listener: beside the store.
pub fn socket(home: &Home) -> PathBuf {
    let mut path = home.store().into_os_string();
    path.push(".sock");
    path.into()
}

/// Makes one call with these bytes as its body: the status, and the JSON that came back.
#[track_caller]
pub fn call(home: &Home, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = UnixStream::connect(socket(home)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).expect(body))
}

/// How the listener stands, as its control socket says.
#[track_caller]
pub fn status(home: &Home) -> Value {
    let (status, object) = call(home, "GET", "/status", "");
    assert_eq!(status, 200, "{object}");
    object
}
