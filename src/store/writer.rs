//! The thread that owns the writing connection: one commit for everything that waits.
//!
//! Nothing is acknowledged that is not committed and flushed. After any failure the connection is
//! thrown away, and nothing is acknowledged either until the store was opened again, found to hold
//! all that was acknowledged, and a trial write reached the disk: SQLite itself would go on after a
//! failed flush as if nothing had happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use crate::delivery::DeliveryId;

use super::board::Board;
use super::completions::Completions;
use super::connect::Source;
use super::copying::{Copying, checkpoint};
use super::encode;
use super::error::{StoreError, Trouble};
use super::location::Identity;
use super::lock::Lock;
use super::numbers::count;
use super::queue::{Batch, Note, Queue, QueuedNote, Wake};
use super::retention::Retention;

const PAGE: usize = 16384;
/// The wait before a failing store is tried again: doubled each time, up to the second.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Why nothing can be written, and when to try again.
#[derive(Debug)]
struct Failure {
    error: StoreError,
    wait: Duration,
    next: Instant,
}

pub(super) struct Writer {
    pub(super) source: Source,
    pub(super) lock: Option<Arc<Lock>>,
    pub(super) queue: Arc<Queue>,
    pub(super) board: Arc<Board>,
    pub(super) completions: Completions,
    pub(super) retention: Retention,
    connection: Option<Connection>,
    failure: Option<Failure>,
    identity: Option<Identity>,
    copying: Copying,
    /// The newest delivery that was committed; 0 if there is none.
    newest: u64,
    /// About how many bytes were committed since retention was asked.
    written: usize,
}

/// What a writer is made of.
pub(super) struct Parts {
    pub(super) source: Source,
    pub(super) lock: Option<Arc<Lock>>,
    pub(super) queue: Arc<Queue>,
    pub(super) board: Arc<Board>,
    pub(super) completions: Completions,
    pub(super) keep: u64,
    pub(super) keep_bytes: u64,
}

impl Writer {
    /// A writer over an opened store, which is proved to take writes.
    pub(super) fn new(parts: Parts, mut connection: Connection) -> Result<Self, StoreError> {
        let sqlite = |error: rusqlite::Error| parts.source.subject().sqlite(&error);
        let (oldest, newest) = span(&connection).map_err(sqlite)?;
        trial(&mut connection, newest).map_err(sqlite)?;
        let identity = identity(&parts.source)?;
        Ok(Self {
            retention: Retention::new(parts.keep, parts.keep_bytes, oldest),
            copying: Copying::new(parts.source.clone()),
            source: parts.source,
            lock: parts.lock,
            queue: parts.queue,
            board: parts.board,
            completions: parts.completions,
            connection: Some(connection),
            failure: None,
            identity,
            newest,
            written: 0,
        })
    }

    /// Writes until the queue is closed.
    pub(super) fn run(mut self) {
        // However this thread ends, nobody waits for it in vain.
        let _guard = AbandonOnDrop(Arc::clone(&self.queue));
        let mut until = None;
        loop {
            let not_before = self.failure.as_ref().map(|failure| failure.next);
            match self.queue.next(until, not_before) {
                Wake::Work(batch) => self.work(batch),
                Wake::Time => {}
                Wake::Closed => break,
            }
            let more = self.connection.is_some() && self.tidy();
            until = more.then(Instant::now);
        }
        self.finish();
    }

    fn work(&mut self, batch: Batch) {
        let weight = batch.weight();
        let written = self.ready().and_then(|()| self.commit(&batch));
        self.queue.done(weight);
        match written {
            Ok(first) => self.acknowledge(batch, first),
            Err(error) => self.refuse(batch, &error),
        }
    }

    /// Makes sure that there is a connection to the very file that others see.
    fn ready(&mut self) -> Result<(), StoreError> {
        if let Some(failure) = &self.failure
            && Instant::now() < failure.next
        {
            return Err(failure.error.clone());
        }
        self.copying.check()?;
        if self.connection.is_none() {
            self.reopen()?;
        }
        self.check_place()
    }

