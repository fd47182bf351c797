//! What `send` prints: a line an attempt, and what became of it all.

use std::time::Duration;

use serde_json::{Value, json};

use crate::delivery::Attempt;
use crate::export::clock::{Clock, milliseconds, rfc3339};
use crate::export::event;
use crate::export::line::Reader;
use crate::export::paint::{Paint, Role};
use crate::outbox::Progress;
use crate::outbox::run::{Ending, Then};
use crate::text;

use super::super::outgoing::{Tally, excerpt, failure_name, outcome, quoted_answer, role};
use super::parcel::Parcels;

/// How much of an answer a line shows.
const EXCERPT: usize = 60;
/// As wide as the longest type that is documented.
const TYPE: usize = 26;

/// How attempts are printed.
#[derive(Debug, Clone)]
pub(super) enum Face {
    /// Objects.
    Json,
    /// Lines.
    Text(Reader),
}

/// What became of the events.
#[derive(Debug, Default)]
pub(super) struct Endings {
    pub(super) delivered: u64,
    pub(super) undelivered: u64,
    pub(super) unreached: u64,
}

impl Endings {
    pub(super) fn add(&mut self, ending: Ending) {
        match ending {
            Ending::Delivered => self.delivered += 1,
            Ending::Undelivered => self.undelivered += 1,
            Ending::Unreached => self.unreached += 1,
        }
    }

    pub(super) fn all(&self) -> u64 {
        self.delivered + self.undelivered + self.unreached
    }
}

impl Face {
    /// An attempt and what follows it.
    pub(super) fn attempt(&self, parcels: &Parcels, progress: &Progress) -> String {
        match self {
            Self::Json => object(parcels, progress),
            Self::Text(Reader::Pipe { .. }) => piped(parcels, progress),
            Self::Text(Reader::Terminal { zone, paint }) => {
                let time = Clock::Local(zone.clone()).time(progress.outcome.attempt.started);
                terminal(parcels, progress, &time, *paint)
            }
        }
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json)
    }
}

fn terminal(parcels: &Parcels, progress: &Progress, time: &str, paint: Paint) -> String {
    let attempt = &progress.outcome.attempt;
    let kind = parcels.event_type().unwrap_or("(no type)");
    let kind = text::line(kind.as_bytes());
    let blanks = " ".repeat(TYPE.saturating_sub(text::width(&kind)));
    let id = event::short(&parcels.event_id(progress.job));
    let mut line = format!(
        "{time}  {kind}{blanks}  {}  #{}  {}",
        paint.over(Role::Dim, id),
        attempt.number,
        paint.over(role(attempt), outcome(attempt)),
    );
    let parts = [
        answered(attempt),
        what_follows(attempt, progress.then, paint),
    ];
    for part in parts.into_iter().flatten() {
        line.push_str("  ");
        line.push_str(&part);
    }
    line
}

fn answered(attempt: &Attempt) -> Option<String> {
    attempt
        .result
        .as_ref()
        .ok()
        .and_then(|response| excerpt(response, EXCERPT))
}

fn what_follows(attempt: &Attempt, then: Then, paint: Paint) -> Option<String> {
    let (role, words) = match then {
        Then::Retry(after) => (Role::Busy, format!("retry in {}", text::duration(after))),
        Then::Done(_) if attempt.delivered() => return None,
        Then::Done(_) => (Role::Bad, "given up".to_owned()),
        Then::Another => return None,
    };
    Some(paint.over(role, words).to_string())
}

fn piped(parcels: &Parcels, progress: &Progress) -> String {
    let attempt = &progress.outcome.attempt;
    let id = parcels.event_id(progress.job);
    let mut line = format!(
        "{} attempt id={} type={} attempt={}",
        rfc3339(attempt.started),
        text::quoted(&id),
        parcels.event_type().map_or("-".into(), text::quoted),
        attempt.number,
    );
    let took = attempt.took.as_millis();
    match &attempt.result {
        Ok(response) => line += &format!(" status={} took_ms={took}", response.status),
        Err(failure) => {
            let words = failure.to_string();
            line += &format!(" status=- took_ms={took} error={}", text::quoted(&words));
        }
    }
    line += &format!(" then={}", then_name(progress.then));
    if let Then::Retry(after) = progress.then {
        line += &format!(" retry_in_ms={}", after.as_millis());
    }
    if let Some(answer) = quoted_answer(attempt) {
        line += &format!(" answer={answer}");
    }
    line
}

fn then_name(then: Then) -> &'static str {
    match then {
        Then::Retry(_) => "retry",
        Then::Another => "another",
        Then::Done(ending) => ending_name(ending),
    }
}

fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Delivered => "delivered",
        Ending::Undelivered => "undelivered",
        Ending::Unreached => "unreached",
    }
}

fn object(parcels: &Parcels, progress: &Progress) -> String {
    let attempt = &progress.outcome.attempt;
    let (status, answer, failure) = match &attempt.result {
        Ok(response) => (
            Some(response.status),
            Some(String::from_utf8_lossy(
                &response.body[..response.body.len().min(4096)],
            )),
            None,
        ),
        Err(failure) => (None, None, Some(failure)),
    };
    let mut object = json!({
        "v": 1,
        "kind": "attempt",
        "at": rfc3339(attempt.started),
        "event": progress.job + 1,
        "event_id": parcels.event_id(progress.job),
        "type": parcels.event_type(),
        "attempt": attempt.number,
        "target": attempt.target,
        "signed": parcels.is_signed(),
        "status": status,
        "took_ms": milliseconds(attempt.took),
        "answer": answer,
        "then": then_name(progress.then),
    });
    if let Then::Retry(after) = progress.then {
        object["retry_in_ms"] = milliseconds(after).into();
    }
    if let Some(failure) = failure {
        object["failure"] = failure_name(failure).into();
        object["error"] = failure.to_string().into();
    }
    text::json(object.to_string())
}

/// The last object: what became of it all.
pub(super) fn summary_object(
    tally: &Tally,
    endings: &Endings,
    parcels: &Parcels,
    ran: Duration,
) -> String {
    let mut object = json!({
        "v": 1,
        "kind": "sent",
        "target": parcels.target().to_string(),
        "seed": parcels.seed(),
        "signed": parcels.is_signed(),
        "events": parcels.count(),
        "delivered": endings.delivered,
        "undelivered": endings.undelivered,
        "unreached": endings.unreached,
        "open": parcels.count() - endings.all(),
    });
    if let Value::Object(fields) = &mut object {
        fields.extend(tally.fields(ran));
    }
    text::json(object.to_string())
}

/// The same for a person.
pub(super) fn summary_text(
    tally: &Tally,
    endings: &Endings,
    parcels: &Parcels,
    ran: Duration,
) -> String {
    let counted = [
        (endings.delivered, "delivered"),
        (endings.undelivered, "undelivered"),
        (endings.unreached, "never reached"),
        (parcels.count() - endings.all(), "not finished"),
    ];
    let counted: Vec<_> = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let events = match parcels.count() {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    };
    let began = format!("{events}: {}", counted.join(", "));
    if tally.attempts() == 0 {
        let ran = text::duration(ran);
        return format!("{began}, no attempt was answered in {ran}.\n");
    }
    tally.text(&began, ran)
}
