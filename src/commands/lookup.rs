//! Finding deliveries in a store, and saying so when there are none.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId, Ending};
use crate::export::answer;
use crate::export::clock;
use crate::export::gap::{Gap, Place};
use crate::export::ndjson::Bodies;
use crate::export::notice::{Notice, Of, Sent};
use crate::filter::Filter;
use crate::inbox::diagnose;
use crate::outbox::schedule::pace::Pace;
use crate::outbox::schedule::{Seen, watch};
use crate::provider;
use crate::store::{
    Candidate, Found, Location, Order, Origin, Outgoing, Store, StoreError, Trouble,
};
use crate::text;

use super::arguments::StoreArgs;
use super::exit::Exit;
use super::problem::{Problem, Result};

/// How long the end of an answer is waited for.
const SETTLING: Duration = Duration::from_millis(300);
/// Only deliveries younger than this: the end of an older answer was lost with its listener. An app
/// may have taken its time before.
const RECENT: Duration = Duration::from_secs(12);

/// Among how many earlier deliveries of an event the one is looked for that was forwarded.
const SHARED: usize = 16;

/// How many bytes an event id must share with what was typed to be what was meant.
const ALIKE: usize = 3;

/// Opens the store to read it, beside the listener that writes to it or after it.
///
/// # Errors
/// When there is none, or it cannot be read.
pub(super) fn open(arguments: &StoreArgs) -> Result<Store> {
    open_at(&arguments.location()?)
}

/// The same at a place that is known already.
///
/// # Errors
/// As [`open`].
pub(super) fn open_at(location: &Location) -> Result<Store> {
    match location {
        Location::Memory => Err(Problem::usage("--store :memory: has nothing to show")
            .why("it exists only inside a running listener")
            .fix("leave --store out, or name the listener's file")),
        Location::File(path) => Store::open_readonly(path).map_err(|error| match error.trouble() {
            Trouble::Missing => nothing_captured(location).why(error.to_string()),
            _ => trouble(&error),
        }),
    }
}

/// A store that could not be opened, read or written.
pub(super) fn trouble(error: &StoreError) -> Problem {
    let exit = match error.trouble() {
        Trouble::Missing => Exit::NotFound,
        _ => Exit::Failed,
    };
    let problem = Problem::new(exit, error.trouble().name(), error.to_string());
    let problem = match error.cause() {
        Some(cause) => problem.why(cause),
        None => problem,
    };
    match error.remedy() {
        Some(remedy) => problem.fix(remedy),
        None => problem,
    }
}

/// There is nothing to show at all.
pub(super) fn nothing_captured(location: &Location) -> Problem {
    Problem::new(
        Exit::NotFound,
        "no_captures",
        "there is nothing to show: no deliveries have been captured",
    )
    .why(format!("{location} is empty"))
    .fix(
        "start the listener and send a sample to it:\n  \
         hook64 listen\n  hook64 send find_email",
    )
}

/// Waits a moment for the answers to these, where they are being given: what the peer got is stored
/// a little after it got it, and whoever got it may ask at once.
pub(super) fn settle(store: &Store, deliveries: &mut [Delivery]) {
    let deadline = Instant::now() + SETTLING;
    let is_open = |delivery: &&mut Delivery| is_being_answered(delivery, Timestamp::now());
    while let Some(open) = deliveries.iter_mut().find(is_open) {
        match store.get(open.id) {
            Ok(Some(settled)) if settled.settlement.is_some() => *open = settled,
            Ok(Some(_)) if Instant::now() < deadline => thread::sleep(SETTLING / 20),
            _ => return,
        }
    }
}

/// Whether the answer to this delivery can be expected at any moment.
fn is_being_answered(delivery: &Delivery, now: Timestamp) -> bool {
    let reply = &delivery.arrival.answer.reply;
    let at_once = reply.ending == Ending::Normal && reply.delay.is_zero();
    let age = clock::between(delivery.request().times.body, now);
    delivery.settlement.is_none() && at_once && age < RECENT
}

