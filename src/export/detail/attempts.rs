//! Every arrival of the event, the gaps between them, and what is expected next.

use super::page::Page;
use super::{Subject, is_valid};
use crate::delivery::{Delivery, Outlook};
use crate::export::columns::{left, right};
use crate::export::gap::Gap;
use crate::export::paint::Role;
use crate::export::{answer, clock, event};
use crate::text;

/// An event that arrived more often shows its last ones.
pub const MAX_ATTEMPTS: usize = 50;

pub(super) fn write(page: &mut Page, subject: &Subject<'_>) {
    let event = subject.event;
    page.heading(&format!(
        "Attempts ({} arrived{})",
        event.len(),
        apart(subject)
    ));
    page.line(
        Role::Dim,
        " #    delivery  arrived                        gap   start    docs  answer              took      sig",
    );
    let first = event.len().saturating_sub(MAX_ATTEMPTS);
    if first > 0 {
        page.line(Role::Dim, format_args!("… {first} earlier"));
    }
    for (index, delivery) in event.iter().enumerate().skip(first) {
        let gap = index.checked_sub(1).map(|before| {
            Gap::between((&event[before]).into(), delivery.into(), subject.documented)
        });
        page.line(answer::role(delivery), row(delivery, gap, subject));
    }
    page.optional_row(
        "Next",
        subject
            .outlook
            .and_then(|outlook| next_line(outlook, subject)),
    );
    page.optional_row("Bodies", bodies_line(event));
    page.row(
        "Gap",
        "from the end of the attempt before (our answer, or the peer leaving) to the arrival",
    );
}

/// How many of them are counted apart from the others.
fn apart(subject: &Subject<'_>) -> String {
    if subject.counted_apart().is_none() {
        return String::new();
    }
    let valid = subject.event.iter().filter(|one| is_valid(one)).count();
    format!(", {valid} of them with a valid signature, which are counted apart")
}

fn row(delivery: &Delivery, gap: Option<Gap>, subject: &Subject<'_>) -> String {
    let is_this = delivery.id == subject.delivery.id;
    let seconds = |time: Option<std::time::Duration>| {
        right(&time.map_or_else(|| "-".to_owned(), clock::seconds), 8)
    };
    let by = answer::by_because(delivery, subject.because(delivery));
    let answered = format!("{} {by}", answer::word(delivery));
    let took = answer::took(delivery).map_or_else(|| "open".to_owned(), text::duration);
    let row = [
        left(&event::attempt(delivery), 5),
        right(&delivery.id.to_string(), 8),
        "  ".to_owned(),
        clock::rfc3339(delivery.request().times.arrived),
        seconds(gap.map(|gap| gap.measured)),
        seconds(gap.map(|gap| gap.from_start)),
        seconds(gap.and_then(|gap| gap.documented)),
        "  ".to_owned(),
        left(&answered, 20),
        left(&took, 10),
        delivery.arrival.verdict.word().to_owned(),
    ];
    format!("{}{}", if is_this { '>' } else { ' ' }, row.concat())
}

fn next_line(outlook: Outlook, subject: &Subject<'_>) -> Option<String> {
    match outlook {
        Outlook::Delivered => Some("nothing: it was acknowledged".to_owned()),
        Outlook::Due {
            attempt,
            at,
            documented,
            measured,
        } => {
            let left = text::duration(clock::between(subject.now, at));
            let gap = documented.map(|gap| format!(", documented gap {}", clock::seconds(gap)));
            let basis = if measured {
                ", by the gaps measured here"
            } else {
                ""
            };
            let gap = gap.unwrap_or_default();
            Some(format!(
                "attempt {attempt} due {}, in {left}{gap}{basis}",
                clock::rfc3339(at)
            ))
        }
        Outlook::Late { attempt, due } => {
            let late = text::duration(clock::between(due, subject.now));
            Some(format!(
                "attempt {attempt} was due {}, late by {late}",
                clock::rfc3339(due)
            ))
        }
        Outlook::Ended => {
            Some("nothing: the sender has given up, as far as can be told".to_owned())
        }
        Outlook::Unknown => None,
    }
}

fn bodies_line(event: &[Delivery]) -> Option<&'static str> {
    let (first, others) = event.split_first()?;
    let body = &first.request().body;
    let is_same = |other: &Delivery| other.request().body == *body;
    match others.iter().all(is_same) {
        _ if others.is_empty() => None,
        true => Some("the same in all of them"),
        false => Some("not the same in all of them"),
    }
}
