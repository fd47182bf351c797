//! What a listener says when it has stopped.

use std::time::Duration;

use jiff::Timestamp;

use crate::export::clock::Clock;
use crate::export::event;
use crate::export::notice::Stopped;
use crate::text;

/// An event whose next attempt is still expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// Its id.
    pub event_id: &'a str,
    /// Its type.
    pub event_type: Option<&'a str>,
    /// The attempt that is expected.
    pub attempt: u32,
    /// When.
    pub due: Timestamp,
}

/// How many of the events that wait are named.
const MAX_NAMED: usize = 3;

/// The summary: how long it ran, what came of it, where it is, and who may still come.
#[must_use]
pub fn last_words(
    stopped: &Stopped<'_>,
    ran: Duration,
    store: &str,
    waiting: &[Waiting<'_>],
    clock: &Clock,
) -> String {
    let given_up = stopped
        .undelivered
        .map(|count| format!("{count} undelivered, "));
    let mut words = format!(
        "Stopped after {}. {}, {}: {} answered 2xx in the end, {}{} open.\n\
         {}. {} dropped. Captured in {}",
        text::duration(ran),
        count(stopped.events, "event", "events"),
        count(stopped.deliveries, "delivery", "deliveries"),
        stopped.acknowledged,
        given_up.unwrap_or_default(),
        stopped.open,
        count(stopped.bad_sig, "bad signature", "bad signatures"),
        stopped.dropped,
        text::line(store.as_bytes()),
    );
    if !waiting.is_empty() {
        let named: Vec<_> = waiting
            .iter()
            .take(MAX_NAMED)
            .map(|one| name(one, clock))
            .collect();
        words.push_str("\nStill waiting for a retry: ");
        words.push_str(&named.join(", "));
        if waiting.len() > MAX_NAMED {
            words.push_str(&format!(" and {} more", waiting.len() - MAX_NAMED));
        }
    }
    words
}

fn name(waiting: &Waiting<'_>, clock: &Clock) -> String {
    let kind = text::line(waiting.event_type.unwrap_or("(no type)").as_bytes());
    let due = clock.time(waiting.due);
    let id = event::short(waiting.event_id);
    format!("{id} {kind} (attempt {} due {due})", waiting.attempt)
}

fn count(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{number} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_came_of_it() {
        let at = "2026-11-20T14:10:00Z".parse().unwrap();
        let stopped = Stopped {
            at,
            events: 14,
            deliveries: 24,
            bad_sig: 1,
            dropped: 0,
            acknowledged: 12,
            undelivered: Some(1),
            open: 1,
            reason: "interrupt",
        };
        let waiting = Waiting {
            event_id: "6f1c0b52-3e1d",
            event_type: Some("find_email"),
            attempt: 4,
            due: at,
        };
        let words = last_words(
            &stopped,
            Duration::from_secs(17 * 60),
            "hook64.db",
            &[waiting; 4],
            &Clock::Rfc3339,
        );
        insta::assert_snapshot!(words, @r#"
        Stopped after 17 min. 14 events, 24 deliveries: 12 answered 2xx in the end, 1 undelivered, 1 open.
        1 bad signature. 0 dropped. Captured in hook64.db
        Still waiting for a retry: 6f1c0b52 find_email (attempt 4 due 2026-11-20T14:10:00.000Z), 6f1c0b52 find_email (attempt 4 due 2026-11-20T14:10:00.000Z), 6f1c0b52 find_email (attempt 4 due 2026-11-20T14:10:00.000Z) and 1 more
        "#);
    }
}
