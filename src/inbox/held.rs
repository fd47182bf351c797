//! Deliveries whose answer waits for a person.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::delivery::{DeliveryId, Reply};

/// The deliveries that are held open right now.
#[derive(Debug, Default)]
pub struct Held {
    waiting: DashMap<DeliveryId, Waiting>,
    /// The answer to everything, once nobody can decide any more.
    closing: OnceLock<Reply>,
    answered_at_close: AtomicUsize,
}

#[derive(Debug)]
struct Waiting {
    release: oneshot::Sender<Reply>,
    since: Timestamp,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldDelivery {
    /// Which.
    pub id: DeliveryId,
    /// Since when.
    pub since: Timestamp,
}

impl Held {
    /// Puts a delivery on the list.
    pub fn hold(&self, id: DeliveryId, now: Timestamp) -> Holding<'_> {
        let (release, released) = oneshot::channel();
        let waiting = Waiting {
            release,
            since: now,
        };
        self.waiting.insert(id, waiting);
        // Looked at once it is on the list: either this or whoever closes sees the other.
        if let Some(reply) = self.closing.get() {
            self.answer_at_close(id, reply);
        }
        Holding {
            held: self,
            id,
            released,
        }
    }

    /// Answers a held delivery; says whether it was held.
    pub fn release(&self, id: DeliveryId, reply: Reply) -> bool {
        self.waiting
            .remove(&id)
            .is_some_and(|(_, waiting)| waiting.release.send(reply).is_ok())
    }

    /// Answers all of them, and from now on whatever would be held.
    pub fn close(&self, reply: Reply) {
        let reply = self.closing.get_or_init(|| reply);
        for held in self.list() {
            self.answer_at_close(held.id, reply);
        }
    }

    /// How many were answered because nobody can decide any more.
    #[must_use]
    pub fn answered_at_close(&self) -> usize {
        self.answered_at_close.load(Ordering::Relaxed)
    }

    fn answer_at_close(&self, id: DeliveryId, reply: &Reply) {
        if self.release(id, reply.clone()) {
            self.answered_at_close.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Which are held, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<HeldDelivery> {
        let mut list: Vec<_> = self
            .waiting
            .iter()
            .map(|entry| HeldDelivery {
                id: *entry.key(),
                since: entry.value().since,
            })
            .collect();
        list.sort_by_key(|held| held.id);
        list
    }
}

/// A place on the list, until it is dropped: when the peer leaves, say.
#[derive(Debug)]
pub struct Holding<'a> {
    held: &'a Held,
    id: DeliveryId,
    released: oneshot::Receiver<Reply>,
}

impl Holding<'_> {
    /// Waits for the answer that a person gives.
    pub async fn released(mut self) -> Option<Reply> {
        (&mut self.released).await.ok()
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.held.waiting.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> DeliveryId {
        DeliveryId::new(number).unwrap()
    }

    #[tokio::test]
    async fn a_held_delivery_gets_the_answer_that_it_is_released_with_and_only_that_one() {
        let held = Held::default();
        let now = Timestamp::UNIX_EPOCH;
        let (first, second) = (held.hold(id(1), now), held.hold(id(2), now));
        assert_eq!(held.list().len(), 2);
        assert!(held.release(id(2), Reply::json(500, "")));
        assert!(!held.release(id(2), Reply::json(200, "")));
        held.close(Reply::json(503, ""));
        assert_eq!(held.answered_at_close(), 1);
        let (first, second) = (first.released().await, second.released().await);
        assert_eq!(first.map(|reply| reply.status), Some(503));
        assert_eq!(second.map(|reply| reply.status), Some(500));
        assert!(held.list().is_empty());
    }

    #[tokio::test]
    async fn what_would_be_held_after_the_close_is_answered_at_once() {
        let held = Held::default();
        held.close(Reply::json(503, ""));
        let reply = held.hold(id(1), Timestamp::UNIX_EPOCH).released().await;
        assert_eq!(reply.map(|reply| reply.status), Some(503));
        assert_eq!(held.answered_at_close(), 1);
        assert!(held.list().is_empty());
    }

    #[test]
    fn a_peer_that_leaves_is_no_longer_held() {
        let held = Held::default();
        drop(held.hold(id(1), Timestamp::UNIX_EPOCH).released());
        assert!(held.list().is_empty());
        assert!(!held.release(id(1), Reply::json(200, "")));
    }
}
