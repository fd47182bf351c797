//! One event seen from the receiving end: which attempts came, and what its sender will do next.
//!
//! A gap runs from the end of a failed attempt (our answer was written, the peer left, we reset) to
//! the next arrival: that is the pause which a sender makes. The provider's documentation allows for
//! five attempts or six, so a fifth that failed is never called the last until the time for a sixth
//! has passed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::forecast::{Forecast, later, since};
use super::pace::Pace;
use super::seen::Seen;
use super::verdict;
use crate::delivery::{Outcome, Outlook, Provider};
use crate::provider;

/// A peer that leaves this near to its documented time-out has timed out.
const TIMEOUT_SLACK: Duration = Duration::from_secs(1);

/// What is known about the attempts of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Every attempt, in order of arrival, then those that are expected.
    pub rows: Vec<Row>,
    /// What the sender is expected to do.
    pub outlook: Outlook,
    /// After this the next attempt counts as late.
    pub late_after: Option<Timestamp>,
    /// About when the sender gives up if nothing is acknowledged.
    pub gives_up: Option<Timestamp>,
    /// What the sender will do next, in one line.
    pub verdict: String,
    /// Whether this program sent the newest attempt.
    ours: bool,
}

/// One line of the table of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Attempts that were not seen here: the listener was not running, or the tunnel was down.
    NotSeen {
        /// The first of them.
        from: u32,
        /// The last of them.
        through: u32,
    },
    /// One that came.
    Came(Came),
    /// One that is expected.
    Expected {
        /// Which attempt.
        attempt: u32,
        /// About when.
        at: Timestamp,
        /// How long after the attempt before it.
        gap: Duration,
        /// Whether the gap was measured, not documented.
        measured: bool,
    },
}

/// An attempt that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// Which of the arrivals it is, from 0.
    pub arrival: usize,
    /// The sender's counter, else counted here.
    pub attempt: u32,
    /// From the end of the attempt before it, if that was seen.
    pub gap: Option<Duration>,
    /// The documented gap before this attempt.
    pub documented: Option<Duration>,
    /// From the arrival before it.
    pub between_starts: Option<Duration>,
    /// How long it was held open; `None` while it is.
    pub held: Option<Duration>,
    /// The peer left when its documented time-out was over.
    pub timed_out: bool,
}

impl Watch {
    /// The newest measured gap and the attempt it stands before: what [`Pace::measure`] wants. None
    /// of an event that this program sent: it says nothing about the provider.
    #[must_use]
    pub fn newest_gap(&self) -> Option<(u32, Duration)> {
        newest_gap(&self.rows).filter(|_| !self.ours)
    }
}

/// What the sender of an event is expected to do, from its arrivals in order.
#[must_use]
pub fn outlook(pace: &Pace, seen: &[Seen], now: Timestamp) -> Outlook {
    Forecast::make(&pace_of(pace, seen), seen, now).outlook()
}

/// Everything there is to say about the attempts of an event, from its arrivals in order.
#[must_use]
pub fn watch(provider: Provider, pace: &Pace, seen: &[Seen], now: Timestamp) -> Watch {
    // A clock that was set back since: it is not earlier than what has happened.
    let known = seen.iter().map(|seen| seen.ended.unwrap_or(seen.arrived));
    let now = known.fold(now, Timestamp::max);
    let mut rows = past(provider, pace, seen);
    let pace = &*pace_of(pace, seen);
    let forecast = Forecast::make(pace, seen, now);
    let expected = future(pace, &forecast);
    let gives_up = expected.last().and_then(|row| match row {
        Row::Expected { attempt, at, .. } => {
            (Some(*attempt) == pace.documented_attempts()).then_some(*at)
        }
        Row::Came(_) | Row::NotSeen { .. } => None,
    });
    let timed_out = match rows.last() {
        Some(Row::Came(came)) if came.timed_out => Some(came.attempt),
        _ => None,
    };
    let told = verdict::tell(provider, pace, &forecast, gives_up, now);
    rows.extend(expected);
    Watch {
        rows,
        outlook: forecast.outlook(),
        late_after: forecast.due().map(|due| due.late_after),
        gives_up,
        verdict: match timed_out {
            Some(attempt) => format!("{}; {told}", verdict::timed_out(provider, attempt)),
            None => told,
        },
        ours: is_ours(seen),
    }
}

/// What never came of these attempts: some may have come later than their successors.
fn not_seen(from: u32, through: u32, came: &BTreeSet<u32>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = from;
    let ends = came.range(from..=through).copied();
    for end in ends.chain([through.saturating_add(1)]) {
        if end > next {
            rows.push(Row::NotSeen {
                from: next,
                through: end - 1,
            });
        }
        next = end.saturating_add(1);
    }
    rows
}

