//! The functions that may have been used instead of HMAC-SHA256.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use crate::signature::secret::Secret;

use super::cause::Cause;

/// How a tag is computed from a secret and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    HmacSha256,
    HmacSha1,
    HmacSha512,
    /// SHA-256 of the secret followed by the message.
    SecretThenMessage,
    /// SHA-256 of the message followed by the secret.
    MessageThenSecret,
    /// SHA-256 of the message: no secret at all.
    MessageOnly,
}

/// A computed tag.
pub(super) struct Tag {
    bytes: [u8; 64],
    length: usize,
}

impl Tag {
    fn new(computed: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..computed.len()].copy_from_slice(computed);
        Self {
            bytes,
            length: computed.len(),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Algorithm {
    /// All but the documented one.
    pub(super) const OTHERS: [Self; 5] = [
        Self::HmacSha1,
        Self::HmacSha512,
        Self::SecretThenMessage,
        Self::MessageThenSecret,
        Self::MessageOnly,
    ];

    /// Whether it is an HMAC.
    pub(super) fn is_keyed(self) -> bool {
        matches!(self, Self::HmacSha256 | Self::HmacSha1 | Self::HmacSha512)
    }

    /// The size of its tags, in bytes.
    pub(super) fn tag_bytes(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha512 => 64,
            _ => 32,
        }
    }

    /// The tag of a prefix and a body.
    pub(super) fn compute(self, secret: &Secret, prefix: &[u8], body: &[u8]) -> Tag {
        let key = secret.expose();
        match self {
            Self::HmacSha256 => Tag::new(&secret.key().authenticate(&[prefix, body]).tag()),
            Self::HmacSha1 => keyed::<Hmac<Sha1>>(key, prefix, body),
            Self::HmacSha512 => keyed::<Hmac<Sha512>>(key, prefix, body),
            Self::SecretThenMessage => plain(&[key, prefix, body]),
            Self::MessageThenSecret => plain(&[prefix, body, key]),
            Self::MessageOnly => plain(&[prefix, body]),
        }
    }

    /// The algorithm in words, once a tag has proved it.
    pub(super) fn cause(self) -> Option<Cause> {
        let (name, used) = match self {
            Self::HmacSha256 => return None,
            Self::HmacSha1 => ("mac_sha1", "HMAC-SHA1"),
            Self::HmacSha512 => ("mac_sha512", "HMAC-SHA512"),
            Self::SecretThenMessage => (
                "mac_plain_sha256",
                "plain SHA-256 of the secret and the message",
            ),
            Self::MessageThenSecret => (
                "mac_plain_sha256_after",
                "plain SHA-256 of the message and the secret",
            ),
            Self::MessageOnly => (
                "mac_unkeyed_sha256",
                "plain SHA-256 without any secret, which anybody can compute,",
            ),
        };
        Some(Cause::new(
            name,
            format!("The signature was made with {used} instead of HMAC-SHA256."),
            "sign with HMAC-SHA256: hmac.new(secret, message, hashlib.sha256) in Python, crypto.createHmac(\"sha256\", secret) in Node.js",
        ))
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], prefix: &[u8], body: &[u8]) -> Tag {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(prefix);
    mac.update(body);
    Tag::new(&mac.finalize().into_bytes())
}

fn plain(parts: &[&[u8]]) -> Tag {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Tag::new(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::digest;

    #[test]
    fn each_algorithm_gives_the_well_known_answer() {
        // RFC 2202 case 2 and RFC 4231 case 2.
        let secret = Secret::new("Jefe");
        let message = b"what do ya want for nothing?";
        let tag = |algorithm: Algorithm| {
            let (prefix, body) = message.split_at(4);
            let tag = algorithm.compute(&secret, prefix, body);
            assert_eq!(tag.bytes().len(), algorithm.tag_bytes());
            digest::hex(tag.bytes())
        };
        assert_eq!(
            tag(Algorithm::HmacSha1),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert!(tag(Algorithm::HmacSha256).starts_with("5bdcc146bf60754e"));
        assert!(tag(Algorithm::HmacSha512).starts_with("164b7a7bfcf819e2"));
        let hash = |text: &str| digest::hex(&digest::sha256(text.as_bytes()));
        let message = std::str::from_utf8(message).unwrap();
        assert_eq!(
            tag(Algorithm::SecretThenMessage),
            hash(&format!("Jefe{message}"))
        );
        assert_eq!(
            tag(Algorithm::MessageThenSecret),
            hash(&format!("{message}Jefe"))
        );
        assert_eq!(tag(Algorithm::MessageOnly), hash(message));
    }
}
