//! Do two bodies of one event say the same?
//!
//! A workflow's body counts its attempts and tells when each was sent, so its bytes differ from one
//! attempt to the next although nothing else does. Every other body is repeated byte for byte.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::delivery::Envelope;

/// What a workflow's body may say differently in each attempt.
const PER_ATTEMPT: [&str; 2] = ["attempt", "completed_at"];

/// Whether the two bodies are the same, what changes with each attempt aside.
#[must_use]
pub fn same_content(envelope: Envelope, one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    envelope == Envelope::Workflow
        && lasting(one).is_some_and(|fields| Some(fields) == lasting(other))
}

/// The fields that do not change, with their values as they are spelled.
fn lasting(body: &[u8]) -> Option<BTreeMap<Cow<'_, str>, &str>> {
    let fields: BTreeMap<Key<'_>, &RawValue> = serde_json::from_slice(body).ok()?;
    let lasting = fields
        .into_iter()
        .map(|(key, value)| (key.0, value.get()))
        .filter(|(key, _)| !PER_ATTEMPT.contains(&key.as_ref()));
    Some(lasting.collect())
}

/// A key, borrowed where it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        same_content(Envelope::Workflow, one.as_bytes(), other.as_bytes())
    }

    #[test]
    fn a_workflows_attempt_and_time_may_change_and_nothing_else() {
        let first = r#"{"event_id":"e","attempt":1,"completed_at":"x","results":[1]}"#;
        let second = r#"{"event_id":"e","attempt":2,"completed_at":"y","results":[1]}"#;
        let other = r#"{"event_id":"e","attempt":2,"completed_at":"y","results":[2]}"#;
        assert!(same(first, second));
        assert!(!same(first, other));
        assert!(!same_content(
            Envelope::Job,
            first.as_bytes(),
            second.as_bytes()
        ));
    }

    #[test]
    fn bodies_that_are_not_json_are_the_same_only_byte_for_byte() {
        assert!(same("{", "{"));
        assert!(!same("{", "{{"));
    }
}
