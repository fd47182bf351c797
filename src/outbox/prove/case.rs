//! The cases as data: what is delivered, how, what a handler has to answer, and what to do when it
//! does not.

use std::ops::RangeInclusive;

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
    /// What to do when it is not answered so and nothing tells why.
    pub(super) fix: &'static str,
    pub(super) event: Kind,
    pub(super) signature: Signature,
    pub(super) course: Course,
}

impl Case {
    /// How many effects its deliveries may have in all. A handler may ignore an event that is none
    /// of its business, but what it does it does once.
    #[must_use]
    pub fn effects(&self) -> RangeInclusive<u64> {
        match (self.wants, self.event) {
            (Wants::Refused, _) => 0..=0,
            (Wants::Taken, event) if event.may_be_ignored() => 0..=1,
            (Wants::Taken, _) => 1..=1,
        }
    }

    /// Whether its body is spelled with blanks, and in nothing else differs from the first case's.
    pub(super) fn is_spaced(&self) -> bool {
        matches!(self.event, Kind::Spaced | Kind::ElanSpaced)
    }

    /// Whether its bytes are not those that a writer of JSON makes.
    pub(super) fn is_odd(&self) -> bool {
        matches!(self.event, Kind::Odd | Kind::ElanOdd)
    }

    /// Whether it was signed a while ago, but not too long.
    pub(super) fn is_earlier(&self) -> bool {
        self.wants == Wants::Taken && matches!(self.signature, Signature::Skewed(_))
    }

