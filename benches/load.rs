//! Load: the release listener beside a bare hyper server, under the same load in one run.
//!
//! `cargo bench --bench load` starts both, one after the other, posts signed deliveries (a new
//! event each) over keep-alive connections and prints requests per second, latencies, peak memory
//! and the ratio between the two. The listener stores durably before each answer; the bare server
//! reads the body and says 200. Numbers depend on the machine, ratios much less.
//!
//! The last line is `hook64 send` as a load generator: signed events, 2 KiB, 64 connections, to the
//! bare server, beside the raw generator that the other lines are measured with.

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hook64::delivery::Scheme;
use hook64::signature::{self, Secret};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Where the event's number stands in a request, to be overwritten for each.
const MARK: &str = "00000000-0000-4000-8000-000000000000";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// One kind of load.
struct Scenario {
    name: &'static str,
    body: usize,
    connections: usize,
}

const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "2 KiB, 1 connection",
        body: 2 << 10,
        connections: 1,
    },
    Scenario {
        name: "2 KiB, 64 connections",
        body: 2 << 10,
        connections: 64,
    },
    Scenario {
        name: "2 KiB, 512 connections",
        body: 2 << 10,
        connections: 512,
    },
    Scenario {
        name: "64 KiB, 64 connections",
        body: 64 << 10,
        connections: 64,
    },
    Scenario {
        name: "1 MiB, 8 connections",
        body: 1 << 20,
        connections: 8,
    },
];

/// What one run gave.
struct Measured {
    per_second: f64,
    p50: Duration,
    p99: Duration,
    refused: u64,
    peak_mib: f64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--bare") {
        return bare_server();
    }
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let seconds = after("--seconds")
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let only = after("--only");
    println!(
        "{:<24} {:>10} {:>10} {:>6} {:>9} {:>9} {:>9} {:>9}",
        "load", "bare/s", "hook64/s", "ratio", "p50", "p99", "bare p50", "peak"
    );
    for scenario in SCENARIOS {
        if only.is_some_and(|only| !scenario.name.contains(only.as_str())) {
            continue;
        }
        let bare = measure(&scenario, seconds, &start_bare()?)?;
        let ours = measure(&scenario, seconds, &start_listener()?)?;
        println!(
            "{:<24} {:>10.0} {:>10.0} {:>6.2} {:>6.2} ms {:>6.2} ms {:>6.2} ms {:>5.0} MiB{}",
            scenario.name,
            bare.per_second,
            ours.per_second,
            ours.per_second / bare.per_second,
            ours.p50.as_secs_f64() * 1e3,
            ours.p99.as_secs_f64() * 1e3,
            bare.p50.as_secs_f64() * 1e3,
            ours.peak_mib,
            if ours.refused == 0 {
                String::new()
            } else {
                format!("  ({} not 2xx)", ours.refused)
            },
        );
    }
    if only.is_none_or(|only| "send".contains(only.as_str())) {
        compare_senders(seconds)?;
    }
    Ok(())
}

/// How many events a first, short run sends.
const TRIAL: u64 = 5_000;

/// `hook64 send` beside the raw generator.
fn compare_senders(seconds: u64) -> Outcome<()> {
    let scenario = &SCENARIOS[1];
    let raw = measure(scenario, seconds, &start_bare()?)?;
    // A first, short run tells how many events fill the time.
    let trial = send(scenario, TRIAL)?;
    let millis = u64::try_from(trial.as_millis())?.max(1);
    let count = (TRIAL * seconds * 1_000 / millis).max(TRIAL);
    let rate = count as f64 / send(scenario, count)?.as_secs_f64();
    println!(
        "{:<24} {:>10.0} {:>10.0} {:>6.2}",
        "send",
        raw.per_second,
        rate,
        rate / raw.per_second
    );
    Ok(())
}

/// How long `hook64 send` takes to deliver so many events, its start and end included.
fn send(scenario: &Scenario, count: u64) -> Outcome<Duration> {
    let server = start_bare()?;
    let directory = tempfile::tempdir()?;
    let (secret, body) = (
        directory.path().join("secret"),
        directory.path().join("body"),
    );
    std::fs::write(&secret, SECRET)?;
    let request = request(scenario.body);
    std::fs::write(&body, &request[request.len() - scenario.body..])?;
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_hook64"))
        .args(["send", "--quiet", "--to"])
        .arg(format!("http://{}/hook", server.address))
        .args(["--count", &count.to_string()])
        .args(["--concurrency", &scenario.connections.to_string()])
        .arg("--secret-file")
        .arg(&secret)
        .arg("--body")
        .arg(&body)
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("send ended with {status}").into());
    }
    Ok(started.elapsed())
}

/// A server that is killed when it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start_bare() -> Outcome<Server> {
    let directory = tempfile::tempdir()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--bare")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("no output")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim().parse()?;
    Ok(Server {
        child,
        address,
        _directory: directory,
    })
}

