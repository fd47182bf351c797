//! The app with a world around it that fits into a test: deliveries in a vector, effects carried
//! out at once, a clock that only moves when told to.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::delivery::{Delivery, DeliveryId};
use crate::filter::Subject;

use super::app::{App, Start};
use super::effect::{Effect, Input, Loaded};
use super::fixture::{Made, digest};
use super::key::Key;
use super::keys::Keymap;
use super::row::Row;
use super::theme::Theme;
use super::world::{ArmedRule, Outgoing, Status, Tunnel};
use super::{screen, search, tree};

/// The app and what it sees.
pub(super) struct Rig {
    pub(super) app: App,
    pub(super) now: Timestamp,
    /// The effects that only the world outside could carry out.
    pub(super) asked: Vec<Effect>,
    pub(super) outgoing: Vec<Outgoing>,
    store: Vec<Delivery>,
    /// Large bodies are read when the test says so.
    pub(super) slow: bool,
}

/// A listener with a tunnel, a key and a rule that has given three of five answers.
pub(super) fn busy() -> Status {
    Status {
        local: Some("http://127.0.0.1:6464/".to_owned()),
        port: 6464,
        tunnel: Tunnel::Found {
            url: "https://abc123.ngrok-free.app".to_owned(),
            by: "ngrok".to_owned(),
            how: "the ngrok agent, 127.0.0.1:4040, which forwards to port 6464".to_owned(),
            used: true,
        },
        keys: vec!["5aea".to_owned()],
        keys_from: Some("~/.config/hook64/secret".to_owned()),
        tolerance: Duration::from_secs(300),
        armed: vec![ArmedRule {
            text: "500x5@type:find_email".to_owned(),
            done: 3,
            of: Some(5),
        }],
        since: Some("2026-11-20T13:45:28Z".parse().unwrap()),
        ..Status::default()
    }
}

/// The same, with nothing armed.
pub(super) fn quiet() -> Status {
    Status {
        armed: Vec::new(),
        ..busy()
    }
}

impl Rig {
    /// A screen of a size over these deliveries, at this time of day.
    pub(super) fn new(size: (u16, u16), clock: &str, made: &[Made], status: Status) -> Self {
        Self::themed(size, clock, made, status, Theme::default())
    }

    pub(super) fn themed(
        size: (u16, u16),
        clock: &str,
        made: &[Made],
        status: Status,
        theme: Theme,
    ) -> Self {
        let now = format!("2026-11-20T{clock}Z").parse().unwrap();
        let app = App::new(Start {
            now,
            size,
            theme,
            keys: Keymap::default(),
            status: Arc::new(status),
        });
        let mut rig = Self {
            app,
            now,
            asked: Vec::new(),
            outgoing: Vec::new(),
            store: Vec::new(),
            slow: false,
        };
        rig.arrive(made);
        rig
    }

    /// The afternoon of the fixture, seen at two seconds before the fourth attempt.
    pub(super) fn afternoon(width: u16, height: u16) -> Self {
        Self::new(
            (width, height),
            "14:02:08.460",
            &super::fixture::afternoon(),
            busy(),
        )
    }

    /// Deliveries arrive (or are settled), and the app hears of it.
    pub(super) fn arrive(&mut self, made: &[Made]) {
        for made in made {
            let delivery = made.build();
            match self.store.iter_mut().find(|known| known.id == delivery.id) {
                Some(known) => *known = delivery,
                None => self.store.push(delivery),
            }
        }
        self.input(Input::Changed);
    }

    /// Something happens now.
    pub(super) fn input(&mut self, input: Input) {
        let mut waiting = self.app.update(self.now, input);
        while !waiting.is_empty() {
            let mut next = Vec::new();
            for effect in waiting {
                match self.perform(&effect) {
                    Some(answer) => next.extend(self.app.update(self.now, answer)),
                    None => self.asked.push(effect),
                }
            }
            waiting = next;
        }
    }

    fn perform(&self, effect: &Effect) -> Option<Input> {
        Some(match effect {
            Effect::Fetch { after, open } => Input::Rows {
                rows: self
                    .store
                    .iter()
                    .filter(|known| Some(known.id) > *after || open.contains(&known.id))
                    .map(|known| Row::of(known, digest(&known.request().body)))
                    .collect(),
                done: true,
            },
            Effect::Load { id, beside } => Input::Loaded(Box::new(Loaded {
                id: *id,
                delivery: self.get(*id),
                digest: self
                    .get(*id)
                    .map_or([0; 32], |found| digest(&found.request().body)),
                beside: beside.iter().filter_map(|id| self.get(*id)).collect(),
                outgoing: self.outgoing.clone(),
            })),
            Effect::Index { id, body } if !self.slow => {
                let (tree, error) = tree::Tree::read(body);
                Input::Indexed {
                    id: *id,
                    tree: Arc::new(tree),
                    error,
                }
            }
            Effect::Search {
                generation,
                body,
                needle,
            } => Input::Found {
                generation: *generation,
                hits: search::find(body, needle),
            },
            Effect::Match {
                generation,
                filter,
                after,
            } => Input::Matched {
                generation: *generation,
                ids: self
                    .store
                    .iter()
                    .filter(|known| Some(known.id) > *after)
                    .filter(|known| filter.matches(&Subject::new(known, self.now)))
                    .map(|known| known.id)
                    .collect(),
                done: true,
            },
            _ => return None,
        })
    }

    fn get(&self, id: DeliveryId) -> Option<Arc<Delivery>> {
        self.store
            .iter()
            .find(|known| known.id == id)
            .cloned()
            .map(Arc::new)
    }

    /// Keys are pressed: letters as they are, others in angle brackets: `j<enter><ctrl-c>`.
    pub(super) fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(letter) = rest.chars().next() {
            let key: Key = if let (true, Some(end)) = (rest.starts_with('<'), rest.find('>')) {
                let name = &rest[1..end];
                rest = &rest[end + 1..];
                name.parse().unwrap()
            } else {
                rest = &rest[letter.len_utf8()..];
                if letter == ' ' {
                    "space".parse().unwrap()
                } else {
                    Key::letter(letter)
                }
            };
            self.input(Input::Key(key));
        }
    }

    /// Time passes, and the app is woken.
    pub(super) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.input(Input::Tick);
    }

    /// The screen as cells.
    pub(super) fn buffer(&self) -> Buffer {
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| screen::draw(&self.app, frame))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    pub(super) fn screen(&self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width).max(1);
        let mut text = String::new();
        for row in buffer.content.chunks(width) {
            let mut line = String::new();
            let mut skip = 0;
            for cell in row {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                skip = crate::text::width(cell.symbol()).saturating_sub(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Whether the screen shows some text.
    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }

    /// Whether the screen does not show some text.
    #[track_caller]
    pub(super) fn hides(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} in\n{screen}");
    }

    /// The line of the screen that holds some text.
    #[track_caller]
    pub(super) fn line_with(&self, text: &str) -> String {
        let screen = self.screen();
        screen
            .lines()
            .find(|line| line.contains(text))
            .unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
            .to_owned()
    }

    /// The delivery under the cursor.
    pub(super) fn selected(&self) -> u64 {
        self.app
            .list
            .selected_delivery(&self.app.index)
            .map_or(0, DeliveryId::get)
    }
}
