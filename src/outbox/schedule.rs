//! Retry schedules, from both ends of the wire.
//!
//! [`Schedule`] is the sender's: what to do after this attempt. [`watch`] is the receiver's: which
//! attempts of an event came, how far apart, and what its sender will do next; [`pace`] keeps the
//! measured gaps that tell when the documented ones do not hold. `seen` is one arrival, `forecast`
//! what comes next, `verdict` that in one line, and `speed` plays it all faster. All of it is pure:
//! the clock is an argument, and nobody waits here.

mod forecast;
pub mod pace;
mod seen;
mod speed;
mod verdict;
pub mod watch;

use std::time::Duration;

use crate::delivery::{Attempt, Provider};
use crate::provider;

pub use seen::Seen;
pub use speed::{BadSpeed, Speed};

/// How often and when a job is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    gaps: Vec<Duration>,
    retries: u32,
}

/// What a sender does after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it was taken.
    Delivered,
    /// Waits, and tries again.
    Retry {
        /// Which attempt comes.
        attempt: u32,
        /// How long after the end of the failed one.
        after: Duration,
    },
    /// Nothing: that was the last one.
    GivenUp,
}

impl Schedule {
    /// One try and no more.
    #[must_use]
    pub fn once() -> Self {
        Self::new(Vec::new(), 0)
    }

    /// What the provider documents; a single try where it documents nothing.
    #[must_use]
    pub fn documented(provider: Provider) -> Self {
        let gaps = provider::gaps(provider);
        let retries = u32::try_from(gaps.len()).unwrap_or(u32::MAX);
        Self::new(gaps.to_vec(), retries)
    }

    /// So many retries with these gaps before them. The last gap repeats when there are more
    /// retries than gaps.
    #[must_use]
    pub fn new(gaps: Vec<Duration>, retries: u32) -> Self {
        Self { gaps, retries }
    }

    /// The same with other gaps between the attempts.
    #[must_use]
    pub fn at_speed(mut self, speed: Speed) -> Self {
        for gap in &mut self.gaps {
            *gap = speed.shrink(*gap);
        }
        self
    }

    /// How many attempts there are in all.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.retries.saturating_add(1)
    }

    /// How long to wait before this attempt, after the end of the one before it.
    #[must_use]
    pub fn gap_before(&self, attempt: u32) -> Duration {
        let index = usize::try_from(attempt.saturating_sub(2)).unwrap_or(usize::MAX);
        let gap = self.gaps.get(index).or_else(|| self.gaps.last());
        gap.copied().unwrap_or_default()
    }

    /// What to do after this attempt.
    #[must_use]
    pub fn after(&self, attempt: &Attempt) -> Next {
        self.next(attempt.number, attempt.delivered())
    }

    /// What to do after the attempt of this number.
    #[must_use]
    pub fn next(&self, attempt: u32, delivered: bool) -> Next {
        if delivered {
            return Next::Delivered;
        }
        if attempt >= self.attempts() {
            return Next::GivenUp;
        }
        let attempt = attempt.saturating_add(1);
        Next::Retry {
            attempt,
            after: self.gap_before(attempt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(attempt: u32, seconds: u64) -> Next {
        let after = Duration::from_secs(seconds);
        Next::Retry { attempt, after }
    }

    #[test]
    fn sixtyfour_tries_six_times_with_doubling_gaps() {
        let schedule = Schedule::documented(Provider::Sixtyfour);
        let all: Vec<_> = (1..=6)
            .map(|attempt| schedule.next(attempt, false))
            .collect();
        let expected = [
            retry(2, 1),
            retry(3, 2),
            retry(4, 4),
            retry(5, 8),
            retry(6, 16),
            Next::GivenUp,
        ];
        assert_eq!(all, expected);
        assert_eq!(schedule.next(3, true), Next::Delivered);
    }

    #[test]
    fn a_provider_that_documents_nothing_tries_once() {
        let schedule = Schedule::documented(Provider::Elan);
        assert_eq!(schedule, Schedule::once());
        assert_eq!(schedule.next(1, false), Next::GivenUp);
    }

    #[test]
    fn the_last_gap_repeats_when_there_are_more_retries_than_gaps() {
        let gaps = [1, 5].map(Duration::from_secs).to_vec();
        let schedule = Schedule::new(gaps, 4);
        assert_eq!(schedule.next(1, false), retry(2, 1));
        assert_eq!(schedule.next(4, false), retry(5, 5));
        assert_eq!(schedule.next(5, false), Next::GivenUp);
    }

    #[test]
    fn retries_without_gaps_follow_at_once() {
        assert_eq!(Schedule::new(Vec::new(), 1).next(1, false), retry(2, 0));
    }

    #[test]
    fn a_hundred_times_faster_shrinks_the_gaps_a_hundredfold() {
        let speed = Speed::new(100.0).unwrap();
        let schedule = Schedule::documented(Provider::Sixtyfour).at_speed(speed);
        assert_eq!(schedule.gap_before(2), Duration::from_millis(10));
        assert_eq!(schedule.gap_before(6), Duration::from_millis(160));
    }
}
