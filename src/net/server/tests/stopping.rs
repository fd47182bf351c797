//! Stopping: what is in flight is finished, the rest is not begun.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Limits, Rig, TcpStream, post, within};
use crate::delivery::{Ending, Outcome, Reply};

/// Until new connections are refused. A process that is just being started may hold a copy of the
/// listening socket for a moment.
async fn is_refused(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_is_in_flight_is_answered_and_new_connections_are_refused() {
    let mut rig = Rig::start();
    rig.recorder.gate.send_replace(true);
    // Accepted before the others, and they are served.
    let mut silent = rig.connect().await;
    let mut idle = rig.send(post("/idle", "")).await;
    let mut busy = rig.send(post("/busy", "")).await;
    rig.recorder.request(1).await;
    rig.stop();
    assert!(silent.rest().await.is_ok_and(|rest| rest.is_empty()));
    within(is_refused(rig.address)).await;
    rig.recorder.gate.send_replace(false);
    for client in [&mut idle, &mut busy] {
        let answer = client.answer().await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.head.contains("Connection: close\r\n"),
            "{}",
            answer.head
        );
        assert!(client.is_closed_cleanly().await);
    }
    assert_eq!(rig.recorder.outcome(1).await, Outcome::Answered);
    let summary = rig.stopped().await;
    assert_eq!((summary.requests, summary.cut_off), (2, 0));
    assert!(summary.connections >= 2);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut rig = Rig::start();
    let mut idle = rig.send(post("/", "")).await;
    assert_eq!(idle.answer().await.status, 200);
    let mut half = rig.send("POST / HTT").await;
    // An answer on another connection: by then this part was read.
    rig.assert_alive().await;
    rig.stop();
    assert!(idle.is_closed_cleanly().await);
    assert!(half.is_closed_cleanly().await);
    assert_eq!(rig.stopped().await.cut_off, 0);
}

#[tokio::test]
async fn a_peer_that_still_sends_what_was_refused_does_not_hold_up_the_end() {
    let mut rig = Rig::start();
    let mut client = rig.send("POST / HTTP/1.1\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 400);
    rig.stop();
    assert_eq!(rig.stopped().await.cut_off, 0);
    drop(client);
}

#[tokio::test]
async fn a_hanging_answer_ends_with_the_listener() {
    let mut rig = Rig::ending(Ending::Hang);
    let mut client = rig.send(post("/", "")).await;
    rig.recorder.request(0).await;
    rig.stop();
    assert!(client.is_closed_cleanly().await);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Stopped);
    assert_eq!(rig.stopped().await.cut_off, 0);
}

#[tokio::test]
async fn a_held_answer_may_be_decided_while_stopping() {
    let mut rig = Rig::ending(Ending::Hold);
    let mut client = rig.send(post("/", "")).await;
    rig.recorder.request(0).await;
    rig.stop();
    rig.recorder
        .decision
        .send_replace(Some(Reply::json(503, "{}")));
    assert_eq!(client.answer().await.status, 503);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
    assert_eq!(rig.stopped().await.cut_off, 0);
}

#[tokio::test]
async fn a_held_answer_that_nobody_decides_ends_with_the_listener() {
    let mut rig = Rig::ending(Ending::Hold);
    let mut client = rig.send(post("/", "")).await;
    rig.recorder.request(0).await;
    rig.stop();
    assert!(client.is_closed_cleanly().await);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Stopped);
    assert_eq!(rig.stopped().await.cut_off, 0);
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_period_is_cut_off() {
    let limits = Limits {
        grace: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut rig = Rig::answering(limits, |_| Reply {
        delay: Duration::from_secs(3600),
        ..Reply::json(200, "{}")
    });
    let mut client = rig.send(post("/", "")).await;
    rig.recorder.request(0).await;
    rig.stop();
    let recorder = std::sync::Arc::clone(&rig.recorder);
    assert_eq!(rig.stopped().await.cut_off, 1);
    assert_eq!(recorder.outcome(0).await, Outcome::Stopped);
    assert!(client.rest().await.is_ok_and(|rest| rest.is_empty()));
}

#[tokio::test]
async fn a_request_in_the_making_is_finished_too() {
    let mut rig = Rig::start();
    let mut client = rig
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhi")
        .await;
    // An answer on another connection: by then this head was read.
    rig.assert_alive().await;
    rig.stop();
    client.send("gh").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(rig.stopped().await.cut_off, 0);
}
