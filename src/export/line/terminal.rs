//! Lines for a person: columns that stay put, so that the eye can run down them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Beside, remarks};
use crate::delivery::Delivery;
use crate::export::clock::{self, Clock};
use crate::export::columns::{left, right};
use crate::export::notice::{Notice, Sent};
use crate::export::paint::{Paint, Role};
use crate::export::{answer, event};
use crate::text;

const TYPE: usize = 25;
const EVENT: usize = 9;
const ATTEMPT: usize = 3;
const STATUS: usize = 4;
const BY: usize = 9;
const SIGNATURE: usize = 7;
const SIZE: usize = 8;
const TOOK: usize = 6;

pub(super) fn delivery(
    delivery: &Delivery,
    beside: Beside<'_>,
    zone: &TimeZone,
    paint: Paint,
) -> String {
    let Beside { gap, because } = beside;
    let request = delivery.request();
    let mut line = begin(
        request.times.arrived,
        &event::kind(delivery),
        &event::short_id(delivery),
        &event::attempt(delivery),
        (zone, paint),
    );
    let by = answer::by_because(delivery, because);
    let by_role = if by.starts_with("armed") {
        Role::Busy
    } else {
        Role::Plain
    };
    let sig = format!("sig={}", delivery.arrival.verdict.word());
    let size = text::bytes(request.body.len() as u64);
    let took = answer::took(delivery).map_or_else(|| "open".to_owned(), text::duration);
    let word = answer::word(delivery);
    // A longer word takes room from who said it, so that the columns behind stay.
    let longer = text::width(&word).saturating_sub(STATUS);
    let room = (BY.saturating_sub(longer)).max(text::width(&by));
    let columns = [
        (answer::role(delivery), left(&word, STATUS + longer)),
        (by_role, left(&by, room)),
        (answer::signature_role(delivery), left(&sig, SIGNATURE)),
        (Role::Plain, right(&size, SIZE)),
        (Role::Plain, right(&took, TOOK)),
    ];
    for (role, column) in columns {
        push(&mut line, paint.over(role, column));
    }
    if let Some(gap) = gap {
        push(
            &mut line,
            format_args!("gap={}", clock::seconds(gap.measured)),
        );
        if let Some(documented) = gap.documented {
            push(
                &mut line,
                format_args!("docs={}", clock::seconds(documented)),
            );
        }
    }
    let remarks = remarks(delivery, because);
    if !remarks.is_empty() {
        push(&mut line, remarks.join("; "));
    }
    line
}

pub(super) fn notice(notice: &Notice<'_>, zone: &TimeZone, paint: Paint) -> Option<String> {
    let beginning = |at, kind: Option<&str>, id: Option<&str>, attempt: &str| {
        let kind = text::line(kind.unwrap_or("(no type)").as_bytes());
        let id = id.map_or_else(|| "-".to_owned(), event::short);
        begin(at, &kind, &id, attempt, (zone, paint))
    };
    let (mut line, role, words) = match notice {
        Notice::Late(late) => {
            let by = text::duration(clock::between(late.due, late.at));
            let due = Clock::Local(zone.clone()).time(late.due);
            let attempt = late.attempt.to_string();
            let line = beginning(late.at, late.event_type, late.event_id, &attempt);
            (line, Role::Busy, format!("late by {by} (due {due})"))
        }
        Notice::Ended(ended) => {
            let line = beginning(ended.at, ended.event_type, ended.event_id, "");
            let words = format!("ended: given up after {} attempts", ended.attempts);
            (line, Role::Bad, words)
        }
        Notice::Held(held) => {
            let line = beginning(held.at, held.event_type, held.event_id, "");
            let words = format!(
                "held: waiting for an answer (hook64 release {} ANSWER)",
                held.seq
            );
            (line, Role::Busy, words)
        }
        Notice::Replay(sent) => sent_line("replay", sent, zone),
        Notice::Forward(sent) => sent_line("forward", sent, zone),
        Notice::StoreFailed(failed) => {
            let words = if failed.recovered {
                format!(
                    "the store takes deliveries again; {} were answered 503",
                    failed.refused
                )
            } else {
                format!(
                    "not stored, answered 503: {}",
                    text::line(failed.error.as_bytes())
                )
            };
            let role = if failed.recovered {
                Role::Good
            } else {
                Role::Bad
            };
            (Clock::Local(zone.clone()).time(failed.at), role, words)
        }
        Notice::Ready(_) | Notice::Stopped(_) | Notice::Error(_) | Notice::Warning(_) => {
            return None;
        }
    };
    push(&mut line, paint.over(role, words));
    Some(line)
}

fn sent_line(verb: &str, sent: &Sent<'_>, zone: &TimeZone) -> (String, Role, String) {
    let line = Clock::Local(zone.clone()).time(sent.at);
    let target = text::line(sent.target.as_bytes());
    let beginning = format!("{verb} of {} to {target}", sent.of_seq);
    match (sent.status, sent.error.as_deref()) {
        (Some(status), _) => {
            let role = if (200..300).contains(&status) {
                Role::Good
            } else {
                Role::Bad
            };
            (
                line,
                role,
                format!("{beginning}: {status} in {} ms", sent.took_ms),
            )
        }
        (None, error) => {
            let error = text::line(error.unwrap_or("no answer").as_bytes());
            (line, Role::Bad, format!("{beginning}: {error}"))
        }
    }
}

