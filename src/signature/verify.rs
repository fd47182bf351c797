//! Does a configured secret sign exactly these bytes, in time? On the path of every answer.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Head, Reason, Scheme, Verdict};

use super::header::{self, Signature};
use super::key::Authenticated;
use super::secret::Secret;

/// Checks the signature of one request by one scheme.
///
/// `body` is the body as it came over the wire. The header is read by the letter, the literal `t`
/// goes into the MAC, and MACs are compared whole and in constant time. A stale request's MAC is
/// compared all the same, so that a verdict can say "right, but too old".
#[must_use]
pub fn verify(
    head: &Head,
    body: &[u8],
    scheme: Scheme,
    secrets: &[Secret],
    tolerance: Duration,
    now: Timestamp,
) -> Verdict {
    // Anybody can sign with an empty secret: it is as if there were none.
    if secrets.iter().all(Secret::is_empty) {
        return Verdict::because(Some(scheme), Reason::NoSecretConfigured);
    }
    match scheme {
        Scheme::Sixtyfour => sixtyfour(head, body, secrets, tolerance, now),
        Scheme::Elan => elan(head, body, secrets),
    }
}

fn sixtyfour(
    head: &Head,
    body: &[u8],
    secrets: &[Secret],
    tolerance: Duration,
    now: Timestamp,
) -> Verdict {
    let scheme = Some(Scheme::Sixtyfour);
    let signed = match header::timestamped(head) {
        Ok(signed) => signed,
        Err(reason) => return Verdict::because(scheme, reason),
    };
    // `t` may be the largest number there is, and our clock before 1970.
    let age = now.as_second().saturating_sub(signed.seconds);
    let late = out_of_time(age, tolerance);
    let matched = first_match(secrets, &[signed.token, b".", body], || {
        header::sixtyfour_signatures(head)
    });
    Verdict {
        age_seconds: Some(age),
        ..conclude(Scheme::Sixtyfour, matched.as_ref(), late)
    }
}

fn elan(head: &Head, body: &[u8], secrets: &[Secret]) -> Verdict {
    match header::elan_signature(head) {
        Ok(signature) => {
            let matched = first_match(secrets, &[body], || std::iter::once(signature));
            conclude(Scheme::Elan, matched.as_ref(), None)
        }
        Err(reason) => Verdict::because(Some(Scheme::Elan), reason),
    }
}

/// Whole seconds are compared, as the documented verifier does: exactly the tolerance is in time.
fn out_of_time(age: i64, tolerance: Duration) -> Option<Reason> {
    if age.unsigned_abs() <= tolerance.as_secs() {
        None
    } else if age > 0 {
        Some(Reason::TimestampTooOld)
    } else {
        Some(Reason::TimestampInFuture)
    }
}

struct Match<'a> {
    secret_index: usize,
    secret: &'a Secret,
    signature: Signature,
}

/// The first secret that made one of the signatures. Each secret hashes the message once, however
/// many signatures there are.
fn first_match<'a, Signatures: Iterator<Item = Signature>>(
    secrets: &'a [Secret],
    message: &[&[u8]],
    signatures: impl Fn() -> Signatures,
) -> Option<Match<'a>> {
    secrets
        .iter()
        .enumerate()
        .filter(|(_, secret)| !secret.is_empty())
        .find_map(|(secret_index, secret)| {
            let authenticated: Authenticated = secret.key().authenticate(message);
            let signature = signatures().find(|signature| authenticated.is(&signature.tag))?;
            Some(Match {
                secret_index,
                secret,
                signature,
            })
        })
}

