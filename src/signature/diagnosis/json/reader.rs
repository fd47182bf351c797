//! Cuts JSON into tokens, leniently: what is no JSON may pass, JSON never fails.

use super::{Kind, Token, Traits, numbers, strings};

/// Containers deeper than this are left alone: writing is recursive.
const MAX_DEPTH: usize = 128;

/// The tokens of a text, and what was noticed on the way; `None` when it is not JSON, or nested too
/// deeply.
pub(super) fn read(text: &str) -> Option<(Vec<Token>, Box<Traits>)> {
    // Tokens point with 32 bits.
    u32::try_from(text.len()).ok()?;
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(text.len() / 8),
        traits: Box::new(Traits {
            bytes: [false; 256],
            plain_numbers: true,
            numeric_keys: false,
            separators: 0,
            blanks: 0,
            only_spaces: true,
            first_indent: (0, 0),
        }),
    };
    reader.skip_outer_blanks();
    reader.value(0)?;
    reader.skip_outer_blanks();
    (reader.at == text.len()).then_some((reader.tokens, reader.traits))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    traits: Box<Traits>,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a text of more than 4 GiB is turned away before"
)]
impl Reader<'_> {
    fn skip_outer_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(blank @ (b' ' | b'\t' | b'\n' | b'\r')) = self.text.get(self.at) {
            self.traits.blanks += 1;
            self.traits.only_spaces &= *blank == b' ';
            self.at += 1;
        }
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: self.at as u32,
        });
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        self.skip_blanks();
        let start = self.at;
        match self.text.get(self.at)? {
            b'{' => self.container(Kind::Object, b'}', depth),
            b'[' => self.container(Kind::Array, b']', depth),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => {
                self.at += 1;
                while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') =
                    self.text.get(self.at)
                {
                    self.at += 1;
                }
                self.traits.plain_numbers &= numbers::is_plain(&self.text[start..self.at]);
                self.push(Kind::Number, start);
                Some(())
            }
            _ => {
                let rest = &self.text[self.at..];
                let word = [&b"true"[..], b"false", b"null"]
                    .into_iter()
                    .find(|word| rest.starts_with(word))?;
                self.at += word.len();
                self.push(Kind::Literal, start);
                Some(())
            }
        }
    }

    fn container(&mut self, kind: Kind, close: u8, depth: usize) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let open = self.tokens.len();
        self.push(kind, self.at);
        self.at += 1;
        self.skip_blanks();
        if open == 0 {
            self.traits.first_indent = (self.tokens[0].start as usize + 1, self.at);
        }
        let mut first = true;
        while *self.text.get(self.at)? != close {
            if !first {
                self.separator(b',')?;
                self.skip_blanks();
            }
            first = false;
            if kind == Kind::Object {
                let first = self.text.get(self.at + 1);
                self.traits.numeric_keys |= matches!(first, Some(b'0'..=b'9' | b'\\'));
                self.string()?;
                self.skip_blanks();
                self.separator(b':')?;
            }
            self.value(depth + 1)?;
            self.skip_blanks();
        }
        self.at += 1;
        self.push(Kind::Close, self.at - 1);
        self.tokens[open].end = self.tokens.len() as u32;
        Some(())
    }

    fn separator(&mut self, byte: u8) -> Option<()> {
        self.traits.separators += 1;
        self.expect(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (*self.text.get(self.at)? == byte).then(|| self.at += 1)
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.expect(b'"')?;
        let mut plain = true;
        loop {
            match *self.text.get(self.at)? {
                b'"' => break,
                byte if strings::is_plain(byte) => self.at += 1,
                byte => {
                    plain = false;
                    self.traits.bytes[usize::from(byte)] = true;
                    self.at += if byte == b'\\' { 2 } else { 1 };
                }
            }
        }
        self.at += 1;
        self.push(
            if plain {
                Kind::PlainString
            } else {
                Kind::String
            },
            start,
        );
        Some(())
    }
}
