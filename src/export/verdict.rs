//! A verdict in words.

use crate::delivery::{Delivery, Reason, Scheme, Verdict};
use crate::text;

/// Why the verdict is what it is, as a phrase.
#[must_use]
pub fn phrase(verdict: &Verdict) -> String {
    match verdict.reason {
        Reason::Ok => "a secret matches".to_owned(),
        Reason::NoSecretConfigured => "no secret is loaded for it".to_owned(),
        Reason::MissingHeader => "there is no signature header".to_owned(),
        Reason::MissingTimestamp => "the signature has no t".to_owned(),
        Reason::DuplicateTimestamp => "the signature has more than one t".to_owned(),
        Reason::InvalidTimestamp => "t is no whole number of seconds".to_owned(),
        Reason::NoV1Signature => "the signature has no v1".to_owned(),
        Reason::MalformedSignature => "the signature header is malformed".to_owned(),
        Reason::TimestampTooOld | Reason::TimestampInFuture => off_by(verdict),
        Reason::SignatureMismatch => match verdict.scheme {
            Some(Scheme::Elan) => "the signature matches no secret".to_owned(),
            Some(Scheme::Sixtyfour) | None => "no v1 matches".to_owned(),
        },
    }
}

fn off_by(verdict: &Verdict) -> String {
    let age = verdict.age_seconds.unwrap_or_default();
    let when = if age < 0 {
        format!("t is {} s ahead of our clock", age.unsigned_abs())
    } else {
        format!("t is {age} s old")
    };
    match verdict.signature_matches_ignoring_time {
        Some(true) => format!("{when}; the signature itself matches"),
        Some(false) => format!("{when}; the signature matches no secret either"),
        None => when,
    }
}

/// What would have matched, in a few words, if the diagnosis proved something.
#[must_use]
pub fn cause(delivery: &Delivery) -> Option<String> {
    let findings = &delivery.diagnosis.as_ref()?.findings;
    let proved = findings.iter().find(|finding| finding.matches)?;
    let words = proved.candidate.replace('_', " ").replace('+', " and ");
    Some(format!("matches with {}", text::line(words.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_signature_at_the_wrong_time_says_both() {
        let verdict = |age, matches| Verdict {
            age_seconds: Some(age),
            signature_matches_ignoring_time: Some(matches),
            ..Verdict::because(Some(Scheme::Sixtyfour), Reason::TimestampTooOld)
        };
        assert_eq!(
            phrase(&verdict(412, true)),
            "t is 412 s old; the signature itself matches"
        );
        assert_eq!(
            phrase(&verdict(-600, false)),
            "t is 600 s ahead of our clock; the signature matches no secret either"
        );
    }
}
