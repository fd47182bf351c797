//! SQLite, and nobody else names it: every capture in one file that anyone can query.
//!
//! One thread owns the writing connection and commits everything that waits in one transaction
//! (`queue`, `writer`), another copies the log into the file (`copying`); whoever reads has a
//! connection of its own (`readers`). An insert returns only when the delivery is on disk, so an
//! answer that waits for it never promises what a crash could take back. `location`, `lock`,
//! `schema` and `open` decide whether a file may be used at all; `seal`, `encode` and `decode` turn
//! an arrival into rows and back, with checksums; `query` turns a filter into SQL.
//!
//! The tables are documented where they are made, in `assets/schema/`.

mod attempts;
mod beside;
mod board;
mod brief;
mod completions;
mod condition;
mod connect;
mod copying;
mod counts;
mod decode;
mod encode;
mod error;
mod fields;
mod find;
mod location;
mod lock;
mod numbers;
mod open;
mod query;
mod queue;
mod readers;
mod remembered;
mod retention;
mod schema;
mod seal;
mod writer;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use crate::delivery::{Arrival, Delivery, DeliveryId, Diagnosis, Outlook, Settlement};
use crate::filter::Filter;

pub use attempts::{AttemptPlace, Origin, Outgoing, Sent};
pub use board::{Changed, Removed};
pub use brief::Brief;
pub use counts::Counts;
pub use error::{StoreError, Trouble};
pub use find::{Candidate, Found};
pub use location::Location;
pub use query::Order;
pub use remembered::Remembered;

use beside::Beside;
use board::Board;
use error::Subject;
use lock::Lock;
use queue::{Note, Queue, Refusal};
use readers::Readers;
use seal::Parcel;

/// What retention lets stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many deliveries.
    pub keep: u64,
    /// How many bytes of the file.
    pub keep_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep: 1_000_000,
            keep_bytes: 10 << 30,
        }
    }
}

/// How many bytes of bodies are enough for a look at an event's last deliveries.
const RECENT_BYTES: usize = 16 << 20;

/// Keeps a body once that came twice: an event that is sent often is one body in memory.
fn share_body(delivery: &mut Delivery, before: &Delivery) {
    let known = &before.request().body;
    if delivery.request().body == *known
        && let Some(arrival) = Arc::get_mut(&mut delivery.arrival)
    {
        arrival.request.body = known.clone();
    }
}

/// A store. Clones share it; the last one to go writes what is queued and closes it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    readers: Readers,
    board: Arc<Board>,
    subject: Subject,
    writing: Option<Writing>,
    /// Writes attempts beside the listener that writes everything else.
    beside: Option<Beside>,
    /// Which state of the file a reader has seen that nobody tells what changes.
    polled: Mutex<Option<query::DataVersion>>,
}

#[derive(Debug)]
struct Writing {
    queue: Arc<Queue>,
    lock: Option<Arc<Lock>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens a store to write to it, and creates it if there is none. Nobody else can do so
    /// meanwhile.
    ///
    /// # Errors
    /// When somebody else writes to it, when the file is not a store that this program may use, or
    /// when it cannot be written. A file that is refused is left as it is.
    pub fn open(location: &Location, options: Options) -> Result<Self, StoreError> {
        open::writer(location, options)
    }

    /// Opens a store to read it, beside the listener that writes to it or after it.
    ///
    /// # Errors
    /// When there is none, or when the file is not a store that this program can read.
    pub fn open_readonly(path: &Path) -> Result<Self, StoreError> {
        open::reader(path)
    }

