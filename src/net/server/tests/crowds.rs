//! Many peers at once, some of them rude: nothing is lost, nothing is settled twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Client, Limits, PATIENCE, Rig, ended, post, within};
use crate::delivery::{Ending, Reply};

/// Every way to end, by path.
fn mixed() -> Rig {
    let limits = Limits {
        grace: PATIENCE,
        ..Limits::default()
    };
    Rig::answering(limits, |request| match request.head.path() {
        b"/reset" => ended(Ending::Reset),
        b"/close" => ended(Ending::Close),
        b"/cut" => ended(Ending::Cut),
        b"/garbage" => ended(Ending::Garbage),
        b"/hang" => ended(Ending::Hang),
        b"/drip" => ended(Ending::Drip(Duration::from_millis(20))),
        b"/late" => Reply {
            delay: Duration::from_millis(5),
            ..Reply::json(200, "{}")
        },
        _ => Reply::json(200, "{}"),
    })
}

/// What a client does after sending, so that all of them differ.
async fn behave(mut client: Client, number: usize) {
    match number % 5 {
        0 => drop(client),
        1 => {
            let _ = client.stream.set_zero_linger();
        }
        _ => {
            let _ = tokio::time::timeout(Duration::from_millis(200), client.rest()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_settled_exactly_once_whatever_its_peer_does() {
    let mut rig = mixed();
    let paths = [
        "/reset", "/close", "/cut", "/garbage", "/hang", "/drip", "/late", "/",
    ];
    let clients = (0..250).map(|number| {
        let path = paths[number % paths.len()];
        let sent = match number % 7 {
            // Cut short, pipelined, and no request at all.
            0 => post(path, "0123456789").trim_end_matches("6789").to_owned(),
            1 => post(path, "{}").repeat(3),
            2 => "nonsense\r\n\r\n".to_owned(),
            _ => post(path, "{}"),
        };
        let rig = &rig;
        async move { behave(rig.send(sent).await, number).await }
    });
    within(futures_util::future::join_all(clients)).await;
    let recorder = Arc::clone(&rig.recorder);
    // Also when nothing is left of those that were reset before they were accepted.
    recorder
        .until(|seen| (seen.requests.len() > 200).then_some(()))
        .await;
    rig.stop();
    let summary = rig.stopped().await;
    assert_eq!(summary.cut_off, 0);
    let seen = recorder.seen.lock().unwrap();
    let mut settled: Vec<usize> = seen.settled.iter().map(|(number, _)| *number).collect();
    settled.sort_unstable();
    assert_eq!(settled, (0..seen.requests.len()).collect::<Vec<_>>());
    assert_eq!(summary.requests, seen.requests.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_keep_their_answers_apart() {
    let rig = Rig::answering(Limits::default(), |request| Reply {
        body: request.body.clone(),
        ..Reply::json(200, "")
    });
    let clients = (0..64).map(|number| {
        let rig = &rig;
        async move {
            let mut client = rig.connect().await;
            for round in 0..20 {
                let body = format!("{number}-{round}-{}", "x".repeat(number * 50));
                client.send(post("/", &body)).await;
                assert_eq!(client.answer().await.body, body.as_bytes());
            }
        }
    });
    within(futures_util::future::join_all(clients)).await;
    assert_eq!(rig.recorder.count(), 64 * 20);
}

#[tokio::test]
async fn silent_connections_do_not_slow_a_delivery() {
    let rig = Rig::start();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(rig.send("POST / HT").await);
    }
    let started = Instant::now();
    rig.assert_alive().await;
    assert!(started.elapsed() < Duration::from_secs(5));
}
