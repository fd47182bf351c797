//! Incoming deliveries: a request goes in, a reply comes out, and in between it is recognised,
//! verified, deduplicated, decided and stored.
//!
//! `decide` is the pure heart, `memory` knows the events that were seen, `diagnose` looks into bad
//! signatures beside the answer path, `tail` and `expect` are how everybody else follows along. No
//! socket comes in here: whoever has a [`Request`] can call [`Inbox::receive`].

pub mod decide;
pub mod diagnose;
pub mod expect;
pub mod held;
pub mod memory;
pub mod tail;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::delivery::{
    Answer, AnsweredBy, Arrival, DeliveryId, Outcome, Recognition, Reply, Request, Settlement,
    Sighting, Turn, Validity, Verdict,
};
use crate::provider;
use crate::signature::{self, Keyring};
use crate::store::{Store, StoreError};

use decide::{Decision, Facts, decide};
use diagnose::Diagnostician;
use held::Held;
use memory::{Conclusion, EventKey, Flight, Memory, Sighted};
pub use tally::{Tally, Totals};

/// What was asked for on the command line about answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How far a signed timestamp may be off our clock.
    pub tolerance: Duration,
    /// The status for a missing or wrong signature; 200 observes only.
    pub on_bad_signature: u16,
    /// The only path that is answered with anything but 404.
    pub path: Option<String>,
    /// Whether the app is asked.
    pub forwards: bool,
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
    held: Held,
}

/// What [`Inbox::settled`] needs to know of a request that was answered.
#[derive(Debug)]
pub struct Receipt {
    stored: Option<(DeliveryId, Arc<Arrival>)>,
    key: Option<EventKey>,
}

impl Receipt {
    /// The delivery's number; `None` if it could not be stored.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        self.stored.as_ref().map(|(id, _)| *id)
    }
}

impl Inbox {
    /// An inbox over a store, which remembers what the store has seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(store: Store, keyring: Keyring, policy: Policy) -> Result<Self, StoreError> {
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
                held: Held::default(),
            }),
        })
    }

    /// Takes in one request and says what to answer. Returns only when the delivery is on disk, or
    /// with a 503 when it cannot be.
    pub async fn receive(&self, request: Request) -> (Reply, Receipt) {
        let recognition = provider::recognise(&request);
        let verdict = self.verify(&request, &recognition);
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
                    sighting.conflict = self.conflicts(&request, &recognition, &flight).await;
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
        let released = match receipt.id() {
            Some(id) => self.shared.held.wait(id, Timestamp::now()).await,
            None => None,
        };
        released.unwrap_or_else(decide::unstored)
    }

    /// Records what the peer really got.
    pub fn settled(&self, receipt: Receipt, settlement: Settlement) {
        let Some((id, arrival)) = receipt.stored else {
            return;
        };
        let lost = arrival.answer.reply.acknowledges()
            && arrival.answer.by != AnsweredBy::App
            && arrival.sighting.turn != Turn::Duplicate
            && settlement.outcome != Outcome::Answered;
        if let (true, Some(key)) = (lost, receipt.key) {
            self.shared.memory.take_back(key);
            self.shared.tally.took_back();
        }
        if arrival.verdict.validity() == Validity::Invalid && arrival.request.is_whole() {
            self.shared.diagnostician.look_into(id, arrival, settlement);
        } else {
            self.shared.store.settle(id, settlement);
        }
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

    fn verify(&self, request: &Request, recognition: &Recognition) -> Verdict {
        let head = &request.head;
        let scheme = decide::scheme(recognition, head, &self.shared.keyring);
        let mut verdict = signature::verify(
            head,
            &request.body,
            scheme,
            self.shared.keyring.of(scheme),
            self.shared.policy.tolerance,
            request.times.arrived,
        );
        let unsigned_stranger = provider::scheme(recognition.provider).is_none()
            && signature::scheme::signed_by(head).is_none();
        if unsigned_stranger {
            verdict.scheme = None;
        }
        verdict
    }

    /// Whether the event came with another body before.
    async fn conflicts(
        &self,
        request: &Request,
        recognition: &Recognition,
        flight: &Flight,
    ) -> bool {
        let Some(first) = flight.first() else {
            return false;
        };
        let store = self.shared.store.clone();
        let earlier = tokio::task::spawn_blocking(move || store.get(first)).await;
        let Ok(Ok(Some(earlier))) = earlier else {
            return false;
        };
        let (old, new) = (&earlier.request().body, &request.body);
        !provider::same_content(recognition.envelope, old, new)
    }

    async fn handle(
        &self,
        request: Request,
        recognition: Recognition,
        verdict: Verdict,
        sighting: Sighting,
        flight: Option<(EventKey, Flight)>,
        shared: Option<Arc<Reply>>,
    ) -> (Reply, Receipt) {
        let facts = Facts {
            request: &request,
            verdict: &verdict,
            sighting: &sighting,
        };
        let answer = match decide(&facts, &self.shared.policy, None) {
            Decision::Say(answer) => answer,
            Decision::AskApp => Answer {
                reply: shared.map_or_else(decide::unstored, |reply| (*reply).clone()),
                by: AnsweredBy::App,
            },
        };
        let arrival = Arc::new(Arrival {
            request,
            recognition,
            verdict,
            sighting,
            answer,
        });
        match self.shared.store.insert(Arc::clone(&arrival)).await {
            Ok(id) => self.stored(id, arrival, flight),
            Err(error) => self.refused(&error),
        }
    }

    fn stored(
        &self,
        id: DeliveryId,
        arrival: Arc<Arrival>,
        flight: Option<(EventKey, Flight)>,
    ) -> (Reply, Receipt) {
        let acknowledges = arrival.answer.reply.acknowledges();
        let key = flight.map(|(key, flight)| {
            flight.conclude(id, acknowledges, None);
            key
        });
        if self.shared.tally.took(&arrival) {
            self.tell(Notice::StoreRecovered);
        }
        let reply = arrival.answer.reply.clone();
        let stored = Some((id, arrival));
        (reply, Receipt { stored, key })
    }

    fn refused(&self, error: &StoreError) -> (Reply, Receipt) {
        if self.shared.tally.refused() {
            self.tell(Notice::StoreFailed(error.to_string()));
        }
        let receipt = Receipt {
            stored: None,
            key: None,
        };
        (decide::unstored(), receipt)
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
    let key = |trusted| EventKey::new(recognition.provider, event_id, trusted);
    Some((key(trusted), key(!trusted)))
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
