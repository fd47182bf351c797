//! The Body tab: the tree with its folds, the text, or the bytes. Only what is seen is looked at.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::body_view::{BodyView, Mode};
use super::fold::Seen;
use super::pane::content;
use super::theme::{Role, Theme};
use super::tree::{Kind, Tree};
use super::words::{Words, put};

/// Strings and numbers are shown up to this many bytes in a line.
const WINDOW: usize = 512;

/// Deeper levels are not indented further than this many columns.
const INDENT: usize = 40;

/// How many lines of the body are seen.
pub(super) fn height(app: &App) -> usize {
    // One line above says how it is shown, one below where the cursor is.
    usize::from(content(&app.plan()).height).saturating_sub(2)
}

/// Draws the tab.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let body = &app.detail.body;
    let width = usize::from(area.width);
    put(buffer, area, &[heading(app, width)]);
    let seen = height(app);
    let lines: Vec<Line<'static>> = (body.top..body.lines().min(body.top + seen))
        .map(|at| line(app, at, width))
        .collect();
    let at = Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1),
        ..area
    };
    put(buffer, at, &lines);
    if body.mode() == Mode::Tree && body.cursor >= body.top && body.cursor < body.top + seen {
        let offset = u16::try_from(body.cursor - body.top).unwrap_or(0);
        let row = Rect {
            y: at.y + offset,
            height: 1,
            ..at
        };
        buffer.set_style(row.intersection(at), app.theme.style(Role::Selected));
    }
    let foot = Rect {
        y: area.bottom().saturating_sub(1),
        height: 1.min(area.height),
        ..area
    };
    put(buffer, foot, &[place(app, width)]);
}

fn heading(app: &App, width: usize) -> Line<'static> {
    let body = &app.detail.body;
    let mode = body.mode();
    let mut words = Words::new(app.theme)
        .plain(" ")
        .say(Role::Strong, mode.name());
    // A search needs the room more than the keys do.
    if body.search.needle.is_empty() || width >= 70 {
        let others: Vec<&str> = [Mode::Tree, Mode::Raw, Mode::Hex]
            .into_iter()
            .filter(|other| *other != mode && (*other != Mode::Tree || body.tree.is_some()))
            .map(Mode::name)
            .collect();
        let key = app.keys.label(super::action::Action::BodyView);
        words = words.say(Role::Dim, format!("  ({key}: {})", others.join(", ")));
    }
    words = words.plain(format!("   {}", text::bytes(body.bytes.len() as u64)));
    if body.tree.is_none() && !body.bytes.is_empty() {
        words = words.say(Role::Dim, "   reading its structure");
    } else if let Some(tree) = body.tree.as_ref().filter(|_| mode == Mode::Tree) {
        words = words.plain(format!("   {} nodes", grouped(tree.len())));
    }
    if !body.search.needle.is_empty() {
        words = words.plain("   find: \"");
        let needle = text::line(body.search.needle.as_bytes());
        words = words.say(Role::Strong, text::clip(&needle, 24).into_owned());
        words = words.plain(format!("\" {}", found(body)));
    }
    words.fit(width)
}

fn found(body: &BodyView) -> String {
    match (&body.search.problem, &body.search.hits) {
        (Some(problem), _) => problem.clone(),
        (None, None) => "searching".to_owned(),
        (None, Some(hits)) if hits.is_empty() => "not found".to_owned(),
        (None, Some(hits)) => format!("{} of {}", body.search.at + 1, hits.len()),
    }
}

/// What the frame says below.
pub(super) fn foot(app: &App) -> String {
    let body = &app.detail.body;
    match &body.search.hits {
        Some(hits) if !body.search.needle.is_empty() => {
            let at = if hits.is_empty() {
                0
            } else {
                body.search.at + 1
            };
            format!("{at} of {} matches", hits.len())
        }
        _ => String::new(),
    }
}

/// Where the cursor is.
fn place(app: &App, width: usize) -> Line<'static> {
    let body = &app.detail.body;
    let words = Words::new(app.theme).plain(" ");
    if let Some(error) = body.error.filter(|_| body.mode() != Mode::Tree) {
        return words
            .say(
                Role::Warn,
                format!(
                    "not JSON: line {}, column {}: {}",
                    error.line, error.column, error.problem
                ),
            )
            .fit(width);
    }
    if let Some(note) = &body.note {
        return words.say(Role::Warn, note.clone()).fit(width);
    }
    match (body.mode(), body.node(), &body.tree) {
        (Mode::Tree, Some(node), Some(tree)) => {
            let value = tree.value(node, &body.bytes);
            let kind = tree.node(node).map_or("", |node| node.kind.name());
            let path = tree.path(node, &body.bytes);
            let size = value.len() as u64;
            let words = words
                .say(Role::Dim, "path ")
                .sent(Role::Plain, path.as_bytes());
            if tree.children(node) > 0 {
                words
                    .say(
                        Role::Dim,
                        format!(
                            "   bytes {}-{} of {}",
                            grouped(value.start),
                            grouped(value.end.saturating_sub(1)),
                            grouped(body.bytes.len())
                        ),
                    )
                    .fit(width)
            } else {
                words
                    .say(Role::Dim, format!("   {kind}   {}", text::bytes(size)))
                    .fit(width)
            }
        }
        (Mode::Tree, ..) => words.fit(width),
        _ => {
            let lines = body.lines();
            let last = (body.top + height(app)).min(lines);
            let first = (body.top + 1).min(lines);
            words
                .say(Role::Dim, format!("lines {first}-{last} of {lines}"))
                .fit(width)
        }
    }
}

