//! Whose request is this, and which event does it report?
//!
//! Headers come first, because a provider's word in a header holds for any body. The shape of the
//! body decides when no header does. The work is linear in the body and does not depend on how it is
//! nested, so there is no size beyond which it is left out: 25 MiB of JSON are skipped in about the
//! time that checking their signature takes, and nearly all of the fields stand in front.

use super::body::Fields;
use super::{elan, sixtyfour};
use crate::delivery::{Disagreement, Envelope, EventIdSource, Provider, Recognition, Request};
use crate::signature::digest;

/// An id longer than this many bytes is replaced by its hash: it still tells events apart, and no
/// sender can fill the memory of seen events with long names.
pub const MAX_ID: usize = 1024;

/// An event type, or one side of a disagreement, is clipped to this many bytes.
pub const MAX_TEXT: usize = 256;

/// Reads off a request what can be known without trusting it.
#[must_use]
pub fn recognise(request: &Request) -> Recognition {
    let headers = Headers::read(request);
    let fields = Fields::read(&request.body);
    let envelope = envelope(&headers, &fields);
    Recognition {
        provider: provider(&headers, envelope),
        envelope,
        event_id: event_id(&headers, &fields, &request.body),
        event_type: headers
            .event_type
            .or_else(|| body_type(envelope, &fields).map(|(_, text)| text))
            .map(clipped),
        attempt: headers
            .attempt
            .and_then(attempt)
            .or_else(|| fields.attempt.as_deref().and_then(attempt)),
        task_id: fields.task_id.as_deref().map(bounded),
        run_id: fields
            .run_id
            .as_deref()
            .or_else(|| elan_run(envelope, &fields))
            .map(bounded),
        disagreements: disagreements(&headers, envelope, &fields),
    }
}

/// What the headers say; of a repeated one, the first that is text.
#[derive(Default)]
struct Headers<'a> {
    sixtyfour: bool,
    elan: bool,
    event_id: Option<&'a str>,
    event_type: Option<&'a str>,
    attempt: Option<&'a str>,
}

impl<'a> Headers<'a> {
    fn read(request: &'a Request) -> Self {
        let mut headers = Self::default();
        for header in request.head.headers() {
            if header.is(elan::SIGNATURE) {
                headers.elan = true;
                continue;
            }
            if !starts_with(&header.name, sixtyfour::HEADER_PREFIX) {
                continue;
            }
            headers.sixtyfour = true;
            let slot = if header.is(sixtyfour::EVENT_ID) {
                &mut headers.event_id
            } else if header.is(sixtyfour::EVENT_TYPE) {
                &mut headers.event_type
            } else if header.is(sixtyfour::DELIVERY_ATTEMPT) {
                &mut headers.attempt
            } else {
                continue;
            };
            let text = std::str::from_utf8(&header.value).ok();
            *slot = slot.or_else(|| text.filter(|text| !text.is_empty()));
        }
        headers
    }
}

