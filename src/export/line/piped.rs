//! Lines for files and programs: the time, what it is, then `key=value` in a fixed order.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use super::{Beside, remarks};
use crate::delivery::{AnsweredBy, Delivery, Turn, Validity, Verdict};
use crate::export::answer;
use crate::export::clock;
use crate::export::notice::{Notice, Sent};
use crate::export::paint::{Paint, Role};
use crate::text;

pub(super) fn delivery(delivery: &Delivery, beside: Beside<'_>, paint: Paint) -> String {
    let Beside { gap, because } = beside;
    let recognition = &delivery.arrival.recognition;
    let sighting = &delivery.arrival.sighting;
    let source = recognition.event_id.as_ref().map(|(_, source)| *source);
    let mut line = Line::new(delivery.request().times.arrived, "delivery");
    line.text("id", recognition.event_id_text());
    line.text("type", recognition.event_type.as_deref());
    line.maybe("attempt", recognition.attempt);
    let answer = answer::word(delivery);
    line.pair(
        "answer",
        paint.over(answer::role(delivery), text::quoted(&answer)),
    );
    line.text("by", Some(&by(delivery, because)));
    let verdict = &delivery.arrival.verdict;
    line.pair("sig", paint.over(signature_role(verdict), verdict.word()));
    line.pair("bytes", delivery.request().body.len());
    line.maybe(
        "took_ms",
        answer::took(delivery).map(|took| took.as_millis()),
    );
    line.maybe("gap_ms", gap.map(|gap| gap.measured.as_millis()));
    let documented = gap.and_then(|gap| gap.documented);
    line.maybe(
        "gap_docs_ms",
        documented.map(|documented| documented.as_millis()),
    );
    line.pair("seq", delivery.id);
    if sighting.turn != Turn::First {
        line.pair("sighting", sighting.turn.name());
        line.pair("arrival", sighting.arrival);
    }
    if source.is_some_and(|source| source.is_inferred()) {
        line.pair("inferred", true);
    }
    let remarks = remarks(delivery, because);
    if !remarks.is_empty() {
        line.text("note", Some(&remarks.join("; ")));
    }
    line.0
}

pub(super) fn notice(notice: &Notice<'_>) -> Option<String> {
    let line = match notice {
        Notice::Late(late) => {
            let mut line = Line::new(late.at, "late");
            line.text("id", late.event_id);
            line.text("type", late.event_type);
            line.pair("attempt", late.attempt);
            line.pair("due", clock::rfc3339(late.due));
            line
        }
        Notice::Ended(ended) => {
            let mut line = Line::new(ended.at, "ended");
            line.text("id", ended.event_id);
            line.text("type", ended.event_type);
            line.pair("attempts", ended.attempts);
            line
        }
        Notice::Held(held) => {
            let mut line = Line::new(held.at, "held");
            line.text("id", held.event_id);
            line.text("type", held.event_type);
            line.pair("seq", held.seq);
            line
        }
        Notice::Replay(sent) => sent_line("replay", sent),
        Notice::Forward(sent) => sent_line("forward", sent),
        Notice::StoreFailed(failed) => {
            let mut line = Line::new(failed.at, "store_failed");
            line.text("error", Some(failed.error));
            line.pair("refused", failed.refused);
            line.pair("recovered", failed.recovered);
            line
        }
        Notice::Ready(_) | Notice::Stopped(_) | Notice::Error(_) | Notice::Warning(_) => {
            return None;
        }
    };
    Some(line.0)
}

fn sent_line(kind: &str, sent: &Sent<'_>) -> Line {
    let mut line = Line::new(sent.at, kind);
    line.pair("of_seq", sent.of_seq);
    line.text("target", Some(sent.target));
    line.maybe("status", sent.status);
    line.pair("took_ms", sent.took_ms);
    if sent.error.is_some() {
        line.text("error", sent.error.as_deref());
    }
    line
}

fn signature_role(verdict: &Verdict) -> Role {
    match verdict.validity() {
        Validity::Valid => Role::Good,
        Validity::Invalid => Role::Bad,
        Validity::Unverified => Role::Plain,
    }
}

