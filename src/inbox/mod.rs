//! Incoming deliveries: a request goes in, a reply comes out, and in between it is recognised,
//! verified, deduplicated, decided and stored.
//!
//! `examine` says who sent it and whether that is proved, `memory` knows the events that were seen,
//! `conflict` whether an event said something else before. `decide` is the pure heart, `answer`
//! carries out what it says, `receipt` stores that and learns what the peer really got; `held` are
//! the answers that wait for a person. `steer` is how others arm and release, `diagnose` looks into
//! bad signatures beside the answer path, `tail`, `expect` and `vigil` are how everybody else
//! follows along, `unrouted` are the kinds of deliveries that no route takes, `tally` counts. No
//! socket comes in here: whoever has a [`Request`] can call [`Inbox::receive`].

mod answer;
mod conflict;
pub mod decide;
pub mod diagnose;
mod examine;
pub mod expect;
pub mod held;
pub mod memory;
mod receipt;
pub mod steer;
pub mod tail;
mod tally;
mod unrouted;
pub mod vigil;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::delivery::{DeliveryId, Recognition, Reply, Request, Sighting, Validity, Verdict};
use crate::fault::Armed;
use crate::outbox::{Forward, Route};
use crate::signature::Keyring;
use crate::store::{Store, StoreError};

use conflict::Comparing;
use diagnose::Diagnostician;
use held::Held;
use memory::{Conclusion, EventKey, Memory, Sighted};
pub use receipt::Receipt;
pub use tally::{Tally, Totals};
use unrouted::Unrouted;

/// What was asked for on the command line about answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How far a signed timestamp may be off our clock.
    pub tolerance: Duration,
    /// The status for a missing or wrong signature; 200 observes only.
    pub on_bad_signature: u16,
    /// The only path that is answered with anything but 404.
    pub path: Option<String>,
    /// Whether the app sees duplicates too.
    pub forward_duplicates: bool,
}

/// Something rare that the faces should say at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Deliveries cannot be stored and are answered 503: why.
    StoreFailed(String),
    /// They can be stored again.
    StoreRecovered,
    /// Retention removed this many deliveries, up to and including this one.
    Removed {
        /// The newest that was removed.
        through: DeliveryId,
        /// How many.
        deliveries: u64,
    },
    /// This delivery waits for a person's answer.
    Held(DeliveryId),
    /// The first of its kind that no route takes, while others are forwarded: it is acknowledged
    /// here.
    Unrouted {
        /// Its path, as sent.
        path: Bytes,
        /// Its event type.
        event_type: Option<String>,
    },
}

/// Incoming deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    policy: Policy,
    keyring: Arc<Keyring>,
    memory: Arc<Memory>,
    store: Store,
    tally: Tally,
    notices: broadcast::Sender<Notice>,
    diagnostician: Diagnostician,
    comparing: Comparing,
    held: Held,
    armed: Mutex<Armed>,
    forward: Option<Forward>,
    unrouted: Unrouted,
    steered: watch::Sender<u64>,
}

impl Inbox {
    /// An inbox over a store, which remembers what the store has seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(
        store: Store,
        keyring: Keyring,
        policy: Policy,
        armed: Armed,
        forward: Option<Forward>,
    ) -> Result<Self, StoreError> {
        let memory = Arc::new(Memory::default());
        store.remembered(|seen| {
            let key = EventKey::new(seen.provider, seen.event_id, seen.trusted);
            memory.recall(key, seen.id, seen.acknowledged);
        })?;
        let keyring = Arc::new(keyring);
        let diagnostician =
            Diagnostician::start(store.clone(), Arc::clone(&keyring), policy.tolerance);
        let (notices, _) = broadcast::channel(64);
        Ok(Self {
            shared: Arc::new(Shared {
                policy,
                keyring,
                memory,
                store,
                tally: Tally::default(),
                notices,
                diagnostician,
                comparing: Comparing::default(),
                held: Held::default(),
                armed: Mutex::new(armed),
                forward,
                unrouted: Unrouted::default(),
                steered: watch::Sender::new(0),
            }),
        })
    }

    /// Takes in one request and says what to answer. Returns only when the delivery is on disk, or
    /// with a 503 when it cannot be.
    pub async fn receive(&self, request: Request) -> (Reply, Receipt) {
        self.shared.store.expect();
        let (recognition, verdict) = self.examine(&request).await;
        let Some((key, other)) = keys(&request, &recognition, &verdict) else {
            let sighting = Sighting::first();
            return self
                .handle(request, recognition, verdict, sighting, None, None)
                .await;
        };
        let mut shared = None;
        loop {
            match self.shared.memory.sight(key, other) {
                Sighted::Mine(mut sighting, flight) => {
                    sighting.conflict = match flight.first() {
                        Some(first) => self.conflicts(&request, &recognition, first).await,
                        None => false,
                    };
                    let flight = Some((key, flight));
                    return self
                        .handle(request, recognition, verdict, sighting, flight, shared)
                        .await;
                }
                Sighted::Busy(waiting) => shared = outcome(waiting).await,
            }
        }
    }

    /// Waits for the answer that a person gives to a held delivery.
    pub async fn held(&self, receipt: &Receipt) -> Reply {
        let Some(id) = receipt.id() else {
            return decide::unstored();
        };
        // Whoever hears of it may release it at once.
        let holding = self.shared.held.hold(id, Timestamp::now());
        self.tell(Notice::Held(id));
        let released = holding.released().await;
        let reply = released.unwrap_or_else(decide::unstored);
        receipt.released_with(reply.status);
        reply
    }

    /// What happened so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shared.tally.totals()
    }

    /// Rare news, for the faces.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.shared.notices.subscribe()
    }

    /// Where deliveries are forwarded to.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        self.shared.forward.as_ref().map_or(&[], Forward::routes)
    }

    /// The store that everything lands in.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Forgets what retention removed, and says so.
    pub fn removed(&self, through: DeliveryId, deliveries: u64) {
        self.shared.memory.forget(through);
        self.tell(Notice::Removed {
            through,
            deliveries,
        });
    }

    fn tell(&self, notice: Notice) {
        // Nobody listens: nobody misses it.
        let _ = self.shared.notices.send(notice);
    }
}

/// The event's key and the same on the other side of the trust. A request that is not whole says
/// nothing about its event.
fn keys(
    request: &Request,
    recognition: &Recognition,
    verdict: &Verdict,
) -> Option<(EventKey, EventKey)> {
    let event_id = recognition.event_id_text().filter(|_| request.is_whole())?;
    let trusted = verdict.validity() == Validity::Valid;
    let key = EventKey::new(recognition.provider, event_id, trusted);
    Some((key, key.across_the_trust()))
}

/// Waits until the one that is being handled is concluded; the app's answer, if there is one.
async fn outcome(mut waiting: watch::Receiver<Conclusion>) -> Option<Arc<Reply>> {
    let pending = |conclusion: &Conclusion| *conclusion == Conclusion::Pending;
    let concluded = waiting.wait_for(|conclusion| !pending(conclusion)).await;
    match concluded.ok().as_deref() {
        Some(Conclusion::App(reply)) => Some(Arc::clone(reply)),
        _ => None,
    }
}
