//! Colour for text: roles, not colours, and only when asked.
//!
//! The words say everything; colour repeats it. Whether a stream gets colour is decided above.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// Plain words.
    #[default]
    Off,
    /// Words with ANSI styles round them.
    On,
}

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It went well: a 2xx, a signature that holds.
    Good,
    /// It did not: a 4xx or 5xx, a wrong signature.
    Bad,
    /// It is open or meant: held, armed, a retry due.
    Busy,
    /// It is there to be copied, not read: ids.
    Dim,
    /// It heads a section.
    Heading,
    /// Everything else.
    Plain,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Busy => AnsiColor::Yellow.on_default(),
            Self::Dim => Style::new().dimmed(),
            Self::Heading => Style::new().bold(),
            Self::Plain => Style::new(),
        }
    }
}

impl Paint {
    /// `text` in the colour of `role`.
    pub fn over<T: fmt::Display>(self, role: Role, text: T) -> impl fmt::Display {
        let style = match self {
            Self::On => role.style(),
            Self::Off => Style::new(),
        };
        Painted { style, text }
    }
}

struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}{}{}",
            self.style.render(),
            self.text,
            self.style.render_reset()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_the_same_without_colour() {
        assert_eq!(Paint::Off.over(Role::Bad, 500).to_string(), "500");
        assert_eq!(
            Paint::On.over(Role::Bad, 500).to_string(),
            "\u{1b}[31m500\u{1b}[0m"
        );
        assert_eq!(Paint::On.over(Role::Plain, 500).to_string(), "500");
    }
}
