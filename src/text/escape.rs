//! Bytes from a stranger as text that does nothing but be read.
//!
//! Invalid UTF-8 becomes `\xNN`, hidden characters `\u{1b}`; tabs become spaces; the joiners that
//! terminals disagree about are dropped; combining marks beyond the fourth are counted.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::hidden::is_hidden;
use super::width::width;

/// How many combining marks one base character may carry.
const MARKS_SHOWN: usize = 4;

/// Where a tab goes: to the next column that is a multiple of this.
const TAB_STOP: usize = 4;

/// For places that hold one line: a line feed becomes `\n`.
#[must_use]
pub fn line(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, Lines::Escaped)
}

/// For bodies: a line feed stays one.
#[must_use]
pub fn block(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, Lines::Kept)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Kept,
    Escaped,
}

fn escape(bytes: &[u8], lines: Lines) -> Cow<'_, str> {
    let clean = clean_prefix(bytes, lines);
    if clean == bytes.len()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    let mut shown = Shown::new(bytes.len(), lines);
    for chunk in bytes.utf8_chunks() {
        shown.text(chunk.valid());
        for byte in chunk.invalid() {
            shown.escaped(format_args!("\\x{byte:02x}"));
        }
    }
    Cow::Owned(shown.finish())
}

/// How many bytes from the start are printable ASCII (or kept line feeds).
fn clean_prefix(bytes: &[u8], lines: Lines) -> usize {
    let is_clean =
        |byte: &u8| matches!(byte, b' '..=b'~') || (*byte == b'\n' && lines == Lines::Kept);
    bytes
        .iter()
        .position(|byte| !is_clean(byte))
        .unwrap_or(bytes.len())
}

/// What has been made visible so far.
struct Shown {
    out: String,
    lines: Lines,
    /// Where the last tab stop or line start is in `out`, and its column.
    measured: usize,
    column: usize,
    /// Whether there is something on this line for a mark to stand on.
    has_base: bool,
    marks: usize,
}

impl Shown {
    fn new(length: usize, lines: Lines) -> Self {
        Self {
            out: String::with_capacity(length + length / 8),
            lines,
            measured: 0,
            column: 0,
            has_base: false,
            marks: 0,
        }
    }

    fn text(&mut self, mut text: &str) {
        while !text.is_empty() {
            let clean = clean_prefix(text.as_bytes(), Lines::Escaped);
            if clean > 0 {
                self.end_marks();
                self.has_base = true;
                self.out.push_str(&text[..clean]);
                text = &text[clean..];
            }
            let mut characters = text.chars();
            if let Some(character) = characters.next() {
                self.character(character);
                text = characters.as_str();
            }
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '\n' if self.lines == Lines::Kept => self.line_feed(),
            '\n' => self.escaped(format_args!("\\n")),
            '\t' => self.tab(),
            // Zero-width joiner and the text and emoji variation selectors: terminals disagree on
            // the width of what they build.
            '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => {}
            // Two of these are a flag, or two letters, in one cell or in two: terminals disagree.
            '\u{1f1e6}'..='\u{1f1ff}' => self.spelled(character),
            _ if is_hidden(character) => self.spelled(character),
            _ if character.width() == Some(0) => self.mark(character),
            _ => {
                self.end_marks();
                self.has_base = true;
                self.out.push(character);
            }
        }
    }

    /// Shows a character by its number.
    fn spelled(&mut self, character: char) {
        self.escaped(format_args!("\\u{{{:x}}}", u32::from(character)));
    }

    fn escaped(&mut self, visible: std::fmt::Arguments<'_>) {
        self.end_marks();
        self.has_base = true;
        // Writing to a String cannot fail.
        let _ = self.out.write_fmt(visible);
    }

    fn mark(&mut self, mark: char) {
        if !self.has_base {
            // It would ride on whatever stands to the left of this text.
            return self.spelled(mark);
        }
        self.marks += 1;
        if self.marks <= MARKS_SHOWN {
            self.out.push(mark);
        }
    }

    fn end_marks(&mut self) {
        let more = self.marks.saturating_sub(MARKS_SHOWN);
        self.marks = 0;
        if more > 0 {
            let _ = write!(self.out, "+{more}");
        }
    }

    fn line_feed(&mut self) {
        self.end_marks();
        self.out.push('\n');
        self.has_base = false;
        self.measured = self.out.len();
        self.column = 0;
    }

    fn tab(&mut self) {
        self.end_marks();
        self.has_base = true;
        self.column += width(&self.out[self.measured..]);
        let spaces = TAB_STOP - self.column % TAB_STOP;
        self.out.extend(std::iter::repeat_n(' ', spaces));
        self.column += spaces;
        self.measured = self.out.len();
    }

