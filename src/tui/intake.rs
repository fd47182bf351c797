//! What comes in from the world: rows into the index, deliveries into the detail, matches into the
//! list; and what is asked for next.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::{DeliveryId, Reason, Validity};

use super::action::Tab;
use super::app::App;
use super::effect::Effect;
use super::index::Change;
use super::row::{Row, Word};

/// Bodies up to this size are read while the key is handled.
const AT_ONCE: usize = 64 * 1024;

/// How many earlier deliveries of an event are looked at beside the selected one.
const BESIDE: usize = 12;

impl App {
    /// After anything has changed: rows, scrolling and the detail are brought in line.
    pub(super) fn settle_in(&mut self) {
        let plan = self.plan();
        self.list.height = usize::from(plan.list_rows().height.max(1));
        let now = self.shown_at();
        self.list.lay(&self.index, now);
        self.want_detail();
        self.want_insight();
        let inside = plan.detail_inside();
        self.detail
            .body
            .lay(usize::from(inside.width).saturating_sub(2));
    }

    pub(super) fn want_detail(&mut self) {
        let wanted = self.list.selected_delivery(&self.index);
        if self.detail.want(wanted) {
            self.load();
        }
    }

    /// Looks closer at a signature that does not match, once somebody wants to know.
    fn want_insight(&mut self) {
        let mismatch = self.detail.current().is_some_and(|shown| {
            shown.delivery.arrival.verdict.reason == Reason::SignatureMismatch
        });
        if self.detail.tab != Tab::Signature || !mismatch {
            return;
        }
        if let Some(shown) = self.detail.uninspected() {
            let id = shown.delivery.id;
            let beside = shown.beside.iter().map(|other| other.id).collect();
            self.effects.push(Effect::Inspect { id, beside });
        }
    }

    /// Reads the selected delivery again.
    pub(super) fn load(&mut self) {
        let Some(id) = self.detail.wanted else { return };
        let Some(event) = self.index.attempt(id).map(super::index::Attempt::event) else {
            return;
        };
        let mut beside: Vec<_> = self
            .index
            .attempts(event)
            .map(super::index::Attempt::id)
            .take_while(|other| *other < id)
            .collect();
        beside.drain(..beside.len().saturating_sub(BESIDE));
        self.effects.push(Effect::Load { id, beside });
    }

    pub(super) fn open_body(&mut self) {
        let Some(shown) = self.detail.current() else {
            return;
        };
        let (bytes, note) = super::decode::shown(shown.delivery.request());
        let id = shown.delivery.id;
        self.detail.body.open(id, bytes.clone(), note);
        if bytes.len() <= AT_ONCE {
            let (tree, error) = super::tree::Tree::read(&bytes);
            self.detail.body.indexed(Arc::new(tree), error);
        } else {
            self.effects.push(Effect::Index { id, body: bytes });
        }
    }

    pub(super) fn fetch(&mut self) {
        if self.reading.running {
            self.reading.again = true;
            return;
        }
        self.reading.running = true;
        let held_back = self
            .frozen
            .as_ref()
            .and_then(|frozen| frozen.rows.last().map(|row| row.id));
        self.effects.push(Effect::Fetch {
            after: held_back.max(self.index.newest()),
            open: self.index.open(),
        });
    }

    pub(super) fn rows(&mut self, rows: Vec<Row>, done: bool) {
        if let Some(frozen) = &mut self.frozen {
            frozen.rows.extend(rows);
        } else {
            self.take_in(&rows);
        }
        if done {
            self.reading.running = false;
            if !std::mem::replace(&mut self.reading.live, true) {
                self.list.unfold_open(&self.index, self.now);
            }
            if std::mem::take(&mut self.reading.again) {
                self.fetch();
            }
        }
    }

    /// Puts rows into the index.
    pub(super) fn take_in(&mut self, rows: &[Row]) {
        let mut touched = false;
        for row in rows {
            let change = self.index.apply(row);
            let live = self.reading.live;
            self.list.noticed(change, live);
            if let (true, Change::NewEvent(event) | Change::Settled(event)) = (live, change) {
                self.list.unfold_waiting(event, &self.index, self.now);
            }
            touched |= self.concerns_detail(change);
            if self.switches.bell && live && row.signature == Word::Bad {
                self.effects.push(Effect::Bell);
            }
        }
        if touched || self.detail_is_unfinished() {
            self.load();
        }
        if let Some(drift) = self.index.take_drift() {
            let seconds = |pick: fn(&(Duration, Duration)) -> Duration| -> String {
                let gaps = drift.gaps.iter().map(|pair| pick(pair).as_secs_f64());
                let shown: Vec<String> = gaps.map(|gap| format!("{gap:.1}")).collect();
                shown.join(", ")
            };
            self.tell(format!(
                "measured backoff is about {} s; docs say {} s",
                seconds(|pair| pair.1),
                seconds(|pair| pair.0)
            ));
        }
        self.match_new();
    }

    pub(super) fn concerns_detail(&self, change: Change) -> bool {
        let (Change::Settled(event) | Change::NewAttempt(event)) = change else {
            return false;
        };
        self.list
            .selected
            .is_some_and(|selected| selected.event == event)
    }

    /// Something is still to come for the delivery that is looked at.
    pub(super) fn detail_is_unfinished(&self) -> bool {
        self.detail.current().is_some_and(|shown| {
            let delivery = &shown.delivery;
            delivery.settlement.is_none()
                || (delivery.diagnosis.is_none()
                    && delivery.arrival.verdict.validity() == Validity::Invalid)
        })
    }

    /// Asks the filter about what came since it was last asked.
    pub(super) fn match_new(&mut self) {
        if self.filtering.reading || self.index.newest() == self.filtering.upto {
            return;
        }
        let Some(filter) = self.filtering.filter.clone() else {
            return;
        };
        self.filtering.reading = true;
        self.effects.push(Effect::Match {
            generation: self.filtering.generation,
            filter,
            after: self.filtering.upto,
        });
        self.filtering.upto = self.index.newest();
    }

    pub(super) fn matched(&mut self, generation: u64, ids: &[DeliveryId], done: bool) {
        if generation != self.filtering.generation {
            return;
        }
        let matches = self.list.matches.get_or_insert_default();
        matches.deliveries += ids.len();
        for id in ids {
            if let Some(attempt) = self.index.attempt(*id) {
                matches.events.insert(attempt.event());
            }
        }
        if done {
            self.filtering.reading = false;
            self.match_new();
        }
    }
}
