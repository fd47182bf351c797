//! What the sender of one event does next, as far as it can be told.
//!
//! The attempt with the highest number decides: a sender that counts on has not heard of a success.

use std::time::Duration;

use jiff::Timestamp;

use super::pace::Pace;
use super::seen::Seen;
use crate::delivery::Outlook;

/// A retry is late once it is overdue by half its gap, but at least by this.
const LATE_AT_LEAST: Duration = Duration::from_secs(2);
/// A retry that is this much overdue will not come any more.
const ENDED_AFTER: Duration = Duration::from_secs(60);
/// The same for the last attempt, which may not exist at all: with its gap of 16 s this is 40 s
/// after the failure before it.
const LAST_ENDED_AFTER: Duration = Duration::from_secs(24);
/// An attempt without an end can be in progress for this long. No provider waits longer, so the
/// end of an older one was lost with the process that served it.
const OPEN_AT_MOST: Duration = Duration::from_secs(300);

/// The attempt that stands last in the sender's book, and what follows from it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Forecast {
    /// Nothing came.
    Nothing,
    /// This attempt was acknowledged.
    Delivered { attempt: u32 },
    /// This attempt is being answered.
    Open { attempt: u32, since: Timestamp },
    /// A retry is due, or should have come by now.
    Waiting(Due),
    /// All attempts failed.
    Exhausted { attempt: u32 },
    /// The retry that was due did not come.
    Missing(Due),
    /// This attempt failed, and nothing tells what comes next.
    NoSchedule { attempt: u32 },
}

/// An attempt to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) attempt: u32,
    /// The end of the attempt before it.
    pub(super) after: Timestamp,
    pub(super) at: Timestamp,
    pub(super) late_after: Timestamp,
    pub(super) late: bool,
    pub(super) documented: Option<Duration>,
    pub(super) measured: bool,
}

impl Forecast {
    pub(super) fn make(pace: &Pace, seen: &[Seen], now: Timestamp) -> Self {
        let Some(last) = Last::of(seen) else {
            return Self::Nothing;
        };
        let Last {
            attempt,
            arrived,
            ended,
            acknowledged,
        } = last;
        if acknowledged {
            return Self::Delivered { attempt };
        }
        let is_recent = since(now, arrived).is_none_or(|age| age < OPEN_AT_MOST);
        if ended.is_none() && is_recent {
            return Self::Open {
                attempt,
                since: arrived,
            };
        }
        let attempts = pace.documented_attempts();
        if attempts.is_some_and(|attempts| attempt >= attempts) {
            return Self::Exhausted { attempt };
        }
        let next = attempt.saturating_add(1);
        let Some(gap) = pace.gap_before(next) else {
            return Self::NoSchedule { attempt };
        };
        let after = ended.unwrap_or(arrived);
        let at = later(after, gap.length);
        let late_after = later(at, LATE_AT_LEAST.max(gap.length / 2));
        let may_not_exist = attempts == Some(next);
        let grace = if may_not_exist {
            LAST_ENDED_AFTER
        } else {
            ENDED_AFTER
        };
        let due = Due {
            attempt: next,
            after,
            at,
            late_after,
            late: now > late_after,
            documented: pace.documented_before(next),
            measured: gap.measured,
        };
        // A measured gap can be so long that it is not late yet when the grace is over.
        if now >= later(at, grace).max(late_after) {
            Self::Missing(due)
        } else {
            Self::Waiting(due)
        }
    }

    pub(super) fn due(&self) -> Option<Due> {
        match self {
            Self::Waiting(due) => Some(*due),
            _ => None,
        }
    }

    pub(super) fn outlook(&self) -> Outlook {
        match *self {
            Self::Delivered { .. } => Outlook::Delivered,
            Self::Exhausted { .. } | Self::Missing(_) => Outlook::Ended,
            Self::Waiting(due) if due.late => Outlook::Late {
                attempt: due.attempt,
                due: due.at,
            },
            Self::Waiting(due) => Outlook::Due {
                attempt: due.attempt,
                at: due.at,
                documented: due.documented,
                measured: due.measured,
            },
            Self::Nothing | Self::Open { .. } | Self::NoSchedule { .. } => Outlook::Unknown,
        }
    }
}

/// The attempt with the highest number, over all of its arrivals.
#[derive(Clone, Copy)]
struct Last {
    attempt: u32,
    arrived: Timestamp,
    ended: Option<Timestamp>,
    acknowledged: bool,
}

impl Last {
    fn of(seen: &[Seen]) -> Option<Self> {
        let mut last: Option<Self> = None;
        for this in seen {
            last = Some(match last {
                None => Self::new(this.attempt.unwrap_or(1), this),
                Some(before) => before.then(this),
            });
        }
        last
    }

    fn new(attempt: u32, seen: &Seen) -> Self {
        Self {
            attempt,
            arrived: seen.arrived,
            ended: seen.ended,
            acknowledged: seen.acknowledged,
        }
    }

