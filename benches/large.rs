//! A large store, and no load at all: how long the listener takes to start, what it holds in
//! memory, how fast `list` answers, what it costs while nothing arrives, and how the terminal UI
//! opens it and moves through it.
//!
//! `cargo bench --bench large -- --captures 1000000` fills a store through the inbox, as the
//! listener would, but without sockets. Without the option it is a small one. `--body` is the size
//! of each body in bytes.

#[allow(dead_code, reason = "every bench uses its own part of it")]
mod screen;

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hook64::delivery::{Head, Header, Outcome, Request, Scheme, Settlement, Times};
use hook64::fault::Armed;
use hook64::inbox::{Inbox, Policy};
use hook64::signature::{self, Keyring, Secret, scheme};
use hook64::store::{Location, Options, Store};
use jiff::Timestamp;
use screen::Screen;

const SECRET: &str = "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// How many deliveries arrive at once while the store is filled.
const SENDERS: usize = 1024;
/// How long an idle listener is watched.
const IDLE: Duration = Duration::from_secs(5);
/// Longer than frames stay apart.
const PAUSE: Duration = Duration::from_millis(50);

type Attempted<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Attempted<()> {
    let captures = argument("--captures").unwrap_or(20_000);
    let body = argument("--body").unwrap_or(2048);
    let base = std::env::var_os("HOOK64_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(base)?;
    idle(directory.path())?;
    let path = directory.path().join("large.db");
    let start = Instant::now();
    fill(&path, captures, body)?;
    // The last of the inbox's threads closes it.
    while Store::open(&Location::File(path.clone()), Options::default()).is_err() {
        thread::sleep(Duration::from_millis(1));
    }
    let took = start.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(&path)?.len() as f64 / f64::from(1 << 30);
    println!(
        "filled    {captures} captures of {body} bytes in {took:.1} s, {:.0}/s, {bytes:.2} GiB",
        captures as f64 / took
    );
    for _ in 0..3 {
        let (listener, ready) = Listener::start(directory.path(), &path)?;
        println!(
            "start     {:.0} ms to ready, {:.1} MiB resident, {:.1} MiB at most",
            ready.as_secs_f64() * 1e3,
            listener.memory("VmRSS:"),
            listener.memory("VmHWM:"),
        );
        let mut list: Vec<Duration> = (0..5).map(|_| list(&path)).collect::<Attempted<_>>()?;
        list.sort_unstable();
        println!("list      {:.1} ms", list[2].as_secs_f64() * 1e3);
    }
    open(&path, captures)?;
    Ok(())
}

fn argument<T: FromStr>(name: &str) -> Option<T> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

/// Watches a listener that has nothing to do.
fn idle(directory: &Path) -> Attempted<()> {
    let (listener, ready) = Listener::start(directory, &directory.join("empty.db"))?;
    let before = listener.cpu();
    thread::sleep(IDLE);
    println!(
        "idle      {:.0} ms to ready, {:.1} MiB resident, {} ticks of CPU and {} wake-ups in {} s",
        ready.as_secs_f64() * 1e3,
        listener.memory("VmRSS:"),
        listener.cpu().0 - before.0,
        listener.cpu().1 - before.1,
        IDLE.as_secs(),
    );
    Ok(())
}

/// Opens the store in a large terminal, moves through it, and watches it while nothing happens.
fn open(path: &Path, captures: u64) -> Attempted<()> {
    let path = path.display().to_string();
    let mut screen = Screen::start(&["open", "--store", &path], (200, 60))?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let first = screen.until(|text| text.contains("find_email"))?;
    let all = screen.until(|text| text.contains(&format!("deliveries {captures}")))?;
    println!(
        "open      {:.0} ms to the first deliveries, {:.0} ms to all of them",
        milliseconds(first),
        milliseconds(all)
    );
    for (name, key, back) in [
        ("first", "g", "G"),
        ("last", "G", "g"),
        ("page down", "\x1b[6~", "\x1b[5~"),
    ] {
        screen.press(back)?;
        let mut frames: Vec<Duration> = Vec::new();
        for _ in 0..20 {
            // Frames keep a distance; what one costs is seen after a while without.
            thread::sleep(PAUSE);
            frames.push(screen.press(key)?);
            screen.press(back)?;
        }
        frames.sort_unstable();
        println!(
            "{name:<9} {:.1} ms from the key to the frame, {:.1} ms at most",
            milliseconds(frames[10]),
            milliseconds(frames[19])
        );
    }
    let before = screen.written();
    thread::sleep(IDLE);
    println!(
        "idle      {} bytes written in {} s",
        screen.written() - before,
        IDLE.as_secs()
    );
    Ok(())
}

fn list(path: &Path) -> Attempted<Duration> {
    let start = Instant::now();
    let listed = Command::new(env!("CARGO_BIN_EXE_hook64"))
        .args(["list", "--limit", "50", "--store"])
        .arg(path)
        .output()?;
    let took = start.elapsed();
    let lines = listed.stdout.iter().filter(|byte| **byte == b'\n').count();
    if lines < 50 {
        return Err(format!("{lines} lines instead of 50").into());
    }
    Ok(took)
}

/// A running listener, killed when it is dropped.
struct Listener(Child);

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Listener {
    /// Starts one; says how long it took until it was ready.
    fn start(directory: &Path, store: &Path) -> Attempted<(Self, Duration)> {
        let secret = directory.join("secret");
        std::fs::write(&secret, SECRET)?;
        let ready = directory.join("ready");
        let _ = std::fs::remove_file(&ready);
        let start = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_hook64"))
            .args(["listen", "--port", "0", "--output", "quiet", "--store"])
            .arg(store)
            .arg("--secret-file")
            .arg(&secret)
            .arg("--ready-file")
            .arg(&ready)
            .stderr(Stdio::null())
            .spawn()?;
        let mut listener = Self(child);
        while !ready.exists() {
            if let Some(status) = listener.0.try_wait()? {
                return Err(format!("the listener ended: {status}").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok((listener, start.elapsed()))
    }

    /// A line of its status, in MiB.
    fn memory(&self, name: &str) -> f64 {
        let kib: Option<f64> = self.status("status").lines().find_map(|line| {
            let value = line.strip_prefix(name)?.trim();
            value.trim_end_matches(" kB").parse().ok()
        });
        kib.unwrap_or(f64::NAN) / 1024.0
    }

    /// Ticks of CPU time that it has used, and how often its threads went to sleep.
    fn cpu(&self) -> (u64, u64) {
        let stat = self.status("stat");
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let field = |at: usize| -> u64 {
            let field = after_name.split_whitespace().nth(at);
            field.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id()));
        let sleeps = threads.into_iter().flatten().flatten().filter_map(|entry| {
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            status.lines().find_map(|line| {
                let count = line.strip_prefix("voluntary_ctxt_switches:")?;
                count.trim().parse::<u64>().ok()
            })
        });
        (field(11) + field(12), sleeps.sum())
    }

    fn status(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default()
    }
}

/// Fills a store with deliveries of different events, as fast as the inbox takes them.
fn fill(path: &Path, captures: u64, size: usize) -> Attempted<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Store::open(&Location::File(path.to_owned()), Options::default())?;
        let keyring = Keyring {
            sixtyfour: vec![Secret::new(SECRET)],
            ..Keyring::default()
        };
        let policy = Policy {
            tolerance: scheme::TOLERANCE,
            on_bad_signature: 401,
            path: None,
            forward_duplicates: false,
        };
        let inbox = Inbox::new(store.clone(), keyring, policy, Armed::new(0), None)?;
        let body = body(size);
        let next = Arc::new(AtomicU64::new(1));
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                tokio::spawn(send(
                    inbox.clone(),
                    body.clone(),
                    Arc::clone(&next),
                    captures,
                ))
            })
            .collect();
        for sender in senders {
            sender.await?;
        }
        store.flush().await?;
        Ok(())
    })
}

