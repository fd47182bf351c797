//! A body as something to look at: laid out if it is JSON, as text if it is text, else as a hex dump.
//!
//! Nothing is parsed into values and nothing is expanded: XML entities, form fields and JSON numbers
//! stand as they were sent.

use std::fmt::Write as _;

use super::body::{Coding, Decoded};
use super::json;
use crate::text;

/// What a body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There is none.
    Empty,
    /// JSON, laid out.
    Json,
    /// Text, as sent.
    Text,
    /// A hex dump.
    Binary,
}

/// A body to look at; the text is escaped and ends without a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What it looks like.
    pub look: Look,
    /// The text to show.
    pub text: String,
    /// What should be known about it.
    pub notes: Vec<String>,
}

/// Common parsers refuse JSON that nests deeper.
const COMMON_DEPTH: usize = 128;

/// How much of a binary body is dumped.
const MAX_DUMP: usize = 16 * 1024;

/// How much of a body decides whether it is text.
const SAMPLE: usize = 8 * 1024;

/// The view of a decoded body; `content_type` only says whether JSON was promised.
#[must_use]
pub fn view(body: &Decoded<'_>, wire_bytes: usize, content_type: Option<&[u8]>) -> View {
    let mut notes: Vec<_> = coding_note(&body.coding, wire_bytes).into_iter().collect();
    let bytes = body.bytes.as_ref();
    let (look, text) = if bytes.is_empty() {
        (Look::Empty, String::new())
    } else {
        match json::text(bytes).and_then(|source| Ok((json::pretty(source)?, source))) {
            Ok((pretty, source)) => {
                notes.extend(json_notes(source));
                (Look::Json, text::block(pretty.as_bytes()).into_owned())
            }
            Err(error) => {
                let binary = is_binary(bytes);
                if !binary && promises_json(bytes, content_type) {
                    notes.push(format!("not JSON: {error}"));
                }
                if binary {
                    (Look::Binary, hex_dump(bytes))
                } else {
                    let shown = text::block(bytes);
                    (Look::Text, shown.trim_end_matches('\n').to_owned())
                }
            }
        }
    };
    View { look, text, notes }
}

fn coding_note(coding: &Coding, wire_bytes: usize) -> Option<String> {
    let size = text::bytes(wire_bytes as u64);
    match coding {
        Coding::Identity => None,
        Coding::Decoded(name) => Some(format!("decoded from {name}: {size} as sent")),
        Coding::Cut(name) => Some(format!(
            "decoded from {name} ({size} as sent) and cut: the rest is not shown"
        )),
        Coding::Damaged(name) => Some(format!(
            "decoded from {name} ({size} as sent) up to where the stream is damaged or ends too early"
        )),
        Coding::WrongLabel(label) => Some(format!(
            "Content-Encoding says {}, and these bytes are not: shown as sent",
            text::line(label.as_bytes())
        )),
        Coding::Unknown(label) => Some(format!(
            "{} is not decoded here: shown as sent",
            text::line(label.as_bytes())
        )),
    }
}

fn json_notes(source: &str) -> Vec<String> {
    let Ok(survey) = json::survey(source) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    if let Some(range) = survey.first_duplicate {
        let (line, column) = json::place(source.as_bytes(), range.start);
        let key = text::line(&source.as_bytes()[range]).into_owned();
        let others = match survey.duplicate_keys {
            1 => String::new(),
            count => format!(", and {} more like it", count - 1),
        };
        notes.push(format!(
            "the key {key} is there already: again at {line}:{column}{others}; most parsers keep only the last"
        ));
    }
    if survey.lone_surrogate {
        notes.push("an escape is half of a surrogate pair: many parsers refuse this".to_owned());
    }
    if survey.depth > COMMON_DEPTH {
        notes.push(format!(
            "it nests {} deep: many parsers stop at {COMMON_DEPTH}",
            survey.depth
        ));
    }
    notes
}

fn promises_json(bytes: &[u8], content_type: Option<&[u8]>) -> bool {
    let named = content_type
        .is_some_and(|value| memchr::memmem::find(&value.to_ascii_lowercase(), b"json").is_some());
    let begins = bytes.trim_ascii_start().first();
    named || matches!(begins, Some(b'{' | b'[')) || bytes.starts_with("\u{feff}".as_bytes())
}

