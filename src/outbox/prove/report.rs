//! What was found, as a table, as JUnit XML and as JSON. Pure.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::case::Case;
use crate::net::client::Outcome;
use crate::text;

/// The result of all cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The handler's URL.
    pub target: String,
    /// What makes the same events again.
    pub seed: u64,
    /// One result a case, in order.
    pub results: Vec<CaseResult>,
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
    /// The answers in short: `200 200`, `20 x 200`, `401`, `no answer`.
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

    fn transcript(&self) -> String {
        let mut lines = String::new();
        for outcome in &self.evidence {
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
            let _ = writeln!(lines, "attempt {}: {answer}", attempt.number);
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

    fn count(&self, word: &str) -> usize {
        let is_it = |result: &&CaseResult| result.judgement.word() == word;
        self.results.iter().filter(is_it).count()
    }

    /// One line a case, and a last one that counts them.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut table = String::new();
        for result in &self.results {
            let _ = writeln!(table, "{}", Self::row(result));
        }
        let (ok, wrong, skipped) = (self.count("ok"), self.count("FAIL"), self.count("skip"));
        let _ = write!(table, "{ok} ok, {wrong} failed, {skipped} skipped");
        if skipped > 0 {
            table.push_str(": what was skipped is not proved");
        }
        table
    }

    /// The line of one case, and what is wrong with it on a second.
    #[must_use]
    pub fn row(result: &CaseResult) -> String {
        let case = result.case;
        let row = format!(
            "{:<4}  {:<21}  wants {}  {}",
            result.judgement.word(),
            case.name,
            case.wants.text(),
            result.answers()
        );
        let row = row.trim_end().to_owned();
        match result.judgement.why() {
            Some(why) => format!(
                "{row}\n      {}\n      {}",
                case.about,
                text::line(why.as_bytes())
            ),
            None => row,
        }
    }

    /// JUnit XML, as continuous integration reads it.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
        let took = self.results.iter().map(|result| result.took).sum();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuite name=\"hook64 prove\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n  \
             <properties><property name=\"seed\" value=\"{}\"/></properties>\n",
            self.results.len(),
            self.count("FAIL"),
            self.count("skip"),
            seconds(took),
            self.seed,
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
                        escape(&format!("{}\n{}", result.case.about, result.transcript()))
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

    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let cases: Vec<Value> = self.results.iter().map(case_json).collect();
        let report = json!({
            "v": 1,
            "kind": "proof",
            "target": self.target,
            "seed": self.seed,
            "holds": self.holds(),
            "ok": self.count("ok"),
            "failed": self.count("FAIL"),
            "skipped": self.count("skip"),
            "cases": cases,
        });
        text::json(report.to_string())
    }
}

fn case_json(result: &CaseResult) -> Value {
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
    })
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
