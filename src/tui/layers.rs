//! What a key does to the prompt or dialog that lies on top, and what its answer sets going.

use crate::delivery::Attempt;
use crate::text;

use super::action::Copied;
use super::app::App;
use super::effect::{Edited, Effect, Format, Leave};
use super::key::{Code, Key};
use super::layer::{Confirm, Layer, SavePrompt, Then, WritePrompt};
use super::palette::Palette;
use super::replay::ReplayForm;
use super::sort::Sort;
use super::world::{Reach, Release, Replay, Trouble};

/// How long the retries of an event may take to settle.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(31);

impl App {
    /// Gives a key to the top layer.
    pub(super) fn layer_key(&mut self, key: Key) {
        let Some(layer) = self.layers.pop() else {
            return;
        };
        match layer {
            Layer::Find(prompt) => self.find_key(prompt, key),
            Layer::Filter(filter) => self.filter_key(filter, key),
            Layer::Write(write) => self.write_key(write, key),
            Layer::Save(save) => self.save_key(save, key),
            Layer::Key(asked) => self.try_key(asked, key),
            Layer::Palette(palette) => self.palette_key(palette, key, false),
            Layer::Help(palette) => self.palette_key(palette, key, true),
            Layer::Info(top) => self.info_key(top, key),
            Layer::Arm(form) => self.arm_key(form, key),
            Layer::Replay(form) => self.replay_key(form, key),
            Layer::Held(id) => self.held_key(id, key),
            Layer::Confirm(confirm) => self.confirm_key(confirm, key),
            Layer::Quit => self.quit_key(key),
            Layer::Copy { since, open } => self.copy_key(since, open, key),
            Layer::Order => self.order_key(key),
            Layer::Qr(swapped) => self.qr_key(swapped, key),
            Layer::Text(text) => self.text_key(text, key),
        }
    }

    fn write_key(&mut self, mut write: WritePrompt, key: Key) {
        match key.code {
            Code::Esc => {}
            Code::Enter if write.prompt.text().trim().is_empty() => {
                self.tell("name a file");
                self.layers.push(Layer::Write(write));
            }
            Code::Enter => self.effects.push(Effect::Write {
                path: write.prompt.text().trim().into(),
                format: write.format,
                ids: write.ids,
            }),
            Code::Tab => {
                let place = Format::ALL
                    .iter()
                    .position(|(format, _)| *format == write.format);
                let next = place.map_or(0, |place| (place + 1) % Format::ALL.len());
                let before = super::write_prompt::name(self, &write.ids, write.format);
                write.format = Format::ALL[next].0;
                if write.prompt.text() == before {
                    let name = super::write_prompt::name(self, &write.ids, write.format);
                    write.prompt.set(name);
                }
                self.layers.push(Layer::Write(write));
            }
            _ => {
                write.prompt.key(key);
                self.layers.push(Layer::Write(write));
            }
        }
    }

    fn save_key(&mut self, mut save: SavePrompt, key: Key) {
        match key.code {
            Code::Esc => {}
            Code::Enter if save.prompt.text().trim().is_empty() => {
                self.tell("name a file");
                self.layers.push(Layer::Save(save));
            }
            Code::Enter => self.effects.push(Effect::Save {
                path: save.prompt.text().trim().into(),
                what: save.what,
                bytes: save.bytes,
            }),
            _ => {
                save.prompt.key(key);
                self.layers.push(Layer::Save(save));
            }
        }
    }

    fn palette_key(&mut self, mut palette: Palette, key: Key, help: bool) {
        let again = |palette| {
            if help {
                Layer::Help(palette)
            } else {
                Layer::Palette(palette)
            }
        };
        let empty = palette.prompt.text().is_empty();
        match key.code {
            Code::Esc => {}
            Code::Char('?') if help && empty => {}
            Code::Enter => {
                if let Some(path) = palette.key_file() {
                    self.try_file(path);
                } else if let Some(action) = palette.chosen() {
                    self.act(action);
                } else {
                    self.tell("no command is called that");
                }
            }
            _ => {
                let count = super::help::page(self);
                palette.key(key, count);
                self.layers.push(again(palette));
            }
        }
    }

