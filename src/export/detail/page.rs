//! Headings, labels and values, one under the other.

use std::fmt::{Display, Write as _};

use crate::export::columns::left;
use crate::export::paint::{Paint, Role};

const INDENT: &str = "  ";
const LABEL: usize = 11;

/// A text that grows downwards.
pub(super) struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    pub(super) fn new(paint: Paint) -> Self {
        Self {
            text: String::new(),
            paint,
        }
    }

    pub(super) fn heading(&mut self, title: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.put(format_args!(
            "{gap}{}",
            self.paint.over(Role::Heading, title)
        ));
    }

    /// `Label      value`; the value must be escaped already.
    pub(super) fn row(&mut self, label: &str, value: impl Display) {
        self.painted_row(label, Role::Plain, value);
    }

    pub(super) fn painted_row(&mut self, label: &str, role: Role, value: impl Display) {
        let value = self.paint.over(role, value);
        self.put(format_args!("{INDENT}{} {value}", left(label, LABEL)));
    }

    /// The same if there is a value.
    pub(super) fn optional_row(&mut self, label: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.row(label, value);
        }
    }

    pub(super) fn line(&mut self, role: Role, line: impl Display) {
        self.put(format_args!("{INDENT}{}", self.paint.over(role, line)));
    }

    /// Received lines. They stand further in than any heading or label, so that a body cannot pass
    /// for one.
    pub(super) fn block(&mut self, lines: &str) {
        for line in lines.split('\n') {
            self.put(format_args!("{INDENT}{INDENT}{line}"));
        }
    }

    fn put(&mut self, line: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