/// `armed:1/5`, `default`
fn by(delivery: &Delivery, because: Option<&str>) -> String {
    let by = answer::by_because(delivery, because);
    match delivery.arrival.answer.by {
        AnsweredBy::Armed { .. } => by.replacen(' ', ":", 1),
        _ => by,
    }
}

struct Line(String);

impl Line {
    fn new(at: Timestamp, kind: &str) -> Self {
        Self(format!("{} {kind}", clock::rfc3339(at)))
    }

    fn pair(&mut self, key: &str, value: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {key}={value}");
    }

    /// A value that is not ours; `-` when there is none.
    fn text(&mut self, key: &str, value: Option<&str>) {
        self.pair(key, value.map_or("-".into(), text::quoted));
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.pair(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::export::gap::Gap;
    use crate::export::line::{self, Reader};
    use crate::export::notice::Late;
    use crate::export::samples;

    use super::*;

    const PLAIN: Reader = Reader::Pipe { paint: Paint::Off };

    #[test]
    fn colour_is_added_where_it_is_asked_for_and_changes_no_word() {
        let coloured = Reader::Pipe { paint: Paint::On };
        let line = line::delivery(&samples::find_email(), Beside::default(), &coloured);
        assert!(line.contains("sig=\u{1b}[32mok\u{1b}[0m"), "{line:?}");
        let words = line.split('\u{1b}').map(|part| part.split_once('m'));
        let words: String = words
            .map(|part| part.map_or("", |(_, words)| words))
            .collect();
        let plain = line::delivery(&samples::find_email(), Beside::default(), &PLAIN);
        assert!(plain.ends_with(&words), "{words}");
    }

    #[test]
    fn deliveries_are_keys_and_values_in_a_fixed_order() {
        let gap = Gap::between(
            (&samples::find_email()).into(),
            (&samples::retry()).into(),
            &[Duration::from_secs(1)],
        );
        let beside = Beside {
            gap: Some(gap),
            because: None,
        };
        let late = Notice::Late(Late {
            at: "2026-11-20T14:02:12.9Z".parse().unwrap(),
            event_id: Some("6f1c0b52-3e1d"),
            event_type: None,
            event: 22,
            attempt: 4,
            due: "2026-11-20T14:02:10.45Z".parse().unwrap(),
        });
        let lines = [
            line::delivery(&samples::find_email(), Beside::default(), &PLAIN),
            line::delivery(&samples::retry(), beside, &PLAIN),
            line::delivery(&samples::unreadable(), Beside::default(), &PLAIN),
            line::notice(&late, &PLAIN).unwrap(),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        2026-11-20T14:02:03.412Z delivery id=6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab type=find_email attempt=1 answer=500 by=armed:1/5 sig=ok bytes=86 took_ms=3 seq=22
        2026-11-20T14:02:04.430Z delivery id=6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab type=find_email attempt=2 answer=500 by=armed:2/5 sig=ok bytes=86 took_ms=3 gap_ms=1014 gap_docs_ms=1000 seq=23 sighting=retry arrival=2
        2026-11-20T14:02:03.412Z delivery id=- type=- answer=500 by=armed:1/5 sig=ok bytes=0 took_ms=3 seq=22 note="TLS was spoken to a port that speaks HTTP"
        2026-11-20T14:02:12.900Z late id=6f1c0b52-3e1d type=- attempt=4 due=2026-11-20T14:02:10.450Z
        "#);
    }

    #[test]
    fn a_value_cannot_forge_another_key_or_line() {
        let mut hostile = samples::find_email();
        samples::change(&mut hostile, |arrival| {
            arrival.recognition.event_type = Some("x sig=ok\n2026 \"\u{9b}".to_owned());
        });
        let line = line::delivery(&hostile, Beside::default(), &PLAIN);
        assert!(line.contains(r#"type="x sig=ok\n2026 \"\u009b""#), "{line}");
        assert!(!line.chars().any(char::is_control));
    }
}
