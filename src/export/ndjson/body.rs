//! How a body is embedded: as JSON when nothing can be lost by it, else as text, else as base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::export::json;

/// How much of the bodies is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bodies {
    /// Up to 256 KiB of each.
    #[default]
    Auto,
    /// All of each.
    Full,
    /// Nothing: only their size and hash.
    None,
}

impl Bodies {
    /// How many bytes of each.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Auto => AUTO_LIMIT,
            Self::Full => usize::MAX,
            Self::None => 0,
        }
    }
}

const AUTO_LIMIT: usize = 256 * 1024;

/// Deeper JSON is text: the contract for programs says 128.
const MAX_DEPTH: usize = 128;

/// The fields that hold a body, in one of three forms.
#[derive(Default, Serialize)]
pub(super) struct Embedded<'a> {
    #[serde(rename = "body", skip_serializing_if = "Option::is_none")]
    json: Option<Box<RawValue>>,
    #[serde(rename = "body_text", skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(rename = "body_base64", skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(rename = "body_truncated", skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

pub(super) fn embed(body: &[u8], bodies: Bodies) -> Embedded<'_> {
    if bodies == Bodies::None {
        return Embedded::default();
    }
    let limit = bodies.limit();
    let truncated = body.len() > limit;
    let Ok(text) = std::str::from_utf8(body) else {
        return Embedded {
            base64: Some(STANDARD.encode(&body[..body.len().min(limit)])),
            truncated,
            ..Embedded::default()
        };
    };
    // What is too long to be printed whole is not read whole either.
    let json = if truncated { None } else { raw_json(text) };
    match json {
        Some(json) => Embedded {
            json: Some(json),
            ..Embedded::default()
        },
        None => Embedded {
            text: Some(Cow::Borrowed(beginning(text, limit))),
            truncated,
            ..Embedded::default()
        },
    }
}

/// At most `limit` bytes of the text, without half a character at the end.
fn beginning(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// The text as JSON to embed, if every reader would see in it what the sender wrote.
fn raw_json(text: &str) -> Option<Box<RawValue>> {
    let survey = json::survey(text).ok()?;
    let is_safe = survey.depth <= MAX_DEPTH && survey.duplicate_keys == 0 && !survey.lone_surrogate;
    if !is_safe {
        return None;
    }
    RawValue::from_string(json::minify(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(body: &str) -> Option<String> {
        embed(body.as_bytes(), Bodies::Auto)
            .json
            .map(|json| json.get().to_owned())
    }

    #[test]
    fn numbers_keep_their_spelling_and_only_blanks_go() {
        let body =
            "{ \"a\" : [ 1.10,\n\t-0, 1e999, 12345678901234567890123 ],\r\n\"b c\": \"d  e\" }";
        let expected = r#"{"a":[1.10,-0,1e999,12345678901234567890123],"b c":"d  e"}"#;
        assert_eq!(raw(body).as_deref(), Some(expected));
    }

    #[test]
    fn what_readers_would_disagree_on_is_text() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(raw(&deep(128)), Some(deep(128)));
        for body in [
            deep(129).as_str(),
            r#"{"a":1,"a":2}"#,
            r#"["\ud800"]"#,
            "",
            "\u{feff}{}",
        ] {
            let embedded = embed(body.as_bytes(), Bodies::Auto);
            assert!(embedded.json.is_none(), "{body}");
            assert_eq!(embedded.text.as_deref(), Some(body));
            assert!(!embedded.truncated);
        }
        assert_eq!(
            embed(b"\xff\x00", Bodies::Auto).base64.as_deref(),
            Some("/wA=")
        );
    }

    #[test]
    fn a_long_body_is_cut_between_characters_and_says_so() {
        let body = format!("\"a{}\"", "é".repeat(AUTO_LIMIT / 2));
        let cut = embed(body.as_bytes(), Bodies::Auto);
        assert!(cut.truncated && cut.json.is_none());
        assert_eq!(cut.text.as_deref().map(str::len), Some(AUTO_LIMIT));
        let whole = embed(body.as_bytes(), Bodies::Full);
        assert_eq!(whole.json.map(|json| json.get().len()), Some(body.len()));
        let none = embed(body.as_bytes(), Bodies::None);
        assert!(none.text.is_none() && none.json.is_none() && !none.truncated);
    }

    #[test]
    fn exactly_the_limit_is_not_cut() {
        let body = format!("\"{}\"", "a".repeat(AUTO_LIMIT - 2));
        assert!(embed(body.as_bytes(), Bodies::Auto).json.is_some());
    }
}
