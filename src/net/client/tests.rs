//! The client against raw peers over real sockets.

mod abandoned;
mod encrypted;
mod reused;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::peer::{Nobody, Peer, Say};
use super::{Client, Limits, Outcome, OutgoingHead, Settings, Target};
use crate::delivery::Failure;
use crate::delivery::attempt::Response;

fn head(lines: &[(&str, &str)]) -> OutgoingHead {
    let mut head = OutgoingHead::new(b"POST", b"/a").unwrap();
    for (name, value) in lines {
        head.push(name.as_bytes(), value.as_bytes()).unwrap();
    }
    head
}

fn impatient() -> Limits {
    Limits {
        timeout: Duration::from_millis(500),
        ..Limits::default()
    }
}

async fn post_with(client: &Client, target: &Target, limits: Limits) -> Outcome {
    let head = head(&[("Host", "x"), ("Content-Length", "2")]);
    let body = Bytes::from_static(b"{}");
    client.request(1, target, &head, &body, limits).await
}

async fn post(target: &Target) -> Outcome {
    post_with(&Client::new(Settings::default()), target, Limits::default()).await
}

async fn answer_to(bytes: &'static [u8]) -> Result<Response, Failure> {
    let peer = Peer::new(move |_, _| Say::Last(bytes.to_vec())).await;
    post(&peer.target("/")).await.attempt.result
}

fn broken(result: Result<Response, Failure>) -> String {
    match result {
        Err(Failure::Broken(why)) => why,
        other => panic!("expected a broken connection, got {other:?}"),
    }
}

fn not_http(result: Result<Response, Failure>) -> String {
    match result {
        Err(Failure::NotHttp(why)) => why,
        other => panic!("expected what is not HTTP, got {other:?}"),
    }
}

#[tokio::test]
async fn the_peer_sees_names_in_their_case_order_and_repeats() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let head = head(&[
        ("hOST", "x"),
        ("X-b", "1"),
        ("x-A", ""),
        ("X-B", "2"),
        ("content-LENGTH", "3"),
    ]);
    let client = Client::new(Settings::default());
    let body = Bytes::from_static(b"a\0\xff");
    let target = peer.target("/ignored");
    client
        .request(1, &target, &head, &body, Limits::default())
        .await;
    let seen = &peer.seen()[0];
    let expected =
        "POST /a HTTP/1.1\r\nhOST: x\r\nX-b: 1\r\nx-A: \r\nX-B: 2\r\ncontent-LENGTH: 3\r\n\r\n";
    assert_eq!(seen.head, expected);
    assert_eq!(seen.body, b"a\0\xff");
}

#[tokio::test]
async fn an_answer_comes_back_with_its_headers_as_sent() {
    let answer = b"HTTP/1.1 409 Conflict\r\nX-a: 1\r\ncontent-length: 5\r\nx-A: 2\r\n\r\nhello";
    let response = answer_to(answer).await.unwrap();
    assert_eq!(response.status, 409);
    assert_eq!(&response.body[..], b"hello");
    assert!(!response.body_cut);
    let lines: Vec<_> = response
        .headers
        .iter()
        .map(|line| (&line.name[..], &line.value[..]))
        .collect();
    let expected: [(&[u8], &[u8]); 3] = [(b"X-a", b"1"), (b"content-length", b"5"), (b"x-A", b"2")];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn chunks_are_put_together_and_trailers_left_out() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n00A\r\n world, 10\r\n0\r\nX: 1\r\n\r\n";
    let response = answer_to(answer).await.unwrap();
    assert_eq!(&response.body[..], b"hello world, 10");
}

