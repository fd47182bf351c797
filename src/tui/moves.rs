//! How commands move the cursor, the view and the focus.

use crate::delivery::DeliveryId;
use crate::text;

use super::action::Tab;
use super::app::App;
use super::layer::Layer;
use super::plan::Focus;

impl App {
    pub(super) fn page(&self) -> isize {
        let height = match self.focus {
            Focus::List => self.list.height,
            Focus::Detail => self.detail_height(),
        };
        isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// How many lines of a tab are seen beneath its title.
    pub(super) fn detail_height(&self) -> usize {
        super::pane::content(&self.plan()).height.into()
    }

    pub(super) fn move_by(&mut self, lines: isize) {
        match self.focus {
            Focus::List => self.list.move_by(lines, &self.index),
            Focus::Detail => self.scroll_detail(lines),
        }
    }

    /// Moves what the tab moves: its cursor if it has one, else the view.
    pub(super) fn scroll_detail(&mut self, lines: isize) {
        let height = self.detail_height();
        match self.detail.tab {
            Tab::Body => self.detail.body.move_by(lines, super::body::height(self)),
            Tab::Headers => {
                let count = self
                    .detail
                    .current()
                    .map_or(0, |shown| shown.delivery.request().head.headers().len());
                self.detail
                    .move_by(lines, count, super::headers::height(self));
            }
            Tab::Attempts => self.move_among_attempts(lines),
            Tab::Response => self.move_among_replays(lines),
            _ => {
                let count = super::pane::lines(self).len();
                self.detail.scroll_by(lines, count.saturating_sub(height));
            }
        }
    }

    /// On the Attempts tab the cursor is the selected attempt.
    pub(super) fn move_among_attempts(&mut self, lines: isize) {
        let Some(selected) = self.list.selected else {
            return;
        };
        let current = self.list.selected_delivery(&self.index);
        let ids: Vec<DeliveryId> = self
            .index
            .attempts(selected.event)
            .map(super::index::Attempt::id)
            .collect();
        let at = ids.iter().position(|id| Some(*id) == current).unwrap_or(0);
        let to = at
            .saturating_add_signed(lines)
            .min(ids.len().saturating_sub(1));
        if let Some(id) = ids.get(to) {
            self.list.set_unfolded(selected.event, true);
            self.list.select(selected.event, Some(*id), &self.index);
        }
    }

    pub(super) fn first(&mut self) {
        match self.focus {
            Focus::List => self.list.first(&self.index),
            Focus::Detail => self.scroll_detail(isize::MIN / 2),
        }
    }

    pub(super) fn newest(&mut self) {
        match self.focus {
            Focus::List => self.list.follow(&self.index),
            Focus::Detail => self.scroll_detail(isize::MAX / 2),
        }
    }

    pub(super) fn open(&mut self) {
        match (self.focus, self.detail.tab) {
            (Focus::List, _) if self.list.selected.is_some() => self.focus = Focus::Detail,
            (Focus::List, _) => {}
            (Focus::Detail, Tab::Body) => self.open_value(),
            (Focus::Detail, Tab::Headers) => self.open_header(),
            (Focus::Detail, Tab::Attempts) => self.show(Tab::Overview),
            (Focus::Detail, Tab::Response) => self.open_replay(),
            (Focus::Detail, _) => {}
        }
    }

    pub(super) fn open_value(&mut self) {
        let body = &self.detail.body;
        let is_leaf = body
            .node()
            .zip(body.tree.as_ref())
            .is_some_and(|(node, tree)| tree.children(node) == 0);
        let more = matches!(body.seen(), Some(super::fold::Seen::More(..)));
        match body.value() {
            Some((value, path)) if is_leaf && !more => {
                self.layers
                    .push(super::text_box::value(&path, &value, self.size.0));
            }
            _ => self.detail.body.toggle(),
        }
    }

    /// Opens the replay under the cursor.
    fn open_replay(&mut self) {
        let Some((number, replay)) = super::response_replays::chosen(self) else {
            self.tell("no replay of this delivery yet");
            return;
        };
        let words = super::response_replays::opened(replay);
        self.layers
            .push(Layer::text(format!("Replay R{number}"), &words));
    }

    /// On the Response tab the cursor is on a replay once everything has been scrolled to.
    fn move_among_replays(&mut self, lines: isize) {
        let height = self.detail_height();
        let last = super::pane::lines(self).len().saturating_sub(height);
        let count = self
            .detail
            .current()
            .map_or(0, |shown| super::response_replays::replays(shown).count());
        let (top, at) = (self.detail.scroll(), self.detail.cursor());
        let at_replays = if lines > 0 { top >= last } else { at > 0 };
        if count > 1 && at_replays {
            self.detail.move_cursor(lines, count);
        } else {
            self.detail.scroll_by(lines, last);
        }
    }

    pub(super) fn open_header(&mut self) {
        let Some(header) = super::headers::selected(self) else {
            return;
        };
        let name = text::line(&header.name).into_owned();
        self.layers
            .push(super::text_box::value(&name, &header.value, self.size.0));
    }

    pub(super) fn left(&mut self) {
        match (self.focus, self.detail.tab) {
            (Focus::List, _) => {
                if let Some(selected) = self.list.selected {
                    self.list.set_unfolded(selected.event, false);
                    self.list.pause();
                }
            }
            (Focus::Detail, Tab::Body) => {
                let height = super::body::height(self);
                self.detail.body.fold(height);
            }
            (Focus::Detail, _) => self.leave_detail(),
        }
    }

    pub(super) fn right(&mut self) {
        match (self.focus, self.detail.tab) {
            (Focus::List, _) => match self.list.selected {
                Some(selected) if !self.list.is_unfolded(selected.event) => {
                    self.list.set_unfolded(selected.event, true);
                    self.list.pause();
                }
                _ => self.open(),
            },
            (Focus::Detail, Tab::Body) => {
                let height = super::body::height(self);
                self.detail.body.unfold(height);
            }
            (Focus::Detail, _) => {}
        }
    }

    /// J and K: what the other pane would do.
    pub(super) fn other(&mut self, lines: isize) {
        match self.focus {
            Focus::List => self.scroll_detail(lines),
            Focus::Detail => self.next_event(lines > 0),
        }
    }

    pub(super) fn next_event(&mut self, forward: bool) {
        let order = self.list.rows().order();
        let place = self
            .list
            .selected
            .and_then(|selected| order.place(selected.event));
        let next = place
            .and_then(|place| place.checked_add_signed(if forward { 1 } else { -1 }))
            .and_then(|place| order.at(place));
        match next {
            Some(event) => self.list.select(event, None, &self.index),
            None => self.tell(if forward {
                "this is the last event"
            } else {
                "this is the first event"
            }),
        }
    }

    pub(super) fn change_focus(&mut self) {
        self.focus = match self.focus {
            Focus::List if self.list.selected.is_some() => Focus::Detail,
            _ => Focus::List,
        };
    }

    pub(super) fn show(&mut self, tab: Tab) {
        self.detail.tab = tab;
        if !self.plan().shows_both() && self.list.selected.is_some() {
            self.focus = Focus::Detail;
        }
    }

    /// Esc: one step out, and never further than the list.
    pub(super) fn back(&mut self) {
        if self.frozen.is_some() {
            self.freeze();
        } else if !self.detail.body.search.needle.is_empty() && self.focus == Focus::Detail {
            self.detail.body.search = super::body_view::Search::default();
        } else if self.focus == Focus::List && !self.list_needle.is_empty() {
            self.list_needle.clear();
        } else if self.focus == Focus::List && self.filtering.filter.is_some() {
            self.clear_filter();
        } else if self.focus == Focus::List && self.list.only_marked {
            self.list.only_marked = false;
        } else {
            self.leave_detail();
        }
    }

    pub(super) fn leave_detail(&mut self) {
        if self.focus == Focus::Detail {
            if self.zoomed {
                self.zoomed = false;
            } else {
                self.focus = Focus::List;
            }
        }
    }

    /// q: one level out, and out of the program at the top.
    pub(super) fn close(&mut self) {
        if self.focus == Focus::Detail {
            self.leave_detail();
        } else if self.zoomed {
            self.zoomed = false;
        } else {
            self.leave();
        }
    }

    pub(super) fn problem(&mut self, forward: bool) {
        let now = self.shown_at();
        match self.list.problem(&self.index, now, forward) {
            Some(event) => self.list.select(event, None, &self.index),
            None if forward => self.tell("no further problem below"),
            None => self.tell("no further problem above"),
        }
    }
}
