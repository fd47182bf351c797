//! How runtimes escape the strings of JSON.

/// What one runtime escapes besides quotation marks, backslashes and control characters.
#[derive(Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the switches that serialisers differ in"
)]
pub(in crate::signature::diagnosis) struct Escapes {
    /// Everything that is not ASCII, as `\u` and four digits (two of them beyond the BMP).
    pub(in crate::signature::diagnosis) non_ascii: bool,
    /// ASCII characters that get `\u00` and two digits.
    pub(in crate::signature::diagnosis) unicode: &'static str,
    /// `/` as `\/`
    pub(in crate::signature::diagnosis) slash: bool,
    /// The line separators U+2028 and U+2029, even when other characters stay.
    pub(in crate::signature::diagnosis) line_separators: bool,
    /// DEL
    pub(in crate::signature::diagnosis) delete: bool,
    /// Hexadecimal digits in upper case.
    pub(in crate::signature::diagnosis) upper: bool,
}

/// `JSON.stringify`: as little as possible.
pub(in crate::signature::diagnosis) const MINIMAL: Escapes = Escapes {
    non_ascii: false,
    unicode: "",
    slash: false,
    line_separators: false,
    delete: false,
    upper: false,
};

/// Python's `ensure_ascii`, which is on unless switched off.
pub(in crate::signature::diagnosis) const PYTHON_ASCII: Escapes = Escapes {
    non_ascii: true,
    delete: true,
    ..MINIMAL
};

/// Go's `encoding/json`, and Ruby on Rails: safe inside HTML.
pub(in crate::signature::diagnosis) const HTML: Escapes = Escapes {
    unicode: "<>&",
    line_separators: true,
    ..MINIMAL
};

/// PHP's `json_encode`.
pub(in crate::signature::diagnosis) const PHP: Escapes = Escapes {
    non_ascii: true,
    slash: true,
    ..MINIMAL
};

/// PHP with `JSON_UNESCAPED_SLASHES`.
pub(in crate::signature::diagnosis) const PHP_SLASHES: Escapes = Escapes {
    non_ascii: true,
    ..MINIMAL
};

/// PHP with `JSON_UNESCAPED_UNICODE`.
pub(in crate::signature::diagnosis) const PHP_UNICODE: Escapes = Escapes {
    slash: true,
    line_separators: true,
    ..MINIMAL
};

/// PHP with both.
pub(in crate::signature::diagnosis) const PHP_BOTH: Escapes = Escapes {
    line_separators: true,
    ..MINIMAL
};

/// `System.Text.Json` of .NET.
pub(in crate::signature::diagnosis) const DOTNET: Escapes = Escapes {
    non_ascii: true,
    unicode: "\"&'+<>`",
    delete: true,
    upper: true,
    ..MINIMAL
};

/// Gson of Java.
pub(in crate::signature::diagnosis) const GSON: Escapes = Escapes {
    unicode: "<>&='",
    line_separators: true,
    ..MINIMAL
};

/// Whether no runtime would escape this byte inside a string.
pub(in crate::signature::diagnosis) const fn is_plain(byte: u8) -> bool {
    PLAIN[byte as usize]
}

/// A table, because every byte of a body is asked.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(
            byte,
            b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | b'\'' | b'+' | b'`' | b'='
        );
        byte += 1;
    }
    plain
};

/// One element of a string: JSON can name half of a surrogate pair, Rust's text cannot.
enum Unit {
    Char(char),
    Lone(u16),
}

/// Reads the inside of a JSON string element by element.
struct Units<'a> {
    rest: &'a str,
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let mut characters = self.rest.chars();
        let first = characters.next()?;
        if first != '\\' {
            self.rest = characters.as_str();
            return Some(Unit::Char(first));
        }
        let named = characters.next()?;
        self.rest = characters.as_str();
        Some(match named {
            'b' => Unit::Char('\u{8}'),
            'f' => Unit::Char('\u{c}'),
            'n' => Unit::Char('\n'),
            'r' => Unit::Char('\r'),
            't' => Unit::Char('\t'),
            'u' => self.unicode(),
            other => Unit::Char(other),
        })
    }
}

