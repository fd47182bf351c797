//! What is wrong with a filter: the place, what stands there, and what to write instead.
//!
//! Every error has a fix, because a filter is typed live and corrected at once.

pub(super) use crate::text::nearest;

/// Why a text is not a filter. The message and the fix are escaped already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column})")]
pub struct FilterError {
    /// Which byte of the text it is about.
    pub at: usize,
    /// The same as a count of characters, from 1.
    pub column: usize,
    /// What is wrong, without the place.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

/// An error about the byte `at` of a text that whoever returns it does not have at hand.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) fix: String,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn in_text(self, text: &str) -> FilterError {
        let before = text.get(..self.at).unwrap_or(text);
        FilterError {
            at: before.len(),
            column: before.chars().count() + 1,
            message: crate::text::line(self.message.as_bytes()).into_owned(),
            fix: crate::text::line(self.fix.as_bytes()).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_counts_characters_and_the_place_counts_bytes() {
        let error = Problem::new("é漢".len(), "m\u{1b}", "f").in_text("é漢x");
        assert_eq!((error.at, error.column), (5, 3));
        assert_eq!(error.message, "m\\u{1b}");
    }
}
