//! What may be sent, and what has to come back: one row a case.

use std::borrow::Cow;

use super::{Client, Rig};
use crate::delivery::Defect;

/// What was captured, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Captured {
    Whole,
    Malformed,
    Incomplete,
}

use Captured::{Incomplete, Malformed, Whole};

struct Row {
    says: &'static str,
    sent: Cow<'static, [u8]>,
    statuses: &'static [u16],
    captured: &'static [Captured],
}

fn row(
    says: &'static str,
    sent: impl Into<Vec<u8>>,
    statuses: &'static [u16],
    captured: &'static [Captured],
) -> Row {
    Row {
        says,
        sent: Cow::Owned(sent.into()),
        statuses,
        captured,
    }
}

/// A POST with these field lines beside `Host`, and what follows the head.
fn post(fields: &str, rest: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n{rest}")
}

async fn check(rows: Vec<Row>) {
    for row in rows {
        let rig = Rig::start();
        let mut client = rig.send(&row.sent).await;
        for status in row.statuses {
            let answer = client.answer().await;
            assert_eq!(answer.status, *status, "{}: {answer:?}", row.says);
        }
        let refused = row.captured.iter().any(|captured| *captured != Whole);
        if refused {
            assert_ended(&mut client, row.says).await;
        }
        assert_eq!(captured(&rig).await, row.captured, "{}", row.says);
        rig.assert_alive().await;
    }
}

async fn assert_ended(client: &mut Client, says: &str) {
    assert!(client.is_closed_cleanly().await, "{says}: goes on");
}

async fn captured(rig: &Rig) -> Vec<Captured> {
    let seen = rig.recorder.seen.lock().unwrap();
    let kind = |defect: &Option<Defect>| match defect {
        None => Whole,
        Some(Defect::Malformed { .. }) => Malformed,
        Some(_) => Incomplete,
    };
    seen.requests
        .iter()
        .map(|request| kind(&request.defect))
        .collect()
}

#[tokio::test]
async fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let mut rows = vec![
        row(
            "two equal lengths",
            post("Content-Length: 2\r\nContent-Length: 2\r\n", "hi"),
            &[200],
            &[Whole],
        ),
        row(
            "HTTP/1.0 with a transfer coding",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            &[400],
            &[Malformed],
        ),
    ];
    for fields in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2, 2\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
    ] {
        // The second request must never be seen as one.
        let smuggling = post(fields, "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n");
        rows.push(row("two readings", smuggling, &[400], &[Malformed]));
    }
    for coding in ["identity", "xchunked", "gzip, chunked"] {
        let sent = post(&format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\n");
        rows.push(row("another coding", sent, &[501], &[Malformed]));
    }
    check(rows).await;
}

#[tokio::test]
async fn broken_chunks_are_no_body() {
    let mut rows = vec![
        row(
            "chunk extensions",
            post(
                "Transfer-Encoding: chunked\r\n",
                "2;a=b;c\r\nhi\r\n0\r\n\r\n",
            ),
            &[200],
            &[Whole],
        ),
        row(
            "64 KB of extension",
            post(
                "Transfer-Encoding: chunked\r\n",
                &format!("2;{}\r\nhi\r\n0\r\n\r\n", "x".repeat(64 << 10)),
            ),
            &[400],
            &[Malformed],
        ),
        row(
            "2,000 trailers",
            post(
                "Transfer-Encoding: chunked\r\n",
                &format!("2\r\nhi\r\n0\r\n{}\r\n", "Trailer: 12\r\n".repeat(2000)),
            ),
            &[400],
            &[Malformed],
        ),
        row(
            "a trailer that is no field line",
            post(
                "Transfer-Encoding: chunked\r\n",
                "2\r\nhi\r\n0\r\nno field\r\n\r\n",
            ),
            &[400],
            &[Malformed],
        ),
    ];
    for body in [
        "1FFFFFFFFFFFFFFFF\r\nhi",
        "0x2\r\nhi\r\n0\r\n\r\n",
        "2\r\nhi!\r\n0\r\n\r\n",
        "2\nhi\n0\n\n",
        "\r\n",
    ] {
        let sent = post("Transfer-Encoding: chunked\r\n", body);
        rows.push(row(body, sent, &[400], &[Malformed]));
    }
    check(rows).await;
}

