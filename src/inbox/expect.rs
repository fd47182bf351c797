//! Has what we wait for happened?

use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::filter::{Filter, Subject};

/// So many deliveries of this kind.
#[derive(Debug, Clone)]
pub struct Expectation {
    filter: Filter,
    missing: u64,
    others: u64,
}

impl Expectation {
    /// Expects `count` deliveries that match.
    #[must_use]
    pub fn new(filter: Filter, count: u64) -> Self {
        Self {
            filter,
            missing: count,
            others: 0,
        }
    }

    /// Whether this one counts. Once everything has come, nothing counts any more.
    pub fn counts(&mut self, delivery: &Delivery, now: Timestamp) -> bool {
        if self.is_met() {
            return false;
        }
        let counts = self.filter.matches(&Subject::new(delivery, now));
        match counts {
            true => self.missing -= 1,
            false => self.others += 1,
        }
        counts
    }

    /// Whether everything has come.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.missing == 0
    }

    /// How many are still missing.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// How many came and did not match.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.others
    }
}
