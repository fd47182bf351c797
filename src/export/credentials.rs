//! Which header values would let their reader in somewhere, and how they are hidden.
//!
//! A signature is none of them: it proves one body for five minutes and opens nothing.

use std::borrow::Cow;

use crate::delivery::Header;

/// Whether header values that give access are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credentials {
    /// They are replaced by [`MASK`].
    #[default]
    Masked,
    /// They are shown as sent.
    Revealed,
}

/// What stands in place of a masked value.
pub const MASK: &str = "[masked]";

const WHOLE_NAMES: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
];
const PARTS: [&str; 6] = [
    "token", "api-key", "api_key", "apikey", "secret", "password",
];

/// Whether the value of the header called `name` gives access to something.
#[must_use]
pub fn is_credential(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    WHOLE_NAMES.iter().any(|whole| whole.as_bytes() == name)
        || PARTS
            .iter()
            .any(|part| memchr::memmem::find(&name, part.as_bytes()).is_some())
}

impl Credentials {
    /// Whether the value of the header called `name` is to be hidden.
    #[must_use]
    pub fn hide(self, name: &[u8]) -> bool {
        self == Self::Masked && is_credential(name)
    }

    /// The header's value, or the mask.
    #[must_use]
    pub fn value(self, header: &Header) -> &[u8] {
        if self.hide(&header.name) {
            MASK.as_bytes()
        } else {
            &header.value
        }
    }

    /// A message head with the values masked in place: names, order and blanks stay.
    #[must_use]
    pub fn head(self, raw: &[u8]) -> Cow<'_, [u8]> {
        let is_hidden = |line: &&[u8]| self.hide(name_of(line));
        let lines = || raw.split_inclusive(|byte| *byte == b'\n');
        if !lines().any(|line| is_hidden(&line)) {
            return Cow::Borrowed(raw);
        }
        let mut head = Vec::with_capacity(raw.len());
        for line in lines() {
            if is_hidden(&line) {
                head.extend_from_slice(name_of(line));
                head.extend_from_slice(b": ");
                head.extend_from_slice(MASK.as_bytes());
                head.extend_from_slice(b"\r\n");
            } else {
                head.extend_from_slice(line);
            }
        }
        Cow::Owned(head)
    }
}

/// The field name of a line; empty for the request line, which has a blank before any colon.
fn name_of(line: &[u8]) -> &[u8] {
    let name = memchr::memchr(b':', line).map_or(&[][..], |colon| &line[..colon]);
    if name.contains(&b' ') { &[] } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_door_is_masked_and_a_signature_is_not() {
        for name in [
            "Authorization",
            "COOKIE",
            "x-api-key",
            "X-Auth-Token",
            "Proxy-Authorization",
        ] {
            assert!(Credentials::Masked.hide(name.as_bytes()), "{name}");
            assert!(!Credentials::Revealed.hide(name.as_bytes()), "{name}");
        }
        for name in [
            "Sixtyfour-Signature",
            "X-Webhook-Signature",
            "Host",
            "Content-Type",
        ] {
            assert!(!Credentials::Masked.hide(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_masked_head_keeps_everything_else() {
        let raw = b"POST /?token=a:b HTTP/1.1\r\nHost:  x\r\nAUTHORIZATION:Bearer y\r\n\r\n";
        assert_eq!(
            Credentials::Masked.head(raw).as_ref(),
            b"POST /?token=a:b HTTP/1.1\r\nHost:  x\r\nAUTHORIZATION: [masked]\r\n\r\n"
        );
        assert_eq!(Credentials::Revealed.head(raw).as_ref(), raw);
    }
}
