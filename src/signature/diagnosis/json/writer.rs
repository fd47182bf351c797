//! Writes the tokens of a document in another style.

use std::borrow::Cow;

use super::numbers::Numbers;
use super::strings::Escapes;
use super::{Document, Kind, Token};

/// What stands between tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::signature::diagnosis) enum Layout {
    /// Nothing.
    Compact,
    /// A blank after each comma and colon.
    Spaced,
    /// Each member on its own line, indented by this.
    Indented(&'static str),
}

/// Says in which order members are written, from their keys.
pub(in crate::signature::diagnosis) type Arrange<'a> = dyn Fn(&[Cow<'_, str>]) -> Vec<usize> + 'a;

/// How to write a document.
#[derive(Clone, Copy)]
pub(in crate::signature::diagnosis) struct Style<'a> {
    /// The blanks.
    pub(in crate::signature::diagnosis) layout: Layout,
    /// How strings are escaped; `None`: as they came.
    pub(in crate::signature::diagnosis) escapes: Option<&'a Escapes>,
    /// How numbers are spelled.
    pub(in crate::signature::diagnosis) numbers: Numbers,
    /// The order of members; `None`: as they came.
    pub(in crate::signature::diagnosis) arrange: Option<&'a Arrange<'a>>,
}

/// A document in another style.
pub(super) fn write(document: &Document<'_>, style: &Style<'_>) -> Vec<u8> {
    let length = document.text.len();
    let mut writer = Writer {
        document,
        style,
        stops: style.escapes.map_or([false; 256], Escapes::stops),
        out: Vec::with_capacity(length + length / 8),
        depth: 0,
    };
    writer.value(0);
    writer.out
}

struct Writer<'d, 'a, 's> {
    document: &'d Document<'a>,
    style: &'s Style<'s>,
    /// The bytes that its escapes do something about.
    stops: [bool; 256],
    out: Vec<u8>,
    depth: usize,
}

impl Writer<'_, '_, '_> {
    /// Writes the value at `index` and returns where the next one starts.
    fn value(&mut self, index: usize) -> usize {
        let token = self.document.tokens[index];
        match token.kind {
            Kind::Object | Kind::Array => return self.container(index),
            Kind::PlainString | Kind::String => self.string(token),
            Kind::Number => {
                let lexeme = self.document.raw(token);
                let spelled = self.style.numbers.spell(lexeme);
                self.out.extend_from_slice(spelled.as_bytes());
            }
            Kind::Literal | Kind::Close => {
                let word = self.document.raw(token);
                self.out.extend_from_slice(word.as_bytes());
            }
        }
        index + 1
    }

    fn container(&mut self, index: usize) -> usize {
        let is_object = self.document.tokens[index].kind == Kind::Object;
        let after = self.document.after(index);
        let (open, close) = if is_object {
            (b'{', b'}')
        } else {
            (b'[', b']')
        };
        self.out.push(open);
        if index + 2 < after {
            self.depth += 1;
            match self.style.arrange.filter(|_| is_object) {
                Some(arrange) => self.arranged(index, arrange),
                None => self.in_order(index + 1, is_object),
            }
            self.depth -= 1;
            self.line();
        }
        self.out.push(close);
        after
    }

    fn in_order(&mut self, first: usize, is_object: bool) {
        let mut at = first;
        while self.document.tokens[at].kind != Kind::Close {
            self.separate(at == first);
            if is_object {
                self.key(at);
                at += 1;
            }
            at = self.value(at);
        }
    }

    fn arranged(&mut self, index: usize, arrange: &Arrange<'_>) {
        let (keys, values): (Vec<_>, Vec<_>) = self.document.members(index).into_iter().unzip();
        for (place, member) in arrange(&keys).into_iter().enumerate() {
            self.separate(place == 0);
            self.key(values[member] - 1);
            self.value(values[member]);
        }
    }

    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.out.push(b',');
            if self.style.layout == Layout::Spaced {
                self.out.push(b' ');
            }
        }
        self.line();
    }

    fn line(&mut self) {
        if let Layout::Indented(indent) = self.style.layout {
            self.out.push(b'\n');
            for _ in 0..self.depth {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }

    fn key(&mut self, index: usize) {
        self.string(self.document.tokens[index]);
        self.out.push(b':');
        if self.style.layout != Layout::Compact {
            self.out.push(b' ');
        }
    }

    fn string(&mut self, token: Token) {
        let raw = self.document.raw(token);
        match self.style.escapes {
            Some(escapes) if token.kind == Kind::String => {
                escapes.write(&self.stops, &raw[1..raw.len() - 1], &mut self.out);
            }
            _ => self.out.extend_from_slice(raw.as_bytes()),
        }
    }
}
