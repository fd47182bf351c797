//! Reading a body whole, within its bounds.
//!
//! Nothing is allocated on a promise: memory grows with the bytes that came. Large bodies share a
//! budget; whoever has to wait for it does not read, so that its peer waits too.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, Sleep};

use super::chunks::TOO_MANY_TRAILERS;
use super::framing::Length;
use super::line::{BodyNews, Break, Opening, Shared};
use super::rules;
use super::serving::Server;
use crate::delivery::Defect;

/// Up to here a body is covered by the limit of connections, and needs no share of the budget.
const SMALL: u64 = 64 << 10;
/// What is allocated for a body before its bytes are there, at most.
const AHEAD: usize = 1 << 20;
/// What is allocated once a body has its share of the budget. Memory that nothing was written to
/// costs nothing, and pieces as large as this go back to the system as soon as they are free.
const SHARED: usize = 33 << 20;
/// A body that may become larger than this gets all of its room at once.
const LARGE: u64 = 1 << 20;
/// A smaller body is copied out of hyper's buffer, so as not to keep all of it alive.
const WORTH_KEEPING: usize = 16 << 10;
/// How long a body that is refused anyway may pause before it is answered.
const PAUSE: Duration = Duration::from_millis(500);

/// A body, as far as it came.
pub(super) struct Collected<'a> {
    pub(super) bytes: Bytes,
    pub(super) defect: Option<Defect>,
    /// Its share of the budget, until it is stored.
    pub(super) share: Option<SemaphorePermit<'a>>,
}

/// Reads the body of the request that was opened.
pub(super) async fn collect<'a>(
    server: &'a Server,
    line: &Shared,
    opening: &Opening,
    incoming: Incoming,
) -> Collected<'a> {
    let limit = server.limits.max_body;
    let declared = match opening.terms.length {
        Length::None => return Collected::of(Bytes::new(), None),
        Length::Exact(length) => Some(length),
        Length::Chunked => None,
    };
    let too_large = declared.is_some_and(|length| length > limit);
    if too_large && opening.terms.waits {
        // Never told to go on, it will not send the body.
        return Collected::of(Bytes::new(), Some(Defect::BodyTooLarge));
    }
    let mut reader = Reader {
        incoming,
        line,
        limit,
        too_large,
        idle: server.limits.body_idle,
        time: server.limits.body_time,
        waiting: None,
    };
    let mut kept = Kept::new(declared.unwrap_or(limit).min(limit));
    let mut share = None;
    loop {
        match poll_fn(|context| reader.poll_next(context)).await {
            Next::Bytes(bytes) => {
                if !kept.add(&bytes) {
                    reader.too_large = true;
                    break;
                }
                if share.is_none() && kept.length() > SMALL {
                    share = server.share_of_budget(kept.limit).await;
                    if kept.limit > LARGE {
                        kept.make_room();
                    }
                    reader.note_progress();
                }
            }
            Next::End => break,
            Next::Defect(defect) => {
                return Collected {
                    bytes: kept.finish(),
                    defect: Some(defect),
                    share,
                };
            }
        }
    }
    Collected {
        bytes: kept.finish(),
        defect: reader.too_large.then_some(Defect::BodyTooLarge),
        share,
    }
}

impl Collected<'_> {
    fn of(bytes: Bytes, defect: Option<Defect>) -> Self {
        Self {
            bytes,
            defect,
            share: None,
        }
    }
}

/// What comes next in a body.
enum Next {
    Bytes(Bytes),
    End,
    Defect(Defect),
}

struct Reader<'a> {
    incoming: Incoming,
    line: &'a Shared,
    limit: u64,
    too_large: bool,
    idle: Duration,
    time: Duration,
    /// Not before there is something to wait for: most bodies come with their heads.
    waiting: Option<Waiting>,
}

