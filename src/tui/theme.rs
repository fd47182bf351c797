//! What is told apart by looks: a role for every kind of text, and what a theme makes of it.
//!
//! Words come first: nothing is told by colour alone. `mono` has no colours at all, not even the
//! default one spelt out: a terminal library that must suppress a colour resets the reverse of the
//! selection with it.

use std::str::FromStr;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anything.
    Plain,
    /// What can be overlooked: ids, rules, hints.
    Dim,
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// It waits, or somebody should look.
    Warn,
    /// A title, a label that leads.
    Strong,
    /// A key that can be pressed.
    Key,
    /// The row under the cursor.
    Selected,
    /// Something is armed.
    Alarm,
    /// What was searched for.
    Match,
    /// The frame of a pane.
    Frame,
    /// The frame of the pane that has the keys.
    Focus,
}

/// Which colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// The sixteen colours of the terminal.
    #[default]
    Ansi,
    /// None.
    Mono,
    /// Blue and orange in place of green and red.
    Cb,
}

impl FromStr for Palette {
    type Err = super::world::Trouble;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ansi" => Ok(Self::Ansi),
            "mono" => Ok(Self::Mono),
            "cb" => Ok(Self::Cb),
            _ => Err(super::world::Trouble::new(format!(
                "no theme is called \"{}\"",
                crate::text::line(text.as_bytes())
            ))
            .fix("use ansi, mono or cb")),
        }
    }
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
}

impl Theme {
    /// The style of a role.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let style = Style::new();
        match role {
            Role::Plain => style,
            Role::Dim | Role::Frame => style.add_modifier(Modifier::DIM),
            Role::Good => self.coloured(style, Color::Green, Color::Blue),
            Role::Bad => self
                .coloured(style, Color::Red, Color::LightYellow)
                .add_modifier(Modifier::BOLD),
            Role::Warn => self.coloured(style, Color::Yellow, Color::Cyan),
            Role::Strong | Role::Key | Role::Focus => style.add_modifier(Modifier::BOLD),
            Role::Selected | Role::Alarm => style.add_modifier(Modifier::REVERSED),
            Role::Match => style.add_modifier(Modifier::REVERSED | Modifier::BOLD),
        }
    }

    fn coloured(self, style: Style, ansi: Color, cb: Color) -> Style {
        match self.palette {
            Palette::Ansi => style.fg(ansi),
            Palette::Cb => style.fg(cb),
            Palette::Mono => style,
        }
    }

    /// Replaces everything that is not ASCII in what was drawn.
    pub fn reduce(self, buffer: &mut Buffer) {
        if !self.ascii {
            return;
        }
        let width = usize::from(buffer.area.width).max(1);
        for at in 0..buffer.content.len() {
            let blank_after =
                (at + 1) % width != 0 && buffer.content.get(at + 1).is_some_and(is_blank);
            let symbol = buffer.content[at].symbol();
            if symbol.is_ascii() {
                continue;
            }
            let ellipsis = symbol == "…";
            let plain = ascii(symbol);
            buffer.content[at].set_symbol(plain);
            if ellipsis && blank_after {
                buffer.content[at + 1].set_symbol(".");
            }
        }
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " "
}

/// The sign that stands for another one in ASCII.
fn ascii(symbol: &str) -> &'static str {
    match symbol {
        "│" | "┃" => "|",
        "─" | "━" => "-",
        "┌" | "┐" | "└" | "┘" | "┏" | "┓" | "┗" | "┛" | "├" | "┼" => "+",
        "▸" => ">",
        "▾" => "v",
        "↻" => "~",
        "○" => "o",
        "✗" => "x",
        "✓" => "+",
        "▕" => "[",
        "▏" => "]",
        "█" => "#",
        "░" | "…" | "·" => ".",
        "—" | "–" => "-",
        "“" | "”" => "\"",
        "→" => ">",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn mono_has_no_colour_in_any_role() {
        let mono = Theme {
            palette: Palette::Mono,
            ascii: false,
        };
        for role in [
            Role::Plain,
            Role::Dim,
            Role::Good,
            Role::Bad,
            Role::Warn,
            Role::Strong,
            Role::Key,
            Role::Selected,
            Role::Alarm,
            Role::Match,
            Role::Frame,
            Role::Focus,
        ] {
            let style = mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn ascii_leaves_no_byte_above_tilde() {
        let theme = Theme {
            ascii: true,
            ..Theme::default()
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "┏▾↻é山…  x", Style::new());
        theme.reduce(&mut buffer);
        let drawn: String = buffer.content.iter().map(Cell::symbol).collect();
        assert!(drawn.is_ascii(), "{drawn}");
        assert!(drawn.starts_with("+v~?"), "{drawn}");
        assert!(drawn.contains(".."), "{drawn}");
    }
}
