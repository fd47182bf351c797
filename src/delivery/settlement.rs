//! What the peer really got.

use jiff::Timestamp;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Written whole.
    Answered,
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
    const ALL: [Self; 8] = [
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
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::PeerLeft => "peer_left",
            Self::PeerStalled => "peer_stalled",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::Stopped => "stopped",
        }
    }

    /// The outcome with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// How and when an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// What happened.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}