fn starts_with(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn envelope(headers: &Headers<'_>, fields: &Fields<'_>) -> Envelope {
    let block_event = fields
        .event
        .as_deref()
        .is_some_and(|event| event.starts_with(sixtyfour::WORKFLOW_EVENT_PREFIX));
    let has_event = fields.event.is_some() && fields.event_id.is_some();
    if has_event && (block_event || fields.run_id.is_some()) {
        return Envelope::Workflow;
    }
    if fields.task_id.is_some() && (fields.task_type.is_some() || headers.sixtyfour) {
        return Envelope::Job;
    }
    let has_type = fields.event_id.is_some() && fields.event_type.is_some();
    let is_elan = headers.elan || fields.organization_id.is_some();
    if has_type && is_elan {
        return Envelope::Subscription;
    }
    Envelope::Unknown
}

fn provider(headers: &Headers<'_>, envelope: Envelope) -> Provider {
    match envelope {
        _ if headers.sixtyfour => Provider::Sixtyfour,
        Envelope::Job | Envelope::Workflow => Provider::Sixtyfour,
        Envelope::Subscription => Provider::Elan,
        Envelope::Unknown if headers.elan => Provider::Elan,
        Envelope::Unknown => Provider::Plain,
    }
}

fn event_id(
    headers: &Headers<'_>,
    fields: &Fields<'_>,
    body: &[u8],
) -> Option<(String, EventIdSource)> {
    if let Some(id) = headers.event_id {
        return Some((bounded(id), EventIdSource::Header));
    }
    if let Some(id) = &fields.event_id {
        return Some((bounded(id), EventIdSource::Body));
    }
    if let (Some(task), Some(status)) = (&fields.task_id, &fields.status) {
        let id = format!("{}/{}", bounded(task), clipped(status));
        return Some((id, EventIdSource::Task));
    }
    if let Some(id) = &fields.run_id {
        return Some((bounded(id), EventIdSource::Run));
    }
    (!body.is_empty()).then(|| (hashed(body), EventIdSource::Hash))
}

/// The body's event type and the field it stands in: the envelope's own, else the first there is.
fn body_type<'a>(envelope: Envelope, fields: &'a Fields<'_>) -> Option<(&'static str, &'a str)> {
    let event = ("event", fields.event.as_deref());
    let task_type = ("task_type", fields.task_type.as_deref());
    let event_type = ("event_type", fields.event_type.as_deref());
    let in_order = match envelope {
        Envelope::Job => [task_type, event, event_type],
        Envelope::Subscription => [event_type, event, task_type],
        Envelope::Workflow | Envelope::Unknown => [event, task_type, event_type],
    };
    in_order
        .into_iter()
        .find_map(|(name, text)| Some((name, text?)))
}

/// ELAN has no id of a run of its own: its workflow takes that place.
fn elan_run<'a>(envelope: Envelope, fields: &'a Fields<'_>) -> Option<&'a str> {
    (envelope == Envelope::Subscription)
        .then_some(fields.workflow_id.as_deref())
        .flatten()
}

fn attempt(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.filter(|number| *number > 0)
}

fn disagreements(
    headers: &Headers<'_>,
    envelope: Envelope,
    fields: &Fields<'_>,
) -> Vec<Disagreement> {
    let mut found = Vec::new();
    let mut compare = |header, says: Option<&str>, field, body: Option<&str>| {
        if let (Some(says), Some(body)) = (says, body)
            && says != body
        {
            found.push(Disagreement {
                header,
                header_says: clipped(says),
                field,
                field_says: clipped(body),
            });
        }
    };
    let id = fields.event_id.as_deref();
    compare(sixtyfour::EVENT_ID, headers.event_id, "event_id", id);
    if let Some((field, text)) = body_type(envelope, fields) {
        compare(sixtyfour::EVENT_TYPE, headers.event_type, field, Some(text));
    }
    let attempt = fields.attempt.as_deref();
    compare(
        sixtyfour::DELIVERY_ATTEMPT,
        headers.attempt,
        "attempt",
        attempt,
    );
    found
}

fn bounded(id: &str) -> String {
    if id.len() > MAX_ID {
        hashed(id.as_bytes())
    } else {
        id.to_owned()
    }
}

fn clipped(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let fits = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MAX_TEXT).rev().find(fits).unwrap_or_default();
    format!("{}…", &text[..end])
}

/// `sha256:` and the first 32 hexadecimal digits.
fn hashed(bytes: &[u8]) -> String {
    format!("sha256:{}", digest::hex(&digest::sha256(bytes)[..16]))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use bytes::Bytes;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::{Head, Header, Times};

    fn request(headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Request {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| Header::new(*name, value.to_string()))
            .collect();
        let at = Timestamp::UNIX_EPOCH;
        Request {
            head: Head::build("POST", b"/hook", &headers).unwrap(),
            body: body.into(),
            trailers: Vec::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 9)),
            times: Times {
                arrived: at,
                head: at,
                body: at,
            },
            defect: None,
        }
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
}
