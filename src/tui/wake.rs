//! When something on the screen will change by itself: a countdown, a clock's minute, a message
//! that goes away. Nothing that is not seen wakes anybody.

use std::time::Duration;

use jiff::Timestamp;

use super::action::Tab;
use super::app::{App, Times};
use super::index::Attempt;
use super::layer::{CHORD_ENDS, CHORD_OPENS, Layer};
use super::rows::Place;
use super::state::State;

/// An age below a minute is shown in seconds, but a look at it every so often is enough: the screen
/// is to be quiet where nothing happens.
const AGE_STEP: Duration = Duration::from_secs(10);

impl App {
    /// The next moment at which the screen changes without an input; there is always the clock's.
    #[must_use]
    pub fn next_change(&self) -> Timestamp {
        let mut next = next_of(self.now, Duration::from_secs(60), Timestamp::UNIX_EPOCH);
        let mut sooner = |at: Timestamp| {
            if at > self.now {
                next = next.min(at);
            }
        };
        if let Some(until) = self.message.as_ref().and_then(|message| message.until) {
            sooner(until);
        }
        if let Some(Layer::Copy { since, .. }) = self.layers.last() {
            sooner(*since + CHORD_OPENS);
            sooner(*since + CHORD_ENDS);
        }
        if let Some(until) = self.draining {
            sooner(until);
            sooner(next_of(
                self.now,
                Duration::from_secs(1),
                Timestamp::UNIX_EPOCH,
            ));
        }
        if let Some(since) = self.status.since {
            sooner(next_of(self.now, Duration::from_secs(60), since));
        }
        if self.frozen.is_none() {
            if self.shows_seconds_of_age() {
                sooner(next_of(self.now, AGE_STEP, Timestamp::UNIX_EPOCH));
            }
            self.each_visible_state(&mut |state| {
                if let Some(at) = self.changes_at(state) {
                    sooner(at);
                }
            });
        }
        next
    }

    /// Whether an age below a minute is seen: of the selected delivery, of a row.
    fn shows_seconds_of_age(&self) -> bool {
        let is_young = |attempt: &Attempt| {
            self.now.duration_since(attempt.arrived()).unsigned_abs() < Duration::from_secs(60)
        };
        let plan = self.plan();
        let in_rows = self.times == Times::Age && !plan.list.is_empty();
        let mut rows = self.list.top..self.list.top + self.list.height;
        if in_rows
            && rows.any(|row| {
                let event = self.list.rows().at(row).map(Place::event);
                event
                    .and_then(|event| self.index.first(event))
                    .is_some_and(is_young)
            })
        {
            return true;
        }
        let in_detail = match self.detail.tab {
            Tab::Overview => true,
            Tab::Attempts => self.times == Times::Age,
            _ => false,
        };
        let selected = self.list.selected_delivery(&self.index);
        in_detail
            && !plan.detail.is_empty()
            && selected
                .and_then(|id| self.index.attempt(id))
                .is_some_and(is_young)
    }

    /// The states that are seen: of the rows in view, and of the event in the detail.
    fn each_visible_state(&self, see: &mut dyn FnMut(State)) {
        let rows = self.list.rows();
        let mut last = None;
        for row in self.list.top..self.list.top + self.list.height {
            let Some(place) = rows.at(row) else { break };
            let event = place.event();
            if last != Some(event) {
                see(self.index.state(event, self.now));
            }
            last = Some(event);
        }
        if let Some(selected) = self.list.selected {
            see(self.index.state(selected.event, self.now));
        }
    }

    /// When what is said about a state changes.
    fn changes_at(&self, state: State) -> Option<Timestamp> {
        match state {
            State::Due { at, .. } if at > self.now => {
                Some(if self.switches.countdown {
                    // Whole seconds are left when the rest of the second is over.
                    let left = at.duration_since(self.now).subsec_nanos();
                    let left = u64::try_from(left).unwrap_or(0).max(1);
                    self.now + Duration::from_nanos(left)
                } else {
                    at
                })
            }
            // Past its time: it becomes late, and later ended.
            State::Due { .. } => Some(self.now + Duration::from_secs(1)),
            State::Held { since } => Some(next_of(self.now, Duration::from_secs(1), since)),
            State::Late { due, .. } => {
                let end = due + Duration::from_secs(61);
                (end > self.now).then_some(end)
            }
            State::Delivered | State::Ended | State::Open => None,
        }
    }
}

/// The next moment after `now` that is a whole number of periods after `since`.
fn next_of(now: Timestamp, period: Duration, since: Timestamp) -> Timestamp {
    let elapsed = now.duration_since(since).as_nanos();
    let period = i128::try_from(period.as_nanos()).unwrap_or(1).max(1);
    let left = period - elapsed.rem_euclid(period);
    now + Duration::from_nanos(u64::try_from(left).unwrap_or(1))
}
