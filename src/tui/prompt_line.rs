//! A line being typed, as it is drawn: the cursor is a bar, so that a screenshot shows it too.

use ratatui::text::Line;

use crate::text;

use super::prompt::Prompt;
use super::theme::{Role, Theme};
use super::words::Words;

/// A prompt with its label; the part around the cursor is seen.
#[must_use]
pub(super) fn caret(theme: Theme, label: &str, prompt: &Prompt, width: u16) -> Line<'static> {
    let room = usize::from(width).saturating_sub(text::width(label) + 2);
    let (before, after) = prompt.text().split_at(prompt.cursor());
    let before = text::line(before.as_bytes()).into_owned();
    let mut start = 0;
    while text::width(&before[start..]) > room {
        start += before[start..].chars().next().map_or(1, char::len_utf8);
    }
    Words::new(theme)
        .say(Role::Strong, label)
        .plain(before[start..].to_owned())
        .say(Role::Key, "|")
        .sent(Role::Plain, after.as_bytes())
        .fit(width.into())
}

/// A prompt whose text nobody is to read over a shoulder: as many stars.
#[must_use]
pub(super) fn hidden(theme: Theme, label: &str, prompt: &Prompt, width: u16) -> Line<'static> {
    let room = usize::from(width).saturating_sub(text::width(label) + 2);
    let typed = prompt.text().chars().count();
    Words::new(theme)
        .say(Role::Strong, label)
        .plain("*".repeat(typed.min(room)))
        .say(Role::Key, "|")
        .fit(width.into())
}
