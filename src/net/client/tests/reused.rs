//! Connections that are used again, and what becomes of a request when one of them breaks.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{broken, head, post, post_with};
use crate::net::client::peer::{Peer, Say, Seen, read_request};
use crate::net::client::{Call, Client, Course, Limits, Settings, Target};

#[tokio::test]
async fn a_connection_is_used_again() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let client = Client::new(Settings::default());
    let first = post_with(&client, &peer.target("/"), Limits::default()).await;
    let second = post_with(&client, &peer.target("/b"), Limits::default()).await;
    assert!(first.phases.connect.is_some());
    assert!(second.phases.connect.is_none());
    assert_eq!(peer.seen()[1].connection, 0);
}

#[tokio::test]
async fn a_connection_is_not_used_again_after_close_or_an_odd_answer() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 smuggled\r\n\r\n",
    ] {
        let peer = Peer::new(move |_, _| Say::Bytes(answer.to_vec())).await;
        let client = Client::new(Settings::default());
        for _ in 0..2 {
            let outcome = post_with(&client, &peer.target("/"), Limits::default()).await;
            assert_eq!(outcome.attempt.result.unwrap().status, 200);
        }
        assert_eq!(peer.seen()[1].connection, 1);
    }
}

#[tokio::test]
async fn a_request_is_not_made_again_once_an_answer_has_begun() {
    let peer = Peer::new(|_, before| match before {
        0 => Say::status(200),
        _ => Say::Last(b"HTTP/1.1 2".to_vec()),
    })
    .await;
    let client = Client::new(Settings::default());
    post_with(&client, &peer.target("/"), Limits::default()).await;
    let outcome = post_with(&client, &peer.target("/"), Limits::default()).await;
    broken(outcome.attempt.result);
    assert_eq!(peer.seen().len(), 2);
}

#[tokio::test]
async fn a_new_connection_that_breaks_is_not_tried_again() {
    let peer = Peer::new(|_, _| Say::Last(Vec::new())).await;
    broken(post(&peer.target("/")).await.attempt.result);
    assert_eq!(peer.seen().len(), 1);
}

#[tokio::test]
async fn without_a_pool_every_request_has_its_own_connection() {
    let peer = Peer::new(|_, _| Say::status(200)).await;
    let client = Client::new(Settings {
        idle: 0,
        ..Settings::default()
    });
    for _ in 0..2 {
        post_with(&client, &peer.target("/"), Limits::default()).await;
    }
    assert_eq!(peer.seen()[1].connection, 1);
}

/// Sends two requests to a peer that answers the first and ends the second, on the same connection,
/// in this way; says why the second failed.
async fn second_ends(ending: Say) -> String {
    let peer = Peer::new(move |_, before| match before {
        1 => ending.clone(),
        _ => Say::status(200),
    })
    .await;
    let client = Client::new(Settings::default());
    post_with(&client, &peer.target("/"), Limits::default()).await;
    let outcome = post_with(&client, &peer.target("/"), Limits::default()).await;
    let seen = peer.seen();
    assert_eq!(seen.len(), 2, "sent more than once");
    assert_eq!(seen[1].connection, 0);
    broken(outcome.attempt.result)
}

#[tokio::test]
async fn what_a_peer_took_before_it_crashed_is_not_sent_again() {
    let closed = "closed by the peer before an answer";
    assert_eq!(second_ends(Say::CloseAfter(Duration::ZERO)).await, closed);
    let a_while = Duration::from_millis(300);
    assert_eq!(second_ends(Say::CloseAfter(a_while)).await, closed);
}

#[tokio::test]
async fn a_reset_that_comes_late_may_be_of_a_peer_that_did_its_work() {
    for a_while in [30, 300].map(Duration::from_millis) {
        let why = second_ends(Say::ResetAfter(a_while)).await;
        assert_eq!(why, "reset by the peer before an answer");
    }
}

async fn answer_one(socket: &mut TcpStream, connection: usize) -> Seen {
    let seen = read_request(socket, connection).await.unwrap();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    socket.write_all(answer).await.unwrap();
    seen
}

async fn listen() -> (TcpListener, Target) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, format!("http://{address}/").parse().unwrap())
}

/// How often a race is tried: where the machine stands still for longer than a refusal takes, a
/// request has failed.
const TRIES: usize = 20;

#[tokio::test]
async fn a_request_that_meets_the_close_of_an_idle_connection_is_delivered() {
    for _ in 0..TRIES {
        let (listener, target) = listen().await;
        let (close, told) = oneshot::channel::<()>();
        let (say_closed, closed) = oneshot::channel();
        let peer = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            answer_one(&mut first, 0).await;
            told.await.unwrap();
            drop(first);
            say_closed.send(()).unwrap();
            let (mut second, _) = listener.accept().await.unwrap();
            answer_one(&mut second, 1).await
        });
        let client = Client::new(Settings::default());
        post_with(&client, &target, Limits::default()).await;
        // The close comes after the connection was found quiet, and before the request goes out.
        let idle = client.shared.pool.take(target.origin()).unwrap();
        close.send(()).unwrap();
        closed.await.unwrap();
        let call = Call {
            target: &target,
            head: &head(&[("Content-Length", "2")]),
            body: &Bytes::from_static(b"{}"),
            limits: Limits::default(),
            clock: Instant::now(),
        };
        let result = client.call(Some(idle), &call, &mut Course::default()).await;
        if let Ok(response) = result {
            assert_eq!(response.status, 200);
            assert_eq!(peer.await.unwrap().body, b"{}");
            return;
        }
        peer.abort();
    }
    panic!("it was never delivered");
}

#[tokio::test]
async fn a_request_that_was_never_read_before_the_close_is_delivered() {
    for _ in 0..TRIES {
        let (listener, target) = listen().await;
        let peer = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            answer_one(&mut first, 0).await;
            first.readable().await.unwrap();
            drop(first);
            let (mut second, _) = listener.accept().await.unwrap();
            answer_one(&mut second, 1).await
        });
        let client = Client::new(Settings::default());
        post_with(&client, &target, Limits::default()).await;
        let outcome = post_with(&client, &target, Limits::default()).await;
        if let Ok(response) = outcome.attempt.result {
            assert_eq!(response.status, 200);
            assert_eq!(peer.await.unwrap().body, b"{}");
            return;
        }
        peer.abort();
    }
    panic!("it was never delivered");
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_not_used_again() {
    let (listener, target) = listen().await;
    let (say_closed, closed) = oneshot::channel();
    let peer = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        answer_one(&mut first, 0).await;
        drop(first);
        say_closed.send(()).unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        answer_one(&mut second, 1).await
    });
    let client = Client::new(Settings::default());
    post_with(&client, &target, Limits::default()).await;
    closed.await.unwrap();
    assert!(client.shared.pool.take(target.origin()).is_none());
    post_with(&client, &target, Limits::default()).await;
    peer.await.unwrap();
}
