//! What is said about a failure: which delivery it is, what to do, and what effects tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;

use super::forms::{outcome, sample};
use super::*;

fn fix_of<'a>(report: &'a Report, name: &str) -> &'a str {
    report.fix(result(report, name)).unwrap()
}

fn why_of<'a>(report: &'a Report, name: &str) -> &'a str {
    result(report, name).judgement.why().unwrap()
}

#[tokio::test]
async fn each_failure_says_what_to_do_about_it() {
    for (flaw, case, expected) in [
        (
            Flaw::WritesTheBodyAgain,
            "raw-bytes",
            "verify the raw bytes",
        ),
        (
            Flaw::WritesTheBodyAgain,
            "blanks",
            "parsed and written again",
        ),
        (
            Flaw::Unescapes,
            "raw-bytes",
            "over other bytes than were sent",
        ),
        (Flaw::KnowsOnlyPlainJson, "raw-bytes", "take any JSON"),
        (Flaw::WritesTheBodyAgainWithBlanks, "once", "json.dumps"),
        (Flaw::NoVerification, "unsigned", "verify the signature"),
        (Flaw::NoToleranceCheck, "stale", "more than 300 s from now"),
        (Flaw::FirstV1Only, "rotation-old-secret", "every v1"),
        (Flaw::ConflictOnDuplicate, "twice", "answer 2xx to an event"),
        (Flaw::CrashesOnBadSignature, "tampered", "401 on purpose"),
        (Flaw::NeedsKnownType, "unknown-type", "does not concern"),
        (Flaw::NeedsRows, "workflow-without-rows", "null"),
        (Flaw::ExpectsAttemptsInOrder, "out-of-order", "no order"),
        (Flaw::CreatesAgain, "twice", "under a unique key"),
        (
            Flaw::RefusesEverything,
            "once",
            "compare the handler's secret",
        ),
        (
            Flaw::RefusesEverything,
            "twice",
            "compare the handler's secret",
        ),
    ] {
        let report = proof_of(flaw).await;
        let fix = fix_of(&report, case);
        assert!(fix.contains(expected), "{flaw:?}: {fix}");
    }
}

#[tokio::test]
async fn what_explains_many_failures_is_said_once() {
    let report = proof_of(Flaw::RefusesEverything).await;
    let table = report.to_table();
    assert_eq!(table.matches("compare the handler's secret").count(), 1);
    assert!(table.contains("2 x 401, as once\n"), "{table}");

    let table = proof_of(Flaw::ConflictOnDuplicate).await.to_table();
    assert_eq!(table.matches("answer 2xx to an event").count(), 1);
    assert!(table.contains("fix: as for twice\n"), "{table}");
}

#[tokio::test]
async fn what_the_first_case_is_answered_with_explains_the_others() {
    let peer = Peer::new(|_, _| Say::status(404)).await;
    let report = prove(&peer, vec![Secret::new(SECRET)]).await;
    let fix = fix_of(&report, "once");
    assert!(fix.contains("the path in --to"), "{fix}");
    for case in ["failed-job", "twice", "out-of-order", "unknown-type"] {
        assert_eq!(fix_of(&report, case), fix, "{case}");
    }
}

/// A handler that verifies the body as Python writes it, and its clock stands still in 2001.
fn behind_with_blanks(seen: &Seen) -> Say {
    let spaced = String::from_utf8_lossy(&seen.body).contains("\": \"");
    let status = if spaced { "200 OK" } else { "401 Unauthorized" };
    let date = "Sun, 09 Sep 2001 01:46:40 GMT";
    let answer = format!("HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n");
    Say::Bytes(answer.into_bytes())
}

#[tokio::test]
async fn why_all_is_refused_is_told_by_the_date_of_the_answer_and_by_a_secret_that_is_missing() {
    let peer = Peer::new(|seen, _| behind_with_blanks(seen)).await;
    let report = prove(&peer, vec![Secret::new(SECRET)]).await;
    assert!(
        fix_of(&report, "once").starts_with("set the handler's clock: its answers are dated "),
        "{}",
        fix_of(&report, "once")
    );
    let report = prove(&peer, Vec::new()).await;
    let unsigned = fix_of(&report, "once");
    assert!(unsigned.contains("--secret-file"), "{unsigned}");
}

