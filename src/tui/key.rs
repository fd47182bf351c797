//! A key as it is pressed and as it is spelled in the configuration: `j`, `ctrl-d`, `space`, `f1`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::world::Trouble;

/// One key, with Ctrl or without. Shift is in the letter, Alt is never needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which one.
    pub code: Code,
    /// Whether Ctrl was held.
    pub ctrl: bool,
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Function(u8),
}

const NAMED: [(&str, Code); 15] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("shift-tab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("space", Code::Char(' ')),
];

impl Key {
    /// A key without Ctrl.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false }
    }

    /// A letter without Ctrl.
    #[must_use]
    pub fn letter(letter: char) -> Self {
        Self::plain(Code::Char(letter))
    }

    /// A letter with Ctrl.
    #[must_use]
    pub fn ctrl(letter: char) -> Self {
        Self {
            code: Code::Char(letter),
            ctrl: true,
        }
    }

    /// The letter that is meant as text; `None` for everything else.
    #[must_use]
    pub fn text(self) -> Option<char> {
        match self.code {
            Code::Char(letter) if !self.ctrl => Some(letter),
            _ => None,
        }
    }

    /// The key of a terminal event; `None` for one that means nothing here.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Option<Self> {
        let code = match event.code {
            KeyCode::Char(letter) => Code::Char(letter),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab => Code::Tab,
            KeyCode::BackTab => Code::BackTab,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::F(number) => Code::Function(number),
            _ => return None,
        };
        // Alt and a letter is Esc and that letter on a slow line: neither may type the letter.
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        // Terminals without an own Ctrl-H send it for Backspace, and the other way round.
        if ctrl && code == Code::Char('h') {
            return Some(Self::plain(Code::Backspace));
        }
        Some(Self { code, ctrl })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            formatter.write_str("ctrl-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return formatter.write_str(name);
        }
        match self.code {
            Code::Char(letter) => write!(formatter, "{letter}"),
            Code::Function(number) => write!(formatter, "f{number}"),
            _ => Ok(()),
        }
    }
}

impl Key {
    /// The key as the help spells it: `Ctrl-D`, `Space`, `PgDn`.
    #[must_use]
    pub fn label(self) -> String {
        let name = match self.code {
            Code::Char(' ') => "Space".to_owned(),
            Code::Char(letter) if self.ctrl => letter.to_uppercase().collect(),
            Code::Char(letter) => letter.to_string(),
            Code::PageUp => "PgUp".to_owned(),
            Code::PageDown => "PgDn".to_owned(),
            Code::BackTab => "Shift-Tab".to_owned(),
            Code::Function(number) => format!("F{number}"),
            code => format!("{code:?}"),
        };
        if self.ctrl {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }
}

impl FromStr for Key {
    type Err = Trouble;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ctrl, name) = match text.strip_prefix("ctrl-") {
            Some(name) => (true, name),
            None => (false, text),
        };
        if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(Self { code: *code, ctrl });
        }
        let mut letters = name.chars();
        if let (Some(letter), None) = (letters.next(), letters.next())
            && !letter.is_control()
            && letter != ' '
        {
            return Ok(Self {
                code: Code::Char(letter),
                ctrl,
            });
        }
        if let Some(Ok(number @ 1..=12)) = name.strip_prefix('f').map(str::parse::<u8>) {
            return Ok(Self {
                code: Code::Function(number),
                ctrl,
            });
        }
        Err(Trouble::new(format!(
            "cannot read the key \"{}\"",
            crate::text::line(text.as_bytes())
        ))
        .fix("write a letter, ctrl-x, f1, or a name such as space, enter, esc, tab, pgdn, left"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_named_key_reads_back() {
        for (name, code) in NAMED {
            assert_eq!(name.parse::<Key>().unwrap(), Key::plain(code));
            assert_eq!(Key::plain(code).to_string(), name);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_way_to_write_one() {
        for wrong in ["", "jj", "f13", "f0", "hyper-x", "\u{1b}"] {
            assert!(wrong.parse::<Key>().unwrap_err().fix.is_some(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_reads_back_from_its_text(letter in "[!-~]", ctrl: bool) {
            let key = Key { code: Code::Char(letter.chars().next().unwrap()), ctrl };
            prop_assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
    }
}
