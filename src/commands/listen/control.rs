//! What the control socket's calls mean: the same functions of the inbox that the terminal UI
//! calls.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET /status` | | the status object |
//! | `POST /arm` | `{"plan":"500x3","replace":false}` | the status object |
//! | `POST /disarm` | | `{"disarmed":2}` |
//! | `POST /release` | `{"id":"22","answer":"200"}` | `{"released":22}` |
//! | `POST /attempts` | what a replay did | `{"recorded":1}` |
//!
//! What goes wrong is answered 400, 404 or 405 with `{"error":…,"why":…,"fix":…}`.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::{Delivery, DeliveryId, Reply};
use crate::export::clock::{between, rfc3339};
use crate::fault::{Fault, How, Plan};
use crate::inbox::{Inbox, decide};
use crate::net::control::{Call, CallAnswer, ControlSocket};
use crate::provider;
use crate::store::{Found, Location};
use crate::text;

use super::super::problem::Problem;
use super::super::{attempts, output};
use super::profile::Profile;

/// Where the control socket of a store is: beside it, by whatever name the store is called. A store
/// in memory has none.
pub(in crate::commands) fn path(location: &Location) -> Option<PathBuf> {
    let Location::File(store) = location else {
        return None;
    };
    let store = store.canonicalize().unwrap_or_else(|_| store.clone());
    let mut path = store.into_os_string();
    path.push(".sock");
    Some(PathBuf::from(path))
}

/// Opens the control socket. A listener without one still does its work, so that trouble with it
/// is a warning.
pub(super) async fn open(path: &Path) -> Option<ControlSocket> {
    match ControlSocket::bind(path).await {
        Ok(socket) => Some(socket),
        Err(error) => {
            output::warn(&unavailable(path, &error.to_string()));
            None
        }
    }
}

/// Answers calls for as long as the listener runs.
pub(super) async fn serve(socket: ControlSocket, inbox: Inbox, profile: Profile) {
    socket
        .serve(move |call| {
            let (inbox, profile) = (inbox.clone(), profile.clone());
            async move { answer(&inbox, &profile, &call).await }
        })
        .await;
}

fn unavailable(path: &Path, why: &str) -> Problem {
    Problem::failed(
        "control",
        format!("there is no control socket {}", path.display()),
    )
    .why(why)
    .fix("arm, disarm, release and status will not reach this listener; name a shorter path with --store")
}

async fn answer(inbox: &Inbox, profile: &Profile, call: &Call) -> CallAnswer {
    if (call.method.as_str(), call.path.as_str()) == ("POST", attempts::PATH) {
        return attempts::accept(inbox.store(), &call.body).await;
    }
    let outcome = match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/status") => Ok(status(inbox, profile)),
        ("POST", "/arm") => arm(inbox, call).map(|()| status(inbox, profile)),
        ("POST", "/disarm") => Ok(json!({ "disarmed": inbox.disarm() })),
        ("POST", "/release") => release(inbox, call),
        (_, "/status" | "/arm" | "/disarm" | "/release" | attempts::PATH) => Err(Refusal::new(
            405,
            format!("{} does not go there", call.method),
        )),
        _ => Err(Refusal::new(404, format!("there is no call {}", call.path))),
    };
    let (status, object) = match outcome {
        Ok(object) => (200, object),
        Err(refusal) => (refusal.status, refusal.object()),
    };
    CallAnswer {
        status,
        body: text::json(object.to_string()) + "\n",
    }
}

/// Why a call was refused.
struct Refusal {
    status: u16,
    error: String,
    why: Option<String>,
    fix: Option<String>,
}

impl Refusal {
    fn new(status: u16, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
            why: None,
            fix: None,
        }
    }

    fn object(&self) -> Value {
        json!({ "error": self.error, "why": self.why, "fix": self.fix })
    }
}