    fn check_place(&self) -> Result<(), StoreError> {
        let (Source::File(place), Some(known)) = (&self.source, self.identity) else {
            return Ok(());
        };
        if place.identity().ok() != Some(known) {
            return Err(place.subject.trouble(Trouble::Gone));
        }
        match &self.lock {
            Some(lock) => lock.keep(place),
            None => Ok(()),
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        if let (Source::File(place), Some(known)) = (&self.source, self.identity)
            && place.file_identity().ok() != Some(known.file)
        {
            return Err(place.subject.trouble(Trouble::Gone));
        }
        let mut connection = self.source.writer()?;
        self.source.tune(&connection)?;
        let sqlite = |error: rusqlite::Error| self.source.subject().sqlite(&error);
        let (_, newest) = span(&connection).map_err(sqlite)?;
        if newest < self.newest {
            let lost = self.newest - newest;
            return Err(self
                .source
                .subject()
                .trouble(Trouble::Damaged)
                .why(format!("{lost} deliveries that were on disk are missing")));
        }
        // What failed may stand in the log. It is copied out of there, which may make room, too:
        // nothing may be added behind it.
        if let Source::File(place) = &self.source
            && checkpoint(&connection, "TRUNCATE")
                .map_err(sqlite)?
                .is_none()
        {
            return Err(place.subject.trouble(Trouble::Locked));
        }
        trial(&mut connection, self.newest).map_err(sqlite)?;
        self.identity = identity(&self.source)?;
        self.connection = Some(connection);
        self.copying.log_is_empty();
        Ok(())
    }

    /// Writes a batch in one transaction and returns the number of its first delivery.
    fn commit(&mut self, batch: &Batch) -> Result<u64, StoreError> {
        let first = self.newest + 1;
        let oldest = self.retention.oldest();
        let Some(connection) = &mut self.connection else {
            return Err(self.source.subject().trouble(Trouble::Closed));
        };
        let mut write = || -> rusqlite::Result<()> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !batch.inserts.is_empty() {
                let mut inserts = encode::Inserts::new(&transaction)?;
                for (number, insert) in (first..).zip(&batch.inserts) {
                    let seq = count(number);
                    insert.parcel.seal(|sealed| inserts.write(seq, sealed))?;
                }
            }
            for queued in &batch.notes {
                annotate(&transaction, &queued.note, oldest)?;
            }
            transaction.commit()
        };
        write().map_err(|error| self.source.subject().sqlite(&error))?;
        let weight = batch.weight();
        self.copying.log_gained(6 + weight / PAGE);
        self.written += weight;
        Ok(first)
    }

    fn acknowledge(&mut self, batch: Batch, first: u64) {
        self.failure = None;
        let is_mark = |queued: &QueuedNote| matches!(queued.note, Note::Mark);
        let has_changed = !batch.inserts.is_empty() || !batch.notes.iter().all(is_mark);
        self.newest += batch.inserts.len() as u64;
        let results = (first..).zip(batch.inserts).map(|(number, insert)| {
            let id = DeliveryId::new(number)
                .ok_or_else(|| self.source.subject().trouble(Trouble::Closed));
            (insert.waiter, id)
        });
        self.completions.complete(results.collect());
        for waiter in batch.notes.into_iter().filter_map(|queued| queued.waiter) {
            let _ = waiter.send(Ok(()));
        }
        if has_changed {
            self.board.changed();
        }
    }

    fn refuse(&mut self, batch: Batch, error: &StoreError) {
        self.fail(error);
        let results = batch
            .inserts
            .into_iter()
            .map(|insert| (insert.waiter, Err(error.clone())));
        self.completions.complete(results.collect());
        let mut unwritten = Vec::new();
        for queued in batch.notes {
            match queued.waiter {
                Some(waiter) => {
                    let _ = waiter.send(Err(error.clone()));
                }
                None => unwritten.push(queued),
            }
        }
        // What the disk refused may work later; what the data refused never does.
        if error.trouble() != Trouble::Damaged {
            self.queue.put_back(unwritten);
        }
    }

