//! What each [`Action`] does to the state.

use std::sync::Arc;

use crate::text;

use super::action::{Action, Setting, Tab};
use super::app::{App, Frozen, Times};
use super::arm::ArmForm;
use super::effect::Effect;
use super::layer::{FilterPrompt, Layer};
use super::palette::Palette;
use super::plan::Focus;
use super::prompt::Prompt;

impl App {
    /// Does what somebody asked for.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Down => self.move_by(1),
            Action::Up => self.move_by(-1),
            Action::HalfDown => self.move_by(self.page() / 2),
            Action::HalfUp => self.move_by(-(self.page() / 2)),
            Action::PageDown => self.move_by(self.page()),
            Action::PageUp => self.move_by(-self.page()),
            Action::First => self.first(),
            Action::Newest => self.newest(),
            Action::Open => self.open(),
            Action::Left => self.left(),
            Action::Right => self.right(),
            Action::OtherDown => self.other(1),
            Action::OtherUp => self.other(-1),
            Action::FocusNext | Action::FocusPrevious => self.change_focus(),
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Show(tab) => self.show(tab),
            Action::NextTab => self.show(self.detail.tab.step(true)),
            Action::PreviousTab => self.show(self.detail.tab.step(false)),
            Action::Back => self.back(),
            Action::Close => self.close(),
            Action::Quit => self.leave(),
            Action::Interrupt => self.interrupt(),
            Action::Suspend => self.suspend(),
            Action::Redraw => self.effects.push(Effect::Redraw),
            Action::Help => self.layers.push(Layer::Help(Palette::new(self.scopes()))),
            Action::Commands => self
                .layers
                .push(Layer::Palette(Palette::new(self.scopes()))),
            Action::Info => self.layers.push(Layer::Info(0)),
            Action::Qr => match super::copy::webhook_url(self) {
                Some(_) => self.layers.push(Layer::Qr(false)),
                None => self.tell("there is no public URL: no tunnel to this port was found"),
            },
            Action::TimeDisplay => self.next_times(),
            Action::Toggle(setting) => self.toggle(setting),
            other => self.act_on_selection(other),
        }
    }

    fn act_on_selection(&mut self, action: Action) {
        match action {
            Action::Find => self.ask_find(),
            Action::FindNext => self.find_next(true),
            Action::FindPrevious => self.find_next(false),
            Action::Filter => self.ask_filter(),
            Action::ClearFilter => self.clear_filter(),
            Action::NextProblem => self.problem(true),
            Action::PreviousProblem => self.problem(false),
            Action::Mark => {
                self.list.toggle_mark();
                self.list.move_by(1, &self.index);
            }
            Action::OnlyMarked => self.only_marked(),
            Action::UnmarkAll => {
                self.list.marks.clear();
                self.list.only_marked = false;
                self.tell("nothing is marked");
            }
            Action::Follow => {
                if self.list.follow {
                    self.list.pause();
                } else {
                    self.list.follow(&self.index);
                }
            }
            Action::Freeze => self.freeze(),
            Action::Order => self.layers.push(Layer::Order),
            Action::Reverse => self.list.reverse = !self.list.reverse,
            Action::Delete => self.delete(),
            Action::Undo => match self.list.unhide() {
                0 => self.tell("nothing to bring back"),
                count => self.tell(format!("brought back {}", events(count))),
            },
            Action::ClearAll => self.clear_all(),
            Action::HeaderOrder => self.detail.headers_sorted = !self.detail.headers_sorted,
            Action::ToggleFold => self.detail.body.toggle(),
            Action::FoldAll => self.detail.body.set_all(false, self.detail_height()),
            Action::UnfoldAll => self.detail.body.set_all(true, self.detail_height()),
            Action::BodyView => self.body_view(),
            Action::Wrap => self.detail.body.wrap = !self.detail.body.wrap,
            other => self.act_on_the_world(other),
        }
    }

    fn act_on_the_world(&mut self, action: Action) {
        match action {
            Action::Replay => self.ask_replay(None),
            Action::ReplayAgain => match self.last_replay.clone() {
                Some(replay) => self.send(replay),
                None => self.ask_replay(None),
            },
            Action::ReplayMarked => {
                let marked = self.meant_deliveries();
                self.ask_replay(Some(marked));
            }
            Action::Edit => self.edit(),
            Action::Pager => self.page_out(),
            Action::Diff => self.diff(),
            Action::TryKey => self.ask_key(),
            Action::CopyMenu => self.layers.push(Layer::Copy {
                since: self.now,
                open: false,
            }),
            Action::Copy(what) => self.copy(what),
            Action::Write => {
                let ids = self.meant_deliveries();
                self.ask_write(ids);
            }
            Action::WriteAll => {
                let ids = self.shown_deliveries();
                self.ask_write(ids);
            }
            Action::Arm => {
                let form = ArmForm::new(self);
                self.layers.push(Layer::Arm(Box::new(form)));
            }
            Action::Disarm => {
                self.effects.push(Effect::Disarm);
                self.tell("disarmed: no rule is left");
            }
            Action::Held => self.held(),
            Action::Sample => {
                self.effects.push(Effect::Sample);
                self.tell("sending a sample to this listener");
            }
            Action::Probe => match self.status.tunnel.url() {
                Some(url) => {
                    let shown = text::line(url.as_bytes()).into_owned();
                    self.effects.push(Effect::Probe);
                    self.tell(format!("sending one request through {shown}"));
                }
                None => self.tell("there is no tunnel to this port"),
            },
            _ => {}
        }
    }

    fn next_times(&mut self) {
        self.times = match self.times {
            Times::Clock => Times::Age,
            Times::Age => Times::Gap,
            Times::Gap => Times::Clock,
        };
        self.tell(match self.times {
            Times::Clock => "times: clock",
            Times::Age => "times: age",
            Times::Gap => "times: gap since the one before",
        });
    }

    fn toggle(&mut self, setting: Setting) {
        let (name, switch) = match setting {
            Setting::Mouse => ("mouse", &mut self.switches.mouse),
            Setting::Bell => ("bell", &mut self.switches.bell),
            Setting::Countdown => ("countdown", &mut self.switches.countdown),
            Setting::KeepScreen => ("keep-screen", &mut self.switches.keep_screen),
        };
        *switch = !*switch;
        let on = *switch;
        if setting == Setting::Mouse {
            self.effects.push(Effect::Mouse(on));
        }
        self.tell(format!("{name} {}", if on { "on" } else { "off" }));
    }

    fn ask_find(&mut self) {
        self.layers.push(Layer::Find(Prompt::new(
            String::new(),
            self.find_history.clone(),
        )));
    }

    fn ask_filter(&mut self) {
        self.focus = Focus::List;
        self.layers.push(Layer::Filter(FilterPrompt {
            prompt: Prompt::new(self.filtering.text.clone(), self.filtering.history.clone()),
            problem: None,
        }));
    }

    fn only_marked(&mut self) {
        if self.list.marks.is_empty() {
            self.tell("nothing is marked: Space marks");
        } else {
            self.list.only_marked = !self.list.only_marked;
        }
    }

    pub(super) fn freeze(&mut self) {
        match self.frozen.take() {
            Some(frozen) => self.take_in(&frozen.rows),
            None => {
                self.frozen = Some(Frozen {
                    at: self.now,
                    rows: Vec::new(),
                });
            }
        }
    }

    fn body_view(&mut self) {
        if self.detail.tab == Tab::Body {
            self.detail.body.next_mode();
        } else {
            self.show(Tab::Body);
        }
    }

    /// Takes a filter in use, or none.
    pub(super) fn filter_by(&mut self, text: &str, filter: crate::filter::Filter) {
        self.filtering.generation += 1;
        self.filtering.text = text.to_owned();
        self.filtering.reading = true;
        self.filtering.upto = self.index.newest();
        self.filtering.filter = Some(filter.clone());
        self.list.matches = Some(super::list::Matches::default());
        self.effects.push(Effect::Match {
            generation: self.filtering.generation,
            filter,
            after: None,
        });
    }

    /// Shows everything again.
    pub(super) fn clear_filter(&mut self) {
        self.filtering.generation += 1;
        self.filtering.text.clear();
        self.filtering.filter = None;
        self.filtering.reading = false;
        self.filtering.upto = None;
        self.list.matches = None;
    }

    /// The body that is looked at, for the executor.
    pub(super) fn body(&self) -> (u64, bytes::Bytes) {
        (
            self.detail.body.search.generation,
            self.detail.body.bytes.clone(),
        )
    }

    /// The status that is known, to hand on.
    #[must_use]
    pub fn status(&self) -> Arc<super::world::Status> {
        Arc::clone(&self.status)
    }
}

/// `1 event`, `3 events`.
pub(super) fn events(count: usize) -> String {
    if count == 1 {
        "1 event".to_owned()
    } else {
        format!("{count} events")
    }
}
