//! One connection: hyper, the clock and the signals, polled together by one task.
//!
//! hyper has timers of its own; ours costs one timer for a connection instead of one for each
//! request, tells an idle connection from a slow head, and can say 408.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, Sleep};

use super::Handler;
use super::ending;
use super::exchange;
use super::line::{Event, Shared};
use super::patience::wait_out;
use super::rules::{self, Refusal};
use super::serving::Server;
use super::settling::{Owed, settle};
use super::signals::{Signals, Stage, Word};
use super::unstoppable::Unstoppable;
use super::wire::Wire;
use crate::delivery::{Head, Outcome, Reply};

/// How much hyper reads or writes at once, at most. A head of the largest size fits.
const BUFFER: usize = 128 << 10;

/// How long a connection may wait for nothing when others wait for its place.
const WAIT_WHEN_CROWDED: Duration = Duration::from_secs(1);

/// What all parts of one connection share.
pub(super) struct Session<H: Handler> {
    pub(super) handler: Arc<H>,
    pub(super) server: Arc<Server>,
    pub(super) line: Shared,
    pub(super) peer: SocketAddr,
    /// Its place among the connections, until the last of it is done: also after the peer left.
    pub(super) _place: OwnedSemaphorePermit,
}

/// Serves one connection to its end.
pub(super) async fn attend<H: Handler>(session: Arc<Session<H>>) {
    let _hangup = Hangup(session.line.clone());
    let event = converse(&session).await;
    if let Some(event) = event {
        let leaving = session.server.signals.reached(Stage::Leaving);
        tokio::select! {
            biased;
            () = leaving => {}
            () = part(&session, event) => {}
        }
    }
}

/// Closes the line when its task ends, however it ends: a request that outlives its connection
/// keeps the session, but neither the socket nor an answer that nobody will get.
struct Hangup(Shared);

impl Drop for Hangup {
    fn drop(&mut self) {
        let leftover = self.0.lock().clear();
        drop(leftover);
    }
}

/// Lets hyper speak until something ends that; `None` when the time for stopping is over.
async fn converse<H: Handler>(session: &Arc<Session<H>>) -> Option<Event> {
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .title_case_headers(true)
        // Small answers in one plain write.
        .writev(false)
        .max_buf_size(BUFFER.max(session.server.limits.head_bytes * 2))
        .header_read_timeout(None);
    let event = speak(session, &builder).await;
    if !matches!(event, Some(Event::ManyLines)) {
        return event;
    }
    // Between two requests nothing is in hyper's hands; what waits is read by the next one.
    session.line.lock().takes_many_lines();
    builder.max_headers(session.server.limits.headers);
    speak(session, &builder).await
}

async fn speak<H: Handler>(session: &Arc<Session<H>>, builder: &http1::Builder) -> Option<Event> {
    let service = service_fn(|request: hyper::Request<_>| {
        exchange::answer(Arc::clone(session), request.into_body())
    });
    let wire = TokioIo::new(Wire::new(session.line.clone()));
    let mut connection = pin!(builder.serve_connection(wire, service));
    let mut watch = Watch::new(&session.server.signals);
    let mut clock = Clock::default();
    poll_fn(|context| {
        if let Some(earlier) = watch.poll(context) {
            let now = watch.seen;
            match now.stage() {
                Stage::Leaving => return Poll::Ready(None),
                Stage::Finishing => connection.as_mut().graceful_shutdown(),
                Stage::Open => {}
            }
            if now.asks_for_room_since(earlier) && has_idled(&session.line) {
                return Poll::Ready(Some(Event::Over));
            }
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            // hyper's errors are all told by the line: what it refused, what it could not write.
            drop(ended);
            let event = session.line.lock().take_event();
            return Poll::Ready(Some(event.unwrap_or(Event::Over)));
        }
        let mut line = session.line.lock();
        if let Some(event) = line.take_event() {
            return Poll::Ready(Some(event));
        }
        if clock.poll(line.deadline(), context) {
            return Poll::Ready(Some(line.expire()));
        }
        Poll::Pending
    })
    .await
}

