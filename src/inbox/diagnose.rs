//! Looking into bad signatures, beside the answer path.
//!
//! One thread with a short queue: when bad signatures come faster than they can be looked into,
//! the rest is settled without a diagnosis (`show` makes up for it), and nothing waits. What waits
//! is in the store, and only its number waits here: however large bodies are, one of them at a time
//! is in memory for this.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{Arrival, Delivery, DeliveryId, Diagnosis, Reason, Scheme, Settlement};
use crate::provider;
use crate::signature::{self, Keyring, diagnosis::Case};
use crate::store::Store;

/// How many deliveries may wait for their diagnosis.
const QUEUE: usize = 64;
/// How many earlier attempts of an event are compared with.
pub const EARLIER: usize = 6;
/// How many stale deliveries in a row must be off by the same amount to blame a clock.
const STALE_IN_A_ROW: usize = 3;

/// The thread that finds out why signatures do not match.
#[derive(Debug)]
pub(super) struct Diagnostician {
    store: Store,
    queue: SyncSender<Patient>,
}

#[derive(Debug)]
struct Patient {
    id: DeliveryId,
    settlement: Settlement,
}

impl Diagnostician {
    pub(super) fn start(store: Store, keyring: Arc<Keyring>, tolerance: Duration) -> Self {
        let (queue, patients) = sync_channel(QUEUE);
        let examiner = Examiner {
            store: store.clone(),
            keyring,
            tolerance,
            ages: Vec::new(),
        };
        thread::Builder::new()
            .name("diagnosis".to_owned())
            .spawn(move || examiner.run(&patients))
            .map_or_else(|_| (), drop);
        Self { store, queue }
    }

    /// Settles the delivery, with its diagnosis if there is time for one.
    pub(super) fn look_into(&self, id: DeliveryId, settlement: Settlement) {
        let patient = Patient { id, settlement };
        match self.queue.try_send(patient) {
            Ok(()) => {}
            Err(TrySendError::Full(patient) | TrySendError::Disconnected(patient)) => {
                self.store.settle(patient.id, patient.settlement);
            }
        }
    }
}

struct Examiner {
    store: Store,
    keyring: Arc<Keyring>,
    tolerance: Duration,
    /// Ages of the last stale deliveries whose MAC was right, in seconds.
    ages: Vec<i64>,
}

impl Examiner {
    fn run(mut self, patients: &Receiver<Patient>) {
        while let Ok(patient) = patients.recv() {
            // One that cannot be read is found out about by whoever looks at it.
            if let Ok(Some(delivery)) = self.store.get(patient.id) {
                let diagnosis = self.examine(&delivery);
                self.store.diagnosed(patient.id, diagnosis);
            }
            self.store.settle(patient.id, patient.settlement);
        }
    }

    fn examine(&mut self, delivery: &Delivery) -> Diagnosis {
        let arrival = &delivery.arrival;
        self.note_age(arrival);
        let earlier = arrival
            .sighting
            .first
            .and_then(|first| self.store.recent(first, Some(delivery.id), EARLIER).ok())
            .unwrap_or_default();
        let earlier: Vec<Bytes> = earlier
            .iter()
            .map(|delivery| delivery.request().body.clone())
            .collect();
        diagnose(
            arrival,
            &self.keyring,
            self.tolerance,
            &earlier,
            self.constant_offset(),
        )
    }

    fn note_age(&mut self, arrival: &Arrival) {
        let verdict = &arrival.verdict;
        let stale = matches!(
            verdict.reason,
            Reason::TimestampTooOld | Reason::TimestampInFuture
        );
        if let (true, Some(true), Some(age)) = (
            stale,
            verdict.signature_matches_ignoring_time,
            verdict.age_seconds,
        ) {
            self.ages.truncate(STALE_IN_A_ROW - 1);
            self.ages.insert(0, age);
        }
    }

    fn constant_offset(&self) -> Option<i64> {
        let newest = *self.ages.first()?;
        let steady = self
            .ages
            .iter()
            .all(|age| age.saturating_sub(newest).abs() <= 2);
        (steady && self.ages.len() == STALE_IN_A_ROW).then_some(newest)
    }
}

/// Why an arrival's signature does not match. `earlier` are the bodies of earlier attempts, newest
/// first; `offset` is a constant difference between our clock and the sender's, in seconds.
#[must_use]
pub fn diagnose(
    arrival: &Arrival,
    keyring: &Keyring,
    tolerance: Duration,
    earlier: &[Bytes],
    offset: Option<i64>,
) -> Diagnosis {
    let request = &arrival.request;
    let scheme = arrival
        .verdict
        .scheme
        .unwrap_or_else(|| super::decide::scheme(&arrival.recognition, &request.head, keyring));
    let other = match scheme {
        Scheme::Sixtyfour => Scheme::Elan,
        Scheme::Elan => Scheme::Sixtyfour,
    };
    let earlier: Vec<&[u8]> = earlier.iter().map(|body| &body[..]).collect();
    signature::diagnosis::diagnose(&Case {
        head: &request.head,
        body: &request.body,
        scheme,
        secrets: keyring.of(scheme),
        other_secrets: keyring.of(other),
        tolerance,
        now: request.times.arrived,
        documented_orders: provider::documented_orders(arrival.recognition.envelope),
        earlier: &earlier,
        offsets: offset,
    })
}
