//! How much the listener costs beside a bare hyper service under the same load. It prints, and
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

#[test]
#[ignore = "a measurement"]
fn beside_a_bare_hyper_service() {
    let servers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (ours, bare) = servers.block_on(async { (ours().await, bare().await) });
    for (clients, body) in [
        (1, 2048),
        (64, 2048),
        (64, 65_536),
        (8, 1 << 20),
        (512, 2048),
    ] {
        let mut rounds: Vec<(f64, f64)> = (0..5)
            .map(|_| {
                let time = Duration::from_millis(1500);
                let bare = load(bare, clients, body, time);
                (load(ours, clients, body, time), bare)
            })
            .collect();
        rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (ours, bare) = rounds[2];
        println!(
            "{clients:>4} clients, {body:>7} B: {ours:>7.0}/s beside {bare:>7.0}/s: {:.2}",
            ours / bare
        );
    }
}
