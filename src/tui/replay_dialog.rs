//! How the dialog that delivers a capture again looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::clock;
use super::diff::Change;
use super::entry::Entry;
use super::frame::dialog;
use super::plan::centred;
use super::replay::{Counting, Field, ReplayForm};
use super::theme::Role;
use super::words::{Words, put};
use super::world::{NewId, Origin, Reach, Resign};

/// Where the values begin.
const VALUE: usize = 13;

/// Draws the dialog.
pub(super) fn draw(app: &App, form: &ReplayForm, screen: Rect, buffer: &mut Buffer) {
    let width = if screen.width >= 100 { 72 } else { 66 }.min(screen.width);
    let inner = usize::from(width).saturating_sub(2);
    let roomy = screen.height >= 30 && screen.width >= 100;
    let mut page = Page {
        app,
        form,
        width: inner,
        lines: Vec::new(),
    };
    page.fill(roomy);
    let height = u16::try_from(page.lines.len() + 2).unwrap_or(u16::MAX);
    let area = centred(screen, width, height.min(screen.height));
    let foot = if form.edited.is_some() {
        "Enter send  e edit again  Esc cancel"
    } else {
        "Enter send  e edit  yc curl  Esc cancel"
    };
    let inside = dialog(app.theme, buffer, area, "Replay to your app", foot);
    put(buffer, inside, seen(app, &page.lines, inside.height));
}

