//! What waits for the writer: bounded by memory, refused at once when there is too much.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::delivery::{DeliveryId, Diagnosis, Settlement};

use super::attempts::Outgoing;
use super::error::StoreError;
use super::seal::Parcel;

/// How long the writer watches for an arrival that was announced: to wake it takes a tenth of what
/// the whole answer takes, when nothing else is going on.
const WATCH: Duration = Duration::from_micros(200);
/// How long something nobody waits for may wait for company.
const PATIENCE: Duration = Duration::from_millis(100);
/// One transaction holds no more than this, so that the first waiter does not wait for all bytes
/// of the last.
const MOST_ROWS: usize = 1024;
/// So many notes go with the next inserts, however young they are: fewer would dirty pages of their
/// own in every commit.
const MANY_NOTES: usize = 256;
const MOST_BYTES: usize = 8 << 20;

/// Who waits for a result.
pub(super) type Waiter<T> = oneshot::Sender<Result<T, StoreError>>;

/// An arrival that waits for the disk, and who waits for it.
#[derive(Debug)]
pub(super) struct Insert {
    pub(super) parcel: Parcel,
    pub(super) weight: usize,
    pub(super) waiter: Waiter<DeliveryId>,
}

/// Something to be added to a stored delivery.
#[derive(Debug)]
pub(super) enum Note {
    Settled(DeliveryId, Settlement),
    Diagnosed(DeliveryId, Box<Diagnosis>),
    Attempted(DeliveryId, Box<Outgoing>),
    /// Nothing: whoever waits for it knows that all before it is on disk.
    Mark,
}

impl Note {
    fn weight(&self) -> usize {
        match self {
            Self::Settled(..) | Self::Mark => 64,
            Self::Diagnosed(_, diagnosis) => 256 + diagnosis.findings.len() * 512,
            Self::Attempted(_, outgoing) => outgoing.weight(),
        }
    }
}

/// A note, and who waits for it, if anybody.
#[derive(Debug)]
pub(super) struct QueuedNote {
    pub(super) note: Note,
    pub(super) waiter: Option<Waiter<()>>,
}

/// What goes into one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) inserts: Vec<Insert>,
    pub(super) notes: Vec<QueuedNote>,
}

/// Why the writer was woken.
#[derive(Debug)]
pub(super) enum Wake {
    /// There is something to write.
    Work(Batch),
    /// The time it asked for has come.
    Time,
    /// The store is closed and everything is written.
    Closed,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Overloaded,
    Closed,
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    budget: usize,
}

#[derive(Debug, Default)]
struct State {
    inserts: VecDeque<Insert>,
    notes: Vec<QueuedNote>,
    /// When the oldest note came.
    noted: Option<Instant>,
    /// Somebody waits for a note.
    urgent: bool,
    /// Bytes that are queued or being written.
    bytes: usize,
    /// Until when to watch for an arrival that was announced.
    watch: Option<Instant>,
    closed: bool,
    asleep: bool,
}

