//! A small field in a dialog: what is typed first replaces what stood there.

use super::key::{Code, Key};

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    text: String,
    /// Nothing was typed since the field was entered.
    fresh: bool,
}

impl Entry {
    /// A field with a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            fresh: true,
        }
    }

    /// What stands in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was typed since it was entered.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Puts another text into it.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.fresh = true;
    }

    /// The field was entered: what is typed now replaces its text.
    pub fn enter(&mut self) {
        self.fresh = true;
    }

    /// Takes a key; whether it meant something.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl) {
            (Code::Char('u'), true) => self.text.clear(),
            (Code::Char('w'), true) => {
                let end = self.text.trim_end_matches(|letter| letter != '/').len();
                self.text.truncate(end.saturating_sub(1));
            }
            (Code::Backspace, _) => {
                self.text.pop();
            }
            (Code::Char(letter), false) => {
                if self.fresh {
                    self.text.clear();
                }
                self.text.push(letter);
            }
            _ => return false,
        }
        self.fresh = false;
        true
    }

    /// Types text in.
    pub fn insert(&mut self, text: &str) {
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            self.key(Key::letter(letter));
        }
    }

    /// Its text as a number.
    #[must_use]
    pub fn number<T: std::str::FromStr>(&self) -> Option<T> {
        self.text.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_replaces_and_the_next_ones_follow() {
        let mut entry = Entry::new("500");
        entry.insert("42");
        assert_eq!(entry.text(), "42");
        entry.enter();
        entry.key(Key::plain(Code::Backspace));
        assert_eq!(entry.text(), "4");
        entry.insert("2");
        assert_eq!(entry.text(), "42");
    }
}
