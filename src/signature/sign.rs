//! Makes the header that a provider would send.

use std::fmt::Write as _;

use crate::delivery::{Header, Scheme};

use super::digest;
use super::scheme::header_name;
use super::secret::Secret;

/// The signature header for a body signed at `at`, in seconds since 1970.
///
/// Several Sixtyfour secrets give several `v1`, in their order, as during a rotation. ELAN knows no
/// rotation: its first secret signs. Without a secret the header has no signature in it.
#[must_use]
pub fn sign(scheme: Scheme, secrets: &[Secret], at: i64, body: &[u8]) -> Header {
    let value = match scheme {
        Scheme::Sixtyfour => sixtyfour(secrets, at, body),
        Scheme::Elan => secrets.first().map_or_else(String::new, |secret| {
            digest::hex(&secret.key().authenticate(&[body]).tag())
        }),
    };
    Header::new(header_name(scheme), value)
}

fn sixtyfour(secrets: &[Secret], at: i64, body: &[u8]) -> String {
    let token = at.to_string();
    let mut value = format!("t={token}");
    for secret in secrets {
        let message = [token.as_bytes(), b".", body];
        let tag = secret.key().authenticate(&message).tag();
        // Writing to a String cannot fail.
        let _ = write!(value, ",v1={}", digest::hex(&tag));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/signatures.json"
    ));

    #[test]
    fn known_answers_are_reproduced() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let answers = vectors["known_answers"].as_array().unwrap();
        assert!(!answers.is_empty());
        for answer in answers {
            let text = |name: &str| answer[name].as_str().unwrap();
            let body = digest::from_base64(text("body_base64").as_bytes()).unwrap();
            let secret = Secret::new(text("secret"));
            let at = text("t").parse().unwrap();
            let header = sign(Scheme::Sixtyfour, &[secret], at, &body);
            assert_eq!(header.name, "Sixtyfour-Signature");
            assert_eq!(header.value, format!("t={},v1={}", text("t"), text("v1")));
        }
    }

    #[test]
    fn two_secrets_sign_twice_in_their_order() {
        let secrets = ["new", "old"].map(Secret::new);
        let both = sign(Scheme::Sixtyfour, &secrets, 5, b"body").value;
        let alone = |secret: &Secret| {
            let one = sign(Scheme::Sixtyfour, std::slice::from_ref(secret), 5, b"body");
            one.value.slice("t=5,".len()..)
        };
        let [new, old] = &secrets;
        let expected = [&b"t=5,"[..], &alone(new), b",", &alone(old)].concat();
        assert_eq!(both, expected);
    }

    #[test]
    fn elan_signs_the_body_alone() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let elan = &vectors["elan"];
        let body = digest::from_base64(elan["body_base64"].as_str().unwrap().as_bytes()).unwrap();
        let secret = Secret::new(elan["secret"].as_str().unwrap());
        let header = sign(Scheme::Elan, &[secret, Secret::new("second")], 5, &body);
        assert_eq!(header.name, "X-Webhook-Signature");
        assert_eq!(header.value, elan["cases"][0]["header"].as_str().unwrap());
    }
}
