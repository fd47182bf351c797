//! The attempts of an event on a line of time, with where we are now.

use std::time::Duration;

use jiff::Timestamp;

use crate::outbox::schedule::watch::{Row, Watch};
use crate::provider;

use super::attempts::{Page, newest};
use super::clock;
use super::index::{Attempt, EventNumber};
use super::state::State;
use super::theme::Role;

impl Page<'_> {
    /// The attempts on a line of time, from the first arrival to the last that is expected.
    pub(super) fn timeline(&mut self, event: EventNumber, watched: &Watch) {
        let Some(first) = self.app.index.first(event).map(Attempt::arrived) else {
            return;
        };
        let provider = self
            .app
            .index
            .event(event)
            .map(super::index::Event::provider);
        let total: Duration = provider.map_or(&[][..], provider::gaps).iter().sum();
        let columns = self.width.saturating_sub(6);
        let is_open = matches!(
            self.app.index.state(event, self.app.shown_at()),
            State::Due { .. } | State::Late { .. }
        );
        if total.is_zero() || columns < 30 || !is_open {
            return;
        }
        let last = watched.rows.iter().filter_map(|row| match row {
            Row::Expected { at, .. } => Some(clock::between(first, *at)),
            _ => None,
        });
        let span = last.max().unwrap_or(total).max(total);
        let column = |at: Timestamp| {
            let part = clock::between(first, at).as_secs_f64() / span.as_secs_f64();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the number of columns"
            )]
            let at = (part.min(1.0) * (columns - 1) as f64).round() as usize;
            at
        };
        let mut line: Vec<&str> = vec!["─"; columns];
        for eighth in 1..8 {
            line[eighth * columns / 8] = "┼";
        }
        for row in &watched.rows {
            match row {
                Row::Came(came) => {
                    let attempt = newest(self.app, event);
                    if let Some(attempt) = attempt.get(came.arrival) {
                        line[column(attempt.arrived())] =
                            if attempt.acknowledges() { "✓" } else { "✗" };
                    }
                }
                Row::Expected { at, .. } => line[column(*at)] = "○",
                Row::NotSeen { .. } => {}
            }
        }
        let words = self.words().plain("  ").plain(line.concat());
        self.push(words);
        let end = format!("{} s", span.as_secs());
        let words = self
            .words()
            .plain("  ")
            .field(Role::Dim, "0 s", columns - end.len())
            .say(Role::Dim, end);
        self.push(words);
        if self.app.switches.countdown {
            let now = column(self.app.shown_at());
            let words = self.words().plain("  ").at(3 + now).say(Role::Dim, "^ now");
            self.push(words);
        }
        self.blank();
    }
}
