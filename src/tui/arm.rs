//! The form of the dialog that arms a failure: what is chosen, and the plan that it writes.
//!
//! What the plan will do is told by [`super::arm_preview`]; how the dialog looks is in
//! [`super::arm_dialog`].

use super::app::App;
use super::arm_preview::World;
use super::entry::Entry;
use super::key::{Code, Key};

/// What the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Status,
    Delay,
    Hang,
    Reset,
    Cut,
    Redirect,
}

/// How often it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    Next,
    Attempts,
    Chance,
    Always,
}

/// A place in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Kind,
    Status,
    Seconds,
    Then,
    Redirect,
    Location,
    Often,
    Count,
    Attempts,
    Chance,
    Type,
    Event,
    Forward,
}

/// What keeps the form from being a plan: where, and what is wrong.
pub(super) type Problem = (Field, String);

const KINDS: [Kind; 6] = [
    Kind::Status,
    Kind::Delay,
    Kind::Hang,
    Kind::Reset,
    Kind::Cut,
    Kind::Redirect,
];

const OFTEN: [Often; 4] = [Often::Next, Often::Attempts, Often::Chance, Often::Always];

/// Any.
const ANY: &str = "any";

/// The form.
#[derive(Debug)]
pub struct ArmForm {
    /// What the answer is.
    pub kind: Kind,
    /// How often it is given.
    pub often: Often,
    /// Where the cursor is.
    pub field: Field,
    /// The app gets the delivery before the answer is given.
    pub after_forward: bool,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// What is known about what is to come.
    pub world: World,
    entries: Vec<(Field, Entry)>,
    /// What the type and event fields can be.
    types: Vec<String>,
    events: Vec<String>,
}

