//! What a sender will do next, said in one line.

use jiff::Timestamp;

use super::forecast::{Due, Forecast, since};
use super::pace::Pace;
use crate::delivery::Provider;
use crate::{provider, text};

pub(super) fn tell(
    provider: Provider,
    pace: &Pace,
    forecast: &Forecast,
    gives_up: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let sender = name(provider);
    match forecast {
        Forecast::Nothing => "nothing has arrived yet".to_owned(),
        Forecast::Delivered { attempt } => {
            format!("delivered with attempt {attempt}: {sender} has no reason to send it again")
        }
        Forecast::Open { attempt, since } => {
            format!("attempt {attempt} has been open for {}", span(now, *since))
        }
        Forecast::Waiting(due) => format!(
            "{}{}",
            if due.late {
                overdue(due, now)
            } else {
                pending(sender, pace, due, now)
            },
            last_word(sender, pace, due, gives_up, now)
        ),
        Forecast::Exhausted { attempt } => format!(
            "attempt {attempt} failed and was the last: {sender} calls it undelivered and will not send it again"
        ),
        Forecast::Missing(due) => missing(sender, pace, due, now),
        Forecast::NoSchedule { attempt } => no_schedule(provider, *attempt),
    }
}

/// Why the newest attempt failed, when its sender ran out of patience.
pub(super) fn timed_out(provider: Provider, attempt: u32) -> String {
    let patience = provider::attempt_timeout(provider).unwrap_or_default();
    format!(
        "attempt {attempt} timed out: {} waits {} for an answer",
        name(provider),
        text::duration(patience)
    )
}

fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::Sixtyfour => "Sixtyfour",
        Provider::Elan => "ELAN",
        Provider::Plain => "the sender",
    }
}

fn pending(sender: &str, pace: &Pace, due: &Due, now: Timestamp) -> String {
    let time = match since(due.at, now) {
        Some(left) if !left.is_zero() => format!("in {}", text::duration(left)),
        _ => "now".to_owned(),
    };
    let gap = due.at.duration_since(due.after).unsigned_abs();
    let source = match (due.measured, pace.documented_before(due.attempt)) {
        (false, _) => format!("docs: {} after a failure", text::duration(gap)),
        (true, None) => format!("measured: about {} after a failure", text::duration(gap)),
        (true, Some(documented)) => format!(
            "measured: about {} after a failure, docs: {}",
            text::duration(gap),
            text::duration(documented)
        ),
    };
    format!("{sender} sends attempt {} {time} ({source})", due.attempt)
}

fn overdue(due: &Due, now: Timestamp) -> String {
    format!(
        "attempt {} is {} late and may still come",
        due.attempt,
        span(now, due.at)
    )
}

fn last_word(
    sender: &str,
    pace: &Pace,
    due: &Due,
    gives_up: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let Some(attempts) = pace.documented_attempts() else {
        return String::new();
    };
    if due.attempt == attempts {
        return format!("; if {sender} counts the first try among its retries, it has given up");
    }
    let about = gives_up.and_then(|at| since(at, now));
    let about = about.map_or_else(String::new, |left| {
        format!(", in about {}", text::duration(left))
    });
    format!("; it gives up if attempt {attempts} fails too{about}")
}

fn missing(sender: &str, pace: &Pace, due: &Due, now: Timestamp) -> String {
    let failed = due.attempt - 1;
    if pace.documented_attempts() == Some(due.attempt) {
        return format!(
            "attempt {failed} failed and no other came: {sender} has probably given up (its docs allow for {failed} attempts or {})",
            due.attempt
        );
    }
    format!(
        "attempt {} is {} late: {sender} has probably given up, or the retry did not reach us",
        due.attempt,
        span(now, due.at)
    )
}

fn no_schedule(provider: Provider, attempt: u32) -> String {
    match provider {
        Provider::Elan => format!(
            "attempt {attempt} failed; ELAN retries, but documents neither when nor how often"
        ),
        Provider::Sixtyfour | Provider::Plain => {
            format!("attempt {attempt} failed; whether and when it is sent again is not known")
        }
    }
}

fn span(later: Timestamp, earlier: Timestamp) -> String {
    text::duration(since(later, earlier).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::seen::Seen;
    use super::super::seen::made::{at, failed, open, sixtyfour, taken};
    use super::super::watch::watch;
    use super::*;
    use crate::delivery::Outcome;

    #[test]
    fn the_verdict_says_in_one_line_what_comes_next() {
        let left = Seen {
            outcome: Some(Outcome::PeerLeft),
            ..failed(1, 0, 10_000)
        };
        let table: [(&[Seen], i64, &str); 9] = [
            (&[], 0, "nothing has arrived yet"),
            (
                &[taken(4, 0, 1)],
                9_000,
                "delivered with attempt 4: Sixtyfour has no reason to send it again",
            ),
            (&[open(2, 0)], 3_000, "attempt 2 has been open for 3 s"),
            (
                &[failed(3, 0, 0)],
                2_000,
                "Sixtyfour sends attempt 4 in 2 s (docs: 4 s after a failure); it gives up if attempt 6 fails too, in about 26 s",
            ),
            (
                &[left],
                10_000,
                "attempt 1 timed out: Sixtyfour waits 10 s for an answer; Sixtyfour sends attempt 2 in 1 s (docs: 1 s after a failure); it gives up if attempt 6 fails too, in about 31 s",
            ),
            (
                &[failed(5, 0, 0)],
                30_000,
                "attempt 6 is 14 s late and may still come; if Sixtyfour counts the first try among its retries, it has given up",
            ),
            (
                &[failed(5, 0, 0)],
                40_000,
                "attempt 5 failed and no other came: Sixtyfour has probably given up (its docs allow for 5 attempts or 6)",
            ),
            (
                &[failed(6, 0, 0)],
                0,
                "attempt 6 failed and was the last: Sixtyfour calls it undelivered and will not send it again",
            ),
            (
                &[failed(1, 0, 0)],
                90_000,
                "attempt 2 is 1 min 29 s late: Sixtyfour has probably given up, or the retry did not reach us",
            ),
        ];
        for (seen, now, expected) in table {
            let watch = watch(Provider::Sixtyfour, &sixtyfour(), seen, at(now));
            assert_eq!(watch.verdict, expected);
        }
    }
}
