//! What the Overview says of the retries: the attempts so far, the next one with its countdown, and
//! what the attempts to come would be answered.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::provider;

use super::clock;
use super::foresight::{self, foresee};
use super::index::{Attempt, EventNumber};
use super::overview::Page;
use super::state::{State, remaining};
use super::theme::Role;
use super::words::Words;

/// How wide the bar of a countdown is.
const BAR: usize = 20;

impl Page<'_> {
    pub(super) fn retries(&mut self, delivery: &Delivery, event: EventNumber) {
        let words = self.attempt_signs(event);
        self.push(words);
        let now = self.app.shown_at();
        match self.app.index.state(event, now) {
            State::Due {
                attempt,
                at,
                gap,
                measured,
            } => self.due(delivery, attempt, (at, gap), measured),
            State::Late { attempt, due } => {
                let words = self
                    .labelled("Next")
                    .say(Role::Bad, format!("#{attempt} is late"))
                    .plain(format!(": it was due {}", clock::hundredths(due)));
                self.push(words);
            }
            State::Ended => {
                let words = self
                    .labelled("Next")
                    .say(Role::Bad, "nothing")
                    .plain(": the provider seems to have given up");
                self.push(words);
            }
            State::Held { since } => {
                let words = self
                    .labelled("Next")
                    .say(
                        Role::Warn,
                        format!("held for {} s", clock::between(since, now).as_secs()),
                    )
                    .plain("   ! answers it");
                self.push(words);
            }
            State::Delivered | State::Open => {}
        }
    }

    fn attempt_signs(&self, event: EventNumber) -> Words {
        let mut words = self.labelled("Attempts");
        let attempts: Vec<&Attempt> = self.app.index.attempts(event).take(10).collect();
        let total = self
            .app
            .index
            .event(event)
            .map_or(0, super::index::Event::attempts) as usize;
        let mut highest = 0_usize;
        for attempt in &attempts {
            let (role, sign) = if attempt.acknowledges() {
                (Role::Good, "✓")
            } else if attempt.is_held() {
                (Role::Warn, "…")
            } else {
                (Role::Bad, "✗")
            };
            highest = highest.max(attempt.number.into());
            words = words.say(role, sign).plain(format!("{}  ", attempt.number));
        }
        if total > attempts.len() {
            return words.plain(format!("and {} more", total - attempts.len()));
        }
        let found = self.app.index.event(event);
        let delivered = found.is_some_and(super::index::Event::is_acknowledged);
        let all = found.map_or(0, |event| provider::gaps(event.provider()).len());
        if !delivered && all > 0 {
            for number in highest + 1..=all + 1 {
                words = words.say(Role::Dim, format!("○{number}  "));
            }
        }
        words
    }

    fn due(
        &mut self,
        delivery: &Delivery,
        attempt: u32,
        (at, gap): (Timestamp, Duration),
        measured: bool,
    ) {
        let now = self.app.shown_at();
        let left = remaining(now, at, gap);
        let source = if measured { "measured" } else { "documented" };
        let about = if measured { "~" } else { "" };
        let mut words = self
            .labelled("Next")
            .plain(format!("#{attempt} due {about}{}", clock::hundredths(at)));
        if self.app.switches.countdown {
            words = words.say(Role::Warn, format!("   in {}", clock::left(left)));
        }
        words = words.plain(format!("   {source} gap {} s", gap.as_secs_f64()));
        self.push(words);
        if self.app.switches.countdown {
            let words = self.labelled("").plain(bar(left, gap, BAR));
            self.push(words);
        }
        self.then(delivery, attempt);
    }

    /// What the attempts to come would be answered, where a rule has a say in it.
    fn then(&mut self, delivery: &Delivery, next: u32) {
        let gaps = provider::gaps(delivery.arrival.recognition.provider).len();
        let last = u32::try_from(gaps + 1).unwrap_or(next);
        let attempts: Vec<u32> = (next..=last.max(next)).collect();
        let foreseen = foresee(self.app, delivery, &attempts);
        if foreseen.iter().any(|one| one.armed) {
            let words = self
                .labelled("Then")
                .sent(Role::Plain, foresight::line(&foreseen).as_bytes());
            self.push(words);
        }
    }
}

/// How much of a gap is over, drawn.
pub(super) fn bar(left: Duration, gap: Duration, columns: usize) -> String {
    let part = if gap.is_zero() {
        1.0
    } else {
        1.0 - left.as_secs_f64() / gap.as_secs_f64()
    };
    // Whole seconds only: the bar moves when the number beside it does.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of columns"
    )]
    let full = ((part.clamp(0.0, 1.0) * columns as f64) as usize).min(columns);
    format!("▕{}{}▏", "█".repeat(full), "░".repeat(columns - full))
}
