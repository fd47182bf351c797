//! One delivery in full, as `show` prints it: what the panes of the TUI show, one after the other.
//!
//! | file | section |
//! |---|---|
//! | `overview` | what it is, in ten lines |
//! | `headers` | as sent, what does not add up, what changed since the attempt before |
//! | `signature` | the verdict and, if it is bad, why |
//! | `attempts` | every arrival of the event, with the gaps between |
//! | `answer` | what we said, how long it took, where copies of it went |
//! | `page` | headings, labels and values |
//!
//! Everything received is escaped; values that give access are masked unless asked for.

mod answer;
mod attempts;
mod headers;
mod overview;
mod page;
mod signature;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::body;
use super::changed::Changed;
use super::credentials::Credentials;
use super::paint::{Paint, Role};
use super::view::{self, Look};
use crate::delivery::{Attempt, Delivery, DeliveryId, Header, Outlook, Validity};
pub use attempts::MAX_ATTEMPTS;
use page::Page;

/// A delivery and what is known round it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The hash of its body.
    pub body_sha256: &'a [u8; 32],
    /// Every delivery of its event in order of arrival, itself among them.
    pub event: &'a [Delivery],
    /// What was sent on because of it: forwards, replays.
    pub sent: &'a [Sent<'a>],
    /// Why hook64 answered in the app's place, for those deliveries of the event where it did.
    pub because: &'a BTreeMap<DeliveryId, String>,
    /// The provider's gaps, the one after attempt 1 first; empty when it documents none.
    pub documented: &'a [Duration],
    /// What its sender is expected to do next.
    pub outlook: Option<Outlook>,
    /// The time at which this is looked at.
    pub now: Timestamp,
}

impl Subject<'_> {
    /// Whether this delivery is counted among those with a valid signature or among the others,
    /// where its event has both: they are told apart, so that a stranger's do not pass for retries.
    fn counted_apart(&self) -> Option<bool> {
        let valid = is_valid(self.delivery);
        let is_mixed = self.event.iter().any(|other| is_valid(other) != valid);
        is_mixed.then_some(valid)
    }

    /// Why hook64 answered this delivery of the event in the app's place, if it did.
    fn because(&self, delivery: &Delivery) -> Option<&str> {
        self.because.get(&delivery.id).map(String::as_str)
    }
}

fn is_valid(delivery: &Delivery) -> bool {
    delivery.arrival.verdict.validity() == Validity::Valid
}

/// One copy of a delivery that went somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// `forward`, `replay`, `send`
    pub origin: &'a str,
    /// The request and what came back.
    pub attempt: &'a Attempt,
    /// What was sent, where that was not the delivery itself.
    pub changed: Option<&'a Changed<'a>>,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether header values that give access are shown.
    pub credentials: Credentials,
    /// Whether to colour.
    pub paint: Paint,
}

/// The delivery in full; ends with a line end.
#[must_use]
pub fn detail(subject: &Subject<'_>, options: Options) -> String {
    let mut page = Page::new(options.paint);
    overview::write(&mut page, subject);
    headers::write(&mut page, subject, options.credentials);
    write_body(&mut page, subject);
    signature::write(&mut page, subject);
    attempts::write(&mut page, subject);
    answer::write(&mut page, subject, options.credentials);
    page.finish()
}

fn write_body(page: &mut Page, subject: &Subject<'_>) {
    let request = subject.delivery.request();
    page.heading("Body");
    let decoded = body::decoded(&request.head, &request.body);
    let content_type = request.head.header("content-type").map(|value| &value[..]);
    show(
        page,
        &view::view(&decoded, request.body.len(), content_type),
    );
}

/// A body with the notes about it first.
fn show(page: &mut Page, body: &view::View) {
    for note in &body.notes {
        page.line(Role::Busy, format_args!("note: {note}"));
    }
    match body.look {
        Look::Empty => page.line(Role::Dim, "(empty)"),
        Look::Json | Look::Text | Look::Binary => page.block(&body.text),
    }
}

/// The value of a header among those of a message.
fn value_of<'a>(headers: &'a [Header], name: &str) -> Option<&'a [u8]> {
    let found = headers.iter().find(|header| header.is(name))?;
    Some(&found.value)
}

#[cfg(test)]
mod tests;