/// Whether the connection has been waiting for a request for a while.
fn has_idled(line: &Shared) -> bool {
    let then = Instant::now().checked_sub(WAIT_WHEN_CROWDED);
    then.is_some_and(|then| line.lock().is_waiting_since(then))
}

/// Does what is left to do once hyper has let go.
async fn part<H: Handler>(session: &Arc<Session<H>>, event: Event) {
    match event {
        Event::Refused {
            head,
            arrived,
            refusal,
        } => refuse(session, head, arrived, refusal).await,
        Event::Takeover {
            reply,
            owed,
            bodiless,
            unread,
        } => carry_out(session, &reply, owed, bodiless, unread).await,
        Event::Over | Event::ManyLines => over(session).await,
        Event::Stalled => {
            let (owed, stream) = {
                let mut line = session.line.lock();
                (line.take_owed().0, line.take_stream())
            };
            stream.into_iter().for_each(ending::reset);
            settle(owed, Outcome::PeerStalled);
        }
    }
}

/// Captures and answers what is no request.
async fn refuse<H: Handler>(
    session: &Arc<Session<H>>,
    head: Head,
    arrived: Timestamp,
    refusal: Refusal,
) {
    let bodiless = head.method() == "HEAD";
    let defect = rules::malformed(refusal);
    let taking = exchange::take_malformed(Arc::clone(session), head, arrived, defect);
    let taken = Unstoppable::new(taking).await;
    if let Some((reply, owed)) = wait_out(session, taken.reply, taken.unsettled).await {
        carry_out(session, &reply, owed, bodiless, true).await;
    }
}

async fn carry_out<H: Handler>(
    session: &Session<H>,
    reply: &Reply,
    owed: Owed,
    bodiless: bool,
    unread: bool,
) {
    let stream = session.line.lock().take_stream();
    if let Some(stream) = stream {
        ending::carry_out(stream, reply, owed, bodiless, unread, &session.server).await;
    }
}

/// Closes a connection after its last answer.
async fn over<H: Handler>(session: &Arc<Session<H>>) {
    let unopened = session.line.lock().take_opening();
    if let Some(opening) = unopened {
        // hyper is stricter than we are about something in this head.
        let refusal = (400, "not an HTTP/1 request".into());
        return refuse(session, opening.head, opening.arrived, refusal).await;
    }
    let (owed, answered, unread, stream) = {
        let mut line = session.line.lock();
        let (owed, answered) = line.take_owed();
        (owed, answered, line.is_inside_request(), line.take_stream())
    };
    let owed = if answered {
        owed
    } else {
        settle(owed, Outcome::PeerLeft);
        None
    };
    if let Some(stream) = stream {
        ending::close(stream, owed, unread, &session.server).await;
    }
}

/// One timer for all deadlines of a connection. A deadline that moves away, as it does with each
/// request, costs nothing: the timer finds out when it fires.
#[derive(Default)]
struct Clock {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    /// Whether the deadline has passed.
    fn poll(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> bool {
        let Some(deadline) = deadline else {
            return false;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            sleep.as_mut().reset(deadline);
        }
        false
    }
}

/// Watches the signals with one atomic load a poll, as long as they do not change.
struct Watch<'a> {
    signals: &'a Signals,
    changed: Option<Pin<Box<Notified<'a>>>>,
    seen: Word,
}

impl<'a> Watch<'a> {
    fn new(signals: &'a Signals) -> Self {
        Self {
            signals,
            changed: None,
            seen: Word::default(),
        }
    }

    /// The word before the change, when there was one.
    fn poll(&mut self, context: &mut Context<'_>) -> Option<Word> {
        if self.changed.is_some() && self.signals.now() == self.seen {
            return None;
        }
        loop {
            let mut changed = Box::pin(self.signals.changed());
            let waits = changed.as_mut().poll(context).is_pending();
            self.changed = Some(changed);
            if waits {
                break;
            }
        }
        let earlier = std::mem::replace(&mut self.seen, self.signals.now());
        (earlier != self.seen).then_some(earlier)
    }
}
