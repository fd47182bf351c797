//! The listener against a real socket, seen from a raw client and from a recording handler.

mod bodies;
mod crowds;
mod endings;
mod panics;
mod pipelining;
mod rows;
mod stopping;
mod timing;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Handler, Limits, Listener, Summary, serve};
use crate::delivery::{Ending, Head, Outcome, Reply, Request, Settlement};

/// Longer than anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

type Answering = dyn Fn(&Request) -> Reply + Send + Sync;

/// A handler that remembers everything.
struct Recorder {
    answering: Box<Answering>,
    seen: Mutex<Seen>,
    changed: Notify,
    /// `receive` waits while this is true.
    gate: watch::Sender<bool>,
    /// What held answers become.
    decision: watch::Sender<Option<Reply>>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    settled: Vec<(usize, Settlement)>,
}

impl Handler for Recorder {
    type Receipt = usize;

    fn greeting(&self, head: &Head) -> Option<Reply> {
        let is_greeting = matches!(head.method(), "GET" | "HEAD") && head.path() == b"/";
        is_greeting.then(|| Reply::json(200, "hello"))
    }

    async fn receive(&self, request: Request) -> (Reply, usize) {
        let mut gate = self.gate.subscribe();
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.requests.push(request.clone());
            seen.requests.len() - 1
        };
        self.changed.notify_waiters();
        gate.wait_for(|closed| !closed).await.unwrap();
        assert!(request.head.path() != b"/panic", "as asked for");
        ((self.answering)(&request), number)
    }

    async fn held(&self, _: &usize) -> Reply {
        let mut decision = self.decision.subscribe();
        let decided = decision.wait_for(Option::is_some).await.unwrap().clone();
        decided.unwrap()
    }

    fn settled(&self, number: usize, settlement: Settlement) {
        self.seen.lock().unwrap().settled.push((number, settlement));
        self.changed.notify_waiters();
    }
}

impl Recorder {
    /// Waits until what was seen gives something.
    async fn until<T>(&self, look: impl Fn(&Seen) -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = look(&self.seen.lock().unwrap()) {
                    return found;
                }
                changed.await;
            }
        };
        timeout(PATIENCE, wait).await.expect("it never came")
    }

    async fn request(&self, number: usize) -> Request {
        self.until(|seen| seen.requests.get(number).cloned()).await
    }

    /// What became of a request, once that is known.
    async fn outcome(&self, number: usize) -> Outcome {
        self.until(|seen| {
            let mut settled = seen.settled.iter().filter(|(of, _)| *of == number);
            let outcome = settled.next().map(|(_, settlement)| settlement.outcome);
            assert!(settled.next().is_none(), "settled twice");
            outcome
        })
        .await
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().requests.len()
    }
}

/// A running listener.
struct Rig {
    address: SocketAddr,
    recorder: Arc<Recorder>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Summary>,
}

impl Rig {
    /// Answers as the handler of the real thing does: a defect with its status, the rest with 200.
    fn start() -> Self {
        Self::answering(Limits::default(), |_| Reply::json(200, r#"{"ok":true}"#))
    }

    fn ending(ending: Ending) -> Self {
        Self::answering(Limits::default(), move |_| ended(ending))
    }

    fn answering(
        limits: Limits,
        answering: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let recorder = Arc::new(Recorder {
            answering: Box::new(move |request| match &request.defect {
                Some(defect) => Reply::json(defect.status(), r#"{"error":"defect"}"#),
                None => answering(request),
            }),
            seen: Mutex::default(),
            changed: Notify::new(),
            gate: watch::Sender::new(false),
            decision: watch::Sender::new(None),
        });
        let listener = Listener::bind(Some(Ipv4Addr::LOCALHOST.into()), 0).unwrap();
        let address = listener.addresses()[0];
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, Arc::clone(&recorder), limits, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            recorder,
            stop: Some(stop),
            task,
        }
    }

    async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
            unread: Vec::new(),
        }
    }

    /// A connection on which this was sent.
    async fn send(&self, bytes: impl AsRef<[u8]>) -> Client {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client
    }

    /// The next POST is still answered: nothing before has done harm.
    async fn assert_alive(&self) {
        let mut client = self.send(post("/alive", "{}")).await;
        assert_eq!(client.answer().await.status, 200);
    }

    fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    async fn stopped(self) -> Summary {
        within(self.task).await.unwrap()
    }
}

fn ended(ending: Ending) -> Reply {
    Reply {
        ending,
        ..Reply::json(200, r#"{"ok":true}"#)
    }
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it took too long")
}

/// A client that knows no HTTP beyond where an answer ends.
struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Bytes,
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Reads some; 0 at the end.
    async fn read(&mut self) -> io::Result<usize> {
        within(self.stream.read_buf(&mut self.unread)).await
    }

    async fn head(&mut self) -> String {
        loop {
            if let Some(at) = memchr::memmem::find(&self.unread, b"\r\n\r\n") {
                let rest = self.unread.split_off(at + 4);
                let head = std::mem::replace(&mut self.unread, rest);
                return String::from_utf8(head).unwrap();
            }
            let count = self.read().await.unwrap();
            assert_ne!(count, 0, "ended with {:?}", self.unread.escape_ascii());
        }
    }

    /// The next answer that is not an interim one.
    async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let status = head[9..12].parse().unwrap();
        let length: usize = head
            .to_ascii_lowercase()
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| {
                rest.split("\r\n").next().unwrap().parse().unwrap()
            });
        while self.unread.len() < length {
            assert_ne!(self.read().await.unwrap(), 0, "a body cut short");
        }
        let rest = self.unread.split_off(length);
        Answer {
            status,
            head,
            body: std::mem::replace(&mut self.unread, rest).into(),
        }
    }

    /// Everything until the peer ends its side, or the error it ends with.
    async fn rest(&mut self) -> io::Result<Vec<u8>> {
        while self.read().await? > 0 {}
        Ok(std::mem::take(&mut self.unread))
    }

    /// Whether the connection was ended in order, without another byte.
    async fn is_closed_cleanly(&mut self) -> bool {
        self.rest().await.is_ok_and(|rest| rest.is_empty())
    }
}
