//! Why does a signature not match? What would have matched, proved by a MAC, and what else is
//! plain to see.
//!
//! A cause is one departure from the documented way: of the header (`structure`), the secret
//! (`secrets`), the body (`bodies`, and `dialects` and `spellings` for JSON that was written anew),
//! what stands before it (`framings`), the algorithm (`algorithms`) or the spelling of the tag
//! (`received`). `search` tries them, single ones first, then several at once, and `cause` has the
//! words. A body's variants come from `conversions`, `json` and `orders`. `clock` explains
//! signatures that are right but out of time, `evidence` lists what no MAC can prove, and
//! `ruled_out` what was tried in vain. Nothing here says a right MAC or a secret.
//!
//! It takes milliseconds, so it is never on the path of an answer.

mod algorithms;
mod bodies;
mod cause;
mod clock;
mod conversions;
mod dialects;
mod evidence;
mod framings;
mod json;
mod orders;
mod received;
mod ruled_out;
mod search;
mod secrets;
mod spellings;
mod structure;

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Confidence, Diagnosis, Finding, Head, Scheme, Verdict};

use super::scheme;
use super::secret::Secret;
use super::verify;

pub use cause::VERIFY_RAW_BYTES;
pub use ruled_out::ruled_out;

use bodies::Bodies;
use received::Received;
use search::{Ingredients, search};

/// Combinations are tried for bodies up to this size.
const MOST_COMBINED: usize = 64 << 10;
/// A larger body is not read as JSON.
const MOST_JSON: usize = 4 << 20;

/// One request whose signature did not hold, and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Its head.
    pub head: &'a Head,
    /// Its body, as it came over the wire.
    pub body: &'a [u8],
    /// The scheme it was checked by.
    pub scheme: Scheme,
    /// The secrets it was checked with.
    pub secrets: &'a [Secret],
    /// The other scheme's secrets.
    pub other_secrets: &'a [Secret],
    /// How far `t` may be off.
    pub tolerance: Duration,
    /// The time it was checked at.
    pub now: Timestamp,
    /// The documented orders of the envelope's keys, and of objects inside it.
    pub documented_orders: &'a [&'a [&'a str]],
    /// The bodies of earlier attempts of the same event.
    pub earlier: &'a [&'a [u8]],
    /// Our clock minus `t`, in seconds, where it was about the same on other deliveries.
    pub offsets: Option<i64>,
}

/// Looks for what would have matched. A valid request has no findings.
///
/// The work is bounded: combinations of causes are tried for bodies up to 64 KiB, single causes in
/// a fixed order beyond, and what was left out is said.
#[must_use]
pub fn diagnose(case: &Case<'_>) -> Diagnosis {
    let verdict = check(case, case.scheme, case.secrets);
    if verdict.signature_matches_ignoring_time == Some(true) {
        return Diagnosis {
            findings: clock::finding_for(case, &verdict).into_iter().collect(),
            tried: case.secrets.len() as u64,
            not_tried: None,
        };
    }
    if let Some(diagnosis) = signed_by_the_other(case) {
        return diagnosis;
    }
    let received = Received::read(case.head, case.scheme);
    let bodies = Bodies::of(case);
    let body_timestamp = bodies
        .document()
        .and_then(|document| document.text_field("timestamp"));
    let outcome = search(
        &Ingredients {
            case,
            received: &received,
            bodies: &bodies,
            secrets: secrets::candidates(case),
            framings: framings::framings(case, &received, body_timestamp.as_deref()),
        },
        verdict.reason,
    );
    let mut findings = outcome.proofs;
    if findings.is_empty() {
        findings = evidence::collect(case, &verdict, &received, &bodies);
    }
    findings.extend(clock::finding_for(case, &verdict));
    Diagnosis {
        findings: best_first(findings),
        tried: outcome.tried,
        not_tried: outcome.not_tried,
    }
}

fn check(case: &Case<'_>, scheme: Scheme, secrets: &[Secret]) -> Verdict {
    verify(
        case.head,
        case.body,
        scheme,
        secrets,
        case.tolerance,
        case.now,
    )
}

/// A request that is right by the other scheme was only checked by the wrong one.
fn signed_by_the_other(case: &Case<'_>) -> Option<Diagnosis> {
    let other = scheme::other(case.scheme);
    case.head.header(scheme::header_name(other))?;
    let verdict = check(case, other, case.other_secrets);
    (verdict.signature_matches_ignoring_time == Some(true)).then(|| Diagnosis {
        findings: vec![cause::proof(&[structure::other_scheme(case)])],
        tried: case.other_secrets.len() as u64,
        not_tried: None,
    })
}

/// Proofs before evidence, the surer before the less sure, otherwise as found.
fn best_first(mut findings: Vec<Finding>) -> Vec<Finding> {
    let rank = |finding: &Finding| {
        let doubt = match finding.confidence {
            Confidence::High => 0,
            Confidence::Medium => 1,
            Confidence::Low => 2,
        };
        (!finding.matches, doubt)
    };
    findings.sort_by_key(rank);
    findings
}

#[cfg(test)]
mod tests;
