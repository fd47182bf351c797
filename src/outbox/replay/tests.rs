//! Replays as their receiver sees them.

use std::sync::Arc;

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::delivery::{
    Answer, AnsweredBy, Arrival, DeliveryId, Head, Reason, Reply, Sighting, Validity, Verdict,
};
use crate::net::client::peer::{Peer, Say};
use crate::net::client::{Client, Limits, Settings};
use crate::outbox::Outbox;
use crate::outbox::signing::{EXPIRED_SECONDS, Signer};
use crate::provider::recognise;
use crate::signature::{Secret, verify};

const WORKFLOW: &str =
    r#"{"event_id":"e1","event":"outgoing_webhook.completed","run_id":"r","attempt":2,"n":1.10}"#;

fn capture_of(request: Request) -> Delivery {
    Delivery {
        id: DeliveryId::new(1).unwrap(),
        arrival: Arc::new(Arrival {
            recognition: recognise(&request),
            request,
            verdict: Verdict::because(None, Reason::NoSecretConfigured),
            sighting: Sighting::first(),
            answer: Answer {
                reply: Reply::json(200, "{}"),
                by: AnsweredBy::Default,
            },
        }),
        settlement: None,
        diagnosis: None,
    }
}

fn request(target: &str, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Request {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| Header::new(*name, (*value).to_owned()))
        .collect();
    let at = Timestamp::UNIX_EPOCH;
    Request::local(
        Head::build("POST", target.as_bytes(), &headers).unwrap(),
        body,
        at,
    )
}

