//! Incoming deliveries: a request goes in, a reply comes out, and in between it is recognised,
//! verified, deduplicated, decided and stored.
//!
//! `examine` says who sent it and whether that is proved, `conflict` whether its event said something
//! else before, `decide` is the pure heart, `memory` knows
//! the events that were seen, `held` the answers that wait for a person, `steer` is how others arm
//! and release, `diagnose` looks into bad signatures beside the answer path, `tail`, `expect` and
//! `vigil` are how everybody else follows along. No socket comes in here: whoever has a [`Request`]
//! can call [`Inbox::receive`].

mod conflict;
pub mod decide;
pub mod diagnose;
mod examine;
pub mod expect;
pub mod held;
pub mod memory;
pub mod steer;
pub mod tail;
mod tally;
pub mod vigil;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::delivery::{
    Answer, AnsweredBy, Arrival, DeliveryId, Outcome, Recognition, Reply, Request, Settlement,
    Sighting, Turn, Validity, Verdict,
};
use crate::fault::{self, Armed};
use crate::filter::Subject;
use crate::outbox::{Forward, Forwarded};
use crate::signature::Keyring;
use crate::store::{Origin, Outgoing, Store, StoreError};

use conflict::Comparing;
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
    steered: watch::Sender<u64>,
}

/// What [`Inbox::settled`] needs to know of a request that was answered.
#[derive(Debug)]
pub struct Receipt {
    /// `None` if it could not be stored.
    stored: Option<Stored>,
    /// What a person released it with.
    released: OnceLock<u16>,
}

/// What counts of a stored delivery once it is answered: not its body, which may be large while the
/// answer takes its time.
#[derive(Debug, Clone, Copy)]
struct Stored {
    id: DeliveryId,
    key: Option<EventKey>,
    /// Whether the planned answer says that the event was taken.
    planned: bool,
    /// Whether that holds whatever the peer gets.
    for_good: bool,
    /// Whether its signature is to be looked into.
    suspect: bool,
}

