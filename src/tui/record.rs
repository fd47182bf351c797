//! One event and one of its attempts, packed into a few dozen bytes each.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{DeliveryId, Outcome, Provider, Turn};
use crate::outbox::schedule::Seen;
use crate::text;

use super::index::EventNumber;
use super::row::{By, Planned, Row, Word};

/// Not settled yet.
pub(super) const OPEN: u32 = u32::MAX;

/// The last attempt of its event.
pub(super) const END: u32 = u32::MAX;

/// One delivery, packed.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub(super) id: DeliveryId,
    pub(super) arrived: i64,
    /// Milliseconds until the answer ended.
    pub(super) took: u32,
    pub(super) event: EventNumber,
    pub(super) next: u32,
    pub(super) size: u32,
    /// The first four bytes of the body's digest.
    pub body: u32,
    /// The status that was decided on.
    pub status: u16,
    /// The sender's counter, else which arrival of the event this is.
    pub number: u16,
    /// Whether the sender counted.
    pub(super) counted: bool,
    /// Whether this program sent it.
    pub(super) ours: bool,
    /// Step and number of steps of the rule that answered.
    pub step: (u16, u16),
    /// The verdict on the signature.
    pub signature: Word,
    pub(super) outcome: Option<Outcome>,
    /// How the answer was meant to end.
    pub planned: Planned,
    /// Who decided the answer.
    pub by: By,
    /// What it is to its event.
    pub turn: Turn,
}

impl Attempt {
    /// Which delivery it is.
    #[must_use]
    pub fn id(&self) -> DeliveryId {
        self.id
    }

    /// The event that it belongs to.
    #[must_use]
    pub fn event(&self) -> EventNumber {
        self.event
    }

    /// When it came.
    #[must_use]
    pub fn arrived(&self) -> Timestamp {
        moment(self.arrived)
    }

    /// How long until its answer ended; `None` while it is being answered.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        (self.took != OPEN).then(|| Duration::from_millis(self.took.into()))
    }

    /// When its answer ended, the peer left, or the connection was broken.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        self.took()
            .map(|took| moment(self.arrived.saturating_add(millis(took))))
    }

    /// The size of its body.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.into()
    }

    /// Whether it waits for something that may take long.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.took == OPEN && matches!(self.planned, Planned::Held | Planned::Slow)
    }

    /// Whether the client hung up before it was answered.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        matches!(self.outcome, Some(Outcome::PeerLeft | Outcome::PeerStalled))
    }

    /// What the peer got, as one word: `200`, `t/o`, `rst`, `held`.
    #[must_use]
    pub fn code(&self) -> String {
        match self.outcome {
            Some(Outcome::Answered) => self.status.to_string(),
            Some(Outcome::Released(status)) => status.to_string(),
            Some(Outcome::PeerLeft | Outcome::PeerStalled) => "t/o".to_owned(),
            Some(Outcome::Stopped) => "stop".to_owned(),
            Some(_) => "rst".to_owned(),
            None => match self.planned {
                Planned::Answer => self.status.to_string(),
                Planned::Slow | Planned::Held => "held".to_owned(),
                Planned::Broken => "rst".to_owned(),
            },
        }
    }

    /// What schedules are read from.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            attempt: self.counted.then_some(self.number.into()),
            arrived: self.arrived(),
            ended: self.ended(),
            acknowledged: self.acknowledges(),
            outcome: self.outcome,
            ours: self.ours,
        }
    }

    /// Whether the sender may believe that the event was taken.
    #[must_use]
    pub fn acknowledges(&self) -> bool {
        let planned = (200..300).contains(&self.status);
        match self.outcome {
            Some(outcome) => outcome.acknowledges(planned),
            None => planned && self.planned == Planned::Answer,
        }
    }
}

/// One event, packed.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    pub(super) first_delivery: DeliveryId,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) attempts: u32,
    pub(super) kind: u32,
    pub(super) name: [u8; 8],
    pub(super) provider: Provider,
    pub(super) inferred: bool,
    pub(super) acknowledged: bool,
    pub(super) highest: u16,
}

impl Event {
    /// What names the event for good: its first delivery.
    #[must_use]
    pub fn key(&self) -> DeliveryId {
        self.first_delivery
    }

    /// How many deliveries of it arrived here.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The highest attempt number seen.
    #[must_use]
    pub fn highest(&self) -> u16 {
        self.highest
    }

    /// Whose wire it came over.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Whether one of its deliveries was acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// The start of its id, with `~` before an inferred one; at most nine columns.
    #[must_use]
    pub fn short_id(&self) -> String {
        let name = std::str::from_utf8(&self.name)
            .unwrap_or_default()
            .trim_end();
        if self.inferred && !name.is_empty() && name != "-" {
            format!("~{name}")
        } else {
            name.to_owned()
        }
    }
}

pub(super) fn packed(row: &Row, event: EventNumber, arrival: u32) -> Attempt {
    let arrived = row.arrived.as_millisecond();
    Attempt {
        id: row.id,
        arrived,
        took: row.settled.map_or(OPEN, |(_, at)| elapsed(arrived, at)),
        event,
        next: END,
        size: u32::try_from(row.size).unwrap_or(u32::MAX),
        body: row.body,
        status: row.status,
        number: u16::try_from(row.attempt.unwrap_or(arrival)).unwrap_or(u16::MAX),
        counted: row.attempt.is_some(),
        ours: row.ours,
        step: row.step,
        signature: row.signature,
        outcome: row.settled.map(|(outcome, _)| outcome),
        planned: row.ending,
        by: row.by,
        turn: row.turn,
    }
}

pub(super) fn elapsed(arrived: i64, ended: Timestamp) -> u32 {
    u32::try_from(ended.as_millisecond().saturating_sub(arrived).max(0))
        .unwrap_or(OPEN - 1)
        .min(OPEN - 1)
}

/// The first eight columns of an id, or `-`.
pub(super) fn name(id: Option<&str>) -> [u8; 8] {
    let id = id.unwrap_or("-");
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    let mut name = [b' '; 8];
    let shown = text::line(id.as_bytes());
    let printable = shown
        .chars()
        .map(|letter| u8::try_from(letter).ok().filter(u8::is_ascii));
    for (place, letter) in name.iter_mut().zip(printable) {
        *place = letter.unwrap_or(b'?');
    }
    name
}

/// The start of an id that is no inferred one.
pub(super) fn short(id: &str) -> String {
    let name = name(Some(id));
    String::from_utf8_lossy(&name).trim_end().to_owned()
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn moment(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or_default()
}
