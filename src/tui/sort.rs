//! The orders that the list can be put into.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::index::{EventNumber, Index};
use super::state::State;

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// First arrival.
    #[default]
    Arrival,
    /// Newest attempt.
    Activity,
    /// Event type.
    Kind,
    /// How many attempts.
    Attempts,
    /// Size of the newest body.
    Size,
    /// What is open before what is done.
    State,
}

impl Sort {
    /// All of them: the key in the menu, which, and what it is called.
    pub const ALL: [(char, Self, &'static str); 6] = [
        ('t', Self::Arrival, "time of first arrival"),
        ('l', Self::Activity, "last activity"),
        ('y', Self::Kind, "event type"),
        ('a', Self::Attempts, "attempts"),
        ('s', Self::Size, "size"),
        ('e', Self::State, "state: open first"),
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, sort, _)| *sort == self)
            .map_or("", |(.., name)| name)
    }

    /// Puts events, given in order of arrival, into this order.
    pub fn apply(self, events: &mut [EventNumber], index: &Index, now: Timestamp) {
        let last = |event: &EventNumber| index.last(*event);
        match self {
            Self::Arrival => {}
            Self::Activity => {
                events.sort_by_cached_key(|event| last(event).map(super::index::Attempt::id));
            }
            Self::Kind => events.sort_by_cached_key(|event| index.kind(*event)),
            Self::Attempts => events.sort_by_cached_key(|event| {
                Reverse(index.event(*event).map_or(0, super::index::Event::attempts))
            }),
            Self::Size => events.sort_by_cached_key(|event| {
                Reverse(last(event).map_or(0, super::index::Attempt::size))
            }),
            Self::State => {
                events.sort_by_cached_key(|event| urgency(index.state(*event, now)));
            }
        }
    }
}

fn urgency(state: State) -> u8 {
    match state {
        State::Held { .. } => 0,
        State::Late { .. } => 1,
        State::Due { .. } => 2,
        State::Open => 3,
        State::Ended => 4,
        State::Delivered => 5,
    }
}
