//! The form of the dialog that delivers a capture again; how it looks is in
//! [`super::replay_dialog`].

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::DeliveryId;

use super::app::App;
use super::diff::{Change, lines};
use super::effect::Edited;
use super::entry::Entry;
use super::key::{Code, Key};
use super::world::{Count, NewId, Reach, Replay, Resign};

/// Where a replay goes when nobody said otherwise.
pub(super) const TARGET: &str = "http://127.0.0.1:3000/webhooks/sixtyfour";

/// A place in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Target,
    Signature,
    EventId,
    Attempt,
    Number,
    Times,
    Every,
    AtOnce,
}

/// What keeps the form from being sent: where, and what is wrong.
pub(super) type Problem = (Field, String);

/// The form.
#[derive(Debug)]
pub struct ReplayForm {
    /// What is sent.
    pub deliveries: Vec<DeliveryId>,
    /// What it is, in words.
    pub what: String,
    /// Where to.
    pub target: Entry,
    /// Whether anything listens there, and when that was found out.
    pub reach: Option<(Reach, Timestamp)>,
    /// What becomes of the signature.
    pub signature: Resign,
    /// What becomes of the event id.
    pub event_id: NewId,
    /// What becomes of the attempt counter.
    pub attempt: Counting,
    /// The counter, when it is set.
    pub number: Entry,
    /// How often.
    pub times: Entry,
    /// Milliseconds from one to the next.
    pub every: Entry,
    /// How many at once.
    pub at_once: Entry,
    /// Where the cursor is.
    pub field: Field,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// Another request than the captured one.
    pub edited: Option<Bytes>,
    /// What the edit changed.
    pub changes: Vec<Change>,
    /// What to say about the last edit.
    pub edit_note: Option<String>,
    /// The last four characters of the key to sign with.
    pub key: Option<String>,
    /// The attempt counter of what is sent.
    pub captured_attempt: u32,
    original: Bytes,
}

/// What becomes of the attempt counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    Keep,
    Set,
    Up,
}

const FIELDS: [Field; 8] = [
    Field::Target,
    Field::Signature,
    Field::EventId,
    Field::Attempt,
    Field::Number,
    Field::Times,
    Field::Every,
    Field::AtOnce,
];

impl ReplayForm {
    /// The form as it opens, or as it was sent last.
    #[must_use]
    pub fn new(app: &App, deliveries: Vec<DeliveryId>) -> Self {
        let last = app.last_replay.as_ref();
        let key = app.status.keys.first().cloned();
        let target = last
            .map(|last| last.target.clone())
            .or_else(|| app.status.replay_to.clone())
            .or_else(|| app.status.forward.clone())
            .unwrap_or_else(|| TARGET.to_owned());
        let shown = app
            .detail
            .current()
            .filter(|shown| deliveries == [shown.delivery.id]);
        let captured_attempt = deliveries
            .first()
            .and_then(|id| app.index.attempt(*id))
            .map_or(1, |attempt| attempt.number.into());
        Self {
            what: what(app, &deliveries),
            target: Entry::new(target),
            reach: None,
            signature: if key.is_some() {
                Resign::Anew
            } else {
                Resign::Keep
            },
            event_id: NewId::Keep,
            attempt: Counting::Keep,
            number: Entry::new("1"),
            times: Entry::new("1"),
            every: Entry::new("0"),
            at_once: Entry::new("1"),
            field: Field::Target,
            problem: None,
            edited: None,
            changes: Vec::new(),
            edit_note: None,
            key,
            captured_attempt,
            original: shown.map_or_else(Bytes::new, |shown| {
                super::request_text::write(shown.delivery.request())
            }),
            deliveries,
        }
    }

