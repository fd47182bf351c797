//! The characters that act on a terminal or a reader instead of being seen.
//!
//! Controls, format characters, line and paragraph separators and whatever Unicode calls "default
//! ignorable": they move the cursor, reverse the reading direction, or hide a message in plain text.

/// Beside the control characters: everything of category Cf, Zl or Zp and every default ignorable
/// code point (Unicode 17), in order.
const HIDDEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether this character must not be shown as it is.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || (character >= '\u{ad}'
            && HIDDEN
                .binary_search_by(|&(first, last)| {
                    if last < character {
                        std::cmp::Ordering::Less
                    } else if first > character {
                        std::cmp::Ordering::Greater
                    } else {
                        std::cmp::Ordering::Equal
                    }
                })
                .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn controls_bidi_zero_width_separators_and_tags_are_hidden() {
        let hidden = "\0\t\n\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{ad}\u{61c}\u{200b}\u{200c}\u{200d}\
                      \u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\
                      \u{fe0f}\u{feff}\u{fff9}\u{fffb}\u{e0000}\u{e0041}\u{e007f}\u{e0100}";
        for character in hidden.chars() {
            assert!(is_hidden(character), "{:?}", character);
        }
    }

    #[test]
    fn what_people_write_is_not_hidden() {
        for character in " ~\u{a0}é漢字🎉ا\u{301}क\u{2009}\u{2026}\u{fffd}".chars() {
            assert!(!is_hidden(character), "{:?}", character);
        }
    }
}
