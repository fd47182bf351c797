//! Does a delivery match? Evaluated over what is captured, never changing it.
//!
//! A value that is not there matches nothing; its negation therefore does.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Delivery, EventIdSource};

use super::Subject;
use super::expression::{Expression, Term};
use super::field::TextField;
use super::pattern::{Pattern, Reach};
use super::quantity::Size;
use super::status::{Status, StatusTest};

impl Expression {
    /// Whether it is so for the subject.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::And(members) => members.iter().all(|member| member.matches(subject)),
            Self::Or(members) => members.iter().any(|member| member.matches(subject)),
            Self::Not(inner) => !inner.matches(subject),
            Self::Term(term) => term.matches(subject),
        }
    }
}

impl Term {
    /// Whether it is so for the subject.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let delivery = subject.delivery;
        let request = delivery.request();
        match self {
            Self::Any(pattern) => any(pattern, subject),
            Self::Text(field, pattern) => text(*field, pattern, delivery),
            Self::Provider(provider) => delivery.arrival.recognition.provider == *provider,
            Self::Sig(sig) => sig.holds(&delivery.arrival.verdict),
            Self::Status(test) => {
                Status::of(delivery, subject.now).is_some_and(|status| test.holds(status))
            }
            Self::State(state) => super::State::of(subject) == *state,
            Self::Is(quality) => quality.holds(subject),
            Self::Seq(bounds) => bounds.contain(delivery.id.get()),
            Self::Attempt(bounds) => bounds.contain(u64::from(attempt(delivery))),
            Self::Size(bounds) => {
                bounds.contain(Size(u64::try_from(request.body.len()).unwrap_or(u64::MAX)))
            }
            Self::Took(bounds) => delivery.settlement.is_some_and(|settlement| {
                bounds.contain(between(request.times.body, settlement.at))
            }),
            Self::Age(bounds) => bounds.contain(between(request.times.arrived, subject.now)),
            Self::Header { name, value } => {
                let mut values = request.head.headers_named(name);
                match value {
                    None => values.next().is_some(),
                    Some(pattern) => values.any(|value| pattern.matches(Reach::Whole, value)),
                }
            }
            Self::Body(pattern) => pattern.matches(Reach::Anywhere, &request.body),
            Self::Json { path, test } => path.finds(&request.body, test),
        }
    }
}

/// The sender's counter, else our own.
fn attempt(delivery: &Delivery) -> u32 {
    let arrival = &delivery.arrival;
    arrival
        .recognition
        .attempt
        .unwrap_or(arrival.sighting.arrival)
}

/// How long after `from` `to` is; nothing when a clock was set back in between.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

fn text(field: TextField, pattern: &Pattern, delivery: &Delivery) -> bool {
    let recognition = &delivery.arrival.recognition;
    let reach = field.reach();
    let is = |value: &Option<String>| {
        value
            .as_ref()
            .is_some_and(|value| pattern.matches(reach, value.as_bytes()))
    };
    match field {
        TextField::Type => is(&recognition.event_type),
        TextField::Id => event_id(pattern, delivery),
        TextField::Task => is(&recognition.task_id),
        TextField::Run => is(&recognition.run_id),
        TextField::Path => pattern.matches(reach, delivery.request().head.path()),
        TextField::Method => pattern.matches(reach, delivery.request().head.method().as_bytes()),
        TextField::Peer => {
            let peer = delivery.request().peer.to_string();
            pattern.matches(reach, peer.as_bytes())
        }
    }
}

/// A hash is known by its digits too: lists show them without their `sha256:`.
fn event_id(pattern: &Pattern, delivery: &Delivery) -> bool {
    let Some((id, source)) = &delivery.arrival.recognition.event_id else {
        return false;
    };
    let digits = match source {
        EventIdSource::Hash => id.split_once(':').map(|(_, digits)| digits),
        _ => None,
    };
    let is = |id: &str| pattern.matches(TextField::Id.reach(), id.as_bytes());
    is(id) || digits.is_some_and(is)
}

/// A bare word is sought anywhere in type, ids and path; as a status only if it is one.
fn any(pattern: &Pattern, subject: &Subject<'_>) -> bool {
    let delivery = subject.delivery;
    let recognition = &delivery.arrival.recognition;
    let is = |value: &[u8]| pattern.matches(Reach::Anywhere, value);
    let is_whole = |value: &[u8]| pattern.matches(Reach::Whole, value);
    let found = |value: &[u8]| match pattern {
        Pattern::Word(_) | Pattern::Regex(_) => is(value),
        Pattern::Exact(_) | Pattern::Wildcard(_) => is_whole(value),
    };
    let texts = [
        recognition.event_type.as_deref(),
        recognition.event_id_text(),
        recognition.task_id.as_deref(),
        recognition.run_id.as_deref(),
    ];
    texts
        .into_iter()
        .flatten()
        .any(|value| found(value.as_bytes()))
        || found(delivery.request().head.path())
        || is_status(pattern, subject)
}

fn is_status(pattern: &Pattern, subject: &Subject<'_>) -> bool {
    let (Pattern::Word(word) | Pattern::Exact(word)) = pattern else {
        return false;
    };
    StatusTest::read(word).is_some_and(|test| {
        Status::of(subject.delivery, subject.now).is_some_and(|status| test.holds(status))
    })
}