async fn send(inbox: Inbox, body: Bytes, next: Arc<AtomicU64>, last: u64) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number > last {
            return;
        }
        let (reply, receipt) = inbox.receive(request(number, &body)).await;
        assert_eq!(reply.status, 200, "the store takes everything");
        let settlement = Settlement {
            outcome: Outcome::Answered,
            at: Timestamp::now(),
        };
        inbox.settled(receipt, settlement);
    }
}

fn request(number: u64, body: &Bytes) -> Request {
    let at = Timestamp::now();
    let secrets = [Secret::new(SECRET)];
    let headers = [
        Header::new("Host", "hooks.example.com"),
        Header::new("User-Agent", "sixtyfour-webhooks/1"),
        Header::new("Content-Type", "application/json"),
        Header::new("Content-Length", body.len().to_string()),
        Header::new(
            "Sixtyfour-Event-Id",
            format!("6f1c0b52-3e1d-4c7a-9a55-{number:012}"),
        ),
        Header::new("Sixtyfour-Event-Type", "find_email"),
        Header::new("Sixtyfour-Delivery-Attempt", "1"),
        signature::sign(Scheme::Sixtyfour, &secrets, at.as_second(), body),
    ];
    Request {
        head: Head::build("POST", b"/webhooks/sixtyfour", &headers).expect("a plain head"),
        body: body.clone(),
        trailers: Vec::new(),
        peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
        times: Times {
            arrived: at,
            head: at,
            body: at,
        },
        defect: None,
    }
}

fn body(size: usize) -> Bytes {
    let mut text = String::from(
        r#"{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","task_type":"find_email","result":{"notes":""#,
    );
    let missing = size.saturating_sub(text.len() + 3);
    text.extend(std::iter::repeat_n('x', missing));
    text.push_str("\"}}");
    Bytes::from(text)
}
