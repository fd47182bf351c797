//! A place in the text of a plan, and the few things that can be read there.

use super::error::Problem;

pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on where only this is left to read.
    pub(super) fn leave(&mut self, rest: &str) {
        self.at = self.text.len() - rest.len();
    }

    pub(super) fn skip_blanks(&mut self) {
        self.leave(self.rest().trim_start());
    }

    /// Steps over `expected` if it stands here.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let is_here = self.rest().starts_with(expected);
        if is_here {
            self.at += expected.len();
        }
        is_here
    }

    /// Steps over everything up to the first character that is not `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|next| !wanted(next)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(super) fn digits(&mut self) -> &'t str {
        self.take_while(|next| next.is_ascii_digit())
    }

    /// A text in quotes, with the escapes of JSON; the cursor stands on the first quote.
    pub(super) fn quoted(&mut self) -> Result<String, Problem> {
        let start = self.at;
        let rest = self.rest();
        let mut is_escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, character)| {
            let ends = *character == '"' && !is_escaped;
            is_escaped = *character == '\\' && !is_escaped;
            ends
        });
        let Some((end, _)) = end else {
            let fix = "add the closing \"; a quote inside is written \\\"";
            return Err(Problem::new(start, "the quote is never closed", fix));
        };
        let literal = &rest[..=end];
        self.at += literal.len();
        serde_json::from_str(literal).map_err(|_| {
            let fix = "write a backslash as \\\\, a line break as \\n, anything else as \\u0000";
            Problem::new(start, "the text in quotes is not a JSON string", fix)
        })
    }
}
