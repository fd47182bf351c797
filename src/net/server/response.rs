//! A `Reply` as an HTTP answer: for hyper, and as bytes for when hyper is out of the way.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::time::{Instant, Sleep};

use super::line::Shared;
use super::settling::Owed;
use crate::delivery::{Ending, Header, Reply};

/// How often a dripping body goes on at most: a timer for each byte of a large one would be work
/// without effect.
const DRIP_TICK: Duration = Duration::from_millis(5);

/// What this connection's framing says by itself: a reply cannot say otherwise.
const OWN_FIELDS: [&str; 7] = [
    "connection",
    "content-length",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The answer for when the handler has none.
pub(super) fn panicked() -> Reply {
    Reply::json(500, r#"{"error":"internal error"}"#)
}

/// The answer for hyper to give. What is owed is settled when its last byte is with the socket.
pub(super) fn respond(
    reply: Reply,
    bodiless: bool,
    line: &Shared,
    owed: Owed,
) -> Response<AnswerBody> {
    let status = status(&reply);
    let length = reply.body.len();
    let drip = match reply.ending {
        Ending::Drip(time) => time,
        _ => Duration::ZERO,
    };
    let bytes = if bodiless || has_no_body(status) {
        Bytes::new()
    } else {
        reply.body
    };
    {
        let mut line = line.lock();
        line.owe(owed);
        if bytes.is_empty() {
            line.last_byte_buffered();
        }
    }
    let mut response = Response::new(AnswerBody {
        rest: bytes,
        drip: (!drip.is_zero()).then(|| Drip::new(length, drip)),
        line: line.clone(),
    });
    *response.status_mut() = status;
    let fields = response.headers_mut();
    for (name, value) in own_fields_aside(&reply.headers) {
        fields.append(name, value);
    }
    if bodiless && !has_no_body(status) {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if status.canonical_reason().is_none() {
        let nothing = ReasonPhrase::from_static(b"");
        response.extensions_mut().insert(nothing);
    }
    response
}

/// The head of the answer, for when the connection ends with it.
pub(super) fn last_head(reply: &Reply) -> Vec<u8> {
    let status = status(reply);
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in own_fields_aside(&reply.headers) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if !has_no_body(status) {
        head.extend_from_slice(format!("content-length: {}\r\n", reply.body.len()).as_bytes());
    }
    let is_dated = reply.headers.iter().any(|header| header.is("date"));
    if !is_dated
        && let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now())
    {
        head.extend_from_slice(format!("date: {date}\r\n").as_bytes());
    }
    head.extend_from_slice(b"connection: close\r\n\r\n");
    head
}

/// Whether an answer with this status has no body whatever its headers say.
fn has_no_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The body that goes with [`last_head`].
pub(super) fn last_body(reply: &Reply, bodiless: bool) -> Bytes {
    if bodiless || has_no_body(status(reply)) {
        Bytes::new()
    } else {
        reply.body.clone()
    }
}

/// An interim or impossible status would leave the peer waiting for another.
fn status(reply: &Reply) -> StatusCode {
    StatusCode::from_u16(reply.status)
        .ok()
        .filter(|status| (200..=999).contains(&status.as_u16()))
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The field lines that can be sent: those that are none, or not the reply's to say, are left out.
fn own_fields_aside(headers: &[Header]) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    headers.iter().filter_map(|header| {
        let name = HeaderName::from_bytes(&header.name).ok()?;
        let value = HeaderValue::from_bytes(&header.value).ok()?;
        (!OWN_FIELDS.contains(&name.as_str())).then_some((name, value))
    })
}

/// The body of an answer, at once or in drops.
pub(super) struct AnswerBody {
    rest: Bytes,
    drip: Option<Drip>,
    line: Shared,
}

/// How a body is spread over time.
struct Drip {
    length: usize,
    time: Duration,
    started: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Drip {
    fn new(length: usize, time: Duration) -> Self {
        let started = Instant::now();
        Self {
            length,
            time,
            started,
            sleep: Box::pin(tokio::time::sleep_until(started)),
        }
    }

    /// How many bytes should be out by now.
    fn due(&self) -> usize {
        let elapsed = self.started.elapsed();
        if elapsed >= self.time {
            return self.length;
        }
        let due = self.length as u128 * elapsed.as_nanos() / self.time.as_nanos().max(1);
        usize::try_from(due).unwrap_or(self.length)
    }

    /// When one more byte than `sent` is due.
    fn next(&self, sent: usize) -> Instant {
        let share = self.time.as_secs_f64() * (sent + 1) as f64 / self.length.max(1) as f64;
        let next = self.started + Duration::from_secs_f64(share);
        next.max(Instant::now() + DRIP_TICK.min(self.time))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = &mut *self;
        if body.rest.is_empty() {
            return Poll::Ready(None);
        }
        let count = match &mut body.drip {
            None => body.rest.len(),
            Some(drip) => loop {
                let sent = drip.length - body.rest.len();
                let count = drip.due().saturating_sub(sent);
                if count > 0 {
                    break count;
                }
                let next = drip.next(sent);
                drip.sleep.as_mut().reset(next);
                std::task::ready!(drip.sleep.as_mut().poll(context));
            },
        };
        let bytes = body.rest.split_to(count);
        if body.rest.is_empty() {
            body.line.lock().last_byte_buffered();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_cannot_break_the_framing_or_smuggle_a_line() {
        let mut reply = Reply::json(200, "{}");
        for (name, value) in [
            ("Content-Length", "99"),
            ("transfer-encoding", "chunked"),
            ("X-Good", "yes"),
            ("X-Bad", "a\r\nSet-Cookie: b"),
            ("bad name", "a"),
        ] {
            reply.headers.push(Header::new(name, value));
        }
        let head = String::from_utf8(last_head(&reply)).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-good: yes\r\ncontent-length: 2\r\ndate: "));
        assert_eq!(head.matches("content-length").count(), 1);
        assert!(!head.contains("Set-Cookie") && !head.contains("chunked"));
        assert!(head.ends_with(" GMT\r\nconnection: close\r\n\r\n"));
    }

    #[test]
    fn an_interim_status_becomes_an_error() {
        assert!(last_head(&Reply::json(101, "")).starts_with(b"HTTP/1.1 500 "));
    }
}