fn read<'de, T: Deserialize<'de>>(call: &'de Call) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body)
        .map_err(|error| Refusal::new(400, format!("the body cannot be read: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arm {
    plan: String,
    #[serde(default)]
    replace: bool,
}

fn arm(inbox: &Inbox, call: &Call) -> Result<(), Refusal> {
    let asked: Arm = read(call)?;
    let plan = asked.plan.parse::<Plan>().map_err(|error| Refusal {
        status: 400,
        error: format!("cannot read the fault \"{}\"", asked.plan),
        why: Some(error.to_string()),
        fix: Some(error.fix),
    })?;
    inbox.arm(plan, asked.replace);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    id: String,
    answer: String,
}

fn release(inbox: &Inbox, call: &Call) -> Result<Value, Refusal> {
    let asked: Release = read(call)?;
    let reply = reply(&asked.answer).ok_or_else(|| Refusal {
        status: 400,
        error: format!("\"{}\" is no answer to release with", asked.answer),
        why: Some("it takes one of 200, 500, 429(retry-after=30), reset, close, …".to_owned()),
        fix: Some(format!("hook64 release {} 200", asked.id)),
    })?;
    let id = meant(inbox, &asked.id).filter(|id| inbox.release(*id, reply));
    let id = id.ok_or_else(|| not_held(inbox, &asked.id))?;
    Ok(json!({ "released": id.get() }))
}

/// The held delivery that is meant: the one with this number, or the newest of this event.
fn meant(inbox: &Inbox, id: &str) -> Option<DeliveryId> {
    let Ok(Found::Delivery(found)) = inbox.store().find(id) else {
        return None;
    };
    let is_number = id.parse::<DeliveryId>() == Ok(found);
    let event_id = |id| {
        let delivery = inbox.store().get(id).ok().flatten();
        delivery.and_then(|delivery| {
            let event_id = delivery.arrival.recognition.event_id_text();
            event_id.map(str::to_owned)
        })
    };
    let held = inbox.status().held;
    let mut newest_first = held.iter().rev().map(|held| held.id);
    if is_number {
        newest_first.find(|held| *held == found)
    } else {
        let event = event_id(found)?;
        newest_first.find(|held| event_id(*held).as_ref() == Some(&event))
    }
}

fn not_held(inbox: &Inbox, id: &str) -> Refusal {
    let held = inbox.status().held;
    let held: Vec<_> = held.iter().map(|held| held.id.to_string()).collect();
    Refusal {
        status: 404,
        error: format!("no held delivery matches \"{id}\""),
        why: Some(if held.is_empty() {
            "nothing is held".to_owned()
        } else {
            format!("these are held: {}", held.join(", "))
        }),
        fix: Some("hook64 status shows what is held".to_owned()),
    }
}

/// One answer in the words of a fault plan.
pub(in crate::commands) fn reply(text: &str) -> Option<Reply> {
    let plan: Plan = text.parse().ok()?;
    let [rule] = &plan.rules[..] else { return None };
    let [step] = &rule.steps[..] else { return None };
    let is_plain = rule.how == How::Next && rule.scope.is_all() && step.count == 1;
    match (&step.fault, is_plain) {
        (_, false) | (Fault::Hold, true) => None,
        (fault, true) => Some(
            fault
                .reply()
                .unwrap_or_else(|| decide::default_answer().reply),
        ),
    }
}

fn status(inbox: &Inbox, profile: &Profile) -> Value {
    let status = inbox.status();
    let now = Timestamp::now();
    let held: Vec<_> = status
        .held
        .iter()
        .map(|held| {
            let delivery = inbox.store().get(held.id).ok().flatten();
            held_object(held.id.get(), held.since, delivery.as_ref(), now)
        })
        .collect();
    let totals = status.totals;
    let now = json!({
        "armed": status.armed,
        "seed": status.seed,
        "held": held,
        "events": totals.events,
        "deliveries": totals.deliveries,
        "acknowledged": totals.acknowledged,
        "bad_sig": totals.bad_signatures,
        "dropped": totals.unstored,
    });
    let mut object = profile.object();
    if let (Value::Object(object), Value::Object(now)) = (&mut object, now) {
        object.extend(now);
    }
    object
}

fn held_object(seq: u64, since: Timestamp, delivery: Option<&Delivery>, now: Timestamp) -> Value {
    let recognition = delivery.map(|delivery| &delivery.arrival.recognition);
    let patience = recognition
        .and_then(|recognition| provider::attempt_timeout(recognition.provider))
        .and_then(|patience| SignedDuration::try_from(patience).ok());
    let arrived = delivery.map_or(since, |delivery| delivery.request().times.arrived);
    let left = patience.map(|patience| patience - now.duration_since(arrived));
    json!({
        "seq": seq,
        "event_id": recognition.and_then(|recognition| recognition.event_id_text()),
        "type": recognition.and_then(|recognition| recognition.event_type.as_deref()),
        "since": rfc3339(since),
        "held_ms": between(since, now).as_secs_f64() * 1e3,
        "provider_waits_ms": left.map(|left| left.as_secs_f64().max(0.0) * 1e3),
    })
}
