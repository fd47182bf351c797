//! What the peer really got.

use std::borrow::Cow;

use jiff::Timestamp;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Written whole, as planned.
    Answered,
    /// It was held, a person released it, and this status was written whole.
    Released(u16),
    /// The peer left before the answer was written.
    PeerLeft,
    /// The peer did not read the answer in time.
    PeerStalled,
    /// We reset the connection, as planned.
    Reset,
    /// We closed it without a byte, as planned.
    Closed,
    /// We cut the answer short, as planned.
    Cut,
    /// We sent bytes that are not HTTP, as planned.
    Garbage,
    /// The listener stopped first.
    Stopped,
}

impl Outcome {
    const PLAIN: [Self; 8] = [
        Self::Answered,
        Self::PeerLeft,
        Self::PeerStalled,
        Self::Reset,
        Self::Closed,
        Self::Cut,
        Self::Garbage,
        Self::Stopped,
    ];

    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Released(status) => return Cow::Owned(format!("released {status}")),
            Self::Answered => "answered",
            Self::PeerLeft => "peer_left",
            Self::PeerStalled => "peer_stalled",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::Stopped => "stopped",
        })
    }

    /// The outcome with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("released ") {
            Some(status) => status.parse().ok().map(Self::Released),
            None => Self::PLAIN
                .into_iter()
                .find(|outcome| outcome.name() == name),
        }
    }

    /// Whether the peer got an answer that tells it that the event was taken; `planned` is whether
    /// the planned answer says so.
    #[must_use]
    pub fn acknowledges(self, planned: bool) -> bool {
        match self {
            Self::Answered => planned,
            Self::Released(status) => (200..300).contains(&status),
            _ => false,
        }
    }
}

/// Whether a delivery settled its event: the app said so, or the planned answer does and no ending
/// was recorded that says the peer did not get it.
#[must_use]
pub fn acknowledged(planned: bool, by_app: bool, settlement: Option<Settlement>) -> bool {
    let arrived = settlement.map_or(planned, |settlement| {
        settlement.outcome.acknowledges(planned)
    });
    arrived || (planned && by_app)
}

/// How and when an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// What happened.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}
