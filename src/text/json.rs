//! JSON and `key=value` values that are safe to print.
//!
//! `serde_json` leaves DEL, U+009B and U+202E raw, and JSON text that was embedded as it came holds
//! whatever its sender put there. Escaping them afterwards gives the same JSON value.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::hidden::is_hidden;

/// Serialised JSON as one line without a control or format character: what was left raw inside its
/// strings becomes `\uXXXX`; line ends between its tokens go, tabs there become spaces.
#[must_use]
pub fn json(serialized: String) -> String {
    let clean = |byte: &u8| matches!(byte, b' '..=b'~');
    let Some(first) = serialized.bytes().position(|byte| !clean(&byte)) else {
        return serialized;
    };
    let mut escaped = String::with_capacity(serialized.len() + serialized.len() / 8);
    escaped.push_str(&serialized[..first]);
    for character in serialized[first..].chars() {
        match character {
            // JSON has no raw C0 control inside a string: these stand between tokens.
            '\n' | '\r' => {}
            '\t' => escaped.push(' '),
            _ if is_hidden(character) => push_escape(&mut escaped, character),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn push_escape(escaped: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(escaped, "\\u{unit:04x}");
    }
}

/// The value of a `key=value` pair: as it is when it is one plain word, else as a JSON string.
#[must_use]
pub fn quoted(value: &str) -> Cow<'_, str> {
    let needs_quotes = |character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | '=') || is_hidden(character)
    };
    if !value.is_empty() && !value.contains(needs_quotes) {
        return Cow::Borrowed(value);
    }
    // A string always serialises.
    Cow::Owned(json(serde_json::to_string(value).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn control_and_format_characters_become_escapes() {
        let raw = serde_json::to_string("\u{7f}\u{9b}31m\u{202e}\u{e0041}é").unwrap();
        assert_eq!(json(raw), r#""\u007f\u009b31m\u202e\udb40\udc41é""#);
    }

    #[test]
    fn embedded_json_becomes_one_line_and_keeps_its_numbers() {
        let raw = "{\r\n\t\"a\": 1.10,\n\"b\":1E5}".to_owned();
        assert_eq!(json(raw), "{ \"a\": 1.10,\"b\":1E5}");
    }

    #[test]
    fn a_plain_word_is_borrowed_and_anything_else_is_quoted() {
        assert!(matches!(quoted("find_email"), Cow::Borrowed(_)));
        assert_eq!(quoted("漢字"), "漢字");
        assert_eq!(quoted(""), r#""""#);
        assert_eq!(quoted("a b"), r#""a b""#);
        assert_eq!(quoted("a=b"), r#""a=b""#);
        assert_eq!(quoted("say \"x\""), r#""say \"x\"""#);
        assert_eq!(quoted("\u{1b}[31m\u{202e}"), r#""\u001b[31m\u202e""#);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x20\\x7f-\\xa0\\u{200b}-\\u{2069}\\u{e0000}-\\u{e0100}\"\\\\]{0,8}"
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_value_is_the_same_and_nothing_hidden_is_left(value in value(), pretty: bool) {
            let raw = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                serde_json::to_string(&value).unwrap()
            };
            let escaped = json(raw);
            prop_assert!(!escaped.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), value);
        }

        #[test]
        fn a_quoted_value_reads_back(value: String) {
            let shown = quoted(&value);
            prop_assert!(!shown.contains(is_hidden));
            if shown.starts_with('"') {
                prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), value);
            } else {
                prop_assert_eq!(shown, value.as_str());
            }
        }
    }
}
