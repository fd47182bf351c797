//! The proof against handlers that are right, and against one for each way to be wrong.

use std::collections::HashSet;
use std::io;
use std::sync::Mutex;

use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::delivery::{Failure, Head, Header, Validity};
use crate::net::client::Settings;
use crate::net::client::peer::{Nobody, Peer, Say, Seen};
use crate::signature::verify;

const SECRET: &str = "sk_whsec_of_the_handler";

mod elan;
mod fixes;
mod forms;

/// What a handler may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    NoVerification,
    NoToleranceCheck,
    ParsesTheBodyFirst,
    WritesTheBodyAgain,
    WritesTheBodyAgainWithBlanks,
    /// Blanks stay, and what is escaped is written plainly.
    Unescapes,
    KnowsOnlyPlainJson,
    FirstV1Only,
    LastV1Only,
    CreatesAgain,
    ConflictOnDuplicate,
    NeedsKnownTask,
    NeedsKnownType,
    NeedsRows,
    ExpectsAttemptsInOrder,
    CrashesOnBadSignature,
    RefusesEverything,
}

/// A handler as an app would have it, with one flaw.
struct Handler {
    flaw: Flaw,
    seen: Mutex<HashSet<String>>,
}

impl Handler {
    fn answer(&self, request: &Seen) -> u16 {
        let verified = self.verify(request);
        if !verified && self.flaw == Flaw::CrashesOnBadSignature {
            return 500;
        }
        if !verified || self.flaw == Flaw::RefusesEverything {
            return 401;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let first_attempt = request.header("Sixtyfour-Delivery-Attempt") == Some("1");
        let id = request.header("Sixtyfour-Event-Id").unwrap().to_owned();
        let new = self.seen.lock().unwrap().insert(id);
        match self.flaw {
            Flaw::NeedsKnownTask if body["task_id"] == "no-such-task" => 404,
            Flaw::NeedsKnownType if body["task_type"] == "hook64_unknown_type" => 422,
            Flaw::NeedsRows if body.get("results").is_some_and(Value::is_null) => 500,
            Flaw::KnowsOnlyPlainJson if is_escaped(&request.body) => 400,
            Flaw::ExpectsAttemptsInOrder if new && !first_attempt => 409,
            Flaw::CreatesAgain => 201,
            Flaw::ConflictOnDuplicate if !new => 409,
            _ if new => 201,
            _ => 200,
        }
    }

    fn verify(&self, request: &Seen) -> bool {
        let header = request
            .header("Sixtyfour-Signature")
            .unwrap_or_default()
            .to_owned();
        let parts: Vec<&str> = header.split(',').collect();
        let header = match self.flaw {
            Flaw::NoVerification | Flaw::KnowsOnlyPlainJson => return true,
            Flaw::FirstV1Only => parts.iter().take(2).copied().collect::<Vec<_>>().join(","),
            Flaw::LastV1Only => format!("{},{}", parts[0], parts[parts.len() - 1]),
            _ => header,
        };
        let tolerance = match self.flaw {
            Flaw::NoToleranceCheck => 1_000_000,
            _ => 300,
        };
        let body = match self.flaw {
            Flaw::ParsesTheBodyFirst => {
                let value: Value = serde_json::from_slice(&request.body).unwrap();
                serde_json::to_vec_pretty(&value).unwrap()
            }
            Flaw::WritesTheBodyAgain => {
                let value: Value = serde_json::from_slice(&request.body).unwrap();
                serde_json::to_vec(&value).unwrap()
            }
            Flaw::WritesTheBodyAgainWithBlanks => with_blanks(&request.body),
            Flaw::Unescapes if is_escaped(&request.body) => b"{}".to_vec(),
            _ => request.body.clone(),
        };
        let head = Head::build("POST", b"/", &[Header::new("Sixtyfour-Signature", header)]);
        let verdict = verify(
            &head.unwrap(),
            &body,
            Scheme::Sixtyfour,
            &[Secret::new(SECRET)],
            Duration::from_secs(tolerance),
            Timestamp::now(),
        );
        verdict.validity() == Validity::Valid
    }
}

fn is_escaped(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("\\u")
}

/// The same as Python's `json.dumps` writes it.
fn with_blanks(body: &[u8]) -> Vec<u8> {
    struct Blanks;
    impl serde_json::ser::Formatter for Blanks {
        fn begin_array_value<W>(&mut self, out: &mut W, first: bool) -> io::Result<()>
        where
            W: ?Sized + io::Write,
        {
            out.write_all(if first { b"" } else { b", " })
        }

        fn begin_object_key<W>(&mut self, out: &mut W, first: bool) -> io::Result<()>
        where
            W: ?Sized + io::Write,
        {
            self.begin_array_value(out, first)
        }

        fn begin_object_value<W>(&mut self, out: &mut W) -> io::Result<()>
        where
            W: ?Sized + io::Write,
        {
            out.write_all(b": ")
        }
    }
    let value: Value = serde_json::from_slice(body).unwrap();
    let mut written = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut written, Blanks);
    serde::Serialize::serialize(&value, &mut serializer).unwrap();
    written
}

