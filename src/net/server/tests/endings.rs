//! Each way a connection can end, seen from the other side.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::{Limits, Rig, ended, post, within};
use crate::delivery::{Ending, Outcome, Reply};

#[tokio::test]
async fn an_answer_is_settled_once_it_is_out() {
    let rig = Rig::start();
    let mut client = rig.send(post("/", "{}")).await;
    let answer = client.answer().await;
    assert_eq!(answer.body, &br#"{"ok":true}"#[..]);
    assert!(
        answer
            .head
            .contains("\r\nContent-Type: application/json\r\n")
    );
    assert!(answer.head.contains("\r\nDate: "));
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let rig = Rig::ending(Ending::Reset);
    let mut client = rig.send(post("/", "{}")).await;
    let error = client.rest().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Reset);
    rig.assert_refused_alive().await;
}

#[tokio::test]
async fn a_close_is_an_end_without_a_byte() {
    let rig = Rig::ending(Ending::Close);
    let mut client = rig.send(post("/", "{}")).await;
    assert!(client.is_closed_cleanly().await);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Closed);
}

#[tokio::test]
async fn a_close_is_clean_also_when_more_was_sent() {
    let rig = Rig::ending(Ending::Close);
    let mut client = rig.send([post("/", "{}"), post("/", "{}")].concat()).await;
    assert!(client.is_closed_cleanly().await);
}

