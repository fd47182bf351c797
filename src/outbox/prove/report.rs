//! What was found, also as JUnit XML and as JSON. Pure.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::advice::Fix;
use super::case::Case;
use crate::delivery::Scheme;
use crate::net::client::Outcome;
use crate::text;

/// How much of an answer is looked at for its beginning, and how many columns of that are shown.
const LOOKED_AT: usize = 1024;
const QUOTED: usize = 100;

/// What is not proved by answers.
const ANSWERS_ALONE: &str = "only answers were judged: they show that duplicates are taken, not that nothing is done twice; --effects COMMAND counts that";

/// The result of all cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The handler's URL.
    pub target: String,
    /// What makes the same events again.
    pub seed: u64,
    /// One result a case, in order.
    pub results: Vec<CaseResult>,
    /// What to do about all that was refused of a provider's, though it was right.
    pub common: Vec<(Scheme, String)>,
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// Which.
    pub case: &'static Case,
    /// Whether the handler got it right.
    pub judgement: Judgement,
    /// What was sent and answered.
    pub evidence: Vec<Outcome>,
    /// Which of them shows what is wrong, from 0.
    pub shown: Option<usize>,
    /// How many effects there were, if they were counted.
    pub effects: Option<u64>,
    /// What to do when it does not hold.
    pub fix: Option<Fix>,
    /// How long it took.
    pub took: Duration,
}

/// Whether a handler got a case right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Yes.
    Held,
    /// No, and why not.
    Broken(String),
    /// It could not be tried, and why not.
    Skipped(String),
}

impl Judgement {
    /// `ok`, `FAIL` or `skip`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Held => "ok",
            Self::Broken(_) => "FAIL",
            Self::Skipped(_) => "skip",
        }
    }

    /// Why it does not hold or was not tried.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Held => None,
            Self::Broken(why) | Self::Skipped(why) => Some(why),
        }
    }
}

impl CaseResult {
    /// The answers in short: `200, 409`, `20 x 200`, `401`, `no answer`.
    #[must_use]
    pub fn answers(&self) -> String {
        let mut runs: Vec<(String, usize)> = Vec::new();
        for outcome in &self.evidence {
            let answer = match &outcome.attempt.result {
                Ok(response) => response.status.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            match runs.last_mut() {
                Some((last, times)) if *last == answer => *times += 1,
                _ => runs.push((answer, 1)),
            }
        }
        let short = |(answer, times): (String, usize)| match times {
            1 => answer,
            _ => format!("{times} x {answer}"),
        };
        runs.into_iter().map(short).collect::<Vec<_>>().join(", ")
    }

    /// What shows what is wrong.
    pub(super) fn shown(&self) -> Option<&Outcome> {
        self.evidence.get(self.shown?)
    }

    /// Whether all was taken, and nothing done.
    pub(super) fn lacks_an_effect(&self) -> bool {
        let mut answers = self.evidence.iter();
        self.effects == Some(0) && answers.all(|outcome| outcome.attempt.delivered())
    }

    /// How long the handler took for its slowest answer.
    pub(super) fn took_to_answer(&self) -> Duration {
        let took = self.evidence.iter().map(|outcome| outcome.attempt.took);
        took.max().unwrap_or_default()
    }

    /// The beginning of the answer that shows what is wrong, on one line.
    pub(super) fn excerpt(&self) -> Option<String> {
        let response = self.shown()?.attempt.result.as_ref().ok()?;
        let beginning = response.body.trim_ascii_start();
        let beginning = &beginning[..beginning.len().min(LOOKED_AT)];
        let line = text::line(beginning.trim_ascii_end());
        (!line.is_empty()).then(|| text::clip(&line, QUOTED).into_owned())
    }

    fn transcript(&self) -> String {
        let mut lines = String::new();
        for (at, outcome) in self.evidence.iter().enumerate() {
            let attempt = &outcome.attempt;
            let took = text::duration(attempt.took);
            let answer = match &attempt.result {
                Ok(response) => {
                    let body = text::line(&response.body);
                    format!("{} in {took}  {}", response.status, text::clip(&body, 200))
                }
                Err(failure) => format!("{failure} ({took})"),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                lines,
                "delivery {} (attempt {}): {answer}",
                at + 1,
                attempt.number
            );
        }
        lines
    }
}

impl Report {
    /// Whether every case was tried and got right: what was skipped is not proved.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.count("ok") == self.results.len()
    }