#[tokio::test]
async fn a_body_without_length_ends_with_the_connection() {
    let response = answer_to(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")
        .await
        .unwrap();
    assert_eq!(&response.body[..], b"until the end");
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(answer_to(answer).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_flood_of_interim_answers_ends() {
    let peer = Peer::new(|_, _| Say::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50))).await;
    let why = not_http(post(&peer.target("/")).await.attempt.result);
    assert!(why.contains("interim"), "{why}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_else() {
    let elsewhere = Peer::new(|_, _| Say::status(200)).await;
    let location = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.target("/")
    );
    let peer = Peer::new(move |_, _| Say::Bytes(location.clone().into_bytes())).await;
    let outcome = post(&peer.target("/")).await;
    assert_eq!(outcome.attempt.result.unwrap().status, 302);
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let nobody = Nobody::new();
    let outcome = post(&nobody.target()).await;
    assert!(!outcome.reached());
    let why = outcome.attempt.result.unwrap_err().to_string();
    let expected = format!("nothing is listening on {}", nobody.address);
    assert!(why.contains(&expected), "{why}");
}

#[tokio::test]
async fn a_peer_that_hangs_is_timed_out() {
    let peer = Peer::new(|_, _| Say::Hang).await;
    let client = Client::new(Settings::default());
    let outcome = post_with(&client, &peer.target("/"), impatient()).await;
    assert_eq!(
        outcome.attempt.result,
        Err(Failure::TimedOut(impatient().timeout))
    );
    assert!(outcome.reached());
    assert!(outcome.attempt.took >= impatient().timeout);
}

#[tokio::test]
async fn a_peer_that_drips_a_body_is_timed_out() {
    let drip = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab".to_vec();
    let peer = Peer::new(move |_, _| Say::Bytes(drip.clone())).await;
    let client = Client::new(Settings::default());
    let limits = Limits {
        timeout: Duration::from_secs(2),
        ..Limits::default()
    };
    let outcome = post_with(&client, &peer.target("/"), limits).await;
    assert_eq!(
        outcome.attempt.result,
        Err(Failure::TimedOut(limits.timeout))
    );
    assert!(outcome.phases.first_byte.is_some());
}

#[tokio::test]
async fn a_reset_and_a_close_are_broken() {
    let peer = Peer::new(|_, _| Say::Reset).await;
    assert!(broken(post(&peer.target("/")).await.attempt.result).contains("reset"));
    assert_eq!(
        broken(answer_to(b"").await),
        "closed by the peer before an answer"
    );
    let short = answer_to(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab").await;
    assert_eq!(broken(short), "closed by the peer inside the answer's body");
    let short = answer_to(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").await;
    assert_eq!(broken(short), "closed by the peer inside the answer's body");
}

#[tokio::test]
async fn what_is_not_http_says_why() {
    for (bytes, expected) in [
        (&b"SSH-2.0-OpenSSH_9\r\n"[..], "begin with HTTP/1"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "begin with HTTP/1"),
        (b"HTTP/1.1 099 X\r\n\r\n", "100 to 599"),
        (b"HTTP/1.1 999 X\r\n\r\n", "100 to 599"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "two different",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nab",
            "no number",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "without its size",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "longer than it says",
        ),
    ] {
        let why = not_http(answer_to(bytes).await);
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_given_up() {
    let peer =
        Peer::new(|_, _| Say::Flood(format!("HTTP/1.1 200 {}", "x".repeat(4096)).into())).await;
    let why = not_http(post(&peer.target("/")).await.attempt.result);
    assert!(why.contains("64 KiB"), "{why}");
}

#[tokio::test]
async fn an_endless_answer_is_kept_up_to_the_limit() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3B9ACA00\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        let flood = [head.as_bytes(), &vec![b'x'; 1 << 20]].concat();
        let peer = Peer::new(move |_, _| Say::Flood(flood.clone())).await;
        let response = post(&peer.target("/")).await.attempt.result.unwrap();
        assert_eq!(response.body.len(), Limits::default().keep);
        assert!(response.body_cut);
    }
}

#[tokio::test]
async fn a_refusal_is_heard_while_the_body_is_still_going_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let peer = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut start = [0; 10];
        socket.read_exact(&mut start).await.unwrap();
        let refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        socket.write_all(refusal).await.unwrap();
        std::future::pending::<()>().await;
    });
    let body = Bytes::from(vec![b'x'; 32 << 20]);
    let head = head(&[("Content-Length", &body.len().to_string())]);
    let client = Client::new(Settings::default());
    let outcome = client
        .request(1, &target, &head, &body, Limits::default())
        .await;
    assert_eq!(outcome.attempt.result.unwrap().status, 413);
    peer.abort();
}