fn past(provider: Provider, pace: &Pace, seen: &[Seen]) -> Vec<Row> {
    let timeout = provider::attempt_timeout(provider);
    let came: BTreeSet<u32> = seen.iter().filter_map(|seen| seen.attempt).collect();
    let mut rows = Vec::with_capacity(seen.len() + 8);
    let mut highest = 0_u32;
    let mut previous: Option<(u32, Seen)> = None;
    for (arrival, this) in seen.iter().enumerate() {
        let counted = previous.map_or(1, |(attempt, _)| attempt.saturating_add(1));
        let attempt = this.attempt.unwrap_or(counted);
        if attempt > highest.saturating_add(1) {
            rows.extend(not_seen(highest + 1, attempt - 1, &came));
        }
        rows.push(Row::Came(Came {
            arrival,
            attempt,
            gap: previous.and_then(|(before, seen)| gap(before, &seen, attempt, this)),
            documented: pace.documented_before(attempt),
            between_starts: previous.and_then(|(_, seen)| since(this.arrived, seen.arrived)),
            held: this.ended.and_then(|ended| since(ended, this.arrived)),
            timed_out: timed_out(this, timeout),
        }));
        highest = highest.max(attempt);
        previous = Some((attempt, *this));
    }
    rows
}

/// The pause the sender made between two attempts; `None` where an attempt between them was not
/// seen, and where the second one is a copy and no retry.
fn gap(before: u32, previous: &Seen, attempt: u32, this: &Seen) -> Option<Duration> {
    let is_next = attempt == before.saturating_add(1);
    let is_copy = previous.acknowledged && this.attempt.is_none();
    (is_next && !is_copy)
        .then_some(previous.ended)
        .flatten()
        .and_then(|ended| since(this.arrived, ended))
}

fn timed_out(seen: &Seen, timeout: Option<Duration>) -> bool {
    let held = seen.ended.and_then(|ended| since(ended, seen.arrived));
    let (Some(Outcome::PeerLeft), Some(held), Some(timeout)) = (seen.outcome, held, timeout) else {
        return false;
    };
    held.abs_diff(timeout) <= TIMEOUT_SLACK
}

fn is_ours(seen: &[Seen]) -> bool {
    seen.last().is_some_and(|last| last.ours)
}

/// The pace to expect of an event. What this program sends may be played faster than any provider
/// sends: only its own gaps tell.
#[must_use]
pub fn pace_of<'a>(pace: &'a Pace, seen: &[Seen]) -> Cow<'a, Pace> {
    if is_ours(seen) {
        Cow::Owned(pace.alone(newest_gap(&past(Provider::Plain, pace, seen))))
    } else {
        Cow::Borrowed(pace)
    }
}

fn newest_gap(rows: &[Row]) -> Option<(u32, Duration)> {
    let came = rows.iter().rev().find_map(|row| match row {
        Row::Came(came) => Some(came),
        Row::NotSeen { .. } | Row::Expected { .. } => None,
    })?;
    Some((came.attempt, came.gap?))
}

