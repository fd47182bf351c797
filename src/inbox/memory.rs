//! Which events were seen, and how they were answered.
//!
//! One concurrent map remembers every event in a few bytes, so that the answer needs no look into
//! the store; it is filled from the store at the start. An event that is being handled is in a
//! second map: whoever brings the same event meanwhile waits for the outcome, so that exactly one
//! of any number of simultaneous deliveries is the first.
//!
//! Deliveries whose signature was verified and all others are remembered apart: whoever guesses an
//! event id and posts it first does not make the real delivery a duplicate.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::watch;

use crate::delivery::{DeliveryId, Provider, Reply, Sighting, Turn};
use crate::signature::digest;

/// What identifies an event in the memory: 128 bits of a hash, to keep a million of them small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventKey([u8; 16]);

impl EventKey {
    /// The key of an event of one provider, among the verified deliveries or among the others.
    #[must_use]
    pub fn new(provider: Provider, event_id: &str, trusted: bool) -> Self {
        let mut text = Vec::with_capacity(event_id.len() + 16);
        text.extend_from_slice(provider.name().as_bytes());
        text.push(0);
        text.extend_from_slice(event_id.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest::sha256(&text)[..16]);
        key[0] = (key[0] & !TRUSTED) | (u8::from(trusted) * TRUSTED);
        Self(key)
    }

    /// The key of the same event on the other side of the trust.
    #[must_use]
    pub fn across_the_trust(mut self) -> Self {
        self.0[0] ^= TRUSTED;
        self
    }
}

/// The bit of a key that tells the verified deliveries from the others.
const TRUSTED: u8 = 1;

#[derive(Debug, Clone, Copy)]
struct Seen {
    /// `None` when none of its deliveries could be stored yet.
    first: Option<DeliveryId>,
    arrivals: u32,
    acknowledged: bool,
}

/// How the delivery that is being handled ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// It is not concluded yet.
    Pending,
    /// It was answered by us, or taken by the app and not stored; look again.
    Remembered,
    /// It was stored, and the app gave this answer: share it.
    App(Arc<Reply>),
    /// It could not be stored; the next one is as good as the first.
    Abandoned,
}

/// The events that were seen.
#[derive(Debug, Default)]
pub struct Memory {
    seen: DashMap<EventKey, Seen>,
    /// The events that are being handled; what tells those who wait for one, if anybody does.
    flights: DashMap<EventKey, Option<watch::Sender<Conclusion>>>,
}

/// What the memory says of an arrival.
#[derive(Debug)]
pub enum Sighted {
    /// Nobody else is at it: handle it, then conclude.
    Mine(Sighting, Flight),
    /// The same event is being handled right now: wait, then look again.
    Busy(watch::Receiver<Conclusion>),
}

/// The right to handle one event. Dropped without [`Flight::conclude`], nothing is remembered.
#[derive(Debug)]
pub struct Flight {
    memory: Arc<Memory>,
    key: EventKey,
    arrival: u32,
    first: Option<DeliveryId>,
    was_acknowledged: bool,
    conclusion: Conclusion,
}

impl Memory {
    /// What an arrival is to its event. `other` is the key of the same event on the other side of
    /// the trust, which says who was the first of all.
    #[must_use]
    pub fn sight(self: &Arc<Self>, key: EventKey, other: EventKey) -> Sighted {
        match self.flights.entry(key) {
            Entry::Occupied(mut flight) => {
                let pending = || watch::Sender::new(Conclusion::Pending);
                let outcome = flight.get_mut().get_or_insert_with(pending);
                return Sighted::Busy(outcome.subscribe());
            }
            Entry::Vacant(vacant) => drop(vacant.insert(None)),
        }
        let seen = self.seen.get(&key).map(|seen| *seen);
        let first_elsewhere = self.seen.get(&other).and_then(|seen| seen.first);
        let turn = match seen {
            None => Turn::First,
            Some(seen) if seen.acknowledged => Turn::Duplicate,
            Some(_) => Turn::Retry,
        };
        let arrival = seen.map_or(0, |seen| seen.arrivals).saturating_add(1);
        let first_here = seen.and_then(|seen| seen.first);
        let sighting = Sighting {
            turn,
            arrival,
            first: first_here.into_iter().chain(first_elsewhere).min(),
            conflict: false,
        };
        let flight = Flight {
            memory: Arc::clone(self),
            key,
            arrival,
            first: first_here,
            was_acknowledged: turn == Turn::Duplicate,
            conclusion: Conclusion::Abandoned,
        };
        Sighted::Mine(sighting, flight)
    }

