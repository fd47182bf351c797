//! Whether an event was seen before.

use super::DeliveryId;

/// What an arrival is to its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Not seen before.
    First,
    /// Seen, and not acknowledged yet.
    Retry,
    /// Seen and acknowledged already.
    Duplicate,
}

impl Turn {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Retry => "retry",
            Self::Duplicate => "duplicate",
        }
    }

    /// The turn with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::First, Self::Retry, Self::Duplicate]
            .into_iter()
            .find(|turn| turn.name() == name)
    }
}

/// One arrival among those of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// First, retry or duplicate.
    pub turn: Turn,
    /// Which arrival of the event this is, from 1, as counted here.
    pub arrival: u32,
    /// The first delivery of the event; `None` if it is this one.
    pub first: Option<DeliveryId>,
    /// The same event id came with another body than the first time (a workflow's `attempt` and
    /// `completed_at` aside).
    pub conflict: bool,
}

impl Sighting {
    /// The first arrival of its event, or of something that cannot be told apart.
    #[must_use]
    pub fn first() -> Self {
        Self {
            turn: Turn::First,
            arrival: 1,
            first: None,
            conflict: false,
        }
    }
}
