//! JSON laid out for reading, and without its blanks: the tokens stay as they were written.

use super::syntax::SyntaxError;
use super::tokens::{Token, TokenKind, Tokens};

/// Beyond this depth everything stands on the line of its parent.
const MAX_INDENTED_DEPTH: usize = 64;

/// Blanks may take this many times the text, and this many bytes more; what comes after stands on
/// one line. Without it a few megabytes of nested brackets would become gigabytes.
const MAX_GROWTH: usize = 8;
const FREE_GROWTH: usize = 64 * 1024;

const INDENT: &str = "  ";

/// A JSON text with one member or element a line, every token as it was written.
///
/// # Errors
/// Where it stops being JSON.
pub fn pretty(source: &str) -> Result<String, SyntaxError> {
    let mut page = Page {
        text: String::with_capacity(source.len() + source.len() / 2),
        limit: source.len() * MAX_GROWTH + FREE_GROWTH,
        fresh: false,
    };
    for token in Tokens::new(source) {
        let token = token?;
        page.put(token, &source[token.range()]);
    }
    Ok(page.text)
}

struct Page {
    text: String,
    limit: usize,
    /// The last token opened a container.
    fresh: bool,
}

impl Page {
    fn put(&mut self, token: Token, lexeme: &str) {
        let closes = matches!(token.kind, TokenKind::ObjectClose | TokenKind::ArrayClose);
        let opens = matches!(token.kind, TokenKind::ObjectOpen | TokenKind::ArrayOpen);
        if self.fresh && !closes {
            self.new_line(token.depth);
        }
        if closes && !self.fresh {
            // The bracket is out of its container already; what stood inside was one deeper.
            self.new_line_at(token.depth + 1, token.depth);
        }
        self.text.push_str(lexeme);
        match token.kind {
            TokenKind::Comma => self.new_line(token.depth),
            TokenKind::Colon => self.text.push(' '),
            _ => {}
        }
        self.fresh = opens;
    }

    fn new_line(&mut self, depth: usize) {
        self.new_line_at(depth, depth);
    }

    fn new_line_at(&mut self, inside: usize, indent: usize) {
        if inside > MAX_INDENTED_DEPTH || self.text.len() > self.limit {
            return;
        }
        self.text.push('\n');
        for _ in 0..indent {
            self.text.push_str(INDENT);
        }
    }
}

/// A JSON text without the blanks between its tokens.
///
/// # Errors
/// Where it stops being JSON.
pub fn minify(source: &str) -> Result<String, SyntaxError> {
    let mut text = String::with_capacity(source.len());
    for token in Tokens::new(source) {
        text.push_str(&source[token?.range()]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn each_member_has_its_line_and_each_lexeme_its_spelling() {
        let source = r#"{"a":[1.10,-0,1e999,{}],"a":{"b":"\u001b[31m"},"c":[]}"#;
        insta::assert_snapshot!(pretty(source).unwrap(), @r#"
        {
          "a": [
            1.10,
            -0,
            1e999,
            {}
          ],
          "a": {
            "b": "\u001b[31m"
          },
          "c": []
        }
        "#);
    }

    #[test]
    fn deep_brackets_neither_overflow_nor_blow_up() {
        let source = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        let page = pretty(&source).unwrap();
        assert!(
            page.len() < source.len() + 3 * 64 * 64 * 2,
            "{}",
            page.len()
        );
        assert_eq!(minify(&page).unwrap(), source);
    }

    #[test]
    fn blanks_never_take_more_than_a_few_times_the_text() {
        let source = "[".repeat(60) + &"1,".repeat(500_000) + "1" + &"]".repeat(60);
        assert!(pretty(&source).unwrap().len() < source.len() * 10);
    }

    proptest! {
        #[test]
        fn laying_out_changes_nothing_but_blanks(
            source in r#"\[("[ :,]{0,3}",|\{"k":[1-9][0-9]{0,2}\},|\[\],){0,9}null\]"#
        ) {
            prop_assert_eq!(minify(&pretty(&source).unwrap()).unwrap(), minify(&source).unwrap());
            prop_assert_eq!(minify(&source).unwrap(), source);
        }
    }
}
