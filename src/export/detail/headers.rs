//! The headers as sent, what in them does not add up, and what changed since the attempt before.

use super::Subject;
use super::page::Page;
use crate::delivery::{Delivery, Header};
use crate::export::credentials::Credentials;
use crate::export::forwarded::is_tunnel_header;
use crate::export::paint::Role;
use crate::text;

pub(super) fn write(page: &mut Page, subject: &Subject<'_>, credentials: Credentials) {
    let delivery = subject.delivery;
    let request = delivery.request();
    if request.head.version().is_none() {
        page.heading("Head, as sent");
        page.block(&text::block(request.head.raw()));
        return;
    }
    let headers = request.head.headers();
    page.heading(&format!(
        "Headers ({}, in order, as spelled)",
        headers.len()
    ));
    write_headers(page, headers, credentials);
    if headers.iter().any(|header| mark(header) != ' ') {
        page.line(
            Role::Dim,
            "S from the sender's signature pipeline   T added on the way",
        );
    }
    if !request.trailers.is_empty() {
        page.heading(&format!("Trailers ({})", request.trailers.len()));
        write_headers(page, &request.trailers, credentials);
    }
    page.heading("Checks");
    for check in checks(delivery) {
        match check {
            Check::Good(words) => page.painted_row("ok", Role::Good, words),
            Check::Bad(words) => page.painted_row("differs", Role::Bad, words),
        }
    }
    if let Some(before) = attempt_before(subject) {
        let changes = changes(before.request().head.headers(), headers);
        let changes = if changes.is_empty() {
            "nothing".to_owned()
        } else {
            changes.join(", ")
        };
        page.row(
            "Changed",
            format_args!("since delivery {}: {changes}", before.id),
        );
    }
}

/// Names and values, one pair a line.
pub(super) fn write_headers(page: &mut Page, headers: &[Header], credentials: Credentials) {
    for header in headers {
        let name = text::line(&header.name);
        let value = text::line(credentials.value(header));
        page.line(
            Role::Plain,
            format_args!("{} {name}: {value}", mark(header)),
        );
    }
}

fn mark(header: &Header) -> char {
    let is_sender = header
        .name
        .get(..10)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"sixtyfour-"))
        || header.is("x-webhook-signature");
    if is_sender {
        'S'
    } else if is_tunnel_header(header) {
        'T'
    } else {
        ' '
    }
}

enum Check {
    Good(String),
    Bad(String),
}

fn checks(delivery: &Delivery) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(length_check(delivery));
    checks.push(repeats_check(delivery.request().head.headers()));
    checks.extend(attempt_check(delivery));
    let disagreements = &delivery.arrival.recognition.disagreements;
    if disagreements.is_empty() {
        checks.push(Check::Good("headers and body agree".to_owned()));
    }
    checks.extend(disagreements.iter().map(|disagreement| {
        Check::Bad(format!(
            "{} says {}, the body's {} says {}",
            disagreement.header,
            text::quoted(&disagreement.header_says),
            disagreement.field,
            text::quoted(&disagreement.field_says),
        ))
    }));
    checks
}

fn length_check(delivery: &Delivery) -> Option<Check> {
    let request = delivery.request();
    let said = request.header_text("content-length")?.trim();
    let received = request.body.len();
    Some(if said.parse() == Ok(received) {
        Check::Good("Content-Length is what came".to_owned())
    } else {
        let said = text::quoted(said);
        Check::Bad(format!("Content-Length says {said}, {received} bytes came"))
    })
}

fn repeats_check(headers: &[Header]) -> Check {
    let is_repeat = |(index, header): &(usize, &Header)| {
        let same = |other: &Header| other.name.eq_ignore_ascii_case(&header.name);
        headers[..*index].iter().any(same)
    };
    let repeats: Vec<_> = headers
        .iter()
        .enumerate()
        .filter(is_repeat)
        .map(|(_, header)| text::line(&header.name))
        .collect();
    if repeats.is_empty() {
        Check::Good("no header is repeated".to_owned())
    } else {
        Check::Bad(format!("repeated: {}", repeats.join(", ")))
    }
}

fn attempt_check(delivery: &Delivery) -> Option<Check> {
    let attempt = delivery.arrival.recognition.attempt?;
    let arrival = delivery.arrival.sighting.arrival;
    Some(if attempt == arrival {
        Check::Good(format!(
            "attempt {attempt} is arrival {arrival} of the event"
        ))
    } else {
        Check::Bad(format!(
            "attempt {attempt} is arrival {arrival} of the event"
        ))
    })
}

fn attempt_before<'a>(subject: &Subject<'a>) -> Option<&'a Delivery> {
    let earlier = |delivery: &&Delivery| delivery.id < subject.delivery.id;
    subject.event.iter().rfind(earlier)
}

/// The names whose values differ, came or went.
fn changes(before: &[Header], after: &[Header]) -> Vec<String> {
    let values = |headers: &[Header], name: &[u8]| -> Vec<Vec<u8>> {
        let same = |header: &&Header| header.name.eq_ignore_ascii_case(name);
        headers
            .iter()
            .filter(same)
            .map(|header| header.value.to_vec())
            .collect()
    };
    let mut changes: Vec<String> = Vec::new();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for header in before.iter().chain(after) {
        let name = header.name.to_ascii_lowercase();
        if seen.contains(&name) {
            continue;
        }
        let (old, new) = (values(before, &name), values(after, &name));
        let shown = text::line(&header.name);
        if old.is_empty() {
            changes.push(format!("+{shown}"));
        } else if new.is_empty() {
            changes.push(format!("-{shown}"));
        } else if old != new {
            changes.push(shown.into_owned());
        }
        seen.push(name);
    }
    changes
}