    /// Remembers a delivery that is in the store already.
    pub fn recall(&self, key: EventKey, id: DeliveryId, acknowledged: bool) {
        self.seen
            .entry(key)
            .and_modify(|seen| {
                seen.first = seen.first.into_iter().chain([id]).min();
                seen.arrivals = seen.arrivals.saturating_add(1);
                seen.acknowledged |= acknowledged;
            })
            .or_insert(Seen {
                first: Some(id),
                arrivals: 1,
                acknowledged,
            });
    }

    /// A person answered what was held, and the peer took it.
    pub fn acknowledge(&self, key: EventKey) {
        if let Some(mut seen) = self.seen.get_mut(&key) {
            seen.acknowledged = true;
        }
    }

    /// The peer did not get the answer that would have acknowledged the event.
    pub fn take_back(&self, key: EventKey) {
        if let Some(mut seen) = self.seen.get_mut(&key) {
            seen.acknowledged = false;
        }
    }

    /// Forgets the events whose first delivery is `through` or older: the store no longer has them.
    pub fn forget(&self, through: DeliveryId) {
        self.seen
            .retain(|_, seen| seen.first.is_none_or(|first| first > through));
    }

    /// How many events are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing was seen yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

impl Flight {
    /// The first delivery of the event on this side of the trust.
    #[must_use]
    pub fn first(&self) -> Option<DeliveryId> {
        self.first
    }

    /// The delivery is on disk as `id`. Everybody who waits looks again, or shares the app's
    /// answer.
    pub fn conclude(mut self, id: DeliveryId, acknowledged: bool, app: Option<Arc<Reply>>) {
        let seen = Seen {
            first: self.first.or(Some(id)),
            arrivals: self.arrival,
            acknowledged: acknowledged || self.was_acknowledged,
        };
        self.memory.seen.insert(self.key, seen);
        self.conclusion = app.map_or(Conclusion::Remembered, Conclusion::App);
    }

