//! A line of text being typed: the readline keys that everybody's fingers know, and a history.

use tui_input::{Input, InputRequest};

use super::key::{Code, Key};

/// A line being typed.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    input: Input,
    history: Vec<String>,
    /// Which line of the history is shown; past the end: what is being typed.
    at: usize,
    draft: String,
}

impl Prompt {
    /// A prompt that begins with some text, and the lines typed before.
    #[must_use]
    pub fn new(text: impl Into<String>, history: Vec<String>) -> Self {
        Self {
            input: Input::new(text.into()),
            at: history.len(),
            history,
            draft: String::new(),
        }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Where the cursor is, as a byte of the text.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.text()
            .char_indices()
            .nth(self.input.cursor())
            .map_or(self.text().len(), |(at, _)| at)
    }

    /// Puts other text in its place.
    pub fn set(&mut self, text: impl Into<String>) {
        self.input = Input::new(text.into());
    }

    /// Types text in; line ends become blanks, other control characters are left out.
    pub fn insert(&mut self, text: &str) {
        for letter in text.chars() {
            let letter = if matches!(letter, '\n' | '\r' | '\t') {
                ' '
            } else {
                letter
            };
            if !letter.is_control() {
                self.input.handle(InputRequest::InsertChar(letter));
            }
        }
    }

    /// Takes a key; whether the text changed.
    pub fn key(&mut self, key: Key) -> bool {
        let request = match (key.code, key.ctrl) {
            (Code::Char(letter), false) => InputRequest::InsertChar(letter),
            (Code::Char('a'), true) | (Code::Home, _) => InputRequest::GoToStart,
            (Code::Char('e'), true) | (Code::End, _) => InputRequest::GoToEnd,
            (Code::Char('u'), true) => InputRequest::DeleteLine,
            (Code::Char('w'), true) => InputRequest::DeletePrevWord,
            (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
            (Code::Backspace, _) => InputRequest::DeletePrevChar,
            (Code::Delete, _) => InputRequest::DeleteNextChar,
            (Code::Left, _) => InputRequest::GoToPrevChar,
            (Code::Right, _) => InputRequest::GoToNextChar,
            (Code::Up, _) => return self.recall(self.at.checked_sub(1)),
            (Code::Down, _) => return self.recall(Some(self.at + 1)),
            _ => return false,
        };
        self.input
            .handle(request)
            .is_some_and(|changed| changed.value)
    }

    fn recall(&mut self, at: Option<usize>) -> bool {
        let Some(at) = at.filter(|at| *at <= self.history.len()) else {
            return false;
        };
        if self.at == self.history.len() {
            self.draft = self.text().to_owned();
        }
        self.at = at;
        let text = self.history.get(at).unwrap_or(&self.draft).clone();
        self.set(text);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::default();
        prompt.insert(text);
        prompt
    }

    #[test]
    fn pasted_lines_become_one_and_control_characters_are_left_out() {
        assert_eq!(typed("a\nb\u{1b}[2J\tc").text(), "a b[2J c");
    }

    #[test]
    fn a_word_and_a_line_can_be_taken_back() {
        let mut prompt = typed("one two");
        prompt.key(Key::ctrl('w'));
        assert_eq!(prompt.text(), "one ");
        prompt.key(Key::ctrl('u'));
        assert_eq!(prompt.text(), "");
    }

    #[test]
    fn the_history_comes_back_and_so_does_what_was_being_typed() {
        let mut prompt = Prompt::new("", vec!["first".to_owned(), "second".to_owned()]);
        prompt.insert("new");
        prompt.key(Key::plain(Code::Up));
        assert_eq!(prompt.text(), "second");
        prompt.key(Key::plain(Code::Up));
        prompt.key(Key::plain(Code::Up));
        assert_eq!(prompt.text(), "first");
        prompt.key(Key::plain(Code::Down));
        prompt.key(Key::plain(Code::Down));
        assert_eq!(prompt.text(), "new");
    }

    #[test]
    fn the_cursor_counts_bytes_of_wide_letters() {
        let mut prompt = typed("山田");
        assert_eq!(prompt.cursor(), 6);
        prompt.key(Key::plain(Code::Left));
        assert_eq!(prompt.cursor(), 3);
    }
}
