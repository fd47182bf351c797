//! The Signature tab: what was checked, in the order in which it was checked, and why it fails.

use ratatui::text::Line;

use crate::delivery::{Delivery, Reason, Scheme};
use crate::export::verdict;
use crate::signature::scheme;
use crate::text;

use super::app::App;
use super::clock;
use super::detail::Shown;
use super::event_list::signature_role;
use super::row::Word;
use super::theme::Role;
use super::words::{Words, wrap};

/// The word above: the list's, spelled out.
pub(super) fn word(delivery: &Delivery) -> &'static str {
    match Word::of(delivery.arrival.verdict.word()) {
        Word::Ok => "OK",
        Word::None => "unsigned",
        Word::Unknown => "not checked",
        other => other.text(),
    }
}

/// The lines of the tab.
pub(super) fn lines(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let width = usize::from(app.plan().detail_inside().width);
    let delivery = &*shown.delivery;
    let mut page = Page {
        app,
        width,
        lengths: signatures(delivery).iter().map(String::len).collect(),
        received: signatures(delivery)
            .iter()
            .map(|digits| glance(digits))
            .collect(),
        lines: Vec::new(),
    };
    page.headline(delivery);
    page.header(delivery);
    page.digests(delivery);
    if let Some(diagnosis) = &delivery.diagnosis {
        page.diagnosis(diagnosis);
    }
    page.across(shown);
    page.advice(delivery);
    page.lines
}

pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    width: usize,
    /// The signatures in the header, at a glance.
    received: Vec<String>,
    /// How many characters each of them has.
    lengths: Vec<usize>,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    pub(super) fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ")
    }

    pub(super) fn labelled(&self, role: Role, label: &str) -> Words {
        self.words().say(role, label).at(11)
    }

    pub(super) fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    pub(super) fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    pub(super) fn paragraph(&mut self, words: &str) {
        for line in wrap(words, self.width.saturating_sub(2)) {
            let words = self.words().plain(line);
            self.push(words);
        }
    }

    fn headline(&mut self, delivery: &Delivery) {
        let verdict = &delivery.arrival.verdict;
        let role = signature_role(Word::of(verdict.word()));
        let said = match (verdict.reason, &verdict.key_hint) {
            (Reason::Ok, Some(hint)) => {
                let key = verdict.matched_secret_index.unwrap_or(0) + 1;
                match verdict.matched_v1_index {
                    Some(place) if self.received.len() > 1 => format!(
                        "key {key} …{hint} matches v1 #{} of {}   (rotation: dual-signed)",
                        place + 1,
                        self.received.len()
                    ),
                    Some(place) => format!("key {key} …{hint} matches v1 #{}", place + 1),
                    None => format!("key {key} …{hint} matches"),
                }
            }
            (Reason::SignatureMismatch, _) => {
                let keys = self.app.status.keys.len();
                match keys {
                    0 | 1 => verdict::phrase(verdict),
                    2 => "no v1 value matches either of your 2 keys".to_owned(),
                    _ => format!("no v1 value matches any of your {keys} keys"),
                }
            }
            _ => verdict::phrase(verdict),
        };
        let words = self
            .words()
            .say(role, word(delivery))
            .plain(format!("   {said}"));
        self.push(words);
        self.blank();
    }

    fn header(&mut self, delivery: &Delivery) {
        let head = &delivery.request().head;
        let Some(scheme) = scheme::signed_by(head).or(delivery.arrival.verdict.scheme) else {
            self.paragraph("No signature header of any known scheme.");
            return;
        };
        let words = self
            .labelled(Role::Dim, "Scheme")
            .plain(scheme::summary(scheme));
        self.push(words);
        let name = scheme::header_name(scheme);
        let count = head.headers_named(name).count();
        for value in head.headers_named(name).take(4) {
            let words = self
                .labelled(Role::Dim, "Header")
                .sent(Role::Plain, &shortened(value));
            self.push(words);
        }
        if count == 0 {
            let words = self
                .labelled(Role::Bad, "FAIL")
                .plain(format!("{name} is not there"));
            self.push(words);
        }
        if scheme == Scheme::Sixtyfour && count > 0 {
            self.sixtyfour_checks(delivery);
        }
        if let Some(odd) = delivery.arrival.verdict.non_canonical {
            let words = self
                .labelled(Role::Warn, "note")
                .plain(format!("not spelled as documented: {odd}"));
            self.push(words);
        }
    }

    fn sixtyfour_checks(&mut self, delivery: &Delivery) {
        let verdict = &delivery.arrival.verdict;
        let request = delivery.request();
        let values: Vec<String> = request
            .head
            .headers_named(scheme::header_name(Scheme::Sixtyfour))
            .map(|value| text::line(value).into_owned())
            .collect();
        let joined = values.join(",");
        let parts = joined.split(',').map(str::trim);
        let signatures = parts.clone().filter(|part| part.starts_with("v1=")).count();
        let stamps: Vec<&str> = parts.filter_map(|part| part.strip_prefix("t=")).collect();
        let shape = format!(
            "{} t, {} v1{}",
            spelled(stamps.len()),
            spelled(signatures),
            digits(&self.lengths, signatures)
        );
        let (role, label) = passed(stamps.len() == 1 && signatures > 0);
        let words = self.labelled(role, label).plain(shape);
        self.push(words);
        let Some(age) = verdict.age_seconds else {
            return;
        };
        let limit = self.app.status.tolerance.as_secs();
        let at = stamps
            .first()
            .and_then(|stamp| stamp.parse::<i64>().ok())
            .and_then(|second| jiff::Timestamp::from_second(second).ok());
        let when = at.map_or_else(
            || "t".to_owned(),
            |at| format!("t = {} UTC", clock::seconds(at)),
        );
        let aged = if age < 0 {
            format!("{} s ahead of our clock", age.unsigned_abs())
        } else {
            format!("{age} s old")
        };
        let in_time = !matches!(
            verdict.reason,
            Reason::TimestampTooOld | Reason::TimestampInFuture
        );
        let (role, label) = passed(in_time);
        let words = self
            .labelled(role, label)
            .plain(format!("{when}, {aged} (limit {limit} s)"));
        self.push(words);
        self.matching(delivery);
    }

    fn matching(&mut self, delivery: &Delivery) {
        let verdict = &delivery.arrival.verdict;
        let keys = &self.app.status.keys;
        match (verdict.reason, verdict.matched_v1_index) {
            (Reason::Ok, Some(place)) => {
                let key = verdict.matched_secret_index.unwrap_or(0) + 1;
                let hint = verdict.key_hint.as_deref().unwrap_or_default();
                let words = self
                    .labelled(Role::Good, "ok")
                    .plain(format!("v1 #{} matches key {key} …{hint}", place + 1));
                self.push(words);
            }
            (Reason::SignatureMismatch, _) => {
                let named: Vec<String> = keys
                    .iter()
                    .enumerate()
                    .map(|(at, hint)| format!("key {} …{hint}", at + 1))
                    .collect();
                let words = self
                    .labelled(Role::Bad, "FAIL")
                    .plain(format!("v1 differs for {}", named.join(" and ")));
                self.push(words);
            }
            _ => {
                if let Some(matches) = verdict.signature_matches_ignoring_time {
                    let (role, label) = passed(matches);
                    let words = self.labelled(role, label).plain(if matches {
                        "the signature itself matches"
                    } else {
                        "the signature matches no key either"
                    });
                    self.push(words);
                }
            }
        }
    }

    /// What each key would have signed. The whole of it would be a signature that works.
    fn expected(&mut self) {
        let received = self.received.clone();
        let expected = self
            .app
            .detail
            .insight()
            .map_or(&[][..], |insight| &insight.expected);
        let several = expected.len() > 1;
        for (at, expected) in expected.iter().enumerate() {
            let key = if several {
                format!("   (key {} …{})", at + 1, expected.key)
            } else {
                format!("   (key …{})", expected.key)
            };
            let words = self
                .labelled(Role::Dim, "Expected")
                .plain(expected.digest.to_string())
                .say(Role::Dim, key);
            self.push(words);
        }
        for digest in received.iter().take(4) {
            let words = self
                .labelled(Role::Dim, "Received")
                .sent(Role::Plain, digest.as_bytes());
            self.push(words);
        }
    }

    fn matched(&mut self, delivery: &Delivery) {
        let place = delivery.arrival.verdict.matched_v1_index.unwrap_or(0);
        if let Some(digest) = self.received.get(place).cloned() {
            let words = self
                .labelled(Role::Dim, "Digest")
                .sent(Role::Plain, digest.as_bytes());
            self.push(words);
        }
    }

    fn digests(&mut self, delivery: &Delivery) {
        let request = delivery.request();
        let stamp = scheme::timestamp(&request.head);
        let signed = match (scheme::signed_by(&request.head), stamp) {
            (Some(Scheme::Sixtyfour), Some(stamp)) => format!(
                "\"{}.\" + {} body bytes",
                text::line(stamp),
                request.body.len()
            ),
            (Some(Scheme::Elan), _) => format!("{} body bytes", request.body.len()),
            _ => return,
        };
        self.blank();
        let words = self.labelled(Role::Dim, "Signed").plain(signed);
        self.push(words);
        match delivery.arrival.verdict.reason {
            Reason::SignatureMismatch => self.expected(),
            Reason::Ok => self.matched(delivery),
            _ => {}
        }
    }
}

