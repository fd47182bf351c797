//! What a signature should have been, as far as it may be shown.
//!
//! A whole MAC is a signature that anybody could send, so it never leaves this room: a [`Glimpse`]
//! holds its beginning and its end, enough to see at a glance that two of them differ.

use std::fmt;

use crate::delivery::{Head, Scheme};

use super::digest;
use super::header;
use super::secret::Secret;

/// How many hexadecimal digits of a MAC are shown at its beginning and its end.
const FIRST: usize = 16;
const LAST: usize = 7;

/// The beginning and the end of a MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse(String);

impl Glimpse {
    fn of(tag: &[u8]) -> Self {
        let digits = digest::hex(tag);
        let last = digits.len().saturating_sub(LAST).max(FIRST);
        Self(format!("{}…{}", &digits[..FIRST], &digits[last..]))
    }
}

impl fmt::Display for Glimpse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The MAC that a secret gives a request, at a glance. `None` without a secret, or when the header
/// does not say what was signed.
#[must_use]
pub fn expected(head: &Head, body: &[u8], scheme: Scheme, secret: &Secret) -> Option<Glimpse> {
    if secret.is_empty() {
        return None;
    }
    let tag = match scheme {
        Scheme::Sixtyfour => {
            let signed = header::timestamped(head).ok()?;
            secret.key().authenticate(&[signed.token, b".", body]).tag()
        }
        Scheme::Elan => secret.key().authenticate(&[body]).tag(),
    };
    Some(Glimpse::of(&tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::sign;

    #[test]
    fn the_beginning_and_the_end_are_those_of_the_right_mac_and_the_middle_is_missing() {
        for scheme in [Scheme::Sixtyfour, Scheme::Elan] {
            let secret = Secret::new("a secret of some length");
            let header = sign(scheme, std::slice::from_ref(&secret), 5, b"body");
            let value = String::from_utf8(header.value.to_vec()).unwrap();
            let mac = value.rsplit('=').next().unwrap();
            let head = Head::build("POST", b"/", std::slice::from_ref(&header)).unwrap();
            let glimpse = expected(&head, b"body", scheme, &secret)
                .unwrap()
                .to_string();
            assert_eq!(glimpse, format!("{}…{}", &mac[..16], &mac[57..]));
        }
    }

    #[test]
    fn without_a_secret_or_a_timestamp_nothing_is_expected() {
        let head = Head::build("POST", b"/", &[]).unwrap();
        let secret = Secret::new("a secret of some length");
        assert_eq!(expected(&head, b"", Scheme::Sixtyfour, &secret), None);
        assert_eq!(expected(&head, b"", Scheme::Elan, &Secret::new("")), None);
    }
}
