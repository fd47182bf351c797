//! The list's own state: what is selected, marked, unfolded, hidden and followed, and how the
//! cursor moves. The selection names an event and a delivery, never a row: nothing that arrives,
//! is filtered or sorted can move it to another one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::delivery::DeliveryId;

use super::index::{EventNumber, Index};
use super::rows::{Order, Place, Rows, Unfolded};
use super::sort::Sort;
use super::state::State;

/// What the cursor is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// The event.
    pub event: EventNumber,
    /// One of its deliveries; `None` for the event as a whole, which means its newest.
    pub attempt: Option<DeliveryId>,
}

/// The events that a filter lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// The events, in order of arrival.
    pub events: BTreeSet<EventNumber>,
    /// How many deliveries matched.
    pub deliveries: usize,
}

/// The list.
#[derive(Debug, Default)]
pub struct List {
    rows: Rows,
    /// What the cursor is on.
    pub selected: Option<Selected>,
    /// The first row that is seen.
    pub top: usize,
    /// How many rows are seen.
    pub height: usize,
    /// Whether the newest event is kept in view.
    pub follow: bool,
    /// How many events came since it is not.
    pub newer: usize,
    /// What is marked.
    pub marks: BTreeSet<EventNumber>,
    /// Whether only that is shown.
    pub only_marked: bool,
    /// What is filtered; `None` without a filter.
    pub matches: Option<Matches>,
    /// The order.
    pub sort: Sort,
    /// Whether it is turned round.
    pub reverse: bool,
    hidden: BTreeSet<EventNumber>,
    undo: Vec<Vec<EventNumber>>,
    /// The unfolded events, and whether they unfolded by themselves.
    pub(super) unfolded: BTreeMap<EventNumber, bool>,
}

