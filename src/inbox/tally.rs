//! How many deliveries there were since the start, and how they ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::delivery::{Arrival, Turn};

/// Counters that any number of requests may raise at once.
#[derive(Debug, Default)]
pub struct Tally {
    deliveries: AtomicU64,
    events: AtomicU64,
    acknowledged: AtomicU64,
    bad_signatures: AtomicU64,
    unstored: AtomicU64,
    failing: AtomicBool,
}

/// What the counters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were stored.
    pub deliveries: u64,
    /// Different events among them.
    pub events: u64,
    /// Events that were answered 2xx in the end.
    pub acknowledged: u64,
    /// Deliveries whose signature matches no secret. One that is missing, or right but too old, is
    /// another matter.
    pub bad_signatures: u64,
    /// Requests that could not be stored and were answered 503.
    pub unstored: u64,
}

impl Tally {
    /// Counts a stored delivery; says whether storing had failed before it.
    pub(super) fn took(&self, arrival: &Arrival) -> bool {
        raise(&self.deliveries);
        if arrival.sighting.turn == Turn::First {
            raise(&self.events);
        }
        if arrival.answer.reply.acknowledges() && arrival.sighting.turn != Turn::Duplicate {
            raise(&self.acknowledged);
        }
        if arrival.verdict.word() == "BAD" {
            raise(&self.bad_signatures);
        }
        self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed)
    }

    /// Counts a delivery that could not be stored; says whether it is the first after a good one.
    pub(super) fn refused(&self) -> bool {
        raise(&self.unstored);
        !self.failing.swap(true, Ordering::Relaxed)
    }

    /// A person answered a held delivery with a 2xx.
    pub(super) fn acknowledged(&self) {
        raise(&self.acknowledged);
    }

    /// The peer did not get a 2xx that was counted.
    pub(super) fn took_back(&self) {
        self.acknowledged.fetch_sub(1, Ordering::Relaxed);
    }

    /// The counters at this moment.
    pub fn totals(&self) -> Totals {
        Totals {
            deliveries: self.deliveries.load(Ordering::Relaxed),
            events: self.events.load(Ordering::Relaxed),
            acknowledged: self.acknowledged.load(Ordering::Relaxed),
            bad_signatures: self.bad_signatures.load(Ordering::Relaxed),
            unstored: self.unstored.load(Ordering::Relaxed),
        }
    }
}

fn raise(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
