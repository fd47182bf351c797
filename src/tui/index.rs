//! The events and attempts that the list draws from: about 90 bytes for each event with its
//! attempt, so that a million deliveries fit into memory.
//!
//! Nothing here is ever removed or reordered: an event keeps its number. What is shown, and in
//! which order, is the business of `rows`.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::delivery::{DeliveryId, Provider};
use crate::outbox::schedule::Seen;
use crate::outbox::schedule::pace::{Drift, Pace};
use crate::outbox::schedule::watch::watch;
use crate::text;

use super::record::{END, OPEN, elapsed, name, packed};
use super::row::{Row, Word};

use super::state::{self, NEWEST, State};

pub use super::record::{Attempt, Event};

/// An event's place in order of first arrival.
pub type EventNumber = u32;

/// How many columns of an event type are kept.
const KIND_COLUMNS: usize = 60;

/// What a row changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is the first of its event.
    NewEvent(EventNumber),
    /// It is a further attempt.
    NewAttempt(EventNumber),
    /// It was known, and its answer has ended.
    Settled(EventNumber),
    /// It says nothing new.
    Nothing,
}

/// Every event and attempt, in order of arrival.
#[derive(Debug, Default)]
pub struct Index {
    events: Vec<Event>,
    attempts: Vec<Attempt>,
    kinds: Vec<Box<str>>,
    kind_numbers: HashMap<Box<str>, u32>,
    /// Events whose first delivery is not in the index (removed before we looked).
    strays: HashMap<DeliveryId, EventNumber>,
    /// Deliveries whose answer has not ended.
    open: BTreeSet<DeliveryId>,
    bad_signatures: u64,
    /// The gaps that were measured, a provider.
    paces: HashMap<Provider, Pace>,
    drift: Option<Drift>,
}

impl Index {
    /// How many events.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// How many deliveries.
    #[must_use]
    pub fn deliveries(&self) -> usize {
        self.attempts.len()
    }

    /// How many deliveries have a signature that does not hold.
    #[must_use]
    pub fn bad_signatures(&self) -> u64 {
        self.bad_signatures
    }

    /// The newest delivery.
    #[must_use]
    pub fn newest(&self) -> Option<DeliveryId> {
        self.attempts.last().map(|attempt| attempt.id)
    }

    /// The deliveries whose answer has not ended.
    #[must_use]
    pub fn open(&self) -> Vec<DeliveryId> {
        self.open.iter().copied().collect()
    }

    /// The deliveries whose answer is held back, or slow on purpose.
    pub fn held(&self) -> impl Iterator<Item = &Attempt> {
        self.open
            .iter()
            .filter_map(|id| self.attempt(*id))
            .filter(|attempt| attempt.is_held())
    }

    /// Takes in a row.
    pub fn apply(&mut self, row: &Row) -> Change {
        if self.newest().is_some_and(|newest| row.id <= newest) {
            return self.settle(row);
        }
        let event = self.find(row.event);
        self.append(row, event)
    }

    /// The event with this number.
    #[must_use]
    pub fn event(&self, number: EventNumber) -> Option<&Event> {
        self.events.get(number as usize)
    }

    /// The event whose first delivery this is.
    #[must_use]
    pub fn find(&self, first: DeliveryId) -> Option<EventNumber> {
        self.strays
            .get(&first)
            .copied()
            .or_else(|| self.attempt(first).map(|attempt| attempt.event))
    }

    /// The attempt that is this delivery.
    #[must_use]
    pub fn attempt(&self, id: DeliveryId) -> Option<&Attempt> {
        self.position(id).map(|at| &self.attempts[at])
    }

    /// The attempts of an event, oldest first.
    pub fn attempts(&self, event: EventNumber) -> impl Iterator<Item = &Attempt> {
        let mut next = self.event(event).map_or(END, |event| event.first);
        std::iter::from_fn(move || {
            let attempt = self.attempts.get(next as usize)?;
            next = attempt.next;
            Some(attempt)
        })
    }

    /// The newest attempt of an event.
    #[must_use]
    pub fn last(&self, event: EventNumber) -> Option<&Attempt> {
        self.attempts.get(self.event(event)?.last as usize)
    }

    /// The first attempt of an event.
    #[must_use]
    pub fn first(&self, event: EventNumber) -> Option<&Attempt> {
        self.attempts.get(self.event(event)?.first as usize)
    }