impl List {
    /// An empty list that follows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            follow: true,
            ..Self::default()
        }
    }

    /// The rows as they are laid out now.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Whether all events are shown, in order of arrival.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.only_marked
            && self.matches.is_none()
            && self.hidden.is_empty()
            && self.sort == Sort::Arrival
            && !self.reverse
    }

    /// Whether an event is unfolded.
    #[must_use]
    pub fn is_unfolded(&self, event: EventNumber) -> bool {
        self.unfolded.contains_key(&event)
    }

    /// Lays the rows out again, after anything that they depend on has changed.
    pub fn lay(&mut self, index: &Index, now: Timestamp) {
        let offset = self
            .selected_row(index)
            .map(|row| row.saturating_sub(self.top));
        self.fold_what_is_done(index, now);
        let order = self.order(index, now);
        let unfolded = self.unfolded.keys().map(|event| {
            let expected = matches!(
                index.state(*event, now),
                State::Due { .. } | State::Late { .. }
            );
            let attempts = index.event(*event).map_or(0, super::index::Event::attempts);
            (*event, Unfolded { attempts, expected })
        });
        self.rows = Rows::new(order, unfolded);
        if self.follow {
            self.select_newest(index);
        } else if let (Some(offset), Some(row)) = (offset, self.selected_row(index)) {
            self.top = row.saturating_sub(offset);
        } else {
            self.select_near(index);
        }
        self.keep_in_view(index);
    }

    fn order(&self, index: &Index, now: Timestamp) -> Order {
        if self.is_whole() {
            return Order::Arrival(index.events());
        }
        let shown = |event: &EventNumber| {
            !self.hidden.contains(event) && (!self.only_marked || self.marks.contains(event))
        };
        let mut events: Vec<EventNumber> = match &self.matches {
            Some(matches) => matches.events.iter().copied().filter(shown).collect(),
            None => (0..u32::try_from(index.events()).unwrap_or(u32::MAX))
                .filter(shown)
                .collect(),
        };
        self.sort.apply(&mut events, index, now);
        if self.reverse {
            events.reverse();
        }
        Order::Chosen(events)
    }

    /// The row of the cursor.
    #[must_use]
    pub fn selected_row(&self, index: &Index) -> Option<usize> {
        let selected = self.selected?;
        let attempt = selected
            .attempt
            .filter(|_| self.is_unfolded(selected.event))
            .and_then(|id| {
                index
                    .attempts(selected.event)
                    .position(|attempt| attempt.id() == id)
            })
            .and_then(|place| u32::try_from(place).ok());
        self.rows.row_of(selected.event, attempt)
    }

    /// The delivery that the cursor means.
    #[must_use]
    pub fn selected_delivery(&self, index: &Index) -> Option<DeliveryId> {
        let selected = self.selected?;
        selected
            .attempt
            .or_else(|| index.last(selected.event).map(super::index::Attempt::id))
    }

    /// Moves the cursor some rows; it steps over an attempt that has not come yet.
    pub fn move_by(&mut self, rows: isize, index: &Index) {
        let Some(from) = self.selected_row(index) else {
            self.select_newest(index);
            return;
        };
        let last = self.rows.len().saturating_sub(1);
        let wanted = from.saturating_add_signed(rows).min(last);
        let down = rows > 0;
        match self.nearest(wanted, down) {
            Some(row) if row != from => {
                self.pause();
                self.select_row(row, index);
            }
            _ if down => self.follow(index),
            _ => self.pause(),
        }
        self.keep_in_view(index);
    }

    /// The next row, from this one on, that the cursor can stand on.
    fn nearest(&self, row: usize, down: bool) -> Option<usize> {
        let stands = |row: &usize| !matches!(self.rows.at(*row), Some(Place::Expected(_)) | None);
        if stands(&row) {
            return Some(row);
        }
        let next = if down { row + 1 } else { row.checked_sub(1)? };
        Some(next)
            .filter(stands)
            .or_else(|| row.checked_sub(1).filter(stands))
    }

    /// Puts the cursor into a row.
    pub fn select_row(&mut self, row: usize, index: &Index) {
        self.selected = match self.rows.at(row) {
            Some(Place::Event(event) | Place::Expected(event)) => Some(Selected {
                event,
                attempt: None,
            }),
            Some(Place::Attempt(event, place)) => Some(Selected {
                event,
                attempt: index
                    .attempts(event)
                    .nth(place as usize)
                    .map(super::index::Attempt::id),
            }),
            None => None,
        };
        self.keep_in_view(index);
    }

    /// Puts the cursor on an event, or one of its attempts.
    pub fn select(&mut self, event: EventNumber, attempt: Option<DeliveryId>, index: &Index) {
        self.pause();
        self.selected = Some(Selected { event, attempt });
        self.keep_in_view(index);
    }

    /// The first row.
    pub fn first(&mut self, index: &Index) {
        self.pause();
        self.select_row(0, index);
    }

    /// Follows from now on.
    pub fn follow(&mut self, index: &Index) {
        self.follow = true;
        self.newer = 0;
        self.select_newest(index);
        self.keep_in_view(index);
    }

    /// Stops following.
    pub fn pause(&mut self) {
        if self.follow {
            self.follow = false;
            self.newer = 0;
        }
    }

    fn select_newest(&mut self, index: &Index) {
        let newest = match self.rows.order() {
            Order::Arrival(count) => count.checked_sub(1).and_then(|at| u32::try_from(at).ok()),
            Order::Chosen(events) => events.iter().copied().max(),
        };
        self.selected = newest.map(|event| Selected {
            event,
            attempt: self
                .is_unfolded(event)
                .then(|| index.last(event).map(super::index::Attempt::id))
                .flatten(),
        });
    }

    /// After what was selected is no longer shown: something close to it.
    fn select_near(&mut self, index: &Index) {
        if self.rows.is_empty() {
            return;
        }
        let after = self.selected.and_then(|selected| match self.rows.order() {
            Order::Arrival(_) => None,
            Order::Chosen(events) => events.iter().copied().find(|event| *event > selected.event),
        });
        match after {
            Some(event) => {
                self.selected = Some(Selected {
                    event,
                    attempt: None,
                });
            }
            None => self.select_newest(index),
        }
    }

    /// Scrolls until the cursor is seen, and no further; with it, what is expected beneath it.
    pub fn keep_in_view(&mut self, index: &Index) {
        let height = self.height.max(1);
        let last_top = self.rows.len().saturating_sub(height);
        if let Some(row) = self.selected_row(index) {
            let end = match self.rows.at(row + 1) {
                Some(Place::Expected(_)) => row + 1,
                _ => row,
            };
            self.top = self.top.max((end + 1).saturating_sub(height)).min(row);
        }
        self.top = self.top.min(last_top);
    }

    /// Folds or unfolds an event.
    pub fn set_unfolded(&mut self, event: EventNumber, unfolded: bool) {
        if unfolded {
            self.unfolded.insert(event, false);
        } else {
            self.unfolded.remove(&event);
            if let Some(selected) = &mut self.selected
                && selected.event == event
            {
                selected.attempt = None;
            }
        }
    }

    /// Marks or unmarks what the cursor is on.
    pub fn toggle_mark(&mut self) {
        if let Some(selected) = self.selected
            && !self.marks.remove(&selected.event)
        {
            self.marks.insert(selected.event);
        }
    }

    /// The next shown event, from the cursor on, that somebody should look at.
    #[must_use]
    pub fn problem(&self, index: &Index, now: Timestamp, forward: bool) -> Option<EventNumber> {
        let order = self.rows.order();
        let from = self
            .selected
            .and_then(|selected| order.place(selected.event));
        let is_problem = |event: &EventNumber| is_problem(index, *event, now);
        if forward {
            let from = from.map_or(0, |from| from + 1);
            (from..order.len())
                .filter_map(|at| order.at(at))
                .find(is_problem)
        } else {
            let from = from.unwrap_or(order.len());
            (0..from)
                .rev()
                .filter_map(|at| order.at(at))
                .find(is_problem)
        }
    }

    /// Takes events out of the view; the store keeps them.
    pub fn hide(&mut self, events: Vec<EventNumber>) {
        self.hidden.extend(events.iter().copied());
        self.undo.push(events);
    }

    /// Brings back what was taken out of the view last; how many events that is.
    pub fn unhide(&mut self) -> usize {
        let Some(events) = self.undo.pop() else {
            return 0;
        };
        for event in &events {
            self.hidden.remove(event);
        }
        events.len()
    }

    /// What an action acts on: the marked events if there are any, else the selected one.
    #[must_use]
    pub fn meant(&self) -> Vec<EventNumber> {
        if self.marks.is_empty() {
            self.selected
                .iter()
                .map(|selected| selected.event)
                .collect()
        } else {
            self.marks.iter().copied().collect()
        }
    }
}

/// Whether somebody should look at an event: a bad signature, a missed retry, a time-out.
fn is_problem(index: &Index, event: EventNumber, now: Timestamp) -> bool {
    matches!(index.state(event, now), State::Late { .. } | State::Ended)
        || index
            .attempts(event)
            .any(|attempt| attempt.signature.is_problem() || attempt.is_abandoned())
}
