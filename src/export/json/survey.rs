//! What can be said about a JSON text as a whole, found in one pass.

use std::borrow::Cow;
use std::ops::Range;

use super::syntax::SyntaxError;
use super::tokens::{TokenKind, Tokens};

/// What one pass over a JSON text found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// How deep objects and arrays nest; 0 for a lone number or string.
    pub depth: usize,
    /// How many tokens there are.
    pub tokens: usize,
    /// How many keys stand a second time in their object. Most parsers keep only the last.
    pub duplicate_keys: usize,
    /// The first key that is there already.
    pub first_duplicate: Option<Range<usize>>,
    /// Whether some `\uD8xx` stands without its other half: many parsers refuse the whole text.
    pub lone_surrogate: bool,
}

/// Surveys a JSON text.
///
/// # Errors
/// Where it stops being JSON.
pub fn survey(source: &str) -> Result<Survey, SyntaxError> {
    let mut survey = Survey::default();
    let mut keys = OpenKeys::default();
    for token in Tokens::new(source) {
        let token = token?;
        survey.tokens += 1;
        match token.kind {
            TokenKind::ObjectOpen => {
                survey.depth = survey.depth.max(token.depth + 1);
                keys.begin();
            }
            TokenKind::ArrayOpen => survey.depth = survey.depth.max(token.depth + 1),
            TokenKind::ObjectClose => keys.end(source, &mut survey),
            TokenKind::Key => {
                survey.lone_surrogate |= has_lone_surrogate(&source[token.range()]);
                keys.push(source, token.range());
            }
            TokenKind::String => {
                survey.lone_surrogate |= has_lone_surrogate(&source[token.range()]);
            }
            TokenKind::ArrayClose
            | TokenKind::Comma
            | TokenKind::Colon
            | TokenKind::Number
            | TokenKind::Literal => {}
        }
    }
    Ok(survey)
}

/// The keys of the objects that are open, innermost last; `marks` says where each object begins.
#[derive(Default)]
struct OpenKeys<'a> {
    keys: Vec<(Cow<'a, [u8]>, usize)>,
    marks: Vec<usize>,
}

impl<'a> OpenKeys<'a> {
    fn begin(&mut self) {
        self.marks.push(self.keys.len());
    }

    fn push(&mut self, source: &'a str, range: Range<usize>) {
        let inside = &source[range.start + 1..range.end - 1];
        self.keys.push((decoded(inside), range.start));
    }

    fn end(&mut self, source: &str, survey: &mut Survey) {
        let mark = self.marks.pop().unwrap_or_default();
        let object = &mut self.keys[mark..];
        object.sort_unstable();
        for pair in object.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let start = pair[1].1;
            survey.duplicate_keys += 1;
            let earliest = survey.first_duplicate.as_ref().map(|range| range.start);
            if earliest.is_none_or(|earliest| start < earliest) {
                survey.first_duplicate = Some(start..key_end(source, start));
            }
        }
        self.keys.truncate(mark);
    }
}

fn key_end(source: &str, start: usize) -> usize {
    Tokens::new(&source[start..])
        .next()
        .and_then(Result::ok)
        .map_or(start, |token| start + token.end)
}

/// One unit of a string's text.
enum Unit {
    Character(char),
    LoneSurrogate(u16),
}

/// The units of a string's text, given what stands between its quotes.
fn units(inside: &str) -> impl Iterator<Item = Unit> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        let character = rest.chars().next()?;
        rest = &rest[character.len_utf8()..];
        if character != '\\' {
            return Some(Unit::Character(character));
        }
        let escape = rest.chars().next()?;
        rest = &rest[escape.len_utf8()..];
        if escape != 'u' {
            return Some(Unit::Character(short_escape(escape)));
        }
        let first = take_hexadecimal(&mut rest)?;
        if let Some(character) = char::from_u32(u32::from(first)) {
            return Some(Unit::Character(character));
        }
        let mut after = rest.strip_prefix("\\u").unwrap_or_default();
        let pair = take_hexadecimal(&mut after)
            .and_then(|second| char::decode_utf16([first, second]).next()?.ok());
        match pair {
            Some(character) => {
                rest = after;
                Some(Unit::Character(character))
            }
            None => Some(Unit::LoneSurrogate(first)),
        }
    })
}

fn short_escape(escape: char) -> char {
    match escape {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    }
}

fn take_hexadecimal(rest: &mut &str) -> Option<u16> {
    let unit = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
    *rest = &rest[4..];
    Some(unit)
}

fn has_lone_surrogate(lexeme: &str) -> bool {
    lexeme.contains("\\u") && {
        let inside = &lexeme[1..lexeme.len() - 1];
        units(inside).any(|unit| matches!(unit, Unit::LoneSurrogate(_)))
    }
}

/// A key's text for comparison: UTF-8, and for a lone surrogate the three bytes that it would take.
fn decoded(inside: &str) -> Cow<'_, [u8]> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside.as_bytes());
    }
    let mut bytes = Vec::with_capacity(inside.len());
    for unit in units(inside) {
        match unit {
            Unit::Character(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Unit::LoneSurrogate(unit) => {
                let [high, low] = unit.to_be_bytes();
                bytes.extend_from_slice(&[
                    0xE0 | (high >> 4),
                    0x80 | ((high & 0x0F) << 2) | (low >> 6),
                    0x80 | (low & 0x3F),
                ]);
            }
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Survey {
        survey(source).unwrap()
    }

    #[test]
    fn a_key_is_a_duplicate_however_it_is_spelled() {
        let source = r#"{"a":1,"b":{"a":2},"\u0061":3}"#;
        let found = of(source);
        assert_eq!(found.duplicate_keys, 1);
        assert_eq!(&source[found.first_duplicate.unwrap()], r#""\u0061""#);
        assert_eq!(of(r#"{"\ud83d\ude00":1,"😀":2}"#).duplicate_keys, 1);
        assert_eq!(
            of(r#"{"\ud83d":1,"\ud83d":2,"\ude00":3}"#).duplicate_keys,
            1
        );
    }

    #[test]
    fn equal_keys_of_different_objects_are_no_duplicates() {
        assert_eq!(of(r#"[{"a":{"a":{"a":1}}},{"a":2}]"#).duplicate_keys, 0);
    }

    #[test]
    fn the_first_duplicate_is_the_one_that_comes_first_in_the_text() {
        let source = r#"{"x":1,"x":{"y":1,"y":2},"x":3}"#;
        let found = of(source);
        assert_eq!(found.duplicate_keys, 3);
        assert_eq!(found.first_duplicate.unwrap().start, 7);
    }

    #[test]
    fn depth_counts_objects_and_arrays() {
        assert_eq!(of("1").depth, 0);
        assert_eq!(of("[]").depth, 1);
        assert_eq!(of(r#"{"a":[{}]}"#).depth, 3);
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(of(&deep).depth, 1_000_000);
    }

    #[test]
    fn half_a_surrogate_pair_is_noticed_in_keys_and_values() {
        assert!(of(r#"{"a":"\ud800"}"#).lone_surrogate);
        assert!(of(r#"{"\udc00":1}"#).lone_surrogate);
        assert!(of(r#"["\ud800\u0041"]"#).lone_surrogate);
        assert!(!of(r#"["\ud83d\ude00", "\\ud800"]"#).lone_surrogate);
    }
}
