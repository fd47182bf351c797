//! One request, from its head to the answer that hyper gives or that is given without it.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use hyper::Response;
use hyper::body::Incoming;
use jiff::Timestamp;

use super::Handler;
use super::collect::{Collected, collect};
use super::connection::Session;
use super::line::{Event, Opening};
use super::patience::wait_out;
use super::response::{self, AnswerBody};
use super::settling::Unsettled;
use super::unstoppable::Unstoppable;
use crate::delivery::{Defect, Ending, Head, Reply, Request, Times};

/// Answers the request that the line has opened.
pub(super) async fn answer<H: Handler>(
    session: Arc<Session<H>>,
    incoming: Incoming,
) -> Result<Response<AnswerBody>, Infallible> {
    let Some(opening) = session.line.lock().take_opening() else {
        // hyper sees nothing that was not opened.
        return Ok(response::respond(
            response::panicked(),
            true,
            &session.line,
            None,
        ));
    };
    let bodiless = opening.head.method() == "HEAD";
    if let Some(reply) = greeting(&session, &opening.head) {
        return Ok(response::respond(reply, bodiless, &session.line, None));
    }
    let taken = Unstoppable::new(take(Arc::clone(&session), opening, incoming)).await;
    let event = match wait_out(&session, taken.reply, taken.unsettled).await {
        Some((reply, owed)) => {
            let usual = matches!(reply.ending, Ending::Normal | Ending::Drip(_));
            if usual && taken.whole {
                return Ok(response::respond(reply, bodiless, &session.line, owed));
            }
            Event::Takeover {
                reply,
                owed,
                bodiless,
                unread: !taken.whole,
            }
        }
        None => Event::Over,
    };
    session.line.lock().end_with(event);
    // The connection's task lets go of hyper now, and of this with it.
    std::future::pending().await
}

/// What the handler made of a request.
pub(super) struct Taken<H: Handler> {
    pub(super) reply: Reply,
    pub(super) unsettled: Option<Unsettled<H>>,
    /// The peer has sent all it had to.
    pub(super) whole: bool,
}

/// Reads the body and hands the request over.
async fn take<H: Handler>(
    session: Arc<Session<H>>,
    opening: Opening,
    incoming: Incoming,
) -> Taken<H> {
    let server = Arc::clone(&session.server);
    let Collected {
        bytes,
        defect,
        share,
    } = collect(&server, &session.line, &opening, incoming).await;
    let request = Request {
        head: opening.head,
        body: bytes,
        trailers: session.line.lock().take_trailers(),
        peer: session.peer,
        times: Times {
            arrived: opening.arrived,
            head: opening.ended,
            body: Timestamp::now(),
        },
        defect,
    };
    let taken = hand_over(session, request).await;
    drop(share);
    taken
}

/// Hands over what cannot be read as a request.
pub(super) async fn take_malformed<H: Handler>(
    session: Arc<Session<H>>,
    head: Head,
    arrived: Timestamp,
    defect: Defect,
) -> Taken<H> {
    let now = Timestamp::now();
    let request = Request {
        head,
        body: Bytes::new(),
        trailers: Vec::new(),
        peer: session.peer,
        times: Times {
            arrived,
            head: now,
            body: now,
        },
        defect: Some(defect),
    };
    hand_over(session, request).await
}

async fn hand_over<H: Handler>(session: Arc<Session<H>>, request: Request) -> Taken<H> {
    let whole = request.is_whole();
    session.server.count_request();
    let received = AssertUnwindSafe(async { session.handler.receive(request).await });
    match received.catch_unwind().await {
        Ok((reply, receipt)) => Taken {
            reply,
            unsettled: Some(Unsettled::new(session, receipt)),
            whole,
        },
        Err(_) => Taken {
            reply: response::panicked(),
            unsettled: None,
            whole,
        },
    }
}

fn greeting<H: Handler>(session: &Session<H>, head: &Head) -> Option<Reply> {
    let greeting = AssertUnwindSafe(|| session.handler.greeting(head));
    catch_unwind(greeting).unwrap_or_else(|_| Some(response::panicked()))
}
