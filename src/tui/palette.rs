//! Every command by name: the palette, and the help that can be searched and run.

use super::action::Action;
use super::key::{Code, Key};
use super::keys::{COMMANDS, Command, Scope};
use super::prompt::Prompt;

/// A search among the commands.
#[derive(Debug, Default)]
pub struct Palette {
    /// What is searched for.
    pub prompt: Prompt,
    /// Which of the found ones the cursor is on.
    pub at: usize,
    /// Where it was opened: commands that mean something there come first.
    scopes: &'static [Scope],
}

impl Palette {
    /// A search that has found everything.
    #[must_use]
    pub fn new(scopes: &'static [Scope]) -> Self {
        Self {
            scopes,
            ..Self::default()
        }
    }

    /// The commands found, best first.
    #[must_use]
    pub fn found(&self) -> Vec<&'static Command> {
        let typed = self.prompt.text().trim();
        let wanted = match self.key_file() {
            Some(_) => "try-key".to_owned(),
            None => typed.to_lowercase(),
        };
        let mut found: Vec<(u32, usize, &'static Command)> = COMMANDS
            .iter()
            .enumerate()
            .filter(|(_, command)| !wanted.is_empty() || self.means_something(command))
            .filter_map(|(at, command)| {
                let text = format!("{} {}", command.help.to_lowercase(), command.name);
                Some((score(&text, &wanted)?, at, command))
            })
            .collect();
        found.sort_by_key(|(score, at, _)| (*score, *at));
        found.into_iter().map(|(.., command)| command).collect()
    }

    fn means_something(&self, command: &Command) -> bool {
        command.scope == Scope::Everywhere
            || self.scopes.is_empty()
            || self.scopes.contains(&command.scope)
    }

    /// The command under the cursor.
    #[must_use]
    pub fn chosen(&self) -> Option<Action> {
        self.found().get(self.at).map(|command| command.action)
    }

    /// The file of `try-key FILE`, the one command with something behind it.
    #[must_use]
    pub fn key_file(&self) -> Option<&str> {
        let (command, file) = self.prompt.text().trim().split_once(' ')?;
        (command == "try-key").then(|| file.trim())
    }

    /// Takes a key; `page` lines make a page.
    pub fn key(&mut self, key: Key, page: usize) {
        let last = self.found().len().saturating_sub(1);
        self.at = match (key.code, key.ctrl) {
            (Code::Down, _) | (Code::Char('n'), true) => (self.at + 1).min(last),
            (Code::Up, _) | (Code::Char('p'), true) => self.at.saturating_sub(1),
            (Code::PageDown, _) => (self.at + page).min(last),
            (Code::PageUp, _) => self.at.saturating_sub(page),
            (Code::Tab, _) => self.next_section(),
            _ => {
                if self.prompt.key(key) {
                    self.at = 0;
                }
                self.at
            }
        };
    }

    /// The first command of the section after the one under the cursor.
    fn next_section(&self) -> usize {
        let found = self.found();
        let here = found.get(self.at).map(|command| command.section);
        found
            .iter()
            .enumerate()
            .skip(self.at)
            .find(|(_, command)| Some(command.section) != here)
            .map_or(0, |(at, _)| at)
    }
}

/// How well a text fits what is typed, less is better; `None` when its letters are not all there in
/// order.
fn score(text: &str, wanted: &str) -> Option<u32> {
    if wanted.is_empty() {
        return Some(0);
    }
    if let Some(at) = text.find(wanted) {
        let starts_word = at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
        return Some(if starts_word { 0 } else { 1 });
    }
    let mut letters = text.chars();
    let mut skipped = 0_u32;
    for letter in wanted.chars().filter(|letter| *letter != ' ') {
        let before = letters.as_str().len();
        letters.find(|other| *other == letter)?;
        let after = letters.as_str().len();
        skipped += u32::try_from(before - after).unwrap_or(u32::MAX);
    }
    Some(2 + skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let mut palette = Palette::new(&[]);
        palette.prompt.insert(text);
        palette
            .found()
            .into_iter()
            .map(|command| command.name)
            .collect()
    }

    #[test]
    fn words_come_before_letters_in_order() {
        assert_eq!(found("replay")[0], "replay");
        assert!(found("rply").contains(&"replay"));
        assert!(found("zzzz").is_empty());
    }

    #[test]
    fn typing_narrows_and_puts_the_cursor_on_the_best() {
        let mut palette = Palette::new(&[]);
        palette.key(Key::plain(Code::Down), 5);
        assert_eq!(palette.at, 1);
        for letter in "disarm".chars() {
            palette.key(Key::letter(letter), 5);
        }
        assert_eq!(palette.chosen(), Some(Action::Disarm));
    }
}
