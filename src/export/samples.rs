//! Deliveries for the tests of this room.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::attempt::Response;
use crate::delivery::{
    Answer, AnsweredBy, Arrival, Attempt, Delivery, DeliveryId, Ending, Envelope, EventIdSource,
    Head, Header, Outcome, Provider, Reason, Recognition, Reply, Request, Scheme, Settlement,
    Sighting, Times, Turn, Verdict,
};

pub(super) const BODY: &str = "{\"task_id\":\"550e8400-e29b-41d4-a716-446655440000\", \"status\":\"completed\",\n \"cost\":1.10}";

pub(super) const ARRIVED: &str = "2026-11-20T14:02:03.412Z";

fn time(offset: Duration) -> Timestamp {
    ARRIVED.parse::<Timestamp>().unwrap() + offset
}

/// A first, signed delivery that an armed fault answered with 500.
pub(super) fn find_email() -> Delivery {
    let headers = [
        Header::new("Host", "abc123.ngrok-free.app"),
        Header::new("Content-Type", "application/json"),
        Header::new("Sixtyfour-Signature", "t=1795183323,v1=5a4c34c3"),
        Header::new("Authorization", "Bearer opensesame"),
        Header::new("X-Forwarded-For", "203.0.113.24"),
    ];
    let request = Request {
        head: Head::build("POST", b"/webhooks/sixtyfour?env=dev", &headers).unwrap(),
        body: Bytes::from_static(BODY.as_bytes()),
        trailers: Vec::new(),
        peer: "127.0.0.1:50123".parse().unwrap(),
        times: Times {
            arrived: time(Duration::ZERO),
            head: time(Duration::from_micros(400)),
            body: time(Duration::from_micros(900)),
        },
        defect: None,
    };
    let arrival = Arrival {
        request,
        recognition: recognition(),
        verdict: verdict(),
        sighting: Sighting::first(),
        answer: answer(1),
    };
    Delivery {
        id: DeliveryId::new(22).unwrap(),
        arrival: Arc::new(arrival),
        settlement: Some(Settlement {
            outcome: Outcome::Answered,
            at: time(Duration::from_micros(3_100)),
        }),
        diagnosis: None,
    }
}

/// The second attempt of the same event, about a second later.
pub(super) fn retry() -> Delivery {
    let mut delivery = find_email();
    let first = delivery.id;
    delivery.id = DeliveryId::new(23).unwrap();
    let later = Duration::from_millis(1_018);
    change(&mut delivery, |arrival| {
        arrival.recognition.attempt = Some(2);
        arrival.answer = answer(2);
        arrival.sighting = Sighting {
            turn: Turn::Retry,
            arrival: 2,
            first: Some(first),
            conflict: false,
        };
        arrival.request.times = Times {
            arrived: time(later),
            head: time(later),
            body: time(later),
        };
    });
    delivery.settlement = Some(Settlement {
        outcome: Outcome::Answered,
        at: time(later + Duration::from_millis(3)),
    });
    delivery
}

/// A replay that was answered with this.
pub(super) fn replayed(answer: impl Into<Bytes>) -> Attempt {
    Attempt {
        number: 1,
        target: "http://127.0.0.1:3000/".to_owned(),
        started: "2026-11-20T14:02:20.1Z".parse().unwrap(),
        took: Duration::from_micros(38_061),
        result: Ok(Response {
            status: 202,
            headers: vec![
                Header::new("Content-Type", "application/json"),
                Header::new("Set-Cookie", "id=opensesame"),
            ],
            body: answer.into(),
            body_cut: false,
        }),
    }
}

/// Another body, described by another `Content-Type`.
pub(super) fn with_body(content_type: &'static str, body: impl Into<Bytes>) -> Delivery {
    let mut delivery = find_email();
    let body = body.into();
    change(&mut delivery, |arrival| {
        let headers = [Header::new("Content-Type", content_type)];
        arrival.request.head = Head::build("POST", b"/", &headers).unwrap();
        arrival.request.body = body;
    });
    delivery
}

pub(super) fn change(delivery: &mut Delivery, change: impl FnOnce(&mut Arrival)) {
    let mut arrival = Arrival::clone(&delivery.arrival);
    change(&mut arrival);
    delivery.arrival = Arc::new(arrival);
}

fn recognition() -> Recognition {
    let id = "6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab".to_owned();
    Recognition {
        provider: Provider::Sixtyfour,
        envelope: Envelope::Job,
        event_id: Some((id, EventIdSource::Header)),
        event_type: Some("find_email".to_owned()),
        attempt: Some(1),
        task_id: Some("550e8400-e29b-41d4-a716-446655440000".to_owned()),
        run_id: None,
        disagreements: Vec::new(),
    }
}

fn verdict() -> Verdict {
    Verdict {
        matched_secret_index: Some(0),
        matched_v1_index: Some(0),
        signature_matches_ignoring_time: Some(true),
        age_seconds: Some(0),
        key_hint: Some("5aea".to_owned()),
        ..Verdict::because(Some(Scheme::Sixtyfour), Reason::Ok)
    }
}

fn answer(step: u64) -> Answer {
    Answer {
        reply: Reply {
            status: 500,
            headers: vec![Header::new("Content-Type", "application/json")],
            body: Bytes::from_static(b"{\"error\":\"armed\"}"),
            delay: Duration::ZERO,
            ending: Ending::Normal,
        },
        by: AnsweredBy::Armed {
            rule: "500x5".to_owned(),
            step,
            of: Some(5),
        },
    }
}

/// A defect that makes the head unreadable.
pub(super) fn unreadable() -> Delivery {
    let mut delivery = find_email();
    change(&mut delivery, |arrival| {
        arrival.request.head = Head::unreadable(Bytes::from_static(b"\x16\x03\x01\x02"));
        arrival.request.body = Bytes::new();
        arrival.recognition = Recognition::nothing();
        arrival.request.defect = Some(crate::delivery::Defect::Malformed {
            status: 400,
            why: Cow::Borrowed("TLS was spoken to a port that speaks HTTP"),
        });
    });
    delivery
}
