//! Whole pipelines against raw peers over real sockets.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant as Clock;

use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::delivery::{Head, Header, Provider, Scheme, Validity};
use crate::net::client::peer::{Nobody, Peer, Say, Seen};
use crate::net::client::{Settings, Target, Trust};
use crate::outbox::job::Copies;
use crate::outbox::{Dressing, Event, Signer, Signing};
use crate::signature::{Secret, verify};

const JOB: &str = r#"{"task_id":"t1","status":"completed","task_type":"find_email","result":{}}"#;
const WORKFLOW: &str =
    r#"{"event_id":"e1","event":"outgoing_webhook.completed","attempt": 1 ,"results":[1.10]}"#;

fn event(body: &'static str) -> Event {
    let id = Some("e1".to_owned());
    Event::new(Provider::Sixtyfour, id, Some("find_email".to_owned()), body)
}

fn secrets() -> Vec<Secret> {
    vec![Secret::new("new"), Secret::new("old")]
}

fn signed() -> Dressing {
    Dressing::plain(Signing::Fresh(Signer::new(Scheme::Sixtyfour, secrets())))
}

fn outbox() -> Outbox {
    Outbox::new(Client::new(Settings::default()), Limits::default())
}

fn quick(retries: u32) -> Schedule {
    Schedule::new(vec![Duration::from_millis(5)], retries)
}

async fn all(mut running: Running) -> Vec<Progress> {
    let mut found = Vec::new();
    while let Some(progress) = running.next().await {
        found.push(progress);
    }
    found
}

async fn send(job: Job, schedule: Schedule) -> Vec<Progress> {
    all(outbox().run(Batch::one(schedule), move |_| job.clone())).await
}

/// What a receiver that has this secret says of a request.
fn verdict(seen: &Seen, secret: &str, now: Timestamp) -> crate::delivery::Verdict {
    let head = Head::parse(Bytes::from(seen.head.clone())).unwrap();
    let tolerance = Duration::from_secs(300);
    let secrets = [Secret::new(secret)];
    verify(
        &head,
        &seen.body,
        Scheme::Sixtyfour,
        &secrets,
        tolerance,
        now,
    )
}

fn is_valid(seen: &Seen) -> bool {
    let valid = |secret| verdict(seen, secret, Timestamp::now()).validity() == Validity::Valid;
    valid("new") && valid("old")
}

#[tokio::test]
async fn an_event_is_retried_until_it_is_taken_and_every_attempt_verifies() {
    let peer = Peer::new(|_, before| Say::status(if before < 2 { 500 } else { 204 })).await;
    let job = event(WORKFLOW)
        .job(&peer.target("/hook"), signed())
        .unwrap();
    let reports = send(job, quick(5)).await;
    let then: Vec<_> = reports.iter().map(|report| report.then).collect();
    let gap = Then::Retry(Duration::from_millis(5));
    assert_eq!(then, [gap, gap, Then::Done(Ending::Delivered)]);
    for (seen, attempt) in peer.seen().iter().zip(1..) {
        assert!(is_valid(seen));
        assert_eq!(
            seen.header("Sixtyfour-Delivery-Attempt"),
            Some(&*attempt.to_string())
        );
        assert_eq!(seen.header("Sixtyfour-Event-Id"), Some("e1"));
        let expected = WORKFLOW.replace("\"attempt\": 1 ", &format!("\"attempt\": {attempt} "));
        assert_eq!(seen.body, expected.as_bytes());
    }
}

#[tokio::test]
async fn the_gap_counts_from_the_end_of_an_attempt() {
    let slow = Duration::from_millis(60);
    let peer = Peer::new(move |_, _| match Say::status(500) {
        Say::Bytes(bytes) => Say::After(slow, bytes),
        say => say,
    })
    .await;
    let gap = Duration::from_millis(40);
    let job = event(JOB).job(&peer.target("/"), signed()).unwrap();
    send(job, Schedule::new(vec![gap], 1)).await;
    let seen = peer.seen();
    assert!(seen[1].at - seen[0].at >= slow + gap);
}

#[tokio::test]
async fn a_job_that_is_never_taken_is_undelivered() {
    let peer = Peer::new(|_, _| Say::status(302)).await;
    let job = event(JOB).job(&peer.target("/"), signed()).unwrap();
    let reports = send(job, quick(2)).await;
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[2].then, Then::Done(Ending::Undelivered));
}

