//! What is to be expected of an event, from its newest attempts: cheap enough for every visible row.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::Outlook;
use crate::outbox::schedule::Seen;
use crate::outbox::schedule::pace::Pace;
use crate::outbox::schedule::watch::{outlook, pace_of};

use super::index::{Attempt, Event};

/// How many of an event's newest attempts are looked at.
pub(super) const NEWEST: usize = 16;

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
        attempt: u32,
        /// When.
        at: Timestamp,
        /// The gap before it.
        gap: Duration,
        /// Whether that gap was measured here.
        measured: bool,
    },
    /// It should have come.
    Late {
        /// The attempt that is missing.
        attempt: u32,
        /// When it was due.
        due: Timestamp,
    },
    /// The provider has given up, as far as can be told.
    Ended,
    /// It was not taken, and nothing is known about what its sender does next.
    Open,
}

/// The state of an event with these newest attempts, the newest of them last.
#[must_use]
pub(super) fn of(event: &Event, newest: &[&Attempt], pace: &Pace, now: Timestamp) -> State {
    let Some(last) = newest.last() else {
        return State::Open;
    };
    if last.is_held() {
        return State::Held {
            since: last.arrived(),
        };
    }
    if event.is_acknowledged() {
        return State::Delivered;
    }
    let seen: Vec<Seen> = newest.iter().map(|attempt| attempt.seen()).collect();
    match outlook(pace, &seen, now) {
        Outlook::Delivered => State::Delivered,
        Outlook::Due {
            attempt,
            at,
            measured,
            ..
        } => State::Due {
            attempt,
            at,
            gap: pace_of(pace, &seen)
                .gap_before(attempt)
                .map_or(Duration::ZERO, |gap| gap.length),
            measured,
        },
        Outlook::Late { attempt, due } => State::Late { attempt, due },
        Outlook::Ended => State::Ended,
        Outlook::Unknown => State::Open,
    }
}

/// The time left until `at`, never more than `most`: a clock that jumped back must not count down
/// from an hour.
#[must_use]
pub(super) fn remaining(now: Timestamp, at: Timestamp, most: Duration) -> Duration {
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
                gap: Duration::from_secs(4),
                measured: false,
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
        assert_eq!(index.state(0, due + Duration::from_secs(59)), late);
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
