//! Deliveries made by hand, for the tests of this room.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Delivery, DeliveryId, Diagnosis, Ending, Envelope, EventIdSource,
    Head, Header, Outcome, Provider, Reason, Recognition, Reply, Request, Scheme, Settlement,
    Sighting, Turn, Verdict, request::Times,
};

use super::row::{By, Planned, Row, Word};

/// Some seconds after the hour at which every test begins.
pub(super) fn at(seconds: i64) -> Timestamp {
    "2026-11-20T14:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

/// A delivery's number.
pub(super) fn id(number: u64) -> DeliveryId {
    DeliveryId::new(number).unwrap()
}

/// An acknowledged delivery of an event, a second after the one before it.
pub(super) fn row(number: u64, event: u64) -> Row {
    let arrived = at(i64::try_from(number).unwrap());
    Row {
        id: id(number),
        event: id(event),
        arrived,
        settled: Some((Outcome::Answered, arrived + Duration::from_millis(3))),
        provider: Provider::Sixtyfour,
        event_id: Some(format!("{event:08x}-0000-4000-8000-000000000000")),
        inferred: false,
        event_type: Some("find_email".to_owned()),
        attempt: None,
        turn: if number == event {
            Turn::First
        } else {
            Turn::Retry
        },
        signature: Word::Ok,
        status: 200,
        ending: Planned::Answer,
        by: By::Default,
        ours: false,
        step: (0, 0),
        size: 202,
        body: 7,
    }
}

/// A whole delivery in the making.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) arrived: Timestamp,
    pub(super) took: Option<Duration>,
    pub(super) kind: Option<&'static str>,
    pub(super) event_id: String,
    pub(super) source: EventIdSource,
    pub(super) attempt: u32,
    pub(super) status: u16,
    pub(super) ending: Ending,
    pub(super) delay: Duration,
    pub(super) by: AnsweredBy,
    pub(super) outcome: Outcome,
    pub(super) reason: Reason,
    pub(super) body: Bytes,
    pub(super) extra: Vec<Header>,
    pub(super) diagnosis: Option<Diagnosis>,
    pub(super) matched_v1: usize,
    pub(super) scheme: Option<Scheme>,
}

impl Made {
    /// The first attempt of an event, answered 200.
    pub(super) fn new(number: u64, clock: &str, kind: &'static str, event_id: &str) -> Self {
        Self {
            number,
            first: number,
            arrived: format!("2026-11-20T{clock}Z").parse().unwrap(),
            took: Some(Duration::from_millis(3)),
            kind: Some(kind),
            event_id: event_id.to_owned(),
            source: EventIdSource::Header,
            attempt: 1,
            status: 200,
            ending: Ending::Normal,
            delay: Duration::ZERO,
            by: AnsweredBy::Default,
            outcome: Outcome::Answered,
            reason: Reason::Ok,
            body: Bytes::from_static(
                b"{\"task_id\":\"550e8400-e29b-41d4-a716-446655440000\",\"status\":\"completed\",\"task_type\":\"find_email\",\"result\":{\"name\":\"Jane Smith\",\"company\":\"Northgate Labs\",\"email\":[[\"jane.smith@northgate.example\",\"OK\"]]}}",
            ),
            extra: Vec::new(),
            diagnosis: None,
            matched_v1: 0,
            scheme: Some(Scheme::Sixtyfour),
        }
    }

    /// A later attempt of the event of `first`.
    pub(super) fn retry(first: &Self, number: u64, clock: &str, attempt: u32) -> Self {
        Self {
            number,
            attempt,
            arrived: format!("2026-11-20T{clock}Z").parse().unwrap(),
            first: first.number,
            ..first.clone()
        }
    }

    /// Answered by a step of a rule.
    pub(super) fn armed(mut self, status: u16, step: u64, of: u64) -> Self {
        self.status = status;
        self.by = AnsweredBy::Armed {
            rule: format!("{status}x{of}"),
            step,
            of: Some(of),
        };
        self
    }

    fn head(&self) -> Head {
        let mut headers = vec![
            Header::new("Host", "abc123.ngrok-free.app"),
            Header::new("Content-Type", "application/json"),
            Header::new("Content-Length", self.body.len().to_string()),
        ];
        if self.scheme == Some(Scheme::Elan) {
            headers.push(Header::new("X-Webhook-Signature", "5a4c34c3".repeat(8)));
        } else if self.reason != Reason::MissingHeader {
            headers.push(Header::new(
                "Sixtyfour-Signature",
                format!("t={},v1={}", self.arrived.as_second(), "5a4c34c3".repeat(8)),
            ));
            headers.push(Header::new("Sixtyfour-Event-Id", self.event_id.clone()));
            headers.push(Header::new(
                "Sixtyfour-Event-Type",
                self.kind.unwrap_or_default(),
            ));
            headers.push(Header::new(
                "Sixtyfour-Delivery-Attempt",
                self.attempt.to_string(),
            ));
        }
        headers.extend(self.extra.clone());
        Head::build("POST", b"/webhooks/sixtyfour", &headers).unwrap()
    }

    fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::because(self.scheme, self.reason);
        verdict.age_seconds = Some(match self.reason {
            Reason::TimestampTooOld => 412,
            _ => 0,
        });
        if self.reason == Reason::Ok {
            verdict.matched_secret_index = Some(0);
            verdict.matched_v1_index = Some(self.matched_v1);
            verdict.key_hint = Some("5aea".to_owned());
        }
        if matches!(self.reason, Reason::Ok | Reason::TimestampTooOld) {
            verdict.signature_matches_ignoring_time = Some(true);
        }
        verdict
    }

    fn recognition(&self) -> Recognition {
        Recognition {
            provider: if self.kind.is_some() {
                Provider::Sixtyfour
            } else {
                Provider::Plain
            },
            envelope: Envelope::Job,
            event_id: Some((self.event_id.clone(), self.source)),
            event_type: self.kind.map(str::to_owned),
            attempt: (self.source == EventIdSource::Header).then_some(self.attempt),
            task_id: Some("550e8400-e29b-41d4-a716-446655440000".to_owned()),
            ..Recognition::nothing()
        }
    }

    /// The delivery.
    pub(super) fn build(&self) -> Delivery {
        let body_at = self.arrived + Duration::from_micros(900);
        let reply = Reply {
            ending: self.ending,
            delay: self.delay,
            ..Reply::json(
                self.status,
                "{\"error\":\"armed failure\",\"n\":3,\"of\":5}",
            )
        };
        let sighting = Sighting {
            turn: if self.first == self.number {
                Turn::First
            } else {
                Turn::Retry
            },
            arrival: self.attempt,
            first: (self.first != self.number).then(|| id(self.first)),
            conflict: false,
        };
        Delivery {
            id: id(self.number),
            arrival: Arc::new(Arrival {
                request: Request {
                    head: self.head(),
                    body: self.body.clone(),
                    trailers: Vec::new(),
                    peer: ([127, 0, 0, 1], 53122).into(),
                    times: Times {
                        arrived: self.arrived,
                        head: self.arrived + Duration::from_micros(400),
                        body: body_at,
                    },
                    defect: None,
                },
                recognition: self.recognition(),
                verdict: self.verdict(),
                sighting,
                answer: Answer {
                    reply,
                    by: self.by.clone(),
                },
            }),
            settlement: self.took.map(|took| Settlement {
                outcome: self.outcome,
                at: self.arrived + took,
            }),
            diagnosis: self.diagnosis.clone(),
        }
    }
}

/// The digest that a test gives a body: any function of its bytes will do.
pub(super) fn digest(body: &[u8]) -> [u8; 32] {
    let mut digest = [0_u8; 32];
    for (at, byte) in body.iter().enumerate() {
        let place = &mut digest[at % 32];
        *place = place.rotate_left(3) ^ byte;
    }
    digest
}

