//! What is to be expected of an event, from its last attempt: a few comparisons for a visible row.
//!
//! The same rules as the outbox's outlook, over packed records: that one reads whole deliveries,
//! which a list of a million must not.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::Provider;

use super::index::{Attempt, Event};

/// A retry may be this late before it counts as late.
const GRACE: Duration = Duration::from_secs(2);

/// This late, and it is not coming.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// What is to be expected of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its answer is held back, or slow on purpose, since then.
    Held {
        /// When it arrived.
        since: Timestamp,
    },
    /// It was taken.
    Delivered,
    /// A retry is expected.
    Due {
        /// The attempt that is expected.
        attempt: u16,
        /// When.
        at: Timestamp,
        /// The documented gap before it.
        gap: Duration,
    },
    /// It should have come.
    Late {
        /// The attempt that is missing.
        attempt: u16,
        /// When it was due.
        due: Timestamp,
    },
    /// The provider has given up, as far as can be told.
    Ended,
    /// It was not taken, and nothing is known about what its sender does next.
    Open,
}

/// The state of an event with this last attempt.
#[must_use]
pub fn of(event: &Event, last: &Attempt, now: Timestamp) -> State {
    if last.is_held() {
        return State::Held {
            since: last.arrived(),
        };
    }
    if event.is_acknowledged() {
        return State::Delivered;
    }
    let gaps = gaps(event.provider());
    if gaps.is_empty() {
        return State::Open;
    }
    let made = last.number.max(1);
    let Some(gap) = gaps.get(usize::from(made) - 1).copied() else {
        return State::Ended;
    };
    let due = last.ended().unwrap_or_else(|| last.arrived()) + gap;
    let attempt = made.saturating_add(1);
    if now > due + GIVEN_UP {
        State::Ended
    } else if now > late_after(due, gap) {
        State::Late { attempt, due }
    } else {
        State::Due {
            attempt,
            at: due,
            gap,
        }
    }
}

/// When a retry that was due then counts as late.
#[must_use]
pub fn late_after(due: Timestamp, gap: Duration) -> Timestamp {
    due + GRACE.max(gap / 2)
}

/// How many attempts a provider makes in all; `None` when it is not known.
#[must_use]
pub fn attempts_of(provider: Provider) -> Option<usize> {
    let gaps = gaps(provider);
    (!gaps.is_empty()).then_some(gaps.len() + 1)
}

/// The gaps that a provider documents between one attempt's end and the next attempt.
#[must_use]
pub fn gaps(provider: Provider) -> &'static [Duration] {
    const SIXTYFOUR: [Duration; 5] = [
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(4),
        Duration::from_secs(8),
        Duration::from_secs(16),
    ];
    match provider {
        Provider::Sixtyfour => &SIXTYFOUR,
        Provider::Elan | Provider::Plain => &[],
    }
}

/// The time left until `at`, never more than `most`: a clock that jumped back must not count down
/// from an hour.
#[must_use]
pub fn remaining(now: Timestamp, at: Timestamp, most: Duration) -> Duration {
    Duration::try_from(at.duration_since(now))
        .unwrap_or_default()
        .min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Outcome;
    use crate::tui::fixture::{at, row};
    use crate::tui::index::Index;

    fn failed(count: u64) -> Index {
        let mut index = Index::default();
        for id in 1..=count {
            let mut row = row(id, 1);
            row.status = 500;
            row.settled = Some((Outcome::Answered, row.arrived));
            index.apply(&row);
        }
        index
    }

    #[test]
    fn a_failed_attempt_is_due_again_after_the_documented_gap() {
        let index = failed(3);
        let end = index.last(0).unwrap().ended().unwrap();
        assert_eq!(
            index.state(0, end),
            State::Due {
                attempt: 4,
                at: end + Duration::from_secs(4),
                gap: Duration::from_secs(4)
            }
        );
    }

    #[test]
    fn it_is_late_after_half_the_gap_but_at_least_two_seconds_and_ended_a_minute_later() {
        let index = failed(1);
        let due = index.last(0).unwrap().ended().unwrap() + Duration::from_secs(1);
        let late = State::Late { attempt: 2, due };
        assert!(matches!(
            index.state(0, due + Duration::from_secs(2)),
            State::Due { .. }
        ));
        assert_eq!(index.state(0, due + Duration::from_millis(2001)), late);
        assert_eq!(index.state(0, due + Duration::from_secs(60)), late);
        assert_eq!(
            index.state(0, due + Duration::from_millis(60_001)),
            State::Ended
        );
    }

    #[test]
    fn after_the_sixth_failure_nothing_is_expected() {
        assert_eq!(failed(6).state(0, at(0)), State::Ended);
    }

    #[test]
    fn a_clock_that_jumps_back_counts_down_from_the_gap_at_most() {
        let gap = Duration::from_secs(4);
        let hour = Duration::from_secs(3600);
        assert_eq!(remaining(at(0), at(0) + hour, gap), gap);
        assert_eq!(remaining(at(0) + hour, at(0), gap), Duration::ZERO);
    }
}