    /// Throws the connection away and settles when to try again.
    fn fail(&mut self, error: &StoreError) {
        self.copying.close();
        self.connection = None;
        let now = Instant::now();
        let wait = match &self.failure {
            Some(failure) if now < failure.next => return,
            Some(failure) => (failure.wait * 2).min(LONGEST_WAIT),
            None => FIRST_WAIT,
        };
        self.failure = Some(Failure {
            error: error.clone(),
            wait,
            next: now + wait,
        });
    }

    /// What is done while nobody waits: the log copied into the file, a few old deliveries removed.
    /// Says whether there is more to remove.
    fn tidy(&mut self) -> bool {
        self.try_tidy().unwrap_or_else(|error| {
            self.fail(&error);
            false
        })
    }

    fn try_tidy(&mut self) -> Result<bool, StoreError> {
        if let Some(connection) = &self.connection {
            self.copying.tend(connection)?;
        }
        self.make_room()
            .map_err(|error| self.source.subject().sqlite(&error))
    }

    /// Removes a few old deliveries, if there are too many. Says whether there are more to remove.
    fn make_room(&mut self) -> rusqlite::Result<bool> {
        let Some(connection) = &mut self.connection else {
            return Ok(false);
        };
        let written = std::mem::take(&mut self.written);
        let removed = self
            .retention
            .remove_some(connection, self.newest, written)?;
        let Some(removed) = removed else {
            return Ok(false);
        };
        self.copying.log_gained(removed.pages);
        self.board.removed(removed.through, removed.deliveries);
        Ok(removed.more)
    }

    fn finish(&mut self) {
        self.copying.close();
        if let (Some(connection), Source::File(_)) = (&self.connection, &self.source) {
            // A reader may be in the way; the log is read at the next start then.
            let _ = checkpoint(connection, "TRUNCATE");
        }
    }
}

/// Lets go of everything that waits when the writer ends, even by a panic.
struct AbandonOnDrop(Arc<Queue>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn identity(source: &Source) -> Result<Option<Identity>, StoreError> {
    match source {
        Source::File(place) => place
            .identity()
            .map(Some)
            .map_err(|error| place.subject.io(&error)),
        Source::Memory(_) => Ok(None),
    }
}

/// The oldest and the newest delivery; zeros when there is none.
fn span(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    let end = |name: &str| -> rusqlite::Result<u64> {
        let sql = format!("SELECT coalesce({name}(seq), 0) FROM deliveries");
        let seq: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(u64::try_from(seq).unwrap_or(0))
    };
    Ok((end("min")?, end("max")?))
}

/// Shows that writes reach the disk, and removes what a failed commit may have left: deliveries
/// whose senders were told that they are not stored.
fn trial(connection: &mut Connection, newest: u64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in ["deliveries", "contents"] {
        transaction.execute(
            &format!("DELETE FROM {table} WHERE seq > ?1"),
            [count(newest)],
        )?;
    }
    let now = super::numbers::nanoseconds(jiff::Timestamp::now());
    transaction.execute("UPDATE facts SET value = ?1 WHERE name = 'proved'", [now])?;
    transaction.commit()
}

fn annotate(connection: &Connection, note: &Note, oldest: u64) -> rusqlite::Result<()> {
    // What retention has removed takes no more notes.
    let is_there = |id: &DeliveryId| id.get() >= oldest;
    match note {
        Note::Settled(id, settlement) if is_there(id) => {
            encode::settlement(connection, *id, settlement)
        }
        Note::Diagnosed(id, diagnosis) if is_there(id) => {
            encode::diagnosis(connection, *id, diagnosis)
        }
        Note::Attempted(id, outgoing) if is_there(id) => encode::attempt(connection, *id, outgoing),
        _ => Ok(()),
    }
}