    /// A higher number is the sender's word that the attempt before it failed. Without a number an
    /// arrival after an acknowledged one is only a copy.
    fn then(self, seen: &Seen) -> Self {
        let acknowledged = self.acknowledged || seen.acknowledged;
        match seen.attempt {
            Some(attempt) if attempt > self.attempt => Self::new(attempt, seen),
            Some(attempt) if attempt == self.attempt => Self {
                acknowledged,
                ..Self::new(attempt, seen)
            },
            Some(_) => Self {
                acknowledged,
                ..self
            },
            None if self.acknowledged => self,
            None => Self::new(self.attempt.saturating_add(1), seen),
        }
    }
}

pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// `later` minus `earlier`; `None` when it is the other way round.
pub(super) fn since(later: Timestamp, earlier: Timestamp) -> Option<Duration> {
    Duration::try_from(later.duration_since(earlier)).ok()
}

#[cfg(test)]
mod tests {
    use super::super::seen::made::{at, failed, open, seconds, sixtyfour, taken, uncounted};
    use super::super::watch::outlook;
    use super::*;
    use crate::delivery::DeliveryId;

    fn due(attempt: u32, millis: i64, documented: u64) -> Outlook {
        Outlook::Due {
            attempt,
            at: at(millis),
            documented: Some(seconds(documented)),
            measured: false,
        }
    }

    fn late(attempt: u32, millis: i64) -> Outlook {
        Outlook::Late {
            attempt,
            due: at(millis),
        }
    }

    #[test]
    fn the_next_attempt_is_due_late_and_given_up_in_time() {
        let third = [
            failed(1, 0, 4),
            failed(2, 1_010, 1_013),
            failed(3, 3_020, 3_030),
        ];
        let fifth = [failed(5, 0, 100)];
        let sixth = [failed(6, 0, 100)];
        // (what came, now in milliseconds, what is expected)
        let table: [(&[Seen], i64, Outlook); 13] = [
            (&[], 0, Outlook::Unknown),
            (&third[..1], 4, due(2, 1_004, 1)),
            (&third[..1], 3_004, due(2, 1_004, 1)),
            (&third[..1], 3_005, late(2, 1_004)),
            (&third[..1], 61_003, late(2, 1_004)),
            (&third[..1], 61_004, Outlook::Ended),
            (&third, 9_030, due(4, 7_030, 4)),
            (&third, 9_031, late(4, 7_030)),
            (&fifth, 24_100, due(6, 16_100, 16)),
            (&fifth, 24_101, late(6, 16_100)),
            (&fifth, 40_099, late(6, 16_100)),
            (&fifth, 40_100, Outlook::Ended),
            (&sixth, 101, Outlook::Ended),
        ];
        for (seen, now, expected) in table {
            let found = outlook(&sixtyfour(), seen, at(now));
            assert_eq!(found, expected, "{} came, {now} ms", seen.len());
        }
    }

    #[test]
    fn the_highest_attempt_decides_whether_an_event_is_delivered() {
        let copy = uncounted(failed(1, 5_000, 5_001));
        let table: [(&str, &[Seen], Outlook); 6] = [
            ("taken", &[taken(1, 0, 1)], Outlook::Delivered),
            (
                "a failed copy afterwards",
                &[uncounted(taken(1, 0, 1)), copy],
                Outlook::Delivered,
            ),
            (
                "the same attempt twice",
                &[failed(1, 0, 1), taken(1, 2, 3)],
                Outlook::Delivered,
            ),
            (
                "the sender counts on",
                &[taken(1, 0, 1), failed(2, 5_000, 5_001)],
                due(3, 7_001, 2),
            ),
            (
                "a straggler is taken",
                &[failed(2, 0, 1), taken(1, 2, 3)],
                Outlook::Delivered,
            ),
            (
                "nobody counts",
                &[uncounted(failed(1, 0, 1)), copy],
                due(3, 7_001, 2),
            ),
        ];
        for (story, seen, expected) in table {
            let found = outlook(&sixtyfour(), seen, at(5_002));
            assert_eq!(found, expected, "{story}");
        }
    }

    #[test]
    fn while_an_attempt_is_open_nothing_is_due() {
        let seen = [open(1, 0)];
        assert_eq!(outlook(&sixtyfour(), &seen, at(299_000)), Outlook::Unknown);
        assert_eq!(outlook(&sixtyfour(), &seen, at(301_000)), Outlook::Ended);
    }

    #[test]
    fn measured_gaps_take_the_place_of_documented_ones_that_do_not_hold() {
        let mut pace = sixtyfour();
        for number in 1..=3 {
            let event = DeliveryId::new(number).unwrap();
            pace.measure(event, 2, seconds(3));
        }
        let seen = [failed(1, 0, 0)];
        let expected = Outlook::Due {
            attempt: 2,
            at: at(3_000),
            documented: Some(seconds(1)),
            measured: true,
        };
        assert_eq!(outlook(&pace, &seen, at(0)), expected);
        assert_eq!(outlook(&pace, &seen, at(5_001)), late(2, 3_000));
    }
}
