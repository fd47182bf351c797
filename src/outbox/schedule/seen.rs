//! One arrival of an event, as far as schedules are concerned.

use jiff::Timestamp;

use crate::delivery::{Delivery, Ending, Outcome};

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
}

impl Seen {
    /// What counts of a stored delivery.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        let reply = &delivery.arrival.answer.reply;
        let at_once = reply.delay.is_zero() && reply.ending == Ending::Normal;
        let settlement = delivery.settlement;
        Self {
            attempt: delivery.arrival.recognition.attempt,
            arrived: delivery.request().times.arrived,
            ended: settlement.map(|settlement| settlement.at),
            // An answer that is written slowly has not been given before it ends.
            acknowledged: delivery.acknowledged() && (at_once || settlement.is_some()),
            outcome: settlement.map(|settlement| settlement.outcome),
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
    use crate::delivery::{
        Answer, AnsweredBy, Arrival, DeliveryId, Head, Reason, Recognition, Reply, Request,
        Sighting, Times, Verdict,
    };

    #[test]
    fn an_answer_that_has_not_been_written_yet_acknowledges_nothing() {
        let plain = Reply::json(200, "{}");
        let delayed = Reply {
            delay: Duration::from_secs(12),
            ..plain.clone()
        };
        let seen = |reply| Seen::of(&delivery(reply));
        assert!(seen(plain).acknowledged);
        assert!(!seen(delayed).acknowledged);
    }

    fn delivery(reply: Reply) -> Delivery {
        let times = Times {
            arrived: at(0),
            head: at(0),
            body: at(0),
        };
        let arrival = Arrival {
            request: Request {
                head: Head::build("POST", b"/", &[]).unwrap(),
                body: bytes::Bytes::new(),
                trailers: Vec::new(),
                peer: ([127, 0, 0, 1], 1).into(),
                times,
                defect: None,
            },
            recognition: Recognition::nothing(),
            verdict: Verdict::because(None, Reason::NoSecretConfigured),
            sighting: Sighting::first(),
            answer: Answer {
                reply,
                by: AnsweredBy::Default,
            },
        };
        Delivery {
            id: DeliveryId::new(1).unwrap(),
            arrival: arrival.into(),
            settlement: None,
            diagnosis: None,
        }
    }
}