impl Receipt {
    /// The delivery's number; `None` if it could not be stored.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        self.stored.map(|stored| stored.id)
    }
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
                steered: watch::Sender::new(0),
            }),
        })
    }

    /// Takes in one request and says what to answer. Returns only when the delivery is on disk, or
    /// with a 503 when it cannot be.
    pub async fn receive(&self, request: Request) -> (Reply, Receipt) {
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
        self.tell(Notice::Held(id));
        let released = self.shared.held.wait(id, Timestamp::now()).await;
        let reply = released.unwrap_or_else(decide::unstored);
        // Held once, released once.
        let _ = receipt.released.set(reply.status);
        reply
    }

    /// Records what the peer really got.
    pub fn settled(&self, receipt: Receipt, mut settlement: Settlement) {
        let Some(stored) = receipt.stored else {
            return;
        };
        let released = receipt.released.into_inner();
        if let (Outcome::Answered, Some(status)) = (settlement.outcome, released) {
            settlement.outcome = Outcome::Released(status);
        }
        self.learn(&stored, settlement.outcome);
        if stored.suspect {
            self.shared.diagnostician.look_into(stored.id, settlement);
        } else {
            self.shared.store.settle(stored.id, settlement);
        }
    }

    /// The memory believed the planned answer; now it is known what the peer got.
    fn learn(&self, stored: &Stored, outcome: Outcome) {
        let Some(key) = stored.key else {
            return;
        };
        let acknowledged = outcome.acknowledges(stored.planned);
        if stored.planned && !acknowledged && !stored.for_good {
            self.shared.memory.take_back(key);
            self.shared.tally.took_back();
        } else if acknowledged && !stored.planned {
            self.shared.memory.acknowledge(key);
            self.shared.tally.acknowledged();
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

    async fn handle(
        &self,
        request: Request,
        recognition: Recognition,
        verdict: Verdict,
        sighting: Sighting,
        flight: Option<(EventKey, Flight)>,
        shared: Option<Arc<Reply>>,
    ) -> (Reply, Receipt) {
        let mut arrival = Arrival {
            request,
            recognition,
            verdict,
            sighting,
            answer: decide::undecided(),
        };
        let armed = self.armed_answer(&arrival);
        let route = self.route(&arrival);
        let facts = Facts {
            request: &arrival.request,
            verdict: &arrival.verdict,
            sighting: &arrival.sighting,
            has_app: route.is_some(),
        };
        let forwards_first = armed.as_ref().is_some_and(|armed| armed.after_forward);
        let planned = armed.map(|armed| armed.answer);
        let mut forwarded = None;
        arrival.answer = match decide(&facts, &self.shared.policy, planned) {
            Decision::Say(answer) => {
                if forwards_first && let Some(forward) = route {
                    forwarded = hand_on(forward, &arrival).await;
                }
                answer
            }
            Decision::AskApp => match (shared, route) {
                (Some(reply), _) => by_app((*reply).clone()),
                (None, Some(forward)) => {
                    forwarded = hand_on(forward, &arrival).await;
                    let reply = forwarded.as_ref().map(|forwarded| forwarded.reply.clone());
                    reply.map_or_else(decide::default_answer, by_app)
                }
                (None, None) => decide::default_answer(),
            },
        };
        self.keep(arrival, forwarded, flight).await
    }

    /// Stores what was decided, and what the app did with it.
    async fn keep(
        &self,
        arrival: Arrival,
        forwarded: Option<Forwarded>,
        flight: Option<(EventKey, Flight)>,
    ) -> (Reply, Receipt) {
        let arrival = Arc::new(arrival);
        let id = match self.shared.store.insert(Arc::clone(&arrival)).await {
            Ok(id) => id,
            Err(error) => return self.refused(&error),
        };
        let app_took_it = forwarded
            .as_ref()
            .is_some_and(|forwarded| forwarded.outcome.attempt.delivered());
        let answer = &arrival.answer;
        let says_it_all =
            answer.by == AnsweredBy::App && answer.reply.acknowledges() == app_took_it;
        if let Some(forwarded) = forwarded {
            let outgoing = Outgoing::new(Origin::Forward, forwarded.outcome.attempt)
                .having_sent(forwarded.sent);
            if says_it_all {
                // The delivery itself, which is on disk, says what the app answered.
                self.shared.store.attempt(id, outgoing);
            } else if let Err(error) = self.shared.store.attempt_durably(id, outgoing).await {
                return self.refused(&error);
            }
        }
        self.stored(id, &arrival, flight, app_took_it)
    }

    /// What an armed rule has for a whole request on the right path.
    fn armed_answer(&self, arrival: &Arrival) -> Option<ArmedAnswer> {
        let is_asked = arrival.request.is_whole()
            && decide::on_path(&arrival.request.head, &self.shared.policy);
        let mut armed = self.armed();
        if !is_asked || armed.is_empty() {
            return None;
        }
        let attempt = fault::attempt(&arrival.recognition, &arrival.sighting);
        let now = arrival.request.times.body;
        let mut delivery = None;
        let decided = armed.decide(attempt, |scope| {
            let delivery = delivery.get_or_insert_with(|| decide::as_if_stored(arrival));
            scope.matches(&Subject::new(delivery, now))
        })?;
        drop(armed);
        let by = decided.answered_by();
        let reply = decided.reply.or_else(|| {
            decided
                .after_forward
                .then(|| decide::default_answer().reply)
        })?;
        Some(ArmedAnswer {
            answer: Answer { reply, by },
            after_forward: decided.after_forward,
        })
    }

    fn armed(&self) -> std::sync::MutexGuard<'_, Armed> {
        self.shared
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The app that this request is for, if there is one.
    fn route(&self, arrival: &Arrival) -> Option<&Forward> {
        let forward = self.shared.forward.as_ref()?;
        let event_type = arrival.recognition.event_type.as_deref();
        forward.route(&arrival.request, event_type).map(|_| forward)
    }

    fn stored(
        &self,
        id: DeliveryId,
        arrival: &Arrival,
        flight: Option<(EventKey, Flight)>,
        app_took_it: bool,
    ) -> (Reply, Receipt) {
        let planned = arrival.answer.reply.acknowledges();
        let acknowledges = planned || app_took_it;
        let of_app = arrival.answer.by == AnsweredBy::App;
        let shared = of_app.then(|| Arc::new(arrival.answer.reply.clone()));
        let key = flight.map(|(key, flight)| {
            flight.conclude(id, acknowledges, shared);
            key
        });
        if self.shared.tally.took(arrival) {
            self.tell(Notice::StoreRecovered);
        }
        let reply = arrival.answer.reply.clone();
        let is_duplicate = arrival.sighting.turn == Turn::Duplicate;
        let is_invalid = arrival.verdict.validity() == Validity::Invalid;
        let stored = Stored {
            id,
            key,
            planned,
            for_good: is_duplicate || (planned && of_app),
            suspect: is_invalid && arrival.request.is_whole(),
        };
        let receipt = Receipt {
            stored: Some(stored),
            released: OnceLock::new(),
        };
        (reply, receipt)
    }

    fn refused(&self, error: &StoreError) -> (Reply, Receipt) {
        if self.shared.tally.refused() {
            self.tell(Notice::StoreFailed(error.to_string()));
        }
        let receipt = Receipt {
            stored: None,
            released: OnceLock::new(),
        };
        (decide::unstored(), receipt)
    }
}

/// An answer of the fault plan.
struct ArmedAnswer {
    answer: Answer,
    after_forward: bool,
}

fn by_app(reply: Reply) -> Answer {
    Answer {
        reply,
        by: AnsweredBy::App,
    }
}

async fn hand_on(forward: &Forward, arrival: &Arrival) -> Option<Forwarded> {
    let event_type = arrival.recognition.event_type.as_deref();
    let number = arrival.sighting.arrival;
    forward.deliver(&arrival.request, event_type, number).await
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