#[tokio::test]
async fn heads_that_are_none_are_refused_and_captured() {
    let mut rows = vec![
        row("no Host", "POST / HTTP/1.1\r\n\r\n", &[400], &[Malformed]),
        row("two Hosts", post("host: b\r\n", ""), &[400], &[Malformed]),
        row(
            "CONNECT",
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            &[405],
            &[Malformed],
        ),
        row(
            "a target of 70 KB",
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000)),
            &[414],
            &[Malformed],
        ),
        row(
            "a header of 100 KB",
            post(&format!("A: {}\r\n", "x".repeat(100_000)), ""),
            &[431],
            &[Malformed],
        ),
        row(
            "a header of 500 KB",
            post(&format!("A: {}\r\n", "x".repeat(500_000)), ""),
            &[431],
            &[Malformed],
        ),
        row(
            "257 headers",
            post(&"A: b\r\n".repeat(256), ""),
            &[431],
            &[Malformed],
        ),
        row(
            "an unknown expectation",
            post("Expect: bogus\r\n", ""),
            &[400],
            &[Malformed],
        ),
        row("HTTP/0.9", "GET /\r\n", &[400], &[Malformed]),
        row(
            "HTTP/1.2",
            "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "HTTP/2.0 in text",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "HTTP/2 without an upgrade",
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"[..],
            &[400],
            &[Malformed],
        ),
        row(
            "TLS",
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
            &[400],
            &[Malformed],
        ),
        row(
            "a PROXY preface",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "a method with a control character",
            "PO\x01ST / HTTP/1.1\r\nHost: a\r\n\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "a target with a control character",
            "POST /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "a target with NUL",
            "POST /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
            &[400],
            &[Malformed],
        ),
        row(
            "a target with 0xff",
            &b"POST /\xff HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            &[400],
            &[Malformed],
        ),
    ];
    for line in [
        "A: b\rc",
        "A: \0",
        "A: \x1b[31m",
        "A: \x7f",
        "a b: c",
        ": c",
    ] {
        rows.push(row(
            line,
            post(&format!("{line}\r\n"), ""),
            &[400],
            &[Malformed],
        ));
    }
    check(rows).await;
}

#[tokio::test]
async fn everything_that_is_http_is_a_delivery() {
    let mut rows = vec![
        row(
            "256 headers",
            post(&"A: b\r\n".repeat(255), ""),
            &[200],
            &[Whole],
        ),
        row(
            "256 headers between usual requests",
            [
                post("Content-Length: 5\r\n", "first"),
                post(
                    &format!("Content-Length: 6\r\n{}", "A: b\r\n".repeat(254)),
                    "second",
                ),
                post("Content-Length: 5\r\n", "third"),
            ]
            .concat(),
            &[200, 200, 200],
            &[Whole, Whole, Whole],
        ),
        row(
            "a head of nearly 64 KB",
            post(&format!("A: {}\r\n", "x".repeat(65_400)), ""),
            &[200],
            &[Whole],
        ),
        row(
            "two pipelined",
            [post("", ""), post("", "")].concat(),
            &[200, 200],
            &[Whole, Whole],
        ),
        row(
            "a length shorter than the data",
            post(
                "Content-Length: 2\r\n",
                "hiGET /admin HTTP/1.1\r\nHost: a\r\n\r\n",
            ),
            &[200, 200],
            &[Whole, Whole],
        ),
        row(
            "leading line ends",
            format!("\r\n\r\n{}", post("", "")),
            &[200],
            &[Whole],
        ),
        row(
            "bare line ends",
            "POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi",
            &[200],
            &[Whole],
        ),
        row(
            "an absolute target",
            "POST http://b/c HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[Whole],
        ),
        row(
            "OPTIONS *",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[Whole],
        ),
        row(
            "dots and escapes",
            "POST /%00%1b/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[Whole],
        ),
        row(
            "method FOO",
            "FOO /a HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[Whole],
        ),
        row(
            "an upgrade that nobody takes",
            post("Connection: Upgrade\r\nUpgrade: h2c\r\n", ""),
            &[200],
            &[Whole],
        ),
        row(
            "HTTP/1.0 without Host",
            "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
            &[200],
            &[Whole],
        ),
        row("no length at all", post("", ""), &[200], &[Whole]),
        row(
            "a path of another service",
            "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[Whole],
        ),
        row(
            "the greeting",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
            &[],
        ),
        row(
            "a greeting with a body, then a delivery",
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi{}",
                post("", "")
            ),
            &[200, 200],
            &[Whole],
        ),
    ];
    for method in ["GET", "PUT", "DELETE"] {
        let sent = format!("{method} /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        rows.push(row(method, sent, &[200], &[Whole]));
    }
    check(rows).await;
}

