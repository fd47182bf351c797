//! `state:`: how the event stands, from what its sender is expected to do next.

use crate::delivery::Outlook;

use super::Subject;
use super::fixed::Fixed;
use super::status::Status;

/// How an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Acknowledged.
    Ok,
    /// A retry is expected.
    Retrying,
    /// The retry should have come by now.
    Late,
    /// The sender has given up.
    Ended,
    /// We are holding the answer.
    Held,
    /// The sender's schedule is not known.
    Unknown,
}

impl State {
    /// How the event of this delivery stands. Without an outlook only `held` and `ok` can be told
    /// from the delivery itself.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        if Status::of(subject.delivery, subject.now) == Some(Status::Held) {
            return Self::Held;
        }
        match subject.outlook {
            Some(Outlook::Delivered) => Self::Ok,
            Some(Outlook::Due { .. }) => Self::Retrying,
            Some(Outlook::Late { .. }) => Self::Late,
            Some(Outlook::Ended) => Self::Ended,
            Some(Outlook::Unknown) => Self::Unknown,
            None if subject.delivery.acknowledged() => Self::Ok,
            None => Self::Unknown,
        }
    }
}

impl Fixed for State {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("ok", Self::Ok, "acknowledged"),
        ("retrying", Self::Retrying, "a retry is expected"),
        ("late", Self::Late, "the retry should have come by now"),
        ("ended", Self::Ended, "the sender has given up"),
        ("held", Self::Held, "we are holding the answer"),
        (
            "unknown",
            Self::Unknown,
            "the sender's schedule is not known",
        ),
    ];
}
