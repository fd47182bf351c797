//! The cases as data: what is delivered, how, and what a handler has to answer.

use crate::delivery::Scheme;

/// How old a signature is made that has to be refused: well beyond the 300 seconds that are
/// allowed, so that no clock in between is to blame.
const STALE: i64 = -900;

/// One thing that a handler has to get right.
#[derive(Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name in reports.
    pub name: &'static str,
    /// What is done, and why.
    pub about: &'static str,
    /// What the handler has to answer.
    pub wants: Wants,
    /// Whose event it is, and how that is signed.
    pub scheme: Scheme,
    pub(super) event: Kind,
    pub(super) signature: Signature,
    pub(super) course: Course,
}

/// What a handler has to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A 2xx each time, and no sign of a second effect.
    Taken,
    /// 401; 400 and 403 will do.
    Refused,
}

impl Wants {
    /// The same for a person.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Taken => "2xx",
            Self::Refused => "401",
        }
    }
}

/// Which event is delivered; each case has one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Job,
    FailedJob,
    UnknownTask,
    UnknownType,
    Workflow,
    WorkflowWithoutResults,
    /// ELAN's event of this type.
    Elan(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Right,
    Missing,
    /// Of a secret that the handler does not have.
    Wrong,
    /// Right, but for this time of signing, in seconds from now.
    Skewed(i64),
    /// Of another body.
    Tampered,
    /// By a secret that the handler does not have, then by its own.
    RotationOldLast,
    /// By its own, then by one that it does not have.
    RotationNewFirst,
}

impl Signature {
    /// Whether the handler's secret is needed to make it, or to tell it from a right one.
    pub(super) fn needs_secret(self) -> bool {
        self != Self::Right
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Attempts of these numbers, one after the other, whatever is answered.
    InTurn(&'static [u32]),
    /// So many deliveries of the first attempt, all at once.
    AtOnce(u32),
    /// The first attempt is sent whole, and its answer is not waited for; then comes the second.
    AfterTimeout,
}

/// A case of Sixtyfour's that a handler has to take.
const fn taken(name: &'static str, about: &'static str, event: Kind, course: Course) -> Case {
    Case {
        name,
        about,
        wants: Wants::Taken,
        scheme: Scheme::Sixtyfour,
        event,
        signature: Signature::Right,
        course,
    }
}

/// A case of Sixtyfour's about one signature.
const fn once(name: &'static str, about: &'static str, wants: Wants, signature: Signature) -> Case {
    Case {
        name,
        about,
        wants,
        scheme: Scheme::Sixtyfour,
        event: Kind::Job,
        signature,
        course: Course::InTurn(&[1]),
    }
}

/// Sixtyfour's cases, in the order in which they run. The first one tells whether the handler can
/// be reached and takes a right delivery at all.
pub const CASES: [Case; 19] = [
    taken(
        "once",
        "an async job's event, signed as documented",
        Kind::Job,
        Course::InTurn(&[1]),
    ),
    taken(
        "failed-job",
        "a job that failed is an event like any other",
        Kind::FailedJob,
        Course::InTurn(&[1]),
    ),
    taken(
        "workflow",
        "a workflow's event, with its rows in the body",
        Kind::Workflow,
        Course::InTurn(&[1]),
    ),
    taken(
        "workflow-without-rows",
        "results are null when they are too large, and a URL stands for them",
        Kind::WorkflowWithoutResults,
        Course::InTurn(&[1]),
    ),
    taken(
        "twice",
        "one event twice in a row: the second is a duplicate, and is taken",
        Kind::Job,
        Course::InTurn(&[1, 1]),
    ),
    taken(
        "twenty-at-once",
        "one event twenty times at the same moment",
        Kind::Job,
        Course::AtOnce(20),
    ),
    taken(
        "after-500",
        "retries, as after answers of 500 that a proxy gave: each has its own number and signature",
        Kind::Workflow,
        Course::InTurn(&[1, 2, 3]),
    ),
    taken(
        "after-time-out",
        "a retry of an attempt whose answer nobody waited for",
        Kind::Job,
        Course::AfterTimeout,
    ),
    taken(
        "out-of-order",
        "the second attempt arrives before the first",
        Kind::Workflow,
        Course::InTurn(&[2, 1]),
    ),
    taken(
        "unknown-task",
        "a task that the handler never started is none of its business, and no failure",
        Kind::UnknownTask,
        Course::InTurn(&[1]),
    ),
    taken(
        "unknown-type",
        "an event type that the handler ignores: a refusal would bring retries",
        Kind::UnknownType,
        Course::InTurn(&[1]),
    ),
    once(
        "rotation-old-secret",
        "signed by a new secret and by the handler's: any v1 that matches will do",
        Wants::Taken,
        Signature::RotationOldLast,
    ),
    once(
        "rotation-new-secret",
        "signed by the handler's secret and by an old one",
        Wants::Taken,
        Signature::RotationNewFirst,
    ),
    once(
        "clock-behind",
        "signed 240 seconds ago, which is within the 300 that are allowed",
        Wants::Taken,
        Signature::Skewed(-240),
    ),
    once(
        "stale",
        "signed rightly, 15 minutes ago: somebody may have recorded it",
        Wants::Refused,
        Signature::Skewed(STALE),
    ),
    once(
        "from-the-future",
        "signed rightly, for 15 minutes from now",
        Wants::Refused,
        Signature::Skewed(-STALE),
    ),
    once(
        "unsigned",
        "no signature at all",
        Wants::Refused,
        Signature::Missing,
    ),
    once(
        "wrongly-signed",
        "signed with another secret",
        Wants::Refused,
        Signature::Wrong,
    ),
    once(
        "tampered",
        "one character of the body changed after it was signed",
        Wants::Refused,
        Signature::Tampered,
    ),
];