/// An afternoon: fourteen events in twenty-four deliveries, one of which waits for its fourth try.
pub(super) fn afternoon() -> Vec<Made> {
    let mut all: Vec<Made> = Vec::new();
    let mut add = |made: Made| all.push(made);

    let ended = Made::new(
        1,
        "13:47:12",
        "find_email",
        "0c3d8a11-2a6b-4f0e-9c7d-0d8a5b1e6f31",
    );
    for (attempt, clock) in (1..=6).zip([
        "13:47:12",
        "13:47:13.010",
        "13:47:15.020",
        "13:47:19.030",
        "13:47:27.040",
        "13:47:43.050",
    ]) {
        add(Made::retry(&ended, u64::from(attempt), clock, attempt).armed(500, attempt.into(), 6));
    }
    let mut bad = Made::new(
        7,
        "13:48:40.211",
        "enrich_lead",
        "9e21f7b4-1b6f-4a5c-8e2d-3f4a5b6c7d8e",
    );
    bad.reason = Reason::SignatureMismatch;
    add(bad);
    add(Made::new(
        8,
        "13:49:02",
        "find_phone_bulk",
        "71aa0d3e-5c4b-4a39-8f27-16e5d4c3b2a1",
    ));
    let mut untyped = Made::new(9, "13:51:30", "", "sha256:b1946ac92492d2347c6235b4d2611184");
    untyped.kind = None;
    untyped.source = EventIdSource::Hash;
    untyped.reason = Reason::MissingHeader;
    untyped.body = Bytes::from_static(b"hello from somewhere else\r\n");
    add(untyped);
    let mut workflow = Made::new(
        10,
        "13:52:18",
        "outgoing_webhook.completed",
        "f7c2a4e0-9b5d-4a1f-8d2c-1e3b5f7a9c0d",
    );
    workflow.body = workflow_body();
    add(workflow);
    let bulk = Made::new(
        11,
        "13:53:44",
        "find_email_bulk",
        "3b0e66d2-7f6e-4d5c-8b4a-392817161514",
    );
    add(bulk.clone().armed(503, 1, 1));
    add(Made::retry(&bulk, 12, "13:53:45.020", 2));
    add(Made::new(
        13,
        "13:55:09",
        "find_email",
        "5d7714fa-0a1b-4c2d-8e3f-405162738495",
    ));
    let mut old = Made::new(
        14,
        "13:56:51",
        "find_email",
        "ae03bb90-1f2e-4d3c-8b4a-596877869504",
    );
    old.reason = Reason::TimestampTooOld;
    add(old);
    let phone = Made::new(
        15,
        "13:58:00.120",
        "find_phone",
        "88c1d2f3-a4b5-4c6d-8e7f-8091a2b3c4d5",
    );
    let mut hung = phone.clone();
    hung.delay = Duration::from_secs(12);
    hung.took = Some(Duration::from_millis(10_010));
    hung.outcome = Outcome::PeerLeft;
    add(hung);
    let mut reset = Made::retry(&phone, 16, "13:58:11.140", 2).armed(200, 1, 1);
    reset.ending = Ending::Reset;
    reset.outcome = Outcome::Reset;
    add(reset);
    add(Made::retry(&phone, 17, "13:58:13.152", 3));
    add(Made::new(
        18,
        "13:59:37",
        "enrich_lead",
        "4410be7c-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    ));
    add(Made::new(
        19,
        "14:00:05",
        "find_email",
        "d94c8e20-6f7e-4d8c-8b9a-a0b1c2d3e4f5",
    ));
    add(Made::new(
        20,
        "14:01:26",
        "find_phone",
        "17f0a9c5-2b3c-4d4e-8f50-617283940516",
    ));
    let mut newer = Made::new(
        21,
        "14:01:52",
        "outgoing_webhook.completed",
        "c2e88f10-7b1e-4a53-8c0d-5b2f9a6e1d34",
    );
    newer.body = workflow_body();
    add(newer);
    let open = Made::new(
        22,
        "14:02:03.412",
        "find_email",
        "6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab",
    );
    for (attempt, clock) in (1..=3).zip(["14:02:03.412", "14:02:04.431", "14:02:06.449"]) {
        let number = 21 + u64::from(attempt);
        add(Made::retry(&open, number, clock, attempt).armed(500, attempt.into(), 5));
    }
    all
}

/// A workflow's body with ninety-five results.
fn workflow_body() -> Bytes {
    use std::fmt::Write as _;

    let mut body = String::from(
        "{\"event_id\":\"c2e88f10-7b1e-4a53-8c0d-5b2f9a6e1d34\",\"event\":\"outgoing_webhook.completed\",\"status\":\"success\",\"workflow_id\":\"wf_abc123\",\"run_id\":\"run_xyz789\",\"organization_id\":\"org_456\",\"row_count\":95,\"previous_block_id\":\"blk_2\",\"previous_block_name\":\"lead_enrichment\",\"previous_block_number\":2,\"completed_at\":\"2026-11-20T14:01:51Z\",\"duration_ms\":1234,\"attempt\":1,\"results_download_url\":\"https://storage.example/csv?X-Signature=0123456789abcdef\",\"results\":[{\"name\":\"John Doe\",\"email\":\"john@acme.com\"},{\"name\":\"Jane Smith\",\"email\":\"jane.smith@northgate.example\"},{\"name\":\"山田 太郎\",\"email\":\"taro@example.jp\"},{\"name\":\"Ana \\u001b[31m\",\"email\":null}",
    );
    for number in 4..95 {
        write!(
            body,
            ",{{\"name\":\"Row {number}\",\"email\":\"row{number}@acme.example\"}}"
        )
        .unwrap();
    }
    body.push_str("]}");
    Bytes::from(body)
}
