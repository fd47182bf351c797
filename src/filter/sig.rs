//! `sig:`: what was found out about the signature.
//!
//! The words of the lists, the three verdicts, and every reason of the JSON output.

use crate::delivery::{Reason, Validity, Verdict};

use super::fixed::Fixed;

/// What a verdict must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sig {
    /// The word that lists show for it (`ok BAD OLD - ? ERR`).
    Listed(&'static str),
    /// Valid, invalid or unverified.
    Verdict(Validity),
    /// Exactly this reason.
    Because(Reason),
}

impl Sig {
    /// Whether the verdict is so.
    #[must_use]
    pub fn holds(self, verdict: &Verdict) -> bool {
        match self {
            Self::Listed(word) => verdict.word() == word,
            Self::Verdict(validity) => verdict.validity() == validity,
            Self::Because(reason) => verdict.reason == reason,
        }
    }
}

impl Fixed for Sig {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("ok", Self::Listed("ok"), "valid"),
        ("bad", Self::Listed("BAD"), "no secret matches"),
        (
            "old",
            Self::Listed("OLD"),
            "matches, but its time is outside the tolerance",
        ),
        ("none", Self::Listed("-"), "no signature header"),
        ("unknown", Self::Listed("?"), "no secret to check it with"),
        ("err", Self::Listed("ERR"), "the header is malformed"),
        ("valid", Self::Verdict(Validity::Valid), "same as ok"),
        (
            "invalid",
            Self::Verdict(Validity::Invalid),
            "bad, old, none or err",
        ),
        (
            "unverified",
            Self::Verdict(Validity::Unverified),
            "same as unknown",
        ),
        (
            "missing_timestamp",
            Self::Because(Reason::MissingTimestamp),
            "no t= in the header",
        ),
        (
            "duplicate_timestamp",
            Self::Because(Reason::DuplicateTimestamp),
            "more than one t=",
        ),
        (
            "invalid_timestamp",
            Self::Because(Reason::InvalidTimestamp),
            "t is not a number of seconds",
        ),
        (
            "no_v1_signature",
            Self::Because(Reason::NoV1Signature),
            "no v1= in the header",
        ),
        (
            "malformed_signature",
            Self::Because(Reason::MalformedSignature),
            "not the form of its scheme",
        ),
        (
            "timestamp_too_old",
            Self::Because(Reason::TimestampTooOld),
            "older than the tolerance",
        ),
        (
            "timestamp_in_future",
            Self::Because(Reason::TimestampInFuture),
            "ahead of our clock by more than the tolerance",
        ),
        (
            "signature_mismatch",
            Self::Because(Reason::SignatureMismatch),
            "no configured secret signed this",
        ),
        (
            "missing_header",
            Self::Because(Reason::MissingHeader),
            "same as none",
        ),
        (
            "no_secret_configured",
            Self::Because(Reason::NoSecretConfigured),
            "same as unknown",
        ),
        ("-", Self::Listed("-"), "same as none"),
        ("?", Self::Listed("?"), "same as unknown"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_but_ok_can_be_asked_for_by_its_json_name() {
        for reason in Reason::ALL
            .into_iter()
            .filter(|reason| *reason != Reason::Ok)
        {
            assert_eq!(Sig::read(reason.name()), Some(Sig::Because(reason)));
        }
        assert!(
            Sig::read("ok")
                .unwrap()
                .holds(&Verdict::because(None, Reason::Ok))
        );
    }

    #[test]
    fn old_is_a_good_signature_at_the_wrong_time() {
        let mut verdict = Verdict::because(None, Reason::TimestampTooOld);
        assert!(Sig::read("bad").unwrap().holds(&verdict));
        verdict.signature_matches_ignoring_time = Some(true);
        assert!(Sig::read("OLD").unwrap().holds(&verdict));
        assert!(!Sig::read("bad").unwrap().holds(&verdict));
        assert!(Sig::read("invalid").unwrap().holds(&verdict));
    }
}
