//! One arrival of an event, as far as schedules are concerned.

use jiff::Timestamp;

use crate::delivery::{Ending, Outcome};
use crate::store::Brief;

/// One arrival of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The sender's attempt counter, if it sends one.
    pub attempt: Option<u32>,
    /// When it came.
    pub arrived: Timestamp,
    /// When its answer ended, one way or another; `None` while it is being answered.
    pub ended: Option<Timestamp>,
    /// Whether the sender may believe that it was taken.
    pub acknowledged: bool,
    /// What the peer got; `None` while it is being answered.
    pub outcome: Option<Outcome>,
    /// Whether this program sent it: its pace is no provider's.
    pub ours: bool,
}

impl Seen {
    /// What counts of a stored delivery.
    #[must_use]
    pub fn of(delivery: &Brief) -> Self {
        let at_once = delivery.delay.is_zero() && delivery.ending == Ending::Normal;
        let settlement = delivery.settlement;
        Self {
            attempt: delivery.attempt,
            arrived: delivery.arrived,
            ended: settlement.map(|settlement| settlement.at),
            // An answer that is written slowly has not been given before it ends.
            acknowledged: delivery.acknowledged() && (at_once || settlement.is_some()),
            outcome: settlement.map(|settlement| settlement.outcome),
            ours: delivery.ours,
        }
    }
}

/// Arrivals at milliseconds of one made-up day.
#[cfg(test)]
pub(super) mod made {
    use std::time::Duration;

    use super::super::pace::Pace;
    use super::*;
    use crate::delivery::Provider;

    pub(in super::super) fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_770_000_000_000 + millis).unwrap()
    }

    pub(in super::super) fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    pub(in super::super) fn sixtyfour() -> Pace {
        Pace::new(Provider::Sixtyfour)
    }

    /// An attempt that came and failed at these milliseconds.
    pub(in super::super) fn failed(attempt: u32, arrived: i64, ended: i64) -> Seen {
        Seen {
            attempt: Some(attempt),
            arrived: at(arrived),
            ended: Some(at(ended)),
            acknowledged: false,
            outcome: Some(Outcome::Answered),
            ours: false,
        }
    }

    pub(in super::super) fn taken(attempt: u32, arrived: i64, ended: i64) -> Seen {
        Seen {
            acknowledged: true,
            ..failed(attempt, arrived, ended)
        }
    }

    pub(in super::super) fn uncounted(seen: Seen) -> Seen {
        Seen {
            attempt: None,
            ..seen
        }
    }

    pub(in super::super) fn open(attempt: u32, arrived: i64) -> Seen {
        Seen {
            ended: None,
            outcome: None,
            ..failed(attempt, arrived, arrived)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::made::at;
    use super::*;
    use crate::delivery::{DeliveryId, Provider, Turn};

    #[test]
    fn an_answer_that_has_not_been_written_yet_acknowledges_nothing() {
        let seen = |delay| Seen::of(&Brief { delay, ..brief() });
        assert!(seen(Duration::ZERO).acknowledged);
        assert!(!seen(Duration::from_secs(12)).acknowledged);
    }

    fn brief() -> Brief {
        Brief {
            id: DeliveryId::FIRST,
            event: DeliveryId::FIRST,
            arrived: at(0),
            settlement: None,
            provider: Provider::Plain,
            event_id: None,
            event_type: None,
            attempt: None,
            turn: Turn::First,
            arrival: 1,
            verdict: "unverified",
            status: 200,
            ending: Ending::Normal,
            delay: Duration::ZERO,
            answered_by: "default".to_owned(),
            step: None,
            body_bytes: 0,
            body_sha256: [0; 32],
            ours: false,
        }
    }
}
