//! The word that was probably meant.

/// The candidate that `word` was probably meant to be, if one is near enough. Letter case is
/// ignored.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(48).flat_map(char::to_lowercase).collect();
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
}
