//! What can be typed next: fields, and the words of a field.
//!
//! Works on the text before the cursor alone, and offers nothing inside quotes and regular
//! expressions.

use super::cursor::{Cursor, Slash};
use super::field::Field;
use super::fixed::Fixed;
use super::quality::Quality;
use super::sig::Sig;
use super::state::State;
use super::status::Status;
use super::term::field_name;

/// How a term can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// From which byte on the text before the cursor is replaced.
    pub from: usize,
    /// By what: `type:`, or a whole value.
    pub text: String,
    /// What it means.
    pub about: &'static str,
}

/// All completions of the term that the text ends with, in the order in which to offer them.
pub(super) fn completions(text: &str) -> Vec<Completion> {
    let Some(start) = last_term(text) else {
        return Vec::new();
    };
    let term = &text[start..];
    match field_name(term) {
        None => offer(
            start,
            term,
            Field::WORDS.iter().map(|(name, _, about)| (*name, *about)),
            ":",
        ),
        Some(name) => match Field::read(name) {
            None => Vec::new(),
            Some(field) => {
                let at = start + name.len() + 1;
                offer(at, &text[at..], words(field), "")
            }
        },
    }
}

fn offer(
    from: usize,
    typed: &str,
    words: impl IntoIterator<Item = (&'static str, &'static str)>,
    after: &str,
) -> Vec<Completion> {
    let typed = typed.to_ascii_lowercase();
    words
        .into_iter()
        .filter(|(word, _)| word.starts_with(&typed))
        .map(|(word, about)| Completion {
            from,
            text: format!("{word}{after}"),
            about,
        })
        .collect()
}

/// The words that are worth offering for a field.
fn words(field: Field) -> Vec<(&'static str, &'static str)> {
    fn all<T: Fixed>() -> Vec<(&'static str, &'static str)> {
        let is_name = |word: &str| word.starts_with(|first: char| first.is_ascii_alphabetic());
        let words = T::WORDS.iter().map(|(word, _, about)| (*word, *about));
        words.filter(|(word, _)| is_name(word)).collect()
    }
    match field {
        Field::Sig => all::<Sig>(),
        Field::State => all::<State>(),
        Field::Is => all::<Quality>(),
        Field::Status => {
            let codes = [
                ("200", "acknowledged"),
                ("2xx", "any 2xx"),
                ("4xx", "any 4xx"),
                ("5xx", "any 5xx"),
            ];
            codes.into_iter().chain(all::<Status>()).collect()
        }
        Field::Attempt => vec![("1", "the first"), (">1", "a retry by the sender's count")],
        Field::Size => vec![
            (">10k", "more than 10,000 bytes"),
            (">1MiB", "more than 1 MiB"),
        ],
        Field::Took => vec![
            (">1s", "slower than a second"),
            (">10s", "slower than 10 s"),
        ],
        Field::Age => vec![("<10m", "the last ten minutes"), ("<1h", "the last hour")],
        Field::Provider => vec![
            ("sixtyfour", "Sixtyfour AI"),
            ("elan", "ELAN Languages"),
            ("plain", "anybody else"),
        ],
        Field::Text(_) | Field::Seq | Field::Header | Field::Body | Field::Json => Vec::new(),
    }
}

/// Where the term begins that is being typed; `None` inside quotes or a regular expression, and
/// after one that is complete.
fn last_term(text: &str) -> Option<usize> {
    let mut cursor = Cursor::new(text);
    loop {
        while cursor
            .peek()
            .is_some_and(|next| next.is_whitespace() || matches!(next, '(' | ')' | '|' | '-' | ';'))
        {
            let length = cursor.peek().map_or(0, char::len_utf8);
            let rest = cursor.rest();
            cursor.take(&rest[..length]);
        }
        let start = cursor.at();
        if cursor.rest().is_empty() {
            return Some(start);
        }
        skip_term(&mut cursor)?;
        if cursor.rest().is_empty() {
            return is_open(&text[start..]).then_some(start);
        }
    }
}

/// Whether more can be typed to a term: not after a closing quote or slash.
fn is_open(term: &str) -> bool {
    !term.contains(['"', '/']) || term.ends_with("t/o") || term.ends_with("t/")
}

/// Steps over one term; `None` if it is not complete.
fn skip_term(cursor: &mut Cursor<'_>) -> Option<()> {
    let slash = match field_name(cursor.rest()) {
        Some(name) => {
            cursor.take(name);
            cursor.take(":");
            if name.eq_ignore_ascii_case("path") {
                Slash::RegexOrPath
            } else {
                Slash::Regex
            }
        }
        None => Slash::RegexOrPath,
    };
    if !matches!(cursor.peek(), Some('"' | '/')) {
        cursor.word();
    }
    match cursor.peek() {
        // A quote begins a value, or stands inside one (header:name="a b", json:.["a b"]).
        Some('"') => cursor.quoted().ok().map(|_| ()),
        Some('/') => cursor.pattern("", slash).ok().map(|_| ()),
        _ => Some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(before: &str) -> Vec<String> {
        completions(before)
            .into_iter()
            .map(|one| one.text)
            .collect()
    }

    #[test]
    fn an_empty_text_offers_every_field() {
        assert_eq!(texts("").len(), Field::WORDS.len());
        assert_eq!(texts("sig:ok "), texts(""));
        assert_eq!(texts("-(").len(), Field::WORDS.len());
    }

    #[test]
    fn a_beginning_offers_the_fields_that_begin_so() {
        assert_eq!(
            texts("type:find_email s"),
            ["sig:", "status:", "state:", "size:", "seq:"]
        );
        assert_eq!(completions("type:find_email s")[0].from, 16);
        assert_eq!(texts("(-TY"), ["type:"]);
        assert_eq!(texts("xyz"), Vec::<String>::new());
    }

    #[test]
    fn a_field_offers_its_words() {
        assert_eq!(texts("sig:o"), ["ok", "old"]);
        assert_eq!(completions("sig:o")[0].from, 4);
        assert_eq!(
            texts("status:"),
            [
                "200", "2xx", "4xx", "5xx", "t/o", "rst", "close", "cut", "garbage", "held"
            ]
        );
        assert_eq!(texts("status:t/"), ["t/o"]);
        assert_eq!(texts("a | -state:r"), ["retrying"]);
        assert_eq!(texts("is:re"), ["replayed", "retry"]);
    }

    #[test]
    fn text_in_quotes_or_slashes_offers_nothing() {
        for before in [
            "body:\"s",
            "body:\"s\"",
            "body:/s",
            "body:/a s/",
            "header:x=\"s",
            "json:.[\"s",
        ] {
            assert_eq!(texts(before), Vec::<String>::new(), "{before}");
        }
        assert_eq!(texts("body:\"a\" si"), ["sig:", "size:"]);
        assert_eq!(texts("body:/a b/ si"), ["sig:", "size:"]);
        assert_eq!(texts("path:/webhooks si"), ["sig:", "size:"]);
    }

    #[test]
    fn every_offered_text_is_a_filter_or_the_beginning_of_one() {
        for field in completions("") {
            for value in completions(&field.text) {
                let text = format!("{}{}", field.text, value.text);
                assert!(text.parse::<crate::filter::Filter>().is_ok(), "{text}");
            }
        }
    }
}
