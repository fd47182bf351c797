//! What we answered, how long each step took, and where copies of the delivery went.

use std::borrow::Cow;

use super::headers::write_headers;
use super::page::Page;
use super::{Sent, Subject, show, value_of};
use crate::delivery::attempt::Response;
use crate::delivery::{AnsweredBy, Delivery, DeliveryId, Request};
use crate::export::answer as answers;
use crate::export::body::{self, Coding, Decoded};
use crate::export::changed::{Changed, Difference};
use crate::export::credentials::Credentials;
use crate::export::paint::Role;
use crate::export::view::Look;
use crate::export::{clock, disagreement, view};
use crate::text;

/// How much of an answer is shown, of ours and of those to requests of ours: there may be many.
const SHOWN: usize = 16 << 10;

pub(super) fn write(page: &mut Page, subject: &Subject<'_>, credentials: Credentials) {
    let delivery = subject.delivery;
    let reply = &delivery.arrival.answer.reply;
    page.heading("Answer");
    page.painted_row("Status", answers::role(delivery), status_line(delivery));
    page.row("By", by_line(delivery, subject.because(delivery)));
    page.row("Ending", ending_line(delivery));
    page.row("Timing", timing_line(delivery));
    if let Some(phrase) = disagreement::phrase(delivery) {
        page.painted_row("Disagree", Role::Bad, phrase);
        for (label, advice) in disagreement::advice(delivery) {
            page.row(label, advice);
        }
    }
    if answers::status(delivery).is_some() {
        write_headers(page, &reply.headers, credentials);
        let body = Decoded {
            bytes: Cow::Borrowed(&reply.body),
            coding: Coding::Identity,
        };
        let content_type = value_of(&reply.headers, "content-type");
        let mut view = view::view(&body, reply.body.len(), content_type);
        let (shown, rest) = beginning(&view.text);
        view.text.truncate(shown.len());
        show(page, &view);
        if rest > 0 {
            let rest = text::bytes(rest as u64);
            let id = delivery.id;
            page.block(&format!(
                "… {rest} more; all of it: hook64 export --format har seq:{id}"
            ));
        }
    }
    if !subject.sent.is_empty() {
        page.heading("Sent on");
        for sent in subject.sent {
            let (role, line) = sent_line(sent);
            page.line(role, line);
            if let Some(changed) = sent.changed {
                for line in changed_lines(changed, delivery.request(), credentials) {
                    page.block(&line);
                }
            }
            if let Ok(response) = &sent.attempt.result
                && !is_relayed(sent, response, delivery)
            {
                write_response(page, delivery.id, response, credentials);
            }
        }
    }
}

/// In what a request that was sent differs from the capture.
fn changed_lines(
    changed: &Changed<'_>,
    captured: &Request,
    credentials: Credentials,
) -> Vec<String> {
    let mut lines = Vec::new();
    if changed.is_elsewhere(captured) {
        let (method, target) = (changed.head.method(), changed.head.target());
        let method = text::line(method.as_bytes());
        lines.push(format!("+ {method} {}", text::line(target)));
    }
    let differences = changed.differences(captured);
    lines.extend(differences.into_iter().map(|difference| {
        let (sign, header) = match difference {
            Difference::New(header) => ('+', header),
            Difference::Gone(header) => ('-', header),
        };
        let value = text::line(credentials.value(header));
        format!("{sign} {}: {value}", text::line(&header.name))
    }));
    if let Some(length) = changed.length() {
        let (sent, captured) = (text::bytes(length), text::bytes(captured.body.len() as u64));
        lines.push(format!("+ another body: {sent}, captured {captured}"));
    }
    lines
}

/// Whether this answer became the delivery's own, and stands above.
fn is_relayed(sent: &Sent<'_>, response: &Response, delivery: &Delivery) -> bool {
    let answer = &delivery.arrival.answer;
    let reply = &answer.reply;
    sent.origin == "forward"
        && matches!(answer.by, AnsweredBy::App)
        && reply.status == response.status
        // What is kept of it may be its beginning.
        && reply.body.starts_with(&response.body)
}

