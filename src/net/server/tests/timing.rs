//! Peers that are slow, silent, or many.

use std::time::{Duration, Instant};

use super::{Limits, PATIENCE, Rig, post, within};
use crate::delivery::{Defect, Outcome, Reply};

fn quick() -> Limits {
    Limits {
        head_time: Duration::from_millis(200),
        idle_time: Duration::from_millis(400),
        ..Limits::default()
    }
}

fn rig() -> Rig {
    Rig::answering(quick(), |_| Reply::json(200, "{}"))
}

#[tokio::test]
async fn a_head_that_stalls_gets_408_and_is_captured() {
    for part in [
        "P",
        "POST / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nA: b",
    ] {
        let rig = rig();
        let mut client = rig.send(part).await;
        assert_eq!(client.answer().await.status, 408, "{part}");
        assert!(client.is_closed_cleanly().await);
        let request = rig.recorder.request(0).await;
        assert_eq!(request.head.raw(), part.as_bytes());
        let Some(Defect::Malformed { status: 408, .. }) = request.defect else {
            panic!("{:?}", request.defect);
        };
    }
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_all_the_same() {
    let rig = rig();
    let started = Instant::now();
    let mut client = rig.send("POST / HTTP/1.1\r\n").await;
    let trickle = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if tokio::io::AsyncWriteExt::write_all(&mut client.stream, b"A: b\r\n")
                .await
                .is_err()
            {
                return;
            }
        }
    };
    let captured = async {
        rig.recorder.request(0).await;
    };
    tokio::select! {
        () = within(trickle) => {}
        () = captured => {}
    }
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_not_captured() {
    let rig = rig();
    for sent in ["", "\r\n\r\n"] {
        let mut client = rig.send(sent).await;
        assert!(client.is_closed_cleanly().await);
    }
    assert_eq!(rig.recorder.count(), 0);
}

#[tokio::test]
async fn an_idle_connection_lasts_longer_than_a_silent_one_and_not_for_ever() {
    let patient = Limits {
        idle_time: PATIENCE,
        ..quick()
    };
    let rig = Rig::answering(patient, |_| Reply::json(200, "{}"));
    let mut client = rig.send(post("/", "")).await;
    assert_eq!(client.answer().await.status, 200);
    tokio::time::sleep(quick().head_time + Duration::from_millis(50)).await;
    client.send(post("/", "")).await;
    assert_eq!(client.answer().await.status, 200);

    let rig = self::rig();
    let since = Instant::now();
    let mut client = rig.send(post("/", "")).await;
    assert_eq!(client.answer().await.status, 200);
    assert!(client.is_closed_cleanly().await);
    assert!(since.elapsed() >= quick().idle_time);
}

#[tokio::test]
async fn a_connection_that_ends_inside_a_head_is_captured() {
    let rig = rig();
    let mut client = rig.send("POST / HT").await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream)
        .await
        .unwrap();
    assert_eq!(client.answer().await.status, 400);
    assert_eq!(rig.recorder.request(0).await.head.raw(), &b"POST / HT"[..]);
}

#[tokio::test]
async fn more_connections_than_there_are_places_wait_their_turn() {
    let limits = Limits {
        max_connections: 2,
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    rig.recorder.gate.send_replace(true);
    let mut first = rig.send(post("/1", "")).await;
    let mut second = rig.send(post("/2", "")).await;
    rig.recorder.request(1).await;
    let mut third = rig.send(post("/3", "")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(rig.recorder.count(), 2);
    rig.recorder.gate.send_replace(false);
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(second.answer().await.status, 200);
    drop(first);
    assert_eq!(third.answer().await.status, 200);
}

#[tokio::test]
async fn silent_connections_make_room_when_others_wait() {
    let limits = Limits {
        max_connections: 4,
        head_time: Duration::from_secs(600),
        idle_time: Duration::from_secs(600),
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(rig.connect().await);
    }
    let mut client = rig.send(post("/", "")).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_busy_connection_is_not_asked_to_make_room() {
    let limits = Limits {
        max_connections: 1,
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply {
        delay: Duration::from_millis(1800),
        ..Reply::json(200, "{}")
    });
    let mut busy = rig.send(post("/", "")).await;
    rig.recorder.request(0).await;
    let _waiting = rig.connect().await;
    assert_eq!(busy.answer().await.status, 200);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn there_may_be_as_many_connections_as_can_be_written_down() {
    let limits = Limits {
        max_connections: usize::MAX,
        ..Limits::default()
    };
    let mut rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    let mut client = rig.send(post("/", "")).await;
    assert_eq!(client.answer().await.status, 200);
    drop(client);
    rig.stop();
    assert_eq!(rig.stopped().await.cut_off, 0);
}
