//! ELAN's cases as data.
//!
//! Only what holds under any reading of its documentation: the signature is one MAC of the body
//! alone, so there is no rotation and no time to be stale; retries exist, but carry no number and
//! no documented schedule.

use super::case::{ANY_SPELLING, Case, Course, IGNORE, Kind, PLAIN, Signature, Wants};
use crate::delivery::Scheme;

const VERIFY: &str = "verify the signature before anything else: X-Webhook-Signature is HMAC-SHA256(secret, raw body), or the answer is 401";

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
        scheme: Scheme::Elan,
        fix,
        event,
        signature: Signature::Right,
        course,
    }
}

const fn refused(name: &'static str, about: &'static str, signature: Signature) -> Case {
    Case {
        wants: Wants::Refused,
        signature,
        ..taken(name, about, COMPLETED, Course::InTurn(&[1]), VERIFY)
    }
}

const COMPLETED: Kind = Kind::Elan("workflow.completed");

/// ELAN's cases, in the order in which they run. The first one tells whether the handler can be
/// reached and takes a right delivery at all.
pub const ELAN_CASES: [Case; 12] = [
    taken(
        "elan-once",
        "a workflow that completed, signed as documented",
        COMPLETED,
        Course::InTurn(&[1]),
        PLAIN,
    ),
    taken(
        "elan-failed",
        "a workflow that failed is an event like any other",
        Kind::Elan("workflow.failed"),
        Course::InTurn(&[1]),
        IGNORE,
    ),
    taken(
        "elan-step",
        "the event of a single step",
        Kind::Elan("workflow.step.completed"),
        Course::InTurn(&[1]),
        IGNORE,
    ),
    taken(
        "elan-blanks",
        "the same with a blank after each colon and comma: how the JSON is spaced is not documented",
        Kind::ElanSpaced,
        Course::InTurn(&[1]),
        ANY_SPELLING,
    ),
    taken(
        "elan-raw-bytes",
        "a body that comes out different when it is parsed and written again, in any language",
        Kind::ElanOdd,
        Course::InTurn(&[1]),
        ANY_SPELLING,
    ),
    taken(
        "elan-twice",
        "one event twice in a row: the second is a duplicate, and is taken",
        COMPLETED,
        Course::InTurn(&[1, 1]),
        PLAIN,
    ),
    taken(
        "elan-twenty-at-once",
        "one event twenty times at the same moment",
        COMPLETED,
        Course::AtOnce(20),
        PLAIN,
    ),
    taken(
        "elan-after-500",
        "retries, as after answers of 500 that a proxy gave: the same bytes again",
        COMPLETED,
        Course::InTurn(&[1, 2, 3]),
        PLAIN,
    ),
    taken(
        "elan-after-time-out",
        "a retry of an attempt whose answer nobody waited for",
        COMPLETED,
        Course::AfterTimeout,
        PLAIN,
    ),
    refused("elan-unsigned", "no signature at all", Signature::Missing),
    refused(
        "elan-wrongly-signed",
        "signed with another secret",
        Signature::Wrong,
    ),
    refused(
        "elan-tampered",
        "one character of the body changed after it was signed",
        Signature::Tampered,
    ),
];
