//! What unfolds in the list without being asked to, and what folds again by itself.

use jiff::Timestamp;

use super::index::{Change, EventNumber, Index};
use super::list::List;
use super::rows::Place;
use super::state::State;

/// Only that many of the newest events unfold by themselves at the start.
const JUST_NOW: u32 = 50;

/// So many events unfold without being asked to.
const MOST_BY_THEMSELVES: usize = 500;

impl List {
    /// Takes note of what came in.
    pub fn noticed(&mut self, change: Change, live: bool) {
        match change {
            Change::NewEvent(_) if !self.follow => self.newer += 1,
            // A retry of something that failed: its attempts are what somebody wants to see.
            Change::NewAttempt(event) if live => self.unfold_by_itself(event),
            _ => {}
        }
    }

    /// Unfolds an event that has just begun to wait for something, unless somebody folded it.
    pub fn unfold_waiting(&mut self, event: EventNumber, index: &Index, now: Timestamp) {
        if is_waiting(index, event, now) {
            self.unfold_by_itself(event);
        }
    }

    /// In a flood of failures nobody looks at all of them, and each costs something every time.
    fn unfold_by_itself(&mut self, event: EventNumber) {
        if self.unfolded.len() < MOST_BY_THEMSELVES {
            self.unfolded.entry(event).or_insert(true);
        }
    }

    /// Unfolds what waits for something, after the captures of before were read.
    pub fn unfold_open(&mut self, index: &Index, now: Timestamp) {
        let events = u32::try_from(index.events()).unwrap_or(u32::MAX);
        for event in events.saturating_sub(JUST_NOW)..events {
            if is_waiting(index, event, now) {
                self.unfolded.insert(event, true);
            }
        }
    }

    /// What unfolded by itself folds again once it is done and out of sight.
    pub(super) fn fold_what_is_done(&mut self, index: &Index, now: Timestamp) {
        let first = self.rows().at(self.top).map(Place::event);
        let selected = self.selected.map(|selected| selected.event);
        self.unfolded.retain(|event, by_itself| {
            !*by_itself
                || Some(*event) == selected
                || first.is_none_or(|first| *event >= first)
                || !matches!(index.state(*event, now), State::Delivered | State::Ended)
        });
    }
}

/// Whether a retry of an event is due, or its answer held back.
fn is_waiting(index: &Index, event: EventNumber, now: Timestamp) -> bool {
    matches!(
        index.state(event, now),
        State::Due { .. } | State::Held { .. }
    )
}
