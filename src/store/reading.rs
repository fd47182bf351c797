//! What a store can be asked.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::delivery::{Attempt, Delivery, DeliveryId, Outlook};
use crate::filter::Filter;

use super::attempts::{self, AttemptPlace, Outgoing};
use super::brief::{self, Brief};
use super::counts::{self, Counts};
use super::error::StoreError;
use super::find::{self, Found};
use super::query::{self, Order};
use super::remembered::{self, Remembered};
use super::{Store, decode, numbers};

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

impl Store {
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

    /// What became of the newest forward of a delivery: status or failure, without field lines and
    /// body of the answer. However often the delivery was replayed, it costs nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn forward(&self, id: DeliveryId) -> Result<Option<Attempt>, StoreError> {
        self.shared
            .readers
            .with(|connection| attempts::forward(connection, id))
    }

    /// The lowest number among the deliveries that arrived at this moment or after it. Numbers
    /// follow storing: what came before may have a higher one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_since(&self, moment: Timestamp) -> Result<Option<DeliveryId>, StoreError> {
        self.shared
            .readers
            .with(|connection| query::first_since(connection, moment))
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
}