/// An answer to a request of ours. Its lines are marked, so that none passes for one of the page.
fn write_response(page: &mut Page, id: DeliveryId, response: &Response, credentials: Credentials) {
    let phrase = answers::phrase(response.status);
    marked(page, &format!("{} {phrase}", response.status));
    for header in &response.headers {
        let value = text::line(credentials.value(header));
        marked(page, &format!("{}: {value}", text::line(&header.name)));
    }
    let decoded = body::decoded_by(&response.headers, &response.body);
    let content_type = value_of(&response.headers, "content-type");
    let body = view::view(&decoded, response.body.len(), content_type);
    for note in &body.notes {
        page.block(&format!("note: {note}"));
    }
    if body.look != Look::Empty {
        let (shown, rest) = beginning(&body.text);
        marked(page, "");
        shown.split('\n').for_each(|line| marked(page, line));
        if rest > 0 {
            let rest = text::bytes(rest as u64);
            page.block(&format!(
                "… {rest} more; all that was kept: hook64 show {id} --body full --output json"
            ));
        }
    }
    if response.body_cut {
        page.block("… and more, which was not kept");
    }
}

fn marked(page: &mut Page, line: &str) {
    page.block(format!("< {line}").trim_end());
}

/// The part of an answer's text that is shown, and how many bytes are not.
fn beginning(text: &str) -> (&str, usize) {
    let end = (0..=text.len().min(SHOWN)).rfind(|end| text.is_char_boundary(*end));
    let (shown, rest) = text.split_at(end.unwrap_or_default());
    (shown, rest.len())
}

fn status_line(delivery: &Delivery) -> String {
    match answers::status(delivery) {
        Some(status) => format!("{status} {}", answers::phrase(status))
            .trim_end()
            .to_owned(),
        None => "none was sent".to_owned(),
    }
}

fn by_line(delivery: &Delivery, because: Option<&str>) -> String {
    if let Some(because) = because {
        return format!("hook64: {}", text::line(because.as_bytes()));
    }
    let by = answers::by(delivery);
    match &delivery.arrival.answer.by {
        AnsweredBy::Armed { rule, .. } => format!("{by}, rule {}", text::line(rule.as_bytes())),
        _ => by,
    }
}

fn ending_line(delivery: &Delivery) -> String {
    let planned = answers::ending_name(delivery.arrival.answer.reply.ending);
    match delivery.settlement {
        Some(settlement) => format!("{planned}, outcome {}", settlement.outcome.name()),
        None => format!("{planned}, still open"),
    }
}

fn timing_line(delivery: &Delivery) -> String {
    let times = &delivery.request().times;
    let since = |at| clock::milliseconds(clock::between(times.arrived, at));
    let read = format!(
        "head {} ms, body {} ms",
        since(times.head),
        since(times.body)
    );
    match delivery.settlement {
        Some(settlement) => format!(
            "{read}, answer {} ms after the first byte",
            since(settlement.at)
        ),
        None => format!("{read} after the first byte"),
    }
}

fn sent_line(sent: &Sent<'_>) -> (Role, String) {
    let attempt = sent.attempt;
    let outcome = match &attempt.result {
        Ok(response) => response.status.to_string(),
        Err(failure) => text::line(failure.to_string().as_bytes()).into_owned(),
    };
    let role = if attempt.delivered() {
        Role::Good
    } else {
        Role::Bad
    };
    let line = format!(
        "{} {}  {}  {}  {outcome}  {}",
        text::line(sent.origin.as_bytes()),
        attempt.number,
        clock::rfc3339(attempt.started),
        text::line(attempt.target.as_bytes()),
        text::duration(attempt.took),
    );
    (role, line)
}
