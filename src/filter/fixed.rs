//! Words that a field knows by heart.
//!
//! One table per field is what the parser reads, the printer writes and the completion offers.

/// The words of one field.
pub(super) trait Fixed: Copy + PartialEq + 'static {
    /// Each word, what it stands for, and what it means. The first word of a value is the one that
    /// is printed.
    const WORDS: &'static [(&'static str, Self, &'static str)];

    /// The value of a word, whatever its letter case.
    fn read(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(word))
            .map(|(_, value, _)| *value)
    }

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, value, _)| *value == self)
            .map_or("", |(name, ..)| *name)
    }

    /// All the words: `ok, bad or old`.
    fn choices() -> String {
        let names: Vec<&str> = Self::WORDS.iter().map(|(name, ..)| *name).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, first)) => format!("{} or {last}", first.join(", ")),
            None => String::new(),
        }
    }
}