#[tokio::test]
async fn a_head_is_answered_with_the_length_but_without_the_body() {
    let rig = Rig::start();
    let mut client = rig
        .send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(client.head().await.contains("Content-Length: 11\r\n"));
    assert!(client.head().await.contains("Content-Length: 5\r\n"));
    assert!(client.is_closed_cleanly().await);
    assert_eq!(captured(&rig).await, [Whole]);
}

#[tokio::test]
async fn old_and_new_clients_keep_the_connection_as_they_ask() {
    for (request, stays) in [
        ("POST /a HTTP/1.0\r\nContent-Length: 0\r\n\r\n", false),
        (
            "POST /a HTTP/1.0\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
            true,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            false,
        ),
        ("POST /a HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ] {
        let rig = Rig::start();
        let mut client = rig.send(request).await;
        assert_eq!(client.answer().await.status, 200, "{request}");
        if stays {
            client.send(request).await;
            assert_eq!(client.answer().await.status, 200, "{request}");
        } else {
            assert!(client.is_closed_cleanly().await, "{request}");
        }
    }
}

#[tokio::test]
async fn names_values_and_targets_are_captured_as_they_were_sent() {
    let rig = Rig::start();
    let head = &b"\r\nPOST /%1b?a=%00&b HTTP/1.1\r\nhOsT: a\r\nX-Dup: 1\r\nx-dup:2 \r\nX-Latin: \x80\xff\r\nContent-Length: 3\r\n\r\n"[..];
    let mut client = rig.send([head, &b"\0\xff\r"[..]].concat()).await;
    assert_eq!(client.answer().await.status, 200);
    let request = rig.recorder.request(0).await;
    assert_eq!(request.head.raw(), head);
    assert_eq!(request.body, &b"\0\xff\r"[..]);
    assert_eq!(request.peer, client.stream.local_addr().unwrap());
    assert!(
        request.times.arrived <= request.times.head && request.times.head <= request.times.body
    );
}

#[tokio::test]
async fn nothing_that_was_sent_comes_back() {
    let rig = Rig::start();
    let mut client = rig.send("GET /<script> HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(
        !answer.head.contains('<') && !answer.body.contains(&b'<'),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_one_request() {
    let rig = Rig::start();
    let mut client = rig.connect().await;
    client.stream.set_nodelay(true).unwrap();
    let sent = post(
        "Transfer-Encoding: chunked\r\n",
        "2\r\nhi\r\n0\r\nA: b\r\n\r\n",
    );
    for byte in sent.bytes() {
        client.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await.status, 200);
    let request = rig.recorder.request(0).await;
    assert_eq!(request.body, &b"hi"[..]);
    assert!(sent.as_bytes().starts_with(request.head.raw()));
    assert_eq!(request.trailers.len(), 1);
}

#[tokio::test]
async fn what_only_hyper_refuses_is_captured_and_answered_once() {
    let limits = super::Limits {
        head_bytes: 256 << 10,
        ..Default::default()
    };
    let rig = Rig::answering(limits, |_| crate::delivery::Reply::json(200, "{}"));
    let sent = format!("POST /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000));
    let mut client = rig.send(sent).await;
    assert_eq!(client.answer().await.status, 400);
    assert_ended(&mut client, "a target that hyper does not take").await;
    assert_eq!(captured(&rig).await, [Malformed]);
}
