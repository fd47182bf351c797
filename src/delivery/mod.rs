//! The nouns: one request from its arrival to its outcome, and what was found out on the way.
//!
//! Everybody above speaks in these types, so they import nothing of ours and do nothing but hold
//! together: [`Request`] (what was sent, byte for byte), [`Recognition`] (whose wire it is),
//! [`Verdict`] and [`Diagnosis`] (is the signature right, and if not, why), [`Sighting`] (seen
//! before?), [`Reply`] (what we say), [`Settlement`] (what the peer really got), [`Attempt`] (one
//! outgoing request and what came back) and [`Outlook`] (the retries to expect).

pub mod attempt;
pub mod head;
pub mod outlook;
pub mod recognition;
pub mod reply;
pub mod request;
pub mod settlement;
pub mod sighting;
pub mod verdict;

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::Arc;

pub use attempt::{Attempt, Failure};
pub use head::{Head, HeadError, Header, Version};
pub use outlook::Outlook;
pub use recognition::{Disagreement, Envelope, EventIdSource, Provider, Recognition};
pub use reply::{Answer, AnsweredBy, Ending, Reply};
pub use request::{Defect, Request, Times};
pub use settlement::{Outcome, Settlement, acknowledged};
pub use sighting::{Sighting, Turn};
pub use verdict::{Confidence, Diagnosis, Finding, Reason, Scheme, Validity, Verdict};

/// A delivery's sequence number in its store, from 1, in order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(NonZeroU64);

impl DeliveryId {
    /// The first number that a store gives.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The id with this number; `None` for 0.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// The number, from 1.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for DeliveryId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A request about which everything is decided, and which is not stored yet.
///
/// This is what crosses from the inbox to the store: once the store has given it a number it is a
/// [`Delivery`].
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// What was sent.
    pub request: Request,
    /// Whose wire it is, and which event.
    pub recognition: Recognition,
    /// Whether its signature holds.
    pub verdict: Verdict,
    /// Whether its event was seen before.
    pub sighting: Sighting,
    /// What we decided to answer.
    pub answer: Answer,
}

/// A stored request: captured once, never changed. Only what became of it is added.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its number in the store.
    pub id: DeliveryId,
    /// The request and what was decided about it.
    pub arrival: Arc<Arrival>,
    /// What the peer really got, and when; `None` while it is being answered, and for ever if the
    /// process was killed in between.
    pub settlement: Option<Settlement>,
    /// Why the signature does not match; only for invalid ones, and only once it was looked into.
    pub diagnosis: Option<Diagnosis>,
}

impl Delivery {
    /// The request as it was sent.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.arrival.request
    }

    /// The first delivery of the same event: itself if this is the first.
    #[must_use]
    pub fn event(&self) -> DeliveryId {
        self.arrival.sighting.first.unwrap_or(self.id)
    }

    /// Whether this delivery settled its event: the app answered 2xx, or our stored answer is a
    /// 2xx and no ending was recorded that says the peer did not get it.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        let answer = &self.arrival.answer;
        let by_app = answer.by == AnsweredBy::App;
        acknowledged(answer.reply.acknowledges(), by_app, self.settlement)
    }
}