struct Waiting {
    last_byte: Instant,
    end: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Reader<'_> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers come from the line, as they were spelled.
                    if let Ok(bytes) = frame.into_data() {
                        self.note_progress();
                        return Poll::Ready(Next::Bytes(bytes));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    // The line has seen the bytes first, and knows more about them than hyper.
                    let news = self.line.lock().body_news(self.limit);
                    let broken = match news {
                        BodyNews::Broken(broken) => broken,
                        _ => refused_by_hyper(&error),
                    };
                    return Poll::Ready(self.broken(broken));
                }
                Poll::Ready(None) => return Poll::Ready(Next::End),
                Poll::Pending => return self.poll_waiting(context),
            }
        }
    }

    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        match self.line.lock().body_news(self.limit) {
            // All of it is with hyper, which is about to give it out: no need for a timer.
            BodyNews::Arrived => return Poll::Pending,
            BodyNews::Coming => {}
            BodyNews::Exceeds => self.too_large = true,
            BodyNews::Broken(broken) => return Poll::Ready(self.broken(broken)),
        }
        let idle = if self.too_large { PAUSE } else { self.idle };
        let time = self.time;
        let waiting = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            Waiting {
                last_byte: now,
                end: now + time,
                sleep: Box::pin(tokio::time::sleep_until(now + idle.min(time))),
            }
        });
        let deadline = waiting.end.min(waiting.last_byte + idle);
        if waiting.sleep.deadline() > deadline {
            waiting.sleep.as_mut().reset(deadline);
        }
        while waiting.sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(Next::Defect(self.timed_out()));
            }
            waiting.sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    fn note_progress(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.last_byte = Instant::now();
        }
    }

    fn broken(&self, broken: Break) -> Next {
        Next::Defect(match broken {
            _ if self.too_large => Defect::BodyTooLarge,
            Break::Ended => Defect::BodyIncomplete,
            Break::Misframed(why) => {
                let why = format!("the chunk framing is wrong: {why}");
                rules::malformed((400, why.into()))
            }
        })
    }

    fn timed_out(&self) -> Defect {
        if self.too_large {
            Defect::BodyTooLarge
        } else {
            Defect::BodyTimedOut
        }
    }
}

/// Why hyper takes no more of a body in which the line has found nothing wrong: it is stricter in
/// one thing alone, the number of trailers.
fn refused_by_hyper(error: &hyper::Error) -> Break {
    let cause = error.source().and_then(<dyn Error>::downcast_ref);
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            Break::Misframed(TOO_MANY_TRAILERS)
        }
        _ => Break::Ended,
    }
}

/// The bytes kept so far: the first piece as it came, copied together only when there are more.
struct Kept {
    first: Bytes,
    joined: BytesMut,
    limit: u64,
}

impl Kept {
    fn new(limit: u64) -> Self {
        Self {
            first: Bytes::new(),
            joined: BytesMut::new(),
            limit,
        }
    }

    /// Makes room for what may come, once there is a share of the budget for it: a buffer that
    /// grows takes up to three times its size while it moves.
    fn make_room(&mut self) {
        let mut joined = BytesMut::with_capacity(SHARED);
        joined.extend_from_slice(&self.first);
        joined.extend_from_slice(&self.joined);
        self.first = Bytes::new();
        self.joined = joined;
    }

    fn length(&self) -> u64 {
        (self.first.len() + self.joined.len()) as u64
    }

    /// Keeps what fits; false when something did not.
    fn add(&mut self, bytes: &Bytes) -> bool {
        let room = usize::try_from(self.limit - self.length()).unwrap_or(usize::MAX);
        let fitting = bytes.slice(..bytes.len().min(room));
        let fits = fitting.len() == bytes.len();
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = fitting;
            return fits;
        }
        if self.joined.is_empty() {
            let expected = usize::try_from(self.limit).unwrap_or(AHEAD).min(AHEAD);
            let wanted = expected.max(self.first.len() + fitting.len());
            self.joined.reserve(wanted);
            self.joined.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.joined.extend_from_slice(&fitting);
        fits
    }

    fn finish(self) -> Bytes {
        if !self.joined.is_empty() {
            self.joined.freeze()
        } else if self.first.len() < WORTH_KEEPING {
            Bytes::copy_from_slice(&self.first)
        } else {
            self.first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_cut_exactly_at_the_limit() {
        let mut kept = Kept::new(7);
        assert!(kept.add(&Bytes::from_static(b"abc")));
        assert!(kept.add(&Bytes::from_static(b"def")));
        assert!(!kept.add(&Bytes::from_static(b"gh")));
        assert_eq!(kept.finish(), &b"abcdefg"[..]);
    }

    #[test]
    fn an_unbelievable_length_allocates_little() {
        let mut kept = Kept::new(u64::MAX);
        kept.add(&Bytes::from_static(b"a"));
        kept.add(&Bytes::from_static(b"b"));
        assert!(kept.joined.capacity() <= 2 * AHEAD);
    }
}
