//! A secret's bytes as a keyed hash that is ready to use.
//!
//! HMAC hashes its key twice before the first byte of a message. A listener uses the same few keys
//! for every delivery, so that work is done once, when the secret is read.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The size of an HMAC-SHA256, in bytes.
pub(super) const TAG_BYTES: usize = 32;

/// HMAC-SHA256 under one key, before any message. Wiped when dropped.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

/// HMAC-SHA256 of one whole message, not yet compared with anything.
#[derive(Clone)]
pub(super) struct Authenticated(Hmac<Sha256>);

impl Key {
    /// The key with these bytes; HMAC takes any number of them.
    pub(super) fn new(bytes: &[u8]) -> Self {
        // A key longer than a block is replaced by its hash, so a key cannot have a wrong length.
        Self(Hmac::new_from_slice(bytes).expect("HMAC takes a key of any length"))
    }

    /// Hashes a message given in parts.
    pub(super) fn authenticate(&self, message: &[&[u8]]) -> Authenticated {
        let mut mac = self.0.clone();
        for part in message {
            mac.update(part);
        }
        Authenticated(mac)
    }
}

impl Authenticated {
    /// Whether `tag` is the whole MAC, in constant time. A shorter tag is not.
    pub(super) fn is(&self, tag: &[u8]) -> bool {
        self.0.clone().verify_slice(tag).is_ok()
    }

    /// The MAC.
    pub(super) fn tag(self) -> [u8; TAG_BYTES] {
        self.0.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::digest;

    const PUBLISHED: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/hmac.json"
    ));

    #[test]
    fn published_answers_are_reproduced() {
        let cases: serde_json::Value = serde_json::from_str(PUBLISHED).unwrap();
        let mut seen = 0;
        for case in cases.as_array().unwrap() {
            let Some(key) = case["key_hex"].as_str() else {
                continue;
            };
            let message = hex::decode(case["msg_hex"].as_str().unwrap()).unwrap();
            let expected = case["tag_hex"].as_str().unwrap();
            let key = Key::new(&hex::decode(key).unwrap());
            let tag = digest::hex(&key.authenticate(&[&message]).tag());
            assert!(tag.starts_with(expected), "{}", case["name"]);
            seen += 1;
        }
        assert_eq!(seen, 7);
    }

    #[test]
    fn providers_samples_are_reproduced_whatever_they_prefix_and_encode() {
        let cases: serde_json::Value = serde_json::from_str(PUBLISHED).unwrap();
        let text = |case: &serde_json::Value, name: &str| {
            case[name].as_str().unwrap_or_default().to_owned()
        };
        let mut seen = 0;
        for case in cases.as_array().unwrap() {
            let (secret, body, value) = (
                text(case, "secret"),
                text(case, "body"),
                text(case, "value"),
            );
            let at = text(case, "timestamp");
            let (key, message) = match case["header"].as_str() {
                Some("X-Hub-Signature-256") => (secret.into_bytes(), body),
                Some("X-Slack-Signature") => (secret.into_bytes(), format!("v0:{at}:{body}")),
                Some("webhook-signature") => {
                    let encoded = secret.strip_prefix("whsec_").unwrap();
                    let key = digest::from_base64(encoded.as_bytes()).unwrap();
                    (key, format!("{}.{at}.{body}", text(case, "id")))
                }
                _ => continue,
            };
            let tag = Key::new(&key).authenticate(&[message.as_bytes()]).tag();
            let encoded = value
                .trim_start_matches("sha256=")
                .trim_start_matches("v0=");
            let decoded = encoded.strip_prefix("v1,").map_or_else(
                || hex::decode(encoded).unwrap(),
                |base64| digest::from_base64(base64.as_bytes()).unwrap(),
            );
            assert_eq!(tag[..], decoded[..], "{}", case["name"]);
            seen += 1;
        }
        assert_eq!(seen, 4);
    }

    #[test]
    fn only_a_tag_of_full_length_matches() {
        let key = Key::new(b"key");
        let authenticated = key.authenticate(&[b"mess", b"age"]);
        let tag = key.authenticate(&[b"message"]).tag();
        assert!(authenticated.is(&tag));
        for length in 0..TAG_BYTES {
            assert!(!authenticated.is(&tag[..length]), "{length} bytes");
        }
        let mut longer = tag.to_vec();
        longer.push(0);
        assert!(!authenticated.is(&longer));
        for bit in 0..TAG_BYTES * 8 {
            let mut wrong = tag;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!authenticated.is(&wrong), "bit {bit}");
        }
    }
}
