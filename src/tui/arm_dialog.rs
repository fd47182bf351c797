//! How the dialog that arms a failure looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::arm::{ArmForm, Field, Kind, Often};
use super::arm_preview::sentences;
use super::frame::dialog;
use super::plan::centred;
use super::theme::Role;
use super::words::{Words, put, wrap};

/// Draws the dialog; the bottom of a form that is too long for the screen is always seen.
pub(super) fn draw(app: &App, form: &ArmForm, screen: Rect, buffer: &mut Buffer) {
    let width = if screen.width >= 100 { 72 } else { 66 }.min(screen.width);
    let inner = usize::from(width).saturating_sub(2);
    let roomy = screen.height >= 31 && screen.width >= 100;
    let lines = lines(app, form, inner, roomy);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let area = centred(screen, width, height.min(screen.height));
    let foot = if roomy {
        "Enter arm  Tab next field  Esc cancel"
    } else {
        "Enter arm  Esc cancel"
    };
    let inside = dialog(app.theme, buffer, area, "Arm a failure", foot);
    let seen = usize::from(inside.height);
    let at = cursor_line(&lines, form);
    let last = lines.len().saturating_sub(seen);
    let top = (at + 2).saturating_sub(seen).min(last);
    let lines: Vec<Line<'static>> = lines.into_iter().map(|(_, line)| line).collect();
    put(buffer, inside, &lines[top..]);
}