    /// Whether the handler could be reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        let mut sent = self.results.iter().flat_map(|result| &result.evidence);
        sent.any(Outcome::reached)
    }

    pub(super) fn count(&self, word: &str) -> usize {
        let is_it = |result: &&CaseResult| result.judgement.word() == word;
        self.results.iter().filter(is_it).count()
    }

    /// What to do about a case that does not hold.
    #[must_use]
    pub fn fix<'a>(&'a self, result: &'a CaseResult) -> Option<&'a str> {
        match result.fix.as_ref()? {
            Fix::Own(fix) => Some(fix),
            Fix::Common => {
                let scheme = result.case.scheme;
                let mut common = self.common.iter();
                common
                    .find(|(of, _)| *of == scheme)
                    .map(|(_, fix)| fix.as_str())
            }
        }
    }

    /// Whether effects were counted: else only the answers are known.
    #[must_use]
    pub fn counted(&self) -> bool {
        self.results.iter().any(|result| result.effects.is_some())
    }

    /// What is not proved, though answers are right.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let by_answers: Vec<&str> = [(Scheme::Sixtyfour, "Sixtyfour's"), (Scheme::Elan, "ELAN's")]
            .into_iter()
            .filter(|(scheme, _)| self.seems_proved(*scheme))
            .map(|(_, whose)| whose)
            .collect();
        if by_answers.is_empty() {
            return None;
        }
        if !self.counted() {
            return Some(ANSWERS_ALONE.to_owned());
        }
        // Counting ended with their first case.
        let whose = by_answers.join(" and of ");
        Some(format!(
            "the first case of {whose} had no effect, so no others of them were counted: only answers were judged, and they do not show that nothing is done twice"
        ))
    }

    /// Whether something that repeats holds by its answers alone.
    fn seems_proved(&self, scheme: Scheme) -> bool {
        let mut results = self.results.iter();
        results.any(|result| {
            let case = result.case;
            let is_held = result.judgement == Judgement::Held && result.effects.is_none();
            case.scheme == scheme && case.repeats() && is_held
        })
    }

    /// JUnit XML, as continuous integration reads it.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
        let took = self.results.iter().map(|result| result.took).sum();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuite name=\"hook64 prove\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n  \
             <properties><property name=\"seed\" value=\"{}\"/><property name=\"effects_counted\" value=\"{}\"/></properties>\n",
            self.results.len(),
            self.count("FAIL"),
            self.count("skip"),
            seconds(took),
            self.seed,
            self.counted(),
        );
        for result in &self.results {
            let _ = write!(
                xml,
                "  <testcase classname=\"hook64.prove\" name=\"{}\" time=\"{}\"",
                result.case.name,
                seconds(result.took)
            );
            match &result.judgement {
                Judgement::Held => xml.push_str("/>\n"),
                Judgement::Broken(why) => {
                    let _ = write!(
                        xml,
                        ">\n    <failure message=\"{}\">{}</failure>\n  </testcase>\n",
                        escape(why),
                        escape(&self.details(result))
                    );
                }
                Judgement::Skipped(why) => {
                    let message = escape(why);
                    let _ = write!(
                        xml,
                        ">\n    <skipped message=\"{message}\"/>\n  </testcase>\n"
                    );
                }
            }
        }
        xml.push_str("</testsuite>\n");
        xml
    }

    fn details(&self, result: &CaseResult) -> String {
        let mut details = format!("{}\n{}", result.case.about, result.transcript());
        if let Some(fix) = self.fix(result) {
            // Writing to a String cannot fail.
            let _ = writeln!(details, "fix: {fix}");
        }
        details
    }

    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let cases: Vec<Value> = self.results.iter().map(|one| self.case_json(one)).collect();
        let report = json!({
            "v": 1,
            "kind": "proof",
            "target": self.target,
            "seed": self.seed,
            "holds": self.holds(),
            "ok": self.count("ok"),
            "failed": self.count("FAIL"),
            "skipped": self.count("skip"),
            "effects_counted": self.counted(),
            "note": self.note(),
            "cases": cases,
        });
        text::json(report.to_string())
    }

    fn case_json(&self, result: &CaseResult) -> Value {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let answers: Vec<Value> = result
            .evidence
            .iter()
            .map(|outcome| {
                let attempt = &outcome.attempt;
                let (status, error) = match &attempt.result {
                    Ok(response) => (Some(response.status), None),
                    Err(failure) => (None, Some(failure.to_string())),
                };
                json!({
                    "attempt": attempt.number,
                    "status": status,
                    "error": error,
                    "took_ms": millis(attempt.took),
                })
            })
            .collect();
        json!({
            "name": result.case.name,
            "about": result.case.about,
            "scheme": result.case.scheme.name(),
            "wants": result.case.wants.text(),
            "result": result.judgement.word().to_lowercase(),
            "why": result.judgement.why(),
            "took_ms": millis(result.took),
            "answers": answers,
            "answer": result.excerpt(),
            "effects": result.effects,
            "fix": self.fix(result),
        })
    }
}

/// For XML text and attribute values. What XML cannot hold is made visible first.
fn escape(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for character in text::block(raw.as_bytes()).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // The only ones that are neither hidden nor characters of XML 1.0.
            '\u{fffe}' | '\u{ffff}' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    /// What a document of XML 1.0 may hold: the production `Char`.
    fn is_xml(character: char) -> bool {
        matches!(
            character,
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
        )
    }

    #[test]
    fn every_character_is_written_as_characters_of_xml() {
        for character in '\0'..=char::MAX {
            let escaped = escape(&format!("a{character}b"));
            assert!(escaped.chars().all(is_xml), "{character:?}: {escaped:?}");
        }
        assert_eq!(
            escape("a\u{ffff}\u{fffe}\u{0}"),
            "a\\u{ffff}\\u{fffe}\\u{0}"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_characters_of_xml_that_are_no_markup(raw in any::<String>()) {
            let escaped = escape(&raw);
            prop_assert!(escaped.chars().all(is_xml));
            prop_assert!(!escaped.contains(['<', '>', '"']));
        }
    }
}