impl Queue {
    /// A queue for no more than `budget` bytes; a single arrival of any size is always taken.
    pub(super) fn new(budget: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            budget,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces an arrival: whoever sleeps on the queue wakes, and watches for it a moment.
    pub(super) fn expect(&self) {
        let mut state = self.state();
        state.watch = Some(Instant::now() + WATCH);
        self.wake(state);
    }

    pub(super) fn insert(&self, parcel: Parcel, waiter: Waiter<DeliveryId>) -> Result<(), Refusal> {
        let weight = parcel.weight();
        let mut state = self.state();
        state.admit(weight, self.budget)?;
        state.inserts.push_back(Insert {
            parcel,
            weight,
            waiter,
        });
        self.wake(state);
        Ok(())
    }

    pub(super) fn note(&self, note: Note, waiter: Option<Waiter<()>>) -> Result<(), Refusal> {
        let mut state = self.state();
        state.admit(note.weight(), self.budget)?;
        let first = state.noted.is_none();
        state.noted.get_or_insert_with(Instant::now);
        let urgent = waiter.is_some();
        state.urgent |= urgent;
        state.notes.push(QueuedNote { note, waiter });
        if first || urgent {
            self.wake(state);
        }
        Ok(())
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let asleep = std::mem::take(&mut state.asleep);
        drop(state);
        if asleep {
            self.ready.notify_one();
        }
    }

    /// Waits for work, or for a time. Notes alone are held back until they are
    /// [`PATIENCE`] old, or until `not_before` when the store is failing.
    pub(super) fn next(&self, until: Option<Instant>, not_before: Option<Instant>) -> Wake {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let notes_due = state.notes_due(not_before);
            let due = notes_due.is_some_and(|due| due <= now);
            if due || !state.inserts.is_empty() {
                return Wake::Work(state.take(due));
            }
            if state.closed {
                return if state.notes.is_empty() {
                    Wake::Closed
                } else {
                    Wake::Work(state.take(true))
                };
            }
            if until.is_some_and(|until| until <= now) {
                return Wake::Time;
            }
            if state.watch.is_some_and(|until| now < until) {
                drop(state);
                thread::yield_now();
                state = self.state();
                continue;
            }
            state.asleep = true;
            let deadline = [notes_due, until].into_iter().flatten().min();
            state = match deadline {
                None => self
                    .ready
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    self.ready
                        .wait_timeout(state, deadline.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
            state.asleep = false;
        }
    }

    /// The bytes of a batch are free again.
    pub(super) fn done(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
    }

    /// Notes that could not be written wait for the next try, before those that came since; in a
    /// closed queue there is no next try.
    pub(super) fn put_back(&self, notes: Vec<QueuedNote>) {
        if notes.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.closed {
            return;
        }
        state.bytes += notes
            .iter()
            .map(|queued| queued.note.weight())
            .sum::<usize>();
        state.noted.get_or_insert_with(Instant::now);
        state.notes.splice(0..0, notes);
    }

    /// Takes nothing more; what is queued is still written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        self.wake(state);
    }

    /// Takes nothing more and lets go of everything that waits.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.inserts.clear();
        state.notes.clear();
        state.bytes = 0;
    }
}

impl Batch {
    /// The bytes it was counted with.
    pub(super) fn weight(&self) -> usize {
        let inserts: usize = self.inserts.iter().map(|insert| insert.weight).sum();
        let notes: usize = self.notes.iter().map(|queued| queued.note.weight()).sum();
        inserts + notes
    }
}

impl State {
    fn admit(&mut self, weight: usize, budget: usize) -> Result<(), Refusal> {
        if self.closed {
            return Err(Refusal::Closed);
        }
        if self.bytes > 0 && self.bytes.saturating_add(weight) > budget {
            return Err(Refusal::Overloaded);
        }
        self.bytes += weight;
        Ok(())
    }

