//! Signed deliveries over keep-alive connections, one thread for all of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hook64::delivery::Scheme;
use hook64::signature::{self, Secret};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Attempted;

pub(crate) const SECRET: &str =
    "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Where the event's number stands in a request, to be overwritten for each.
const MARK: &str = "00000000-0000-4000-8000-000000000000";

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// The size of each body, in bytes.
    pub(crate) body: usize,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
}

/// When it is sent.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// The next as soon as the one before is answered, for so long.
    Full(Duration),
    /// So many in all, each at its time, whether those before are answered or not.
    Even { count: u64, over: Duration },
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// How many answers were no 2xx.
    pub(crate) refused: u64,
}

/// Sends all of it.
pub(crate) fn measure(load: Load, server: SocketAddr) -> Attempted<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let request = request(load.body);
        let events = Arc::new(AtomicU64::new(0));
        let start = Instant::now();
        let tasks: Vec<_> = (0..load.connections)
            .map(|_| {
                let clock = Clock {
                    start,
                    pace: load.pace,
                    events: Arc::clone(&events),
                };
                tokio::spawn(connection(server, request.clone(), clock))
            })
            .collect();
        let mut latencies = Vec::new();
        let mut refused = 0;
        for task in tasks {
            let (mut took, not_ok) = task.await??;
            latencies.append(&mut took);
            refused += not_ok;
        }
        let elapsed = start.elapsed();
        latencies.sort_unstable();
        let quantile = |percent: usize| {
            let at = latencies.len() * percent / 100;
            latencies.get(at.min(latencies.len() - 1)).copied()
        };
        Ok(Measured {
            per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
            p50: quantile(50).ok_or("nothing was sent")?,
            p99: quantile(99).ok_or("nothing was sent")?,
            refused,
        })
    })
}

/// A signed request with a body of this size; the body stands at its end.
pub(crate) fn request(body: usize) -> Vec<u8> {
    let mut text = String::from(
        r#"{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","task_type":"find_email","result":{"notes":""#,
    );
    let missing = body.saturating_sub(text.len() + 3);
    text.extend(std::iter::repeat_n('x', missing));
    text.push_str("\"}}");
    let at = Timestamp::now().as_second();
    let secrets = [Secret::new(SECRET)];
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

/// Which request is next, and when.
struct Clock {
    start: Instant,
    pace: Pace,
    events: Arc<AtomicU64>,
}

impl Clock {
    /// The number of the next request and its time; `None` when there is no more to send.
    async fn next(&self) -> Option<(u64, Instant)> {
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        match self.pace {
            Pace::Full(time) => {
                let now = Instant::now();
                (now < self.start + time).then_some((number, now))
            }
            Pace::Even { count, over } => {
                let due = self.start + over.mul_f64(number as f64 / count as f64);
                tokio::time::sleep_until(due.into()).await;
                (number < count).then_some((number, due))
            }
        }
    }
}

/// How long each answer took, and how many were no 2xx.
async fn connection(
    server: SocketAddr,
    mut request: Vec<u8>,
    clock: Clock,
) -> Attempted<(Vec<Duration>, u64)> {
    let mark = request
        .windows(MARK.len())
        .position(|window| window == MARK.as_bytes())
        .ok_or("no mark")?;
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut refused = 0;
    let mut answer = [0; 4096];
    while let Some((number, due)) = clock.next().await {
        request[mark + 24..mark + 36].copy_from_slice(format!("{number:012}").as_bytes());
        stream.write_all(&request).await?;
        let mut read = 0;
        while !is_whole(&answer[..read]) {
            match stream.read(&mut answer[read..]).await? {
                0 => return Err("the server closed the connection".into()),
                more => read += more,
            }
        }
        latencies.push(due.elapsed());
        refused += u64::from(&answer[9..10] != b"2");
    }
    Ok((latencies, refused))
}

/// All servers say the length of their short answers.
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