    /// The app took the event, but the delivery could not be stored: its sender will bring it again,
    /// and the app is not to get it twice.
    pub fn taken_by_app(mut self) {
        let seen = Seen {
            first: self.first,
            arrivals: self.arrival.saturating_sub(1),
            acknowledged: true,
        };
        self.memory.seen.insert(self.key, seen);
        self.conclusion = Conclusion::Remembered;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Before the waiters wake up, so that they find the place free.
        if let Some((_, Some(outcome))) = self.memory.flights.remove(&self.key) {
            let conclusion = std::mem::replace(&mut self.conclusion, Conclusion::Abandoned);
            outcome.send_replace(conclusion);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(event_id: &str) -> (EventKey, EventKey) {
        let key = EventKey::new(Provider::Sixtyfour, event_id, true);
        (key, key.across_the_trust())
    }

    #[test]
    fn both_keys_of_an_event_are_found_from_each_other_and_differ() {
        let (trusted, other) = keys("a");
        assert_ne!(trusted, other);
        assert_eq!(other, EventKey::new(Provider::Sixtyfour, "a", false));
        assert_eq!(other.across_the_trust(), trusted);
    }

    fn id(number: u64) -> DeliveryId {
        DeliveryId::new(number).unwrap()
    }

    fn mine(sighted: Sighted) -> (Sighting, Flight) {
        match sighted {
            Sighted::Mine(sighting, flight) => (sighting, flight),
            Sighted::Busy(_) => panic!("somebody else handles it"),
        }
    }

    #[test]
    fn an_event_is_first_then_a_retry_and_a_duplicate_once_it_was_acknowledged() {
        let memory = Arc::new(Memory::default());
        let (key, other) = keys("a");
        let (sighting, flight) = mine(memory.sight(key, other));
        assert_eq!(sighting, Sighting::first());
        flight.conclude(id(1), false, None);

        let (sighting, flight) = mine(memory.sight(key, other));
        assert_eq!((sighting.turn, sighting.arrival), (Turn::Retry, 2));
        assert_eq!(sighting.first, Some(id(1)));
        flight.conclude(id(2), true, None);

        let (sighting, flight) = mine(memory.sight(key, other));
        assert_eq!((sighting.turn, sighting.arrival), (Turn::Duplicate, 3));
        flight.conclude(id(3), false, None);
        let (sighting, _flight) = mine(memory.sight(key, other));
        assert_eq!(sighting.turn, Turn::Duplicate);
    }

    #[test]
    fn an_unverified_delivery_does_not_make_the_verified_one_a_duplicate() {
        let memory = Arc::new(Memory::default());
        let (trusted, untrusted) = keys("a");
        let (_, flight) = mine(memory.sight(untrusted, trusted));
        flight.conclude(id(1), true, None);
        let (sighting, _flight) = mine(memory.sight(trusted, untrusted));
        assert_eq!(sighting.turn, Turn::First);
        assert_eq!(sighting.first, Some(id(1)), "they are still one event");
    }

    #[test]
    fn who_comes_while_it_is_handled_waits_and_finds_the_place_free_afterwards() {
        let memory = Arc::new(Memory::default());
        let (key, other) = keys("a");
        let (_, flight) = mine(memory.sight(key, other));
        let Sighted::Busy(waiting) = memory.sight(key, other) else {
            panic!("two at once");
        };
        flight.conclude(id(1), true, None);
        assert_eq!(*waiting.borrow(), Conclusion::Remembered);
        let (sighting, _flight) = mine(memory.sight(key, other));
        assert_eq!(sighting.turn, Turn::Duplicate);
    }

    #[test]
    fn a_delivery_that_could_not_be_stored_leaves_no_trace() {
        let memory = Arc::new(Memory::default());
        let (key, other) = keys("a");
        let (_, flight) = mine(memory.sight(key, other));
        let Sighted::Busy(waiting) = memory.sight(key, other) else {
            panic!("two at once");
        };
        drop(flight);
        assert_eq!(*waiting.borrow(), Conclusion::Abandoned);
        let (sighting, _flight) = mine(memory.sight(key, other));
        assert_eq!(sighting, Sighting::first());
    }

    #[test]
    fn what_the_app_took_is_a_duplicate_although_it_could_not_be_stored() {
        let memory = Arc::new(Memory::default());
        let (key, other) = keys("a");
        let (_, flight) = mine(memory.sight(key, other));
        flight.taken_by_app();
        memory.forget(id(9));
        let (sighting, flight) = mine(memory.sight(key, other));
        assert_eq!((sighting.turn, sighting.arrival), (Turn::Duplicate, 1));
        assert_eq!(sighting.first, None);
        flight.conclude(id(10), true, None);
        let (sighting, _flight) = mine(memory.sight(key, other));
        assert_eq!(sighting.first, Some(id(10)));
    }

    #[test]
    fn an_answer_that_did_not_arrive_is_taken_back() {
        let memory = Arc::new(Memory::default());
        let (key, other) = keys("a");
        let (_, flight) = mine(memory.sight(key, other));
        flight.conclude(id(1), true, None);
        memory.take_back(key);
        let (sighting, _flight) = mine(memory.sight(key, other));
        assert_eq!(sighting.turn, Turn::Retry);
    }

    #[test]
    fn what_the_store_removed_is_forgotten() {
        let memory = Memory::default();
        memory.recall(keys("a").0, id(1), true);
        memory.recall(keys("b").0, id(2), true);
        memory.forget(id(1));
        assert_eq!(memory.len(), 1);
    }
}
