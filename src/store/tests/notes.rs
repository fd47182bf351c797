//! What becomes of a delivery is added to it, and never changes it.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use super::{Fixture, arrival, at, get, id, insert};
use crate::delivery::attempt::Response;
use crate::delivery::{
    AnsweredBy, Attempt, Confidence, Diagnosis, Failure, Finding, Header, Outcome, Provider,
    Reason, Settlement, Sighting, Turn,
};
use crate::store::{Location, Options, Origin, Outgoing, Sent, Store};

fn memory() -> Store {
    Store::open(&Location::Memory, Options::default()).unwrap()
}

fn settled(outcome: Outcome) -> Settlement {
    Settlement {
        outcome,
        at: at(11),
    }
}

fn attempt(result: Result<Response, Failure>) -> Attempt {
    Attempt {
        number: 2,
        target: "http://127.0.0.1:3000/x".to_owned(),
        started: at(5),
        took: Duration::from_micros(1234),
        result,
    }
}

fn response(status: u16, body: &[u8]) -> Response {
    Response {
        status,
        headers: vec![Header::new("X-a", "1"), Header::new("x-A", "")],
        body: Bytes::copy_from_slice(body),
        body_cut: false,
    }
}

#[tokio::test]
async fn a_settlement_is_added_soon_without_anybody_waiting() {
    let store = memory();
    insert(&store, arrival("e", "x")).await;
    assert_eq!(get(&store, 1).settlement, None);
    let mut changes = store.changes();
    changes.borrow_and_update();
    store.settle(id(1), settled(Outcome::Reset));
    // The insert itself may be told of as late as this.
    let added = async {
        while get(&store, 1).settlement.is_none() {
            changes.changed().await.unwrap();
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), added).await;
    in_time.expect("it was never added");
    assert_eq!(get(&store, 1).settlement, Some(settled(Outcome::Reset)));
}

#[tokio::test]
async fn a_diagnosis_comes_back_as_it_was() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e", "x")).await;
    let finding = |candidate: &str, confidence| Finding {
        candidate: candidate.to_owned(),
        matches: confidence == Confidence::High,
        confidence,
        explanation: "the body was \"re-indented\"\n".to_owned(),
        fix: "sign the raw body".to_owned(),
    };
    let diagnosis = Diagnosis {
        findings: vec![
            finding("body_compact_json", Confidence::High),
            finding("clock", Confidence::Low),
        ],
        tried: 1234,
        not_tried: Some("combinations: the body is larger than 64 KiB".to_owned()),
    };
    store.diagnosed(id(1), diagnosis.clone());
    store.flush().await.unwrap();
    assert_eq!(get(&store, 1).diagnosis, Some(diagnosis.clone()));
    drop(store);
    assert_eq!(get(&fixture.open().unwrap(), 1).diagnosis, Some(diagnosis));
}

#[tokio::test]
async fn attempts_are_kept_beside_the_capture_in_order() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    let sent = arrival("e", "x");
    insert(&store, sent.clone()).await;
    let failures = [
        Failure::Unreachable("refused".into()),
        Failure::Tls("no".into()),
        Failure::TimedOut(Duration::from_millis(10_500)),
        Failure::Broken("reset".into()),
        Failure::NotHttp("garbage".into()),
        Failure::Stopped,
    ];
    let mut made = vec![
        Outgoing::new(Origin::Forward, attempt(Ok(response(500, b"oh \xff")))),
        Outgoing {
            origin: Origin::Replay,
            attempt: attempt(Ok(response(204, b""))),
            sent: Some(Sent {
                head: Bytes::from_static(b"POST / HTTP/1.1\r\n\r\n"),
                body: Some(Bytes::from_static(b"changed")),
            }),
        },
        Outgoing {
            origin: Origin::Forward,
            attempt: attempt(Ok(response(204, b""))),
            sent: Some(Sent {
                head: Bytes::from_static(b"POST /x HTTP/1.1\r\n\r\n"),
                body: None,
            }),
        },
        Outgoing {
            origin: Origin::Replay,
            attempt: attempt(Ok(response(204, b""))),
            sent: Some(Sent {
                head: Bytes::from_static(b"POST /y HTTP/1.1\r\n\r\n"),
                body: Some(Bytes::new()),
            }),
        },
    ];
    for failure in failures {
        made.push(Outgoing::new(Origin::Send, attempt(Err(failure))));
    }
    for outgoing in &made {
        store.attempt(id(1), outgoing.clone());
    }
    store.flush().await.unwrap();
    assert_eq!(store.attempts(id(1)).unwrap(), made);
    assert_eq!(store.attempts(id(2)).unwrap(), Vec::new());
    assert_eq!(*get(&store, 1).arrival, sent);
}

#[tokio::test]
async fn an_answer_is_kept_up_to_a_mebibyte_and_marked_cut_beyond() {
    let store = memory();
    insert(&store, arrival("e", "x")).await;
    let body = vec![7; (1 << 20) + 1];
    let outgoing = Outgoing::new(Origin::Forward, attempt(Ok(response(200, &body))));
    store.attempt_durably(id(1), outgoing).await.unwrap();
    let kept = store.attempts(id(1)).unwrap().remove(0);
    let kept = kept.attempt.result.unwrap();
    assert_eq!(kept.body.len(), 1 << 20);
    assert!(kept.body_cut);
}

