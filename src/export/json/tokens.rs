//! The token walker: one pass over the text, no recursion, no copies.

use std::ops::Range;

use super::lexeme;
use super::syntax::SyntaxError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `{`
    ObjectOpen,
    /// `}`
    ObjectClose,
    /// `[`
    ArrayOpen,
    /// `]`
    ArrayClose,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// The name of an object's member, quotes included.
    Key,
    /// A string that is a value, quotes included.
    String,
    /// A number, as written.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

/// One token: what it is, and which bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// How many objects and arrays it stands in; a bracket stands in those around its own.
    pub depth: usize,
}

impl Token {
    /// Its bytes, as a range.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrArrayClose,
    KeyOrObjectClose,
    Key,
    Colon,
    CommaOrClose,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// The tokens of one JSON document, in order; after an error there are no more.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    source: &'a str,
    at: usize,
    expect: Expect,
    open: Vec<Container>,
    failed: bool,
}

impl<'a> Tokens<'a> {
    /// The tokens of `source`.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            expect: Expect::Value,
            open: Vec::new(),
            failed: false,
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.source.as_bytes()
    }

    fn skip_blanks(&mut self) {
        let rest = &self.bytes()[self.at..];
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().take_while(|byte| is_blank(byte)).count();
    }

    fn fail(&mut self, at: usize, problem: &'static str) -> SyntaxError {
        self.failed = true;
        SyntaxError::new(self.bytes(), at, problem)
    }

    fn lexeme_end(
        &mut self,
        end: impl FnOnce(&[u8], usize) -> Result<usize, lexeme::Fault>,
    ) -> Result<usize, SyntaxError> {
        end(self.bytes(), self.at).map_err(|fault| self.fail(fault.at, fault.problem))
    }

    fn token(&mut self, kind: TokenKind, end: usize) -> Token {
        let token = Token {
            kind,
            start: self.at,
            end,
            depth: self.open.len(),
        };
        self.at = end;
        token
    }

    fn after_value(&self) -> Expect {
        if self.open.is_empty() {
            Expect::End
        } else {
            Expect::CommaOrClose
        }
    }

    fn step(&mut self, byte: u8) -> Result<Token, SyntaxError> {
        match (self.expect, byte) {
            (Expect::End, _) => Err(self.fail(self.at, "more text after the end of the value")),
            (Expect::KeyOrObjectClose, b'}') | (Expect::ValueOrArrayClose, b']') => {
                Ok(self.close(byte))
            }
            (Expect::Key | Expect::KeyOrObjectClose, b'"') => {
                let end = self.lexeme_end(lexeme::string_end)?;
                self.expect = Expect::Colon;
                Ok(self.token(TokenKind::Key, end))
            }
            (Expect::Key, b'}') => Err(self.fail(self.at, "a comma before the closing brace")),
            (Expect::Key | Expect::KeyOrObjectClose, _) => {
                Err(self.fail(self.at, "a key in double quotes is missing"))
            }
            (Expect::Colon, b':') => {
                self.expect = Expect::Value;
                Ok(self.token(TokenKind::Colon, self.at + 1))
            }
            (Expect::Colon, _) => Err(self.fail(self.at, "the colon after a key is missing")),
            (Expect::CommaOrClose, _) => self.comma_or_close(byte),
            (Expect::Value | Expect::ValueOrArrayClose, _) => self.value(byte),
        }
    }

    fn comma_or_close(&mut self, byte: u8) -> Result<Token, SyntaxError> {
        match (self.open.last(), byte) {
            (Some(Container::Object), b',') => {
                self.expect = Expect::Key;
                Ok(self.token(TokenKind::Comma, self.at + 1))
            }
            (Some(Container::Array), b',') => {
                self.expect = Expect::Value;
                Ok(self.token(TokenKind::Comma, self.at + 1))
            }
            (Some(Container::Object), b'}') | (Some(Container::Array), b']') => {
                Ok(self.close(byte))
            }
            (Some(Container::Object), _) => Err(self.fail(self.at, "expected a comma or }")),
            _ => Err(self.fail(self.at, "expected a comma or ]")),
        }
    }

    fn close(&mut self, byte: u8) -> Token {
        self.open.pop();
        self.expect = self.after_value();
        let kind = if byte == b'}' {
            TokenKind::ObjectClose
        } else {
            TokenKind::ArrayClose
        };
        self.token(kind, self.at + 1)
    }

    fn value(&mut self, byte: u8) -> Result<Token, SyntaxError> {
        match byte {
            b'{' => Ok(self.begin(Container::Object)),
            b'[' => Ok(self.begin(Container::Array)),
            b'"' => {
                let end = self.lexeme_end(lexeme::string_end)?;
                Ok(self.scalar(TokenKind::String, end))
            }
            b'-' | b'0'..=b'9' => {
                let end = self.lexeme_end(lexeme::number_end)?;
                Ok(self.scalar(TokenKind::Number, end))
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b']' => Err(self.fail(self.at, "a comma before the closing bracket")),
            0xEF if self.at == 0 && self.source.starts_with('\u{feff}') => {
                Err(self.fail(self.at, "a byte order mark before the value"))
            }
            _ => Err(self.fail(self.at, "no JSON value begins like this")),
        }
    }

    fn begin(&mut self, container: Container) -> Token {
        let kind = match container {
            Container::Object => TokenKind::ObjectOpen,
            Container::Array => TokenKind::ArrayOpen,
        };
        self.expect = match container {
            Container::Object => Expect::KeyOrObjectClose,
            Container::Array => Expect::ValueOrArrayClose,
        };
        let token = self.token(kind, self.at + 1);
        self.open.push(container);
        token
    }

    fn scalar(&mut self, kind: TokenKind, end: usize) -> Token {
        self.expect = self.after_value();
        self.token(kind, end)
    }

    fn literal(&mut self, word: &'static str) -> Result<Token, SyntaxError> {
        if self.bytes()[self.at..].starts_with(word.as_bytes()) {
            Ok(self.scalar(TokenKind::Literal, self.at + word.len()))
        } else {
            Err(self.fail(self.at, "a word that is not true, false or null"))
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        self.skip_blanks();
        match self.bytes().get(self.at) {
            Some(&byte) => Some(self.step(byte)),
            None if self.expect == Expect::End => None,
            None if self.at == self.bytes().len() && self.open.is_empty() => {
                Some(Err(self.fail(self.at, "nothing where a value was expected")))
            }
            None => Some(Err(self.fail(self.at, "the end, with brackets still open"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use serde::de::IgnoredAny;

    use super::*;
    use crate::export::json::text;

    fn lexemes(source: &str) -> Vec<&str> {
        Tokens::new(source)
            .map(|token| &source[token.unwrap().range()])
            .collect()
    }

    fn problem(source: &str) -> String {
        Tokens::new(source)
            .find_map(Result::err)
            .map_or_else(|| "no error".to_owned(), |error| error.to_string())
    }

    #[test]
    fn every_lexeme_comes_back_as_it_was_written() {
        let source = r#" { "a\u001b" : [ 1.10 , -0, 1e999,"é\ud800" ] ,"a":null } "#;
        let expected = [
            "{",
            r#""a\u001b""#,
            ":",
            "[",
            "1.10",
            ",",
            "-0",
            ",",
            "1e999",
            ",",
            r#""é\ud800""#,
            "]",
            ",",
            r#""a""#,
            ":",
            "null",
            "}",
        ];
        assert_eq!(lexemes(source), expected);
    }

    #[test]
    fn an_error_names_its_line_and_character() {
        assert_eq!(
            problem("{\n \"é\": nul\n}"),
            "a word that is not true, false or null at 2:7"
        );
        assert_eq!(problem("[1,]"), "a comma before the closing bracket at 1:4");
        assert_eq!(
            problem("{\"a\":1,}"),
            "a comma before the closing brace at 1:8"
        );
        assert_eq!(
            problem("{} {}"),
            "more text after the end of the value at 1:4"
        );
        assert_eq!(problem(""), "nothing where a value was expected at 1:1");
        assert_eq!(
            problem("\u{feff}{}"),
            "a byte order mark before the value at 1:1"
        );
        assert_eq!(problem("[NaN]"), "no JSON value begins like this at 1:2");
        assert_eq!(problem("[[1]"), "the end, with brackets still open at 1:5");
        assert_eq!(
            problem("\"a\nb\""),
            "a control character inside a string at 1:3"
        );
        assert_eq!(problem("01"), "a number with a leading zero at 1:1");
        assert_eq!(
            text(b"ab\xff").unwrap_err().to_string(),
            "a byte that is not UTF-8 at 1:3"
        );
    }

    #[test]
    fn a_million_brackets_need_no_stack() {
        let source = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(
            Tokens::new(&source).filter(|token| token.is_ok()).count(),
            2_000_000
        );
        assert_eq!(
            problem(&"[".repeat(1_000_000)),
            "the end, with brackets still open at 1:1000001"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_counts_as_json_is_what_another_parser_says(
            source in r#"[\[\]{},:"\\u0-9eE+.a-c\-\ntrue ]{0,12}"#
        ) {
            let theirs = serde_json::from_str::<IgnoredAny>(&source).is_ok();
            prop_assert_eq!(Tokens::new(&source).all(|token| token.is_ok()), theirs);
        }

        #[test]
        fn no_text_makes_it_panic_or_run_past_the_end(source in ".{0,64}") {
            for token in Tokens::new(&source).flatten() {
                prop_assert!(source.get(token.range()).is_some());
            }
        }
    }
}
