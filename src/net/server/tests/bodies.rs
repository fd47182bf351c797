//! Bodies that are too large, too short, or never come.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::{Client, Limits, Rig, post, within};
use crate::delivery::{Defect, Outcome, Reply};

const LIMIT: usize = 100_000;

fn small() -> Rig {
    let limits = Limits {
        max_body: LIMIT as u64,
        ..Limits::default()
    };
    Rig::answering(limits, |_| Reply::json(200, "{}"))
}

fn impatient() -> Rig {
    let limits = Limits {
        body_idle: Duration::from_millis(200),
        ..Limits::default()
    };
    Rig::answering(limits, |_| Reply::json(200, "{}"))
}

fn head(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// Sends without giving up when the other side stops listening, then reads its answer.
async fn flood(rig: &Rig, head: &str, piece: &[u8], total: usize) -> Client {
    let mut client = rig.send(head).await;
    let mut sent = 0;
    while sent < total {
        match within(client.stream.write(piece)).await {
            Ok(count) => sent += count,
            Err(_) => break,
        }
    }
    client
}

#[tokio::test]
async fn a_body_at_the_limit_is_whole_and_one_byte_more_is_cut() {
    let rig = small();
    for (length, status, kept) in [(LIMIT, 200, LIMIT), (LIMIT + 1, 413, LIMIT)] {
        for chunked in [false, true] {
            let number = rig.recorder.count();
            let sent = if chunked {
                let start = head("Transfer-Encoding: chunked\r\n");
                format!("{start}{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length))
            } else {
                post("/", &"x".repeat(length))
            };
            let mut client = rig.send(sent).await;
            assert_eq!(client.answer().await.status, status, "chunked: {chunked}");
            let request = rig.recorder.request(number).await;
            assert_eq!(request.body.len(), kept);
            assert_eq!(request.defect.is_some(), status == 413);
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_30_mb_sees_that_it_is_too_much() {
    let rig = Rig::answering(
        Limits {
            max_body: 16 << 20,
            ..Limits::default()
        },
        |_| Reply::json(200, "{}"),
    );
    let total = 30_000_000;
    let head = head(&format!("Content-Length: {total}\r\n"));
    let mut client = flood(&rig, &head, &[0; 65_536], total).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 413);
    assert!(
        client.rest().await.is_ok(),
        "no reset before the answer was read"
    );
    let request = rig.recorder.request(0).await;
    assert_eq!(request.body.len(), 16 << 20);
    assert_eq!(request.defect, Some(Defect::BodyTooLarge));
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn an_unbelievable_length_is_refused_without_waiting_for_it() {
    let rig = small();
    for sent in [
        head("Content-Length: 9223372036854775808\r\n") + "abc",
        head("Transfer-Encoding: chunked\r\n") + "8000000000000000\r\nabc",
    ] {
        let number = rig.recorder.count();
        let started = Instant::now();
        let mut client = rig.send(sent).await;
        assert_eq!(client.answer().await.status, 413);
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!(rig.recorder.request(number).await.body, &b"abc"[..]);
    }
}

#[tokio::test]
async fn who_waits_to_be_told_is_told_to_go_on_or_that_it_is_too_much() {
    let rig = small();
    let mut client = rig
        .send(head("Content-Length: 2\r\nExpect: 100-continue\r\n"))
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(rig.recorder.request(0).await.body, &b"hi"[..]);
    let mut client = rig
        .send(head("Content-Length: 30000000\r\nExpect: 100-continue\r\n"))
        .await;
    assert_eq!(client.answer().await.status, 413);
    let request = rig.recorder.request(1).await;
    assert!(request.body.is_empty() && request.defect == Some(Defect::BodyTooLarge));
}

#[tokio::test]
async fn a_body_that_stalls_times_out_with_what_came() {
    let rig = impatient();
    for (sent, kept) in [
        (head("Content-Length: 9\r\n") + "hi", "hi"),
        (head("Transfer-Encoding: chunked\r\n") + "9\r\nhi", "hi"),
        (head("Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n", "hi"),
    ] {
        let number = rig.recorder.count();
        let mut client = rig.send(sent).await;
        assert_eq!(client.answer().await.status, 408);
        assert!(client.is_closed_cleanly().await);
        let request = rig.recorder.request(number).await;
        assert_eq!(request.body, kept.as_bytes());
        assert_eq!(request.defect, Some(Defect::BodyTimedOut));
    }
}

#[tokio::test]
async fn who_is_told_to_go_on_and_does_not_times_out() {
    let rig = impatient();
    let mut client = rig
        .send(head("Content-Length: 2\r\nExpect: 100-continue\r\n"))
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.answer().await.status, 408);
}

#[tokio::test]
async fn a_body_that_trickles_has_an_end_too() {
    let limits = Limits {
        body_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    let mut client = rig.send(head("Content-Length: 1000000\r\n")).await;
    let trickle = async {
        while client.stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = within(trickle) => {}
        request = rig.recorder.request(0) => {
            assert_eq!(request.defect, Some(Defect::BodyTimedOut));
        }
    }
}

#[tokio::test]
async fn a_body_that_comes_steadily_is_not_cut_by_the_idle_time() {
    let limits = Limits {
        body_idle: Duration::from_secs(5),
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    let mut client = rig.send(head("Content-Length: 10\r\n")).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(600)).await;
        client.send("x").await;
    }
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_body_that_ends_early_is_captured_and_not_taken() {
    for (sent, kept) in [
        (head("Content-Length: 9\r\n") + "hi", "hi"),
        (head("Transfer-Encoding: chunked\r\n") + "9\r\nhi", "hi"),
        (head("Content-Length: 9\r\n"), ""),
    ] {
        let rig = small();
        let mut client = rig.send(&sent).await;
        client.stream.shutdown().await.unwrap();
        assert_eq!(client.answer().await.status, 400);
        let request = rig.recorder.request(0).await;
        assert_eq!(request.body, kept.as_bytes());
        assert_eq!(request.defect, Some(Defect::BodyIncomplete));

        let rig = small();
        let client = rig.send(&sent).await;
        client.stream.set_zero_linger().unwrap();
        drop(client);
        let request = rig.recorder.request(0).await;
        assert!(matches!(
            request.defect,
            Some(Defect::BodyIncomplete | Defect::Malformed { .. })
        ));
        assert_eq!(rig.recorder.outcome(0).await, Outcome::PeerLeft);
        rig.assert_alive().await;
    }
}

#[tokio::test]
async fn large_bodies_share_a_budget_and_all_arrive() {
    let limits = Limits {
        max_body: 1 << 20,
        body_budget: 2 << 20,
        ..Limits::default()
    };
    let rig = Rig::answering(limits, |_| Reply::json(200, "{}"));
    let body = "x".repeat(1 << 20);
    let sent = post("/", &body);
    let clients = (0..12).map(|_| async {
        let mut client = rig.send(&sent).await;
        client.answer().await.status
    });
    let statuses = within(futures_util::future::join_all(clients)).await;
    assert_eq!(statuses, [200; 12]);
    let seen = rig.recorder.seen.lock().unwrap();
    assert!(
        seen.requests
            .iter()
            .all(|request| request.body == body.as_bytes())
    );
}

#[tokio::test]
async fn large_bodies_in_any_framing_arrive_unchanged() {
    let rig = Rig::start();
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    for chunk in [0, 1_000, 65_536, 1 << 20] {
        let number = rig.recorder.count();
        let mut client = rig.connect().await;
        if chunk == 0 {
            client
                .send(head(&format!("Content-Length: {}\r\n", body.len())))
                .await;
            client.send(&body).await;
        } else {
            client.send(head("Transfer-Encoding: chunked\r\n")).await;
            for piece in body.chunks(chunk) {
                client.send(format!("{:x}\r\n", piece.len())).await;
                client.send(piece).await;
                client.send("\r\n").await;
            }
            client.send("0\r\n\r\n").await;
        }
        assert_eq!(client.answer().await.status, 200);
        assert!(
            rig.recorder.request(number).await.body == body,
            "chunks of {chunk}"
        );
    }
}

#[tokio::test]
async fn wrong_chunk_framing_is_named_for_what_it_is() {
    let trailers = format!("2\r\nhi\r\n0\r\n{}\r\n", "A: b\r\n".repeat(1000));
    let trailer = format!("2\r\nhi\r\n0\r\nA: {}\r\n\r\n", "b".repeat(20_000));
    let extension = format!("2;{}\r\nhi\r\n0\r\n\r\n", "x".repeat(20_000));
    for (sent, kept, why) in [
        (&*trailers, "hi", "trailers that are too many"),
        (&trailer, "hi", "trailers that are too long"),
        (&extension, "", "chunk extensions that are too long"),
        (
            "zz\r\nhi\r\n0\r\n\r\n",
            "",
            "a chunk size that is no hexadecimal number",
        ),
        (
            "2\r\nhi\r\nzz\r\n",
            "hi",
            "a chunk size that is no hexadecimal number",
        ),
        (
            "1FFFFFFFFFFFFFFFF\r\nhi",
            "",
            "a chunk size that is too large",
        ),
        (
            "2 2\r\nhi\r\n",
            "",
            "something else than CRLF after a chunk size",
        ),
        (
            "2\nhi\n0\n\n",
            "",
            "something else than CRLF after a chunk size",
        ),
        ("2\r\nhi0\r\n\r\n", "hi", "no CRLF after a chunk"),
        ("2\r\nhi!\r\n0\r\n\r\n", "hi", "no CRLF after a chunk"),
        (
            "2\r\nhi\r\n0\r\nA: b\n\r\n",
            "hi",
            "a trailer that does not end with CRLF",
        ),
        (
            "2\r\nhi\r\n0\r\nA: \u{1}\r\n\r\n",
            "hi",
            "a trailer that is no header field",
        ),
        (
            "2\r\nhi\r\n0\r\nno field\r\n\r\n",
            "hi",
            "a trailer that is no header field",
        ),
    ] {
        let rig = Rig::start();
        let mut client = rig
            .send(head("Transfer-Encoding: chunked\r\n") + sent)
            .await;
        assert_eq!(client.answer().await.status, 400, "{sent:?}");
        let request = rig.recorder.request(0).await;
        let said = format!("the chunk framing is wrong: {why}");
        assert_eq!(
            request.defect,
            Some(Defect::Malformed {
                status: 400,
                why: said.into()
            }),
            "{sent:?}"
        );
        assert_eq!(request.body, kept, "{sent:?}");
    }
}
