//! The two schemes as data: which header, what is signed, how it is spelled, how old it may be.

use std::time::Duration;

use crate::delivery::{Head, Scheme};

/// How far `t` may be from our clock, on either side, unless said otherwise. Exactly this much is
/// still accepted.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// How many signatures of one request are compared; further ones are ignored. A rotation sends two.
pub const MAX_SIGNATURES: usize = 32;

/// Everything that tells one scheme from another.
struct Facts {
    header: &'static str,
    signed: &'static str,
    has_timestamp: bool,
    summary: &'static str,
}

const SIXTYFOUR: Facts = Facts {
    header: "Sixtyfour-Signature",
    signed: "t.body",
    has_timestamp: true,
    summary: "Sixtyfour-Signature: HMAC-SHA256 of \"t.body\"",
};

const ELAN: Facts = Facts {
    header: "X-Webhook-Signature",
    signed: "body",
    has_timestamp: false,
    summary: "X-Webhook-Signature: HMAC-SHA256 of the body",
};

const fn facts(scheme: Scheme) -> &'static Facts {
    match scheme {
        Scheme::Sixtyfour => &SIXTYFOUR,
        Scheme::Elan => &ELAN,
    }
}

/// The header that carries the signature.
#[must_use]
pub const fn header_name(scheme: Scheme) -> &'static str {
    facts(scheme).header
}

/// What is signed: `t.body` or `body`.
#[must_use]
pub const fn signed_content(scheme: Scheme) -> &'static str {
    facts(scheme).signed
}

/// Whether the time of signing is part of what is signed.
#[must_use]
pub const fn has_timestamp(scheme: Scheme) -> bool {
    facts(scheme).has_timestamp
}

/// The scheme in one line, for a person.
#[must_use]
pub const fn summary(scheme: Scheme) -> &'static str {
    facts(scheme).summary
}

/// The other scheme.
#[must_use]
pub const fn other(scheme: Scheme) -> Scheme {
    match scheme {
        Scheme::Sixtyfour => Scheme::Elan,
        Scheme::Elan => Scheme::Sixtyfour,
    }
}

/// The scheme whose signature header a request has; Sixtyfour's counts if both are there.
#[must_use]
pub fn signed_by(head: &Head) -> Option<Scheme> {
    [Scheme::Sixtyfour, Scheme::Elan]
        .into_iter()
        .find(|&scheme| head.header(header_name(scheme)).is_some())
}

/// The first `t` of a head's Sixtyfour signature, as it is written.
#[must_use]
pub fn timestamp(head: &Head) -> Option<&[u8]> {
    head.headers_named(header_name(Scheme::Sixtyfour))
        .flat_map(|value| value.split(|byte| *byte == b','))
        .find_map(|part| part.trim_ascii().strip_prefix(b"t="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Header;

    fn head(headers: &[Header]) -> Head {
        Head::build("POST", b"/", headers).unwrap()
    }

    #[test]
    fn the_scheme_is_told_by_its_header_in_any_spelling() {
        let elan = Header::new("x-WEBHOOK-signature", "");
        let sixtyfour = Header::new("sixtyfour-signature", "t=1");
        assert_eq!(signed_by(&head(&[])), None);
        assert_eq!(
            signed_by(&head(std::slice::from_ref(&elan))),
            Some(Scheme::Elan)
        );
        assert_eq!(
            signed_by(&head(&[elan, sixtyfour])),
            Some(Scheme::Sixtyfour)
        );
    }

    #[test]
    fn the_timestamp_is_the_first_of_all_lines() {
        let lines = [&b"v1=00, \xff"[..], b" v1=01 , t=17x ", b"t=18"]
            .map(|value| Header::new("SIXTYFOUR-signature", value));
        assert_eq!(timestamp(&head(&lines)), Some(&b"17x"[..]));
        assert_eq!(timestamp(&head(&lines[..1])), None);
    }
}
