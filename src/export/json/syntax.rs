//! Why bytes are not JSON, and where.

use std::fmt;

/// Why bytes are not JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte at which it stops being JSON.
    pub at: usize,
    /// The line of that byte, from 1.
    pub line: usize,
    /// Its character on that line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl SyntaxError {
    pub(super) fn new(source: &[u8], at: usize, problem: &'static str) -> Self {
        let (line, column) = place(source, at);
        Self {
            at,
            line,
            column,
            problem,
        }
    }
}

/// The line of a byte and its character on that line, both from 1.
#[must_use]
pub fn place(source: &[u8], at: usize) -> (usize, usize) {
    let before = &source[..at.min(source.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let is_character_start = |byte: &&u8| (**byte & 0xC0) != 0x80;
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + before[line_start..]
        .iter()
        .filter(is_character_start)
        .count();
    (line, column)
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} at {}:{}",
            self.problem, self.line, self.column
        )
    }
}

impl std::error::Error for SyntaxError {}

/// The bytes as text, which all JSON must be.
///
/// # Errors
/// At the first byte that is not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, SyntaxError> {
    std::str::from_utf8(bytes)
        .map_err(|error| SyntaxError::new(bytes, error.valid_up_to(), "a byte that is not UTF-8"))
}
