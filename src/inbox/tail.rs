//! Following a store: every delivery once, as soon as its answer is settled.
//!
//! A face that prints, waits or draws reads the store itself, so that no queue stands between it
//! and the answer path: however slow it is, it delays nobody. It misses only what retention removes
//! before it comes there, and how much that was is known.

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
    missed: u64,
}

impl Tail {
    /// Starts behind this delivery; `None` starts with the first.
    #[must_use]
    pub fn after(last: Option<DeliveryId>) -> Self {
        Self {
            seen_through: last,
            open: BTreeSet::new(),
            missed: 0,
        }
    }

    /// How many deliveries were removed before they were handed over.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
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

    /// The next deliveries that were not looked at yet; what retention removed is counted.
    fn next_batch(
        &mut self,
        store: &Store,
    ) -> Result<Option<(DeliveryId, DeliveryId)>, StoreError> {
        let counts = store.counts()?;
        let (Some(oldest), Some(newest)) = (counts.oldest, counts.newest) else {
            return Ok(None);
        };
        let kept = self.open.split_off(&oldest);
        let removed = std::mem::replace(&mut self.open, kept);
        self.missed += removed.len() as u64;
        let next = self.seen_through.map_or(1, |seen| seen.get() + 1);
        let first = next.max(oldest.get());
        self.missed += first - next;
        self.seen_through = DeliveryId::new(first - 1);
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
            match store.get(id)? {
                Some(delivery) if settled(&delivery).is_break() => {
                    return Ok(ControlFlow::Break(()));
                }
                Some(_) => {}
                None => self.missed += 1,
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::delivery::{
        Arrival, Head, Outcome, Reason, Recognition, Request, Settlement, Sighting, Verdict,
    };
    use crate::inbox::decide;
    use crate::store::{Location, Options};

    fn arrival() -> Arrival {
        let at = Timestamp::UNIX_EPOCH;
        Arrival {
            request: Request::local(Head::build("POST", b"/", &[]).unwrap(), Bytes::new(), at),
            recognition: Recognition::nothing(),
            verdict: Verdict::because(None, Reason::NoSecretConfigured),
            sighting: Sighting::first(),
            answer: decide::default_answer(),
        }
    }

    async fn insert(store: &Store, settled: bool) -> DeliveryId {
        let id = store.insert(Arc::new(arrival())).await.unwrap();
        if settled {
            store.settle(
                id,
                Settlement {
                    outcome: Outcome::Answered,
                    at: Timestamp::UNIX_EPOCH,
                },
            );
        }
        store.flush().await.unwrap();
        id
    }

    fn poll(tail: &mut Tail, store: &Store) -> Vec<u64> {
        let mut found = Vec::new();
        let take = |delivery: &Delivery| {
            found.push(delivery.id.get());
            ControlFlow::Continue(())
        };
        tail.poll(store, take).unwrap();
        found
    }

    #[tokio::test]
    async fn what_is_removed_before_it_is_handed_over_is_counted() {
        let options = Options {
            keep: 10,
            ..Options::default()
        };
        let store = Store::open(&Location::Memory, options).unwrap();
        let mut tail = Tail::after(None);
        insert(&store, true).await;
        insert(&store, false).await;
        assert_eq!(poll(&mut tail, &store), [1]);
        for _ in 3..=30 {
            insert(&store, true).await;
        }
        let mut removals = store.removals();
        let all = removals.wait_for(|removed| removed.deliveries >= 20);
        let waited = tokio::time::timeout(Duration::from_secs(20), all).await;
        waited.expect("nothing was removed").unwrap();
        assert_eq!(poll(&mut tail, &store), (21..=30).collect::<Vec<_>>());
        // The second, whose answer was open, and the eighteen that nobody had looked at.
        assert_eq!(tail.missed(), 19);
        assert!(poll(&mut tail, &store).is_empty());
        assert_eq!(tail.missed(), 19);
    }
}
