//! What a listener has to say beside deliveries, as values: for JSON lines and for text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::clock;
use crate::delivery::{Attempt, Delivery, DeliveryId, Failure};

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice<'a> {
    /// The socket accepts.
    Ready(Ready<'a>),
    /// A retry is overdue.
    Late(Late<'a>),
    /// The provider has given an event up.
    Ended(Ended<'a>),
    /// An answer is being held.
    Held(Held<'a>),
    /// A capture was sent again.
    Replay(Sent<'a>),
    /// A delivery was passed on to the local app.
    Forward(Sent<'a>),
    /// The store refused a delivery, or takes them again.
    StoreFailed(StoreFailed<'a>),
    /// The listener has stopped.
    Stopped(Stopped<'a>),
    /// Something failed.
    Error(Problem<'a>),
    /// Something is not as it should be, and does not stop.
    Warning(Problem<'a>),
}

/// The socket accepts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ready<'a> {
    /// When.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// The local URL.
    pub local: &'a str,
    /// The tunnel's URL.
    pub public: Option<&'a str>,
    /// `on` or `off`.
    pub signing: &'a str,
    /// The process.
    pub pid: u32,
    /// The port, when `0` was asked for too.
    pub port: u16,
    /// The store's file, or `:memory:`.
    pub store: &'a str,
    /// Where deliveries are forwarded to, as it was given.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub routes: &'a [String],
    /// The seed of the fault plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A retry is overdue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Late<'a> {
    /// When it was noticed.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// The event's id.
    pub event_id: Option<&'a str>,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: Option<&'a str>,
    /// Its first delivery.
    pub event: u64,
    /// The attempt that did not come.
    pub attempt: u32,
    /// When it was due.
    #[serde(serialize_with = "clock::serialize")]
    pub due: Timestamp,
}

/// The provider has given an event up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended<'a> {
    /// When that became clear.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// The event's id.
    pub event_id: Option<&'a str>,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: Option<&'a str>,
    /// Its first delivery.
    pub event: u64,
    /// How many attempts arrived.
    pub attempts: u32,
}

/// An answer is being held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Held<'a> {
    /// Since when.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// The delivery.
    pub seq: u64,
    /// Its event's id.
    pub event_id: Option<&'a str>,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: Option<&'a str>,
}

/// The delivery that something was sent because of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Of<'a> {
    /// Its number.
    pub seq: DeliveryId,
    /// Its event's id.
    pub event_id: Option<&'a str>,
    /// Its type.
    pub event_type: Option<&'a str>,
}

impl<'a> Of<'a> {
    /// This delivery.
    #[must_use]
    pub fn delivery(delivery: &'a Delivery) -> Self {
        let recognition = &delivery.arrival.recognition;
        Self {
            seq: delivery.id,
            event_id: recognition.event_id_text(),
            event_type: recognition.event_type.as_deref(),
        }
    }
}

/// A capture was sent somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent<'a> {
    /// When it left.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// The delivery it is a copy of.
    pub of_seq: u64,
    /// Which one of its job, from 1.
    pub number: u32,
    /// The event's id.
    pub event_id: Option<&'a str>,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: Option<&'a str>,
    /// Where it went.
    pub target: &'a str,
    /// The status that came back; `null` when none did.
    pub status: Option<u16>,
    /// How long it took.
    pub took_ms: f64,
    /// The body of the answer, or its beginning; `null` when there was no answer.
    pub answer: Option<Cow<'a, str>>,
    /// Whether there was more of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub answer_cut: bool,
    /// Why no status came back, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'a str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl<'a> Sent<'a> {
    /// A request that was made because of a delivery, with at most so many bytes of the answer.
    #[must_use]
    pub fn new(of: Of<'a>, attempt: &'a Attempt, limit: usize) -> Self {
        let answer = attempt.result.as_ref().ok();
        let failure = attempt.result.as_ref().err();
        let shown = answer.map(|answer| &answer.body[..answer.body.len().min(limit)]);
        Self {
            at: attempt.started,
            of_seq: of.seq.get(),
            number: attempt.number,
            event_id: of.event_id,
            event_type: of.event_type,
            target: &attempt.target,
            status: answer.map(|answer| answer.status),
            took_ms: clock::milliseconds(attempt.took),
            answer: shown.map(String::from_utf8_lossy),
            answer_cut: answer.is_some_and(|answer| answer.body_cut || answer.body.len() > limit),
            failure: failure.map(Failure::name),
            error: failure.map(ToString::to_string),
        }
    }
}

/// The store refused a delivery, or takes them again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoreFailed<'a> {
    /// When.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// Why.
    pub error: &'a str,
    /// How many deliveries were answered 503 for it so far.
    pub refused: u64,
    /// It works again.
    pub recovered: bool,
}

/// The listener has stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stopped<'a> {
    /// When.
    #[serde(serialize_with = "clock::serialize")]
    pub at: Timestamp,
    /// How many events came.
    pub events: u64,
    /// In how many deliveries.
    pub deliveries: u64,
    /// How many had a signature that does not hold.
    pub bad_sig: u64,
    /// How many could not be stored, or were not shown.
    pub dropped: u64,
    /// How many events were answered 2xx in the end.
    pub acknowledged: u64,
    /// How many the provider gave up; unknown when nobody watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undelivered: Option<u64>,
    /// For how many a retry is expected.
    pub open: u64,
    /// `interrupt`, `terminated`, `matched`, `timeout`, …
    pub reason: &'a str,
}

/// An error or a warning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem<'a> {
    /// Its name for programs: `port_in_use`.
    pub code: &'a str,
    /// What happened.
    pub error: &'a str,
    /// Its cause, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'a str>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{ndjson, samples};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_notice_is_one_object_that_begins_with_version_and_kind() {
        let ready = Notice::Ready(Ready {
            at: at("2026-11-20T14:01:59.002Z"),
            local: "http://127.0.0.1:6464/",
            public: None,
            signing: "on",
            pid: 48213,
            port: 6464,
            store: ":memory:",
            routes: &[],
            seed: None,
        });
        insta::assert_snapshot!(ndjson::notice(&ready), @r#"{"v":1,"kind":"ready","at":"2026-11-20T14:01:59.002Z","local":"http://127.0.0.1:6464/","public":null,"signing":"on","pid":48213,"port":6464,"store":":memory:"}"#);
        let late = Notice::Late(Late {
            at: at("2026-11-20T14:02:12.9Z"),
            event_id: Some("6f1c0b52"),
            event_type: None,
            event: 22,
            attempt: 4,
            due: at("2026-11-20T14:02:10.45Z"),
        });
        insta::assert_snapshot!(ndjson::notice(&late), @r#"{"v":1,"kind":"late","at":"2026-11-20T14:02:12.900Z","event_id":"6f1c0b52","type":null,"event":22,"attempt":4,"due":"2026-11-20T14:02:10.450Z"}"#);
        let delivery = samples::find_email();
        let mut attempt = samples::replayed("{\"id\":7}");
        let of = Of::delivery(&delivery);
        let replay = Notice::Replay(Sent::new(of, &attempt, 100));
        insta::assert_snapshot!(ndjson::notice(&replay), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"event_id":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","type":"find_email","target":"http://127.0.0.1:3000/","status":202,"took_ms":38.1,"answer":"{\"id\":7}"}"#);
        let cut = Sent::new(of, &attempt, 3);
        assert_eq!(
            (cut.answer.as_deref(), cut.answer_cut),
            (Some("{\"i"), true)
        );
        attempt.result = Err(Failure::Broken("reset".to_owned()));
        let replay = Notice::Replay(Sent::new(of, &attempt, 100));
        insta::assert_snapshot!(ndjson::notice(&replay), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"event_id":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","type":"find_email","target":"http://127.0.0.1:3000/","status":null,"took_ms":38.1,"answer":null,"failure":"broken","error":"the connection broke: reset"}"#);
        let problem = Notice::Error(Problem {
            code: "port_in_use",
            error: "cannot listen on \u{1b}[31m",
            why: None,
            fix: None,
        });
        insta::assert_snapshot!(ndjson::notice(&problem), @r#"{"v":1,"kind":"error","code":"port_in_use","error":"cannot listen on \u001b[31m"}"#);
    }
}