/// The signatures in the header, made visible.
fn signatures(delivery: &Delivery) -> Vec<String> {
    let head = &delivery.request().head;
    let Some(scheme) = scheme::signed_by(head) else {
        return Vec::new();
    };
    let values = head.headers_named(scheme::header_name(scheme));
    let parts = values.flat_map(|value| value.split(|byte| *byte == b','));
    parts
        .map(<[u8]>::trim_ascii)
        .filter_map(|part| match scheme {
            Scheme::Sixtyfour => part.strip_prefix(b"v1="),
            Scheme::Elan => Some(part),
        })
        .map(|digits| text::line(digits).into_owned())
        .collect()
}

/// A signature cut short as the expected ones are.
fn glance(digits: &str) -> String {
    let last = digits.len().saturating_sub(7);
    match (digits.get(..16), digits.get(last..)) {
        (Some(first), Some(last)) if digits.len() > 24 => format!("{first}…{last}"),
        _ => text::clip(digits, 24).into_owned(),
    }
}

/// A small number as a word.
fn spelled(number: usize) -> String {
    match number {
        0 => "no".to_owned(),
        1 => "one".to_owned(),
        2 => "two".to_owned(),
        more => more.to_string(),
    }
}

/// `, 64 hex digits each`, or what is wrong with the length.
fn digits(lengths: &[usize], signatures: usize) -> String {
    let each = if signatures > 1 { " each" } else { "" };
    match lengths.iter().find(|length| **length != 64) {
        _ if lengths.is_empty() => String::new(),
        None => format!(", 64 hex digits{each}"),
        Some(other) => format!(", one has {other} characters, not 64"),
    }
}

fn passed(passed: bool) -> (Role, &'static str) {
    if passed {
        (Role::Good, "ok")
    } else {
        (Role::Bad, "FAIL")
    }
}

/// A signature header with its digests cut short.
fn shortened(value: &[u8]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = value
        .split(|byte| *byte == b',')
        .map(|part| {
            if part.len() > 20 {
                let mut short = part[..11].to_vec();
                short.extend_from_slice("…".as_bytes());
                short.extend_from_slice(&part[part.len() - 4..]);
                short
            } else {
                part.to_vec()
            }
        })
        .collect();
    parts.join(&b","[..])
}