    fn finish(mut self) -> String {
        self.end_marks();
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn printable_ascii_is_borrowed() {
        assert!(matches!(line(b"POST /a?b=c ~"), Cow::Borrowed(_)));
        assert!(matches!(block(b"one\ntwo"), Cow::Borrowed(_)));
        assert!(matches!(line(b""), Cow::Borrowed("")));
    }

    #[test]
    fn terminal_sequences_are_shown_not_obeyed() {
        assert_eq!(line(b"\x1b]52;c;eA==\x07"), "\\u{1b}]52;c;eA==\\u{7}");
        assert_eq!(line("\u{9b}31m\u{7f}".as_bytes()), "\\u{9b}31m\\u{7f}");
        assert_eq!(line(b"a\r\nb\0"), "a\\u{d}\\nb\\u{0}");
        assert_eq!(block(b"a\r\nb"), "a\\u{d}\nb");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_shown_one_by_one() {
        assert_eq!(line(b"a\xffb\xc3"), "a\\xffb\\xc3");
        assert_eq!(line(b"\xe2\x80"), "\\xe2\\x80");
    }

    #[test]
    fn reversing_and_invisible_characters_are_spelled_out() {
        let text = "a\u{202e}b\u{200b}c\u{2028}d\u{fff9}e\u{e0041}f\u{ad}";
        assert_eq!(
            line(text.as_bytes()),
            "a\\u{202e}b\\u{200b}c\\u{2028}d\\u{fff9}e\\u{e0041}f\\u{ad}"
        );
    }

    #[test]
    fn joiners_and_variation_selectors_are_dropped() {
        let text = "👩\u{200d}💻 ❤\u{fe0f}";
        assert_eq!(line(text.as_bytes()), "👩💻 ❤");
    }

    #[test]
    fn the_letters_of_a_flag_are_spelled_out() {
        assert_eq!(line("🇩🇪!".as_bytes()), "\\u{1f1e9}\\u{1f1ea}!");
        assert_eq!(block("a🇩".as_bytes()), "a\\u{1f1e9}");
    }

    #[test]
    fn marks_beyond_the_fourth_are_counted() {
        let text = format!("a{}b", "\u{301}".repeat(7));
        let shown = format!("a{}+3b", "\u{301}".repeat(4));
        assert_eq!(line(text.as_bytes()), shown);
        assert_eq!(line("e\u{301}".as_bytes()), "e\u{301}");
    }

    #[test]
    fn a_mark_without_a_base_does_not_ride_on_its_neighbour() {
        assert_eq!(line("\u{301}a".as_bytes()), "\\u{301}a");
        assert_eq!(block("a\n\u{301}".as_bytes()), "a\n\\u{301}");
    }

    #[test]
    fn a_tab_goes_to_the_next_column_that_is_a_multiple_of_four() {
        assert_eq!(line(b"a\tb\t\tc"), "a   b       c");
        assert_eq!(block("漢字\tx\n\ty".as_bytes()), "漢字    x\n    y");
        assert_eq!(line(b"abc\td"), "abc d");
    }

    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let character = prop_oneof![
            any::<char>(),
            prop::sample::select(vec![
                'a',
                '\t',
                '\n',
                '\r',
                '\u{1b}',
                '\u{9b}',
                '\u{301}',
                '\u{200d}',
                '\u{fe0f}',
                '\u{202e}',
                '\u{2066}',
                '\u{feff}',
                '\u{e0001}',
                '漢',
                '🎉',
                '👍',
                '\u{1f3fd}',
                '🇩',
                'ل',
                'ا',
                '\u{17d2}',
                '\u{1100}',
                '\u{1161}',
                '\u{93e}',
                '\u{600}',
            ]),
        ];
        let text = prop::collection::vec(character, 0..40)
            .prop_map(|characters| characters.into_iter().collect::<String>().into_bytes());
        prop_oneof![text, prop::collection::vec(any::<u8>(), 0..60)]
    }

    proptest! {
        #[test]
        fn nothing_hidden_survives(bytes in hostile()) {
            prop_assert!(!line(&bytes).chars().any(is_hidden));
            prop_assert!(!block(&bytes).chars().any(|character| character != '\n' && is_hidden(character)));
        }

        #[test]
        fn what_is_visible_already_stays_as_it_is(bytes in hostile()) {
            let once = line(&bytes).into_owned();
            prop_assert_eq!(line(once.as_bytes()), once.as_str());
            let once = block(&bytes).into_owned();
            prop_assert_eq!(block(once.as_bytes()), once.as_str());
        }

        #[test]
        fn no_base_carries_more_than_four_marks(bytes in hostile()) {
            let shown = line(&bytes);
            let mut run = 0;
            for character in shown.chars() {
                run = if character.width() == Some(0) { run + 1 } else { 0 };
                prop_assert!(run <= MARKS_SHOWN);
            }
        }
    }
}