fn cursor_line(lines: &[(Option<Field>, Line<'static>)], form: &ArmForm) -> usize {
    lines
        .iter()
        .position(|(field, _)| *field == Some(form.field))
        .unwrap_or(0)
}

type Marked = (Option<Field>, Line<'static>);

fn lines(app: &App, form: &ArmForm, width: usize, roomy: bool) -> Vec<Marked> {
    let theme = app.theme;
    let mut lines: Vec<Marked> = Vec::new();
    let say = |words: Words| words.fit(width);
    let title = |title: &str| Words::new(theme).plain(" ").say(Role::Strong, title);
    let gap = |lines: &mut Vec<Marked>| {
        if roomy {
            lines.push((None, Line::default()));
        }
    };
    gap(&mut lines);
    lines.push((None, say(title("Answer with"))));
    for (kind, field, line) in answers(app, form) {
        // Rarely wanted: where there is little room it is seen once it is chosen.
        if !roomy && kind == Kind::Redirect && form.kind != kind {
            continue;
        }
        let field = if form.kind == kind && in_answer(form.field) {
            Some(form.field)
        } else {
            field
        };
        lines.push((field, say(line)));
    }
    gap(&mut lines);
    lines.push((None, say(title("How often"))));
    let in_often = matches!(
        form.field,
        Field::Often | Field::Count | Field::Attempts | Field::Chance
    );
    if roomy {
        for (often, line) in how_often(app, form) {
            let here = form.often == often && in_often;
            lines.push((here.then_some(form.field), say(line)));
        }
    } else {
        for line in how_often_in_pairs(app, form) {
            lines.push((in_often.then_some(form.field), say(line)));
        }
    }
    gap(&mut lines);
    lines.push((None, say(title("Only for"))));
    let scope = Words::new(theme).plain("  type ");
    let scope = field_box(scope, form, Field::Type, 16).plain("   event ");
    let here = matches!(form.field, Field::Type | Field::Event).then_some(form.field);
    lines.push((here, say(field_box(scope, form, Field::Event, 16))));
    if form.world.forwards {
        let mark = if form.after_forward { "[x]" } else { "[ ]" };
        let role = if form.field == Field::Forward {
            Role::Selected
        } else {
            Role::Plain
        };
        lines.push((
            (form.field == Field::Forward).then_some(form.field),
            say(Words::new(theme)
                .plain("  ")
                .say(role, mark)
                .plain(" forward it to the app first, then answer with the failure")),
        ));
    }
    gap(&mut lines);
    preview(app, form, width, roomy, &mut lines);
    gap(&mut lines);
    lines
}

fn in_answer(field: Field) -> bool {
    matches!(
        field,
        Field::Kind
            | Field::Status
            | Field::Seconds
            | Field::Then
            | Field::Redirect
            | Field::Location
    )
}

fn preview(app: &App, form: &ArmForm, width: usize, roomy: bool, lines: &mut Vec<Marked>) {
    let theme = app.theme;
    if let Some((_, problem)) = &form.problem {
        let words = Words::new(theme)
            .plain(" ")
            .say(Role::Bad, "! ")
            .plain(format!("{problem} is needed"));
        lines.push((None, words.fit(width)));
    }
    if roomy && !app.status.armed.is_empty() {
        let armed: Vec<String> = app
            .status
            .armed
            .iter()
            .map(|rule| {
                let left = rule.of.map_or_else(String::new, |of| {
                    format!(", {} left", of.saturating_sub(rule.done))
                });
                format!("{}{left}", text::line(rule.text.as_bytes()))
            })
            .collect();
        let words = Words::new(theme)
            .plain(" ")
            .say(Role::Strong, "Armed already")
            .plain(format!("  {}   (this one goes first)", armed.join("; ")));
        lines.push((None, words.fit(width)));
    }
    let title = Words::new(theme)
        .plain(" ")
        .say(Role::Strong, "What will happen");
    lines.push((None, title.fit(width)));
    for sentence in sentences(form) {
        for line in wrap(&sentence, width.saturating_sub(4)) {
            lines.push((None, Words::new(theme).plain("  ").plain(line).fit(width)));
        }
    }
}

fn radio(app: &App, chosen: bool, focused: bool) -> Words {
    let role = if focused { Role::Selected } else { Role::Plain };
    Words::new(app.theme)
        .plain("  ")
        .say(role, if chosen { "(o)" } else { "( )" })
        .plain(" ")
}

fn answers(app: &App, form: &ArmForm) -> Vec<(Kind, Option<Field>, Words)> {
    let start = |kind: Kind, name: &str| {
        let chosen = form.kind == kind;
        radio(app, chosen, chosen && form.field == Field::Kind).field(Role::Plain, name, 11)
    };
    let status = field_box(start(Kind::Status, "status"), form, Field::Status, 4);
    let phrase = form
        .text(Field::Status)
        .trim()
        .parse()
        .map_or("", crate::export::answer::phrase);
    let delay = field_box(start(Kind::Delay, "delay"), form, Field::Seconds, 5).plain(" s, then ");
    let redirect =
        field_box(start(Kind::Redirect, "redirect"), form, Field::Redirect, 4).plain(" to ");
    vec![
        (
            Kind::Status,
            None,
            status.plain("  ").say(Role::Dim, phrase),
        ),
        (Kind::Delay, None, field_box(delay, form, Field::Then, 4)),
        (
            Kind::Hang,
            None,
            start(Kind::Hang, "no answer")
                .say(Role::Dim, "hold the connection until the client hangs up"),
        ),
        (
            Kind::Reset,
            None,
            start(Kind::Reset, "reset")
                .say(Role::Dim, "drop the connection (TCP RST) without an answer"),
        ),
        (
            Kind::Cut,
            None,
            start(Kind::Cut, "cut").say(Role::Dim, "send half of the answer, then close"),
        ),
        (
            Kind::Redirect,
            None,
            field_box(redirect, form, Field::Location, 20),
        ),
    ]
}

fn how_often(app: &App, form: &ArmForm) -> Vec<(Often, Words)> {
    let start = |often: Often, name: &str| {
        let chosen = form.often == often;
        radio(app, chosen, chosen && form.field == Field::Often).field(Role::Plain, name, 11)
    };
    vec![
        (
            Often::Next,
            field_box(start(Often::Next, "next"), form, Field::Count, 4)
                .plain(" matching deliveries, then back to normal"),
        ),
        (
            Often::Attempts,
            field_box(start(Often::Attempts, "attempts"), form, Field::Attempts, 4)
                .plain(" of every event"),
        ),
        (
            Often::Chance,
            field_box(start(Often::Chance, "chance"), form, Field::Chance, 4)
                .plain(" % of matching deliveries"),
        ),
        (
            Often::Always,
            start(Often::Always, "always").plain("until disarmed"),
        ),
    ]
}

/// The same in two lines.
fn how_often_in_pairs(app: &App, form: &ArmForm) -> [Words; 2] {
    let start = |words: Words, often: Often, name: &str| {
        let chosen = form.often == often;
        let role = if chosen && form.field == Field::Often {
            Role::Selected
        } else {
            Role::Plain
        };
        words
            .say(role, if chosen { "(o)" } else { "( )" })
            .plain(" ")
            .field(Role::Plain, name, 10)
    };
    let line = || Words::new(app.theme).plain("  ");
    let next = field_box(start(line(), Often::Next, "next"), form, Field::Count, 4);
    let attempts = start(
        next.plain(" deliveries").at(36),
        Often::Attempts,
        "attempts",
    );
    let chance = field_box(
        start(line(), Often::Chance, "chance"),
        form,
        Field::Chance,
        4,
    );
    [
        field_box(attempts, form, Field::Attempts, 4),
        start(chance.plain(" %").at(36), Often::Always, "always"),
    ]
}

/// `[ 500  ]`, reversed where the cursor is.
fn field_box(words: Words, form: &ArmForm, field: Field, columns: usize) -> Words {
    let role = if form.field == field {
        Role::Selected
    } else {
        Role::Plain
    };
    words.entry(role, form.text(field), columns)
}