    fn info_key(&mut self, top: usize, key: Key) {
        match key.code {
            Code::Esc | Code::Char('q' | 'i') => {}
            Code::Char('y') => {
                self.layers.push(Layer::Info(top));
                self.layers.push(Layer::Copy {
                    since: self.now,
                    open: false,
                });
            }
            Code::Down | Code::Char('j') => {
                let top = (top + 1).min(super::welcome::furthest(self));
                self.layers.push(Layer::Info(top));
            }
            Code::Up | Code::Char('k') => self.layers.push(Layer::Info(top.saturating_sub(1))),
            Code::Char('Q') => {
                self.layers.push(Layer::Info(top));
                self.act(super::action::Action::Qr);
            }
            Code::Char('T') => self.act(super::action::Action::Sample),
            Code::Char('P') => self.act(super::action::Action::Probe),
            _ => self.layers.push(Layer::Info(top)),
        }
    }

    fn qr_key(&mut self, swapped: bool, key: Key) {
        match key.code {
            Code::Esc | Code::Enter | Code::Char('q' | 'Q') => {}
            Code::Char('x') => self.layers.push(Layer::Qr(!swapped)),
            Code::Char('y') => {
                self.layers.push(Layer::Qr(swapped));
                self.layers.push(Layer::Copy {
                    since: self.now,
                    open: false,
                });
            }
            _ => self.layers.push(Layer::Qr(swapped)),
        }
    }

    fn arm_key(&mut self, mut form: Box<super::arm::ArmForm>, key: Key) {
        match key.code {
            Code::Esc => {}
            Code::Enter => match form.plan() {
                Ok(plan) => {
                    self.tell(format!("arming {plan}"));
                    self.effects.push(Effect::Arm(plan));
                }
                Err(problem) => {
                    form.refuse(problem);
                    self.layers.push(Layer::Arm(form));
                }
            },
            _ => {
                form.key(key);
                self.layers.push(Layer::Arm(form));
            }
        }
    }

    fn replay_key(&mut self, mut form: Box<ReplayForm>, key: Key) {
        match key.code {
            Code::Esc => {}
            Code::Enter => self.send_form(form),
            Code::Char('e') if !form.is_typing() => {
                self.layers.push(Layer::Replay(form));
                self.edit_replay();
            }
            Code::Char('y') if !form.is_typing() => {
                self.layers.push(Layer::Replay(form));
                self.layers.push(Layer::Copy {
                    since: self.now,
                    open: false,
                });
            }
            _ => {
                let before = form.target.text().to_owned();
                form.key(key);
                if form.target.text() != before {
                    form.reach = None;
                    self.effects
                        .push(Effect::Reach(form.target.text().to_owned()));
                }
                self.layers.push(Layer::Replay(form));
            }
        }
    }

    fn send_form(&mut self, mut form: Box<ReplayForm>) {
        match form.replay() {
            Err(problem) => {
                form.refuse(problem);
                self.layers.push(Layer::Replay(form));
            }
            Ok(replay) => match super::replay_words::remote_host(&replay.target) {
                Some(host) => {
                    let question = format!(
                        "{host} is not this machine. A replay sends a signed copy of real data there."
                    );
                    self.layers.push(Layer::Replay(form));
                    self.layers.push(Layer::Confirm(Confirm {
                        title: "Send it to another machine?",
                        question,
                        then: Then::SendRemote,
                    }));
                }
                None => self.send(replay),
            },
        }
    }

    /// Sends a replay.
    pub(super) fn send(&mut self, replay: Replay) {
        self.replaying += 1;
        self.tell(format!(
            "replaying to {}",
            text::line(replay.target.as_bytes())
        ));
        self.last_replay = Some(Replay {
            edited: None,
            ..replay.clone()
        });
        self.effects.push(Effect::Replay(replay));
    }

    /// Takes in how a replay ended.
    pub(super) fn replayed(&mut self, result: Result<Vec<Attempt>, Trouble>) {
        self.replaying = self.replaying.saturating_sub(1);
        match result {
            Ok(attempts) => self.tell(super::replay_words::outcome(&attempts)),
            Err(trouble) => self.fail(&trouble),
        }
        self.load();
    }