fn future(pace: &Pace, forecast: &Forecast) -> Vec<Row> {
    let Some(due) = forecast.due() else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let mut at = due.after;
    let mut attempt = due.attempt;
    while let Some(gap) = pace.gap_before(attempt) {
        at = later(at, gap.length);
        rows.push(Row::Expected {
            attempt,
            at,
            gap: gap.length,
            measured: gap.measured,
        });
        attempt += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::seen::made::{at, failed, open, seconds, sixtyfour, taken, uncounted};
    use super::*;
    use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn gaps_run_from_the_end_of_one_attempt_to_the_start_of_the_next() {
        let seen = [
            failed(1, 0, 10_000),
            failed(2, 11_020, 11_030),
            failed(3, 13_030, 13_031),
        ];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(13_040));
        let table: Vec<_> = watch
            .rows
            .iter()
            .filter_map(|row| match row {
                Row::Came(came) => Some((came.gap, came.documented, came.between_starts)),
                _ => None,
            })
            .collect();
        let millis = |count| Some(Duration::from_millis(count));
        assert_eq!(
            table,
            [
                (None, None, None),
                (millis(1_020), millis(1_000), millis(11_020)),
                (millis(2_000), millis(2_000), millis(2_010)),
            ]
        );
        assert_eq!(watch.newest_gap(), Some((3, seconds(2))));
    }

    #[test]
    fn the_attempts_to_come_are_listed_to_the_last() {
        let seen = [failed(3, 0, 1_000)];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(1_000));
        let expected = |attempt, millis, gap| Row::Expected {
            attempt,
            at: at(millis),
            gap: seconds(gap),
            measured: false,
        };
        assert_eq!(
            watch.rows[0],
            Row::NotSeen {
                from: 1,
                through: 2
            }
        );
        assert_eq!(
            watch.rows[2..],
            [
                expected(4, 5_000, 4),
                expected(5, 13_000, 8),
                expected(6, 29_000, 16)
            ]
        );
        assert_eq!(watch.gives_up, Some(at(29_000)));
        assert_eq!(watch.late_after, Some(at(7_000)));
    }

    #[test]
    fn what_came_later_than_its_successor_was_seen() {
        let seen = [failed(5, 0, 1), failed(2, 2, 3), failed(3, 4, 5)];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(6));
        let missing: Vec<_> = watch
            .rows
            .iter()
            .filter_map(|row| match row {
                Row::NotSeen { from, through } => Some((*from, *through)),
                _ => None,
            })
            .collect();
        assert_eq!(missing, [(1, 1), (4, 4)]);
    }

    #[test]
    fn an_attempt_number_out_of_all_reason_costs_one_row() {
        let seen = [
            failed(1, 0, 1),
            failed(u32::MAX, 2, 3),
            failed(u32::MAX, 4, 5),
        ];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(6));
        let through = u32::MAX - 1;
        assert_eq!(watch.rows.len(), 4);
        assert_eq!(watch.rows[1], Row::NotSeen { from: 2, through });
        assert_eq!(watch.outlook, Outlook::Ended);
    }

    #[test]
    fn what_this_program_sent_teaches_nobody_and_is_expected_by_its_own_pace() {
        let ours = |seen| Seen { ours: true, ..seen };
        let seen = [ours(failed(1, 0, 1)), ours(failed(2, 101, 102))];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(102));
        assert_eq!(watch.newest_gap(), None);
        let due = Outlook::Due {
            attempt: 3,
            at: at(302),
            documented: Some(seconds(2)),
            measured: true,
        };
        assert_eq!(watch.outlook, due);
        assert_eq!(outlook(&sixtyfour(), &seen, at(102)), due);
    }

    #[test]
    fn no_gap_is_measured_over_a_hole_an_overlap_or_a_copy() {
        for (story, seen) in [
            ("hole", [failed(1, 0, 1), failed(3, 5_000, 5_001)]),
            ("overlap", [failed(1, 0, 9_000), failed(2, 5_000, 5_001)]),
            ("same attempt", [failed(1, 0, 1), failed(1, 5_000, 5_001)]),
            ("no end", [open(1, 0), failed(2, 5_000, 5_001)]),
            (
                "copy",
                [
                    uncounted(taken(1, 0, 1)),
                    uncounted(failed(1, 5_000, 5_001)),
                ],
            ),
        ] {
            let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(6_000));
            assert_eq!(watch.newest_gap(), None, "{story}");
        }
    }

    #[test]
    fn a_peer_that_leaves_after_ten_seconds_has_timed_out() {
        for (outcome, held, expected) in [
            (Outcome::PeerLeft, 10_004, true),
            (Outcome::PeerLeft, 9_000, true),
            (Outcome::PeerLeft, 8_999, false),
            (Outcome::PeerLeft, 11_001, false),
            (Outcome::Answered, 10_000, false),
        ] {
            let seen = Seen {
                outcome: Some(outcome),
                ..failed(1, 0, held)
            };
            assert_eq!(
                timed_out(&seen, Some(seconds(10))),
                expected,
                "{outcome:?} {held}"
            );
            assert!(!timed_out(&seen, None));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_wait_longer_than_its_gap() {
        let hour = 3_600_000;
        let seen = [failed(1, hour, hour + 10), failed(2, 1_000, 1_010)];
        let watch = watch(Provider::Sixtyfour, &sixtyfour(), &seen[..1], at(500));
        assert!(
            watch
                .verdict
                .starts_with("Sixtyfour sends attempt 2 in 1 s"),
            "{}",
            watch.verdict
        );
        let later = super::watch(Provider::Sixtyfour, &sixtyfour(), &seen, at(1_020));
        assert_eq!(later.newest_gap(), None, "no time runs backwards");
    }

    fn any_time() -> impl Strategy<Value = Timestamp> {
        any::<i64>().prop_map(|second| {
            // Seldom in the range by itself.
            let second = second % 300_000_000_000;
            Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
        })
    }

    fn any_seen() -> impl Strategy<Value = Seen> {
        let parts = (
            any::<Option<u32>>(),
            any_time(),
            proptest::option::of(any_time()),
            any::<bool>(),
        );
        parts.prop_map(|(attempt, arrived, ended, acknowledged)| Seen {
            attempt,
            arrived,
            ended,
            acknowledged,
            outcome: ended.map(|_| Outcome::PeerLeft),
            ours: attempt.is_some_and(|attempt| attempt % 2 == 0),
        })
    }

    proptest! {
        #[test]
        fn no_clock_and_no_counter_stop_the_watch(
            seen in proptest::collection::vec(any_seen(), 0..6),
            now in any_time(),
            provider in proptest::sample::select(vec![Provider::Sixtyfour, Provider::Elan]),
        ) {
            let watch = watch(provider, &Pace::new(provider), &seen, now);
            let came = watch.rows.iter().filter(|row| matches!(row, Row::Came(_))).count();
            prop_assert_eq!(came, seen.len());
            prop_assert!(!watch.verdict.is_empty());
        }
    }

    #[test]
    fn without_a_documented_schedule_nothing_is_promised() {
        let pace = Pace::new(Provider::Elan);
        let seen = [uncounted(failed(1, 0, 1))];
        let watch = watch(Provider::Elan, &pace, &seen, at(2));
        assert_eq!(watch.outlook, Outlook::Unknown);
        assert_eq!(watch.rows.len(), 1);
    }
}
