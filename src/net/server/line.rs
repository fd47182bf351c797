//! One accepted connection: its socket, and what is known of the bytes that came over it.
//!
//! It stands between the socket and hyper. It keeps each head as it was sent, lets hyper have a
//! head only once it is whole and found unambiguous, never more than one request at a time, and
//! holds back what follows until the answer is out. So the request that hyper hands to the service
//! is always the one in [`Line::opening`], pipelined or not.
//!
//! Everything here is polled by the connection's one task; the lock round it is never contended.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use jiff::Timestamp;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Limits;
use super::framing::{Framing, Walk, head_end};
use super::rules::{self, Refusal, Terms};
use super::settling::Owed;
use crate::delivery::{Head, HeadError, Header, Outcome, Reply};

/// Bytes of following requests that are kept while one is being answered.
const KEEP: usize = 64 << 10;

/// The line as its task's parts share it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Line>>);

/// See the module.
pub(super) struct Line {
    stream: Option<TcpStream>,
    limits: Arc<Limits>,
    /// Read from the socket, and not given to hyper.
    held: BytesMut,
    /// So much of it hyper may have.
    released: usize,
    /// So much of it was looked at, and the head does not end there.
    scanned: usize,
    reading: Reading,
    /// When the first byte of the head that is not whole yet came.
    begun: Option<Timestamp>,
    opening: Option<Opening>,
    trailers: Vec<Header>,
    /// hyper has a request whose answer is not out.
    in_exchange: bool,
    /// hyper has all bytes of the answer.
    last_byte_buffered: bool,
    /// The answer is out, and the peer had ended its side by then.
    answered_half_closed: bool,
    /// What is to be settled when the answer is out.
    owed: Owed,
    /// hyper asked for bytes when it could not have any.
    read_refused: bool,
    write_blocked: bool,
    /// More followed a request than is kept: the connection ends after its answer.
    overflowed: bool,
    waiting_since: Instant,
    deadline: Option<Instant>,
    event: Option<Event>,
}

/// How far the current request was read.
enum Reading {
    /// Its head is not whole.
    Head,
    /// Its body is not whole.
    Body(Framing),
    /// It is whole, and its answer is not out.
    Whole,
    /// Its body will never be whole.
    Broken,
}

/// A request whose head was read.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) head: Head,
    pub(super) terms: Terms,
    pub(super) arrived: Timestamp,
    pub(super) ended: Timestamp,
}

/// What ends hyper's part in a connection before hyper itself does.
pub(super) enum Event {
    /// A head that is none, or that hyper must not see.
    Refused {
        head: Head,
        arrived: Timestamp,
        refusal: Refusal,
    },
    /// An answer that hyper cannot give.
    Takeover {
        reply: Reply,
        owed: Owed,
        /// The request has no body to its answer.
        bodiless: bool,
        /// The peer may still be sending.
        unread: bool,
    },
    /// There is nothing more to say.
    Over,
    /// The peer does not read.
    Stalled,
}

/// What is known of a body beyond the bytes that hyper gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyNews {
    /// It is on its way.
    Coming,
    /// Its sender has promised more than this.
    Exceeds,
    /// It will never be whole.
    Broken,
}

impl Shared {
    pub(super) fn new(stream: TcpStream, limits: Arc<Limits>) -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(Line {
            stream: Some(stream),
            deadline: Some(now + limits.head_time),
            limits,
            held: BytesMut::new(),
            released: 0,
            scanned: 0,
            reading: Reading::Head,
            begun: None,
            opening: None,
            trailers: Vec::new(),
            in_exchange: false,
            last_byte_buffered: false,
            answered_half_closed: false,
            owed: None,
            read_refused: false,
            write_blocked: false,
            overflowed: false,
            waiting_since: now,
            event: None,
        })))
    }

    /// The line. A panic elsewhere leaves it usable: it is never left half changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the peer has left: until it has ended its side, or reset the connection.
    pub(super) async fn left(&self) {
        std::future::poll_fn(|context| self.lock().poll_left(context)).await;
    }
}

