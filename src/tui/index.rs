//! The events and attempts that the list draws from: about 90 bytes for each event with its
//! attempt, so that a million deliveries fit into memory.
//!
//! Nothing here is ever removed or reordered: an event keeps its number. What is shown, and in
//! which order, is the business of [`super::rows`].

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{DeliveryId, Outcome, Provider, Turn};
use crate::text;

use super::row::{By, Planned, Row, Word};
use super::state::{self, State};

/// An event's place in order of first arrival.
pub type EventNumber = u32;

/// How many columns of an event type are kept.
const KIND_COLUMNS: usize = 60;

/// Not settled yet.
const OPEN: u32 = u32::MAX;

/// The last attempt of its event.
const END: u32 = u32::MAX;

/// One delivery, packed.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    id: DeliveryId,
    arrived: i64,
    /// Milliseconds until the answer ended.
    took: u32,
    event: EventNumber,
    next: u32,
    size: u32,
    /// The first four bytes of the body's digest.
    pub body: u32,
    /// The status that was decided on.
    pub status: u16,
    /// The sender's counter, else which arrival of the event this is.
    pub number: u16,
    /// Step and number of steps of the rule that answered.
    pub step: (u16, u16),
    /// The verdict on the signature.
    pub signature: Word,
    outcome: Option<Outcome>,
    /// How the answer was meant to end.
    pub planned: Planned,
    /// Who decided the answer.
    pub by: By,
    /// What it is to its event.
    pub turn: Turn,
}

impl Attempt {
    /// Which delivery it is.
    #[must_use]
    pub fn id(&self) -> DeliveryId {
        self.id
    }

    /// The event that it belongs to.
    #[must_use]
    pub fn event(&self) -> EventNumber {
        self.event
    }

    /// When it came.
    #[must_use]
    pub fn arrived(&self) -> Timestamp {
        moment(self.arrived)
    }

    /// How long until its answer ended; `None` while it is being answered.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        (self.took != OPEN).then(|| Duration::from_millis(self.took.into()))
    }

    /// When its answer ended, the peer left, or the connection was broken.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        self.took()
            .map(|took| moment(self.arrived.saturating_add(millis(took))))
    }

    /// The size of its body.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.into()
    }

    /// Whether it waits for something that may take long.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.took == OPEN && matches!(self.planned, Planned::Held | Planned::Slow)
    }

    /// Whether the client hung up before it was answered.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        matches!(self.outcome, Some(Outcome::PeerLeft | Outcome::PeerStalled))
    }

    /// What the peer got, as one word: `200`, `t/o`, `rst`, `held`.
    #[must_use]
    pub fn code(&self) -> String {
        match self.outcome {
            Some(Outcome::Answered) => self.status.to_string(),
            Some(Outcome::PeerLeft | Outcome::PeerStalled) => "t/o".to_owned(),
            Some(_) => "rst".to_owned(),
            None => match self.planned {
                Planned::Answer => self.status.to_string(),
                Planned::Slow | Planned::Held => "held".to_owned(),
                Planned::Broken => "rst".to_owned(),
            },
        }
    }

    /// Whether the sender may believe that the event was taken.
    #[must_use]
    pub fn acknowledges(&self) -> bool {
        (200..300).contains(&self.status)
            && match self.outcome {
                Some(outcome) => outcome == Outcome::Answered,
                None => self.planned == Planned::Answer,
            }
    }
}

/// One event, packed.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    first_delivery: DeliveryId,
    first: u32,
    last: u32,
    attempts: u32,
    kind: u32,
    name: [u8; 8],
    provider: Provider,
    inferred: bool,
    acknowledged: bool,
    highest: u16,
}

impl Event {
    /// What names the event for good: its first delivery.
    #[must_use]
    pub fn key(&self) -> DeliveryId {
        self.first_delivery
    }

    /// How many deliveries of it arrived here.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The highest attempt number seen.
    #[must_use]
    pub fn highest(&self) -> u16 {
        self.highest
    }

    /// Whose wire it came over.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Whether one of its deliveries was acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// The start of its id, with `~` before an inferred one; at most nine columns.
    #[must_use]
    pub fn short_id(&self) -> String {
        let name = std::str::from_utf8(&self.name)
            .unwrap_or_default()
            .trim_end();
        if self.inferred && !name.is_empty() && name != "-" {
            format!("~{name}")
        } else {
            name.to_owned()
        }
    }
}

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

    /// Every event type that was seen, in order of appearance.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| &**kind)
    }

    /// What is to be expected of an event.
    #[must_use]
    pub fn state(&self, event: EventNumber, now: Timestamp) -> State {
        match (self.event(event), self.last(event)) {
            (Some(event), Some(last)) => state::of(event, last, now),
            _ => State::Open,
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

fn packed(row: &Row, event: EventNumber, arrival: u32) -> Attempt {
    let arrived = row.arrived.as_millisecond();
    Attempt {
        id: row.id,
        arrived,
        took: row.settled.map_or(OPEN, |(_, at)| elapsed(arrived, at)),
        event,
        next: END,
        size: u32::try_from(row.size).unwrap_or(u32::MAX),
        body: row.body,
        status: row.status,
        number: u16::try_from(row.attempt.unwrap_or(arrival)).unwrap_or(u16::MAX),
        step: row.step,
        signature: row.signature,
        outcome: row.settled.map(|(outcome, _)| outcome),
        planned: row.ending,
        by: row.by,
        turn: row.turn,
    }
}

fn elapsed(arrived: i64, ended: Timestamp) -> u32 {
    u32::try_from(ended.as_millisecond().saturating_sub(arrived).max(0))
        .unwrap_or(OPEN - 1)
        .min(OPEN - 1)
}

/// The first eight columns of an id, or `-`.
fn name(id: Option<&str>) -> [u8; 8] {
    let id = id.unwrap_or("-");
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    let mut name = [b' '; 8];
    let shown = text::line(id.as_bytes());
    let printable = shown
        .chars()
        .map(|letter| u8::try_from(letter).ok().filter(u8::is_ascii));
    for (place, letter) in name.iter_mut().zip(printable) {
        *place = letter.unwrap_or(b'?');
    }
    name
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn moment(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
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