#[tokio::test]
async fn the_newest_forward_is_read_without_the_bytes_of_its_answer_or_any_replay() {
    let store = memory();
    for event in ["a", "b", "c"] {
        insert(&store, arrival(event, "x")).await;
    }
    let refused = Failure::Unreachable("connection refused".to_owned());
    for (number, origin, result) in [
        (1, Origin::Forward, Err(Failure::Stopped)),
        (1, Origin::Forward, Err(refused.clone())),
        (1, Origin::Replay, Ok(response(200, b"large"))),
        (2, Origin::Forward, Ok(response(503, b"large"))),
        (3, Origin::Replay, Ok(response(200, b"large"))),
    ] {
        let outgoing = Outgoing::new(origin, attempt(result));
        store.attempt_durably(id(number), outgoing).await.unwrap();
    }
    let forward = |number| store.forward(id(number)).unwrap();
    assert_eq!(forward(1), Some(attempt(Err(refused))));
    let narrow = Response {
        headers: Vec::new(),
        ..response(503, b"")
    };
    assert_eq!(forward(2), Some(attempt(Ok(narrow))));
    assert_eq!(forward(3), None);
}

#[test]
fn only_what_differs_from_the_capture_is_kept_of_a_request() {
    let captured = arrival("e", "{\"a\":1}").request;
    let head = captured.head.raw().clone();
    let head = head.strip_suffix(b"\r\n").unwrap();
    let again = Bytes::copy_from_slice(&captured.body);
    for body in [&captured.body, &again] {
        assert_eq!(Sent::unless_captured(&captured, head, body), None);
        let other = Sent::unless_captured(&captured, b"POST / HTTP/1.1\r\n", body).unwrap();
        assert_eq!(&other.head[..], b"POST / HTTP/1.1\r\n\r\n");
        assert_eq!(other.body, None);
    }
    let changed = Bytes::from_static(b"{\"a\":2}");
    let sent = Sent::unless_captured(&captured, head, &changed).unwrap();
    assert_eq!(sent.body, Some(changed));
}

#[test]
fn of_a_large_changed_body_only_the_beginning_is_held() {
    let captured = arrival("e", "x").request;
    let large = Bytes::from(vec![7; (1 << 20) + 1]);
    let sent = Sent::unless_captured(&captured, b"POST / HTTP/1.1\r\n", &large).unwrap();
    let kept = sent.body.unwrap();
    assert_eq!(kept.len(), 1 << 20);
    assert!(large.is_unique(), "the rest is held too");
}

type Memory = (u64, u64, String, bool, bool);

fn remembered(store: &Store) -> Vec<Memory> {
    let all = Mutex::new(Vec::new());
    store
        .remembered(|seen| {
            assert_eq!(seen.provider, Provider::Sixtyfour);
            let event_id = seen.event_id.to_owned();
            all.lock().unwrap().push((
                seen.id.get(),
                seen.event.get(),
                event_id,
                seen.trusted,
                seen.acknowledged,
            ));
        })
        .unwrap();
    let mut all = all.into_inner().unwrap();
    all.sort();
    all
}

#[tokio::test]
async fn deduplication_learns_after_a_restart_what_it_knew_before() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    // 1: acknowledged. 2: its sender left. 3: refused, 4: its retry. 5: no event id.
    insert(&store, arrival("a", "x")).await;
    insert(&store, arrival("b", "x")).await;
    let mut refused = arrival("c", "x");
    refused.answer.reply.status = 401;
    refused.verdict.reason = Reason::SignatureMismatch;
    insert(&store, refused).await;
    let mut retry = arrival("c", "x");
    retry.sighting = Sighting {
        turn: Turn::Retry,
        arrival: 2,
        first: Some(id(3)),
        conflict: false,
    };
    insert(&store, retry).await;
    let mut plain = arrival("", "x");
    plain.recognition.event_id = None;
    insert(&store, plain).await;
    // 6: the app took it, though its sender left. 7: the app took it, though a fault answered.
    let mut by_app = arrival("d", "x");
    by_app.answer.by = AnsweredBy::App;
    insert(&store, by_app).await;
    let mut faulty = arrival("e", "x");
    faulty.answer.reply.status = 500;
    insert(&store, faulty).await;
    store.settle(id(1), settled(Outcome::Answered));
    store.settle(id(2), settled(Outcome::PeerLeft));
    store.settle(id(6), settled(Outcome::PeerLeft));
    let taken = Outgoing::new(Origin::Forward, attempt(Ok(response(204, b""))));
    store.attempt_durably(id(7), taken).await.unwrap();
    drop(store);

    let expected = [
        (1, 1, "a", true, true),
        (2, 2, "b", true, false),
        (3, 3, "c", false, false),
        (4, 3, "c", true, true),
        (6, 6, "d", true, true),
        (7, 7, "e", true, true),
    ];
    let expected = expected.map(|(id, event, event_id, trusted, acknowledged)| {
        (id, event, event_id.to_owned(), trusted, acknowledged)
    });
    assert_eq!(remembered(&fixture.open().unwrap()), expected);
}
