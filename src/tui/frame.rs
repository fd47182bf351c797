//! Frames: light for a pane, heavy for the one that has the keys; titles above, counts below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text;

use super::theme::{Role, Theme};

struct Lines {
    corners: [&'static str; 4],
    across: &'static str,
    down: &'static str,
}

const LIGHT: Lines = Lines {
    corners: ["┌", "┐", "└", "┘"],
    across: "─",
    down: "│",
};

const HEAVY: Lines = Lines {
    corners: ["┏", "┓", "┗", "┛"],
    across: "━",
    down: "┃",
};

/// Draws the frame of a pane.
pub(super) fn pane(
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    title: &str,
    foot: &str,
    focused: bool,
) {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let (lines, style) = if focused {
        (&HEAVY, theme.style(Role::Focus))
    } else {
        (&LIGHT, theme.style(Role::Frame))
    };
    let (left, right) = (area.left(), area.right() - 1);
    let (top, bottom) = (area.top(), area.bottom() - 1);
    let mut set = |x: u16, y: u16, symbol: &str, style: Style| {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    for x in left..=right {
        set(x, top, lines.across, style);
        set(x, bottom, lines.across, style);
    }
    for y in top..=bottom {
        set(left, y, lines.down, style);
        set(right, y, lines.down, style);
    }
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
    for ((x, y), symbol) in corners.into_iter().zip(lines.corners) {
        set(x, y, symbol, style);
    }
    label(theme, buffer, area, title, foot, lines.across);
}

fn label(theme: Theme, buffer: &mut Buffer, area: Rect, title: &str, foot: &str, across: &str) {
    let room = usize::from(area.width).saturating_sub(6);
    if !title.is_empty() {
        let shown = text::clip(title, room);
        let style = theme.style(Role::Strong);
        buffer.set_string(area.x + 2, area.y, format!(" {shown} "), style);
    }
    if !foot.is_empty() {
        let shown = text::clip(foot, room);
        let width = u16::try_from(text::width(&shown)).unwrap_or(0);
        let x = area.right().saturating_sub(width + 4);
        let y = area.bottom() - 1;
        buffer.set_string(x, y, format!(" {shown} "), theme.style(Role::Plain));
        let _ = across;
    }
}

/// Clears a place for a dialog, draws its frame, and gives what is inside.
pub(super) fn dialog(
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    title: &str,
    foot: &str,
) -> Rect {
    let area = area.intersection(buffer.area);
    clear(buffer, area);
    pane(theme, buffer, area, title, foot, true);
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Blanks an area; a wide character that is cut at its edge goes whole.
pub(super) fn clear(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        let before = area.left().checked_sub(1).filter(|_| area.width > 0);
        if let Some(cell) = before.and_then(|x| buffer.cell_mut((x, y)))
            && text::width(cell.symbol()) > 1
        {
            cell.reset();
        }
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}
