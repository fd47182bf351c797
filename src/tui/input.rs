//! Where a key, a paste or a click goes: to the layer on top, else to the pane that has the keys.

use std::time::Duration;

use super::action::{Action, Tab};
use super::app::App;
use super::effect::{Effect, Leave, Mouse};
use super::key::Key;
use super::keys::Scope;
use super::layer::Layer;
use super::plan::{Focus, Layout};

/// A second Ctrl-C within this time is meant.
const TWICE: Duration = Duration::from_secs(2);

impl App {
    pub(super) fn key(&mut self, key: Key) {
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.until.is_none())
        {
            self.message = None;
        }
        if self.keys.keys(Action::Interrupt).contains(&key) || key == Key::ctrl('c') {
            self.interrupt();
            return;
        }
        if self.plan().layout == Layout::TooSmall {
            if self.keys.keys(Action::Close).contains(&key) {
                self.leave();
            }
            return;
        }
        if !self.layers.is_empty() {
            self.layer_key(key);
            return;
        }
        if self.is_first_run() && key == Key::letter('y') {
            self.act(Action::CopyMenu);
            return;
        }
        if let Some(action) = self.keys.action(self.scopes(), key) {
            self.act(action);
        }
    }

    /// Where a key is looked up.
    #[must_use]
    pub fn scopes(&self) -> &'static [Scope] {
        match (self.focus, self.detail.tab) {
            (Focus::List, _) => &[Scope::List, Scope::Everywhere],
            (Focus::Detail, Tab::Body) => &[Scope::Body, Scope::Detail, Scope::Everywhere],
            (Focus::Detail, Tab::Headers) => &[Scope::Headers, Scope::Detail, Scope::Everywhere],
            (Focus::Detail, _) => &[Scope::Detail, Scope::Everywhere],
        }
    }

    /// Ctrl-C: leave, or ask; again soon after: leave at once.
    pub(super) fn interrupt(&mut self) {
        let again = self
            .interrupted
            .is_some_and(|before| self.now.duration_since(before).unsigned_abs() <= TWICE);
        self.interrupted = Some(self.now);
        if again {
            self.effects.push(Effect::Quit(Leave::Forced));
        } else {
            self.leave();
        }
    }

    /// Leaves, or asks if something is held, being replayed or waited for.
    pub(super) fn leave(&mut self) {
        if self.pending() == (0, 0) {
            self.effects.push(Effect::Quit(Leave::Clean));
        } else if !matches!(self.layers.last(), Some(Layer::Quit)) {
            self.layers.push(Layer::Quit);
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        let pasted = match self.layers.last_mut() {
            Some(layer) => layer.paste(text),
            None => false,
        };
        if pasted {
            self.typed();
        } else {
            self.tell("paste ignored; open a prompt first");
        }
    }

    pub(super) fn mouse(&mut self, mouse: Mouse) {
        if !self.layers.is_empty() {
            return;
        }
        let plan = self.plan();
        let (column, row) = match mouse {
            Mouse::Wheel(_, column, row) | Mouse::Press(column, row) => (column, row),
        };
        let over = |area: ratatui::layout::Rect| area.contains((column, row).into());
        match mouse {
            Mouse::Wheel(lines, ..) if over(plan.list) => self.list.move_by(lines, &self.index),
            Mouse::Wheel(lines, ..) if over(plan.detail) => self.scroll_detail(lines),
            Mouse::Press(..) if over(plan.list_rows()) => {
                self.focus = Focus::List;
                let line = usize::from(row - plan.list_rows().y);
                let at = self.list.top + line;
                if self.list.rows().at(at).is_some() {
                    self.list.pause();
                    self.list.select_row(at, &self.index);
                }
            }
            Mouse::Press(..) if over(plan.detail) => self.focus = Focus::Detail,
            _ => {}
        }
    }
}