/// The delivery that an id means. `command` is what was to be done with it, with `ID` for the id:
/// it is offered again with an id that would do.
///
/// # Errors
/// When there is none, or there are several.
pub(super) fn delivery(store: &Store, id: &str, command: &str) -> Result<Delivery> {
    let found = match store.find(id).map_err(|error| trouble(&error))? {
        Found::Delivery(id) => store.get(id).map_err(|error| trouble(&error))?,
        Found::Ambiguous { events, candidates } => {
            return Err(ambiguous(id, events, &candidates, command));
        }
        Found::Nothing { .. } if is_number(id) => return Err(no_such_number(store, id)?),
        Found::Nothing {
            shared, candidates, ..
        } => return Err(no_such_delivery(id, &shared, &candidates, command)),
    };
    found.ok_or_else(|| no_such_delivery(id, "", &[], command))
}

/// A number that is no delivery's. The same digits may well stand somewhere in event ids, which is
/// not what was meant.
fn no_such_number(store: &Store, number: &str) -> Result<Problem> {
    let counts = store.counts().map_err(|error| trouble(&error))?;
    let bounds = counts.oldest.zip(counts.newest);
    let there_are = match bounds {
        Some((oldest, newest)) if is_before(number, oldest) => {
            format!("the oldest that is kept is {oldest}, the newest {newest}")
        }
        Some((_, newest)) => format!("the newest is {newest}"),
        None => "there are none".to_owned(),
    };
    Ok(Problem::new(
        Exit::NotFound,
        "no_such_delivery",
        format!("there is no delivery {number}; {there_are}"),
    )
    .fix("hook64 list"))
}

fn is_before(number: &str, oldest: DeliveryId) -> bool {
    number
        .parse()
        .is_ok_and(|number: u64| number < oldest.get())
}

/// Whether these are digits and nothing else.
pub(super) fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn ambiguous(id: &str, events: u64, examples: &[Candidate], command: &str) -> Problem {
    let also = if is_number(id) {
        format!("there is no delivery {id}, and ")
    } else {
        String::new()
    };
    let problem = Problem::new(
        Exit::NotFound,
        "ambiguous_id",
        format!("{also}\"{id}\" is the beginning of {events} event ids"),
    );
    let problem = problem.why(list(examples));
    match examples.first() {
        Some(example) => problem.fix(format!("write more of it: {}", with(command, example))),
        None => problem,
    }
}

fn no_such_delivery(id: &str, shared: &str, near: &[Candidate], command: &str) -> Problem {
    let problem = Problem::new(
        Exit::NotFound,
        "no_such_delivery",
        format!("no delivery matches \"{id}\""),
    );
    match near.first().filter(|_| shared.len() >= ALIKE) {
        Some(nearest) => problem
            .why(format!(
                "event ids that begin with {shared}: {}",
                list(near)
            ))
            .fix(with(command, nearest)),
        None => problem
            .why("it is neither a delivery's number nor the beginning of an event id")
            .fix("hook64 list shows both"),
    }
}

fn with(command: &str, candidate: &Candidate) -> String {
    command.replace("ID", &text::line(candidate.event_id.as_bytes()))
}

fn list(candidates: &[Candidate]) -> String {
    let described: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            let kind = candidate.event_type.as_deref().unwrap_or("no type");
            format!(
                "{} ({kind}, {} {})",
                candidate.event_id,
                candidate.deliveries,
                if candidate.deliveries == 1 {
                    "delivery"
                } else {
                    "deliveries"
                }
            )
        })
        .collect();
    described.join(", ")
}

/// All deliveries of the same event, oldest first.
///
/// # Errors
/// When they cannot be read.
pub(super) fn event(store: &Store, first: DeliveryId) -> Result<Vec<Delivery>> {
    store.event(first).map_err(|error| trouble(&error))
}

