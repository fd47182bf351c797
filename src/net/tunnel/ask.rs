//! One question to an agent on this machine: never to another one, never for long, and never for
//! more than a small answer.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::net::client::{Client, Limits, OutgoingHead, Settings, Target};

/// A list of tunnels is a few kilobytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Asks agents.
pub(super) struct Asker {
    client: Client,
    patience: Duration,
}

/// What an agent answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Asker {
    pub(super) fn new(patience: Duration) -> Self {
        let settings = Settings {
            idle: 0,
            ..Settings::default()
        };
        Self {
            client: Client::new(settings),
            patience,
        }
    }

    /// The whole answer to a `GET`; `None` if there is none in time, it is too large, or the
    /// address is not a loopback one.
    pub(super) async fn get(&self, agent: SocketAddr, path: &str) -> Option<Answer> {
        if !agent.ip().to_canonical().is_loopback() {
            return None;
        }
        let target: Target = format!("http://{agent}{path}").parse().ok()?;
        let head = head(&target, path)?;
        let limits = Limits {
            timeout: self.patience,
            keep: MAX_ANSWER,
        };
        let nothing = Bytes::new();
        let asking = self.client.request(1, &target, &head, &nothing, limits);
        let response = asking.await.attempt.result.ok()?;
        (!response.body_cut).then_some(Answer {
            status: response.status,
            body: response.body,
        })
    }
}

fn head(target: &Target, path: &str) -> Option<OutgoingHead> {
    let mut head = OutgoingHead::new(b"GET", path.as_bytes()).ok()?;
    for (name, value) in [
        ("Host", target.authority()),
        ("User-Agent", "hook64"),
        ("Accept", "application/json"),
        ("Connection", "close"),
    ] {
        head.push(name.as_bytes(), value.as_bytes()).ok()?;
    }
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::client::peer::{Peer, Say};

    fn asker() -> Asker {
        Asker::new(Duration::from_secs(20))
    }

    fn sized(length: usize) -> Say {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        answer.push_str(&"x".repeat(length));
        Say::Bytes(answer.into_bytes())
    }

    #[tokio::test]
    async fn the_agent_sees_a_plain_request_for_this_machine() {
        let peer = Peer::new(|_, _| Say::status(200)).await;
        let answer = asker().get(peer.address, "/api/tunnels").await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"hi"[..]));
        let seen = &peer.seen()[0];
        assert!(seen.head.starts_with("GET /api/tunnels HTTP/1.1\r\n"));
        assert_eq!(seen.header("host"), Some(peer.address.to_string().as_str()));
    }

    #[tokio::test]
    async fn an_address_that_is_not_loopback_is_never_asked() {
        let peer = Peer::new(|_, _| Say::status(200)).await;
        // The wildcard leads to the peer, and stands for any address that is not loopback.
        let wildcard = SocketAddr::new([0, 0, 0, 0].into(), peer.address.port());
        assert!(asker().get(wildcard, "/").await.is_none());
        assert!(peer.seen().is_empty());
    }

    #[tokio::test]
    async fn an_answer_is_taken_up_to_its_limit_and_not_beyond() {
        let peer = Peer::new(|_, before| sized(MAX_ANSWER + before)).await;
        let whole = asker().get(peer.address, "/").await.unwrap();
        assert_eq!(whole.body.len(), MAX_ANSWER);
        assert!(asker().get(peer.address, "/").await.is_none());
    }

    #[tokio::test]
    async fn an_agent_that_floods_hangs_or_does_not_speak_http_costs_the_patience_at_most() {
        for say in [
            Say::Hang,
            Say::Reset,
            Say::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()),
            Say::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            Say::Last(b"not http at all\r\n\r\n".to_vec()),
        ] {
            let peer = Peer::new(move |_, _| say.clone()).await;
            let asker = Asker::new(Duration::from_millis(100));
            let asking = asker.get(peer.address, "/");
            let answer = tokio::time::timeout(Duration::from_secs(20), asking).await;
            assert!(answer.expect("it gives up").is_none());
        }
    }
}
