//! What is wrong with a filter: the place, what stands there, and what to write instead.
//!
//! Every error has a fix, because a filter is typed live and corrected at once.

/// Why a text is not a filter. The message and the fix are escaped already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at column {column})")]
pub struct FilterError {
    /// Which byte of the text it is about.
    pub at: usize,
    /// The same as a count of characters, from 1.
    pub column: usize,
    /// What is wrong, without the place.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

/// An error about the byte `at` of a text that whoever returns it does not have at hand.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) fix: String,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn in_text(self, text: &str) -> FilterError {
        let before = text.get(..self.at).unwrap_or(text);
        FilterError {
            at: before.len(),
            column: before.chars().count() + 1,
            message: crate::text::line(self.message.as_bytes()).into_owned(),
            fix: crate::text::line(self.fix.as_bytes()).into_owned(),
        }
    }
}

/// The candidate that `word` was probably meant to be.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(24).flat_map(char::to_lowercase).collect();
    let allowed = if word.len() < 4 { 1 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, replacements and swaps of neighbours lie between two words.
fn distance(word: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=candidate.len()).collect();
    for (row, &here) in word.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &there) in candidate.iter().enumerate() {
            let mut least = (above[column] + usize::from(here != there))
                .min(above[column + 1] + 1)
                .min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && here == candidate[column - 1] && word[row - 1] == there;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let fields = ["type", "id", "task", "size", "state"];
        assert_eq!(nearest("tpye", fields), Some("type"));
        assert_eq!(nearest("TYP", fields), Some("type"));
        assert_eq!(nearest("sate", fields), Some("state"));
        assert_eq!(nearest("colour", fields), None);
        assert_eq!(nearest("x", ["y"]), None);
    }

    #[test]
    fn the_column_counts_characters_and_the_place_counts_bytes() {
        let error = Problem::new("é漢".len(), "m\u{1b}", "f").in_text("é漢x");
        assert_eq!((error.at, error.column), (5, 3));
        assert_eq!(error.message, "m\\u{1b}");
    }
}
