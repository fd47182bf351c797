//! What a store takes: requests, and what becomes of them.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::delivery::{Arrival, DeliveryId, Diagnosis, Settlement};

use super::Store;
use super::attempts::Outgoing;
use super::error::{StoreError, Trouble};
use super::queue::{Note, Queue, Refusal};
use super::seal::Parcel;

impl Store {
    /// Announces that a request will be stored in a moment, so that the writer is awake by then.
    pub fn expect(&self) {
        if let Ok(queue) = self.queue() {
            queue.expect();
        }
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

    /// Records a request that was made for a delivery. Written soon; nobody waits for it.
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
        self.noted(Note::Attempted(id, Box::new(outgoing))).await
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
}