fn conclude(scheme: Scheme, matched: Option<&Match<'_>>, late: Option<Reason>) -> Verdict {
    let reason = match (late, matched) {
        (Some(late), _) => late,
        (None, Some(_)) => Reason::Ok,
        (None, None) => Reason::SignatureMismatch,
    };
    let valid = matched.filter(|_| reason == Reason::Ok);
    Verdict {
        matched_secret_index: valid.map(|found| found.secret_index),
        matched_v1_index: valid.map(|found| found.signature.index),
        signature_matches_ignoring_time: Some(matched.is_some()),
        key_hint: matched.map(|found| found.secret.last_four()),
        non_canonical: matched.and_then(|found| found.signature.non_canonical),
        ..Verdict::because(Some(scheme), reason)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::delivery::{Header, Validity};
    use crate::signature::{digest, scheme, sign};

    const VECTORS: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/signatures.json"
    ));

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn signed(scheme: Scheme, lines: &[&str]) -> Head {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| Header::new(scheme::header_name(scheme), line.to_string()))
            .collect();
        Head::build("POST", b"/", &headers).unwrap()
    }

    fn body_of(case: &Value) -> Vec<u8> {
        if let Some(repeat) = case.get("body_repeat") {
            let byte = digest::from_hex(repeat["byte_hex"].as_str().unwrap()).unwrap()[0];
            let count = usize::try_from(repeat["count"].as_u64().unwrap()).unwrap();
            return vec![byte; count];
        }
        digest::from_base64(case["body_base64"].as_str().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn every_sixtyfour_vector_gets_its_verdict() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let cases = vectors["vectors"].as_array().unwrap();
        assert_eq!(cases.len(), 48);
        for case in cases {
            let lines: Vec<_> = case["header_values"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|line| line.as_str().unwrap())
                .collect();
            let secrets: Vec<_> = case["secrets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|secret| Secret::new(secret.as_str().unwrap()))
                .collect();
            let body = body_of(case);
            assert_eq!(digest::hex(&digest::sha256(&body)), case["body_sha256"]);
            let verdict = verify(
                &signed(Scheme::Sixtyfour, &lines),
                &body,
                Scheme::Sixtyfour,
                &secrets,
                Duration::from_secs(case["tolerance_seconds"].as_u64().unwrap()),
                at(case["now"].as_i64().unwrap()),
            );
            let expected = &case["expected"];
            let id = &case["id"];
            let number = |name: &str| {
                let index = expected[name].as_u64()?;
                usize::try_from(index).ok()
            };
            assert_eq!(verdict.validity().name(), expected["verdict"], "{id}");
            assert_eq!(verdict.reason.name(), expected["reason"], "{id}");
            assert_eq!(
                verdict.matched_secret_index,
                number("matched_secret_index"),
                "{id}"
            );
            assert_eq!(verdict.matched_v1_index, number("matched_v1_index"), "{id}");
            assert_eq!(
                verdict.signature_matches_ignoring_time,
                expected["signature_matches_ignoring_time"].as_bool(),
                "{id}"
            );
        }
    }

    #[test]
    fn every_elan_vector_gets_its_verdict() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let elan = &vectors["elan"];
        let secrets = [Secret::new(elan["secret"].as_str().unwrap())];
        let cases = elan["cases"].as_array().unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let head = signed(Scheme::Elan, &[case["header"].as_str().unwrap()]);
            let verdict = verify(
                &head,
                &body_of(elan),
                Scheme::Elan,
                &secrets,
                scheme::TOLERANCE,
                at(0),
            );
            let id = &case["id"];
            assert_eq!(verdict.validity().name(), case["expected"], "{id}");
            if let Some(reason) = case["reason"].as_str() {
                assert_eq!(verdict.reason.name(), reason, "{id}");
            }
        }
    }

    #[test]
    fn an_elan_signature_in_base64_holds_and_is_flagged() {
        use base64::Engine as _;
        let secrets = [Secret::new("elan-webhook-secret")];
        let tag = secrets[0].key().authenticate(&[b"body"]).tag();
        let base64 = base64::engine::general_purpose::STANDARD.encode(tag);
        let check = |lines: &[&str]| {
            let head = signed(Scheme::Elan, lines);
            verify(
                &head,
                b"body",
                Scheme::Elan,
                &secrets,
                scheme::TOLERANCE,
                at(0),
            )
        };
        let verdict = check(&[&base64]);
        assert_eq!(verdict.reason, Reason::Ok);
        assert_eq!(verdict.non_canonical, Some("base64"));
        assert_eq!(verdict.key_hint.as_deref(), Some("cret"));
        let hex = digest::hex(&tag);
        assert_eq!(check(&[&format!("SHA256={hex}")]).non_canonical, None);
        let twice = check(&[&hex, &hex]);
        assert_eq!(
            twice.reason,
            Reason::MalformedSignature,
            "which one is meant?"
        );
        assert_eq!(check(&[&hex[..32]]).reason, Reason::MalformedSignature);
    }

    #[test]
    fn a_truncated_signature_is_never_valid() {
        let secrets = [Secret::new("secret")];
        let whole = sign(Scheme::Sixtyfour, &secrets, 5, b"").value;
        for cut in 1..=64 {
            let line = std::str::from_utf8(&whole[..whole.len() - cut]).unwrap();
            let head = signed(Scheme::Sixtyfour, &[line]);
            let verdict = verify(
                &head,
                b"",
                Scheme::Sixtyfour,
                &secrets,
                scheme::TOLERANCE,
                at(5),
            );
            assert_eq!(
                verdict.reason,
                Reason::SignatureMismatch,
                "{cut} digits fewer"
            );
        }
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        let empty = [Secret::new("")];
        let forged = sign(Scheme::Sixtyfour, &empty, 5, b"body");
        let head = Head::build("POST", b"/", &[forged]).unwrap();
        let check = |secrets: &[Secret]| {
            verify(
                &head,
                b"body",
                Scheme::Sixtyfour,
                secrets,
                scheme::TOLERANCE,
                at(5),
            )
            .reason
        };
        assert_eq!(check(&empty), Reason::NoSecretConfigured);
        let beside = [Secret::new(""), Secret::new("real")];
        assert_eq!(check(&beside), Reason::SignatureMismatch);
    }

    #[test]
    fn no_clock_makes_the_age_overflow() {
        let secrets = [Secret::new("secret")];
        for clock in [Timestamp::MIN, Timestamp::MAX, at(0), at(-1)] {
            for t in ["0", "1", "9223372036854775807"] {
                let head = signed(Scheme::Sixtyfour, &[&format!("t={t},v1=ab")]);
                for tolerance in [Duration::ZERO, Duration::MAX] {
                    let verdict = verify(&head, b"", Scheme::Sixtyfour, &secrets, tolerance, clock);
                    assert_eq!(verdict.validity(), Validity::Invalid);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_within_the_tolerance_and_only_there(
            body in any::<Vec<u8>>(),
            t in 0i64..4_000_000_000,
            skew in -400i64..=400,
            tolerance in 0u64..400,
            rotation in 1usize..4,
        ) {
            let loaded: Vec<_> = (0..rotation).map(|n| Secret::new(format!("secret {n}"))).collect();
            let header = sign(Scheme::Sixtyfour, &loaded[rotation - 1..], t, &body);
            let head = Head::build("POST", b"/", &[header]).unwrap();
            let verdict = verify(
                &head, &body, Scheme::Sixtyfour, &loaded, Duration::from_secs(tolerance), at(t + skew),
            );
            prop_assert_eq!(verdict.signature_matches_ignoring_time, Some(true));
            prop_assert_eq!(verdict.age_seconds, Some(skew));
            if skew.unsigned_abs() <= tolerance {
                prop_assert_eq!(verdict.reason, Reason::Ok);
                prop_assert_eq!(verdict.matched_secret_index, Some(rotation - 1));
            } else {
                prop_assert_ne!(verdict.reason, Reason::Ok);
                prop_assert_eq!(verdict.matched_secret_index, None);
            }
        }

        #[test]
        fn a_changed_byte_anywhere_breaks_the_signature(
            mut body in proptest::collection::vec(any::<u8>(), 1..200),
            place in any::<prop::sample::Index>(),
            change in 1u8..,
        ) {
            let secrets = [Secret::new("secret")];
            let head = Head::build(
                "POST", b"/", &[sign(Scheme::Sixtyfour, &secrets, 5, &body)],
            ).unwrap();
            let place = place.index(body.len());
            body[place] ^= change;
            let verdict = verify(
                &head, &body, Scheme::Sixtyfour, &secrets, scheme::TOLERANCE, at(5),
            );
            prop_assert_eq!(verdict.reason, Reason::SignatureMismatch);
        }
    }
}
