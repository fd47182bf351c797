//! One delivery as the list needs it: no head, no body, nothing that grows with what was sent.
//!
//! A source can fill it from a few columns of a table; [`Row::of`] fills it from a whole delivery.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{AnsweredBy, Delivery, DeliveryId, Ending, Outcome, Provider, Turn};
use crate::filter::is_ours;

/// What the list knows of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which delivery.
    pub id: DeliveryId,
    /// The first delivery of its event.
    pub event: DeliveryId,
    /// When its first byte came.
    pub arrived: Timestamp,
    /// How its answer ended; `None` while it is being answered.
    pub settled: Option<(Outcome, Timestamp)>,
    /// Whose wire it is.
    pub provider: Provider,
    /// What events are told apart by.
    pub event_id: Option<String>,
    /// Whether that id is our deduction.
    pub inferred: bool,
    /// The event type.
    pub event_type: Option<String>,
    /// The sender's attempt counter.
    pub attempt: Option<u32>,
    /// What it is to its event.
    pub turn: Turn,
    /// The verdict on its signature, as one word.
    pub signature: Word,
    /// The status that was decided on.
    pub status: u16,
    /// How the connection was to end.
    pub ending: Planned,
    /// Who decided.
    pub by: By,
    /// Whether this program sent it.
    pub ours: bool,
    /// The rule's step and how many it has, for an armed answer; 0 where there is no end.
    pub step: (u16, u16),
    /// The size of the body.
    pub size: u64,
    /// The first four bytes of the body's SHA-256.
    pub body: u32,
}

/// The verdict on a signature, as the list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Word {
    /// It holds.
    Ok,
    /// It does not.
    Bad,
    /// It holds, but its time is too far off.
    Old,
    /// There is none.
    None,
    /// No secret is loaded for it.
    Unknown,
    /// It cannot be read.
    Error,
}

impl Word {
    /// The word with this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "BAD" => Self::Bad,
            "OLD" => Self::Old,
            "-" => Self::None,
            "ERR" => Self::Error,
            _ => Self::Unknown,
        }
    }

    /// The text of the column.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Bad => "BAD",
            Self::Old => "OLD",
            Self::None => "-",
            Self::Unknown => "?",
            Self::Error => "ERR",
        }
    }

    /// Whether it is one that somebody should look at.
    #[must_use]
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Bad | Self::Old | Self::Error)
    }
}

/// How an answer was meant to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Planned {
    /// At once, with a status.
    Answer,
    /// With a status, after a while: a delay, or byte by byte.
    Slow,
    /// Not before somebody or the peer ends it.
    Held,
    /// Without a whole answer.
    Broken,
}

impl Planned {
    /// How a reply was meant to end.
    #[must_use]
    pub fn of(reply: &crate::delivery::Reply) -> Self {
        Self::with(reply.ending, reply.delay)
    }

    /// The same, told by its parts.
    #[must_use]
    pub fn with(ending: Ending, delay: Duration) -> Self {
        match ending {
            Ending::Hang | Ending::Hold => Self::Held,
            Ending::Reset | Ending::Close | Ending::Cut | Ending::Garbage => Self::Broken,
            Ending::Drip(_) => Self::Slow,
            Ending::Normal if delay.is_zero() => Self::Answer,
            Ending::Normal => Self::Slow,
        }
    }
}

/// Who decided an answer, without the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum By {
    /// Nobody in particular.
    Default,
    /// The signature policy.
    Signature,
    /// It was acknowledged before.
    Duplicate,
    /// A fault rule.
    Armed,
    /// The local app.
    App,
    /// It was not a whole request.
    Defect,
    /// The path was not the one asked for.
    Path,
    /// A person.
    Person,
    /// It could not be stored.
    Unstored,
}

impl By {
    /// Who it was.
    #[must_use]
    pub fn of(by: &AnsweredBy) -> Self {
        match by {
            AnsweredBy::Default => Self::Default,
            AnsweredBy::Signature => Self::Signature,
            AnsweredBy::Duplicate => Self::Duplicate,
            AnsweredBy::Armed { .. } => Self::Armed,
            AnsweredBy::App => Self::App,
            AnsweredBy::Defect => Self::Defect,
            AnsweredBy::Path => Self::Path,
            AnsweredBy::Person => Self::Person,
            AnsweredBy::Unstored => Self::Unstored,
        }
    }

    /// The one with this word; [`By::Default`] for any other.
    #[must_use]
    pub fn named(word: &str) -> Self {
        let all = [
            Self::Signature,
            Self::Duplicate,
            Self::Armed,
            Self::App,
            Self::Defect,
            Self::Path,
            Self::Person,
            Self::Unstored,
        ];
        all.into_iter()
            .find(|by| by.text() == word)
            .unwrap_or(Self::Default)
    }

    /// The word in the list.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Signature => "signature",
            Self::Duplicate => "duplicate",
            Self::Armed => "armed",
            Self::App => "app",
            Self::Defect => "defect",
            Self::Path => "path",
            Self::Person => "person",
            Self::Unstored => "unstored",
        }
    }
}

impl Row {
    /// The row of a whole delivery; `digest` is the SHA-256 of its body.
    #[must_use]
    pub fn of(delivery: &Delivery, digest: [u8; 32]) -> Self {
        let arrival = &delivery.arrival;
        let recognition = &arrival.recognition;
        let step = match &arrival.answer.by {
            AnsweredBy::Armed { step, of, .. } => (narrow(*step), of.map_or(0, narrow)),
            _ => (0, 0),
        };
        Self {
            id: delivery.id,
            event: delivery.event(),
            arrived: arrival.request.times.arrived,
            settled: delivery
                .settlement
                .map(|settlement| (settlement.outcome, settlement.at)),
            provider: recognition.provider,
            event_id: recognition.event_id_text().map(str::to_owned),
            inferred: recognition
                .event_id
                .as_ref()
                .is_none_or(|(_, source)| source.is_inferred()),
            event_type: recognition.event_type.clone(),
            attempt: recognition.attempt,
            turn: arrival.sighting.turn,
            signature: Word::of(arrival.verdict.word()),
            status: arrival.answer.reply.status,
            ending: Planned::of(&arrival.answer.reply),
            by: By::of(&arrival.answer.by),
            ours: is_ours(&delivery.request().head),
            step,
            size: arrival.request.body.len() as u64,
            body: u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]),
        }
    }

    /// Whether the sender may believe that this event was taken.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        let planned = (200..300).contains(&self.status);
        match self.settled {
            Some((outcome, _)) => outcome
                .acknowledges(planned && matches!(self.ending, Planned::Answer | Planned::Slow)),
            None => planned && self.ending == Planned::Answer,
        }
    }
}

fn narrow(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
