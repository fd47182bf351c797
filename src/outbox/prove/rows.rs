//! The report for a person: a row a case as it comes, what is wrong and what to do below it, and
//! what there is to say at the end. What was said once is not said again. Pure.

use std::collections::HashMap;

use super::advice::Fix;
use super::report::{CaseResult, Judgement, Report};
use crate::delivery::Scheme;
use crate::text;

/// The rows that were said so far.
#[derive(Debug, Default)]
pub struct Rows {
    /// Each fix and reason, and the case with which it was said.
    said: HashMap<String, &'static str>,
    /// The first case that waits for the end to explain it.
    refused: HashMap<Scheme, &'static str>,
}

impl Rows {
    /// The row of a case, and what is wrong with it on lines of their own.
    #[must_use]
    pub fn row(&mut self, result: &CaseResult) -> String {
        let (row, name) = (row(result), result.case.name);
        if result.fix == Some(Fix::Common) {
            let first = *self.refused.entry(result.case.scheme).or_insert(name);
            if first != name {
                return format!("{row}, as {first}");
            }
        }
        let below = match &result.judgement {
            Judgement::Held => Vec::new(),
            Judgement::Skipped(why) => self.skipped(result, why),
            Judgement::Broken(why) => self.broken(result, why),
        };
        [vec![row], below].concat().join("\n      ")
    }

    fn skipped(&mut self, result: &CaseResult, why: &str) -> Vec<String> {
        if self.first(why, result.case.name).is_some() {
            return Vec::new();
        }
        vec![result.case.about.to_owned(), line(why)]
    }

    fn broken(&mut self, result: &CaseResult, why: &str) -> Vec<String> {
        let fix = result.fix.as_ref().map(|fix| match fix {
            Fix::Common => "the other cases tell: see the end".to_owned(),
            Fix::Own(fix) => match self.first(fix, result.case.name) {
                Some(first) => format!("as for {first}"),
                None => line(fix),
            },
        });
        let answer = result.excerpt().map(|answer| format!("answer: {answer}"));
        let fix = fix.map(|fix| format!("fix: {fix}"));
        let lines = [result.case.about.to_owned(), line(why)];
        lines.into_iter().chain(answer).chain(fix).collect()
    }

    /// With which other case this was said before.
    fn first(&mut self, text: &str, name: &'static str) -> Option<&'static str> {
        let first = *self.said.entry(text.to_owned()).or_insert(name);
        (first != name).then_some(first)
    }
}

impl Report {
    /// What there is to say behind the rows: what explains many of them, what is not proved, and
    /// how many there are.
    #[must_use]
    pub fn closing(&self) -> String {
        let fixes = self
            .common
            .iter()
            .map(|(_, fix)| format!("fix: {}", line(fix)));
        let note = self.note().map(|note| format!("note: {note}"));
        let (ok, wrong, skipped) = (self.count("ok"), self.count("FAIL"), self.count("skip"));
        let unproved = if skipped > 0 {
            ": what was skipped is not proved"
        } else {
            ""
        };
        let counts = format!("{ok} ok, {wrong} failed, {skipped} skipped{unproved}");
        let lines: Vec<String> = fixes.chain(note).chain([counts]).collect();
        lines.join("\n")
    }

    /// Everything.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut rows = Rows::default();
        let mut table: Vec<String> = self.results.iter().map(|one| rows.row(one)).collect();
        table.push(self.closing());
        table.join("\n")
    }
}

fn row(result: &CaseResult) -> String {
    let case = result.case;
    let effects = match result.effects {
        Some(1) => ", 1 effect".to_owned(),
        Some(count) => format!(", {count} effects"),
        None => String::new(),
    };
    let row = format!(
        "{:<4}  {:<21}  wants {}  {}{effects}",
        result.judgement.word(),
        case.name,
        case.wants.text(),
        result.answers()
    );
    row.trim_end().to_owned()
}

fn line(raw: &str) -> String {
    text::line(raw.as_bytes()).into_owned()
}