#[tokio::test]
async fn a_cut_answer_is_shorter_than_it_says() {
    let rig = Rig::ending(Ending::Cut);
    let mut client = rig.send(post("/", "{}")).await;
    let text = String::from_utf8(client.rest().await.unwrap()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(head.contains("content-length: 11\r\n"));
    assert_eq!(body, r#"{"ok""#);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Cut);
}

#[tokio::test]
async fn a_cut_answer_without_a_body_ends_inside_its_head() {
    let rig = Rig::answering(Limits::default(), |_| Reply {
        ending: Ending::Cut,
        ..Reply::json(204, "")
    });
    let mut client = rig.send(post("/", "{}")).await;
    let text = String::from_utf8(client.rest().await.unwrap()).unwrap();
    assert!(text.starts_with("HTTP/1.1 204") && !text.contains("\r\n\r\n"));
}

#[tokio::test]
async fn garbage_is_not_http() {
    let rig = Rig::ending(Ending::Garbage);
    let mut client = rig.send(post("/", "{}")).await;
    let bytes = client.rest().await.unwrap();
    let mut fields = [httparse::EMPTY_HEADER; 8];
    assert!(httparse::Response::new(&mut fields).parse(&bytes).is_err());
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Garbage);
}

#[tokio::test]
async fn a_dripping_answer_is_slow_and_whole_and_keeps_the_connection() {
    let time = Duration::from_secs(3);
    let rig = Rig::answering(Limits::default(), move |request| {
        match request.head.path() {
            b"/drip" => ended(Ending::Drip(time)),
            _ => Reply::json(200, "{}"),
        }
    });
    let started = Instant::now();
    let mut client = rig.send(post("/drip", "{}")).await;
    let head = client.head().await;
    let head_after = started.elapsed();
    assert!(head.contains("Content-Length: 11\r\n"));
    let mut pieces = 0;
    while client.unread.len() < 11 {
        client.read().await.unwrap();
        pieces += 1;
    }
    assert_eq!(client.unread, br#"{"ok":true}"#);
    assert!(started.elapsed() >= time, "after {:?}", started.elapsed());
    assert!(head_after < time, "the head came after {head_after:?}");
    assert!(pieces > 2, "in {pieces} pieces");
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
    client.unread.clear();
    client.send(post("/next", "")).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_large_dripping_answer_is_whole_and_in_time() {
    let time = Duration::from_millis(100);
    let rig = Rig::answering(Limits::default(), move |_| Reply {
        body: vec![b'x'; 200_000].into(),
        ..ended(Ending::Drip(time))
    });
    let started = Instant::now();
    let mut client = rig.send(post("/", "{}")).await;
    assert_eq!(client.answer().await.body.len(), 200_000);
    assert!(started.elapsed() >= time);
}

#[tokio::test]
async fn a_delay_comes_before_the_first_byte() {
    let delay = Duration::from_millis(150);
    let rig = Rig::answering(Limits::default(), move |_| Reply {
        delay,
        ..Reply::json(500, "{}")
    });
    let started = Instant::now();
    let mut client = rig.send(post("/", "{}")).await;
    assert_eq!(client.answer().await.status, 500);
    assert!(started.elapsed() >= delay);
}

#[tokio::test]
async fn a_peer_that_leaves_during_a_wait_is_noticed_at_once() {
    let long = Duration::from_secs(3600);
    for reply in [
        ended(Ending::Hang),
        ended(Ending::Hold),
        Reply {
            delay: long,
            ..Reply::json(200, "{}")
        },
    ] {
        let rig = Rig::answering(Limits::default(), move |_| reply.clone());
        let client = rig.send(post("/", "{}")).await;
        rig.recorder.request(0).await;
        drop(client);
        assert_eq!(rig.recorder.outcome(0).await, Outcome::PeerLeft);
        let client = rig.send(post("/", "{}")).await;
        rig.recorder.request(1).await;
        client.stream.set_zero_linger().unwrap();
        drop(client);
        assert_eq!(rig.recorder.outcome(1).await, Outcome::PeerLeft);
    }
}

#[tokio::test]
async fn a_held_answer_becomes_what_is_decided() {
    let rig = Rig::ending(Ending::Hold);
    let mut client = rig.send(post("/", "{}")).await;
    rig.recorder.request(0).await;
    rig.recorder
        .decision
        .send_replace(Some(Reply::json(418, "{}")));
    assert_eq!(client.answer().await.status, 418);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
    rig.recorder
        .decision
        .send_replace(Some(ended(Ending::Reset)));
    client.send(post("/", "{}")).await;
    let error = client.rest().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(rig.recorder.outcome(1).await, Outcome::Reset);
}

#[tokio::test]
async fn a_client_that_only_ends_its_side_gets_its_answer() {
    let rig = Rig::start();
    let mut client = rig.connect().await;
    rig.recorder.gate.send_replace(true);
    client.send(post("/", "{}")).await;
    client.stream.shutdown().await.unwrap();
    rig.recorder.request(0).await;
    rig.recorder.gate.send_replace(false);
    assert_eq!(client.answer().await.status, 200);
    assert!(client.is_closed_cleanly().await);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn a_request_is_received_to_its_end_when_its_peer_is_gone() {
    for reset in [false, true] {
        let rig = Rig::start();
        rig.recorder.gate.send_replace(true);
        let client = rig.send(post("/", "{}")).await;
        rig.recorder.request(0).await;
        if reset {
            client.stream.set_zero_linger().unwrap();
        }
        drop(client);
        // Whatever of that the kernel has to tell is told before this is.
        let _other = rig.connect().await;
        rig.recorder.gate.send_replace(false);
        assert_eq!(
            rig.recorder.outcome(0).await,
            Outcome::PeerLeft,
            "reset: {reset}"
        );
        rig.assert_alive().await;
    }
}

#[tokio::test]
async fn a_peer_that_is_gone_does_not_get_half_an_answer_either() {
    for ending in [Ending::Cut, Ending::Garbage] {
        let rig = Rig::ending(ending);
        rig.recorder.gate.send_replace(true);
        drop(rig.send(post("/", "{}")).await);
        rig.recorder.request(0).await;
        let _other = rig.connect().await;
        rig.recorder.gate.send_replace(false);
        assert_eq!(rig.recorder.outcome(0).await, Outcome::PeerLeft);
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_not_waited_for() {
    let limits = Limits {
        write_stall: Duration::from_millis(100),
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply {
        body: vec![b'x'; 32 << 20].into(),
        ..Reply::json(200, "")
    });
    let client = rig.send(post("/", "{}")).await;
    assert_eq!(rig.recorder.outcome(0).await, Outcome::PeerStalled);
    drop(client);
}

#[tokio::test]
async fn a_slow_reader_of_a_large_answer_gets_all_of_it() {
    let limits = Limits {
        write_stall: Duration::from_secs(5),
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply {
        body: vec![b'x'; 8 << 20].into(),
        ..Reply::json(200, "")
    });
    let mut client = rig.send(post("/", "{}")).await;
    assert_eq!(client.answer().await.body.len(), 8 << 20);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn a_panic_is_answered_with_500_and_disturbs_nobody() {
    let rig = Rig::start();
    let mut client = rig.send(post("/panic", "{}")).await;
    assert_eq!(client.answer().await.status, 500);
    client.send(post("/after", "{}")).await;
    assert_eq!(client.answer().await.status, 200);
    rig.assert_alive().await;
}

impl Rig {
    /// New connections are still taken, whatever they get.
    async fn assert_refused_alive(&self) {
        let before = self.recorder.count();
        let client = self.send(post("/alive", "{}")).await;
        within(self.recorder.request(before)).await;
        drop(client);
    }
}
