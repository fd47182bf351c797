//! The help and the palette: the same table, laid out to read or narrowed to search.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::frame::{clear, dialog};
use super::keys::{Command, Section};
use super::palette::Palette;
use super::plan::centred;
use super::prompt_line::caret;
use super::theme::Role;
use super::words::{Words, put};

/// How many commands make a page.
pub(super) fn page(app: &App) -> usize {
    usize::from(app.size.1).saturating_sub(8).max(1)
}

/// A line: a title, or a command with its place among those found.
enum Entry {
    Title(&'static str),
    Command(usize, &'static Command),
    Text(&'static str),
}

/// What the signs mean; after the commands.
const SIGNS: [&str; 5] = [
    "Signs   > selected   * marked   ▸▾ fold   ↻ retry due   ○ expected   ✗ failed   ~ id inferred",
    "sig     ok   BAD   OLD (t outside the limit)   - unsigned   ? no key loaded   ERR malformed",
    "state   ok   ↻ retry in   late   ended   held   t/o client hung up   rst reset",
    "Keys can be changed: [keys] in the configuration file; hook64 keys lists them",
    "Docs    https://docs.sixtyfour.ai/api-reference/webhooks",
];

/// Draws the help over all there is.
pub(super) fn draw(app: &App, palette: &Palette, screen: Rect, buffer: &mut Buffer) {
    let area = screen;
    clear(buffer, area);
    let columns = usize::from((screen.width / 40).clamp(1, 3));
    let entries = entries(palette, columns);
    let seen = usize::from(area.height).saturating_sub(4).max(1);
    let lines = entries.len().div_ceil(columns);
    let at = entries
        .iter()
        .position(|entry| matches!(entry, Entry::Command(place, _) if *place == palette.at))
        .unwrap_or(0);
    let top = scrolled(at % lines.max(1), lines, seen);
    let foot = if lines <= seen {
        "all".to_owned()
    } else {
        format!("lines {}-{} of {lines}", top + 1, (top + seen).min(lines))
    };
    let title = if screen.width >= 100 {
        "Help  (type to search, Enter runs the highlighted command, Esc closes)"
    } else {
        "Help"
    };
    let inside = dialog(app.theme, buffer, area, title, &foot);
    put(
        buffer,
        inside,
        &[caret(app.theme, " search> ", &palette.prompt, inside.width)],
    );
    let width = inside.width / u16::try_from(columns).unwrap_or(1);
    for (column, chunk) in entries.chunks(lines.max(1)).enumerate() {
        let place = Rect {
            x: inside.x + width * u16::try_from(column).unwrap_or(0),
            y: inside.y + 2.min(inside.height),
            width,
            height: inside.height.saturating_sub(2),
        };
        let shown: Vec<Line<'static>> = chunk
            .iter()
            .skip(top)
            .take(seen)
            .map(|entry| line(app, entry, palette, usize::from(width)))
            .collect();
        put(buffer, place, &shown);
    }
}

fn scrolled(at: usize, lines: usize, seen: usize) -> usize {
    if lines <= seen {
        return 0;
    }
    at.saturating_sub(seen / 2).min(lines - seen)
}

/// What is listed: sections when nothing is searched for, else what was found.
fn entries(palette: &Palette, columns: usize) -> Vec<Entry> {
    let found = palette.found();
    let commands = || {
        found
            .iter()
            .enumerate()
            .map(|(place, command)| Entry::Command(place, command))
    };
    if !palette.prompt.text().is_empty() {
        return commands().collect();
    }
    let mut entries = Vec::new();
    for section in Section::ALL {
        let inside: Vec<Entry> = commands()
            .filter(
                |entry| matches!(entry, Entry::Command(_, command) if command.section == section),
            )
            .collect();
        if !inside.is_empty() {
            if !entries.is_empty() {
                entries.push(Entry::Text(""));
            }
            entries.push(Entry::Title(section.title()));
            entries.extend(inside);
        }
    }
    if columns == 1 {
        entries.push(Entry::Text(""));
        entries.extend(SIGNS.into_iter().map(Entry::Text));
    } else {
        entries.push(Entry::Text(""));
        entries.push(Entry::Title("Signs"));
        entries.extend(
            [
                "  > selected   * marked   ▸▾ fold",
                "  ↻ retry due   ○ expected   ✗ failed",
                "  ~ id inferred, no header",
                "  ok  BAD  OLD (t too old)",
                "  -  unsigned   ?  no key loaded",
            ]
            .into_iter()
            .map(Entry::Text),
        );
    }
    entries
}

fn line(app: &App, entry: &Entry, palette: &Palette, width: usize) -> Line<'static> {
    let words = Words::new(app.theme);
    match entry {
        Entry::Title(title) => words.plain(" ").say(Role::Strong, *title).fit(width),
        Entry::Text(text) => words.plain(" ").say(Role::Dim, *text).fit(width),
        Entry::Command(place, command) => {
            let chosen = *place == palette.at;
            let role = if chosen { Role::Selected } else { Role::Plain };
            words
                .say(Role::Key, if chosen { " >" } else { "  " })
                .field(Role::Key, &keys(app, command), 13)
                .say(role, command.help)
                .fit(width)
        }
    }
}

fn keys(app: &App, command: &Command) -> String {
    let labels: Vec<String> = app
        .keys
        .keys(command.action)
        .iter()
        .take(2)
        .map(|key| key.label())
        .collect();
    if labels.is_empty() {
        app.keys.label(command.action)
    } else {
        labels.join(" ")
    }
}

/// Draws the palette.
pub(super) fn palette(app: &App, palette: &Palette, screen: Rect, buffer: &mut Buffer) {
    let found = palette.found();
    let seen = usize::from(screen.height).saturating_sub(6).clamp(1, 14);
    let height = u16::try_from(found.len().min(seen) + 4).unwrap_or(u16::MAX);
    let width = 66.min(screen.width.saturating_sub(2));
    let area = centred(screen, width, height);
    let foot = format!(
        "{} of {}  Enter run  Esc close",
        found.len(),
        super::keys::COMMANDS.len()
    );
    let inside = dialog(app.theme, buffer, area, "Commands", &foot);
    let top = scrolled(palette.at, found.len(), seen);
    let mut lines = vec![
        caret(app.theme, "> ", &palette.prompt, inside.width),
        Line::default(),
    ];
    for (place, command) in found.iter().enumerate().skip(top).take(seen) {
        let chosen = place == palette.at;
        let role = if chosen { Role::Selected } else { Role::Plain };
        let room = usize::from(inside.width).saturating_sub(26);
        let words = Words::new(app.theme)
            .say(Role::Key, if chosen { "> " } else { "  " })
            .field(Role::Key, &keys(app, command), 10)
            .field(role, &text::clip(command.help, room), room)
            .plain(" ")
            .say(Role::Dim, command.scope.name());
        lines.push(words.fit(inside.width.into()));
    }
    put(buffer, inside, &lines);
}
