//! ELAN's cases as data.
//!
//! Only what holds under any reading of its documentation: the signature is one MAC of the body
//! alone, so there is no rotation and no time to be stale; retries exist, but carry no number and
//! no documented schedule.

use super::case::{Case, Course, Kind, Signature, Wants};
use crate::delivery::Scheme;

const fn taken(
    name: &'static str,
    about: &'static str,
    event_type: &'static str,
    course: Course,
) -> Case {
    Case {
        name,
        about,
        wants: Wants::Taken,
        scheme: Scheme::Elan,
        event: Kind::Elan(event_type),
        signature: Signature::Right,
        course,
    }
}

const fn refused(name: &'static str, about: &'static str, signature: Signature) -> Case {
    Case {
        wants: Wants::Refused,
        signature,
        ..taken(name, about, "workflow.completed", Course::InTurn(&[1]))
    }
}

/// ELAN's cases, in the order in which they run. The first one tells whether the handler can be
/// reached and takes a right delivery at all.
pub const ELAN_CASES: [Case; 10] = [
    taken(
        "elan-once",
        "a workflow that completed, signed as documented",
        "workflow.completed",
        Course::InTurn(&[1]),
    ),
    taken(
        "elan-failed",
        "a workflow that failed is an event like any other",
        "workflow.failed",
        Course::InTurn(&[1]),
    ),
    taken(
        "elan-step",
        "the event of a single step",
        "workflow.step.completed",
        Course::InTurn(&[1]),
    ),
    taken(
        "elan-twice",
        "one event twice in a row: the second is a duplicate, and is taken",
        "workflow.completed",
        Course::InTurn(&[1, 1]),
    ),
    taken(
        "elan-twenty-at-once",
        "one event twenty times at the same moment",
        "workflow.completed",
        Course::AtOnce(20),
    ),
    taken(
        "elan-after-500",
        "retries, as after answers of 500 that a proxy gave: the same bytes again",
        "workflow.completed",
        Course::InTurn(&[1, 2, 3]),
    ),
    taken(
        "elan-after-time-out",
        "a retry of an attempt whose answer nobody waited for",
        "workflow.completed",
        Course::AfterTimeout,
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
