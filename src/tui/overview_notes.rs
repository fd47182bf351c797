//! What the Overview says in sentences: what an app has to make of this event, what is missing,
//! what does not agree.

use std::time::Duration;

use crate::delivery::Delivery;
use crate::provider;
use crate::text;

use super::app::App;
use super::index::EventNumber;

/// Among so many deliveries of an event the lowest attempt is looked for: those that come out of
/// turn come soon.
const OUT_OF_TURN: usize = 64;

/// The sentences about an event and one of its deliveries.
pub(super) fn of(app: &App, delivery: &Delivery, event: EventNumber) -> Vec<String> {
    let mut notes = Vec::new();
    let sighting = &delivery.arrival.sighting;
    let count = app
        .index
        .event(event)
        .map_or(1, super::index::Event::attempts);
    if sighting.conflict {
        notes.push(
            "This event id came with another body than the first time. An app that dedupes would miss the change."
                .to_owned(),
        );
    }
    if count > 1 {
        notes.push(format!(
            "This event id has arrived {count} times. An app that dedupes on it must act once."
        ));
    }
    let attempts = app.index.attempts(event).take(OUT_OF_TURN);
    let lowest = attempts.map(|attempt| attempt.number).min().unwrap_or(1);
    if lowest > 1 {
        let missing = if lowest == 2 {
            "Attempt 1 was".to_owned()
        } else {
            format!("Attempts 1 to {} were", lowest - 1)
        };
        notes.push(format!(
            "{missing} not seen here: the listener was not running, or the tunnel was down."
        ));
    }
    let gaps = provider::gaps(delivery.arrival.recognition.provider);
    let failed = app
        .index
        .event(event)
        .is_some_and(|event| !event.is_acknowledged());
    if failed && !gaps.is_empty() {
        let total: Duration = gaps.iter().sum();
        notes.push(format!(
            "Sixtyfour gives up after {} failed attempts (about {} s plus answer times) and marks the event undelivered.",
            gaps.len() + 1,
            total.as_secs()
        ));
    }
    for disagreement in &delivery.arrival.recognition.disagreements {
        notes.push(format!(
            "{} says {}, the body's {} says {}.",
            disagreement.header,
            text::line(disagreement.header_says.as_bytes()),
            disagreement.field,
            text::line(disagreement.field_says.as_bytes())
        ));
    }
    notes
}