fn start_listener() -> Outcome<Server> {
    let base = std::env::var_os("HOOK64_BENCH_DIR");
    let directory = match base {
        Some(base) => tempfile::tempdir_in(base)?,
        None => tempfile::tempdir()?,
    };
    let secret = directory.path().join("secret");
    std::fs::write(&secret, SECRET)?;
    let ready = directory.path().join("ready");
    let child = Command::new(env!("CARGO_BIN_EXE_hook64"))
        .args([
            "listen",
            "--port",
            "0",
            "--output",
            "quiet",
            "--max-connections",
            "1024",
        ])
        .arg("--store")
        .arg(directory.path().join("load.db"))
        .arg("--secret-file")
        .arg(&secret)
        .arg("--ready-file")
        .arg(&ready)
        .stderr(Stdio::null())
        .spawn()?;
    let address = wait_for(&ready)?;
    Ok(Server {
        child,
        address,
        _directory: directory,
    })
}

fn wait_for(ready: &Path) -> Outcome<SocketAddr> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if let Ok(url) = std::fs::read_to_string(ready)
            && let Some(address) = url.trim().strip_prefix("http://")
        {
            return Ok(address.trim_end_matches('/').parse()?);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("the listener did not start".into())
}

fn request(body: usize) -> Vec<u8> {
    let mut text = String::from(
        r#"{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","task_type":"find_email","result":{"notes":""#,
    );
    text.extend(std::iter::repeat_n(
        'x',
        body.saturating_sub(text.len() + 3),
    ));
    text.push_str("\"}}");
    let secrets = [Secret::new(SECRET)];
    let at = Timestamp::now().as_second();
    let signature = signature::sign(Scheme::Sixtyfour, &secrets, at, text.as_bytes());
    let mut bytes = format!(
        "POST /webhooks/sixtyfour HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Sixtyfour-Event-Id: {MARK}\r\nSixtyfour-Event-Type: find_email\r\n\
         Sixtyfour-Delivery-Attempt: 1\r\nSixtyfour-Signature: {}\r\nContent-Length: {}\r\n\r\n",
        String::from_utf8_lossy(&signature.value),
        text.len(),
    )
    .into_bytes();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn measure(scenario: &Scenario, seconds: u64, server: &Server) -> Outcome<Measured> {
    let request = request(scenario.body);
    let mark = request
        .windows(MARK.len())
        .position(|window| window == MARK.as_bytes())
        .ok_or("no mark")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let events = Arc::new(AtomicU64::new(1));
    let (latencies, refused, elapsed) = runtime.block_on(async {
        let start = Instant::now();
        let until = start + Duration::from_secs(seconds);
        let tasks: Vec<_> = (0..scenario.connections)
            .map(|_| {
                let events = Arc::clone(&events);
                tokio::spawn(connection(
                    server.address,
                    request.clone(),
                    mark,
                    until,
                    events,
                ))
            })
            .collect();
        let mut latencies = Vec::new();
        let mut refused = 0;
        for task in tasks {
            let (mut took, not_ok) = task.await.map_err(|error| error.to_string())??;
            latencies.append(&mut took);
            refused += not_ok;
        }
        Ok::<_, String>((latencies, refused, start.elapsed()))
    })?;
    let mut latencies = latencies;
    latencies.sort_unstable();
    let quantile = |percent: usize| {
        let at = latencies.len() * percent / 100;
        latencies
            .get(at.min(latencies.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    };
    Ok(Measured {
        per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
        p50: quantile(50),
        p99: quantile(99),
        refused,
        peak_mib: peak_memory(server.child.id()),
    })
}

async fn connection(
    address: SocketAddr,
    mut request: Vec<u8>,
    mark: usize,
    until: Instant,
    events: Arc<AtomicU64>,
) -> Result<(Vec<Duration>, u64), String> {
    let text = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(text)?;
    stream.set_nodelay(true).map_err(text)?;
    let mut latencies = Vec::new();
    let mut refused = 0;
    let mut answer = [0; 4096];
    while Instant::now() < until {
        let number = events.fetch_add(1, Ordering::Relaxed);
        request[mark + 24..mark + 36].copy_from_slice(format!("{number:012}").as_bytes());
        let start = Instant::now();
        stream.write_all(&request).await.map_err(text)?;
        let mut read = 0;
        while !is_whole(&answer[..read]) {
            match stream.read(&mut answer[read..]).await.map_err(text)? {
                0 => return Err("the server closed the connection".to_owned()),
                more => read += more,
            }
        }
        latencies.push(start.elapsed());
        refused += u64::from(&answer[9..10] != b"2");
    }
    Ok((latencies, refused))
}

/// Both servers say the length of their short answers.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
        .unwrap_or(0);
    answer.len() >= end + 4 + length
}

fn peak_memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

fn bare_server() -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service_fn(say_ok)),
            );
        }
    })
}

async fn say_ok(
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    Ok(hyper::Response::new(Full::new(Bytes::from_static(
        b"{\"ok\":true}",
    ))))
}