#[tokio::test]
async fn a_job_that_finds_nobody_is_unreached() {
    let nobody = Nobody::new();
    let job = event(JOB).job(&nobody.target(), signed()).unwrap();
    let reports = send(job, quick(1)).await;
    assert_eq!(reports[1].then, Then::Done(Ending::Unreached));
}

#[tokio::test]
async fn a_job_whose_handshake_never_ends_is_unreached() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}/", listener.local_addr().unwrap());
    let job = event(JOB).job(&target.parse().unwrap(), signed()).unwrap();
    let limits = Limits {
        timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    // Nothing that a machine may lack is needed for this trust.
    let client = Client::new(Settings {
        trust: Trust::Anyone,
        ..Settings::default()
    });
    let mut running = Outbox::new(client, limits).run(Batch::one(quick(0)), move |_| job.clone());
    let progress = running.next().await.unwrap();
    let result = progress.outcome.attempt.result;
    assert_eq!(result, Err(Failure::TimedOut(limits.timeout)));
    assert_eq!(progress.then, Then::Done(Ending::Unreached));
}

#[tokio::test]
async fn signatures_can_be_wrong_stale_missing_or_of_another_body() {
    let peer = Peer::new(|_, _| Say::status(401)).await;
    let mut random = fastrand::Rng::with_seed(1);
    let right = Signer::new(Scheme::Sixtyfour, secrets());
    let wrong = Signer::wrong(Scheme::Sixtyfour, &mut random);
    let dressings = [
        Dressing::plain(Signing::Unsigned),
        Dressing::plain(Signing::Fresh(wrong)),
        Dressing::plain(Signing::Fresh(right.skewed(-600))),
        Dressing {
            tamper: true,
            ..signed()
        },
    ];
    for dressing in dressings {
        let job = event(JOB).job(&peer.target("/"), dressing).unwrap();
        send(job, Schedule::once()).await;
    }
    let names: Vec<_> = peer
        .seen()
        .iter()
        .map(|seen| verdict(seen, "old", Timestamp::now()).reason.name())
        .collect();
    let expected = [
        "missing_header",
        "signature_mismatch",
        "timestamp_too_old",
        "signature_mismatch",
    ];
    assert_eq!(names, expected);
    serde_json::from_slice::<Value>(&peer.seen()[3].body).unwrap();
}

#[tokio::test]
async fn event_headers_can_be_left_out_and_others_put_in_their_place() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let dressing = Dressing {
        drop_headers: true,
        headers: vec![
            Header::new("content-type", "text/plain"),
            Header::new("X-A", "1"),
            Header::new("X-A", "2"),
        ],
        ..Dressing::plain(Signing::Unsigned)
    };
    let job = event(JOB).job(&peer.target("/x?y"), dressing).unwrap();
    send(job, Schedule::once()).await;
    let expected = format!(
        "POST /x?y HTTP/1.1\r\nHost: {}\r\nUser-Agent: hook64/{}\r\nAccept: */*\r\n\
         content-type: text/plain\r\nContent-Length: {}\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
        peer.address,
        env!("CARGO_PKG_VERSION"),
        JOB.len()
    );
    assert_eq!(peer.seen()[0].head, expected);
}

#[tokio::test]
async fn a_header_cannot_say_another_length() {
    let dressing = Dressing {
        headers: vec![Header::new("content-length", "1")],
        ..signed()
    };
    let target = "http://localhost:1/".parse().unwrap();
    assert!(event(JOB).job(&target, dressing).is_err());
}

#[tokio::test]
async fn copies_go_out_one_after_the_other_in_either_order() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let job = event(WORKFLOW).job(&peer.target("/"), signed()).unwrap();
    let copies = Copies {
        count: 3,
        at_once: false,
        reversed: true,
    };
    let reports = send(job.copied(copies), quick(5)).await;
    assert_eq!(reports[2].then, Then::Done(Ending::Delivered));
    let numbers: Vec<_> = peer
        .seen()
        .iter()
        .map(|seen| {
            seen.header("sixtyfour-delivery-attempt")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(numbers, ["3", "2", "1"]);
}

#[tokio::test]
async fn copies_at_once_overlap() {
    // Nobody is answered before all have come.
    let arrived = Arc::new(AtomicUsize::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move {
        let all_here = Arc::new(tokio::sync::Barrier::new(20));
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (all_here, arrived) = (all_here.clone(), arrived.clone());
            tokio::spawn(async move {
                crate::net::client::peer::read_request(&mut socket, 0)
                    .await
                    .unwrap();
                arrived.fetch_add(1, Ordering::Relaxed);
                all_here.wait().await;
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                tokio::io::AsyncWriteExt::write_all(&mut socket, answer)
                    .await
                    .unwrap();
            });
        }
    });
    let copies = Copies {
        count: 20,
        at_once: true,
        reversed: false,
    };
    let job = event(JOB).job(&target, signed()).unwrap().copied(copies);
    let reports = send(job, quick(0)).await;
    assert_eq!(reports.len(), 20);
    assert_eq!(reports[19].then, Then::Done(Ending::Delivered));
}