/// A client that lets one request go on being sent beside what comes next.
fn hasty() -> Client {
    Client::new(Settings {
        beside: 1,
        ..Settings::default()
    })
}

/// A large request to a peer that answers after ten bytes, with the peer's end of the connection and
/// how much is unread there.
async fn answered_early(client: &Client) -> (Outcome, JoinHandle<TcpStream>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let target: Target = format!("http://{address}/").parse().unwrap();
    let peer = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut start = [0; 10];
        socket.read_exact(&mut start).await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(answer).await.unwrap();
        socket
    });
    let body = Bytes::from(vec![b'x'; 32 << 20]);
    let head = head(&[("Content-Length", &body.len().to_string())]);
    let limits = Limits::default();
    let outcome = client.request(1, &target, &head, &body, limits).await;
    let unread = head.bytes().len() + 2 + body.len() - 10;
    (outcome, peer, unread)
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_handed_back_at_once() {
    let client = hasty();
    let (outcome, _open, _) = answered_early(&client).await;
    // Nothing was waited for since: the rest still goes out beside.
    assert_eq!(client.shared.beside.available_permits(), 0);
    assert!(outcome.attempt.delivered());
}

#[tokio::test]
async fn a_peer_that_answers_first_and_reads_later_gets_the_whole_request() {
    let client = hasty();
    let (_, peer, unread) = answered_early(&client).await;
    let mut peer = peer.await.unwrap();
    let mut rest = vec![0; unread];
    peer.read_exact(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"xxx"));
}

#[tokio::test]
async fn without_room_beside_it_a_request_answered_early_is_sent_whole_first() {
    let client = hasty();
    let _another = client.shared.beside.try_acquire().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let body = Bytes::from(vec![b'x'; 32 << 20]);
    let head = head(&[("Content-Length", &body.len().to_string())]);
    let whole = head.bytes().len() + 2 + body.len();
    let reads = Arc::new(OnceLock::new());
    let begins = Arc::clone(&reads);
    let peer = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(answer).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        begins.set(Instant::now()).unwrap();
        let mut seen = vec![0; whole];
        socket.read_exact(&mut seen).await.unwrap();
    });
    let started = Instant::now();
    let limits = Limits::default();
    let outcome = client.request(1, &target, &head, &body, limits).await;
    assert!(outcome.attempt.delivered());
    let read_from = reads.get().expect("it waits until the rest is read");
    assert!(
        outcome.attempt.took <= *read_from - started,
        "only the answer's time"
    );
    tokio::time::timeout(Duration::from_secs(20), peer)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let body: Bytes = (0u8..=255)
        .cycle()
        .take(5 << 20)
        .collect::<Vec<u8>>()
        .into();
    let head = head(&[("Content-Length", &body.len().to_string())]);
    let client = Client::new(Settings::default());
    let outcome = client
        .request(1, &peer.target("/"), &head, &body, Limits::default())
        .await;
    assert!(outcome.attempt.delivered());
    assert!(peer.seen()[0].body == body);
}

#[tokio::test]
async fn the_answer_to_a_head_request_has_no_body() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let peer = Peer::new(|_, _| Say::Bytes(answer.to_vec())).await;
    let head = OutgoingHead::new(b"HEAD", b"/").unwrap();
    let client = Client::new(Settings::default());
    let started = Instant::now();
    let outcome = client
        .request(
            1,
            &peer.target("/"),
            &head,
            &Bytes::new(),
            Limits::default(),
        )
        .await;
    assert_eq!(outcome.attempt.result.unwrap().status, 200);
    assert!(started.elapsed() < Limits::default().timeout);
}
