//! How terms are joined: blanks, `|`, `-` and parentheses.
//!
//! ```text
//! filter = all *( "|" all )
//! all    = part *( part )
//! part   = "-" part | "(" filter ")" | term
//! ```
//! The depth is bounded, so that no text can exhaust the stack.

use super::cursor::Cursor;
use super::error::{FilterError, Problem};
use super::expression::Expression;
use super::term;

/// How deep parentheses and negations may nest.
const MAX_DEPTH: usize = 32;

/// How long a filter may be, in bytes.
const MAX_LENGTH: usize = 8192;

/// Reads a filter up to the end of the text, or to a `;` that is not quoted. Says how many bytes
/// were read.
pub(super) fn parse(text: &str) -> Result<(Expression, usize), FilterError> {
    if text.len() > MAX_LENGTH {
        let is_boundary = |at: &usize| text.is_char_boundary(*at);
        let at = (0..=MAX_LENGTH).rev().find(is_boundary).unwrap_or(0);
        let message = format!("a filter has at most {MAX_LENGTH} bytes");
        return Err(Problem::new(at, message, "shorten it").in_text(text));
    }
    let mut parser = Parser {
        cursor: Cursor::new(text),
        depth: 0,
    };
    parser
        .filter()
        .and_then(|expression| parser.nothing_left().map(|()| expression))
        .map(|expression| (expression, parser.cursor.at()))
        .map_err(|problem| problem.in_text(text))
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    depth: usize,
}

impl Parser<'_> {
    fn nothing_left(&self) -> Result<(), Problem> {
        match self.cursor.peek() {
            Some(')') => Err(Problem::new(
                self.cursor.at(),
                "a ) without its (",
                "remove it, or put it in quotes if it is text",
            )),
            _ => Ok(()),
        }
    }

    /// The empty text is the filter that matches everything.
    fn filter(&mut self) -> Result<Expression, Problem> {
        self.cursor.skip_blanks();
        if matches!(self.cursor.peek(), None | Some(';')) {
            return Ok(Expression::all_of(Vec::new()));
        }
        self.any()
    }

    fn any(&mut self) -> Result<Expression, Problem> {
        let mut members = vec![self.all()?];
        while self.cursor.take("|") {
            members.push(self.all()?);
        }
        Ok(Expression::any_of(members))
    }

    fn all(&mut self) -> Result<Expression, Problem> {
        let mut members = Vec::new();
        loop {
            self.cursor.skip_blanks();
            if matches!(self.cursor.peek(), None | Some('|' | ')' | ';')) {
                break;
            }
            members.push(self.part()?);
        }
        if members.is_empty() {
            return Err(self.missing_term());
        }
        Ok(Expression::all_of(members))
    }

    fn missing_term(&self) -> Problem {
        let (found, fix) = match self.cursor.peek() {
            Some('|') => (
                "before the |",
                "write a term on both sides of |, or remove it",
            ),
            Some(')') => (
                "before the )",
                "write a term between ( and ), or remove them",
            ),
            Some(_) => ("before the ;", "put the text in quotes if ; belongs to it"),
            None => ("at the end", "write a term such as sig:bad"),
        };
        Problem::new(self.cursor.at(), format!("a term is missing {found}"), fix)
    }

    fn part(&mut self) -> Result<Expression, Problem> {
        let start = self.cursor.at();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(Problem::new(
                start,
                message,
                "write it with fewer parentheses",
            ));
        }
        let part = if self.cursor.take("-") {
            self.negated(start)
        } else if self.cursor.take("(") {
            self.group(start)
        } else {
            term::parse(&mut self.cursor).map(Expression::Term)
        };
        self.depth -= 1;
        part
    }

    fn negated(&mut self, start: usize) -> Result<Expression, Problem> {
        let next = self.cursor.peek();
        if next.is_none_or(|next| next.is_whitespace() || matches!(next, '|' | ')' | ';')) {
            return Err(Problem::new(
                start,
                "- stands before nothing",
                "write what must not match right after it: -sig:ok",
            ));
        }
        self.part().map(|part| Expression::Not(Box::new(part)))
    }

    fn group(&mut self, start: usize) -> Result<Expression, Problem> {
        let inner = self.any()?;
        if self.cursor.take(")") {
            return Ok(inner);
        }
        Err(Problem::new(
            start,
            "this ( is never closed",
            "add the ), or put it in quotes if it is text",
        ))
    }
}
