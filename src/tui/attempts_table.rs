//! The table of the Attempts tab: what came, and what is expected with what it would be answered.

use std::time::Duration;

use jiff::Timestamp;

use crate::outbox::schedule::watch::{Came, Row, Watch};
use crate::text;

use super::app::Times;
use super::attempts::Page;
use super::clock;
use super::event_list::{by, code_role, signature_role};
use super::foresight::Foreseen;
use super::index::Attempt;
use super::theme::Role;
use super::words::Words;

impl Page<'_> {
    /// There is no room for the gaps that are documented.
    fn is_narrow(&self) -> bool {
        self.width < 56
    }

    /// A number of columns where there is much, some and little room.
    fn pick(&self, [wide, usual, narrow]: [usize; 3]) -> usize {
        if self.is_wide() {
            wide
        } else if self.is_narrow() {
            narrow
        } else {
            usual
        }
    }

    pub(super) fn table(&mut self, attempts: &[&Attempt], watched: &Watch, foreseen: &[Foreseen]) {
        let starts = self.app.times == Times::Gap;
        let gap = if starts { "start" } else { "gap" };
        let dim = Role::Dim;
        let words = self.words().field(dim, "#", 3);
        let words = words.field(dim, "arrived", self.pick([13, 12, 12]));
        let words = words.right(dim, gap, 6);
        let words =
            self.beside(words, "docs", "diff")
                .field(dim, "answer", self.pick([14, 12, 12]));
        let words = words
            .field(dim, "took", self.pick([9, 7, 7]))
            .say(dim, "sig");
        self.push(words);
        let selected = self.app.list.selected_delivery(&self.app.index);
        for row in &watched.rows {
            let words = match row {
                Row::NotSeen { from, through } => self.not_seen(*from, *through),
                Row::Came(came) => match attempts.get(came.arrival) {
                    Some(attempt) => self.came(came, attempt, Some(attempt.id()) == selected),
                    None => continue,
                },
                Row::Expected {
                    attempt, at, gap, ..
                } => {
                    let foreseen = foreseen.iter().find(|one| one.attempt == *attempt);
                    self.expected(*attempt, *at, *gap, foreseen)
                }
            };
            self.push(words);
        }
        self.blank();
    }

    fn not_seen(&self, from: u32, through: u32) -> Words {
        let which = if from == through {
            format!("#{from} not seen here")
        } else {
            format!("#{from} to #{through} not seen here")
        };
        self.words().say(Role::Dim, which)
    }

    fn came(&self, came: &Came, attempt: &Attempt, selected: bool) -> Words {
        let shown = if self.app.times == Times::Gap {
            came.between_starts
        } else {
            came.gap
        };
        let arrived = match self.app.times {
            Times::Age => clock::age(clock::between(attempt.arrived(), self.app.shown_at())),
            Times::Clock | Times::Gap => clock::millis(attempt.arrived()),
        };
        let difference = came.gap.zip(came.documented).map(|(gap, documented)| {
            format!("{:+.2}", gap.as_secs_f64() - documented.as_secs_f64())
        });
        let took = attempt
            .took()
            .map_or_else(|| "open".to_owned(), text::duration);
        let start = Words::new(self.app.theme)
            .say(Role::Key, if selected { ">" } else { " " })
            .field(Role::Plain, &came.attempt.to_string(), 3)
            .field(Role::Plain, &arrived, self.pick([13, 12, 12]))
            .right(Role::Plain, &seconds(shown), 6);
        let documented = seconds(came.documented);
        let words = self.beside(start, &documented, difference.as_deref().unwrap_or("-"));
        words
            .field(code_role(attempt), &attempt.code(), 4)
            .field(Role::Plain, &self.who(attempt), self.pick([10, 8, 8]))
            .field(Role::Plain, &took, self.pick([9, 7, 7]))
            .say(signature_role(attempt.signature), attempt.signature.text())
    }

    /// The documented gap and the difference from it, where there is room.
    fn beside(&self, words: Words, documented: &str, difference: &str) -> Words {
        if self.is_narrow() {
            return words.plain(" ");
        }
        words
            .right(Role::Dim, documented, self.pick([7, 6, 0]))
            .right(Role::Plain, difference, 7)
            .plain(if self.is_wide() { "  " } else { " " })
    }

    fn who(&self, attempt: &Attempt) -> String {
        let by = by(attempt);
        if self.is_wide() {
            by
        } else {
            let first = by.split(' ').next().unwrap_or_default();
            text::clip(first, 7).into_owned()
        }
    }

    fn expected(
        &self,
        attempt: u32,
        at: Timestamp,
        gap: Duration,
        foreseen: Option<&Foreseen>,
    ) -> Words {
        let left = clock::between(self.app.shown_at(), at);
        let when = if self.app.switches.countdown {
            format!("in {}", clock::left(left))
        } else {
            "expected".to_owned()
        };
        let due = format!("~{}", clock::hundredths(at));
        let start = self
            .words()
            .field(Role::Dim, &attempt.to_string(), 3)
            .field(Role::Dim, &due, self.pick([13, 12, 12]));
        // Without a column for it, the gap that is expected stands where a measured one would.
        let documented = seconds(Some(gap));
        let measured = if self.is_narrow() { &documented } else { "-" };
        let start = start.right(Role::Dim, measured, 6);
        let width = self.pick([14, 12, 12]);
        let answer = foreseen.map_or_else(String::new, |one| self.answer(one));
        self.beside(start, &documented, "-")
            .field(Role::Dim, &text::clip(&answer, width - 1), width)
            .say(Role::Warn, when)
    }

    /// What an attempt would be answered: `500 armed 4/5`.
    fn answer(&self, foreseen: &Foreseen) -> String {
        let by = if self.is_wide() {
            &foreseen.by
        } else {
            foreseen.by.split(' ').next().unwrap_or_default()
        };
        format!("{:<3} {by}", foreseen.answer)
    }
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(
        || "-".to_owned(),
        |time| format!("{:.2}", time.as_secs_f64()),
    )
}
