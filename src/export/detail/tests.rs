use std::collections::BTreeMap;

use bytes::Bytes;

use crate::delivery::{AnsweredBy, Diagnosis, Scheme};
use crate::delivery::{Confidence, Disagreement, Failure, Finding, Head, Reason, Verdict};
use crate::export::samples;

use super::*;

const DOCUMENTED: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

fn print(delivery: &Delivery, event: &[Delivery], options: Options) -> String {
    let now = "2026-11-20T14:02:05.433Z".parse().unwrap();
    let failed = Attempt {
        number: 1,
        target: "http://127.0.0.1:3000/".to_owned(),
        started: now,
        took: Duration::from_millis(12),
        result: Err(Failure::Unreachable("connection refused".to_owned())),
    };
    let head = "POST /hook HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/json\r\n\
                Sixtyfour-Signature: t=1795183325,v1=0b\r\nAuthorization: Bearer opensesame\r\n\
                X-Evil: \u{9b}31m\r\nContent-Length: 2\r\n\r\n";
    let changed = Changed::new(&Bytes::from(head), Some(b"{}"));
    let subject = Subject {
        delivery,
        body_sha256: &[0xA1; 32],
        event,
        sent: &[Sent {
            origin: "replay",
            attempt: &failed,
            changed: Some(&changed),
        }],
        because: &BTreeMap::new(),
        documented: &DOCUMENTED,
        outlook: Some(Outlook::Due {
            attempt: 3,
            at: "2026-11-20T14:02:06.433Z".parse().unwrap(),
            documented: Some(DOCUMENTED[1]),
            measured: false,
        }),
        now,
    };
    detail(&subject, options)
}

fn alone(delivery: &Delivery) -> String {
    print(delivery, std::slice::from_ref(delivery), Options::default())
}