    /// The event's type, made visible; `None` when it has none.
    #[must_use]
    pub fn kind(&self, event: EventNumber) -> Option<&str> {
        let kind = self.event(event)?.kind;
        self.kinds.get(kind as usize).map(|kind| &**kind)
    }

    /// An attempt in a sentence: the event's id and type, and which attempt of it.
    #[must_use]
    pub fn told(&self, attempt: &Attempt) -> String {
        let event = attempt.event();
        format!(
            "{} {} attempt {}",
            self.event(event).map_or_else(String::new, Event::short_id),
            self.kind(event).unwrap_or("(no type)"),
            attempt.number
        )
    }

    /// Every event type that was seen, in order of appearance.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| &**kind)
    }

    /// What is to be expected of an event.
    #[must_use]
    pub fn state(&self, number: EventNumber, now: Timestamp) -> State {
        let Some(event) = self.event(number) else {
            return State::Open;
        };
        let quick = event.acknowledged || event.attempts == 1;
        let newest: Vec<&Attempt> = if quick {
            self.last(number).into_iter().collect()
        } else {
            let skipped = (event.attempts as usize).saturating_sub(NEWEST);
            self.attempts(number).skip(skipped).collect()
        };
        match self.paces.get(&event.provider) {
            Some(pace) => state::of(event, &newest, pace, now),
            None => state::of(event, &newest, &Pace::new(event.provider), now),
        }
    }

    /// The gaps that a provider makes, as documented and as measured here.
    #[must_use]
    pub fn pace(&self, provider: Provider) -> Pace {
        self.paces
            .get(&provider)
            .cloned()
            .unwrap_or_else(|| Pace::new(provider))
    }

    /// The first time that measured gaps turn out to differ from the documented ones: by how much.
    pub fn take_drift(&mut self) -> Option<Drift> {
        self.drift.take()
    }

    /// Measures the gap before the newest attempt of an event.
    fn measure(&mut self, number: EventNumber) {
        let Some(event) = self.event(number) else {
            return;
        };
        let (provider, key) = (event.provider, event.first_delivery);
        let skipped = (event.attempts as usize).saturating_sub(2);
        let pair: Vec<&Attempt> = self.attempts(number).skip(skipped).collect();
        let Some(last) = pair.last() else { return };
        let now = last.arrived();
        let seen: Vec<Seen> = pair.iter().map(|attempt| attempt.seen()).collect();
        let pace = self.pace(provider);
        if let Some((attempt, gap)) = watch(provider, &pace, &seen, now).newest_gap() {
            let drift = self
                .paces
                .entry(provider)
                .or_insert(pace)
                .measure(key, attempt, gap);
            self.drift = drift.or(self.drift.take());
        }
    }

    fn position(&self, id: DeliveryId) -> Option<usize> {
        let guess = usize::try_from(id.get()).ok()?.checked_sub(1)?;
        if self.attempts.get(guess).is_some_and(|found| found.id == id) {
            return Some(guess);
        }
        self.attempts
            .binary_search_by_key(&id, |attempt| attempt.id)
            .ok()
    }

    fn settle(&mut self, row: &Row) -> Change {
        let Some(at) = self.position(row.id) else {
            return Change::Nothing;
        };
        let attempt = &mut self.attempts[at];
        let Some((outcome, ended)) = row.settled else {
            return Change::Nothing;
        };
        if attempt.took != OPEN {
            return Change::Nothing;
        }
        attempt.took = elapsed(attempt.arrived, ended);
        attempt.outcome = Some(outcome);
        attempt.status = row.status;
        attempt.planned = row.ending;
        attempt.by = row.by;
        let attempt = *attempt;
        self.open.remove(&row.id);
        self.review(attempt.event);
        Change::Settled(attempt.event)
    }

    fn append(&mut self, row: &Row, event: Option<EventNumber>) -> Change {
        let at = u32::try_from(self.attempts.len()).unwrap_or(END);
        let number = event.unwrap_or_else(|| u32::try_from(self.events.len()).unwrap_or(END));
        let arrival = event
            .and_then(|event| self.event(event))
            .map_or(1, |event| event.attempts + 1);
        let attempt = packed(row, number, arrival);
        if attempt.took == OPEN {
            self.open.insert(row.id);
        }
        self.bad_signatures += u64::from(attempt.signature == Word::Bad);
        self.attempts.push(attempt);
        match event {
            None => {
                self.start(row, at, &attempt);
                Change::NewEvent(number)
            }
            Some(event) => {
                self.extend(event, at, &attempt);
                self.measure(event);
                Change::NewAttempt(event)
            }
        }
    }

    fn start(&mut self, row: &Row, at: u32, attempt: &Attempt) {
        if row.event != row.id {
            self.strays.insert(row.event, attempt.event);
        }
        let kind = self.intern(row.event_type.as_deref());
        self.events.push(Event {
            first_delivery: row.event,
            first: at,
            last: at,
            attempts: 1,
            kind,
            name: name(row.event_id.as_deref()),
            provider: row.provider,
            inferred: row.inferred,
            acknowledged: attempt.acknowledges(),
            highest: attempt.number,
        });
    }

    fn extend(&mut self, event: EventNumber, at: u32, attempt: &Attempt) {
        let Some(event) = self.events.get_mut(event as usize) else {
            return;
        };
        if let Some(last) = self.attempts.get_mut(event.last as usize) {
            last.next = at;
        }
        event.last = at;
        event.attempts += 1;
        event.highest = event.highest.max(attempt.number);
        event.acknowledged |= attempt.acknowledges();
    }

    /// A settlement can take an acknowledgement back: the peer had left.
    fn review(&mut self, event: EventNumber) {
        let acknowledged = self.attempts(event).any(Attempt::acknowledges);
        if let Some(event) = self.events.get_mut(event as usize) {
            event.acknowledged = acknowledged;
        }
    }

    fn intern(&mut self, kind: Option<&str>) -> u32 {
        let Some(kind) = kind else { return u32::MAX };
        let shown = text::line(kind.as_bytes());
        let shown = text::clip(&shown, KIND_COLUMNS);
        if let Some(number) = self.kind_numbers.get(&*shown) {
            return *number;
        }
        let number = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX - 1);
        self.kinds.push(shown.as_ref().into());
        self.kind_numbers.insert(shown.as_ref().into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Outcome;
    use crate::tui::fixture::row;

    #[test]
    fn the_attempts_of_an_event_stand_together_whatever_arrives_between_them() {
        let mut index = Index::default();
        index.apply(&row(1, 1));
        index.apply(&row(2, 2));
        assert_eq!(index.apply(&row(3, 1)), Change::NewAttempt(0));
        let ids: Vec<_> = index.attempts(0).map(|found| found.id().get()).collect();
        assert_eq!(ids, [1, 3]);
        assert_eq!(index.events(), 2);
        assert_eq!(index.last(0).unwrap().id().get(), 3);
    }

    #[test]
    fn an_event_whose_first_delivery_was_removed_is_still_one_event() {
        let mut index = Index::default();
        index.apply(&row(10, 10));
        index.apply(&row(11, 3));
        index.apply(&row(12, 3));
        assert_eq!(index.events(), 2);
        assert_eq!(index.attempts(1).count(), 2);
    }

    #[test]
    fn a_settlement_changes_the_attempt_and_can_take_back_an_acknowledgement() {
        let mut index = Index::default();
        let mut first = row(1, 1);
        let settled = first.settled.take();
        index.apply(&first);
        assert!(index.event(0).unwrap().is_acknowledged());
        assert_eq!(index.open().len(), 1);
        first.settled = settled.map(|(_, at)| (Outcome::PeerLeft, at));
        assert_eq!(index.apply(&first), Change::Settled(0));
        assert!(!index.event(0).unwrap().is_acknowledged());
        assert_eq!(index.last(0).unwrap().code(), "t/o");
        assert!(index.open().is_empty());
    }

    #[test]
    fn a_hostile_type_or_id_is_made_visible_before_it_is_kept() {
        let mut index = Index::default();
        let mut hostile = row(1, 1);
        hostile.event_type = Some("a\u{1b}[2J".to_owned());
        hostile.event_id = Some("\u{202e}x".to_owned());
        index.apply(&hostile);
        assert_eq!(index.kind(0), Some("a\\u{1b}[2J"));
        assert_eq!(index.event(0).unwrap().short_id(), "\\u{202e}");
    }

    #[test]
    fn a_delivery_takes_about_ninety_bytes() {
        assert!(size_of::<Attempt>() <= 56, "{}", size_of::<Attempt>());
        assert!(size_of::<Event>() <= 40, "{}", size_of::<Event>());
    }
}