fn line(app: &App, at: usize, width: usize) -> Line<'static> {
    let body = &app.detail.body;
    match body.mode() {
        Mode::Tree => match (&body.tree, body.folds().lines().get(at)) {
            (Some(tree), Some(seen)) => {
                tree_line(app, body, tree, *seen, at == body.cursor).fit(width)
            }
            _ => Line::default(),
        },
        Mode::Raw => raw_line(app, body, at, width),
        Mode::Hex => hex_line(app.theme, body, at).fit(width),
    }
}

fn tree_line(app: &App, body: &BodyView, tree: &Tree, seen: Seen, cursor: bool) -> Words {
    let start = Words::new(app.theme).say(Role::Key, if cursor { ">" } else { " " });
    let (node, place) = match seen {
        Seen::Node(node, place) => (node, place),
        Seen::More(node, more) => {
            let depth = tree.node(node).map_or(0, |node| node.depth);
            return start.at(3 + indent(depth + 1)).say(
                Role::Dim,
                format!(
                    "… {more} more   Enter: next {}   =: all",
                    more.min(super::fold::STEP)
                ),
            );
        }
    };
    let Some(found) = tree.node(node) else {
        return start;
    };
    let children = tree.children(node);
    let sign = match (children > 0, body.folds().is_open(tree, node)) {
        (false, _) => " ",
        (true, true) => "▾",
        (true, false) => "▸",
    };
    let mut words = start.at(1 + indent(found.depth)).plain(sign).plain(" ");
    if found.depth as usize * 2 > INDENT {
        words = words.say(Role::Dim, format!("[{}] ", found.depth));
    }
    match tree.key(node, &body.bytes) {
        Some(key) => {
            let key = &body.bytes[key];
            let inner = key.get(1..key.len().saturating_sub(1)).unwrap_or_default();
            words = marked(words, body, inner, Role::Plain).plain(": ");
        }
        None if found.depth > 0 => words = words.say(Role::Dim, format!("{place}: ")),
        None => {}
    }
    words = value(words, body, tree, node);
    if found.duplicate {
        words = words.say(Role::Warn, "   dup");
    }
    words
}

/// Where a level begins: the root and its children begin together.
fn indent(depth: u16) -> usize {
    (usize::from(depth).saturating_sub(1) * 2).min(INDENT)
}

fn value(words: Words, body: &BodyView, tree: &Tree, node: u32) -> Words {
    let Some(found) = tree.node(node) else {
        return words;
    };
    let bytes = &body.bytes[tree.value(node, &body.bytes)];
    match found.kind {
        Kind::Object | Kind::Array => {
            let brackets = if found.kind == Kind::Object {
                "{}"
            } else {
                "[]"
            };
            let words = words.say(Role::Dim, format!("{brackets} {}", tree.children(node)));
            if body.folds().is_open(tree, node) {
                words
            } else {
                preview(words, body, tree, node)
            }
        }
        Kind::String | Kind::Number | Kind::Literal => {
            let shown = &bytes[..bytes.len().min(WINDOW)];
            let words = marked(words, body, shown, Role::Plain);
            if bytes.len() > WINDOW {
                words.say(Role::Dim, "…")
            } else {
                words
            }
        }
    }
}

/// The first two plain values of a closed container.
fn preview(words: Words, body: &BodyView, tree: &Tree, node: u32) -> Words {
    let mut words = words.plain("   ");
    let plain = tree
        .inside(node)
        .take(8)
        .filter(|child| {
            tree.node(*child)
                .is_some_and(|node| !node.kind.is_container())
        })
        .take(2);
    for (at, child) in plain.enumerate() {
        if at > 0 {
            words = words.say(Role::Dim, ", ");
        }
        if let Some(key) = tree.key(child, &body.bytes) {
            let key = &body.bytes[key];
            let inner = key.get(1..key.len().saturating_sub(1)).unwrap_or_default();
            words = words.sent(Role::Dim, inner).plain(" ");
        }
        let bytes = &body.bytes[tree.value(child, &body.bytes)];
        words = words.sent(Role::Dim, &bytes[..bytes.len().min(64)]);
    }
    words
}

/// Bytes made visible, with what was searched for in brackets.
fn marked(words: Words, body: &BodyView, bytes: &[u8], role: Role) -> Words {
    let needle = &body.search.needle;
    if needle.is_empty() || body.search.problem.is_some() {
        return words.sent(role, bytes);
    }
    let Ok(hits) = super::search::find(bytes, needle) else {
        return words.sent(role, bytes);
    };
    let mut words = words;
    let mut at = 0;
    for hit in hits {
        words = words
            .sent(role, &bytes[at..hit.start])
            .say(Role::Match, "[")
            .sent(Role::Match, &bytes[hit.clone()])
            .say(Role::Match, "]");
        at = hit.end;
    }
    words.sent(role, &bytes[at..])
}

fn raw_line(app: &App, body: &BodyView, at: usize, width: usize) -> Line<'static> {
    let range = body.raw_line(at);
    let bytes = &body.bytes[range];
    let shown = &bytes[..bytes.len().min(width * 4)];
    marked(Words::new(app.theme).plain(" "), body, shown, Role::Plain).fit(width)
}

fn hex_line(theme: Theme, body: &BodyView, at: usize) -> Words {
    let count = body.bytes_a_line();
    let start = (at * count).min(body.bytes.len());
    let bytes = &body.bytes[start..(start + count).min(body.bytes.len())];
    let mut words = Words::new(theme)
        .plain(" ")
        .say(Role::Dim, format!("{start:08x}  "));
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (left, right) = digits.split_at(digits.len().min(count / 2));
    let half = count / 2 * 3 - 1;
    words = words.plain(format!(
        "{:half$}  {:half$}  ",
        left.join(" "),
        right.join(" ")
    ));
    let letters: String = bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        })
        .collect();
    words.say(Role::Dim, letters)
}

/// `6,121`
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(6121), "6,121");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
