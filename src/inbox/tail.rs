//! Following a store: every delivery once, as soon as its answer is settled.
//!
//! A face that prints, waits or draws reads the store itself, so that no queue stands between it
//! and the answer path: however slow it is, it misses nothing and delays nobody.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId};
use crate::filter::Filter;
use crate::store::{Order, Store, StoreError};

/// How many new deliveries are read at once.
const BATCH: usize = 256;

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
        for id in self.open.clone() {
            // Its bytes are read only when there is something to hand over.
            if store.is_settled(id)? == Some(false) {
                continue;
            }
            self.open.remove(&id);
            if let Some(delivery) = store.get(id)?
                && settled(&delivery).is_break()
            {
                return Ok(());
            }
        }
        loop {
            let (read, flow) = self.poll_new(store, &mut settled)?;
            if flow.is_break() || read < BATCH {
                return Ok(());
            }
        }
    }

    fn poll_new(
        &mut self,
        store: &Store,
        settled: &mut impl FnMut(&Delivery) -> ControlFlow<()>,
    ) -> Result<(usize, ControlFlow<()>), StoreError> {
        let mut read = 0;
        let mut flow = ControlFlow::Continue(());
        let news = Filter::newer_than(self.seen_through);
        store.each(
            &news,
            Order::OldestFirst,
            Some(BATCH),
            Timestamp::now(),
            |delivery| {
                read += 1;
                self.seen_through = Some(delivery.id);
                if delivery.settlement.is_some() {
                    flow = settled(&delivery);
                } else {
                    self.open.insert(delivery.id);
                }
                flow
            },
        )?;
        Ok((read, flow))
    }
}
