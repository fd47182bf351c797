//! Whether a signature holds, and if not, what would have matched.

use std::fmt;

/// A provider's way to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `Sixtyfour-Signature: t=…,v1=…` over `"{t}.{body}"`
    Sixtyfour,
    /// ELAN's `X-Webhook-Signature` over the body
    Elan,
}

impl Scheme {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sixtyfour => "sixtyfour-v1",
            Self::Elan => "elan",
        }
    }

    /// The scheme with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sixtyfour, Self::Elan]
            .into_iter()
            .find(|scheme| scheme.name() == name)
    }
}

/// The three answers to "is it genuine?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Validity {
    /// A configured secret signed exactly these bytes, in time.
    Valid,
    /// A secret is configured, and the signature is missing or does not hold.
    Invalid,
    /// No secret is configured: nothing can be said.
    Unverified,
}

impl Validity {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unverified => "unverified",
        }
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Why a verdict is what it is; the names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A secret matched, in time.
    Ok,
    /// There is no secret for this scheme.
    NoSecretConfigured,
    /// The signature header is not there.
    MissingHeader,
    /// No `t=`.
    MissingTimestamp,
    /// More than one `t=`: the clock check and the MAC could use different ones.
    DuplicateTimestamp,
    /// `t` is not a plain decimal number of seconds.
    InvalidTimestamp,
    /// No `v1=`.
    NoV1Signature,
    /// The header does not have the scheme's form at all.
    MalformedSignature,
    /// Older than the tolerance.
    TimestampTooOld,
    /// Further ahead of our clock than the tolerance.
    TimestampInFuture,
    /// Nothing that was signed with a configured secret.
    SignatureMismatch,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::NoSecretConfigured,
        Self::MissingHeader,
        Self::MissingTimestamp,
        Self::DuplicateTimestamp,
        Self::InvalidTimestamp,
        Self::NoV1Signature,
        Self::MalformedSignature,
        Self::TimestampTooOld,
        Self::TimestampInFuture,
        Self::SignatureMismatch,
    ];

    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoSecretConfigured => "no_secret_configured",
            Self::MissingHeader => "missing_header",
            Self::MissingTimestamp => "missing_timestamp",
            Self::DuplicateTimestamp => "duplicate_timestamp",
            Self::InvalidTimestamp => "invalid_timestamp",
            Self::NoV1Signature => "no_v1_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::TimestampTooOld => "timestamp_too_old",
            Self::TimestampInFuture => "timestamp_in_future",
            Self::SignatureMismatch => "signature_mismatch",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What it means for the delivery.
    #[must_use]
    pub fn validity(self) -> Validity {
        match self {
            Self::Ok => Validity::Valid,
            Self::NoSecretConfigured => Validity::Unverified,
            _ => Validity::Invalid,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What checking one request's signature gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The scheme it was checked by; `None` when the request has no signature of any known scheme
    /// and its sender is unknown.
    pub scheme: Option<Scheme>,
    /// Why.
    pub reason: Reason,
    /// Which of the configured secrets matched, from 0. Set for valid ones only.
    pub matched_secret_index: Option<usize>,
    /// Which `v1` matched, from 0. Set for valid ones only.
    pub matched_v1_index: Option<usize>,
    /// Whether a MAC matched although the timestamp was refused; `None` when none was compared.
    pub signature_matches_ignoring_time: Option<bool>,
    /// Our clock minus `t`, in seconds.
    pub age_seconds: Option<i64>,
    /// The last four characters of the secret that matched.
    pub key_hint: Option<String>,
    /// The matching signature was not spelled as documented (upper case, base64): a verifier that
    /// compares text would refuse it.
    pub non_canonical: Option<&'static str>,
}

impl Verdict {
    /// A verdict with nothing but its reason.
    #[must_use]
    pub fn because(scheme: Option<Scheme>, reason: Reason) -> Self {
        Self {
            scheme,
            reason,
            matched_secret_index: None,
            matched_v1_index: None,
            signature_matches_ignoring_time: None,
            age_seconds: None,
            key_hint: None,
            non_canonical: None,
        }
    }

    /// Valid, invalid or unverified.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.reason.validity()
    }

    /// The short word for lists: `ok BAD OLD - ? ERR`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.reason {
            Reason::Ok => "ok",
            Reason::NoSecretConfigured => "?",
            Reason::MissingHeader => "-",
            Reason::SignatureMismatch => "BAD",
            Reason::TimestampTooOld | Reason::TimestampInFuture => {
                if self.signature_matches_ignoring_time == Some(true) {
                    "OLD"
                } else {
                    "BAD"
                }
            }
            Reason::MissingTimestamp
            | Reason::DuplicateTimestamp
            | Reason::InvalidTimestamp
            | Reason::NoV1Signature
            | Reason::MalformedSignature => "ERR",
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Fits, but other causes do too.
    Low,
    /// Likely.
    Medium,
    /// Proved by a matching MAC, or plain to see.
    High,
}

impl Confidence {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The confidence with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High]
            .into_iter()
            .find(|confidence| confidence.name() == name)
    }
}

/// One cause that was looked into and left evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name in JSON: `body_compact_json`, `secret_trimmed+body_crlf`, …
    pub candidate: String,
    /// Whether the MAC matches when this is assumed. Evidence without a MAC is `false`.
    pub matches: bool,
    /// How sure it is.
    pub confidence: Confidence,
    /// What was seen, for a person; one or two sentences.
    pub explanation: String,
    /// What to do about it, in one line.
    pub fix: String,
}

/// Why a signature does not match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// The causes found, best first.
    pub findings: Vec<Finding>,
    /// How many combinations were compared.
    pub tried: u64,
    /// What was left out, and why (`null` in JSON when everything was tried).
    pub not_tried: Option<String>,
}
