//! Where some text stands in a body: smart case, or a pattern between slashes.

use std::ops::Range;

use regex::bytes::RegexBuilder;

/// More hits than this are not kept: nobody steps through them.
pub(super) const MOST: usize = 100_000;

/// How much memory a pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

/// The places of `needle` in `body`. Lower case finds both cases; `/…/` is a regular expression.
///
/// # Errors
/// When the pattern is none, in words for the prompt.
pub(super) fn find(body: &[u8], needle: &str) -> Result<Vec<Range<usize>>, String> {
    if needle.is_empty() {
        return Ok(Vec::new());
    }
    let pattern = needle
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|pattern| !pattern.is_empty());
    let any_case = !needle.chars().any(char::is_uppercase);
    if pattern.is_none() && !any_case {
        let found = memchr::memmem::find_iter(body, needle.as_bytes());
        return Ok(found.take(MOST).map(|at| at..at + needle.len()).collect());
    }
    let source = pattern.map_or_else(|| regex::escape(needle), str::to_owned);
    let expression = RegexBuilder::new(&source)
        .case_insensitive(any_case)
        .multi_line(true)
        .size_limit(PATTERN_SIZE)
        .build()
        .map_err(|error| explain(&error))?;
    Ok(expression
        .find_iter(body)
        .filter(|found| !found.is_empty())
        .take(MOST)
        .map(|found| found.range())
        .collect())
}

fn explain(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        other => {
            // The last line says what is wrong; those before draw the place.
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            let last = last.strip_prefix("error: ").unwrap_or(last);
            format!("not a pattern: {last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_finds_both_cases_and_upper_case_only_itself() {
        let body = b"Northgate northgate";
        assert_eq!(find(body, "northgate").unwrap(), [0..9, 10..19]);
        assert_eq!(find(body, "Northgate").unwrap().len(), 1);
    }

    #[test]
    fn what_stands_between_slashes_is_a_pattern() {
        assert_eq!(find(b"a1 b22", "/[0-9]+/").unwrap(), [1..2, 4..6]);
        assert_eq!(find(b"a.c abc", "a.c").unwrap().first(), Some(&(0..3)));
    }

    #[test]
    fn a_broken_pattern_is_explained_in_a_line() {
        let message = find(b"", "/(/").unwrap_err();
        assert!(message.starts_with("not a pattern: "), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn bytes_that_are_not_text_are_searched_too() {
        assert_eq!(find(b"\xff\xfeid", "id").unwrap().first(), Some(&(2..4)));
    }
}
