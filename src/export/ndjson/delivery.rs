//! The object of one delivery.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::body::{Bodies, Embedded, embed};
use super::bytes::{Bytes, pairs};
use super::signature::{self, Signature};
use crate::delivery::{AnsweredBy, Defect, Delivery, Disagreement, Version};
use crate::export::credentials::Credentials;
use crate::export::forwarded::{self, forwarded};
use crate::export::{answer, clock};

/// How deliveries are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// How much of the bodies.
    pub bodies: Bodies,
    /// Whether header values that give access are shown.
    pub credentials: Credentials,
}

#[derive(Serialize)]
struct Object<'a> {
    v: u8,
    kind: &'static str,
    seq: u64,
    #[serde(serialize_with = "clock::serialize")]
    at: Timestamp,
    event_id: Option<&'a str>,
    event_id_from: Option<&'static str>,
    inferred: bool,
    #[serde(rename = "type")]
    event_type: Option<&'a str>,
    attempt: Option<u32>,
    sighting: &'static str,
    arrival: u32,
    event: u64,
    conflict: bool,
    provider: &'static str,
    envelope: &'static str,
    task_id: Option<&'a str>,
    run_id: Option<&'a str>,
    disagreements: Vec<DisagreementObject<'a>>,
    method: Option<&'a str>,
    path: Option<Bytes<'a>>,
    target: Option<Bytes<'a>>,
    version: Option<&'static str>,
    peer: String,
    forwarded: Option<ForwardedObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_head: Option<Bytes<'a>>,
    headers: Vec<(Bytes<'a>, Bytes<'a>)>,
    trailers: Vec<(Bytes<'a>, Bytes<'a>)>,
    body_bytes: usize,
    body_sha256: String,
    body_cut: bool,
    #[serde(flatten)]
    body: Embedded<'a>,
    defect: Option<DefectObject<'a>>,
    signature: Signature<'a>,
    answer: AnswerObject<'a>,
    outcome: Option<Cow<'static, str>>,
    times: TimesObject,
}

#[derive(Serialize)]
struct DisagreementObject<'a> {
    header: &'a str,
    header_says: &'a str,
    field: &'a str,
    field_says: &'a str,
}

impl<'a> From<&'a Disagreement> for DisagreementObject<'a> {
    fn from(disagreement: &'a Disagreement) -> Self {
        Self {
            header: disagreement.header,
            header_says: &disagreement.header_says,
            field: disagreement.field,
            field_says: &disagreement.field_says,
        }
    }
}

#[derive(Serialize)]
struct ForwardedObject<'a> {
    tunnel: Option<&'static str>,
    #[serde(rename = "for")]
    client: Option<Bytes<'a>>,
    host: Option<Bytes<'a>>,
    proto: Option<Bytes<'a>>,
}

#[derive(Serialize)]
struct DefectObject<'a> {
    status: u16,
    why: &'a str,
}

#[derive(Serialize)]
struct AnswerObject<'a> {
    status: Option<u16>,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    ending: &'static str,
    took_ms: Option<f64>,
}

#[derive(Serialize)]
struct TimesObject {
    #[serde(serialize_with = "clock::serialize")]
    arrived: Timestamp,
    #[serde(serialize_with = "clock::serialize")]
    head: Timestamp,
    #[serde(serialize_with = "clock::serialize")]
    body: Timestamp,
    #[serde(serialize_with = "clock::serialize_option")]
    settled: Option<Timestamp>,
}

/// A delivery as one line, without the line end. `body_sha256` is the hash of the body as kept.
#[must_use]
pub fn delivery(delivery: &Delivery, body_sha256: &[u8; 32], options: Options) -> String {
    explained(delivery, body_sha256, options, None)
}

