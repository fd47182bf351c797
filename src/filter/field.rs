//! The fields, by name: one table for the parser, the printer and the completion.

use super::fixed::Fixed;
use super::pattern::Reach;

/// What stands before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(TextField),
    Provider,
    Sig,
    Status,
    State,
    Is,
    Seq,
    Attempt,
    Size,
    Took,
    Age,
    Header,
    Body,
    Json,
}

/// A field whose value is one short text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The event type: the header's, else the body's.
    Type,
    /// The event id.
    Id,
    /// The body's `task_id`.
    Task,
    /// The body's `run_id`, or ELAN's `workflow_id`.
    Run,
    /// The path of the target, as sent, without its query.
    Path,
    /// The method, as sent.
    Method,
    /// The other end of the socket: address and port.
    Peer,
}

impl TextField {
    /// Where a word must stand in the value.
    #[must_use]
    pub fn reach(self) -> Reach {
        match self {
            Self::Type | Self::Method => Reach::Whole,
            Self::Id | Self::Task | Self::Run | Self::Path | Self::Peer => Reach::Start,
        }
    }
}

impl Fixed for Field {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("type", Self::Text(TextField::Type), "event type"),
        (
            "id",
            Self::Text(TextField::Id),
            "event id, or its beginning",
        ),
        ("sig", Self::Sig, "signature"),
        ("status", Self::Status, "what the peer got"),
        ("state", Self::State, "how the event stands"),
        ("attempt", Self::Attempt, "which attempt: 1, >1, 2..6"),
        ("is", Self::Is, "a property"),
        ("body", Self::Body, "text in the body"),
        ("json", Self::Json, "a value in the body: .path=value"),
        ("header", Self::Header, "a header: name=value"),
        ("age", Self::Age, "time since it arrived: <10m"),
        ("size", Self::Size, "size of the body: >10k"),
        ("took", Self::Took, "time until it was answered: >1s"),
        (
            "task",
            Self::Text(TextField::Task),
            "task id, or its beginning",
        ),
        (
            "run",
            Self::Text(TextField::Run),
            "run or workflow id, or its beginning",
        ),
        (
            "path",
            Self::Text(TextField::Path),
            "path, or its beginning",
        ),
        ("method", Self::Text(TextField::Method), "method"),
        (
            "peer",
            Self::Text(TextField::Peer),
            "address of the peer, or its beginning",
        ),
        ("provider", Self::Provider, "whose wire it is"),
        ("seq", Self::Seq, "number in the store: 12, 10..20"),
    ];
}

/// Field names alone.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Field::WORDS.iter().map(|(name, ..)| *name)
}