/// Whether the beginning holds a NUL, or one byte in eight that no text has.
fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let is_strange = |byte: &u8| matches!(byte, 0..=8 | 0x0B | 0x0C | 0x0E..=0x1F | 0x7F);
    let controls = sample.iter().filter(|byte| is_strange(byte)).count();
    let invalid: usize = sample
        .utf8_chunks()
        .map(|chunk| chunk.invalid().len())
        .sum();
    sample.contains(&0) || (controls + invalid) * 8 > sample.len()
}

/// Offset, sixteen bytes in hexadecimal, the same as characters.
#[must_use]
pub fn hex_dump(bytes: &[u8]) -> String {
    const ROW: usize = 16;
    let mut dump = String::new();
    for (row, chunk) in bytes[..bytes.len().min(MAX_DUMP)].chunks(ROW).enumerate() {
        let separator = if row == 0 { "" } else { "\n" };
        // Writing to a String cannot fail.
        let _ = write!(dump, "{separator}{:08x} ", row * ROW);
        for at in 0..ROW {
            let middle = if at == ROW / 2 { " " } else { "" };
            let _ = match chunk.get(at) {
                Some(byte) => write!(dump, "{middle} {byte:02x}"),
                None => write!(dump, "{middle}   "),
            };
        }
        let is_shown = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        let characters = chunk.iter().map(|&byte| {
            if is_shown(byte) {
                char::from(byte)
            } else {
                '.'
            }
        });
        let _ = write!(dump, "  |{}|", characters.collect::<String>());
    }
    if bytes.len() > MAX_DUMP {
        let rest = text::bytes((bytes.len() - MAX_DUMP) as u64);
        let _ = write!(dump, "\n… {rest} more");
    }
    dump
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn of(bytes: &[u8], content_type: &str) -> View {
        let body = Decoded {
            bytes: Cow::Borrowed(bytes),
            coding: Coding::Identity,
        };
        view(&body, bytes.len(), Some(content_type.as_bytes()))
    }

    #[test]
    fn json_is_laid_out_and_keeps_what_parsers_would_lose() {
        let shown = of(
            br#"{"a":1.10,"a":"\u001b","b":["\ud800"]}"#,
            "application/json",
        );
        assert_eq!(shown.look, Look::Json);
        insta::assert_snapshot!(shown.text, @r#"
        {
          "a": 1.10,
          "a": "\u001b",
          "b": [
            "\ud800"
          ]
        }
        "#);
        insta::assert_snapshot!(shown.notes.join("\n"), @r#"
        the key "a" is there already: again at 1:11; most parsers keep only the last
        an escape is half of a surrogate pair: many parsers refuse this
        "#);
    }

    #[test]
    fn text_that_promised_to_be_json_says_where_it_is_not() {
        let shown = of(b"{\"a\": 1,\n \"b\": NaN}\n", "text/plain");
        assert_eq!(shown.look, Look::Text);
        assert_eq!(
            shown.notes,
            ["not JSON: no JSON value begins like this at 2:7"]
        );
        let bom = of("\u{feff}{}".as_bytes(), "application/json");
        assert_eq!(bom.text, "\\u{feff}{}");
        assert_eq!(
            bom.notes,
            ["not JSON: a byte order mark before the value at 1:1"]
        );
        assert!(
            of(b"a=1&b=2", "application/x-www-form-urlencoded")
                .notes
                .is_empty()
        );
    }

    #[test]
    fn an_entity_bomb_is_only_text() {
        let bomb = b"<!DOCTYPE x [<!ENTITY a \"&b;&b;\">]><x>&a;</x>";
        assert_eq!(of(bomb, "application/xml").text.as_bytes(), bomb);
    }

    #[test]
    fn bytes_that_are_no_text_are_dumped() {
        let shown = of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR!", "image/png");
        assert_eq!(shown.look, Look::Binary);
        insta::assert_snapshot!(shown.text, @r#"
        00000000  89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52  |.PNG........IHDR|
        00000010  21                                                |!|
        "#);
        let long = of(&[0; MAX_DUMP + 1], "");
        assert!(long.text.ends_with("|................|\n… 1 B more"));
    }

    #[test]
    fn a_single_wrong_byte_does_not_make_text_binary() {
        let shown = of(b"a caf\xe9 and more text", "text/plain");
        assert_eq!(
            (shown.look, shown.text.as_str()),
            (Look::Text, "a caf\\xe9 and more text")
        );
    }

    #[test]
    fn control_characters_and_bidi_overrides_are_visible() {
        let shown = of("[\"\u{9b}31m\u{202e}\"]".as_bytes(), "application/json");
        assert_eq!(shown.text, "[\n  \"\\u{9b}31m\\u{202e}\"\n]");
    }
}
