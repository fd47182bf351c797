//! What was decided is stored; what the peer really got is learned, noted and remembered.

use std::sync::{Arc, OnceLock};

use crate::delivery::{
    AnsweredBy, Arrival, DeliveryId, Outcome, Reply, Settlement, Turn, Validity,
};
use crate::outbox::Forwarded;
use crate::store::{Origin, Outgoing, StoreError};

use super::memory::{EventKey, Flight};
use super::{Inbox, Notice, decide};

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

    /// A person released it with this status.
    pub(super) fn released_with(&self, status: u16) {
        // Held once, released once.
        let _ = self.released.set(status);
    }
}

impl Inbox {
    /// Stores what was decided, and what the app did with it; `said` is what it said of the event.
    pub(super) async fn keep(
        &self,
        arrival: Arc<Arrival>,
        forwarded: Option<Forwarded>,
        said: Option<Arc<Reply>>,
        flight: Option<(EventKey, Flight)>,
    ) -> (Reply, Receipt) {
        let app_took_it = forwarded
            .as_ref()
            .is_some_and(|forwarded| forwarded.outcome.attempt.delivered());
        let unstored = |error: &StoreError, flight: Option<(EventKey, Flight)>| {
            if let Some((_, flight)) = flight.filter(|_| app_took_it) {
                flight.taken_by_app();
            }
            self.refused(error)
        };
        let id = match self.shared.store.insert(Arc::clone(&arrival)).await {
            Ok(id) => id,
            Err(error) => return unstored(&error, flight),
        };
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
                return unstored(&error, flight);
            }
        }
        self.stored(id, &arrival, said, flight, app_took_it)
    }

    fn stored(
        &self,
        id: DeliveryId,
        arrival: &Arrival,
        said: Option<Arc<Reply>>,
        flight: Option<(EventKey, Flight)>,
        app_took_it: bool,
    ) -> (Reply, Receipt) {
        let planned = arrival.answer.reply.acknowledges();
        let acknowledges = planned || app_took_it;
        let of_app = arrival.answer.by == AnsweredBy::App;
        let key = flight.map(|(key, flight)| {
            flight.conclude(id, acknowledges, said);
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
}
