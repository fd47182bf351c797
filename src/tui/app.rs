//! The whole state of the TUI, and what each input does to it.
//!
//! [`App::update`] reads no clock, no file and no socket: time comes in with the input, and what is
//! to be done goes out as [`Effect`]s. What a command does is in `act`, what a prompt or
//! dialog does with a key in `layers`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::DeliveryId;

use super::action::Copied;
use super::detail::Detail;
use super::effect::{Effect, Input};
use super::index::Index;
use super::keys::Keymap;
use super::layer::Layer;
use super::list::List;
use super::plan::{Focus, Plan};
use super::row::Row;
use super::state::State;
use super::theme::Theme;
use super::world::{Replay, Status, Trouble};
use crate::filter::Filter;

/// A message goes away after this long.
const MESSAGE: Duration = Duration::from_secs(4);

/// How times in the list are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// The time of day.
    #[default]
    Clock,
    /// How long ago.
    Age,
    /// How long after the one before.
    Gap,
}

/// Something to tell in the line of hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What.
    pub text: String,
    /// When it goes away; `None`: when a key is pressed.
    pub until: Option<Timestamp>,
}

/// What can be switched with `:set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// The mouse is listened to.
    pub mouse: bool,
    /// A bad signature rings the bell.
    pub bell: bool,
    /// Countdowns are shown.
    pub countdown: bool,
    /// The last frame stays on the screen.
    pub keep_screen: bool,
}

/// The filter in use, and the reading of it.
#[derive(Debug, Default)]
pub struct Filtering {
    /// Its text; empty without a filter.
    pub text: String,
    /// It; `None` without a filter.
    pub filter: Option<Filter>,
    /// Which reading this is.
    pub generation: u64,
    /// Whether it is being read.
    pub reading: bool,
    /// The last delivery that it was asked about.
    pub upto: Option<DeliveryId>,
    /// What was typed before, oldest first.
    pub history: Vec<String>,
}

/// What is kept from the world while the screen is frozen.
#[derive(Debug)]
pub struct Frozen {
    /// The moment that the panes show.
    pub at: Timestamp,
    /// What came since.
    pub rows: Vec<Row>,
}

/// How far the reading of rows is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Reading {
    pub(super) running: bool,
    pub(super) again: bool,
    /// The first reading is over: what comes now comes live.
    pub(super) live: bool,
}

/// What the TUI starts with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The time.
    pub now: Timestamp,
    /// The screen.
    pub size: (u16, u16),
    /// The looks.
    pub theme: Theme,
    /// The keys.
    pub keys: Keymap,
    /// What the listener is doing.
    pub status: Arc<Status>,
}

/// The whole state.
#[derive(Debug)]
pub struct App {
    /// The time of the last input.
    pub now: Timestamp,
    /// When it was started.
    pub started: Timestamp,
    /// The screen.
    pub size: (u16, u16),
    /// The looks.
    pub theme: Theme,
    /// The keys.
    pub keys: Keymap,
    /// What the listener is doing.
    pub status: Arc<Status>,
    /// Every event and attempt.
    pub index: Index,
    /// The list.
    pub list: List,
    /// The detail.
    pub detail: Detail,
    /// Which pane has the keys.
    pub focus: Focus,
    /// Whether it has the whole screen.
    pub zoomed: bool,
    /// Prompts and dialogs; the last one gets the keys.
    pub layers: Vec<Layer>,
    /// The filter.
    pub filtering: Filtering,
    /// What is searched in the list.
    pub list_needle: String,
    /// What was searched before.
    pub find_history: Vec<String>,
    /// The screen is frozen.
    pub frozen: Option<Frozen>,
    /// What to tell.
    pub message: Option<Message>,
    /// How times are written.
    pub times: Times,
    /// What can be switched.
    pub switches: Switches,
    /// The last replay, for repeating it.
    pub last_replay: Option<Replay>,
    /// How many replays are under way.
    pub replaying: usize,
    /// The starts of the ids of events that were sent from here to try things.
    pub tests: BTreeSet<String>,
    /// An editor or pager has the terminal.
    pub outside: bool,
    /// Quit once nothing is held or waited for any more.
    pub draining: Option<Timestamp>,
    pub(super) reading: Reading,
    pub(super) interrupted: Option<Timestamp>,
    pub(super) effects: Vec<Effect>,
}

