use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::delivery::{Head, Header};

fn request(headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Request {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| Header::new(*name, value.to_string()))
        .collect();
    let at = Timestamp::UNIX_EPOCH;
    Request::local(Head::build("POST", b"/hook", &headers).unwrap(), body, at)
}

fn body(text: &'static str) -> Recognition {
    recognise(&request(&[], text))
}

const JOB: &str =
    r#"{"task_id":"t1","status":"completed","task_type":"find_email","result":{"name":"x"}}"#;
const WORKFLOW: &str = r#"{"event_id":"e1","event":"outgoing_webhook.completed","status":"success","workflow_id":"w1","run_id":"r1","attempt":2,"results":null}"#;
const ELAN: &str = r#"{"event_id":"evt_1","event_type":"workflow.completed","workflow_id":"w1","organization_id":"o1","timestamp":"2026-01-01T00:00:00Z","data":{}}"#;

#[test]
fn an_unsigned_job_is_known_by_its_body_and_deduped_by_task_and_status() {
    let seen = body(JOB);
    assert_eq!(seen.provider, Provider::Sixtyfour);
    assert_eq!(seen.envelope, Envelope::Job);
    let id = ("t1/completed".to_owned(), EventIdSource::Task);
    assert_eq!(seen.event_id, Some(id));
    assert_eq!(seen.event_type.as_deref(), Some("find_email"));
    assert_eq!(seen.task_id.as_deref(), Some("t1"));
    assert_eq!(seen.attempt, None);
}

#[test]
fn an_unsigned_workflow_run_tells_its_id_type_and_attempt_in_the_body() {
    let seen = body(WORKFLOW);
    assert_eq!(seen.provider, Provider::Sixtyfour);
    assert_eq!(seen.envelope, Envelope::Workflow);
    let id = ("e1".to_owned(), EventIdSource::Body);
    assert_eq!(seen.event_id, Some(id));
    assert_eq!(
        seen.event_type.as_deref(),
        Some("outgoing_webhook.completed")
    );
    assert_eq!(seen.attempt, Some(2));
    assert_eq!(seen.run_id.as_deref(), Some("r1"));
}

#[test]
fn an_event_of_elan_is_known_by_its_body() {
    let seen = body(ELAN);
    assert_eq!(seen.provider, Provider::Elan);
    assert_eq!(seen.envelope, Envelope::Subscription);
    assert_eq!(seen.event_id_text(), Some("evt_1"));
    assert_eq!(seen.event_type.as_deref(), Some("workflow.completed"));
    assert_eq!(seen.run_id.as_deref(), Some("w1"));
}

#[test]
fn headers_come_before_the_body() {
    let headers = [
        ("sixtyfour-event-id", "e9"),
        ("SIXTYFOUR-EVENT-TYPE", "find_email"),
        ("Sixtyfour-Delivery-Attempt", "3"),
    ];
    let seen = recognise(&request(&headers, JOB));
    let id = ("e9".to_owned(), EventIdSource::Header);
    assert_eq!(seen.event_id, Some(id));
    assert_eq!(seen.attempt, Some(3));
    assert_eq!(seen.disagreements, []);
}