#[tokio::test]
async fn the_delivery_that_was_not_taken_is_named() {
    let report = proof_of(Flaw::ConflictOnDuplicate).await;
    assert_eq!(
        why_of(&report, "twice"),
        "delivery 2 of 2 was answered 409: the provider would send it again"
    );
    assert_eq!(
        why_of(&report, "twenty-at-once"),
        "19 of 20 deliveries were answered 409: the provider would send it again"
    );
    assert_eq!(
        why_of(&report, "after-time-out"),
        "delivery 2 of 2 was answered 409: the provider would send it again"
    );
    let report = proof_of(Flaw::RefusesEverything).await;
    assert_eq!(
        why_of(&report, "once"),
        "it was answered 401: the provider would send it again"
    );
}

#[tokio::test]
async fn a_handler_that_does_not_answer_the_first_case_in_time_is_asked_nothing_else() {
    let peer = Peer::new(|_, _| Say::Hang).await;
    let client = Client::new(Settings::default());
    let suites = vec![Suite::new(Scheme::Sixtyfour, [Secret::new(SECRET)])];
    let limits = Limits {
        timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let report = Prover::new(client, peer.target("/hook"), suites, limits)
        .run(3, |_| {})
        .await;
    assert_eq!(peer.seen().len(), 1);
    assert!(report.reached() && !report.holds());
    assert_eq!(broken(&report), ["once"]);
    assert!(fix_of(&report, "once").starts_with("answer 2xx first and work later"));
    let table = report.to_table();
    assert_eq!(table.matches("does not answer the first case").count(), 1);
    assert_eq!(report.note(), None);
}

/// A handler that verifies nothing and has so many effects for a delivery, told whether its event is
/// new; and the proof that counts them.
async fn proof_with_effects(effects: fn(&Seen, bool) -> u64) -> Report {
    proof_of_suites(&[Scheme::Sixtyfour], effects).await
}

/// The same for the suites of these providers.
async fn proof_of_suites(schemes: &[Scheme], effects: fn(&Seen, bool) -> u64) -> Report {
    let done = Arc::new(AtomicU64::new(0));
    let seen_ids = Mutex::new(HashSet::new());
    let doing = Arc::clone(&done);
    let peer = Peer::new(move |seen, _| {
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        let in_body = body["event_id"].as_str();
        let id = seen.header("Sixtyfour-Event-Id").or(in_body).unwrap();
        let is_new = seen_ids.lock().unwrap().insert(id.to_owned());
        doing.fetch_add(effects(seen, is_new), Ordering::Relaxed);
        Say::status(200)
    })
    .await;
    let counting = Effects::new(0, Duration::from_millis(300), move || {
        let now = done.load(Ordering::Relaxed);
        async move { Ok(now) }.boxed()
    });
    let client = Client::new(Settings {
        idle: 0,
        ..Settings::default()
    });
    let suite = |scheme: &Scheme| Suite::new(*scheme, Vec::new());
    let suites = schemes.iter().map(suite).collect();
    Prover::new(client, peer.target("/hook"), suites, Limits::default())
        .counting(Some(counting))
        .run(3, |_| {})
        .await
}

#[tokio::test]
async fn a_handler_that_does_everything_twice_is_found_by_its_effects() {
    let (once, each_time) = tokio::join!(
        proof_with_effects(|_, is_new| u64::from(is_new)),
        proof_with_effects(|_, _| 1)
    );
    assert_eq!(broken(&once), [""; 0]);
    assert_eq!((once.counted(), once.note()), (true, None));
    assert!(once.to_table().contains("20 x 200, 1 effect\n"));

    // When the one that nobody waited for was read, nobody knows.
    let mut found = broken(&each_time);
    found.retain(|name| *name != "after-time-out");
    let repeated = ["twice", "twenty-at-once", "after-500", "out-of-order"];
    assert_eq!(found, repeated);
    assert_eq!(why_of(&each_time, "twice"), "2 effects for 1 event");
    assert_eq!(
        why_of(&each_time, "twenty-at-once"),
        "20 effects for 1 event"
    );
    assert!(fix_of(&each_time, "twice").contains("under a unique key"));
}

#[tokio::test]
async fn what_may_be_ignored_may_have_no_effect_and_the_rest_has_one() {
    let ignoring = |seen: &Seen, is_new: bool| {
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        let known = body["task_id"] != "no-such-task" && body["status"] == "completed";
        u64::from(is_new && known && body["task_type"] == "find_email")
    };
    let report = proof_with_effects(ignoring).await;
    let workflows = [
        "workflow",
        "workflow-without-rows",
        "after-500",
        "out-of-order",
    ];
    assert_eq!(broken(&report), workflows);
    assert_eq!(why_of(&report, "workflow"), "0 effects for 1 event");
}

#[tokio::test]
async fn where_the_first_event_has_no_effect_none_is_counted_and_that_is_said() {
    let report = proof_with_effects(|_, _| 0).await;
    assert_eq!(broken(&report), ["once"]);
    assert_eq!(result(&report, "failed-job").effects, None);
    let note = report.note().unwrap();
    let expected = "the first case of Sixtyfour's had no effect";
    assert!(note.starts_with(expected), "{note}");
}

fn is_sixtyfour(seen: &Seen) -> bool {
    seen.header("Sixtyfour-Event-Id").is_some()
}

#[tokio::test]
async fn each_suite_is_counted_on_its_own_footing() {
    let only = |scheme, effects: fn(&Seen, bool) -> u64| async move {
        let report = proof_of_suites(&[Scheme::Sixtyfour, Scheme::Elan], effects).await;
        for result in report.results.iter().filter(|result| result.case.repeats()) {
            let effects = (result.case.scheme == scheme).then_some(1);
            assert_eq!(result.effects, effects, "{}", result.case.name);
        }
        for case in [&CASES[0], &ELAN_CASES[0]] {
            let effects = u64::from(case.scheme == scheme);
            assert_eq!(result(&report, case.name).effects, Some(effects));
        }
        assert!(report.counted());
        report.note().unwrap()
    };
    let (sixtyfour, elan) = tokio::join!(
        only(Scheme::Sixtyfour, |seen, is_new| u64::from(
            is_new && is_sixtyfour(seen)
        )),
        only(Scheme::Elan, |seen, is_new| {
            // Those of Sixtyfour's behind the first case are no effects of ELAN's.
            let is_first = is_sixtyfour(seen) && seen.body.starts_with(b"{\"task_id\"");
            u64::from(is_new && !is_first)
        })
    );
    assert!(
        sixtyfour.starts_with("the first case of ELAN's had no effect"),
        "{sixtyfour}"
    );
    assert!(
        elan.starts_with("the first case of Sixtyfour's had no effect"),
        "{elan}"
    );
}

#[test]
fn effects_of_what_is_to_be_refused_are_named_beside_the_answer() {
    let unsigned = CASES.iter().find(|case| case.name == "unsigned").unwrap();
    let evidence = [outcome(1, 200, "")];
    let found = judge::answers(unsigned, &evidence, 0);
    let judgement = judge::judge(unsigned, found.as_ref(), Some(&Ok(1)));
    assert_eq!(
        judgement.why(),
        Some(
            "it was taken (200): anybody could send this; 1 effect for a delivery that is to be refused"
        )
    );
    // A refusal that did the work all the same.
    let evidence = [outcome(1, 401, "")];
    assert_eq!(judge::answers(unsigned, &evidence, 0), None);
    let judgement = judge::judge(unsigned, None, Some(&Ok(1)));
    assert_eq!(
        judgement.why(),
        Some("1 effect for a delivery that is to be refused")
    );
}

#[test]
fn effects_that_cannot_be_counted_prove_nothing() {
    let lost = Err("it ended".to_owned());
    let judgement = judge::judge(&CASES[0], None, Some(&lost));
    assert_eq!(
        judgement,
        Judgement::Skipped("its effects could not be counted: it ended".to_owned())
    );
}

#[test]
fn answers_alone_leave_something_unproved_and_every_form_says_so() {
    let mut report = sample();
    assert_eq!(report.note(), None, "nothing that repeats holds");
    report.results[1].judgement = Judgement::Held;
    let note = report.note().unwrap();
    let table = report.to_table();
    assert!(table.contains(&format!("note: {note}\n2 ok")), "{table}");
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["note"], note);
    report.results[1].effects = Some(1);
    assert_eq!((report.counted(), report.note()), (true, None));
}