impl Units<'_> {
    fn unicode(&mut self) -> Unit {
        let Some(first) = self.four_digits() else {
            return Unit::Char('u');
        };
        let before = self.rest;
        let second = match (0xd800..0xdc00).contains(&first) {
            true => self.rest.strip_prefix("\\u").and_then(|rest| {
                self.rest = rest;
                self.four_digits()
            }),
            false => None,
        };
        let units = [first, second.unwrap_or_default()];
        let used = if second.is_some() { 2 } else { 1 };
        let mut decoded = char::decode_utf16(units[..used].iter().copied());
        match decoded.next() {
            Some(Ok(character)) => Unit::Char(character),
            _ => {
                self.rest = before;
                Unit::Lone(first)
            }
        }
    }

    fn four_digits(&mut self) -> Option<u16> {
        let digits = self.rest.get(..4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = &self.rest[4..];
        u16::from_str_radix(digits, 16).ok()
    }
}

/// The text that the inside of a JSON string stands for.
pub(in crate::signature::diagnosis) fn decode(inner: &str) -> String {
    let units = Units { rest: inner };
    units
        .map(|unit| match unit {
            Unit::Char(character) => character,
            Unit::Lone(_) => char::REPLACEMENT_CHARACTER,
        })
        .collect()
}

impl Escapes {
    /// Whether text in which, of the bytes that are not plain, only these occur stays as it is.
    /// `false` when in doubt: what is escaped in it may be escaped in another way.
    pub(in crate::signature::diagnosis) fn leave(&self, bytes: &[bool; 256]) -> bool {
        let has = |byte: u8| bytes[usize::from(byte)];
        let has_non_ascii = bytes[0x80..].contains(&true);
        // U+2028 and U+2029 begin with this byte in UTF-8.
        let has_separators = has(0xe2);
        !(has(b'\\')
            || (self.non_ascii && has_non_ascii)
            || (self.line_separators && has_separators)
            || (self.slash && has(b'/'))
            || (self.delete && has(0x7f))
            || self.unicode.bytes().any(|byte| byte != b'"' && has(byte)))
    }

    /// The bytes at which writing cannot just copy: those that begin something escaped, or to escape.
    pub(in crate::signature::diagnosis) fn stops(&self) -> [bool; 256] {
        let mut stops = [false; 256];
        for (byte, stop) in (0u8..=255).zip(&mut stops) {
            *stop = match byte {
                b'\\' | 0..=0x1f => true,
                b'/' => self.slash,
                0x7f => self.delete,
                // U+2028 and U+2029 begin with this byte in UTF-8.
                0xe2 => self.non_ascii || self.line_separators,
                0x80.. => self.non_ascii,
                _ => self.unicode.as_bytes().contains(&byte),
            };
        }
        stops
    }

    /// Writes the inside of a JSON string as this runtime would, with its quotation marks. `stops`
    /// are its own.
    pub(in crate::signature::diagnosis) fn write(
        &self,
        stops: &[bool; 256],
        inner: &str,
        out: &mut Vec<u8>,
    ) {
        out.push(b'"');
        let mut units = Units { rest: inner };
        loop {
            let bytes = units.rest.as_bytes();
            let stop = |byte: &u8| stops[usize::from(*byte)];
            let run = bytes.iter().position(stop).unwrap_or(bytes.len());
            out.extend_from_slice(&bytes[..run]);
            units.rest = &units.rest[run..];
            match units.next() {
                None => break,
                Some(Unit::Lone(unit)) => self.hex(unit, out),
                Some(Unit::Char(character)) => self.character(character, out),
            }
        }
        out.push(b'"');
    }