async fn handler(flaw: Flaw) -> Peer {
    let handler = Handler {
        flaw,
        seen: Mutex::new(HashSet::new()),
    };
    Peer::new(move |seen, _| Say::status(handler.answer(seen))).await
}

async fn prove(peer: &Peer, secrets: Vec<Secret>) -> Report {
    let client = Client::new(Settings {
        idle: 0,
        ..Settings::default()
    });
    let suites = vec![Suite::new(Scheme::Sixtyfour, secrets)];
    let prover = Prover::new(client, peer.target("/hook"), suites, Limits::default());
    let mut told = 0;
    let report = prover.run(3, |_| told += 1).await;
    assert_eq!(told, CASES.len());
    report
}

async fn proof_of(flaw: Flaw) -> Report {
    prove(&handler(flaw).await, vec![Secret::new(SECRET)]).await
}

fn broken(report: &Report) -> Vec<&'static str> {
    let broken = |result: &&CaseResult| result.judgement.word() == "FAIL";
    report
        .results
        .iter()
        .filter(broken)
        .map(|result| result.case.name)
        .collect()
}

#[tokio::test]
async fn a_handler_that_is_right_passes_every_case() {
    let report = proof_of(Flaw::None).await;
    assert!(report.holds(), "{}", report.to_table());
    assert!(
        report
            .results
            .iter()
            .all(|result| result.judgement == Judgement::Held)
    );
}

#[tokio::test]
async fn each_flaw_is_found_by_its_cases_and_by_no_other() {
    let refusals = [
        "stale",
        "from-the-future",
        "unsigned",
        "wrongly-signed",
        "tampered",
    ];
    let repeated = ["twice", "twenty-at-once", "after-500"];
    for (flaw, expected) in [
        (Flaw::NoVerification, &refusals[..]),
        (Flaw::NoToleranceCheck, &["stale", "from-the-future"]),
        (Flaw::WritesTheBodyAgain, &["blanks", "raw-bytes"]),
        (Flaw::Unescapes, &["raw-bytes"]),
        (Flaw::FirstV1Only, &["rotation-old-secret"]),
        (Flaw::LastV1Only, &["rotation-new-secret"]),
        (Flaw::NeedsKnownTask, &["unknown-task"]),
        (Flaw::NeedsKnownType, &["unknown-type"]),
        (Flaw::NeedsRows, &["workflow-without-rows"]),
        (Flaw::CrashesOnBadSignature, &refusals[..]),
        (
            Flaw::CreatesAgain,
            &[repeated[0], repeated[1], repeated[2], "out-of-order"],
        ),
    ] {
        assert_eq!(broken(&proof_of(flaw).await), expected, "{flaw:?}");
    }
}

#[tokio::test]
async fn a_refused_duplicate_breaks_whatever_repeats_an_event() {
    let report = proof_of(Flaw::ConflictOnDuplicate).await;
    let found = broken(&report);
    for name in [
        "twice",
        "twenty-at-once",
        "after-500",
        "after-time-out",
        "out-of-order",
    ] {
        assert!(found.contains(&name), "{name} in {found:?}");
    }
    assert!(!found.contains(&"once"));
}

#[tokio::test]
async fn a_handler_that_wants_attempts_in_order_is_found() {
    assert!(broken(&proof_of(Flaw::ExpectsAttemptsInOrder).await).contains(&"out-of-order"));
}

#[tokio::test]
async fn a_handler_that_refuses_what_is_right_proves_nothing_by_refusing_the_rest() {
    for flaw in [Flaw::RefusesEverything, Flaw::ParsesTheBodyFirst] {
        let report = proof_of(flaw).await;
        assert!(!report.holds());
        for result in report.results {
            let skipped = matches!(result.judgement, Judgement::Skipped(_));
            assert_eq!(skipped, result.case.wants == Wants::Refused);
        }
    }
}

#[tokio::test]
async fn without_the_secret_the_cases_about_signatures_are_skipped() {
    let report = prove(&handler(Flaw::NoVerification).await, Vec::new()).await;
    assert_eq!(broken(&report), [""; 0]);
    assert!(!report.holds(), "{}", report.to_table());
    for result in &report.results {
        let skipped = matches!(result.judgement, Judgement::Skipped(_));
        assert_eq!(
            skipped,
            result.case.signature.needs_secret(),
            "{}",
            result.case.name
        );
    }
}