/// The lines that there is room for: those around the field with the cursor.
fn seen<'a>(app: &App, lines: &'a [Line<'static>], height: u16) -> &'a [Line<'static>] {
    let height = usize::from(height);
    let style = app.theme.style(Role::Selected);
    let is_focused = |line: &Line<'_>| line.spans.iter().any(|span| span.style == style);
    let focused = lines.iter().rposition(is_focused).unwrap_or(0);
    let last = lines.len().saturating_sub(height);
    let top = (focused + 2).saturating_sub(height).min(last);
    &lines[top..]
}

struct Page<'a> {
    app: &'a App,
    form: &'a ReplayForm,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn labelled(&self, label: &str) -> Words {
        Words::new(self.app.theme)
            .plain(" ")
            .say(Role::Dim, label)
            .at(VALUE)
    }

    fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    /// Goes on in the same line, or in the next one where there is little room.
    fn beside(&mut self, words: Words, blanks: &str) -> Words {
        if self.width < 56 {
            self.push(words);
            self.labelled("")
        } else {
            words.plain(blanks)
        }
    }

    fn fill(&mut self, roomy: bool) {
        if roomy {
            self.lines.push(Line::default());
        }
        let form = self.form;
        let edited = if form.edited.is_some() {
            let gone = form
                .changes
                .iter()
                .filter(|change| matches!(change, Change::Gone(_)))
                .count();
            format!("   edited: +{} -{gone} lines", form.changes.len() - gone)
        } else {
            "   unmodified".to_owned()
        };
        let words = self
            .labelled("What")
            .plain(format!("{}{edited}", form.what));
        self.push(words);
        let words = self.entry(self.labelled("Target"), Field::Target, &form.target, 48);
        self.push(words);
        self.reach();
        if roomy {
            self.lines.push(Line::default());
        }
        self.signature();
        self.choices();
        self.notes();
        self.result(roomy);
    }

    fn entry(&self, words: Words, field: Field, entry: &Entry, columns: usize) -> Words {
        let role = if self.form.field == field {
            Role::Selected
        } else {
            Role::Plain
        };
        let columns = columns.min(self.width.saturating_sub(words.columns() + 4));
        words.entry(role, entry.text(), columns)
    }

    fn radio(&self, words: Words, field: Field, chosen: bool, name: &str) -> Words {
        let role = if chosen && self.form.field == field {
            Role::Selected
        } else {
            Role::Plain
        };
        words
            .say(role, if chosen { "(o)" } else { "( )" })
            .plain(format!(" {name}"))
    }

    fn reach(&mut self) {
        let words = self.labelled("");
        let words = match &self.form.reach {
            None => words.say(Role::Dim, "looking whether something listens there"),
            Some((Reach::Loopback, at)) => {
                let ago = clock::between(*at, self.app.now).as_secs() / 60;
                let checked = if ago == 0 {
                    "checked just now".to_owned()
                } else {
                    format!("checked {ago} min ago")
                };
                words
                    .say(Role::Good, "loopback, reachable")
                    .say(Role::Dim, format!(" ({checked})"))
            }
            Some((Reach::Remote(host), _)) => words.say(
                Role::Warn,
                format!(
                    "{} is not this machine: Enter asks once more",
                    text::line(host.as_bytes())
                ),
            ),
            Some((Reach::Refused(address), _)) => words.say(
                Role::Bad,
                format!(
                    "nothing listens on {} (refused)",
                    text::line(address.as_bytes())
                ),
            ),
            Some((Reach::Unknown(why), _)) => words.sent(Role::Warn, why.as_bytes()),
        };
        self.push(words);
    }

    fn signature(&mut self) {
        let form = self.form;
        let radio = |page: &Self, words, resign, name: &str| {
            page.radio(words, Field::Signature, form.signature == resign, name)
        };
        if let Some(key) = &form.key {
            let words = radio(
                self,
                self.labelled("Signature"),
                Resign::Anew,
                &format!("re-sign now with key …{key}"),
            );
            self.push(words);
        } else {
            let words = self
                .labelled("Signature")
                .say(Role::Dim, "no key is loaded: it cannot be signed anew");
            self.push(words);
        }
        let keep = if form.edited.is_some() {
            "keep (will not match the edited body)".to_owned()
        } else {
            self.kept()
        };
        let words = radio(self, self.labelled(""), Resign::Keep, &keep);
        self.push(words);
        let words = radio(self, self.labelled(""), Resign::Unsigned, "leave it out");
        let words = self.beside(words, "        ");
        let words = radio(self, words, Resign::Wrong, "make it wrong");
        self.push(words);
    }

    /// How old the captured signature is, and until when it is accepted.
    fn kept(&self) -> String {
        let shown = self
            .app
            .detail
            .current()
            .filter(|shown| self.form.deliveries == [shown.delivery.id]);
        let stamp = shown.and_then(|shown| {
            let verdict = &shown.delivery.arrival.verdict;
            let age = verdict.age_seconds?;
            let arrived = shown.delivery.request().times.arrived;
            Some(arrived.as_second() - age)
        });
        let Some(stamp) = stamp else {
            return "keep the original".to_owned();
        };
        let tolerance = i64::try_from(self.app.status.tolerance.as_secs()).unwrap_or(300);
        let until = stamp.saturating_add(tolerance);
        let end =
            jiff::Timestamp::from_second(until).map_or_else(|_| String::new(), clock::seconds);
        if until >= self.app.now.as_second() {
            format!("keep the original (accepted until {end})")
        } else {
            format!("keep the original (too old since {end})")
        }
    }

    fn choices(&mut self) {
        let form = self.form;
        let words = self.radio(
            self.labelled("Event id"),
            Field::EventId,
            form.event_id == NewId::Keep,
            "keep (tests your dedupe)",
        );
        let words = self.beside(words, "   ");
        let words = self.radio(
            words,
            Field::EventId,
            form.event_id == NewId::New,
            "new UUID",
        );
        self.push(words);
        let keep = format!("keep {}", form.captured_attempt);
        let counting = |page: &Self, words, counting, name: &str| {
            page.radio(words, Field::Attempt, form.attempt == counting, name)
        };
        let words = counting(self, self.labelled("Attempt"), Counting::Keep, &keep);
        let words = self.beside(words, "   ");
        let words = counting(self, words, Counting::Set, "set to ");
        let words = self.entry(words, Field::Number, &form.number, 3);
        let words = self.beside(words, "   ");
        let words = counting(self, words, Counting::Up, "count up");
        self.push(words);
        let words = self.entry(self.labelled("How many"), Field::Times, &form.times, 4);
        let gap = if self.width < 64 { " " } else { "   " };
        let words = self.beside(words.plain(" times"), gap);
        let words = self.entry(words, Field::Every, &form.every, 5);
        let words = self.beside(words.plain(" ms apart"), gap);
        let words = self.entry(words, Field::AtOnce, &form.at_once, 2);
        self.push(words.plain(" at once"));
    }

    fn notes(&mut self) {
        let form = self.form;
        if let Some((_, problem)) = &form.problem {
            let words = self.labelled("").say(Role::Bad, format!("! {problem}"));
            self.push(words);
        }
        if let Some(note) = &form.edit_note {
            let words = self.labelled("Body").sent(Role::Warn, note.as_bytes());
            self.push(words);
        } else if form.edited.is_none() {
            let words = self.labelled("Body").say(Role::Dim, "e opens your editor");
            self.push(words);
        }
        for (at, change) in form.changes.iter().take(4).enumerate() {
            let (role, sign, line) = match change {
                Change::Gone(line) => (Role::Bad, "-", line),
                Change::New(line) => (Role::Good, "+", line),
            };
            let words = self
                .labelled(if at == 0 { "Diff" } else { "" })
                .say(role, format!("{sign} {line}"));
            self.push(words);
        }
        if form.changes.len() > 4 {
            let words = self
                .labelled("")
                .say(Role::Dim, format!("and {} more", form.changes.len() - 4));
            self.push(words);
        }
    }

    fn result(&mut self, roomy: bool) {
        let Some(shown) = self.app.detail.current() else {
            return;
        };
        let last = shown
            .outgoing
            .iter()
            .rev()
            .find(|outgoing| outgoing.origin == Origin::Replay);
        let Some(last) = last else { return };
        if roomy {
            self.lines.push(Line::default());
        }
        let words = self
            .labelled("Last replay")
            .plain(format!(" {}  ", clock::seconds(last.attempt.started)))
            .plain(super::replay_words::outcome(std::slice::from_ref(
                &last.attempt,
            )));
        self.push(words);
    }
}
