//! What a text is compared with: a word, an exact text, wildcards, a regular expression.
//!
//! Compared as bytes, because header values and bodies need not be UTF-8. Letter case is ignored
//! for ASCII only, as SQL's `LIKE` does.

use std::fmt;

use regex::bytes::RegexBuilder;

/// How much memory one compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 20;

/// A text to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// A word: letter case is ignored, and where it must stand depends on the field.
    Word(String),
    /// `"exact"`: taken literally, letter case included.
    Exact(String),
    /// With `*` for any text; letter case is ignored.
    Wildcard(Wildcard),
    /// `/regex/`
    Regex(Regex),
}

/// Where in a value a word must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It must be the whole value.
    Whole,
    /// The value must begin with it.
    Start,
    /// Anywhere.
    Anywhere,
}

/// The literal parts between the asterisks: at least two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    parts: Vec<String>,
}

/// A regular expression, compared by its source.
#[derive(Debug, Clone)]
pub struct Regex {
    compiled: regex::bytes::Regex,
}

impl Pattern {
    /// A word as typed: with wildcards if it has any. An ellipsis is one, because lists end
    /// shortened ids with it.
    pub(super) fn from_word(word: &str) -> Self {
        if word.contains(['*', '…']) {
            Self::Wildcard(Wildcard::new(word))
        } else {
            Self::Word(word.to_owned())
        }
    }

    /// Whether a value of a field that a word must reach like this matches.
    ///
    /// A word is sought by its reach. The other kinds know themselves where they stand: an exact
    /// text and one with wildcards is the whole value, unless the reach is [`Reach::Anywhere`]; a
    /// regular expression may match anywhere.
    #[must_use]
    pub fn matches(&self, reach: Reach, value: &[u8]) -> bool {
        match (self, reach) {
            (Self::Word(word), Reach::Whole) => value.eq_ignore_ascii_case(word.as_bytes()),
            (Self::Word(word), Reach::Start) => starts_with(value, word.as_bytes()),
            (Self::Word(word), Reach::Anywhere) => find(value, word.as_bytes()).is_some(),
            (Self::Exact(text), Reach::Anywhere) => {
                memchr::memmem::find(value, text.as_bytes()).is_some()
            }
            (Self::Exact(text), _) => value == text.as_bytes(),
            (Self::Wildcard(wildcard), Reach::Anywhere) => wildcard.occurs_in(value),
            (Self::Wildcard(wildcard), _) => wildcard.is(value),
            (Self::Regex(regex), _) => regex.compiled.is_match(value),
        }
    }

    /// The longest text that stands in everything that matches, letter case aside; `None` where
    /// none is known.
    #[must_use]
    pub fn needle(&self) -> Option<&str> {
        let needle = match self {
            Self::Word(text) | Self::Exact(text) => text,
            Self::Wildcard(wildcard) => wildcard.parts.iter().max_by_key(|part| part.len())?,
            Self::Regex(_) => return None,
        };
        Some(needle)
            .filter(|needle| !needle.is_empty())
            .map(String::as_str)
    }
}

impl Wildcard {
    fn new(word: &str) -> Self {
        let mut parts: Vec<String> = word.split(['*', '…']).map(str::to_owned).collect();
        let last = parts.len() - 1;
        let mut place = 0;
        parts.retain(|part| {
            let is_edge = place == 0 || place == last;
            place += 1;
            is_edge || !part.is_empty()
        });
        Self { parts }
    }

    /// The literal parts between the asterisks, in order: `a*b` has `a` and `b`, `*a` an empty one
    /// and `a`.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    fn is(&self, value: &[u8]) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return false;
        };
        if !starts_with(value, first.as_bytes()) {
            return false;
        }
        let Some(rest) = skip(&value[first.len()..], middle) else {
            return false;
        };
        rest.len() >= last.len()
            && rest[rest.len() - last.len()..].eq_ignore_ascii_case(last.as_bytes())
    }

    fn occurs_in(&self, value: &[u8]) -> bool {
        skip(value, &self.parts).is_some()
    }
}

/// What is left of `value` after all the parts, each found as early as can be.
fn skip<'a>(mut value: &'a [u8], parts: &[String]) -> Option<&'a [u8]> {
    for part in parts {
        let at = find(value, part.as_bytes())?;
        value = &value[at + part.len()..];
    }
    Some(value)
}