impl ArmForm {
    /// The form as it opens: three 500s for the type of what is selected.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let world = World::of(app);
        let selected = app
            .list
            .selected
            .and_then(|selected| app.index.kind(selected.event));
        let kind = selected.unwrap_or(ANY).to_owned();
        let event = app
            .detail
            .current()
            .and_then(|shown| shown.delivery.arrival.recognition.event_id_text())
            .map(|id| crate::text::line(id.as_bytes()).into_owned());
        let mut types = vec![ANY.to_owned()];
        types.extend(app.index.kinds().map(str::to_owned));
        let mut events = vec![ANY.to_owned()];
        events.extend(event);
        let entry = |field, text: &str| (field, Entry::new(text));
        Self {
            kind: Kind::Status,
            often: Often::Next,
            field: Field::Status,
            after_forward: false,
            problem: None,
            entries: vec![
                entry(Field::Status, "500"),
                entry(Field::Seconds, "12.0"),
                entry(Field::Then, "200"),
                entry(Field::Redirect, "302"),
                entry(Field::Location, "/elsewhere"),
                entry(Field::Count, "3"),
                entry(Field::Attempts, "1-3"),
                entry(Field::Chance, "30"),
                entry(Field::Type, &kind),
                entry(Field::Event, ANY),
            ],
            types,
            events,
            world,
        }
    }

    /// What stands in a field.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.entries
            .iter()
            .find(|(other, _)| *other == field)
            .map_or("", |(_, entry)| entry.text())
    }

    fn entry(&mut self, field: Field) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|(other, _)| *other == field)
            .map(|(_, entry)| entry)
    }

    /// The fields that Tab goes through.
    fn stops(&self) -> Vec<Field> {
        let mut stops = vec![Field::Kind];
        match self.kind {
            Kind::Status => stops.push(Field::Status),
            Kind::Delay => stops.extend([Field::Seconds, Field::Then]),
            Kind::Redirect => stops.extend([Field::Redirect, Field::Location]),
            Kind::Hang | Kind::Reset | Kind::Cut => {}
        }
        stops.push(Field::Often);
        match self.often {
            Often::Next => stops.push(Field::Count),
            Often::Attempts => stops.push(Field::Attempts),
            Often::Chance => stops.push(Field::Chance),
            Often::Always => {}
        }
        stops.extend([Field::Type, Field::Event]);
        if self.world.forwards {
            stops.push(Field::Forward);
        }
        stops
    }

    /// Puts the cursor where something is wrong, and says what.
    pub fn refuse(&mut self, problem: Problem) {
        self.enter(problem.0);
        self.problem = Some(problem);
    }

    fn enter(&mut self, field: Field) {
        self.field = field;
        if let Some(entry) = self.entry(field) {
            entry.enter();
        }
    }

    /// Types pasted text into the field with the cursor; whether there is one.
    pub fn paste(&mut self, text: &str) -> bool {
        let field = self.field;
        self.problem = None;
        match self.entry(field) {
            Some(entry) => {
                entry.insert(text);
                true
            }
            None => false,
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) {
        self.problem = None;
        match key.code {
            Code::Tab => self.step(true),
            Code::BackTab => self.step(false),
            Code::Down => self.choose(true),
            Code::Up => self.choose(false),
            Code::Char(' ') => self.choose(true),
            _ => {
                let field = self.typing_field();
                if let Some(entry) = self.entry(field) {
                    entry.key(key);
                }
            }
        }
    }

    /// What is typed on a choice goes into the field beside it.
    fn typing_field(&self) -> Field {
        match (self.field, self.kind, self.often) {
            (Field::Kind, Kind::Status, _) => Field::Status,
            (Field::Kind, Kind::Delay, _) => Field::Seconds,
            (Field::Kind, Kind::Redirect, _) => Field::Location,
            (Field::Often, _, Often::Next) => Field::Count,
            (Field::Often, _, Often::Attempts) => Field::Attempts,
            (Field::Often, _, Often::Chance) => Field::Chance,
            (field, ..) => field,
        }
    }

    fn step(&mut self, forward: bool) {
        let stops = self.stops();
        let here = stops.iter().position(|field| *field == self.field);
        let step = if forward { 1 } else { stops.len() - 1 };
        let next = here.map_or(0, |here| (here + step) % stops.len());
        self.enter(stops[next]);
    }

    /// The next choice of the group that the cursor is in.
    fn choose(&mut self, forward: bool) {
        match self.field {
            Field::Kind
            | Field::Status
            | Field::Seconds
            | Field::Then
            | Field::Redirect
            | Field::Location => {
                self.kind = next(&KINDS, self.kind, forward);
                self.field = Field::Kind;
            }
            Field::Often | Field::Count | Field::Attempts | Field::Chance => {
                self.often = next(&OFTEN, self.often, forward);
                self.field = Field::Often;
            }
            Field::Type => self.choose_text(Field::Type, forward),
            Field::Event => self.choose_text(Field::Event, forward),
            Field::Forward => self.after_forward = !self.after_forward,
        }
    }

    fn choose_text(&mut self, field: Field, forward: bool) {
        let choices = if field == Field::Type {
            self.types.clone()
        } else {
            self.events.clone()
        };
        let here = choices.iter().position(|choice| choice == self.text(field));
        let step = if forward { 1 } else { choices.len() - 1 };
        let to = here.map_or(0, |here| (here + step) % choices.len());
        if let Some(entry) = self.entry(field) {
            entry.set(choices[to].clone());
        }
    }

    /// How many seconds the answer is delayed; `None` where it is not, or the field is wrong.
    #[must_use]
    pub fn delay(&self) -> Option<f64> {
        (self.kind == Kind::Delay)
            .then(|| self.text(Field::Seconds).trim().parse::<f64>().ok())
            .flatten()
            .filter(|seconds| *seconds > 0.0 && *seconds <= 3600.0)
    }

    /// How many deliveries, when that is chosen.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        (self.often == Often::Next)
            .then(|| self.text(Field::Count).trim().parse().ok())
            .flatten()
            .filter(|count| *count > 0)
    }

    /// Which attempts, when that is chosen: the first and the last.
    #[must_use]
    pub fn attempts(&self) -> Option<(u32, u32)> {
        if self.often != Often::Attempts {
            return None;
        }
        let text = self.text(Field::Attempts).trim();
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let first = first.trim().parse().ok()?;
        let last = last.trim().parse().ok()?;
        (first >= 1 && last >= first && last <= 1000).then_some((first, last))
    }

    /// The event type that is meant; `None` for any.
    #[must_use]
    pub fn only_type(&self) -> Option<&str> {
        Some(self.text(Field::Type).trim()).filter(|text| !text.is_empty() && *text != ANY)
    }

    /// The event that is meant; `None` for any.
    #[must_use]
    pub fn only_event(&self) -> Option<&str> {
        Some(self.text(Field::Event).trim()).filter(|text| !text.is_empty() && *text != ANY)
    }
}

fn next<T: Copy + PartialEq>(choices: &[T], here: T, forward: bool) -> T {
    let at = choices
        .iter()
        .position(|choice| *choice == here)
        .unwrap_or(0);
    let step = if forward { 1 } else { choices.len() - 1 };
    choices[(at + step) % choices.len()]
}