/// The same with the reason for which hook64 answered in the app's place, if it did.
#[must_use]
pub fn explained(
    delivery: &Delivery,
    body_sha256: &[u8; 32],
    options: Options,
    because: Option<&str>,
) -> String {
    let request = delivery.request();
    let head = &request.head;
    let recognition = &delivery.arrival.recognition;
    let sighting = &delivery.arrival.sighting;
    let source = recognition.event_id.as_ref().map(|(_, source)| *source);
    let is_readable = head.version().is_some();
    super::line(&Object {
        v: super::VERSION,
        kind: "delivery",
        seq: delivery.id.get(),
        at: request.times.arrived,
        event_id: recognition.event_id_text(),
        event_id_from: source.map(|source| source.name()),
        inferred: source.is_some_and(|source| source.is_inferred()),
        event_type: recognition.event_type.as_deref(),
        attempt: recognition.attempt,
        sighting: sighting.turn.name(),
        arrival: sighting.arrival,
        event: delivery.event().get(),
        conflict: sighting.conflict,
        provider: recognition.provider.name(),
        envelope: recognition.envelope.name(),
        task_id: recognition.task_id.as_deref(),
        run_id: recognition.run_id.as_deref(),
        disagreements: recognition.disagreements.iter().map(Into::into).collect(),
        method: is_readable.then(|| head.method()),
        path: is_readable.then(|| Bytes(head.path())),
        target: is_readable.then(|| Bytes(head.target())),
        version: head.version().map(Version::name),
        peer: request.peer.to_string(),
        forwarded: forwarded_object(forwarded(head)),
        raw_head: (!is_readable).then(|| Bytes(head.raw())),
        headers: pairs(head.headers(), options.credentials),
        trailers: pairs(&request.trailers, options.credentials),
        body_bytes: request.body.len(),
        body_sha256: hexadecimal(body_sha256),
        body_cut: is_cut(request.defect.as_ref()),
        body: embed(&request.body, options.bodies),
        defect: request.defect.as_ref().map(|defect| DefectObject {
            status: defect.status(),
            why: defect.why(),
        }),
        signature: signature::of(delivery),
        answer: answer_object(delivery, because),
        outcome: delivery
            .settlement
            .map(|settlement| settlement.outcome.name()),
        times: TimesObject {
            arrived: request.times.arrived,
            head: request.times.head,
            body: request.times.body,
            settled: delivery.settlement.map(|settlement| settlement.at),
        },
    })
}

