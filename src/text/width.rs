//! Terminal columns: how wide a text is, and as much of it as fits.
//!
//! Measured by grapheme cluster, as ratatui lays text into cells. The text is expected to be
//! escaped already: a control character counts as nothing.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

const ELLIPSIS: &str = "…";

/// How many columns `text` takes on one line.
#[must_use]
pub fn width(text: &str) -> usize {
    if is_printable_ascii(text) {
        return text.len();
    }
    text.graphemes(true).map(cell_width).sum()
}

/// `text` if it fits into `columns`, else as much of it as fits with `…` after it. A wide character
/// is never split.
#[must_use]
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns && is_printable_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut kept = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += cell_width(grapheme);
        if used > columns {
            return match columns {
                0 => Cow::Borrowed(""),
                _ => Cow::Owned([&text[..kept], ELLIPSIS].concat()),
            };
        }
        if used < columns {
            kept = at + grapheme.len();
        }
    }
    Cow::Borrowed(text)
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn cell_width(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) {
        0
    } else {
        grapheme.width()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::line;
    use proptest::prelude::*;

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        assert_eq!(width("find_email"), 10);
        assert_eq!(width("漢字"), 4);
        assert_eq!(width("🎉"), 2);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("…é"), 2);
    }

    #[test]
    fn what_fits_is_borrowed() {
        assert!(matches!(clip("find_email", 10), Cow::Borrowed(_)));
        assert!(matches!(clip("漢字", 4), Cow::Borrowed(_)));
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        assert_eq!(clip("outgoing_webhook", 15), "outgoing_webho…");
        assert_eq!(clip("abc", 1), "…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip("", 0), "");
    }

    #[test]
    fn a_wide_character_is_never_split() {
        assert_eq!(clip("漢字", 3), "漢…");
        assert_eq!(clip("漢字", 2), "…");
        assert_eq!(clip("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    proptest! {
        #[test]
        fn a_clipped_text_never_takes_more_than_its_columns(text: String, columns in 0usize..30) {
            let shown = line(text.as_bytes());
            let clipped = clip(&shown, columns);
            prop_assert!(width(&clipped) <= columns);
            prop_assert_eq!(width(&shown) <= columns, clipped == shown);
        }

        #[test]
        fn the_width_is_the_sum_of_the_cells(text: String) {
            let shown = line(text.as_bytes());
            let cells: usize = shown.graphemes(true).map(UnicodeWidthStr::width).sum();
            prop_assert_eq!(width(&shown), cells);
        }
    }
}