/// The bodies of earlier deliveries of the same event, newest first: a signature may be theirs.
///
/// # Errors
/// When they cannot be read.
pub(super) fn earlier_bodies(store: &Store, delivery: &Delivery) -> Result<Vec<Bytes>> {
    let earlier = store
        .recent(delivery.event(), Some(delivery.id), diagnose::EARLIER)
        .map_err(|error| trouble(&error))?;
    Ok(earlier
        .iter()
        .map(|other| other.request().body.clone())
        .collect())
}

/// The filter that the words of a command line make.
///
/// # Errors
/// When they are no filter.
pub(super) fn filter(words: &[String]) -> Result<Filter> {
    let text = words.join(" ");
    text.parse().map_err(|error: crate::filter::FilterError| {
        Problem::new(
            Exit::Usage,
            "filter",
            format!("cannot read the filter \"{text}\""),
        )
        .why(error.to_string())
        .fix(error.fix)
    })
}

/// Every delivery that matches, with the outlook of its event where the filter asks for it.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn each(
    store: &Store,
    filter: &Filter,
    order: Order,
    limit: Option<usize>,
    now: Timestamp,
    visit: impl FnMut(Delivery) -> ControlFlow<()>,
) -> Result<()> {
    let outlook = |delivery: &Delivery| {
        let briefs = store.event_briefs(delivery.event()).ok()?;
        let seen: Vec<_> = briefs.iter().map(Seen::of).collect();
        let pace = Pace::new(delivery.arrival.recognition.provider);
        Some(watch::outlook(&pace, &seen, now))
    };
    let read = if filter.needs_outlook() {
        store.each_with_outlook(filter, order, limit, now, outlook, visit)
    } else {
        store.each(filter, order, limit, now, visit)
    };
    read.map_err(|error| trouble(&error))
}

/// Why a list is empty: nothing was captured, or nothing matches.
pub(super) fn nothing_found(store: &Store, location: &Location, filter: &Filter) -> Problem {
    let is_empty = store.counts().is_ok_and(|counts| counts.newest.is_none());
    if is_empty || filter.is_all() {
        return nothing_captured(location);
    }
    Problem::new(
        Exit::NotFound,
        "no_match",
        format!("no delivery matches {filter}"),
    )
    .fix("hook64 list shows the newest ones")
}

/// The time since the attempt before, if there was one.
pub(super) fn gap(store: &Store, delivery: &Delivery) -> Option<Gap> {
    let first = delivery.arrival.sighting.first?;
    let earlier = store.recent_briefs(first, Some(delivery.id), 1).ok()?;
    let earlier = earlier.first()?;
    let place = Place {
        arrived: earlier.arrived,
        ended: earlier.settlement.map(|settlement| settlement.at),
        number: earlier.attempt.unwrap_or(earlier.arrival),
    };
    let documented = provider::gaps(delivery.arrival.recognition.provider);
    Some(Gap::between(place, delivery.into(), documented))
}

/// Why hook64 answered this delivery in the app's place, if it did.
pub(super) fn because(store: &Store, delivery: &Delivery) -> Option<String> {
    if !answer::may_be_instead(delivery) {
        return None;
    }
    let forward_of = |id| store.forward(id).ok().flatten();
    let forward = forward_of(delivery.id).or_else(|| {
        // Those that came at the same time share one forward.
        let earlier = store.recent_briefs(delivery.event(), Some(delivery.id), SHARED);
        let mut earlier = earlier.unwrap_or_default().into_iter();
        earlier.find_map(|brief| forward_of(brief.id))
    });
    answer::because(delivery, &forward?)
}

/// A request that was made for a delivery, as an object says it.
pub(super) fn sent<'a>(of: Of<'a>, outgoing: &'a Outgoing, bodies: Bodies) -> Notice<'a> {
    let sent = Sent::new(of, &outgoing.attempt, bodies.limit());
    match outgoing.origin {
        Origin::Forward => Notice::Forward(sent),
        Origin::Replay | Origin::Send => Notice::Replay(sent),
    }
}