#[test]
fn a_delivery_in_full_is_readable_from_top_to_bottom() {
    let event = [samples::find_email(), samples::retry()];
    insta::assert_snapshot!(print(&event[1], &event, Options::default()), @r#"
    Delivery 23
      Event       6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab  (from the header)
      Type        find_email
      Provider    sixtyfour, job envelope
      Task        550e8400-e29b-41d4-a716-446655440000
      Attempt     2: a retry, arrival 2 of its event
      Received    2026-11-20T14:02:04.430Z  (1 s ago)
      Request     POST /webhooks/sixtyfour?env=dev HTTP/1.1, from 127.0.0.1:50123
      Via         ngrok for 203.0.113.24 to abc123.ngrok-free.app  (so the headers say)
      Body        86 B, application/json, sha256 a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
      Signature   valid: a secret matches
      Answer      500 by armed 2/5 after 3 ms

    Headers (5, in order, as spelled)
        Host: abc123.ngrok-free.app
        Content-Type: application/json
      S Sixtyfour-Signature: t=1795183323,v1=5a4c34c3
        Authorization: [masked]
      T X-Forwarded-For: 203.0.113.24
      S from the sender's signature pipeline   T added on the way

    Checks
      ok          no header is repeated
      ok          attempt 2 is arrival 2 of the event
      ok          headers and body agree
      Changed     since delivery 22: nothing

    Body
        {
          "task_id": "550e8400-e29b-41d4-a716-446655440000",
          "status": "completed",
          "cost": 1.10
        }

    Signature
      Verdict     valid: a secret matches
      Reason      ok
      Scheme      sixtyfour-v1: HMAC-SHA256 of "t.body"
      Header      Sixtyfour-Signature: t=1795183323,v1=5a4c34c3
      Key         secret 1, …5aea, matches v1 1
      Age         t is 0 s before the arrival
      Signed      "1795183323." and 86 body bytes

    Attempts (2 arrived)
       #    delivery  arrived                        gap   start    docs  answer              took      sig
       1          22  2026-11-20T14:02:03.412Z       -       -       -  500 armed 1/5       3 ms      ok
      >2          23  2026-11-20T14:02:04.430Z   1.01s   1.02s      1s  500 armed 2/5       3 ms      ok
      Next        attempt 3 due 2026-11-20T14:02:06.433Z, in 1 s, documented gap 2s
      Bodies      the same in all of them
      Gap         from the end of the attempt before (our answer, or the peer leaving) to the arrival

    Answer
      Status      500 Internal Server Error
      By          armed 2/5, rule 500x5
      Ending      normal, outcome answered
      Timing      head 0 ms, body 0 ms, answer 3 ms after the first byte
        Content-Type: application/json
        {
          "error": "armed"
        }

    Sent on
      replay 1  2026-11-20T14:02:05.433Z  http://127.0.0.1:3000/  could not connect: connection refused  12 ms
        + POST /hook
        + Sixtyfour-Signature: t=1795183325,v1=0b
        + X-Evil: \u{9b}31m
        - Sixtyfour-Signature: t=1795183323,v1=5a4c34c3
        - X-Forwarded-For: 203.0.113.24
        + another body: 2 B, captured 86 B
    "#);
}

#[test]
fn an_answer_to_what_was_sent_on_stands_under_it_marked_and_masked() {
    let delivery = samples::find_email();
    let page = |attempt: &Attempt, origin| {
        let subject = Subject {
            delivery: &delivery,
            body_sha256: &[0xA1; 32],
            event: std::slice::from_ref(&delivery),
            sent: &[Sent {
                origin,
                attempt,
                changed: None,
            }],
            because: &BTreeMap::new(),
            documented: &[],
            outlook: None,
            now: attempt.started,
        };
        let page = detail(&subject, Options::default());
        page[page.find("Sent on").unwrap()..].to_owned()
    };
    let mut attempt = samples::replayed("{\"a\":\"\u{9b}\"}");
    // The delivery's own answer was that of an armed rule.
    insta::assert_snapshot!(page(&attempt, "forward"), @r#"
    Sent on
      forward 1  2026-11-20T14:02:20.100Z  http://127.0.0.1:3000/  202  38 ms
        < 202 Accepted
        < Content-Type: application/json
        < Set-Cookie: [masked]
        <
        < {
        <   "a": "\u{9b}"
        < }
    "#);
    if let Ok(response) = &mut attempt.result {
        response.body = Bytes::from("x\nSent on\n".repeat(3_000));
        response.body_cut = true;
    }
    let long = page(&attempt, "replay");
    assert_eq!(long.matches("\nSent on").count(), 0);
    assert!(long.len() < 64 << 10);
    assert!(
        long.ends_with(
            "… 13 KiB more; all that was kept: hook64 show 22 --body full --output json\n    \
             … and more, which was not kept\n"
        ),
        "{long}"
    );
}

#[test]
fn a_long_answer_of_ours_is_shown_from_its_beginning_and_it_is_said_where_all_of_it_is() {
    let mut delivery = samples::find_email();
    samples::change(&mut delivery, |arrival| {
        arrival.answer.reply.body = Bytes::from("x".repeat(20 << 10));
    });
    let page = alone(&delivery);
    assert_eq!(page.matches('x').count() / 1024, 16, "{}", page.len());
    let rest = "… 4 KiB more; all of it: hook64 export --format har seq:22\n";
    assert!(page.contains(rest), "{page}");
}

#[test]
fn an_answer_in_the_apps_place_names_its_reason() {
    let mut delivery = samples::find_email();
    samples::change(&mut delivery, |arrival| {
        arrival.answer.by = AnsweredBy::App;
        arrival.answer.reply.status = 502;
    });
    let because = "nothing listens on 127.0.0.1:3999".to_owned();
    let subject = Subject {
        delivery: &delivery,
        body_sha256: &[0xA1; 32],
        event: std::slice::from_ref(&delivery),
        sent: &[],
        because: &BTreeMap::from([(delivery.id, because)]),
        documented: &[],
        outlook: None,
        now: delivery.request().times.arrived,
    };
    let page = detail(&subject, Options::default());
    for line in [
        "  Answer      502 by hook64 after 3 ms: nothing listens on 127.0.0.1:3999\n",
        "  By          hook64: nothing listens on 127.0.0.1:3999\n",
        "  502 hook64 ",
    ] {
        assert!(page.contains(line), "{line:?} in {page}");
    }
}

#[test]
fn attempts_that_are_counted_apart_say_so() {
    let mut stranger = samples::find_email();
    samples::change(&mut stranger, |arrival| {
        arrival.verdict = Verdict::because(None, Reason::NoSecretConfigured);
    });
    let event = [stranger, samples::retry()];
    let page = |number: usize| print(&event[number], &event, Options::default());
    assert!(page(0).contains("the first arrival of its event without a valid signature\n"));
    assert!(page(1).contains("arrival 2 of its event with a valid signature\n"));
    let heading = "(2 arrived, 1 of them with a valid signature, which are counted apart)\n";
    assert!(page(1).contains(heading), "{}", page(1));
}

#[test]
fn a_bad_signature_comes_with_its_diagnosis() {
    let mut bad = samples::find_email();
    samples::change(&mut bad, |arrival| {
        arrival.verdict = Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch);
    });
    bad.diagnosis = Some(Diagnosis {
        findings: vec![Finding {
            candidate: "body_compact_json".to_owned(),
            matches: true,
            confidence: Confidence::High,
            explanation: "The body was re-serialised on the way.".to_owned(),
            fix: "verify the raw bytes before parsing them".to_owned(),
        }],
        tried: 412,
        not_tried: Some("combinations: the body is 1.2 MiB".to_owned()),
    });
    let page = alone(&bad);
    let start = page.find("\nSignature\n").unwrap() + 1;
    let end = page.find("\nAttempts").unwrap();
    insta::assert_snapshot!(&page[start..end], @r#"
    Signature
      Verdict     invalid: no v1 matches
      Reason      signature_mismatch
      Scheme      sixtyfour-v1: HMAC-SHA256 of "t.body"
      Header      Sixtyfour-Signature: t=1795183323,v1=5a4c34c3
      Signed      "1795183323." and 86 body bytes

    Why it does not match
      proved      body compact json  (high confidence)
                  The body was re-serialised on the way.
      fix         verify the raw bytes before parsing them
      Tried       412 combinations; not tried: combinations: the body is 1.2 MiB
    "#);
}

#[test]
fn credentials_are_shown_only_when_asked_for() {
    let delivery = samples::find_email();
    assert!(!alone(&delivery).contains("opensesame"));
    let options = Options {
        credentials: Credentials::Revealed,
        ..Options::default()
    };
    let revealed = print(&delivery, std::slice::from_ref(&delivery), options);
    assert!(revealed.contains("Authorization: Bearer opensesame"));
}

#[test]
fn nothing_received_acts_on_the_terminal() {
    let evil = "\u{1b}[31m\u{9b}2J\u{202e}\u{7}";
    let mut hostile = samples::find_email();
    samples::change(&mut hostile, |arrival| {
        let headers = [Header::new("X-Evil", "\u{9b}31m\u{202e}")];
        arrival.request.head = Head::build("POST", "/\u{202e}".as_bytes(), &headers).unwrap();
        arrival.request.body = Bytes::from(evil);
        let recognition = &mut arrival.recognition;
        recognition.event_type = Some(evil.to_owned());
        recognition.event_id.as_mut().unwrap().0 = evil.to_owned();
        recognition.task_id = Some(evil.to_owned());
        recognition.run_id = Some(evil.to_owned());
        recognition.disagreements = vec![Disagreement {
            header: "Sixtyfour-Event-Type",
            header_says: evil.to_owned(),
            field: "task_type",
            field_says: evil.to_owned(),
        }];
    });
    let page = alone(&hostile);
    let acts = |character: &char| {
        (character.is_control() && *character != '\n') || *character == '\u{202e}'
    };
    assert_eq!(page.chars().find(acts), None, "{page}");
}

#[test]
fn a_head_that_is_no_http_is_shown_as_it_came() {
    let page = alone(&samples::unreadable());
    assert!(
        page.contains("\nHead, as sent\n    \\u{16}\\u{3}\\u{1}\\u{2}\n"),
        "{page}"
    );
    assert!(
        page.contains("Defect      TLS was spoken to a port that speaks HTTP (400)"),
        "{page}"
    );
}

#[test]
fn a_body_cannot_pass_for_a_heading_or_a_verdict() {
    let body = "x\nSignature\n  Verdict     valid: a secret matches";
    let page = alone(&samples::with_body("text/plain", body));
    let headings = page.lines().filter(|line| *line == "Signature").count();
    let verdicts = page
        .lines()
        .filter(|line| line.starts_with("  Verdict"))
        .count();
    assert_eq!((headings, verdicts), (1, 1), "{page}");
}

#[test]
fn colour_changes_no_word() {
    let delivery = samples::find_email();
    let options = Options {
        paint: Paint::On,
        ..Options::default()
    };
    let painted = print(&delivery, std::slice::from_ref(&delivery), options);
    assert!(painted.contains("\u{1b}["));
    assert_eq!(
        anstream::adapter::strip_str(&painted).to_string(),
        alone(&delivery)
    );
}
