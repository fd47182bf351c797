//! What we say, how the connection ends, and who decided it.

use std::time::Duration;

use bytes::Bytes;

use super::Header;

/// An answer to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 599.
    pub status: u16,
    /// Field lines beside those that HTTP needs, in order.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Bytes,
    /// How long to wait before the first byte.
    pub delay: Duration,
    /// How it ends.
    pub ending: Ending,
}

/// How the connection is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Answered; the connection may be used again.
    Normal,
    /// Never answered: until the peer leaves.
    Hang,
    /// Held until a person decides.
    Hold,
    /// TCP RST without an answer.
    Reset,
    /// Closed in order, without a byte.
    Close,
    /// Half an answer, then closed.
    Cut,
    /// Bytes that are not HTTP, then closed.
    Garbage,
    /// The answer, byte by byte over this time.
    Drip(Duration),
}

impl Reply {
    /// A plain answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &'static str) -> Self {
        Self {
            status,
            headers: vec![Header::new("Content-Type", "application/json")],
            body: Bytes::from_static(body.as_bytes()),
            delay: Duration::ZERO,
            ending: Ending::Normal,
        }
    }

    /// Whether a peer that gets this answer takes the event as delivered.
    #[must_use]
    pub fn acknowledges(&self) -> bool {
        self.ending.acknowledges(self.status)
    }

    /// Whether the peer is meant to see a status at all.
    #[must_use]
    pub fn has_status(&self) -> bool {
        matches!(self.ending, Ending::Normal | Ending::Drip(_) | Ending::Cut)
    }
}

impl Ending {
    /// Whether a peer that gets this status, ended like this, takes the event as delivered.
    #[must_use]
    pub fn acknowledges(self, status: u16) -> bool {
        (200..300).contains(&status) && matches!(self, Self::Normal | Self::Drip(_))
    }
}

/// A reply, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What to say.
    pub reply: Reply,
    /// Who decided.
    pub by: AnsweredBy,
}

/// Who decided an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnsweredBy {
    /// Nobody in particular: the plain 200.
    Default,
    /// The signature is missing or wrong.
    Signature,
    /// The event was acknowledged before.
    Duplicate,
    /// A rule of the fault plan.
    Armed {
        /// The rule, as text.
        rule: String,
        /// Which of its steps this was, from 1.
        step: u64,
        /// How many it has; `None` when it has no end.
        of: Option<u64>,
    },
    /// The local app.
    App,
    /// The request is not whole or not HTTP.
    Defect,
    /// The path is not the one that was asked for.
    Path,
    /// A person released it.
    Person,
    /// It could not be stored.
    Unstored,
}

impl AnsweredBy {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Signature => "signature",
            Self::Duplicate => "duplicate",
            Self::Armed { .. } => "armed",
            Self::App => "app",
            Self::Defect => "defect",
            Self::Path => "path",
            Self::Person => "person",
            Self::Unstored => "unstored",
        }
    }
}