    fn character(&self, character: char, out: &mut Vec<u8>) {
        if self.by_number(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                self.hex(*unit, out);
            }
            return;
        }
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '/' if self.slash => out.extend_from_slice(b"\\/"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            other => {
                let mut bytes = [0; 4];
                out.extend_from_slice(other.encode_utf8(&mut bytes).as_bytes());
            }
        }
    }

    fn by_number(&self, character: char) -> bool {
        match character {
            '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => false,
            '\0'..='\u{1f}' => true,
            '\u{7f}' => self.delete,
            '\u{2028}' | '\u{2029}' => self.line_separators || self.non_ascii,
            character if character.is_ascii() => self.unicode.contains(character),
            _ => self.non_ascii,
        }
    }

    fn hex(&self, unit: u16, out: &mut Vec<u8>) {
        let digits = if self.upper {
            b"0123456789ABCDEF"
        } else {
            b"0123456789abcdef"
        };
        out.extend_from_slice(b"\\u");
        for shift in [12, 8, 4, 0] {
            out.push(digits[usize::from(unit >> shift & 0xf)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(escapes: &Escapes, inner: &str) -> String {
        let mut out = Vec::new();
        escapes.write(&escapes.stops(), inner, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_runtime_escapes_as_it_does() {
        let text = "é🪝<a>&'+=/\u{2028}\u{7f}\\u0001\\n\\\"`";
        let table = [
            (&MINIMAL, "\"é🪝<a>&'+=/\u{2028}\u{7f}\\u0001\\n\\\"`\""),
            (
                &PYTHON_ASCII,
                r#""\u00e9\ud83e\ude9d<a>&'+=/\u2028\u007f\u0001\n\"`""#,
            ),
            (
                &HTML,
                "\"é🪝\\u003ca\\u003e\\u0026'+=/\\u2028\u{7f}\\u0001\\n\\\"`\"",
            ),
            (
                &PHP,
                "\"\\u00e9\\ud83e\\ude9d<a>&'+=\\/\\u2028\u{7f}\\u0001\\n\\\"`\"",
            ),
            (
                &PHP_UNICODE,
                "\"é🪝<a>&'+=\\/\\u2028\u{7f}\\u0001\\n\\\"`\"",
            ),
            (
                &DOTNET,
                r#""\u00E9\uD83E\uDE9D\u003Ca\u003E\u0026\u0027\u002B=/\u2028\u007F\u0001\n\u0022\u0060""#,
            ),
            (
                &GSON,
                "\"é🪝\\u003ca\\u003e\\u0026\\u0027+\\u003d/\\u2028\u{7f}\\u0001\\n\\\"`\"",
            ),
        ];
        for (escapes, expected) in table {
            assert_eq!(spelled(escapes, text), expected);
        }
    }

    #[test]
    fn half_a_surrogate_pair_survives() {
        for escapes in [&MINIMAL, &PYTHON_ASCII] {
            assert_eq!(spelled(escapes, r"\uD83Ex\udc00"), r#""\ud83ex\udc00""#);
            assert_eq!(spelled(escapes, r"\ud83e\u0041"), r#""\ud83eA""#);
        }
    }

    #[test]
    fn broken_escapes_do_no_harm() {
        for inner in ["\\", "\\u", "\\u12", "\\u+123", "\\uéé", "\\ud83e\\u"] {
            spelled(&MINIMAL, inner);
            decode(inner);
        }
    }

    proptest! {
        #[test]
        fn every_spelling_stands_for_the_same_text(text in any::<String>()) {
            let inner = serde_json::to_string(&text).unwrap();
            let inner = &inner[1..inner.len() - 1];
            prop_assert_eq!(&decode(inner), &text);
            for escapes in [&MINIMAL, &PYTHON_ASCII, &HTML, &PHP, &PHP_SLASHES, &PHP_UNICODE, &DOTNET, &GSON] {
                let spelled = spelled(escapes, inner);
                let read: String = serde_json::from_str(&spelled).unwrap();
                prop_assert_eq!(&read, &text);
            }
        }

        #[test]
        fn a_plain_byte_is_written_as_it_is_by_everybody(byte in any::<u8>()) {
            if is_plain(byte) {
                let text = char::from(byte).to_string();
                for escapes in [&MINIMAL, &PYTHON_ASCII, &HTML, &PHP, &PHP_SLASHES, &PHP_UNICODE, &DOTNET, &GSON] {
                    prop_assert_eq!(spelled(escapes, &text), format!("\"{text}\""));
                }
            }
        }
    }
}
