//! Each receipt goes back to its handler exactly once, whatever happens on the way.
//!
//! So the receipt travels in a guard: settled by name where the outcome is known, and by being
//! dropped where a connection or a task just ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;

use super::Handler;
use super::connection::Session;
use super::signals::Stage;
use crate::delivery::{Outcome, Settlement};

/// A receipt that has to be settled.
pub(super) struct Unsettled<H: Handler> {
    session: Arc<Session<H>>,
    receipt: Option<H::Receipt>,
}

/// A receipt that has to be settled, whoever its handler is; `None` where there is none.
pub(super) type Owed = Option<Box<dyn Settle>>;

/// Says what became of an answer.
pub(super) trait Settle: Send {
    fn settle(self: Box<Self>, outcome: Outcome);
}

/// Settles what is owed, if anything.
pub(super) fn settle(owed: Owed, outcome: Outcome) {
    if let Some(owed) = owed {
        owed.settle(outcome);
    }
}

impl<H: Handler> Unsettled<H> {
    pub(super) fn new(session: Arc<Session<H>>, receipt: H::Receipt) -> Self {
        Self {
            session,
            receipt: Some(receipt),
        }
    }

    /// The receipt, while it is not settled.
    pub(super) fn receipt(&self) -> Option<&H::Receipt> {
        self.receipt.as_ref()
    }

    fn report(&mut self, outcome: Outcome) {
        if let Some(receipt) = self.receipt.take() {
            let settlement = Settlement {
                outcome,
                at: Timestamp::now(),
            };
            // A handler that panics here must not take the connection, or a drop, with it. The
            // panic hook has reported it already.
            let settled = AssertUnwindSafe(|| self.session.handler.settled(receipt, settlement));
            let _ = catch_unwind(settled);
        }
    }
}

impl<H: Handler> Settle for Unsettled<H> {
    fn settle(mut self: Box<Self>, outcome: Outcome) {
        self.report(outcome);
    }
}

impl<H: Handler> Drop for Unsettled<H> {
    fn drop(&mut self) {
        let outcome = if self.session.server.signals.stage() == Stage::Leaving {
            Outcome::Stopped
        } else {
            Outcome::PeerLeft
        };
        self.report(outcome);
    }
}
