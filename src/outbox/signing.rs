//! How an outgoing request is signed, rightly or wrongly on purpose.

use std::sync::Arc;

use crate::delivery::{Header, Scheme};
use crate::signature::{Secret, Spelling, sign};

/// How old a signature is made when it is to be expired: twice what receivers allow.
pub const EXPIRED_SECONDS: i64 = -600;

/// What happens to the signature of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// Nothing: a captured one goes out as it came in.
    AsCaptured,
    /// It is left out.
    Unsigned,
    /// It is made for each attempt.
    Fresh(Signer),
}

/// Makes signatures: the right secrets and no skew make right ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// By which scheme.
    pub scheme: Scheme,
    /// With which secrets, in order; several sign several times.
    pub secrets: Arc<[Secret]>,
    /// How far from now the time of signing is said to be, in seconds: negative is past.
    pub skew: i64,
    /// How ELAN's signature is written.
    pub spelling: Spelling,
}

impl Signer {
    /// Signs rightly.
    #[must_use]
    pub fn new(scheme: Scheme, secrets: impl Into<Arc<[Secret]>>) -> Self {
        Self {
            scheme,
            secrets: secrets.into(),
            skew: 0,
            spelling: Spelling::default(),
        }
    }

    /// Signs with a secret that nobody has, made of these random numbers.
    #[must_use]
    pub fn wrong(scheme: Scheme, random: &mut fastrand::Rng) -> Self {
        Self::new(scheme, [unknown_secret(random)])
    }

    /// The same, with another time of signing.
    #[must_use]
    pub fn skewed(self, skew: i64) -> Self {
        Self { skew, ..self }
    }

    /// The same, written as this signature was.
    #[must_use]
    pub fn spelled_like(self, captured: &[u8]) -> Self {
        let spelling = Spelling::of(captured);
        Self { spelling, ..self }
    }

    /// The signature's field line for this body.
    #[must_use]
    pub(super) fn line(&self, now: i64, body: &[u8]) -> Header {
        let at = now.saturating_add(self.skew);
        let mut line = sign(self.scheme, &self.secrets, at, body);
        if self.scheme == Scheme::Elan {
            line.value = self.spelling.write(&line.value);
        }
        line
    }
}

/// A well-formed secret that no receiver knows.
#[must_use]
pub fn unknown_secret(random: &mut fastrand::Rng) -> Secret {
    let (high, low) = (random.u128(..), random.u128(..));
    Secret::new(format!("sk_whsec_{high:032x}{low:032x}"))
}
