//! How much the listener costs beside a bare hyper service under the same load: requests per second,
//! and processor time for each, which other work on the machine disturbs less. It prints, and
//! asserts nothing: run it optimised and by name, with `--ignored --nocapture`.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Handler, Limits, Listener, Reply, Settlement, serve};
use crate::delivery;

struct Quick;

impl Handler for Quick {
    type Receipt = ();

    async fn receive(&self, request: delivery::Request) -> (Reply, ()) {
        assert!(request.is_whole());
        (Reply::json(200, r#"{"ok":true}"#), ())
    }

    fn held(&self, (): &()) -> impl Future<Output = Reply> + Send {
        std::future::pending()
    }

    fn settled(&self, (): (), _: Settlement) {}
}

async fn ours() -> SocketAddr {
    let listener = Listener::bind(Some(Ipv4Addr::LOCALHOST.into()), 0).unwrap();
    let address = listener.addresses()[0];
    let never = std::future::pending();
    tokio::spawn(serve(listener, Arc::new(Quick), Limits::default(), never));
    address
}

async fn bare() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = service_fn(|request: Request<hyper::body::Incoming>| async {
                request.into_body().collect().await.unwrap();
                let body = Full::new(Bytes::from_static(br#"{"ok":true}"#));
                Ok::<_, Infallible>(Response::new(body))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

/// Requests per second of so many clients that each wait for their answer.
fn load(address: SocketAddr, clients: usize, body: usize, time: Duration) -> f64 {
    let fields = "Host: localhost\r\nUser-Agent: webhooks/1.0\r\nAccept: */*\r\nContent-Type: application/json\r\nSixtyfour-Event-Id: 0b9c6f8e-1d2c-4a5b-9e8f-7a6b5c4d3e2f\r\nSixtyfour-Event-Type: find_email\r\nSixtyfour-Attempt: 1\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
    let mut request =
        format!("POST /webhooks HTTP/1.1\r\n{fields}Content-Length: {body}\r\n\r\n").into_bytes();
    request.resize(request.len() + body, b'x');
    let request: Arc<[u8]> = request.into();
    let generator = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let started = Instant::now();
    let counts = generator.block_on(futures_util::future::join_all((0..clients).map(|_| {
        let request = Arc::clone(&request);
        async move {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut answer = [0; 1024];
                let mut count = 0_u32;
                while started.elapsed() < time {
                    stream.write_all(&request).await.unwrap();
                    let mut length = 0;
                    while !answer[..length].ends_with(br#"{"ok":true}"#) {
                        length += stream.read(&mut answer[length..]).await.unwrap();
                    }
                    count += 1;
                }
                count
            })
            .await
            .unwrap()
        }
    })));
    f64::from(counts.iter().sum::<u32>()) / started.elapsed().as_secs_f64()
}

/// What one round of load measured.
#[derive(Clone, Copy)]
struct Round {
    per_second: f64,
    /// Processor time of the servers for a request, in microseconds.
    cost: f64,
}

fn measure(server: &Server, clients: usize, body: usize) -> Round {
    let before = server.time();
    let started = Instant::now();
    let per_second = load(server.address, clients, body, Duration::from_millis(1500));
    let requests = per_second * started.elapsed().as_secs_f64();
    Round {
        per_second,
        cost: (server.time() - before) / requests / 1e3,
    }
}

/// A server on threads of its own.
struct Server {
    name: &'static str,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(name: &'static str, serving: impl Future<Output = SocketAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(name)
            .enable_all()
            .build()
            .unwrap();
        Self {
            name,
            address: runtime.block_on(serving),
            _runtime: runtime,
        }
    }

    /// Nanoseconds that its threads have run, where that can be told.
    fn time(&self) -> f64 {
        let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
            return f64::NAN;
        };
        threads
            .filter_map(Result::ok)
            .filter(|thread| {
                std::fs::read_to_string(thread.path().join("comm"))
                    .is_ok_and(|name| name.trim_end() == self.name)
            })
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
            .filter_map(|times| times.split(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
#[ignore = "a measurement"]
fn beside_a_bare_hyper_service() {
    let (ours, bare) = (Server::start("ours", ours()), Server::start("bare", bare()));
    for (clients, body) in [
        (1, 2048),
        (64, 2048),
        (64, 65_536),
        (8, 1 << 20),
        (512, 2048),
    ] {
        let rounds: Vec<(Round, Round)> = (0..5)
            .map(|_| (measure(&ours, clients, body), measure(&bare, clients, body)))
            .collect();
        let of = |pick: fn(&(Round, Round)) -> f64| median(rounds.iter().map(pick).collect());
        println!(
            "{clients:>4} clients, {body:>7} B: {:>7.0}/s beside {:>7.0}/s; {:>6.1} us beside {:>6.1} us a request",
            of(|(ours, _)| ours.per_second),
            of(|(_, bare)| bare.per_second),
            of(|(ours, _)| ours.cost),
            of(|(_, bare)| bare.cost),
        );
    }
}