    /// Opens a store to read it and to record outgoing attempts in it, beside the listener that
    /// writes to it or after it: a capture is replayed while more of them arrive.
    ///
    /// # Errors
    /// As for [`Store::open_readonly`], and when the file cannot be written.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        open::beside(path)
    }

    /// Stores a request. When this returns a number, the delivery is on disk; when it returns an
    /// error, it is not stored.
    ///
    /// # Errors
    /// When it cannot be stored now: no room, a failing disk, too much waiting. The next one tries
    /// again.
    pub async fn insert(&self, arrival: Arc<Arrival>) -> Result<DeliveryId, StoreError> {
        let (waiter, stored) = oneshot::channel();
        let parcel = Parcel::of(arrival).await;
        self.queue()?
            .insert(parcel, waiter)
            .map_err(|refusal| self.refused(refusal))?;
        stored.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Records what the peer really got. Written soon; nobody waits for it.
    pub fn settle(&self, id: DeliveryId, settlement: Settlement) {
        self.note(Note::Settled(id, settlement));
    }

    /// Records why a signature does not match. Written soon; nobody waits for it.
    pub fn diagnosed(&self, id: DeliveryId, diagnosis: Diagnosis) {
        self.note(Note::Diagnosed(id, Box::new(diagnosis)));
    }

    /// Records a request that was made for a delivery. Written soon; nobody waits for it. What was
    /// opened with [`Store::open_beside`] has no queue: it takes [`Store::attempt_durably`].
    pub fn attempt(&self, id: DeliveryId, outgoing: Outgoing) {
        self.note(Note::Attempted(id, Box::new(outgoing)));
    }

    /// Records a request that was made for a delivery, and returns when that is on disk: before the
    /// app's answer is relayed, say.
    ///
    /// # Errors
    /// When it cannot be stored now.
    pub async fn attempt_durably(
        &self,
        id: DeliveryId,
        outgoing: Outgoing,
    ) -> Result<(), StoreError> {
        match &self.shared.beside {
            Some(beside) => beside.attempt(id, &outgoing),
            None => self.noted(Note::Attempted(id, Box::new(outgoing))).await,
        }
    }

    /// Returns when everything that was queued before is on disk.
    ///
    /// # Errors
    /// When it cannot be stored now.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.noted(Note::Mark).await
    }

    async fn noted(&self, note: Note) -> Result<(), StoreError> {
        let (waiter, stored) = oneshot::channel();
        self.queue()?
            .note(note, Some(waiter))
            .map_err(|refusal| self.refused(refusal))?;
        stored.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Queues what nobody waits for. A queue that is full, or closed, drops it: the capture itself
    /// is never lost this way.
    fn note(&self, note: Note) {
        if let Ok(queue) = self.queue() {
            let _ = queue.note(note, None);
        }
    }

    fn queue(&self) -> Result<&Queue, StoreError> {
        match &self.shared.writing {
            Some(writing) => Ok(&writing.queue),
            None => Err(self
                .shared
                .subject
                .trouble(Trouble::ReadOnly)
                .why("it was opened for reading")),
        }
    }

    fn refused(&self, refusal: Refusal) -> StoreError {
        match refusal {
            Refusal::Overloaded => self.shared.subject.trouble(Trouble::Overloaded),
            Refusal::Closed => self.closed(),
        }
    }

    fn closed(&self) -> StoreError {
        self.shared.subject.trouble(Trouble::Closed)
    }

    /// The delivery with this number, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub fn get(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let readers = &self.shared.readers;
        readers.try_with(|connection| {
            decode::delivery(connection, id).map_err(|error| readers.unreadable(id, error))
        })
    }

    /// Hands over what a list needs of every delivery behind `after`, oldest first, until it is told
    /// to stop. One whose row is damaged is left out: whoever looks at it closely is told.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn briefs(
        &self,
        after: Option<DeliveryId>,
        mut visit: impl FnMut(Brief) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut behind = after.map_or(0, |after| numbers::count(after.get()));
        loop {
            let (page, last) = self
                .shared
                .readers
                .with(|connection| brief::page(connection, behind))?;
            if page.into_iter().try_for_each(&mut visit).is_break() {
                return Ok(());
            }
            // Damage in the tree itself could show as numbers that never grow.
            match last.filter(|last| *last > behind) {
                Some(last) => behind = last,
                None => return Ok(()),
            }
        }
    }

    /// What a list needs of these deliveries; those that are gone are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn briefs_of(&self, ids: &[DeliveryId]) -> Result<Vec<Brief>, StoreError> {
        self.shared
            .readers
            .with(|connection| brief::some(connection, ids))
    }

    /// Which delivery a user means: by its number, its event id (the newest delivery of the event)
    /// or the unique beginning of an event id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(&self, id: &str) -> Result<Found, StoreError> {
        self.shared
            .readers
            .with(|connection| find::find(connection, id))
    }

    /// All deliveries of the event whose first delivery is `first`, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn event(&self, first: DeliveryId) -> Result<Vec<Delivery>, StoreError> {
        let readers = &self.shared.readers;
        let ids = readers.with(|connection| query::event(connection, first))?;
        let mut found: Vec<Delivery> = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(mut delivery) = self.get(id)? else {
                continue;
            };
            if let Some(before) = found.last() {
                share_body(&mut delivery, before);
            }
            found.push(delivery);
        }
        Ok(found)
    }

    /// What a list needs of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn event_briefs(&self, first: DeliveryId) -> Result<Vec<Brief>, StoreError> {
        self.shared.readers.with(|connection| {
            let ids = query::event(connection, first)?;
            brief::some(connection, &ids)
        })
    }

    /// What a list needs of the newest deliveries of an event that came before this one, newest
    /// first: so many at most.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn recent_briefs(
        &self,
        first: DeliveryId,
        before: Option<DeliveryId>,
        most: usize,
    ) -> Result<Vec<Brief>, StoreError> {
        self.shared.readers.with(|connection| {
            let ids = query::recent(connection, first, before, most)?;
            brief::some(connection, &ids)
        })
    }

    /// The newest deliveries of an event that came before this one, newest first: so many at most,
    /// and fewer if their bodies are large. However often somebody sends an event, what is known of
    /// it stays small.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn recent(
        &self,
        first: DeliveryId,
        before: Option<DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let ids = self
            .shared
            .readers
            .with(|connection| query::recent(connection, first, before, most))?;
        let mut found = Vec::with_capacity(ids.len());
        let mut bytes = 0;
        for id in ids {
            let Some(delivery) = self.get(id)? else {
                continue;
            };
            bytes += delivery.request().body.len();
            found.push(delivery);
            if bytes > RECENT_BYTES {
                break;
            }
        }
        Ok(found)
    }

    /// Which deliveries from `first` to `last` have an answer that ended, and when; at one moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn settled(
        &self,
        first: DeliveryId,
        last: DeliveryId,
    ) -> Result<Vec<(Timestamp, DeliveryId)>, StoreError> {
        self.shared
            .readers
            .with(|connection| query::settled(connection, first, last))
    }

    /// The requests that were made for a delivery, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn attempts(&self, id: DeliveryId) -> Result<Vec<Outgoing>, StoreError> {
        self.shared
            .readers
            .with(|connection| attempts::of(connection, id))
    }

    /// Behind the outgoing request that was recorded last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn last_attempt(&self) -> Result<AttemptPlace, StoreError> {
        self.shared.readers.with(attempts::end)
    }

    /// The first replays that were recorded behind a place, with the deliveries that they repeat,
    /// and the place behind them; there are no more when there are none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn replays_behind(
        &self,
        place: AttemptPlace,
    ) -> Result<(Vec<(DeliveryId, Outgoing)>, AttemptPlace), StoreError> {
        self.shared
            .readers
            .with(|connection| attempts::replays_behind(connection, place))
    }

    /// Hands over the deliveries that match, one at a time, until there are `limit` of them or it
    /// is told to stop. However slow it is taken, it is in nobody's way.
    ///
    /// # Errors
    /// When the store cannot be read; when some deliveries are damaged, after all others were
    /// handed over.
    pub fn each(
        &self,
        filter: &Filter,
        order: Order,
        limit: Option<usize>,
        now: Timestamp,
        visit: impl FnMut(Delivery) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each_with_outlook(filter, order, limit, now, |_| None, visit)
    }

    /// [`Store::each`] for filters that ask how an event stands: `outlook` says what its sender is
    /// expected to do next.
    ///
    /// # Errors
    /// As for [`Store::each`].
    pub fn each_with_outlook(
        &self,
        filter: &Filter,
        order: Order,
        limit: Option<usize>,
        now: Timestamp,
        outlook: impl Fn(&Delivery) -> Option<Outlook>,
        visit: impl FnMut(Delivery) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let scan = query::Scan {
            readers: &self.shared.readers,
            filter,
            order,
            limit,
            now,
        };
        scan.run(outlook, visit)
    }

    /// Hands over what deduplication must know again after a restart: every delivery that has an
    /// event id, in no particular order and from more than one thread.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn remembered(&self, each: impl Fn(Remembered<'_>) + Sync) -> Result<(), StoreError> {
        remembered::remembered(&self.shared.readers, each)
    }

    /// How much there is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.shared.readers.with(counts::counts)
    }

    /// The version of the store: it grows with every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.board.version()
    }

    /// Which deliveries came or changed since a version.
    #[must_use]
    pub fn changed_since(&self, version: u64) -> Changed {
        self.shared.board.since(version)
    }

    /// What retention has removed since the store was opened.
    #[must_use]
    pub fn removals(&self) -> watch::Receiver<Removed> {
        self.shared.board.removals()
    }

    /// Looks whether another program changed the store, and raises the version if so. For a store
    /// that was opened for reading, which nobody tells.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn poll(&self) -> Result<bool, StoreError> {
        let mut polled = self
            .shared
            .polled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = query::poll(&self.shared.readers.source, &mut polled)?;
        if changed {
            self.shared.board.changed(None);
        }
        Ok(changed)
    }

    /// Tells others who want to write to the store who has it: the listener's URL, say.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn set_holder(&self, holder: &str) -> Result<(), StoreError> {
        let lock = self
            .shared
            .writing
            .as_ref()
            .and_then(|writing| writing.lock.as_ref());
        match lock {
            Some(lock) => lock
                .set_holder(holder)
                .map_err(|error| self.shared.subject.io(&error)),
            None => Ok(()),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.readers.close();
        if let Some(writing) = &self.writing {
            writing.queue.close();
            let mut thread = writing
                .thread
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests;
