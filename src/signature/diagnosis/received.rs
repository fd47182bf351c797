//! What a signature header may have been meant to say, read generously.
//!
//! The verdict goes by the letter of the grammar; here any order, separator, key and encoding will
//! do, because whatever is found has to be proved by a MAC afterwards.

use crate::delivery::{Head, Scheme};
use crate::signature::digest;
use crate::signature::form::unquoted;
use crate::signature::header::{seconds, trim_blanks};
use crate::signature::scheme::{MAX_SIGNATURES, header_name};
use crate::text;

use super::cause::Cause;

/// Tags shorter than this could match by chance.
const FEWEST_DIGITS: usize = 16;
/// More timestamps than this in one header are not looked at.
const MOST_STAMPS: usize = 4;

/// How a received tag is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Lower-case hexadecimal digits, as documented.
    Hex,
    /// The same with upper-case digits.
    UpperHex,
    Base64,
}

/// One received signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Its key in the header: `v1`, `v0`, `sha256`; empty when it stood alone.
    pub(super) key: String,
    pub(super) bytes: Vec<u8>,
    /// How many hexadecimal digits of `bytes` were received.
    digits: usize,
    spelling: Spelling,
}

/// How a received tag compares with a computed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Whole,
    /// The received tag is the beginning of the computed one.
    Truncated,
    /// The computed tag is the beginning of the received one.
    Overlong,
}

/// Timestamps and tags as they can be made out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) stamps: Vec<Vec<u8>>,
    pub(super) tags: Vec<Tag>,
    /// The header they were found in, when it is not the scheme's own.
    pub(super) elsewhere: Option<String>,
    /// Signatures that are no hexadecimal digits, by their place.
    pub(super) unreadable: Vec<usize>,
}

impl Received {
    /// Reads the scheme's header; if there is none, any other that looks like a signature.
    pub(super) fn read(head: &Head, scheme: Scheme) -> Self {
        let own: Vec<_> = head.headers_named(header_name(scheme)).collect();
        let mut received = Self::default();
        if !own.is_empty() {
            for line in own {
                received.line(line);
            }
            return received;
        }
        for header in head.headers() {
            let name = header.name.to_ascii_lowercase();
            let is_likely = memchr::memmem::find(&name, b"signature").is_some()
                || memchr::memmem::find(&name, b"hmac").is_some();
            if is_likely && received.tags.is_empty() {
                received.line(&header.value);
                if !received.tags.is_empty() {
                    received.elsewhere = Some(text::line(&header.name).into_owned());
                }
            }
        }
        received
    }

    fn line(&mut self, line: &[u8]) {
        let line = trim_blanks(line);
        let line = unquoted(line).unwrap_or(line);
        let mut key = String::new();
        let separators = |byte: &u8| matches!(byte, b',' | b';' | b'&' | b' ' | b'\t');
        for piece in line.split(separators).filter(|piece| !piece.is_empty()) {
            let (named, value) = cut(piece);
            if let Some(named) = named {
                named.clone_into(&mut key);
            }
            let value = unquoted(value).unwrap_or(value);
            if value.is_empty() {
                continue;
            }
            if ["t", "ts", "timestamp"].contains(&&*key.to_ascii_lowercase()) {
                self.stamp(value);
            } else {
                self.tag(&key, value);
            }
            key.clear();
        }
    }

    fn stamp(&mut self, value: &[u8]) {
        let is_new = !self.stamps.iter().any(|known| known == value);
        if is_new && value.len() <= 64 && self.stamps.len() < MOST_STAMPS {
            self.stamps.push(value.to_vec());
        }
    }

    fn tag(&mut self, key: &str, value: &[u8]) {
        if self.tags.len() + self.unreadable.len() >= MAX_SIGNATURES {
            return;
        }
        // `v1=sha256=…`
        let value = match cut(value) {
            (Some(_), rest) if !rest.is_empty() => rest,
            _ => value,
        };
        let place = self.tags.len() + self.unreadable.len();
        match decode(value) {
            Some((bytes, digits, spelling)) => self.tags.push(Tag {
                key: key.to_owned(),
                bytes,
                digits,
                spelling,
            }),
            None => self.unreadable.push(place),
        }
    }

    /// Whether one of the tags has this many bytes.
    pub(super) fn has_tag_of(&self, bytes: usize) -> bool {
        self.tags.iter().any(|tag| tag.bytes.len() == bytes)
    }

    /// The first received tag that fits a computed one.
    pub(super) fn fit(&self, computed: &[u8]) -> Option<(usize, Fit)> {
        self.tags
            .iter()
            .enumerate()
            .find_map(|(place, tag)| Some((place, tag.fit(computed)?)))
    }
}

/// Cuts `key=value`; base64 may end with `=` and have no key.
fn cut(piece: &[u8]) -> (Option<&str>, &[u8]) {
    let key = memchr::memchr(b'=', piece).and_then(|equals| {
        let key = std::str::from_utf8(&piece[..equals]).ok()?;
        let is_key = (1..=16).contains(&key.len())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        is_key.then_some((key, &piece[equals + 1..]))
    });
    match key {
        Some((key, value)) => (Some(key), value),
        None => (None, piece),
    }
}

fn decode(value: &[u8]) -> Option<(Vec<u8>, usize, Spelling)> {
    let is_hex = value.iter().all(u8::is_ascii_hexdigit);
    if is_hex && (FEWEST_DIGITS..=256).contains(&value.len()) {
        let mut digits = value.to_vec();
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        let spelling = if value.iter().any(u8::is_ascii_uppercase) {
            Spelling::UpperHex
        } else {
            Spelling::Hex
        };
        return Some((digest::from_hex(digits)?, value.len(), spelling));
    }
    let bytes = digest::from_base64(value).filter(|bytes| matches!(bytes.len(), 20 | 32 | 64))?;
    let digits = bytes.len() * 2;
    Some((bytes, digits, Spelling::Base64))
}

