//! `is:`: yes-or-no questions about one delivery.

use crate::delivery::{AnsweredBy, Defect, Delivery, Head, Turn};

use super::Subject;
use super::fixed::Fixed;

/// What a delivery can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Marked by the user.
    Marked,
    /// Replayed at least once.
    Replayed,
    /// Sent to try the connection, not because something happened.
    Test,
    /// Its event id is our deduction.
    Inferred,
    /// Answered by a rule of the fault plan.
    Armed,
    /// Came with another body than its event had before.
    Conflict,
    /// Its event had not been seen before.
    First,
    /// Its event had been seen, and not been acknowledged.
    Retry,
    /// Its event had been acknowledged already.
    Duplicate,
    /// Its body is not whole.
    Cut,
    /// Not a readable request.
    Malformed,
}

impl Quality {
    /// Whether the delivery is so.
    #[must_use]
    pub fn holds(self, subject: &Subject<'_>) -> bool {
        let arrival = &subject.delivery.arrival;
        match self {
            Self::Marked => subject.marked,
            Self::Replayed => subject.replays > 0,
            Self::Test => is_test(subject.delivery),
            Self::Inferred => {
                let event_id = &arrival.recognition.event_id;
                event_id
                    .as_ref()
                    .is_some_and(|(_, source)| source.is_inferred())
            }
            Self::Armed => matches!(arrival.answer.by, AnsweredBy::Armed { .. }),
            Self::Conflict => arrival.sighting.conflict,
            Self::First => arrival.sighting.turn == Turn::First,
            Self::Retry => arrival.sighting.turn == Turn::Retry,
            Self::Duplicate => arrival.sighting.turn == Turn::Duplicate,
            Self::Cut => matches!(
                arrival.request.defect,
                Some(Defect::BodyTooLarge | Defect::BodyIncomplete | Defect::BodyTimedOut)
            ),
            Self::Malformed => matches!(arrival.request.defect, Some(Defect::Malformed { .. })),
        }
    }
}

/// ELAN does not document how its test events differ. One that names itself so is one, and so is
/// what this program sent itself.
fn is_test(delivery: &Delivery) -> bool {
    let recognition = &delivery.arrival.recognition;
    let names = [
        recognition.event_type.as_deref(),
        recognition.event_id_text(),
        recognition.task_id.as_deref(),
        recognition.run_id.as_deref(),
    ];
    let says_so = |name: &str| {
        name.split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case("test"))
    };
    names.into_iter().flatten().any(says_so) || is_ours(&delivery.request().head)
}

/// Whether this program sent a request with this head: it names itself as the user agent.
#[must_use]
pub fn is_ours(head: &Head) -> bool {
    let agent = head.header("user-agent");
    agent.is_some_and(|agent| agent.starts_with(b"hook64"))
}

impl Fixed for Quality {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("marked", Self::Marked, "marked by you"),
        ("replayed", Self::Replayed, "replayed at least once"),
        ("test", Self::Test, "sent to try the connection"),
        ("inferred", Self::Inferred, "its event id is deduced"),
        ("armed", Self::Armed, "answered by an armed fault"),
        ("first", Self::First, "the first of its event"),
        (
            "retry",
            Self::Retry,
            "its event was not acknowledged before",
        ),
        (
            "duplicate",
            Self::Duplicate,
            "its event was acknowledged before",
        ),
        (
            "conflict",
            Self::Conflict,
            "another body under the same event id",
        ),
        ("cut", Self::Cut, "its body is not whole"),
        ("malformed", Self::Malformed, "not a readable request"),
    ];
}
