//! Requests behind each other on one connection.

use proptest::prelude::*;

use super::{Rig, post, within};
use crate::delivery::{Ending, Header, Outcome, Reply};

/// Requests whose heads and bodies can be told apart, in every framing.
fn requests() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>> {
    let one = (
        "[a-z]{0,20}",
        proptest::collection::vec(any::<u8>(), 0..40),
        0_u8..3,
    );
    proptest::collection::vec(one, 1..8).prop_map(|parts| {
        parts
            .into_iter()
            .map(|(mark, body, framing)| {
                let start = format!("POST /{mark} HTTP/1.1\r\nhOST: a\r\nX-{mark}: {mark}\r\n");
                let (fields, body, wire) = match framing {
                    0 => ("\r\n".to_owned(), Vec::new(), Vec::new()),
                    1 => {
                        let fields = format!("Content-Length: {}\r\n\r\n", body.len());
                        (fields, body.clone(), body)
                    }
                    _ => {
                        let mut wire = Vec::new();
                        for chunk in body.chunks(7) {
                            wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                            wire.extend_from_slice(chunk);
                            wire.extend_from_slice(b"\r\n");
                        }
                        wire.extend_from_slice(b"0\r\n\r\n");
                        ("Transfer-Encoding: chunked\r\n\r\n".to_owned(), body, wire)
                    }
                };
                ([start, fields].concat().into_bytes(), body, wire)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_head_and_body_is_captured_byte_for_byte_however_it_is_cut(
        requests in requests(),
        cuts in proptest::collection::vec(1_usize..60, 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::start();
            let mut client = rig.connect().await;
            client.stream.set_nodelay(true).unwrap();
            let wire: Vec<u8> =
                requests.iter().flat_map(|(head, _, wire)| [&head[..], wire].concat()).collect();
            let mut rest = &wire[..];
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                client.send(piece).await;
                tokio::task::yield_now().await;
                rest = after;
            }
            client.send(rest).await;
            for (number, (head, body, _)) in requests.iter().enumerate() {
                assert_eq!(client.answer().await.status, 200);
                let request = rig.recorder.request(number).await;
                assert_eq!(request.head.raw(), &head[..]);
                assert_eq!(request.body, &body[..]);
                assert_eq!(rig.recorder.outcome(number).await, Outcome::Answered);
            }
            assert_eq!(rig.recorder.count(), requests.len());
        });
    }
}

#[tokio::test]
async fn an_answer_is_out_before_the_next_request_is_taken() {
    let rig = Rig::answering(super::Limits::default(), |request| {
        match request.head.path() {
            b"/hang" => super::ended(Ending::Hang),
            _ => Reply::json(200, "{}"),
        }
    });
    let pipelined = [post("/1", "a"), post("/hang", "b"), post("/3", "c")].concat();
    let mut client = rig.send(pipelined).await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
    assert_eq!(rig.recorder.request(1).await.body, &b"b"[..]);
    drop(client);
    assert_eq!(rig.recorder.outcome(1).await, Outcome::PeerLeft);
    assert_eq!(rig.recorder.count(), 2);
}

#[tokio::test]
async fn what_follows_during_a_wait_is_answered_after_it() {
    let rig = Rig::answering(super::Limits::default(), |request| {
        match request.head.path() {
            b"/held" => super::ended(Ending::Hold),
            _ => Reply::json(200, "{}"),
        }
    });
    let mut client = rig.send(post("/held", "")).await;
    rig.recorder.request(0).await;
    client.send(post("/next", "b")).await;
    rig.recorder
        .decision
        .send_replace(Some(Reply::json(503, "{}")));
    assert_eq!(client.answer().await.status, 503);
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(rig.recorder.request(1).await.head.path(), b"/next");
}

#[tokio::test]
async fn a_peer_that_floods_a_wait_gets_its_answer_and_no_more() {
    let rig = Rig::ending(Ending::Hold);
    let mut client = rig.send(post("/held", "")).await;
    rig.recorder.request(0).await;
    let flood = vec![b'x'; 300 << 10];
    within(tokio::io::AsyncWriteExt::write_all(
        &mut client.stream,
        &flood,
    ))
    .await
    .unwrap();
    // All of it has been taken in: more than is kept.
    rig.recorder
        .decision
        .send_replace(Some(Reply::json(503, "{}")));
    assert_eq!(client.answer().await.status, 503);
    let _ = client.rest().await;
    rig.recorder.decision.send_replace(None);
    assert_eq!(rig.recorder.outcome(0).await, Outcome::Answered);
}

#[tokio::test]
async fn trailers_stay_apart_from_the_headers() {
    let rig = Rig::start();
    let mut client = rig
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\ncontent-length: 9\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.status, 200);
    let request = rig.recorder.request(0).await;
    assert_eq!(
        request.trailers,
        [
            Header::new("X-Sum", "1"),
            Header::new("content-length", "9")
        ]
    );
    assert_eq!(request.head.header("x-sum"), None);
    assert_eq!(request.head.header("content-length"), None);
}
