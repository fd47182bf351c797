//! A box with something to read: a whole value, a difference, what went wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text;

use super::app::App;
use super::frame::dialog;
use super::layer::{Layer, TextBox};
use super::plan::centred;
use super::theme::Role;
use super::words::{Words, put};

/// Only that much of a value is laid out at once.
const WINDOW: usize = 64 * 1024;

/// A box with a whole value, broken into lines of at most `width` columns.
#[must_use]
pub(super) fn value(title: &str, value: &[u8], width: u16) -> Layer {
    let columns = usize::from(width).saturating_sub(8).clamp(20, 120);
    let cut = value.len() > WINDOW;
    let mut lines: Vec<String> = broken(&value[..value.len().min(WINDOW)], columns);
    if cut {
        lines.push(format!(
            "… {} in all; yv copies it whole",
            text::bytes(value.len() as u64)
        ));
    }
    Layer::Text(TextBox {
        title: text::clip(title, columns).into_owned(),
        lines,
        top: 0,
    })
}

/// Text made visible and broken at the edge.
fn broken(value: &[u8], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text::block(value).lines() {
        let mut left = line;
        while text::width(left) > columns {
            let mut end = 0;
            let mut used = 0;
            for (at, letter) in left.char_indices() {
                used += text::width(letter.encode_utf8(&mut [0; 4]));
                if used > columns {
                    break;
                }
                end = at + letter.len_utf8();
            }
            if end == 0 {
                break;
            }
            lines.push(left[..end].to_owned());
            left = &left[end..];
        }
        lines.push(left.to_owned());
    }
    lines
}

/// Draws the box.
pub(super) fn draw(app: &App, text_box: &TextBox, screen: Rect, buffer: &mut Buffer) {
    let widest = text_box
        .lines
        .iter()
        .take(2000)
        .map(|line| text::width(line))
        .max()
        .unwrap_or(0)
        .max(text::width(&text_box.title) + 4);
    let width = u16::try_from(widest + 4).unwrap_or(u16::MAX);
    let height = u16::try_from(text_box.lines.len() + 4).unwrap_or(u16::MAX);
    let area = centred(
        screen,
        width.clamp(30, screen.width.saturating_sub(4).max(30)),
        height.min(screen.height),
    );
    let seen = usize::from(area.height).saturating_sub(4).max(1);
    let more = text_box.lines.len().saturating_sub(text_box.top + seen);
    let foot = if more > 0 {
        format!("{more} more  PgDn  Esc close")
    } else {
        "Esc close".to_owned()
    };
    let inside = dialog(app.theme, buffer, area, &text_box.title, &foot);
    let lines: Vec<_> = text_box
        .lines
        .iter()
        .skip(text_box.top)
        .take(seen)
        .map(|line| {
            let role = match line.trim_start().as_bytes() {
                [b'-', b' ', ..] => Role::Bad,
                [b'+', b' ', ..] => Role::Good,
                _ => Role::Plain,
            };
            Words::new(app.theme)
                .plain(" ")
                .say(role, line.clone())
                .line()
        })
        .collect();
    let body = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    put(buffer, body, &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_broken_between_characters() {
        assert_eq!(broken("山田太郎".as_bytes(), 5), ["山田", "太郎"]);
        assert_eq!(broken(b"a\nb", 5), ["a", "b"]);
    }
}
