//! ELAN's cases against handlers of its events.

use super::*;

const HANDLER_SECRET: &str = "elan secret of the handler";

/// A handler of ELAN's events, and how it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Right,
    BelievesEverybody,
    ParsesTheBodyFirst,
    WritesTheBodyAgain,
    CrashesOnBadSignature,
    ConflictOnDuplicate,
    NeedsNoSteps,
    KnowsOnlySuccess,
}

async fn handler(way: Way) -> Peer {
    let ids = Mutex::new(HashSet::new());
    Peer::new(move |seen, _| Say::status(answer(way, &ids, seen))).await
}

fn answer(way: Way, ids: &Mutex<HashSet<String>>, seen: &Seen) -> u16 {
    if way != Way::BelievesEverybody && !is_signed(way, seen) {
        return if way == Way::CrashesOnBadSignature {
            500
        } else {
            401
        };
    }
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    let event_type = body["event_type"].as_str().unwrap();
    let id = body["event_id"].as_str().unwrap().to_owned();
    let is_new = ids.lock().unwrap().insert(id);
    match way {
        Way::ConflictOnDuplicate if !is_new => 409,
        Way::NeedsNoSteps if event_type.starts_with("workflow.step.") => 404,
        Way::KnowsOnlySuccess if event_type == "workflow.failed" => 422,
        _ => 200,
    }
}

fn is_signed(way: Way, seen: &Seen) -> bool {
    let signature = seen.header("X-Webhook-Signature").unwrap_or_default();
    let header = Header::new("X-Webhook-Signature", signature.to_owned());
    let value = || serde_json::from_slice::<Value>(&seen.body).unwrap();
    let body = match way {
        Way::ParsesTheBodyFirst => serde_json::to_vec_pretty(&value()).unwrap(),
        Way::WritesTheBodyAgain => serde_json::to_vec(&value()).unwrap(),
        _ => seen.body.clone(),
    };
    let verdict = verify(
        &Head::build("POST", b"/", &[header]).unwrap(),
        &body,
        Scheme::Elan,
        &[Secret::new(HANDLER_SECRET)],
        Duration::from_secs(300),
        Timestamp::now(),
    );
    verdict.validity() == Validity::Valid
}

async fn prove_elan(peer: &Peer) -> Report {
    let client = Client::new(Settings {
        idle: 0,
        ..Settings::default()
    });
    let suites = vec![Suite::new(Scheme::Elan, [Secret::new(HANDLER_SECRET)])];
    let prover = Prover::new(client, peer.target("/elan"), suites, Limits::default());
    prover.run(3, |_| {}).await
}

#[tokio::test]
async fn a_handler_of_elan_that_is_right_passes_every_case_of_elan_and_is_asked_no_other() {
    let peer = handler(Way::Right).await;
    let report = prove_elan(&peer).await;
    assert!(
        report
            .results
            .iter()
            .all(|result| result.judgement == Judgement::Held),
        "{}",
        report.to_table()
    );
    assert_eq!(report.results.len(), ELAN_CASES.len());
    for seen in peer.seen() {
        assert_eq!(seen.header("Sixtyfour-Signature"), None);
        assert_eq!(seen.header("Sixtyfour-Event-Id"), None);
    }
}

#[tokio::test]
async fn each_flaw_of_a_handler_of_elan_is_found_by_its_cases_and_by_no_other() {
    let refusals = ["elan-unsigned", "elan-wrongly-signed", "elan-tampered"];
    for (way, expected) in [
        (Way::BelievesEverybody, &refusals[..]),
        (Way::CrashesOnBadSignature, &refusals),
        (Way::WritesTheBodyAgain, &["elan-blanks", "elan-raw-bytes"]),
        (Way::NeedsNoSteps, &["elan-step"]),
        (Way::KnowsOnlySuccess, &["elan-failed"]),
        (
            Way::ConflictOnDuplicate,
            &[
                "elan-twice",
                "elan-twenty-at-once",
                "elan-after-500",
                "elan-after-time-out",
            ],
        ),
    ] {
        let report = prove_elan(&handler(way).await).await;
        assert_eq!(broken(&report), expected, "{way:?}");
    }
}

#[tokio::test]
async fn a_handler_of_elan_that_refuses_what_is_right_proves_nothing_by_refusing_the_rest() {
    let report = prove_elan(&handler(Way::ParsesTheBodyFirst).await).await;
    assert!(!report.holds());
    for result in report.results {
        let is_skipped = matches!(result.judgement, Judgement::Skipped(_));
        assert_eq!(is_skipped, result.case.wants == Wants::Refused);
    }
}

#[tokio::test]
async fn both_suites_run_each_on_its_own_footing() {
    let peer = handler(Way::Right).await;
    let client = Client::new(Settings {
        idle: 0,
        ..Settings::default()
    });
    let suites = vec![
        Suite::new(Scheme::Sixtyfour, [Secret::new(SECRET)]),
        Suite::new(Scheme::Elan, [Secret::new(HANDLER_SECRET)]),
    ];
    let prover = Prover::new(client, peer.target("/"), suites, Limits::default());
    let report = prover.run(3, |_| {}).await;
    assert_eq!(report.results.len(), CASES.len() + ELAN_CASES.len());
    // It knows nothing of Sixtyfour, and is right about ELAN.
    for result in &report.results {
        let held = result.judgement == Judgement::Held;
        assert_eq!(
            held,
            result.case.scheme == Scheme::Elan,
            "{}",
            result.case.name
        );
    }
}