    fn notes_due(&self, not_before: Option<Instant>) -> Option<Instant> {
        if self.notes.is_empty() {
            return None;
        }
        let now = Instant::now();
        let noted = self.noted.unwrap_or(now);
        let due = if self.urgent { noted } else { noted + PATIENCE };
        Some(not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// What goes into the next transaction; notes that are not due stay, if they are few.
    fn take(&mut self, due: bool) -> Batch {
        let mut bytes = 0;
        let mut rows = 0;
        while let Some(insert) = self.inserts.get(rows) {
            bytes += insert.weight;
            if rows > 0 && (bytes > MOST_BYTES || rows >= MOST_ROWS) {
                break;
            }
            rows += 1;
        }
        let inserts: Vec<Insert> = self.inserts.drain(..rows).collect();
        self.watch = None;
        if !due && self.notes.len() < MANY_NOTES {
            let notes = Vec::new();
            return Batch { inserts, notes };
        }
        let mut notes = std::mem::take(&mut self.notes);
        self.urgent = false;
        self.noted = None;
        if !self.inserts.is_empty() {
            // A mark stands behind every insert that was there before it.
            let is_mark = |queued: &mut QueuedNote| matches!(queued.note, Note::Mark);
            self.notes = notes.extract_if(.., is_mark).collect();
            self.urgent = !self.notes.is_empty();
            self.noted = self.urgent.then(Instant::now);
        }
        Batch { inserts, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Outcome;
    use jiff::Timestamp;

    fn note() -> Note {
        let settlement = Settlement {
            outcome: Outcome::Answered,
            at: Timestamp::UNIX_EPOCH,
        };
        Note::Settled(DeliveryId::new(1).unwrap(), settlement)
    }

    #[test]
    fn what_nobody_waits_for_waits_for_company_but_not_for_long() {
        let queue = Queue::new(1 << 20);
        queue.note(note(), None).unwrap();
        let began = Instant::now();
        let noted = queue
            .state()
            .noted
            .replace(began + Duration::from_secs(3600));
        assert!(noted.is_some());
        assert!(matches!(queue.next(Some(began), None), Wake::Time));
        queue.state().noted = Some(began);
        assert!(matches!(queue.next(None, None), Wake::Work(batch) if batch.notes.len() == 1));
        assert!(began.elapsed() >= PATIENCE);
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_somebody_waits_for_is_handed_over_at_once() {
        let queue = Queue::new(1 << 20);
        queue.note(note(), None).unwrap();
        queue.note(Note::Mark, Some(oneshot::channel().0)).unwrap();
        let now = Some(Instant::now());
        assert!(matches!(queue.next(now, None), Wake::Work(batch) if batch.notes.len() == 2));
    }

    #[test]
    fn nothing_waits_for_an_arrival_that_was_announced_and_does_not_come() {
        let queue = Queue::new(1 << 20);
        let announced_for_long = || {
            queue.expect();
            let mut state = queue.state();
            assert!(state.watch.is_some());
            state.watch = Some(Instant::now() + Duration::from_secs(3600));
        };
        announced_for_long();
        let now = Some(Instant::now());
        assert!(matches!(queue.next(now, None), Wake::Time));
        queue.note(Note::Mark, Some(oneshot::channel().0)).unwrap();
        assert!(matches!(queue.next(None, None), Wake::Work(batch) if batch.notes.len() == 1));
        announced_for_long();
        queue.close();
        assert!(matches!(queue.next(None, None), Wake::Closed));
    }

    #[test]
    fn more_than_the_budget_is_refused_until_something_is_done() {
        let queue = Queue::new(100);
        queue.note(note(), None).unwrap();
        assert_eq!(queue.note(note(), None), Err(Refusal::Overloaded));
        let Wake::Work(batch) = queue.next(None, None) else {
            panic!("no work");
        };
        assert_eq!(queue.note(note(), None), Err(Refusal::Overloaded));
        queue.done(batch.weight());
        queue.note(note(), None).unwrap();
    }

    #[test]
    fn a_closed_queue_hands_over_what_is_left_and_takes_nothing() {
        let queue = Queue::new(1 << 20);
        queue.note(note(), None).unwrap();
        queue.close();
        assert_eq!(queue.note(note(), None), Err(Refusal::Closed));
        assert!(matches!(queue.next(None, None), Wake::Work(_)));
        assert!(matches!(queue.next(None, None), Wake::Closed));
    }

    #[test]
    fn notes_that_failed_come_again_first() {
        let queue = Queue::new(1 << 20);
        queue.note(note(), None).unwrap();
        let Wake::Work(batch) = queue.next(None, None) else {
            panic!("no work");
        };
        queue.done(batch.weight());
        queue.note(Note::Mark, None).unwrap();
        queue.put_back(batch.notes);
        let Wake::Work(batch) = queue.next(None, None) else {
            panic!("no work");
        };
        assert!(matches!(batch.notes[0].note, Note::Settled(..)));
        assert!(matches!(batch.notes[1].note, Note::Mark));
    }
}
