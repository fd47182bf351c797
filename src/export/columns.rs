//! Cells of a fixed width, in terminal columns.

use crate::text;

/// `content` clipped to `width` columns, with blanks after it.
#[must_use]
pub(super) fn left(content: &str, width: usize) -> String {
    let clipped = text::clip(content, width);
    let blanks = width.saturating_sub(text::width(&clipped));
    format!("{clipped}{}", " ".repeat(blanks))
}

/// The same with the blanks before it.
#[must_use]
pub(super) fn right(content: &str, width: usize) -> String {
    let clipped = text::clip(content, width);
    let blanks = width.saturating_sub(text::width(&clipped));
    format!("{}{clipped}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_as_wide_as_it_should_be_whatever_it_holds() {
        for content in ["", "ab", "a longer text", "山田太郎", "é\u{301}"] {
            assert_eq!(text::width(&left(content, 5)), 5, "{content}");
            assert_eq!(text::width(&right(content, 5)), 5, "{content}");
        }
        assert_eq!(right("7", 3), "  7");
        assert_eq!(left("7", 3), "7  ");
    }
}
