//! Steering a running inbox: arm and disarm, hold and release, and how it stands.
//!
//! The control socket and the terminal UI call the same functions.

use tokio::sync::watch;

use crate::delivery::{DeliveryId, Reply};
use crate::fault::{Decided, Plan, Standing};

use super::held::HeldDelivery;
use super::{Inbox, Totals};

/// How an inbox stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The rules in force, in the order in which they are asked.
    pub armed: Vec<Standing>,
    /// The seed of the rules with a percentage.
    pub seed: u64,
    /// The deliveries whose answer waits for a person, oldest first.
    pub held: Vec<HeldDelivery>,
    /// What happened since the start.
    pub totals: Totals,
}

impl Inbox {
    /// Puts a plan into force, before the rules that are; or in their place.
    pub fn arm(&self, plan: Plan, replace: bool) {
        let mut armed = self.armed();
        if replace {
            armed.replace(plan);
        } else {
            armed.arm(plan);
        }
        drop(armed);
        self.was_steered();
    }

    /// Takes all rules out of force; says how many there were. What is held stays held.
    pub fn disarm(&self) -> usize {
        let count = self.armed().disarm();
        self.was_steered();
        count
    }

    /// A number that grows whenever rules are armed or disarmed, whoever does it.
    #[must_use]
    pub fn steered(&self) -> watch::Receiver<u64> {
        self.shared.steered.subscribe()
    }

    fn was_steered(&self) {
        self.shared.steered.send_modify(|number| *number += 1);
    }

    /// Answers a held delivery; says whether it was held.
    pub fn release(&self, id: DeliveryId, reply: Reply) -> bool {
        self.shared.held.release(id, reply)
    }

    /// Answers everything that is held, and from now on whatever would be held.
    pub fn release_all(&self, reply: Reply) {
        self.shared.held.close(reply);
    }

    /// How many [`Inbox::release_all`] has answered.
    #[must_use]
    pub fn released_at_stop(&self) -> usize {
        self.shared.held.answered_at_close()
    }

    /// What a first delivery without a scope would be answered next, without taking a step.
    #[must_use]
    pub fn foresee(&self) -> Option<Decided> {
        self.armed().foresee(1, |_| false)
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let armed = self.armed();
        Status {
            armed: armed.standings(),
            seed: armed.seed(),
            held: self.shared.held.list(),
            totals: self.totals(),
        }
    }
}