fn capture(headers: &[(&'static str, &str)], body: &'static str) -> Delivery {
    capture_of(request("/hook", headers, body))
}

fn sixtyfour(body: &'static str) -> Delivery {
    let headers = [
        ("host", "abc.ngrok.example"),
        ("content-length", "999"),
        ("SIXTYFOUR-SIGNATURE", "t=1,v1=aa"),
        ("sixtyfour-event-id", "e1"),
        ("X-After", "1"),
        ("Sixtyfour-Delivery-Attempt", "2"),
        ("sixtyfour-signature", "t=1,v1=bb"),
    ];
    capture(&headers, body)
}

fn target() -> Target {
    "http://127.0.0.1:3000/app".parse().unwrap()
}

fn rendered(delivery: &Delivery, replay: &Replay) -> Result<(Head, Bytes), ReplayError> {
    let mut random = fastrand::Rng::with_seed(7);
    let job = Job::replay(delivery, &target(), replay, 0, &mut random)?;
    let rendered = job.render(1, 1_000).unwrap();
    let raw = [rendered.head.bytes(), b"\r\n"].concat();
    Ok((Head::parse(raw.into()).unwrap(), rendered.body))
}

fn text(head: &Head) -> String {
    String::from_utf8_lossy(head.raw()).into_owned()
}

#[test]
fn as_captured_changes_host_and_length_alone() {
    let (head, body) = rendered(&sixtyfour(WORKFLOW), &Replay::as_captured()).unwrap();
    let expected = format!(
        "POST /app HTTP/1.1\r\nhost: 127.0.0.1:3000\r\ncontent-length: {}\r\n\
         SIXTYFOUR-SIGNATURE: t=1,v1=aa\r\nsixtyfour-event-id: e1\r\nX-After: 1\r\n\
         Sixtyfour-Delivery-Attempt: 2\r\nsixtyfour-signature: t=1,v1=bb\r\n\r\n",
        WORKFLOW.len()
    );
    assert_eq!(text(&head), expected);
    assert_eq!(body, WORKFLOW);
}

#[test]
fn a_fresh_signature_takes_the_place_and_spelling_of_the_first_captured_one() {
    let secret = Secret::new("s");
    let signer = Signer::new(Scheme::Sixtyfour, [secret.clone()]);
    let replay = Replay {
        signing: Signing::Fresh(signer),
        ..Replay::as_captured()
    };
    let (head, body) = rendered(&sixtyfour(WORKFLOW), &replay).unwrap();
    let names: Vec<_> = head.headers().iter().map(|line| &line.name[..]).collect();
    let expected: [&[u8]; 6] = [
        b"host",
        b"content-length",
        b"SIXTYFOUR-SIGNATURE",
        b"sixtyfour-event-id",
        b"X-After",
        b"Sixtyfour-Delivery-Attempt",
    ];
    assert_eq!(names, expected);
    let at = |second| Timestamp::from_second(second).unwrap();
    let check = |second| {
        let tolerance = Duration::from_secs(300);
        verify(
            &head,
            &body,
            Scheme::Sixtyfour,
            std::slice::from_ref(&secret),
            tolerance,
            at(second),
        )
    };
    assert_eq!(check(1_000).validity(), Validity::Valid);
    assert_eq!(check(1_301).reason, Reason::TimestampTooOld);
}

#[test]
fn an_expired_signature_is_right_but_for_its_age() {
    let signer = Signer::new(Scheme::Sixtyfour, [Secret::new("s")]).skewed(EXPIRED_SECONDS);
    let replay = Replay {
        signing: Signing::Fresh(signer),
        ..Replay::as_captured()
    };
    let (head, body) = rendered(&sixtyfour(WORKFLOW), &replay).unwrap();
    let now = Timestamp::from_second(1_000).unwrap();
    let tolerance = Duration::from_secs(300);
    let secrets = [Secret::new("s")];
    let verdict = verify(&head, &body, Scheme::Sixtyfour, &secrets, tolerance, now);
    assert_eq!(verdict.reason, Reason::TimestampTooOld);
    assert_eq!(verdict.signature_matches_ignoring_time, Some(true));
}

#[test]
fn unsigned_leaves_every_signature_out() {
    let replay = Replay {
        signing: Signing::Unsigned,
        ..Replay::as_captured()
    };
    let (head, _) = rendered(&sixtyfour(WORKFLOW), &replay).unwrap();
    assert!(!text(&head).to_lowercase().contains("signature"));
}

#[test]
fn id_and_attempt_change_in_header_and_body_and_nowhere_else() {
    let replay = Replay {
        event_id: EventId::Value("e\"2".to_owned()),
        attempt: AttemptNumber::CountUp,
        ..Replay::as_captured()
    };
    let (head, body) = rendered(&sixtyfour(WORKFLOW), &replay).unwrap();
    assert_eq!(head.header("sixtyfour-event-id").unwrap(), "e\"2");
    assert_eq!(head.header("sixtyfour-delivery-attempt").unwrap(), "3");
    let expected = WORKFLOW
        .replace(r#""e1""#, r#""e\"2""#)
        .replace(r#""attempt":2"#, r#""attempt":3"#);
    assert_eq!(body, expected);
    assert_eq!(
        *head.header("content-length").unwrap(),
        expected.len().to_string()
    );
}

#[test]
fn counting_up_goes_on_with_each_replay() {
    let replay = Replay {
        attempt: AttemptNumber::CountUp,
        ..Replay::as_captured()
    };
    let mut random = fastrand::Rng::with_seed(7);
    let job = Job::replay(&sixtyfour(WORKFLOW), &target(), &replay, 4, &mut random).unwrap();
    let body = job.render(1, 0).unwrap().body;
    assert_eq!(body, WORKFLOW.replace(r#""attempt":2"#, r#""attempt":7"#));
}

#[test]
fn a_job_envelope_keeps_its_body_since_its_id_is_in_the_header() {
    let body = r#"{"task_id":"t","status":"completed","task_type":"x","event_id":"mine"}"#;
    let replay = Replay {
        event_id: EventId::New,
        ..Replay::as_captured()
    };
    let (head, sent) = rendered(&sixtyfour(body), &replay).unwrap();
    assert_eq!(sent, body);
    let id = std::str::from_utf8(head.header("sixtyfour-event-id").unwrap()).unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
}

#[test]
fn an_unsigned_capture_of_the_provider_gets_the_headers_it_lacks() {
    let body = r#"{"task_id":"t","status":"completed","task_type":"x"}"#;
    let replay = Replay {
        event_id: EventId::Value("e2".to_owned()),
        attempt: AttemptNumber::Set(4),
        ..Replay::as_captured()
    };
    let (head, _) = rendered(&capture(&[], body), &replay).unwrap();
    assert!(
        text(&head).ends_with("Sixtyfour-Event-Id: e2\r\nSixtyfour-Delivery-Attempt: 4\r\n\r\n")
    );
}

#[test]
fn what_has_no_id_or_attempt_cannot_have_another() {
    let plain = capture(&[], "hello");
    let id = Replay {
        event_id: EventId::New,
        ..Replay::as_captured()
    };
    assert_eq!(rendered(&plain, &id), Err(ReplayError::NoEventId));
    for attempt in [AttemptNumber::CountUp, AttemptNumber::Set(1)] {
        let replay = Replay {
            attempt,
            ..Replay::as_captured()
        };
        assert_eq!(rendered(&plain, &replay), Err(ReplayError::NoAttempt));
    }
}

#[test]
fn an_id_cannot_smuggle_a_header() {
    let replay = Replay {
        event_id: EventId::Value("e\r\nX-Evil: 1".to_owned()),
        ..Replay::as_captured()
    };
    let error = rendered(&sixtyfour(WORKFLOW), &replay).unwrap_err();
    assert!(matches!(error, ReplayError::Head(_)));
}

#[test]
fn edits_come_last_and_leave_the_rest_alone() {
    let replay = Replay {
        edits: vec![".n=2".parse().unwrap(), ".attempt=9".parse().unwrap()],
        attempt: AttemptNumber::Set(5),
        ..Replay::as_captured()
    };
    let (_, body) = rendered(&sixtyfour(WORKFLOW), &replay).unwrap();
    let expected = WORKFLOW
        .replace("1.10", "2")
        .replace(r#""attempt":2"#, r#""attempt":9"#);
    assert_eq!(body, expected);
}

#[test]
fn a_cut_capture_is_not_replayed_unless_it_has_a_new_body() {
    let mut cut = request("/", &[], "abc");
    cut.defect = Some(Defect::BodyTooLarge);
    let cut = capture_of(cut);
    let as_captured = Replay::as_captured();
    assert!(matches!(
        rendered(&cut, &as_captured),
        Err(ReplayError::NotWhole(_))
    ));
    let replay = Replay {
        body: Some("whole".into()),
        ..as_captured
    };
    assert_eq!(rendered(&cut, &replay).unwrap().1, "whole");
    let mut unreadable = request("/", &[], "");
    unreadable.head = Head::unreadable("x".into());
    let result = rendered(&capture_of(unreadable), &replay);
    assert_eq!(result, Err(ReplayError::Unreadable));
}

#[test]
fn nothing_in_a_capture_moves_the_target() {
    let headers = [
        ("Host", "169.254.169.254"),
        ("X-Forwarded-Host", "evil.example"),
        ("Location", "http://evil.example/"),
    ];
    let capture = capture_of(request("http://169.254.169.254/latest", &headers, "{}"));
    let mut random = fastrand::Rng::with_seed(7);
    let job = Job::replay(&capture, &target(), &Replay::as_captured(), 0, &mut random).unwrap();
    assert_eq!(job.target(), &target());
    let (head, _) = rendered(&capture, &Replay::as_captured()).unwrap();
    assert_eq!(&head.target()[..], b"/app");
    assert_eq!(head.header("host").unwrap(), "127.0.0.1:3000");
}

#[test]
fn a_body_that_is_not_changed_is_not_copied() {
    let capture = sixtyfour(WORKFLOW);
    let (_, body) = rendered(&capture, &Replay::as_captured()).unwrap();
    assert_eq!(body.as_ptr(), capture.request().body.as_ptr());
}

#[test]
fn a_signature_is_stale_once_it_is_older_than_the_tolerance() {
    let capture = sixtyfour(WORKFLOW);
    let stale = |now| {
        let now = Timestamp::from_second(now).unwrap();
        stale_for(&capture, Duration::from_secs(300), now)
    };
    assert_eq!(stale(301), None);
    assert_eq!(stale(302), Some(Duration::from_secs(301)));
    assert_eq!(stale(0), None);
    let unsigned = capture_of(request("/", &[], ""));
    assert_eq!(stale_for(&unsigned, Duration::ZERO, Timestamp::MAX), None);
}

#[test]
fn choices_read_back() {
    for text in ["keep", "new", "evt_1"] {
        assert_eq!(text.parse::<EventId>().unwrap().to_string(), text);
    }
    for text in ["keep", "+1", "3"] {
        assert_eq!(text.parse::<AttemptNumber>().unwrap().to_string(), text);
    }
    for text in ["0", "+2", "-1", "", "x"] {
        assert!(text.parse::<AttemptNumber>().is_err(), "{text}");
    }
}

/// Field lines as strangers send them, hop-by-hop ones among them.
fn headers() -> impl Strategy<Value = Vec<Header>> {
    let name = prop::sample::select(vec![
        "X-A",
        "x-a",
        "X-B",
        "Cookie",
        "X-Forwarded-For",
        "TE",
        "Connection",
        "Keep-Alive",
        "Proxy-Authorization",
        "Upgrade",
        "Trailer",
        "hOST",
        "Content-length",
        "Accept",
    ]);
    let value = "[!-~]{0,8}|X-A|x-b, close|\u{fc}";
    let line = (name, value).prop_map(|(name, value)| {
        let value = if name == "Content-length" {
            "7".to_owned()
        } else {
            value
        };
        Header::new(name, value)
    });
    prop::collection::vec(line, 0..12)
}

/// What the receiver should see of these lines, told without the code under test.
fn expected_lines(headers: &[Header], host: &str, length: usize) -> Vec<(String, Vec<u8>)> {
    let lower = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
    let named: Vec<String> = headers
        .iter()
        .filter(|line| lower(&line.name) == "connection")
        .flat_map(|line| {
            let names = lower(&line.value);
            names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let mut seen = Vec::new();
    let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
    for line in headers {
        let name = lower(&line.name);
        let value = match name.as_str() {
            "host" => host.as_bytes().to_vec(),
            "content-length" => length.to_string().into_bytes(),
            "te" | "connection" | "keep-alive" | "upgrade" | "trailer" | "proxy-authorization" => {
                continue;
            }
            _ if named.contains(&name) => continue,
            _ => line.value.to_vec(),
        };
        let ours = matches!(name.as_str(), "host" | "content-length");
        if !(ours && seen.contains(&name)) {
            lines.push((String::from_utf8_lossy(&line.name).into_owned(), value));
        }
        seen.push(name);
    }
    if !seen.contains(&"host".to_owned()) {
        lines.insert(0, ("Host".to_owned(), host.as_bytes().to_vec()));
    }
    if !seen.contains(&"content-length".to_owned()) {
        let length = length.to_string().into_bytes();
        lines.push(("Content-Length".to_owned(), length));
    }
    lines
}

#[test]
fn two_hundred_random_requests_arrive_as_they_were_stored() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let peer = runtime.block_on(Peer::new(|_, _| Say::status(200)));
    let outbox = Outbox::new(Client::new(Settings::default()), Limits::default());
    let mut runner = TestRunner::new(Config::with_cases(200));
    let strategy = (headers(), prop::collection::vec(any::<u8>(), 0..64));
    runner
        .run(&strategy, |(headers, body)| {
            let mut capture = request("/captured", &[], body.clone());
            capture.head = Head::build("POST", b"/captured", &headers).unwrap();
            let mut random = fastrand::Rng::with_seed(7);
            let target = peer.target("/app");
            let replay = Replay::as_captured();
            let job = Job::replay(&capture_of(capture), &target, &replay, 0, &mut random).unwrap();
            let made = runtime.block_on(outbox.attempt(&job, 1));
            prop_assert!(made.outcome.attempt.delivered());
            let seen = peer.seen().pop().unwrap();
            let expected: String = expected_lines(&headers, target.authority(), body.len())
                .into_iter()
                .map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8_lossy(&value)))
                .collect();
            prop_assert_eq!(seen.head, format!("POST /app HTTP/1.1\r\n{expected}\r\n"));
            prop_assert_eq!(seen.body, body);
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_elan_signature_keeps_the_form_of_the_captured_one() {
    let body = r#"{"event_id":"evt_1","event_type":"workflow.completed"}"#;
    let secret = Secret::new("elan");
    let signature = |captured: &str| {
        let delivery = capture(&[("x-webhook-signature", captured)], body);
        let replay = Replay {
            signing: Signing::Fresh(Signer::new(Scheme::Elan, [secret.clone()])),
            edits: vec![".n=1".parse().unwrap()],
            ..Replay::as_captured()
        };
        let (head, body) = rendered(&delivery, &replay).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let secrets = std::slice::from_ref(&secret);
        let verdict = verify(&head, &body, Scheme::Elan, secrets, Duration::ZERO, now);
        assert_eq!(verdict.validity(), Validity::Valid, "{captured}");
        let value = head.header("X-Webhook-Signature").unwrap();
        String::from_utf8(value.to_vec()).unwrap()
    };
    let digits = "0a".repeat(32);
    let bare = signature(&digits);
    assert_eq!(bare.len(), 64);
    assert_eq!(
        signature(&format!("sha256={digits}")),
        format!("sha256={bare}")
    );
    assert_eq!(signature("nothing known"), bare);
}

#[test]
fn an_id_and_an_attempt_are_changed_in_every_line_that_says_them() {
    let headers = [
        ("Sixtyfour-Event-Id", "e1"),
        ("sixtyfour-event-id", "e2"),
        ("Sixtyfour-Delivery-Attempt", "2"),
        ("Sixtyfour-Delivery-Attempt", "7"),
    ];
    let replay = Replay {
        event_id: EventId::Value("zz".to_owned()),
        attempt: AttemptNumber::Set(4),
        ..Replay::as_captured()
    };
    let (head, _) = rendered(&capture(&headers, "{}"), &replay).unwrap();
    let values = |name: &'static str| -> Vec<_> { head.headers_named(name).cloned().collect() };
    assert_eq!(values("sixtyfour-event-id"), ["zz", "zz"]);
    assert_eq!(values("sixtyfour-delivery-attempt"), ["4", "4"]);
}

#[test]
fn an_empty_id_is_none() {
    assert_eq!("".parse::<EventId>(), Err(EventIdError));
    assert_eq!(" \t".parse::<EventId>(), Err(EventIdError));
    assert_eq!("new".parse(), Ok(EventId::New));
}

proptest! {
    #[test]
    fn any_capture_can_be_replayed_or_says_why_not(body in any::<Vec<u8>>(), id in any::<String>()) {
        let capture = capture_of(request("/", &[("Sixtyfour-Event-Id", "e")], body));
        let replay = Replay {
            event_id: EventId::Value(id),
            attempt: AttemptNumber::Set(2),
            ..Replay::as_captured()
        };
        let _ = rendered(&capture, &replay);
    }
}