#[tokio::test]
async fn one_copy_that_is_refused_leaves_the_event_undelivered() {
    let peer = Peer::new(|_, before| Say::status(if before == 1 { 409 } else { 200 })).await;
    let copies = Copies {
        count: 3,
        ..Copies::NONE
    };
    let job = event(JOB)
        .job(&peer.target("/"), signed())
        .unwrap()
        .copied(copies);
    let reports = send(job, quick(5)).await;
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[2].then, Then::Done(Ending::Undelivered));
}

#[tokio::test]
async fn many_jobs_are_under_way_at_once_and_each_is_done_once() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: 200,
        concurrency: 8,
        ..Batch::one(quick(0))
    };
    let running = outbox().run(batch, move |number| {
        let event = event(JOB).with_id(&number.to_string());
        event.job(&target, signed()).unwrap()
    });
    let mut done: Vec<_> = all(running).await.iter().map(|report| report.job).collect();
    done.sort_unstable();
    assert!(done.into_iter().eq(0..200));
    let seen = peer.seen();
    let mut ids: Vec<_> = seen
        .iter()
        .filter_map(|seen| seen.header("Sixtyfour-Event-Id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
    assert!(seen.iter().all(|seen| seen.connection < 8));
}

#[tokio::test]
async fn reports_of_a_load_come_in_bulk_and_none_is_lost() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: 500,
        concurrency: 16,
        ..Batch::one(quick(0))
    };
    let mut running = outbox().run(batch, move |_| event(JOB).job(&target, signed()).unwrap());
    let (mut reads, mut reports) = (0, 0);
    loop {
        let many = running.next_many().await;
        if many.is_empty() {
            break;
        }
        reads += 1;
        reports += many.len();
    }
    assert_eq!(reports, 500);
    assert!(reads < reports);
}

#[tokio::test]
async fn reports_that_were_being_gathered_are_not_lost_with_the_patience_for_more() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: 20,
        ..Batch::one(quick(0))
    };
    let mut running = outbox().run(batch, move |_| event(JOB).job(&target, signed()).unwrap());
    let mut reports = 0;
    while reports < 20 {
        // Long enough to find one, too short for more of them.
        let found = tokio::time::timeout(GATHERING / 2, running.next_many()).await;
        reports += found.map_or(0, |found| found.len());
        reports += running.at_hand().len();
    }
    assert_eq!(reports, 20);
}

#[tokio::test]
async fn jobs_are_made_one_by_one_and_none_begins_behind_one_that_cannot_be_made() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: u64::MAX,
        concurrency: 1,
        ..Batch::one(quick(0))
    };
    let made = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&made);
    let running = outbox().run_while(batch, move |number| {
        count.fetch_add(1, Ordering::Relaxed);
        (number < 3).then(|| event(JOB).job(&target, signed()).unwrap())
    });
    let jobs: Vec<_> = all(running).await.iter().map(|report| report.job).collect();
    assert_eq!(jobs, [0, 1, 2]);
    assert_eq!(made.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn starts_keep_their_distance() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: 4,
        concurrency: 4,
        every: Duration::from_millis(20),
        schedule: quick(0),
    };
    let started = Clock::now();
    all(outbox().run(batch, move |_| event(JOB).job(&target, signed()).unwrap())).await;
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn nothing_goes_out_any_more_once_nobody_listens() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let target = peer.target("/");
    let batch = Batch {
        count: u64::MAX,
        concurrency: 2,
        ..Batch::one(quick(0))
    };
    let mut running = outbox().run(batch, move |_| event(JOB).job(&target, signed()).unwrap());
    running.next().await.unwrap();
    drop(running);
    let quiet = Duration::from_millis(50);
    let mut before = usize::MAX;
    tokio::time::timeout(Duration::from_secs(10), async {
        while before != peer.seen().len() {
            before = peer.seen().len();
            tokio::time::sleep(quiet).await;
        }
    })
    .await
    .unwrap();
}