fn begin(
    at: Timestamp,
    kind: &str,
    id: &str,
    attempt: &str,
    (zone, paint): (&TimeZone, Paint),
) -> String {
    let mut line = Clock::Local(zone.clone()).time(at);
    let attempt = if attempt.is_empty() {
        String::new()
    } else {
        format!("#{attempt}")
    };
    push(&mut line, left(kind, TYPE));
    push(&mut line, paint.over(Role::Dim, left(id, EVENT)));
    push(&mut line, left(&attempt, ATTEMPT));
    line
}

fn push(line: &mut String, column: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(line, "  {column}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::delivery::{Confidence, Diagnosis, Finding, Reason, Scheme, Verdict};
    use crate::export::gap::Gap;
    use crate::export::line::{self, Reader};
    use crate::export::notice::{Ended, Held, Late};
    use crate::export::samples;

    use super::*;

    fn reader(paint: Paint) -> Reader {
        Reader::Terminal {
            zone: TimeZone::UTC,
            paint,
        }
    }

    fn bad() -> Delivery {
        let mut bad = samples::find_email();
        samples::change(&mut bad, |arrival| {
            arrival.verdict = Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch);
        });
        bad.diagnosis = Some(Diagnosis {
            findings: vec![Finding {
                candidate: "body_compact_json".to_owned(),
                matches: true,
                confidence: Confidence::High,
                explanation: String::new(),
                fix: String::new(),
            }],
            tried: 1,
            not_tried: None,
        });
        bad
    }

    #[test]
    fn deliveries_stand_in_columns() {
        let gap = Gap::between(
            (&samples::find_email()).into(),
            (&samples::retry()).into(),
            &[Duration::from_secs(1)],
        );
        let beside = Beside {
            gap: Some(gap),
            because: None,
        };
        let lines = [
            line::delivery(
                &samples::find_email(),
                Beside::default(),
                &reader(Paint::Off),
            ),
            line::delivery(&samples::retry(), beside, &reader(Paint::Off)),
            line::delivery(&bad(), Beside::default(), &reader(Paint::Off)),
            line::delivery(
                &samples::unreadable(),
                Beside::default(),
                &reader(Paint::Off),
            ),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        14:02:03.412  find_email                 6f1c0b52   #1   500   armed 1/5  sig=ok       86 B    3 ms
        14:02:04.430  find_email                 6f1c0b52   #2   500   armed 2/5  sig=ok       86 B    3 ms  gap=1.01s  docs=1s
        14:02:03.412  find_email                 6f1c0b52   #1   500   armed 1/5  sig=BAD      86 B    3 ms  no v1 matches; matches with body compact json
        14:02:03.412  (no type)                  -          #~1  500   armed 1/5  sig=ok        0 B    3 ms  TLS was spoken to a port that speaks HTTP
        "#);
    }

    #[test]
    fn what_is_late_ended_or_held_has_a_line() {
        let at = |text: &str| text.parse().unwrap();
        let (event_id, event_type) = (Some("6f1c0b52-3e1d"), Some("find_email"));
        let notices = [
            Notice::Late(Late {
                at: at("2026-11-20T14:02:12.9Z"),
                event_id,
                event_type,
                event: 22,
                attempt: 4,
                due: at("2026-11-20T14:02:10.45Z"),
            }),
            Notice::Ended(Ended {
                at: at("2026-11-20T14:03:12.9Z"),
                event_id,
                event_type,
                event: 22,
                attempts: 6,
            }),
            Notice::Held(Held {
                at: at("2026-11-20T14:03:13Z"),
                seq: 24,
                event_id: None,
                event_type,
            }),
        ];
        let lines: Vec<_> = notices
            .iter()
            .map(|notice| line::notice(notice, &reader(Paint::Off)).unwrap())
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        14:02:12.900  find_email                 6f1c0b52   #4   late by 2.45 s (due 14:02:10.450)
        14:03:12.900  find_email                 6f1c0b52        ended: given up after 6 attempts
        14:03:13.000  find_email                 -               held: waiting for an answer (hook64 release 24 ANSWER)
        "#);
    }

    #[test]
    fn colour_changes_no_word() {
        let painted = line::delivery(&bad(), Beside::default(), &reader(Paint::On));
        assert!(painted.contains("\u{1b}[31msig=BAD"), "{painted}");
        let plain = anstream::adapter::strip_str(&painted).to_string();
        assert_eq!(
            plain,
            line::delivery(&bad(), Beside::default(), &reader(Paint::Off))
        );
    }

    #[test]
    fn received_text_cannot_act_on_the_terminal() {
        let mut hostile = samples::find_email();
        samples::change(&mut hostile, |arrival| {
            arrival.recognition.event_type = Some("\u{1b}[2J\u{202e}x\ny".to_owned());
        });
        let line = line::delivery(&hostile, Beside::default(), &reader(Paint::Off));
        assert!(
            !line.chars().any(char::is_control) && !line.contains('\u{202e}'),
            "{line}"
        );
    }
}