#[tokio::test]
async fn a_handler_that_is_not_there_is_tried_once() {
    let nobody = Nobody::new();
    let client = Client::new(Settings::default());
    let suites = vec![Suite::new(Scheme::Sixtyfour, [Secret::new(SECRET)])];
    let prover = Prover::new(client, nobody.target(), suites, Limits::default());
    let report = prover.run(3, |_| {}).await;
    assert!(!report.reached());
    assert_eq!(broken(&report), ["once"]);
}

fn result<'a>(report: &'a Report, name: &str) -> &'a CaseResult {
    let mut results = report.results.iter();
    results.find(|result| result.case.name == name).unwrap()
}

#[tokio::test]
async fn a_time_out_comes_about_however_fast_the_handler_answers() {
    let peer = handler(Flaw::None).await;
    let report = prove(&peer, vec![Secret::new(SECRET)]).await;
    let timed_out = result(&report, "after-time-out");
    assert_eq!(timed_out.judgement, Judgement::Held);
    let answers: Vec<_> = timed_out
        .evidence
        .iter()
        .map(|outcome| outcome.attempt.result.as_ref().ok())
        .map(|answer| answer.map(|response| response.status))
        .collect();
    // The handler took the first one, or the second would have created something.
    assert_eq!(answers, [None, Some(200)]);
    let seen = peer.seen();
    let attempts: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("Sixtyfour-Delivery-Attempt").unwrap())
        .collect();
    // Behind the three of after-500: both arrived whole, as one event.
    let third = attempts.iter().position(|attempt| *attempt == "3").unwrap();
    let (given_up, retried) = (&seen[third + 1], &seen[third + 2]);
    assert_eq!(attempts[third + 1..third + 3], ["1", "2"]);
    assert_eq!(given_up.body, retried.body);
}

/// A handler that takes this long for the first case, and does this with the attempt that is to be
/// given up: it comes right behind a third one.
async fn slow_at_first(took: Duration, with_it: Say) -> Peer {
    let behind_the_third = Mutex::new(false);
    Peer::new(move |seen, before| {
        let third = seen.header("Sixtyfour-Delivery-Attempt") == Some("3");
        let was = std::mem::replace(&mut *behind_the_third.lock().unwrap(), third);
        let Say::Bytes(taken) = Say::status(200) else {
            unreachable!("a status is bytes");
        };
        match before {
            0 => Say::After(took, taken),
            _ if was => with_it.clone(),
            _ => Say::Bytes(taken),
        }
    })
    .await
}

#[tokio::test]
async fn a_time_out_comes_about_when_the_handler_takes_its_time() {
    let took = Duration::from_millis(60);
    let peer = slow_at_first(took, Say::Hang).await;
    let report = prove(&peer, Vec::new()).await;
    let timed_out = result(&report, "after-time-out");
    assert_eq!(timed_out.judgement, Judgement::Held);
    let given_up = &timed_out.evidence[0].attempt;
    assert!(
        matches!(given_up.result, Err(Failure::TimedOut(waited)) if waited >= took / 2),
        "{given_up:?}"
    );
}

#[tokio::test]
async fn where_no_time_out_came_about_the_case_is_skipped_and_says_why() {
    // The patience is half of what the first case took, which is long enough to hear of the reset.
    let peer = slow_at_first(Duration::from_secs(1), Say::Reset).await;
    let report = prove(&peer, Vec::new()).await;
    let judgement = &result(&report, "after-time-out").judgement;
    assert!(
        matches!(judgement, Judgement::Skipped(why) if why.starts_with("no time-out came about: ")),
        "{judgement:?}"
    );
    assert!(!report.holds());
}

#[tokio::test]
async fn the_twenty_are_under_way_at_once() {
    let peer = handler(Flaw::None).await;
    prove(&peer, vec![Secret::new(SECRET)]).await;
    let seen = peer.seen();
    let id = |seen: &Seen| seen.header("Sixtyfour-Event-Id").map(ToOwned::to_owned);
    let same = |one: &Seen| seen.iter().filter(|other| id(other) == id(one)).count();
    assert!(seen.iter().any(|one| same(one) == 20));
}

#[test]
fn names_are_unique_and_the_first_case_stands_on_its_own() {
    let names: HashSet<_> = CASES
        .iter()
        .chain(&ELAN_CASES)
        .map(|case| case.name)
        .collect();
    assert_eq!(names.len(), CASES.len() + ELAN_CASES.len());
    assert_eq!((CASES[0].name, ELAN_CASES[0].name), ("once", "elan-once"));
}