impl Tag {
    fn fit(&self, computed: &[u8]) -> Option<Fit> {
        let whole = computed.len() * 2;
        let common = self.digits.min(whole);
        if !same_digits(&self.bytes, computed, common) {
            return None;
        }
        Some(match self.digits.cmp(&whole) {
            std::cmp::Ordering::Equal => Fit::Whole,
            std::cmp::Ordering::Less => Fit::Truncated,
            std::cmp::Ordering::Greater => Fit::Overlong,
        })
    }

    /// How the spelling departs from the documented one, once the tag has matched.
    pub(super) fn cause(&self, fit: Fit, algorithm_digits: usize) -> Option<Cause> {
        let digits = self.digits;
        let (name, explanation) = match (fit, self.spelling) {
            (Fit::Whole, Spelling::Hex) => return None,
            (Fit::Whole, Spelling::UpperHex) => (
                "signature_upper_case",
                "The signature is right and spelled in upper case: a verifier that compares text refuses it.".to_owned(),
            ),
            (Fit::Whole, Spelling::Base64) => (
                "signature_base64",
                "The signature is right and spelled in base64 instead of hexadecimal digits.".to_owned(),
            ),
            (Fit::Truncated, _) => (
                "signature_truncated",
                format!("The signature is right as far as it goes, but it is cut: {digits} of {algorithm_digits} hexadecimal digits."),
            ),
            (Fit::Overlong, _) => (
                "signature_overlong",
                format!("The signature is right, but {} more hexadecimal digits follow it.", digits - algorithm_digits),
            ),
        };
        Some(Cause::new(
            name,
            explanation,
            "send the whole MAC as 64 lower-case hexadecimal digits: .hexdigest() in Python, .digest(\"hex\") in Node.js",
        ))
    }
}

/// Whether the first hexadecimal digits of both are the same, in constant time for their number.
fn same_digits(received: &[u8], computed: &[u8], digits: usize) -> bool {
    let whole = digits / 2;
    let difference = received
        .iter()
        .zip(computed)
        .take(whole)
        .fold(0, |difference, (one, other)| difference | (one ^ other));
    let half = match (digits % 2, received.get(whole), computed.get(whole)) {
        (1, Some(one), Some(other)) => (one ^ other) >> 4,
        _ => 0,
    };
    difference | half == 0
}

/// Whether a stamp is what the grammar asks for.
pub(super) fn is_plain_number(stamp: &[u8]) -> bool {
    seconds(stamp).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::Header;

    fn read(line: &str) -> Received {
        let header = Header::new("Sixtyfour-Signature", line.to_owned());
        let head = Head::build("POST", b"/", &[header]).unwrap();
        Received::read(&head, Scheme::Sixtyfour)
    }

    #[test]
    fn a_header_that_breaks_the_grammar_is_understood() {
        let digits = "0123456789abcdef".repeat(4);
        let lines = [
            format!("t=5,v1={digits}"),
            format!("t=5;v1={digits}"),
            format!("T=5, V1={digits}"),
            format!("t=5,v1= {digits}"),
            format!("\"t=5,v1={digits}\""),
            format!("t='5' v0=\"{digits}\""),
            format!("ts=5&sha256={digits}"),
            format!("t=5,{digits}"),
            format!("t=5,v1=sha256={digits}"),
        ];
        for line in lines {
            let received = read(&line);
            assert_eq!(received.stamps, [b"5"], "{line}");
            assert_eq!(received.tags.len(), 1, "{line}");
            assert_eq!(digest::hex(&received.tags[0].bytes), digits, "{line}");
        }
    }

    #[test]
    fn tags_are_read_in_every_encoding_and_compared_as_far_as_they_go() {
        let whole = [0xab; 32];
        let hex = "ab".repeat(32);
        let table = [
            (hex.clone(), Some(Fit::Whole)),
            (hex.to_uppercase(), Some(Fit::Whole)),
            (
                "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=".to_owned(),
                Some(Fit::Whole),
            ),
            (
                "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s".to_owned(),
                Some(Fit::Whole),
            ),
            (hex[..63].to_owned(), Some(Fit::Truncated)),
            (hex[..32].to_owned(), Some(Fit::Truncated)),
            (format!("{hex}00"), Some(Fit::Overlong)),
            (format!("{}c", &hex[..62]), None),
            (format!("{}c", &hex[..63]), None),
        ];
        for (value, expected) in table {
            let received = read(&format!("t=1,v1={value}"));
            assert_eq!(
                received.fit(&whole).map(|(_, fit)| fit),
                expected,
                "{value}"
            );
        }
        let short = read(&format!("t=1,v1={}", &hex[..14]));
        assert_eq!(short.fit(&whole), None, "could be chance");
        assert_eq!(short.unreadable, [0]);
    }

    #[test]
    fn a_signature_under_another_name_is_found() {
        let header = Header::new(
            "X-Sixtyfour-Signature",
            format!("t=1,v1={}", "ab".repeat(32)),
        );
        let head = Head::build("POST", b"/", &[header]).unwrap();
        let received = Received::read(&head, Scheme::Sixtyfour);
        assert_eq!(received.elsewhere.as_deref(), Some("X-Sixtyfour-Signature"));
        assert_eq!(received.tags.len(), 1);
    }

    proptest! {
        #[test]
        fn any_header_is_read_within_bounds(line in "[tv01=,; \"a-fA-F+/-]{0,300}") {
            let received = read(&line);
            prop_assert!(received.tags.len() <= MAX_SIGNATURES);
            prop_assert!(received.stamps.len() <= MOST_STAMPS);
        }
    }
}
