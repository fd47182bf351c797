//! The small boxes: leave?, sure?, what to answer, what to order by, what to copy.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::delivery::DeliveryId;
use crate::text;

use super::action::Copied;
use super::app::App;
use super::frame::dialog;
use super::layer::Confirm;
use super::plan::centred;
use super::sort::Sort;
use super::theme::Role;
use super::words::{Words, put, wrap};

/// Draws a box with sentences and keys.
fn draw_box(
    app: &App,
    title: &str,
    sentences: &[String],
    keys: &[(&str, String)],
    screen: Rect,
    buffer: &mut Buffer,
) {
    let width = 76.min(screen.width.saturating_sub(2));
    let room = usize::from(width).saturating_sub(4);
    let mut lines = vec![Line::default()];
    for sentence in sentences {
        for line in wrap(sentence, room) {
            lines.push(Words::new(app.theme).plain(" ").plain(line).fit(room + 2));
        }
        lines.push(Line::default());
    }
    for (key, what) in keys {
        lines.push(
            Words::new(app.theme)
                .plain("   ")
                .field(Role::Key, key, 7)
                .plain(what.clone())
                .fit(room + 2),
        );
    }
    lines.push(Line::default());
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let area = centred(screen, width, height.min(screen.height));
    let inside = dialog(app.theme, buffer, area, title, "");
    put(buffer, inside, &lines);
}

/// Whether to leave although something is held or waited for.
pub(super) fn quit(app: &App, screen: Rect, buffer: &mut Buffer) {
    let (busy, waiting) = app.pending();
    let held = busy.saturating_sub(app.replaying);
    let mut parts = Vec::new();
    if held > 0 {
        parts.push(format!(
            "{} being held",
            count(held, "delivery is", "deliveries are")
        ));
    }
    if app.replaying > 0 {
        parts.push(format!(
            "{} being sent",
            count(app.replaying, "replay is", "replays are")
        ));
    }
    if waiting > 0 {
        parts.push(format!(
            "{} waiting for a retry",
            count(waiting, "event is", "events are")
        ));
    }
    let sentences = [
        format!("{}.", parts.join(" and ")),
        "Quitting closes the listener: what is held is answered 503 (--on-stop), and Sixtyfour will retry against a closed port until it gives up.".to_owned(),
    ];
    let keys = [
        ("q", "quit now".to_owned()),
        (
            "w",
            "wait for retries to settle (up to 31 s), then quit".to_owned(),
        ),
        ("Esc", "stay".to_owned()),
    ];
    draw_box(app, "Quit?", &sentences, &keys, screen, buffer);
}

fn count(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A question with one way to say yes.
pub(super) fn confirm(app: &App, confirm: &Confirm, screen: Rect, buffer: &mut Buffer) {
    let keys = [("Enter", "yes".to_owned()), ("Esc", "no".to_owned())];
    draw_box(
        app,
        confirm.title,
        &[text::line(confirm.question.as_bytes()).into_owned()],
        &keys,
        screen,
        buffer,
    );
}

/// What to answer a held delivery.
pub(super) fn held(app: &App, id: DeliveryId, screen: Rect, buffer: &mut Buffer) {
    let attempt = app.index.attempt(id);
    let name = attempt.map_or_else(
        || "A delivery".to_owned(),
        |attempt| app.index.told(attempt),
    );
    let status = attempt.map_or(200, |attempt| attempt.status);
    let keys = [
        ("a", format!("answer now, with {status}")),
        ("5", "answer 500".to_owned()),
        ("r", "reset the connection".to_owned()),
        ("Esc", "go on holding".to_owned()),
    ];
    let sentence = format!("{name} is held: the client waits for an answer.");
    draw_box(app, "Held delivery", &[sentence], &keys, screen, buffer);
}

/// What to order by.
pub(super) fn order(app: &App, screen: Rect, buffer: &mut Buffer) {
    let lines: Vec<Line<'static>> = Sort::ALL
        .into_iter()
        .map(|(key, sort, name)| {
            let mark = if sort == app.list.sort { "*" } else { " " };
            Words::new(app.theme)
                .plain(format!(" {mark} "))
                .say(Role::Key, key.to_string())
                .plain(format!("  {name}"))
                .line()
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let area = centred(screen, 36, height);
    let inside = dialog(app.theme, buffer, area, "Order by", "O reverses");
    put(buffer, inside, &lines);
}

/// What to copy.
pub(super) fn copy(app: &App, screen: Rect, buffer: &mut Buffer) {
    let columns = if screen.width >= 100 {
        4
    } else if screen.width >= 60 {
        2
    } else {
        1
    };
    let cell = 22;
    let lines: Vec<Line<'static>> = Copied::ALL
        .chunks(columns)
        .map(|row| {
            let mut words = Words::new(app.theme).plain(" ");
            for (key, _, name) in row {
                words = words
                    .plain(" ")
                    .say(Role::Key, key.to_string())
                    .plain("  ")
                    .field(Role::Plain, name, cell - 4);
            }
            words.line()
        })
        .collect();
    let width = u16::try_from(columns * cell + 4).unwrap_or(u16::MAX);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let width = width.min(screen.width);
    let area = Rect {
        x: (screen.width - width) / 2,
        y: screen.bottom().saturating_sub(height + 1),
        width,
        height: height.min(screen.height),
    };
    let inside = dialog(app.theme, buffer, area, "Copy", "Esc");
    put(buffer, inside, &lines);
}

/// A screen that is too small for anything else.
pub(super) fn too_small(app: &App, screen: Rect, buffer: &mut Buffer) {
    let (width, height) = app.size;
    let (least_width, least_height) = super::plan::SMALLEST;
    let listening = match &app.status.local {
        Some(_) => format!(" still listening on :{}", app.status.port),
        None => " showing captures".to_owned(),
    };
    let armed = super::armed::word(&app.status.armed, false);
    let said = [
        format!(" hook64: too small ({width}x{height}, need {least_width}x{least_height})"),
        listening,
        format!(
            " ev {}  dlv {}  bad {}  held {}  drop {}",
            app.index.events(),
            app.index.deliveries(),
            app.index.bad_signatures(),
            app.index.held().count(),
            app.status.dropped
        ),
        format!(" {armed}"),
        String::new(),
        " q quit".to_owned(),
    ];
    let lines: Vec<Line<'static>> = said
        .into_iter()
        .map(|line| {
            Words::new(app.theme)
                .plain(line)
                .fit(usize::from(screen.width))
        })
        .collect();
    put(buffer, screen, &lines);
}