#[test]
fn where_headers_and_body_differ_both_are_told() {
    let headers = [
        ("Sixtyfour-Event-Id", "e2"),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", "1"),
    ];
    let seen = recognise(&request(&headers, WORKFLOW));
    let told: Vec<_> = seen
        .disagreements
        .iter()
        .map(|found| {
            (
                found.header_says.as_str(),
                found.field,
                found.field_says.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("e2", "event_id", "e1"),
            ("find_email", "event", "outgoing_webhook.completed"),
            ("1", "attempt", "2"),
        ]
    );
    assert_eq!(seen.attempt, Some(1));
}

#[test]
fn a_header_of_sixtyfour_makes_any_body_theirs() {
    let headers = [("Sixtyfour-Signature", "t=1,v1=00")];
    let seen = recognise(&request(&headers, "nonsense"));
    assert_eq!(seen.provider, Provider::Sixtyfour);
    assert_eq!(seen.envelope, Envelope::Unknown);
    let seen = recognise(&request(&headers, r#"{"task_id":"t","status":"x"}"#));
    assert_eq!(seen.envelope, Envelope::Job);
}

#[test]
fn a_signature_header_that_anybody_may_use_does_not_take_a_job_from_sixtyfour() {
    let headers = [("X-Webhook-Signature", "00")];
    assert_eq!(
        recognise(&request(&headers, JOB)).provider,
        Provider::Sixtyfour
    );
    assert_eq!(recognise(&request(&headers, "{}")).provider, Provider::Elan);
}

#[test]
fn a_strangers_body_is_plain() {
    for stranger in [
        r#"{"task_id":"t","status":"done"}"#,
        r#"{"event":"push","id":1}"#,
        r#"{"event_id":"x","event_type":"charge"}"#,
        "a=b",
    ] {
        let seen = recognise(&request(&[], stranger));
        assert_eq!(seen.provider, Provider::Plain, "{stranger}");
        assert_eq!(seen.envelope, Envelope::Unknown, "{stranger}");
    }
}

#[test]
fn each_fallback_of_the_event_id_is_used_in_turn() {
    for (body, id, source) in [
        (
            r#"{"event_id":"e","task_id":"t","status":"s","run_id":"r"}"#,
            "e",
            EventIdSource::Body,
        ),
        (
            r#"{"event_id":"","task_id":"t","status":"s","run_id":"r"}"#,
            "t/s",
            EventIdSource::Task,
        ),
        (r#"{"task_id":"t","run_id":"r"}"#, "r", EventIdSource::Run),
        (
            "abc",
            "sha256:ba7816bf8f01cfea414140de5dae2223",
            EventIdSource::Hash,
        ),
    ] {
        let seen = recognise(&request(&[], body));
        assert_eq!(seen.event_id, Some((id.to_owned(), source)), "{body}");
    }
    assert_eq!(body("").event_id, None);
}

#[test]
fn an_attempt_is_a_plain_positive_number_or_nothing() {
    for (text, expected) in [
        ("1", Some(1)),
        ("007", Some(7)),
        ("0", None),
        ("+1", None),
        ("-1", None),
        ("1.0", None),
        ("99999999999", None),
        ("", None),
    ] {
        assert_eq!(attempt(text), expected, "{text}");
    }
}

#[test]
fn long_ids_are_hashed_and_long_types_clipped() {
    let long = "é".repeat(5_000);
    let json = format!(r#"{{"event_id":"{long}","event_type":"x{long}","task_id":"{long}"}}"#);
    let seen = recognise(&request(&[], json));
    let (id, source) = seen.event_id.unwrap();
    assert_eq!((id.len(), source), (39, EventIdSource::Body));
    assert_eq!(seen.task_id.as_deref(), Some(id.as_str()));
    let event_type = seen.event_type.unwrap();
    assert!(event_type.len() < MAX_TEXT + 4 && event_type.ends_with("é…"));
}

#[test]
fn megabytes_of_hostile_body_are_got_over_with() {
    let size = 4 << 20;
    let filled = |start: &str, unit: &str| {
        let mut body = start.as_bytes().to_vec();
        body.extend(unit.bytes().cycle().take(size));
        body
    };
    for (name, body) in [
        ("open brackets", filled("", "[")),
        ("open brackets in a field", filled(r#"{"a":"#, "[")),
        ("open brackets in the id", filled(r#"{"event_id":"#, "[")),
        ("open objects", filled("", r#"{"a":"#)),
        ("repeated keys", filled("{", r#""event_id":"x","#)),
        ("one string", filled(r#"{"a":""#, "x")),
        ("escapes in the id", filled(r#"{"event_id":""#, r"\u0041")),
        ("zeroes", filled("", "\0")),
        ("blanks", filled("", " ")),
        ("not UTF-8", filled(r#"{"a":""#, "\u{ff}")),
    ] {
        let request = request(&[("Sixtyfour-Event-Id", "e")], body);
        let start = Instant::now();
        let seen = recognise(&request);
        // Generous for an unoptimised build on a busy machine; quadratic would take many minutes.
        assert!(start.elapsed().as_secs() < 10, "{name}");
        assert_eq!(seen.event_id_text(), Some("e"), "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>) {
        let empty = body.is_empty();
        let seen = recognise(&request(&[], body));
        prop_assert_eq!(seen.event_id.is_none(), empty);
    }

    #[test]
    fn no_json_of_our_keys_makes_it_panic_and_the_id_stays_short(
        entries in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "event_id", "event", "event_type", "task_id", "task_type", "status",
                    "run_id", "workflow_id", "organization_id", "attempt", "x",
                ]),
                prop_oneof![
                    Just("null".to_owned()),
                    Just("[{}]".to_owned()),
                    any::<i64>().prop_map(|number| number.to_string()),
                    any::<f64>().prop_map(|number| number.to_string()),
                    any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
                ],
            ),
            0..12,
        ),
        cut in 0_usize..400,
    ) {
        let body: Vec<_> = entries.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let mut body = format!("{{{}}}", body.join(",")).into_bytes();
        body.truncate(cut.max(1));
        let seen = recognise(&request(&[], body));
        prop_assert!(seen.event_id_text().is_some_and(|id| id.len() <= 2 * MAX_ID));
    }
}
