//! The time between knowing a reply and giving it: delays, hanging, holding.
//!
//! Nothing is held while waiting but the connection itself. A peer that ends its side meanwhile
//! has left: a provider that runs out of patience closes its connection whole, and a client that
//! only half-closes before such an answer cannot be told from it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::Handler;
use super::connection::Session;
use super::response;
use super::settling::{Owed, Settle, Unsettled};
use super::signals::Stage;
use crate::delivery::{Ending, Outcome, Reply};

/// How long a held answer has to be decided after the listener was told to stop.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Waits until the reply is to be given. `None` when it never will be; what is owed is settled
/// then.
pub(super) async fn wait_out<H: Handler>(
    session: &Arc<Session<H>>,
    mut reply: Reply,
    unsettled: Option<Unsettled<H>>,
) -> Option<(Reply, Owed)> {
    if reply.ending == Ending::Hold {
        match decision(session, unsettled.as_ref()).await {
            Ok(decided) => reply = decided,
            Err(outcome) => return end(unsettled, outcome),
        }
    }
    let outcome = match reply.ending {
        Ending::Hang | Ending::Hold => hang(session).await,
        _ if reply.delay.is_zero() => return Some((reply, seal(unsettled))),
        _ => tokio::select! {
            biased;
            () = tokio::time::sleep(reply.delay) => return Some((reply, seal(unsettled))),
            () = session.line.left() => Outcome::PeerLeft,
        },
    };
    end(unsettled, outcome)
}

/// What somebody decides about a held answer, or how the wait for it ended.
async fn decision<H: Handler>(
    session: &Session<H>,
    unsettled: Option<&Unsettled<H>>,
) -> Result<Reply, Outcome> {
    let Some(receipt) = unsettled.and_then(Unsettled::receipt) else {
        return Ok(response::panicked());
    };
    let held = AssertUnwindSafe(async { session.handler.held(receipt).await }).catch_unwind();
    let stopped = async {
        session.server.signals.reached(Stage::Finishing).await;
        tokio::time::sleep(LAST_WORD.min(session.server.limits.grace / 2)).await;
    };
    tokio::select! {
        biased;
        decided = held => Ok(decided.unwrap_or_else(|_| response::panicked())),
        () = session.line.left() => Err(Outcome::PeerLeft),
        () = stopped => Err(Outcome::Stopped),
    }
}

async fn hang<H: Handler>(session: &Session<H>) -> Outcome {
    tokio::select! {
        biased;
        () = session.line.left() => Outcome::PeerLeft,
        () = session.server.signals.reached(Stage::Finishing) => Outcome::Stopped,
    }
}

fn seal<H: Handler>(unsettled: Option<Unsettled<H>>) -> Owed {
    unsettled.map(|unsettled| Box::new(unsettled) as Box<dyn Settle>)
}

fn end<H: Handler>(unsettled: Option<Unsettled<H>>, outcome: Outcome) -> Option<(Reply, Owed)> {
    super::settling::settle(seal(unsettled), outcome);
    None
}
