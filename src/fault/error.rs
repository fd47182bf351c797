//! What is wrong with a plan: the place, what was expected there, and a way out.

use crate::text;

/// Why a text is not a plan. All of it is escaped already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column})")]
pub struct PlanError {
    /// Which byte of the text it is about.
    pub at: usize,
    /// The same as a count of characters, from 1.
    pub column: usize,
    /// What is wrong, without the place.
    pub message: String,
    /// What to write instead.
    pub fix: String,
    /// The whole plan as it was probably meant, if that can be told; it can be read.
    pub suggestion: Option<String>,
}

/// An error about the byte `at` of a text that whoever returns it does not have at hand.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) fix: String,
    /// What should stand in place of the bytes from `at`, that many.
    pub(super) instead: Option<(usize, String)>,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            fix: fix.into(),
            instead: None,
        }
    }

    /// With what should stand in place of `length` bytes here.
    pub(super) fn instead(mut self, length: usize, replacement: impl Into<String>) -> Self {
        self.instead = Some((length, replacement.into()));
        self
    }

    /// The text with the replacement made.
    pub(super) fn repaired(&self, text: &str) -> Option<String> {
        let (length, replacement) = self.instead.as_ref()?;
        let before = text.get(..self.at)?;
        let after = text.get(self.at + length..)?;
        Some(format!("{before}{replacement}{after}"))
    }

    pub(super) fn in_text(self, text: &str, suggestion: Option<String>) -> PlanError {
        let before = text.get(..self.at).unwrap_or(text);
        PlanError {
            at: before.len(),
            column: before.chars().count() + 1,
            message: text::line(self.message.as_bytes()).into_owned(),
            fix: text::line(self.fix.as_bytes()).into_owned(),
            suggestion: suggestion.filter(|plan| text::line(plan.as_bytes()) == plan.as_str()),
        }
    }
}