/// What hyper reads.
impl Line {
    /// Gives hyper bytes of the request that it may read now; none means the connection is over.
    pub(super) fn poll_feed(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.released > 0 {
                self.release(buffer);
                return Poll::Ready(Ok(()));
            }
            match self.reading {
                Reading::Head if self.overflowed => return Poll::Ready(Ok(())),
                Reading::Head if !self.in_exchange && self.event.is_none() => {
                    if self.open_held() {
                        continue;
                    }
                    if self.event.is_some() {
                        return Poll::Pending;
                    }
                    if std::task::ready!(self.poll_head(context, buffer)) {
                        return Poll::Ready(Ok(()));
                    }
                }
                Reading::Body(_) => return self.poll_body(context, buffer),
                Reading::Head | Reading::Whole | Reading::Broken => {
                    self.read_refused = true;
                    return Poll::Pending;
                }
            }
        }
    }

    fn release(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.released.min(buffer.remaining());
        buffer.put_slice(&self.held[..count]);
        self.held.advance(count);
        self.released -= count;
    }

    /// Reads on in a head; true when hyper has something to do: a request, or the end.
    fn poll_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<bool> {
        let before = buffer.filled().len();
        let read = std::task::ready!(self.poll_socket(context, buffer));
        if read.is_err() || buffer.filled().len() == before {
            let cut_short = self.has_begun();
            if cut_short {
                self.refuse((400, "the connection ended inside the head".into()));
            }
            return Poll::Ready(!cut_short);
        }
        let fresh = &buffer.filled()[before..];
        let end = if self.held.is_empty() {
            head_end(fresh, 0).filter(|end| *end <= self.limits.head_bytes)
        } else {
            None
        };
        let Some(end) = end else {
            self.hold(fresh.len(), buffer);
            return Poll::Ready(false);
        };
        // The usual case: a whole head in one read. hyper has it in its buffer already.
        let now = Timestamp::now();
        let raw = Bytes::copy_from_slice(&fresh[..end]);
        if !self.open(raw, now, now) {
            buffer.set_filled(before);
            return Poll::Ready(false);
        }
        let rest = end + self.walk(&fresh[end..]);
        if matches!(self.reading, Reading::Whole) && rest < fresh.len() {
            self.held.extend_from_slice(&fresh[rest..]);
            self.begun = Some(now);
        }
        buffer.set_filled(before + rest);
        Poll::Ready(true)
    }

    /// Takes back the last bytes of the buffer: hyper is not to see them yet.
    fn hold(&mut self, count: usize, buffer: &mut ReadBuf<'_>) {
        let keep = buffer.filled().len() - count;
        self.held.extend_from_slice(&buffer.filled()[keep..]);
        buffer.set_filled(keep);
        if self.begun.is_none() {
            self.begun = Some(Timestamp::now());
            self.deadline = Some(Instant::now() + self.limits.head_time);
        }
    }

    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::task::ready!(self.poll_socket(context, buffer));
        let count = buffer.filled().len() - before;
        if read.is_err() || count == 0 {
            self.reading = Reading::Broken;
            // The service has been polled or will be: this makes sure that it looks.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let fresh = &buffer.filled()[before..];
        let mine = self.walk(fresh);
        if mine < count {
            if !matches!(self.reading, Reading::Broken) {
                self.held.extend_from_slice(&fresh[mine..]);
                self.begun = Some(Timestamp::now());
            }
            buffer.set_filled(before + mine);
        }
        if mine == 0 {
            // No byte would mean to hyper that the connection has ended.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_socket(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_read(context, buffer),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Opens the request at the front of what is held, if its head is whole there.
    fn open_held(&mut self) -> bool {
        if self.held.is_empty() || self.scanned == self.held.len() {
            return false;
        }
        let Some(end) = head_end(&self.held, self.scanned) else {
            self.look_at_part();
            self.scanned = self.held.len();
            return false;
        };
        if end > self.limits.head_bytes {
            self.refuse_large();
            return false;
        }
        self.scanned = 0;
        let raw = Bytes::copy_from_slice(&self.held[..end]);
        let now = Timestamp::now();
        let arrived = self.begun.take().unwrap_or(now);
        if !self.open(raw, arrived, now) {
            return false;
        }
        let held = std::mem::take(&mut self.held);
        self.released = end + self.walk(&held[end..]);
        self.held = held;
        if matches!(self.reading, Reading::Broken) {
            self.held.truncate(self.released);
        }
        if self.released < self.held.len() {
            self.begun = Some(now);
        }
        true
    }

    /// Opens a request; false when its head is refused.
    fn open(&mut self, raw: Bytes, arrived: Timestamp, ended: Timestamp) -> bool {
        let judged = match Head::parse(raw.clone()) {
            Ok(head) => match rules::judge(&head, self.limits.headers) {
                Ok(terms) => Ok((head, terms)),
                Err(refusal) => Err((head, refusal)),
            },
            Err(error) => {
                let refusal = rules::unreadable(&raw, error);
                Err((Head::unreadable(raw), refusal))
            }
        };
        self.deadline = None;
        match judged {
            Ok((head, terms)) => {
                self.in_exchange = true;
                self.reading = Reading::Body(Framing::new(terms.length));
                self.opening = Some(Opening {
                    head,
                    terms,
                    arrived,
                    ended,
                });
                true
            }
            Err((head, refusal)) => {
                self.event = Some(Event::Refused {
                    head,
                    arrived,
                    refusal,
                });
                false
            }
        }
    }

    /// Walks over bytes that follow in the body; says how many of them belong to it.
    fn walk(&mut self, bytes: &[u8]) -> usize {
        let Reading::Body(framing) = &mut self.reading else {
            return 0;
        };
        match framing.walk(bytes) {
            Walk::More => bytes.len(),
            Walk::Broken(at) => {
                self.reading = Reading::Broken;
                at
            }
            Walk::End(at) => {
                self.end_request();
                at
            }
        }
    }

    fn end_request(&mut self) {
        let read = std::mem::replace(&mut self.reading, Reading::Whole);
        if let Reading::Body(Framing::Chunked(chunks)) = read {
            match chunks.into_trailers() {
                Some(trailers) => self.trailers = trailers,
                None => self.reading = Reading::Broken,
            }
        }
        if matches!(self.reading, Reading::Whole) && !self.in_exchange {
            self.await_head();
        }
    }
}

/// What is refused before hyper sees it.
impl Line {
    /// Looks for what makes waiting for the rest of a head pointless.
    fn look_at_part(&mut self) {
        let fresh = &self.held[self.scanned..];
        let first = self.held.iter().find(|byte| !matches!(byte, b'\r' | b'\n'));
        if self.held.len() > self.limits.head_bytes {
            self.refuse_large();
        } else if first.is_some_and(|byte| !is_token(*byte)) {
            let error = HeadError::Syntax("a method with a byte that cannot stand there");
            self.refuse(rules::unreadable(&self.held, error));
        } else if memchr::memchr(b'\n', fresh).is_some() {
            // Only at line ends: a head that comes byte by byte must not be read as often.
            let part = Bytes::copy_from_slice(&self.held);
            match Head::parse(part) {
                Ok(_) | Err(HeadError::Incomplete) => {}
                Err(error) => self.refuse(rules::unreadable(&self.held, error)),
            }
        }
    }

    fn refuse_large(&mut self) {
        let limit = self.limits.head_bytes.min(self.held.len());
        let start = self.held[..limit].trim_ascii_start();
        let refusal = if memchr::memchr(b'\n', start).is_some() {
            (431, "the head is too large".into())
        } else {
            (414, "the request line is too long".into())
        };
        self.held.truncate(limit);
        self.refuse(refusal);
    }

    /// Refuses what is held as a head.
    fn refuse(&mut self, refusal: Refusal) {
        let raw = std::mem::take(&mut self.held).freeze();
        self.deadline = None;
        self.event = Some(Event::Refused {
            head: Head::parse(raw.clone()).unwrap_or_else(|_| Head::unreadable(raw)),
            arrived: self.begun.take().unwrap_or_else(Timestamp::now),
            refusal,
        });
    }

    /// Whether a part of a head is there: more than empty lines.
    fn has_begun(&self) -> bool {
        !self.held.trim_ascii_start().is_empty()
    }
}

/// What the service does.
impl Line {
    /// The request that hyper has just handed over.
    pub(super) fn take_opening(&mut self) -> Option<Opening> {
        self.opening.take()
    }

    /// The field lines after the body.
    pub(super) fn take_trailers(&mut self) -> Vec<Header> {
        std::mem::take(&mut self.trailers)
    }

    /// What is known of the body that hyper does not say.
    pub(super) fn body_news(&self, limit: u64) -> BodyNews {
        match &self.reading {
            Reading::Broken => BodyNews::Broken,
            Reading::Body(Framing::Chunked(chunks)) if chunks.announced() > limit => {
                BodyNews::Exceeds
            }
            Reading::Body(_) if self.stream.is_none() => BodyNews::Broken,
            Reading::Body(_) | Reading::Head | Reading::Whole => BodyNews::Coming,
        }
    }

    /// Remembers what to settle once the answer is out.
    pub(super) fn owe(&mut self, owed: Owed) {
        self.owed = owed;
    }

    /// hyper has, or is about to get, the last byte of the answer.
    pub(super) fn last_byte_buffered(&mut self) {
        self.last_byte_buffered = true;
    }

    /// Ends hyper's part; the connection's task sees it after this poll.
    pub(super) fn end_with(&mut self, event: Event) {
        self.event = Some(event);
    }

    /// Ready when the peer has left. What it sends meanwhile is kept, if that is a little.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut space = [MaybeUninit::uninit(); 4096];
            let mut buffer = ReadBuf::uninit(&mut space);
            match std::task::ready!(self.poll_socket(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.keep(buffer.filled()),
                _ => return Poll::Ready(()),
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !matches!(self.reading, Reading::Whole) || self.overflowed {
            return;
        }
        if self.held.len() + bytes.len() > KEEP {
            self.overflowed = true;
            self.held.clear();
            return;
        }
        self.begun.get_or_insert_with(Timestamp::now);
        self.held.extend_from_slice(bytes);
    }
}

/// What hyper writes.
impl Line {
    /// Writes through `write`, and watches that the peer reads.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        // Outside an exchange hyper writes only what it thinks of a head by itself; what becomes
        // of such a head is decided here.
        let stream = match &mut self.stream {
            Some(stream) if self.in_exchange => stream,
            _ => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        };
        let written = write(Pin::new(stream), context);
        if written.is_pending() != self.write_blocked {
            self.write_blocked = written.is_pending();
            self.deadline = self
                .write_blocked
                .then(|| Instant::now() + self.limits.write_stall);
        } else if written.is_ready() && self.write_blocked {
            self.deadline = Some(Instant::now() + self.limits.write_stall);
        }
        written
    }

    /// Everything hyper had is with the socket. If that was a whole answer: what to settle, how.
    pub(super) fn flushed(&mut self, context: &mut Context<'_>) -> Option<(Owed, Outcome)> {
        if !std::mem::take(&mut self.last_byte_buffered) {
            return None;
        }
        self.in_exchange = false;
        if std::mem::take(&mut self.read_refused) {
            context.waker().wake_by_ref();
        }
        if !matches!(self.reading, Reading::Whole) {
            return Some((self.owed.take(), Outcome::Answered));
        }
        let outcome = self.look_at_peer(context);
        self.await_head();
        match outcome {
            Some(outcome) => Some((self.owed.take(), outcome)),
            None => {
                self.answered_half_closed = true;
                None
            }
        }
    }

    /// What the peer did while it was being answered; `None` when it has ended its side, which
    /// both those do that have left and those that only have nothing more to send.
    fn look_at_peer(&mut self, context: &mut Context<'_>) -> Option<Outcome> {
        if !self.held.is_empty() {
            return Some(Outcome::Answered);
        }
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut buffer = ReadBuf::uninit(&mut space);
        match self.poll_socket(context, &mut buffer) {
            Poll::Pending => Some(Outcome::Answered),
            Poll::Ready(Err(_)) => Some(Outcome::PeerLeft),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => None,
            Poll::Ready(Ok(())) => {
                self.keep(buffer.filled());
                Some(Outcome::Answered)
            }
        }
    }

    fn await_head(&mut self) {
        let now = Instant::now();
        self.reading = Reading::Head;
        self.scanned = 0;
        self.waiting_since = now;
        self.deadline = Some(if self.held.is_empty() {
            now + self.limits.idle_time
        } else {
            now + self.limits.head_time
        });
    }
}

/// What the connection's task does.
impl Line {
    /// When something has to have happened.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The deadline has passed.
    pub(super) fn expire(&mut self) -> Event {
        if self.write_blocked {
            return Event::Stalled;
        }
        if self.has_begun() {
            self.refuse((408, "the head did not come in time".into()));
        }
        self.event.take().unwrap_or(Event::Over)
    }

    /// What ends hyper's part, if anything does.
    pub(super) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    /// Whether nothing has been going on since `then`.
    pub(super) fn is_waiting_since(&self, then: Instant) -> bool {
        matches!(self.reading, Reading::Head)
            && !self.in_exchange
            && self.held.is_empty()
            && self.waiting_since <= then
    }

    /// Whether the peer may still be sending a request that was answered.
    pub(super) fn is_inside_request(&self) -> bool {
        matches!(self.reading, Reading::Body(_) | Reading::Broken) || !self.held.is_empty()
    }

    /// What is still to be settled, and whether the answer was written all the same.
    pub(super) fn take_owed(&mut self) -> (Owed, bool) {
        (self.owed.take(), self.answered_half_closed)
    }

    /// Everything that must not outlive the connection's task, to be dropped outside the lock.
    pub(super) fn clear(&mut self) -> impl Sized + use<> {
        (self.stream.take(), self.event.take(), self.owed.take())
    }

    /// The bare socket, once hyper has let go of it.
    pub(super) fn take_stream(&mut self) -> Option<TcpStream> {
        self.stream.take()
    }
}

/// A byte of a method (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
