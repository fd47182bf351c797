//! Secrets: taken literally, wiped when dropped, and never printable.
//!
//! Whatever is wrong with a secret is named in [`form`] and never repaired: a receiver
//! that trims or unquotes would accept here what the real application refuses.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};

use super::key::Key;

pub use super::form::{elan_form, form};
pub use super::form_problem::{FormProblem, Side};

/// Fewer characters than this are not shown in part: four of them would be too much.
const SHOWABLE: usize = 12;

/// A signing secret, and the key made of it.
pub struct Secret {
    literal: SecretSlice<u8>,
    key: Key,
}

impl Secret {
    /// A secret with exactly these bytes.
    #[must_use]
    pub fn new(literal: impl AsRef<[u8]>) -> Self {
        let literal = literal.as_ref();
        Self {
            key: Key::new(literal),
            literal: SecretSlice::from(Box::<[u8]>::from(literal)),
        }
    }

    /// Its last four characters, all of it that may ever be shown; nothing of a short one.
    #[must_use]
    pub fn last_four(&self) -> String {
        let text = String::from_utf8_lossy(self.expose());
        let shown = if text.chars().count() < SHOWABLE {
            0
        } else {
            4
        };
        let before = text.chars().count() - shown;
        text.chars().skip(before).map(graphic).collect()
    }

    /// Whether there is nothing in it. Anybody can sign with nothing: it never verifies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.literal.expose_secret()
    }
}

fn graphic(character: char) -> char {
    if character.is_ascii_graphic() {
        character
    } else {
        '?'
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::new(self.expose())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        // Tags of one message instead of the secrets themselves: in constant time, and of one length.
        let tag = other.key.authenticate(&[]).tag();
        self.key.authenticate(&[]).is(&tag) && self.expose().len() == other.expose().len()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret([redacted])")
    }
}

/// How a line of a secret file ended; the line end is all that is ever removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// The file ended.
    None,
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

/// One line of a secret file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What stands there, without the line end.
    pub secret: Secret,
    /// The line end that was removed.
    pub end: LineEnd,
}

/// Reads one secret a line. Empty lines hold no secret; blank ones do, because a blank may be part
/// of a secret.
#[must_use]
pub fn read(bytes: &[u8]) -> Vec<SecretLine> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| {
            let (literal, end) = cut_line_end(line);
            (index + 1, literal, end)
        })
        .filter(|(_, literal, _)| !literal.is_empty())
        .map(|(number, literal, end)| SecretLine {
            number,
            secret: Secret::new(literal),
            end,
        })
        .collect()
}

/// Reads comma-separated secrets, as an environment variable holds them. Nothing is removed but
/// the commas and what is empty between them.
#[must_use]
pub fn read_list(text: &[u8]) -> Vec<Secret> {
    text.split(|&byte| byte == b',')
        .filter(|literal| !literal.is_empty())
        .map(Secret::new)
        .collect()
}

fn cut_line_end(line: &[u8]) -> (&[u8], LineEnd) {
    match line {
        [literal @ .., b'\r', b'\n'] => (literal, LineEnd::CrLf),
        [literal @ .., b'\n'] => (literal, LineEnd::Lf),
        literal => (literal, LineEnd::None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_line_end_is_removed() {
        let file = b" one \t\r\n\"two\"\n\n   \nfour\r";
        let lines = read(file);
        let read: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.secret.expose(), line.end))
            .collect();
        assert_eq!(
            read,
            [
                (1, &b" one \t"[..], LineEnd::CrLf),
                (2, &b"\"two\""[..], LineEnd::Lf),
                (4, &b"   "[..], LineEnd::Lf),
                (5, &b"four\r"[..], LineEnd::None),
            ]
        );
        assert!(super::read(b"").is_empty() && super::read(b"\n\r\n").is_empty());
    }

    #[test]
    fn a_list_is_cut_at_commas_and_nowhere_else() {
        let secrets = read_list(b"a b, c,,");
        let read: Vec<_> = secrets.iter().map(Secret::expose).collect();
        assert_eq!(read, [&b"a b"[..], b" c"]);
    }

    #[test]
    fn no_more_than_the_last_four_characters_can_be_seen() {
        let secret = Secret::new("sk_whsec_canary-5aea");
        assert_eq!(secret.last_four(), "5aea");
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
        let line = format!("{:?}", read(b"sk_whsec_canary-5aea"));
        assert!(!line.contains("canary"), "{line}");
        assert_eq!(Secret::new("short-5aea").last_four(), "");
        let hostile = Secret::new(b"sk_whsec_canary-\x1b[\xff\n");
        assert_eq!(hostile.last_four(), "?[??");
    }

    #[test]
    fn secrets_are_equal_when_their_bytes_are() {
        let long = "x".repeat(65);
        let secret = Secret::new(&long);
        assert_eq!(secret, secret.clone());
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("a\0"), "HMAC pads with zeros");
    }

    proptest! {
        #[test]
        fn the_lines_of_a_file_put_together_again_are_the_file_without_its_empty_lines(
            lines in proptest::collection::vec("[^\n]{0,5}", 0..6)
        ) {
            let file = lines.join("\n");
            let read = read(file.as_bytes());
            let kept: Vec<_> = read.iter().map(|line| line.secret.expose().to_vec()).collect();
            let last = lines.len().saturating_sub(1);
            let expected: Vec<_> = lines
                .iter()
                .enumerate()
                .map(|(index, line)| if index == last { line } else { line.strip_suffix('\r').unwrap_or(line) })
                .filter(|line| !line.is_empty())
                .map(|line| line.as_bytes().to_vec())
                .collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