fn starts_with(value: &[u8], start: &[u8]) -> bool {
    value
        .get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Whether `needle` stands somewhere in `value`, whatever its letter case.
#[must_use]
pub fn contains(value: &[u8], needle: &[u8]) -> bool {
    find(value, needle).is_some()
}

/// Where `needle` first occurs, whatever its letter case.
fn find(value: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((first, rest)) = needle.split_first() else {
        return Some(0);
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let is_here = |at: &usize| starts_with(&value[at + 1..], rest);
    memchr::memchr2_iter(lower, upper, value).find(is_here)
}

impl Regex {
    /// Compiles the source of a regular expression.
    ///
    /// # Errors
    /// With one phrase that says why it is none, or that it is too large.
    pub(super) fn new(source: &str) -> Result<Self, String> {
        RegexBuilder::new(source)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build()
            .map(|compiled| Self { compiled })
            .map_err(|error| phrase(&error))
    }

    /// The text between the slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        self.compiled.as_str()
    }
}

fn phrase(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            last.trim().trim_start_matches("error: ").to_owned()
        }
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => formatter.write_str(word),
            Self::Exact(text) => write_quoted(formatter, text),
            Self::Wildcard(wildcard) => formatter.write_str(&wildcard.parts.join("*")),
            Self::Regex(regex) => write!(formatter, "/{}/", regex.source()),
        }
    }
}

/// Writes `text` in quotes, so that the parser reads the same text back.
pub(super) fn write_quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_str("\"")?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            formatter.write_str("\\")?;
        }
        write!(formatter, "{character}")?;
    }
    formatter.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Pattern {
        Pattern::from_word(text)
    }

    #[test]
    fn a_word_ignores_case_and_stands_where_its_field_says() {
        assert!(word("Find").matches(Reach::Whole, b"fIND"));
        assert!(!word("find").matches(Reach::Whole, b"find_email"));
        assert!(word("find").matches(Reach::Start, b"FIND_email"));
        assert!(!word("email").matches(Reach::Start, b"find_email"));
        assert!(word("EMAIL").matches(Reach::Anywhere, b"\xfffind_email"));
        assert!(!word("emails").matches(Reach::Anywhere, b"find_email"));
    }

    #[test]
    fn an_exact_text_is_literal() {
        let exact = Pattern::Exact("a*B".to_owned());
        assert!(exact.matches(Reach::Whole, b"a*B"));
        assert!(!exact.matches(Reach::Whole, b"a*b"));
        assert!(!exact.matches(Reach::Start, b"a*B."));
        assert!(exact.matches(Reach::Anywhere, b".a*B."));
    }

    #[test]
    fn an_asterisk_stands_for_any_text() {
        assert!(word("find_*").matches(Reach::Whole, b"FIND_email"));
        assert!(word("*").matches(Reach::Whole, b""));
        assert!(word("*@acme.com").matches(Reach::Whole, b"ada@acme.com"));
        assert!(!word("*@acme.com").matches(Reach::Whole, b"ada@acme.com.br"));
        assert!(word("a*b*a").matches(Reach::Whole, b"abba"));
        assert!(!word("ab*ba").matches(Reach::Whole, b"aba"));
        assert!(word("6f1c…").matches(Reach::Start, b"6f1c0b52"));
        assert!(word("a*c").matches(Reach::Anywhere, b"xaxcx"));
        assert!(!word("a*c").matches(Reach::Anywhere, b"xcxax"));
    }

    #[test]
    fn a_regex_is_bounded_and_its_error_is_one_phrase() {
        let bytes = Regex::new("^a.c$").map(Pattern::Regex).unwrap();
        assert!(bytes.matches(Reach::Whole, b"abc"));
        let unclosed = Regex::new("a(b").unwrap_err();
        assert_eq!(unclosed, "unclosed group");
        let huge = Regex::new(r"(\w{200}){200}").unwrap_err();
        assert_eq!(huge, "it is too large when compiled");
    }

    /// The same language as a regular expression.
    fn reference(text: &str, value: &str) -> bool {
        let parts: Vec<String> = text.split('*').map(regex::escape).collect();
        let source = format!(r"(?si-u)\A(?:{})\z", parts.join(".*"));
        regex::bytes::Regex::new(&source)
            .unwrap()
            .is_match(value.as_bytes())
    }

    proptest! {
        #[test]
        fn wildcards_match_as_the_regex_that_says_the_same(
            text in "[abAB]{0,3}(\\*[ab]{0,2}){1,3}", value in "[abAB]{0,8}",
        ) {
            prop_assert_eq!(word(&text).matches(Reach::Whole, value.as_bytes()), reference(&text, &value));
        }
    }
}
