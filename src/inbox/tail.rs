//! Following a store: every delivery once, as soon as its answer is settled.
//!
//! A face that prints, waits or draws reads the store itself, so that no queue stands between it
//! and the answer path: however slow it is, it misses nothing and delays nobody.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId};
use crate::store::{Store, StoreError};

/// How many new deliveries are read at once.
const BATCH: u64 = 256;

/// A place in a store that moves on.
#[derive(Debug, Clone)]
pub struct Tail {
    seen_through: Option<DeliveryId>,
    open: BTreeSet<DeliveryId>,
}

impl Tail {
    /// Starts behind this delivery; `None` starts with the first.
    #[must_use]
    pub fn after(last: Option<DeliveryId>) -> Self {
        Self {
            seen_through: last,
            open: BTreeSet::new(),
        }
    }

    /// Hands over the deliveries that were settled since the last call, until it is told to stop.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn poll(
        &mut self,
        store: &Store,
        mut settled: impl FnMut(&Delivery) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        while let Some((first, last)) = self.next_batch(store)? {
            let mut ended = store.settled(first, last)?;
            let settled_new: BTreeSet<_> = ended.iter().map(|(_, id)| *id).collect();
            // After the look at the new ones: what ended before them is seen to have ended, too.
            for id in &self.open {
                ended.extend(store.settled(*id, *id)?);
            }
            let new = (first.get()..=last.get()).filter_map(DeliveryId::new);
            self.open.extend(new.filter(|id| !settled_new.contains(id)));
            self.seen_through = Some(last);
            if self.hand_over(store, ended, &mut settled)?.is_break() {
                return Ok(());
            }
        }
        let mut ended = Vec::new();
        for id in &self.open {
            ended.extend(store.settled(*id, *id)?);
        }
        self.hand_over(store, ended, &mut settled).map(drop)
    }

    /// The next deliveries that were not looked at yet; what retention removed is passed over.
    fn next_batch(
        &mut self,
        store: &Store,
    ) -> Result<Option<(DeliveryId, DeliveryId)>, StoreError> {
        let counts = store.counts()?;
        let (Some(oldest), Some(newest)) = (counts.oldest, counts.newest) else {
            return Ok(None);
        };
        self.open = self.open.split_off(&oldest);
        let next = self.seen_through.map_or(1, |seen| seen.get() + 1);
        let first = next.max(oldest.get());
        let last = newest.get().min(first + BATCH - 1);
        let ids = DeliveryId::new(first).zip(DeliveryId::new(last));
        Ok(ids.filter(|_| first <= last))
    }

    /// Hands deliveries over in the order in which they ended.
    fn hand_over(
        &mut self,
        store: &Store,
        mut ended: Vec<(Timestamp, DeliveryId)>,
        settled: &mut impl FnMut(&Delivery) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        ended.sort_unstable();
        for (_, id) in ended {
            self.open.remove(&id);
            if let Some(delivery) = store.get(id)?
                && settled(&delivery).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