impl App {
    /// The state at the start.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let mut app = Self {
            now: start.now,
            started: start.now,
            size: start.size,
            theme: start.theme,
            keys: start.keys,
            status: start.status,
            index: Index::default(),
            list: List::new(),
            detail: Detail::default(),
            focus: Focus::List,
            zoomed: false,
            layers: Vec::new(),
            filtering: Filtering::default(),
            list_needle: String::new(),
            find_history: Vec::new(),
            frozen: None,
            message: None,
            times: Times::Clock,
            switches: Switches {
                mouse: false,
                bell: false,
                countdown: true,
                keep_screen: false,
            },
            last_replay: None,
            replaying: 0,
            tests: BTreeSet::new(),
            outside: false,
            draining: None,
            reading: Reading::default(),
            interrupted: None,
            effects: Vec::new(),
        };
        app.settle_in();
        app
    }

    /// Takes in what happened at a moment; what is to be done about it.
    pub fn update(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        self.now = now;
        self.expire();
        let (before, told) = (self.layers.len(), self.message.clone());
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => self.paste(&text),
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Resize(width, height) => self.size = (width, height),
            Input::Tick => {}
            Input::Changed => self.fetch(),
            Input::Rows { rows, done } => self.rows(rows, done),
            Input::Loaded(loaded) => {
                if self.detail.loaded(*loaded) {
                    self.open_body();
                }
            }
            Input::Indexed { id, tree, error } => {
                if self.detail.body.id() == Some(id) {
                    self.detail.body.indexed(tree, error);
                }
            }
            Input::Found { generation, hits } => self.found(generation, hits),
            Input::Matched {
                generation,
                ids,
                done,
            } => self.matched(generation, &ids, done),
            Input::Status(status) => self.status = status,
            Input::Sampled(id) => self.sampled(&id),
            Input::Done(text) => self.tell(text),
            Input::TooLong { what, bytes } => self.ask_save(what, bytes),
            Input::Failed(trouble) => self.fail(&trouble),
            Input::Replayed(result) => self.replayed(result),
            Input::Reached { target, reach } => self.reached(&target, &reach),
            Input::Probed(result) => match result {
                Ok(took) => self.tell(format!(
                    "the probe came back through the tunnel after {}",
                    crate::text::duration(took)
                )),
                Err(trouble) => self.fail(&trouble),
            },
            Input::Inspected(id, insight) => self.detail.inspected(id, insight),
            Input::Tried(result) => self.tried(result),
            Input::Edited(edited) => self.edited(edited),
            Input::Resumed(message) => {
                self.outside = false;
                self.effects.push(Effect::Redraw);
                if let Some(message) = message {
                    self.tell(message);
                }
            }
        }
        if self.layers.len() > before && self.message == told {
            // The line shows the keys of what has just opened; an older message would hide them.
            self.message = None;
        }
        self.settle_in();
        std::mem::take(&mut self.effects)
    }

    /// Where things are on the screen.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan::new(self.size.0, self.size.1, self.focus, self.zoomed)
    }

    /// The time that the panes show.
    #[must_use]
    pub fn shown_at(&self) -> Timestamp {
        self.frozen.as_ref().map_or(self.now, |frozen| frozen.at)
    }

    /// Whether nothing was ever captured: the first screen is shown in place of the panes.
    #[must_use]
    pub fn is_first_run(&self) -> bool {
        self.index.events() == 0 && self.reading.live
    }

    /// Tells something for a while.
    pub(super) fn tell(&mut self, text: impl Into<String>) {
        self.message = Some(Message {
            text: text.into(),
            until: Some(self.now + MESSAGE),
        });
    }

    /// Tells a trouble: in the dialog that caused it, else in a box.
    pub(super) fn fail(&mut self, trouble: &Trouble) {
        let words = trouble.to_string();
        match words.split_once('\n') {
            None => {
                self.message = Some(Message {
                    text: words,
                    until: None,
                });
            }
            Some(_) => self.layers.push(Layer::text("It did not work", &words)),
        }
    }

    /// What lasts only a while and is over.
    fn expire(&mut self) {
        if let Some(Message {
            until: Some(until), ..
        }) = &self.message
            && *until <= self.now
        {
            self.message = None;
        }
        if matches!(self.layers.last(), Some(Layer::Copy { since, .. }) if *since + super::layer::CHORD_ENDS <= self.now)
        {
            self.layers.pop();
        }
        if let Some(Layer::Copy { since, open }) = self.layers.last_mut()
            && *since + super::layer::CHORD_OPENS <= self.now
        {
            *open = true;
        }
        if let Some(until) = self.draining
            && (self.pending() == (0, 0) || until <= self.now)
        {
            self.draining = None;
            self.effects.push(Effect::Quit(super::effect::Leave::Clean));
        }
    }

    /// How many deliveries are held or being replayed, and how many events wait for a retry.
    #[must_use]
    pub fn pending(&self) -> (usize, usize) {
        if self.status.local.is_none() {
            return (self.replaying, 0);
        }
        let waiting = (0..u32::try_from(self.index.events()).unwrap_or(u32::MAX))
            .rev()
            .take(10_000)
            .filter(|event| {
                matches!(
                    self.index.state(*event, self.now),
                    State::Due { .. } | State::Late { .. }
                )
            })
            .count();
        (self.index.held().count() + self.replaying, waiting)
    }

    /// Copies something, or says why it cannot be.
    pub(super) fn copy(&mut self, what: Copied) {
        match super::copy::bytes(self, what) {
            Ok(bytes) => self.effects.push(Effect::Copy {
                what: what.name(),
                bytes,
            }),
            Err(why) => self.tell(why),
        }
    }
}