    /// Takes in whether a replay's target can be reached.
    pub(super) fn reached(&mut self, target: &str, reach: &Reach) {
        let now = self.now;
        for layer in &mut self.layers {
            if let Layer::Replay(form) = layer
                && form.target.text() == target
            {
                form.reach = Some((reach.clone(), now));
            }
        }
    }

    /// Takes in how the editor ended.
    pub(super) fn edited(&mut self, edited: Edited) {
        self.outside = false;
        self.effects.push(Effect::Redraw);
        let Some(Layer::Replay(form)) = self.layers.last_mut() else {
            return;
        };
        form.edited(edited);
    }

    fn held_key(&mut self, id: crate::delivery::DeliveryId, key: Key) {
        let how = match key.code {
            Code::Enter | Code::Char('a') => Release::Answer,
            Code::Char('5') => Release::Status(500),
            Code::Char('r') => Release::Reset,
            Code::Esc => return,
            _ => {
                self.layers.push(Layer::Held(id));
                return;
            }
        };
        self.effects.push(Effect::Release(id, how));
    }

    fn confirm_key(&mut self, confirm: Confirm, key: Key) {
        match key.code {
            Code::Esc | Code::Char('n' | 'q') => {}
            Code::Enter | Code::Char('y') => self.confirmed(confirm.then),
            _ => self.layers.push(Layer::Confirm(confirm)),
        }
    }

    fn confirmed(&mut self, then: Then) {
        match then {
            Then::Hide(events) => self.hide(events),
            Then::Suspend => self.effects.push(Effect::Suspend),
            Then::SendRemote => {
                if let Some(Layer::Replay(form)) = self.layers.pop()
                    && let Ok(replay) = form.replay()
                {
                    self.send(Replay {
                        allow_remote: true,
                        ..replay
                    });
                }
            }
        }
    }

    fn quit_key(&mut self, key: Key) {
        match key.code {
            Code::Esc => self.draining = None,
            Code::Char('q') | Code::Enter => self.effects.push(Effect::Quit(Leave::Clean)),
            Code::Char('w') => {
                self.draining = Some(self.now + DRAIN);
                self.tell("quitting once nothing is held or waited for; Ctrl-C quits now");
            }
            _ => self.layers.push(Layer::Quit),
        }
    }

    fn copy_key(&mut self, since: jiff::Timestamp, open: bool, key: Key) {
        if key.code == Code::Esc {
            return;
        }
        let what = key
            .text()
            .and_then(|letter| Copied::ALL.into_iter().find(|(other, ..)| *other == letter));
        match what {
            Some((_, what, _)) => self.copy(what),
            None if open || key == Key::letter('?') => {
                self.layers.push(Layer::Copy { since, open: true });
            }
            None => self.tell("not something to copy; y and then ? shows what is"),
        }
    }

    fn order_key(&mut self, key: Key) {
        let chosen = key
            .text()
            .and_then(|letter| Sort::ALL.into_iter().find(|(other, ..)| *other == letter));
        match chosen {
            Some((_, sort, name)) => {
                self.list.sort = sort;
                self.tell(format!("ordered by {name}"));
            }
            None if key.code == Code::Esc || key.code == Code::Char('q') => {}
            None => self.layers.push(Layer::Order),
        }
    }

    fn text_key(&mut self, mut text: super::layer::TextBox, key: Key) {
        let page = usize::from(self.size.1).saturating_sub(8).max(1);
        let last = text.lines.len().saturating_sub(page);
        text.top = match (key.code, key.ctrl) {
            (Code::Esc | Code::Enter | Code::Char('q'), _) => return,
            (Code::Down | Code::Char('j'), false) => text.top + 1,
            (Code::Up | Code::Char('k'), false) => text.top.saturating_sub(1),
            (Code::PageDown | Code::Char(' '), _) | (Code::Char('f' | 'd'), true) => {
                text.top + page
            }
            (Code::PageUp, _) | (Code::Char('b' | 'u'), true) => text.top.saturating_sub(page),
            (Code::Home | Code::Char('g'), _) => 0,
            (Code::End | Code::Char('G'), _) => last,
            _ => text.top,
        }
        .min(last);
        self.layers.push(Layer::Text(text));
    }
}