    /// Whether one event comes several times.
    pub(super) fn repeats(&self) -> bool {
        !matches!(self.course, Course::InTurn([_]))
    }
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
    /// The same with a blank after each colon and comma.
    Spaced,
    /// The same in bytes that no writer of JSON makes of what it says.
    Odd,
    FailedJob,
    UnknownTask,
    UnknownType,
    Workflow,
    WorkflowWithoutResults,
    /// ELAN's event of this type.
    Elan(&'static str),
    ElanSpaced,
    ElanOdd,
}

impl Kind {
    /// Whether a handler may have nothing to do for it.
    fn may_be_ignored(self) -> bool {
        match self {
            Self::FailedJob | Self::UnknownTask | Self::UnknownType => true,
            Self::Elan(event_type) => event_type != "workflow.completed",
            _ => false,
        }
    }
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
const fn taken(
    name: &'static str,
    about: &'static str,
    event: Kind,
    course: Course,
    fix: &'static str,
) -> Case {
    Case {
        name,
        about,
        wants: Wants::Taken,
        scheme: Scheme::Sixtyfour,
        fix,
        event,
        signature: Signature::Right,
        course,
    }
}

/// A case of Sixtyfour's about one signature.
const fn once(
    name: &'static str,
    about: &'static str,
    wants: Wants,
    signature: Signature,
    fix: &'static str,
) -> Case {
    Case {
        wants,
        signature,
        ..taken(name, about, Kind::Job, Course::InTurn(&[1]), fix)
    }
}

/// What to do about a body that is taken only as other bytes.
pub(super) const ANY_SPELLING: &str = "take any JSON that says the same, however it is spaced, ordered and escaped and its numbers are written";

/// What to do about an event that is no success.
pub(super) const ANY_OUTCOME: &str =
    "answer 2xx to an event of a failure, too: error stands in the place of result";

/// What to do about an event that is of no interest.
pub(super) const IGNORE: &str =
    "answer 2xx to what is signed rightly and does not concern the handler, and do nothing";

/// What to do about a plain event that is not taken.
pub(super) const PLAIN: &str =
    "answer 2xx to what is signed rightly; the handler's log should say what it stumbles over";

const WORKFLOWS: &str =
    "answer 2xx to the events of workflows, too: they have event and event_id, and no task_id";

const EVERY_V1: &str =
    "compare every v1 of the header with the MAC, in constant time: one that matches is enough";

const TOLERANCE: &str = "refuse a t that is more than 300 s from now, before or after, with 401";

const VERIFY: &str = "verify the signature before anything else: HMAC-SHA256(secret, t + \".\" + raw body) is one of the v1, or the answer is 401";

/// Sixtyfour's cases, in the order in which they run. The first one tells whether the handler can
/// be reached and takes a right delivery at all.
pub const CASES: [Case; 21] = [
    taken(
        "once",
        "an async job's event, signed as documented",
        Kind::Job,
        Course::InTurn(&[1]),
        PLAIN,
    ),
    taken(
        "failed-job",
        "a job that failed is an event like any other",
        Kind::FailedJob,
        Course::InTurn(&[1]),
        ANY_OUTCOME,
    ),
    taken(
        "workflow",
        "a workflow's event, with its rows in the body",
        Kind::Workflow,
        Course::InTurn(&[1]),
        WORKFLOWS,
    ),
    taken(
        "workflow-without-rows",
        "results are null when they are too large, and a URL stands for them",
        Kind::WorkflowWithoutResults,
        Course::InTurn(&[1]),
        "take results that are null: results_download_url says where they are",
    ),
    taken(
        "blanks",
        "the same with a blank after each colon and comma: how the JSON is spaced is not documented",
        Kind::Spaced,
        Course::InTurn(&[1]),
        ANY_SPELLING,
    ),
    taken(
        "raw-bytes",
        "a body that comes out different when it is parsed and written again, in any language",
        Kind::Odd,
        Course::InTurn(&[1]),
        ANY_SPELLING,
    ),
    taken(
        "twice",
        "one event twice in a row: the second is a duplicate, and is taken",
        Kind::Job,
        Course::InTurn(&[1, 1]),
        PLAIN,
    ),
    taken(
        "twenty-at-once",
        "one event twenty times at the same moment",
        Kind::Job,
        Course::AtOnce(20),
        PLAIN,
    ),
    taken(
        "after-500",
        "retries, as after answers of 500 that a proxy gave: each has its own number and signature",
        Kind::Workflow,
        Course::InTurn(&[1, 2, 3]),
        WORKFLOWS,
    ),
    taken(
        "after-time-out",
        "a retry of an attempt whose answer nobody waited for",
        Kind::Job,
        Course::AfterTimeout,
        PLAIN,
    ),
    taken(
        "out-of-order",
        "the second attempt arrives before the first",
        Kind::Workflow,
        Course::InTurn(&[2, 1]),
        WORKFLOWS,
    ),
    taken(
        "unknown-task",
        "a task that the handler never started is none of its business, and no failure",
        Kind::UnknownTask,
        Course::InTurn(&[1]),
        IGNORE,
    ),
    taken(
        "unknown-type",
        "an event type that the handler ignores: a refusal would bring retries",
        Kind::UnknownType,
        Course::InTurn(&[1]),
        IGNORE,
    ),
    once(
        "rotation-old-secret",
        "signed by a new secret and by the handler's: any v1 that matches will do",
        Wants::Taken,
        Signature::RotationOldLast,
        EVERY_V1,
    ),
    once(
        "rotation-new-secret",
        "signed by the handler's secret and by an old one",
        Wants::Taken,
        Signature::RotationNewFirst,
        EVERY_V1,
    ),
    once(
        "clock-behind",
        "signed 240 seconds ago, which is within the 300 that are allowed",
        Wants::Taken,
        Signature::Skewed(-240),
        "allow 300 s between t and now: clocks differ, and deliveries take time",
    ),
    once(
        "stale",
        "signed rightly, 15 minutes ago: somebody may have recorded it",
        Wants::Refused,
        Signature::Skewed(STALE),
        TOLERANCE,
    ),
    once(
        "from-the-future",
        "signed rightly, for 15 minutes from now",
        Wants::Refused,
        Signature::Skewed(-STALE),
        TOLERANCE,
    ),
    once(
        "unsigned",
        "no signature at all",
        Wants::Refused,
        Signature::Missing,
        VERIFY,
    ),
    once(
        "wrongly-signed",
        "signed with another secret",
        Wants::Refused,
        Signature::Wrong,
        VERIFY,
    ),
    once(
        "tampered",
        "one character of the body changed after it was signed",
        Wants::Refused,
        Signature::Tampered,
        VERIFY,
    ),
];
