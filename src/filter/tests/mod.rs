//! The language as a whole, over one sample delivery.

mod contents;
mod meaning;
mod refusals;
mod round_trip;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Delivery, DeliveryId, EventIdSource, Head, Header, Outcome,
    Provider, Reason, Recognition, Reply, Request, Scheme, Settlement, Sighting, Times, Turn,
    Verdict,
};

use super::{Filter, Subject};

const BODY: &str = r#"{"task_id":"550e8400","results":[{"email":"Ada@acme.com","score":0.90},
    {"email":null}],"total":12345678901234567890123,"a b":1,"dup":1,"dup":"two","bad":"\ud800x"}"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn arrival() -> Arrival {
    let headers = [
        Header::new("Content-Type", "application/json"),
        Header::new("X-Odd", &b"caf\xe9"[..]),
        Header::new("x-odd", "two words"),
    ];
    let head = Head::build("POST", b"/webhooks/sixtyfour?x=1", &headers).unwrap();
    Arrival {
        request: Request {
            head,
            body: Bytes::from_static(BODY.as_bytes()),
            trailers: Vec::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 53122)),
            times: Times {
                arrived: at(0),
                head: at(0),
                body: at(1),
            },
            defect: None,
        },
        recognition: Recognition {
            provider: Provider::Sixtyfour,
            event_id: Some(("6f1c0b52-3e1d".to_owned(), EventIdSource::Header)),
            event_type: Some("find_email".to_owned()),
            attempt: Some(3),
            task_id: Some("550e8400".to_owned()),
            ..Recognition::nothing()
        },
        verdict: Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch),
        sighting: Sighting {
            turn: Turn::Retry,
            arrival: 2,
            first: DeliveryId::new(7),
            conflict: true,
        },
        answer: Answer {
            reply: Reply::json(500, "{}"),
            by: AnsweredBy::Armed {
                rule: "500x3".to_owned(),
                step: 1,
                of: Some(3),
            },
        },
    }
}

fn settled(outcome: Outcome) -> Option<Settlement> {
    Some(Settlement { outcome, at: at(3) })
}

fn delivery(change: impl FnOnce(&mut Arrival)) -> Delivery {
    let mut arrival = arrival();
    change(&mut arrival);
    Delivery {
        id: DeliveryId::new(12).unwrap(),
        arrival: Arc::new(arrival),
        settlement: settled(Outcome::Answered),
        diagnosis: None,
    }
}

fn filter(text: &str) -> Filter {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether the filter matches the delivery ten minutes after it came.
fn matches(text: &str, delivery: &Delivery) -> bool {
    filter(text).matches(&Subject::new(delivery, at(600)))
}

fn all_match(texts: &[&str], delivery: &Delivery) {
    for text in texts {
        assert!(matches(text, delivery), "{text} should match");
        let negated = format!("-({text})");
        assert!(!matches(&negated, delivery), "{negated} should not match");
    }
}

fn none_match(texts: &[&str], delivery: &Delivery) {
    for text in texts {
        assert!(!matches(text, delivery), "{text} should not match");
    }
}
