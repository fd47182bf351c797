//! Requests whose answers nobody waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{
    Bytes, Client, Duration, Failure, Limits, Nobody, Peer, Say, Settings, Target, TcpListener,
    encrypted, head,
};
use crate::net::client::peer::read_request;
use crate::net::client::{Abandoned, Trust};

async fn abandon(target: &Target, body: Bytes, patience: Duration) -> Abandoned {
    let client = Client::new(Settings {
        trust: Trust::Anyone,
        ..Settings::default()
    });
    let length = body.len().to_string();
    let head = head(&[("Host", "x"), ("Content-Length", &length)]);
    let limits = Limits::default();
    client
        .abandon(1, target, &head, &body, limits, patience)
        .await
}

/// A peer may be slower than its request.
async fn eventually(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    ended.unwrap();
}

fn hello() -> Bytes {
    Bytes::from_static(b"hello")
}

#[tokio::test]
async fn patience_ends_and_the_peer_has_the_request() {
    let peer = Peer::new(|_, _| Say::Hang).await;
    let patience = Duration::from_millis(50);
    let given_up = abandon(&peer.target("/"), hello(), patience).await;
    assert!(given_up.came_about);
    let result = given_up.outcome.attempt.result;
    assert_eq!(result, Err(Failure::TimedOut(patience)));
    eventually(|| {
        peer.seen()
            .first()
            .is_some_and(|seen| seen.body == b"hello")
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_begins_to_answer_is_not_waited_for_either() {
    let peer = Peer::new(|_, _| Say::Bytes(b"H".to_vec())).await;
    let hour = Duration::from_secs(3600);
    let given_up = abandon(&peer.target("/"), hello(), hour).await;
    assert!(given_up.came_about);
    let result = given_up.outcome.attempt.result;
    assert!(matches!(result, Err(Failure::Broken(how)) if how.starts_with("given up")));
    assert_eq!(peer.seen()[0].body, b"hello");
}

#[tokio::test]
async fn a_large_body_arrives_whole_however_short_the_patience_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/", listener.local_addr().unwrap());
    let reading = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let length = read_request(&mut socket, 0).await.unwrap().body.len();
        // It stays open: a close could be heard before the patience is over.
        (length, socket)
    });
    let body = Bytes::from(vec![b'x'; 8 << 20]);
    let given_up = abandon(&target.parse().unwrap(), body, Duration::ZERO).await;
    assert!(given_up.came_about, "{given_up:?}");
    assert_eq!(reading.await.unwrap().0, 8 << 20);
}

#[tokio::test]
async fn patience_does_not_begin_before_a_slow_handshake_is_over() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let target = encrypted::peer(Duration::from_millis(100), move || {
        count.fetch_add(1, Ordering::Relaxed);
    })
    .await;
    let given_up = abandon(&target, hello(), Duration::from_millis(50)).await;
    assert!(given_up.came_about, "{given_up:?}");
    assert!(given_up.outcome.phases.tls >= Some(Duration::from_millis(100)));
    eventually(|| seen.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn what_broke_was_not_given_up() {
    let reset = Peer::new(|_, _| Say::Reset).await;
    let closed = Peer::new(|_, _| Say::Last(Vec::new())).await;
    let nobody = Nobody::new();
    let hour = Duration::from_secs(3600);
    for target in [reset.target("/"), closed.target("/"), nobody.target()] {
        let broken = abandon(&target, hello(), hour).await;
        assert!(!broken.came_about, "{broken:?}");
    }
}