    /// Whether letters are text where the cursor is. On a target that nobody has begun to type they
    /// are not yet: no address begins with `e` or `y`.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.field == Field::Target && !self.target.is_fresh()
    }

    /// Puts the cursor where something is wrong, and says what.
    pub fn refuse(&mut self, problem: Problem) {
        self.field = problem.0;
        self.problem = Some(problem);
    }

    fn entry(&mut self) -> Option<&mut Entry> {
        match self.field {
            Field::Target => Some(&mut self.target),
            Field::Number => Some(&mut self.number),
            Field::Times => Some(&mut self.times),
            Field::Every => Some(&mut self.every),
            Field::AtOnce => Some(&mut self.at_once),
            Field::Signature | Field::EventId | Field::Attempt => None,
        }
    }

    /// Types pasted text into the field with the cursor; whether there is one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.problem = None;
        match self.entry() {
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
            Code::Down | Code::Up if self.entry().is_some() => {
                self.step(key.code == Code::Down);
            }
            Code::Down | Code::Right => self.choose(true),
            Code::Up | Code::Left => self.choose(false),
            Code::Char(' ') if self.entry().is_none() => self.choose(true),
            _ => {
                let blank = key.code == Code::Char(' ');
                if let Some(entry) = self.entry().filter(|_| !blank) {
                    entry.key(key);
                }
            }
        }
    }

    fn step(&mut self, forward: bool) {
        let fields: Vec<Field> = FIELDS
            .into_iter()
            .filter(|field| *field != Field::Number || self.attempt == Counting::Set)
            .collect();
        let here = fields.iter().position(|field| *field == self.field);
        let step = if forward { 1 } else { fields.len() - 1 };
        self.field = here.map_or(Field::Signature, |here| {
            fields[(here + step) % fields.len()]
        });
        if let Some(entry) = self.entry() {
            entry.enter();
        }
    }

    fn choose(&mut self, forward: bool) {
        match self.field {
            Field::Signature => self.signature = self.next_signature(forward),
            Field::EventId => {
                self.event_id = match self.event_id {
                    NewId::Keep => NewId::New,
                    NewId::New => NewId::Keep,
                };
            }
            Field::Attempt => {
                let all = [Counting::Keep, Counting::Set, Counting::Up];
                self.attempt = around(&all, self.attempt, forward);
            }
            _ => {}
        }
    }

    fn next_signature(&self, forward: bool) -> Resign {
        let all: &[Resign] = if self.key.is_some() {
            &[Resign::Anew, Resign::Keep, Resign::Unsigned, Resign::Wrong]
        } else {
            &[Resign::Keep, Resign::Unsigned, Resign::Wrong]
        };
        around(all, self.signature, forward)
    }

    /// Takes in how the editor ended.
    pub fn edited(&mut self, edited: Edited) {
        self.edit_note = Some(match edited {
            Edited::Cancelled(why) => format!("the edit was cancelled: {why}"),
            Edited::Same { at_once: true } => {
                "the editor came back at once; some need a flag to wait (code -w)".to_owned()
            }
            Edited::Same { at_once: false } => "nothing was changed".to_owned(),
            Edited::Changed(text) => match super::request_text::check(&text) {
                Err(why) => format!("the edit cannot be sent: {why}"),
                Ok(()) => {
                    self.changes = lines(&self.original, &text);
                    self.edited = Some(text);
                    if self.signature == Resign::Keep && self.key.is_some() {
                        self.signature = Resign::Anew;
                    }
                    return self.edit_note = None;
                }
            },
        });
    }

    /// The form as something to send.
    ///
    /// # Errors
    /// When a field is wrong.
    pub fn replay(&self) -> Result<Replay, Problem> {
        let target = self.target.text().trim().to_owned();
        if super::replay_words::host(&target).is_none() {
            return Err((
                Field::Target,
                "an address such as http://127.0.0.1:3000/path is needed".to_owned(),
            ));
        }
        let number = |field, entry: &Entry, least: u32| {
            entry
                .number::<u32>()
                .filter(|number| *number >= least && *number <= 100_000)
                .ok_or((field, format!("a number from {least} to 100000")))
        };
        Ok(Replay {
            deliveries: self.deliveries.clone(),
            target,
            signature: self.signature,
            event_id: self.event_id,
            attempt: match self.attempt {
                Counting::Keep => Count::Keep,
                Counting::Up => Count::Up,
                Counting::Set => Count::Set(number(Field::Number, &self.number, 1)?),
            },
            times: number(Field::Times, &self.times, 1)?,
            every: Duration::from_millis(number(Field::Every, &self.every, 0)?.into()),
            at_once: number(Field::AtOnce, &self.at_once, 1)?,
            edited: self.edited.clone(),
            allow_remote: false,
        })
    }
}

fn around<T: Copy + PartialEq>(all: &[T], here: T, forward: bool) -> T {
    let at = all.iter().position(|other| *other == here).unwrap_or(0);
    let step = if forward { 1 } else { all.len() - 1 };
    all[(at + step) % all.len()]
}

fn what(app: &App, deliveries: &[DeliveryId]) -> String {
    let [id] = deliveries else {
        return format!("{} deliveries, one after the other", deliveries.len());
    };
    app.index.attempt(*id).map_or_else(
        || "a delivery".to_owned(),
        |attempt| app.index.told(attempt),
    )
}
