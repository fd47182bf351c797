//! One accepted connection: its socket, and what is known of the bytes that came over it.
//!
//! It stands between the socket and hyper. It keeps each head as it was sent, lets hyper have a
//! head only once it is whole and found unambiguous, never more than one request at a time, and
//! holds back what follows until the answer is out. So the request that hyper hands to the service
//! is always the one in [`Line::opening`], pipelined or not.
//!
//! [`reading`] feeds hyper, [`refusing`] says which heads it never sees, [`answering`] takes what it
//! writes. Everything is polled by the connection's one task; the lock round it is never contended.

mod answering;
mod reading;
mod refusing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Limits;
use super::chunks::Why;
use super::framing::Framing;
use super::rules::{Refusal, Terms};
use super::settling::Owed;
use crate::delivery::{Head, Header, Reply};

/// hyper has room for this many field lines on its stack; to have more it allocates for every head.
const USUAL_LINES: usize = 100;

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
    /// How many lines of a head hyper is ready for.
    most_lines: usize,
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
    Broken(Break),
}

/// Why a body will never be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// Nothing more comes.
    Ended,
    /// What came cannot be told apart into chunks, and why not.
    Misframed(Why),
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
    /// A head with more lines than hyper was made ready for.
    ManyLines,
    /// There is nothing more to say.
    Over,
    /// The peer does not read.
    Stalled,
}

/// What is known of a body beyond the bytes that hyper gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyNews {
    /// hyper has all of it.
    Arrived,
    /// It is on its way.
    Coming,
    /// Its sender has promised more than this.
    Exceeds,
    /// It will never be whole.
    Broken(Break),
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
            most_lines: USUAL_LINES,
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
            Reading::Broken(broken) => BodyNews::Broken(*broken),
            Reading::Body(Framing::Chunked(chunks)) if chunks.announced() > limit => {
                BodyNews::Exceeds
            }
            Reading::Body(_) if self.stream.is_none() => BodyNews::Broken(Break::Ended),
            Reading::Head | Reading::Whole if self.released == 0 => BodyNews::Arrived,
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

    /// hyper was made ready for as many lines as a head may have.
    pub(super) fn takes_many_lines(&mut self) {
        self.most_lines = usize::MAX;
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
        matches!(self.reading, Reading::Body(_) | Reading::Broken(_)) || !self.held.is_empty()
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