fn forwarded_object(found: forwarded::Forwarded<'_>) -> Option<ForwardedObject<'_>> {
    (!found.is_empty()).then(|| ForwardedObject {
        tunnel: found.tunnel.map(|tunnel| tunnel.name()),
        client: found.client.map(Bytes),
        host: found.host.map(Bytes),
        proto: found.scheme.map(Bytes),
    })
}

fn is_cut(defect: Option<&Defect>) -> bool {
    match defect {
        Some(Defect::BodyTooLarge | Defect::BodyIncomplete | Defect::BodyTimedOut) => true,
        Some(Defect::Malformed { .. }) | None => false,
    }
}

fn answer_object<'a>(delivery: &'a Delivery, because: Option<&'a str>) -> AnswerObject<'a> {
    let answer = &delivery.arrival.answer;
    let (rule, n, of) = match &answer.by {
        AnsweredBy::Armed { rule, step, of } => (Some(rule.as_str()), Some(*step), *of),
        _ => (None, None, None),
    };
    AnswerObject {
        status: answer::status(delivery),
        by: answer.by.name(),
        because,
        rule,
        n,
        of,
        ending: answer::ending_name(answer.reply.ending),
        took_ms: answer::took(delivery).map(clock::milliseconds),
    }
}

/// Lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0F])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::delivery::{Head, Header, Outcome, Settlement};
    use crate::export::samples;

    use super::*;

    fn object(of: &Delivery) -> Value {
        serde_json::from_str(&delivery(of, &[7; 32], Options::default())).unwrap()
    }

    #[test]
    fn a_delivery_is_one_line_with_all_its_facts() {
        let line = delivery(&samples::find_email(), &[0xA1; 32], Options::default());
        insta::assert_snapshot!(line, @r#"{"v":1,"kind":"delivery","seq":22,"at":"2026-11-20T14:02:03.412Z","event_id":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","event_id_from":"header","inferred":false,"type":"find_email","attempt":1,"sighting":"first","arrival":1,"event":22,"conflict":false,"provider":"sixtyfour","envelope":"job","task_id":"550e8400-e29b-41d4-a716-446655440000","run_id":null,"disagreements":[],"method":"POST","path":"/webhooks/sixtyfour","target":"/webhooks/sixtyfour?env=dev","version":"HTTP/1.1","peer":"127.0.0.1:50123","forwarded":{"tunnel":"ngrok","for":"203.0.113.24","host":"abc123.ngrok-free.app","proto":null},"headers":[["Host","abc123.ngrok-free.app"],["Content-Type","application/json"],["Sixtyfour-Signature","t=1795183323,v1=5a4c34c3"],["Authorization","[masked]"],["X-Forwarded-For","203.0.113.24"]],"trailers":[],"body_bytes":86,"body_sha256":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","body_cut":false,"body":{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","cost":1.10},"defect":null,"signature":{"verdict":"valid","reason":"ok","scheme":"sixtyfour-v1","key":"5aea","age_s":0,"matched_secret_index":0,"matched_v1_index":0,"signature_matches_ignoring_time":true},"answer":{"status":500,"by":"armed","rule":"500x5","n":1,"of":5,"ending":"normal","took_ms":3.1},"outcome":"answered","times":{"arrived":"2026-11-20T14:02:03.412Z","head":"2026-11-20T14:02:03.412Z","body":"2026-11-20T14:02:03.412Z","settled":"2026-11-20T14:02:03.415Z"}}"#);
    }

    #[test]
    fn what_is_unknown_is_null_and_still_there() {
        let object = object(&samples::unreadable());
        for field in [
            "event_id",
            "event_id_from",
            "type",
            "path",
            "method",
            "attempt",
        ] {
            assert_eq!(object.get(field), Some(&Value::Null), "{field}");
        }
        assert_eq!(object["raw_head"], "\u{16}\u{3}\u{1}\u{2}");
        assert_eq!(object["defect"]["status"], 400);
        assert_eq!(object["body_text"], "");
    }

    #[test]
    fn no_control_or_format_character_stays_raw() {
        let mut hostile = samples::with_body("x/\u{9b}31m", "[\"\u{202e}\u{9b}\u{7f}\"]");
        samples::change(&mut hostile, |arrival| {
            arrival.recognition.event_type = Some("\u{1b}]0;x\u{7}\u{e0041}".to_owned());
        });
        let line = delivery(&hostile, &[0; 32], Options::default());
        assert!(line.contains("[\"\\u202e\\u009b\\u007f\"]"), "{line}");
        assert!(line.contains("\\u001b]0;x\\u0007\\udb40\\udc41"), "{line}");
        assert!(line.chars().all(|character| !character.is_control()));
        assert_eq!(object(&hostile)["body"][0], "\u{202e}\u{9b}\u{7f}");
    }

    #[test]
    fn header_values_that_are_not_utf8_and_credentials_have_their_own_form() {
        let mut odd = samples::find_email();
        samples::change(&mut odd, |arrival| {
            let headers = [
                Header::new("A", &b"\xff\xfe"[..]),
                Header::new("Cookie", "session=1"),
                Header::new("a", "2"),
            ];
            arrival.request.head = Head::build("POST", b"/", &headers).unwrap();
        });
        let expected =
            serde_json::json!([["A", {"base64": "//4="}], ["Cookie", "[masked]"], ["a", "2"]]);
        assert_eq!(object(&odd)["headers"], expected);
        let revealed = Options {
            credentials: Credentials::Revealed,
            ..Options::default()
        };
        assert!(delivery(&odd, &[0; 32], revealed).contains("session=1"));
    }

    #[test]
    fn the_status_is_null_when_none_was_sent() {
        let mut left = samples::find_email();
        let at = left.request().times.body;
        left.settlement = Some(Settlement {
            outcome: Outcome::PeerLeft,
            at,
        });
        let object = object(&left);
        assert_eq!(object["answer"]["status"], Value::Null);
        assert_eq!(object["outcome"], "peer_left");
    }

    #[test]
    fn a_retry_names_the_first_delivery_of_its_event() {
        let object = object(&samples::retry());
        assert_eq!(
            (&object["seq"], &object["event"]),
            (&Value::from(23), &Value::from(22))
        );
        assert_eq!(object["sighting"], "retry");
    }
}
