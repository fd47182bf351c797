//! A line of text in the making: pieces with roles, columns to reach, edges to keep.
//!
//! What was received goes through [`Words::sent`], which makes it visible; everything else is ours.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::text;

use super::theme::{Role, Theme};

/// A line in the making.
#[derive(Debug, Clone)]
pub(super) struct Words {
    theme: Theme,
    spans: Vec<Span<'static>>,
    columns: usize,
}

impl Words {
    /// An empty line.
    #[must_use]
    pub(super) fn new(theme: Theme) -> Self {
        Self {
            theme,
            spans: Vec::new(),
            columns: 0,
        }
    }

    /// Adds our own words.
    #[must_use]
    pub(super) fn say(mut self, role: Role, words: impl Into<String>) -> Self {
        self.add(role, words.into());
        self
    }

    /// Adds our own words without any emphasis.
    #[must_use]
    pub(super) fn plain(self, words: impl Into<String>) -> Self {
        self.say(Role::Plain, words)
    }

    /// Adds something that was received, made visible.
    #[must_use]
    pub(super) fn sent(self, role: Role, received: &[u8]) -> Self {
        let shown = text::line(received).into_owned();
        self.say(role, shown)
    }

    /// Goes on in this column, at least one blank further unless nothing stands there yet.
    #[must_use]
    pub(super) fn at(mut self, column: usize) -> Self {
        let blanks = column.checked_sub(self.columns).unwrap_or(1);
        self.add(Role::Plain, " ".repeat(blanks));
        self
    }

    /// Adds words cut to some columns, and blanks up to them.
    #[must_use]
    pub(super) fn field(mut self, role: Role, words: &str, columns: usize) -> Self {
        let clipped = text::clip(words, columns);
        let used = text::width(&clipped);
        self.add(role, clipped.into_owned());
        self.add(Role::Plain, " ".repeat(columns.saturating_sub(used)));
        self
    }

    /// Adds `[ text  ]`: the end of what stands in a field, where its cursor is.
    #[must_use]
    pub(super) fn entry(self, role: Role, words: &str, columns: usize) -> Self {
        let shown = text::line(words.as_bytes());
        let end = shown
            .char_indices()
            .rev()
            .take(columns)
            .last()
            .map_or(0, |(at, _)| at);
        self.plain("[ ")
            .field(role, &shown[end..], columns)
            .plain("]")
    }

    /// Adds words against the right edge of some columns.
    #[must_use]
    pub(super) fn right(mut self, role: Role, words: &str, columns: usize) -> Self {
        let clipped = text::clip(words, columns);
        let used = text::width(&clipped);
        self.add(Role::Plain, " ".repeat(columns.saturating_sub(used)));
        self.add(role, clipped.into_owned());
        self
    }

    /// How many columns are used.
    #[must_use]
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The line.
    #[must_use]
    pub(super) fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// The line, ending in `…` where it would be wider than `columns`.
    #[must_use]
    pub(super) fn fit(self, columns: usize) -> Line<'static> {
        if self.columns <= columns {
            return self.line();
        }
        let mut left = columns;
        let mut kept = Vec::new();
        for span in self.spans {
            let width = text::width(&span.content);
            if width < left {
                left -= width;
                kept.push(span);
                continue;
            }
            // Something follows or does not fit: it ends here, and says so.
            let mut cut = text::clip(&span.content, left).into_owned();
            if width == left {
                cut = text::clip(&format!("{}..", span.content), left).into_owned();
            }
            kept.push(Span::styled(cut, span.style));
            break;
        }
        Line::from(kept)
    }

    fn add(&mut self, role: Role, words: String) {
        if words.is_empty() {
            return;
        }
        self.columns += text::width(&words);
        self.spans.push(Span::styled(words, self.theme.style(role)));
    }
}

/// Breaks our own words into lines of at most some columns.
#[must_use]
pub(super) fn wrap(words: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in words.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let needed = text::width(&line) + 1 + text::width(word);
            if !line.is_empty() && needed > columns {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Draws lines from the top of an area, clipped at its edges.
pub(super) fn put(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>]) {
    let area = area.intersection(buffer.area);
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        buffer.set_line(area.x, y, line, area.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::new(Theme::default())
    }

    fn shown(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| &*span.content).collect()
    }

    #[test]
    fn columns_are_kept_whatever_stands_before_them() {
        assert_eq!(shown(&words().plain("ab").at(4).plain("c").line()), "ab  c");
        assert_eq!(
            shown(&words().plain("abcde").at(4).plain("c").line()),
            "abcde c"
        );
    }

    #[test]
    fn a_line_that_does_not_fit_says_so() {
        assert_eq!(shown(&words().plain("abc").plain("def").fit(6)), "abcdef");
        assert_eq!(shown(&words().plain("abc").plain("def").fit(5)), "abcd…");
        assert_eq!(shown(&words().plain("abc").plain("def").fit(3)), "ab…");
    }

    #[test]
    fn received_text_is_made_visible() {
        let line = words().sent(Role::Plain, b"a\x1b[2J").line();
        assert_eq!(shown(&line), "a\\u{1b}[2J");
    }

    #[test]
    fn our_sentences_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }
}
