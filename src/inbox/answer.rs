//! What is answered: what an armed rule has, what the app says, or what it is without either.

use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Recognition, Reply, Request, Sighting, Turn, Verdict,
};
use crate::fault::{self, Armed};
use crate::filter::Subject;
use crate::outbox::{Forward, Forwarded};

use super::decide::{self, Decision, Facts, decide};
use super::memory::{EventKey, Flight};
use super::{Inbox, Notice, Receipt};

impl Inbox {
    /// Decides on a request, asks the app if that is what was decided, and stores it.
    pub(super) async fn handle(
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
        // Who waited for the same event shares what the app said of it, unless the app is to see
        // duplicates, too.
        let shared = shared.filter(|_| arrival.sighting.turn != Turn::Duplicate);
        let mut forwarded = None;
        arrival.answer = match (armed, decide(&facts, &self.shared.policy)) {
            // What the app would not get without the fault, it does not get with it.
            (Some(armed), unarmed) => {
                if let (true, Decision::AskApp, None, Some(forward)) =
                    (armed.after_forward, unarmed, &shared, route)
                {
                    forwarded = hand_on(forward, &arrival).await;
                }
                armed.answer
            }
            (None, Decision::Say(answer)) => answer,
            (None, Decision::AskApp) => match (&shared, route) {
                (Some(reply), _) => by_app(Reply::clone(reply)),
                (None, Some(forward)) => {
                    forwarded = hand_on(forward, &arrival).await;
                    let reply = forwarded.as_ref().map(|forwarded| forwarded.reply.clone());
                    reply.map_or_else(decide::default_answer, by_app)
                }
                (None, None) => decide::default_answer(),
            },
        };
        let is_unrouted = arrival.answer.by == AnsweredBy::Default && route.is_none();
        let arrival = Arc::new(arrival);
        let said = forwarded.as_ref().map(|app| Arc::new(app.reply.clone()));
        let kept = Arc::clone(&arrival);
        let (reply, receipt) = self.keep(kept, forwarded, said.or(shared), flight).await;
        if is_unrouted && receipt.id().is_some() {
            self.say_unrouted(&arrival);
        }
        (reply, receipt)
    }

    /// What an armed rule has for a whole request on the right path; it goes before everything else.
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
        // A step that is `ok` leaves everything as it is.
        let reply = decided.reply?;
        Some(ArmedAnswer {
            answer: Answer { reply, by },
            after_forward: decided.after_forward,
        })
    }

    /// The rules in force.
    pub(super) fn armed(&self) -> MutexGuard<'_, Armed> {
        self.shared
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that no route takes deliveries like this one, once and if there are any routes.
    fn say_unrouted(&self, arrival: &Arrival) {
        let path = arrival.request.head.path();
        let event_type = arrival.recognition.event_type.clone();
        let is_forwarding = self.shared.forward.is_some();
        if is_forwarding && self.shared.unrouted.is_new(path, event_type.as_deref()) {
            let path = Bytes::copy_from_slice(path);
            self.tell(Notice::Unrouted { path, event_type });
        }
    }

    /// The app that this request is for, if there is one.
    fn route(&self, arrival: &Arrival) -> Option<&Forward> {
        let forward = self.shared.forward.as_ref()?;
        let event_type = arrival.recognition.event_type.as_deref();
        forward.route(&arrival.request, event_type).map(|_| forward)
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
