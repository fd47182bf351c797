//! How an ELAN signature is written: its encoding is not documented, so a receiver may lean on the
//! one that it has seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::digest;

const PREFIX: &[u8] = b"sha256=";

/// The form of a received signature, for another one that should look alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelling {
    prefix: Bytes,
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Encoding {
    #[default]
    LowerHex,
    UpperHex,
    Base64,
}

impl Spelling {
    /// That of this value of the header; plain digits where it has none that is known.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        let (prefix, text) = match value.split_at_checked(PREFIX.len()) {
            Some((prefix, text)) if prefix.eq_ignore_ascii_case(PREFIX) => (prefix, text),
            _ => (&b""[..], value),
        };
        let encoding = if digest::tag_from_hex(text).is_some() {
            match text.iter().any(u8::is_ascii_uppercase) {
                true => Encoding::UpperHex,
                false => Encoding::LowerHex,
            }
        } else if digest::tag_from_base64(text).is_some() {
            Encoding::Base64
        } else {
            Encoding::LowerHex
        };
        Self {
            prefix: Bytes::copy_from_slice(prefix),
            encoding,
        }
    }

    /// A signature in lower-case hexadecimal digits, written like this.
    #[must_use]
    pub fn write(&self, digits: &[u8]) -> Bytes {
        let text = match (self.encoding, digest::from_hex(digits)) {
            (Encoding::UpperHex, _) => digits.to_ascii_uppercase(),
            (Encoding::Base64, Some(tag)) => STANDARD.encode(tag).into_bytes(),
            (Encoding::LowerHex | Encoding::Base64, _) => digits.to_vec(),
        };
        [&self.prefix[..], &text].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn every_form_that_is_taken_is_written_again() {
        let digits = "0a".repeat(32);
        let base64 = STANDARD.encode([10; 32]);
        for form in [digits.clone(), digits.to_ascii_uppercase(), base64] {
            for prefix in ["", "sha256=", "SHA256="] {
                let value = format!("{prefix}{form}");
                let written = Spelling::of(value.as_bytes()).write(digits.as_bytes());
                assert_eq!(written, value);
            }
        }
    }

    proptest! {
        #[test]
        fn what_has_no_known_form_is_plain_digits(value in "[g-z ]{0,80}") {
            prop_assert_eq!(Spelling::of(value.as_bytes()), Spelling::default());
        }

        #[test]
        fn any_value_is_read_without_harm(value in any::<Vec<u8>>(), digits in any::<Vec<u8>>()) {
            let _ = Spelling::of(&value).write(&digits);
        }
    }
}
