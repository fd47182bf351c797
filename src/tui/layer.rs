//! What lies over the panes: a prompt, a dialog, a box. The last one that was opened gets the keys.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::DeliveryId;

use super::arm::ArmForm;
use super::effect::Format;
use super::index::EventNumber;
use super::palette::Palette;
use super::prompt::Prompt;
use super::replay::ReplayForm;
use super::try_key::KeyPrompt;

/// The copy box opens when no second key came within this time,
pub(super) const CHORD_OPENS: Duration = Duration::from_millis(400);

/// and closes by itself after this.
pub(super) const CHORD_ENDS: Duration = Duration::from_secs(5);

/// Something that lies over the panes.
#[derive(Debug)]
pub enum Layer {
    /// What to search for.
    Find(Prompt),
    /// What to filter by.
    Filter(FilterPrompt),
    /// Where to write.
    Write(WritePrompt),
    /// Where to put what is too long to be copied.
    Save(SavePrompt),
    /// A key to try.
    Key(KeyPrompt),
    /// Every command, by name.
    Palette(Palette),
    /// Every key, by what it does.
    Help(Palette),
    /// The connection; the first line seen.
    Info(usize),
    /// A failure to arm.
    Arm(Box<ArmForm>),
    /// A delivery to make again.
    Replay(Box<ReplayForm>),
    /// What to answer a held delivery.
    Held(DeliveryId),
    /// A question.
    Confirm(Confirm),
    /// Whether to leave.
    Quit,
    /// The first key of a copy was pressed.
    Copy {
        /// When.
        since: Timestamp,
        /// Whether the box is seen.
        open: bool,
    },
    /// What to order by.
    Order,
    /// The public URL as a QR code; whether light and dark are swapped.
    Qr(bool),
    /// Something to read.
    Text(TextBox),
}

/// A filter being typed.
#[derive(Debug)]
pub struct FilterPrompt {
    /// The line.
    pub prompt: Prompt,
    /// Why it cannot be read: where, what, and the fix.
    pub problem: Option<(usize, String, String)>,
}

/// A file being named.
#[derive(Debug)]
pub struct WritePrompt {
    /// Its path.
    pub prompt: Prompt,
    /// The form that is written.
    pub format: Format,
    /// What is written.
    pub ids: Vec<DeliveryId>,
}

/// A file being named for what is too long to be copied.
#[derive(Debug)]
pub struct SavePrompt {
    /// Its path.
    pub prompt: Prompt,
    /// What is written.
    pub what: &'static str,
    /// The bytes.
    pub bytes: Bytes,
}

/// A question with one way to say yes.
#[derive(Debug)]
pub struct Confirm {
    /// What it is about.
    pub title: &'static str,
    /// The question.
    pub question: String,
    /// What happens on Enter.
    pub then: Then,
}

/// What happens when a question is answered with yes.
#[derive(Debug)]
pub enum Then {
    /// These events are taken out of the view.
    Hide(Vec<EventNumber>),
    /// The process is stopped.
    Suspend,
    /// The replay beneath is sent although its target is another machine.
    SendRemote,
}

/// Something to read.
#[derive(Debug)]
pub struct TextBox {
    /// What it is.
    pub title: String,
    /// Its lines, made visible.
    pub lines: Vec<String>,
    /// The first line seen.
    pub top: usize,
}

impl Layer {
    /// A box to read our own words or made-visible text in.
    #[must_use]
    pub fn text(title: impl Into<String>, words: &str) -> Self {
        Self::Text(TextBox {
            title: title.into(),
            lines: words.lines().map(str::to_owned).collect(),
            top: 0,
        })
    }

    /// The word in the status line while this layer has the keys.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Find(_) => "FIND",
            Self::Filter(_) => "FILTER",
            Self::Write(_) => "WRITE",
            Self::Save(_) => "SAVE",
            Self::Key(_) => "KEY",
            Self::Palette(_) => "CMD",
            Self::Help(_) => "HELP",
            Self::Info(_) => "INFO",
            Self::Arm(_) => "ARM",
            Self::Replay(_) => "REPLAY",
            Self::Held(_) => "HELD",
            Self::Confirm(_) => "SURE?",
            Self::Quit => "QUIT?",
            Self::Copy { .. } => "COPY",
            Self::Order => "ORDER",
            Self::Qr(_) => "QR",
            Self::Text(_) => "READ",
        }
    }

    /// Types pasted text into it; whether it takes text.
    pub fn paste(&mut self, text: &str) -> bool {
        // The line end that comes with a copied line is no part of a key or a path.
        let text = text.trim_end_matches(['\r', '\n']);
        let prompt = match self {
            Self::Find(prompt) => prompt,
            Self::Filter(filter) => &mut filter.prompt,
            Self::Write(write) => &mut write.prompt,
            Self::Save(save) => &mut save.prompt,
            Self::Key(key) => &mut key.prompt,
            Self::Palette(palette) | Self::Help(palette) => &mut palette.prompt,
            Self::Arm(form) => return form.paste(text),
            Self::Replay(form) => return form.paste(text),
            _ => return false,
        };
        prompt.insert(text);
        true
    }
}
