//! Verdict and diagnosis as JSON.

use serde::Serialize;

use crate::delivery::{Delivery, Diagnosis, Finding, Verdict};

#[derive(Serialize)]
struct FindingObject<'a> {
    candidate: &'a str,
    matches: bool,
    confidence: &'static str,
    explanation: &'a str,
    fix: &'a str,
}

impl<'a> From<&'a Finding> for FindingObject<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            candidate: &finding.candidate,
            matches: finding.matches,
            confidence: finding.confidence.name(),
            explanation: &finding.explanation,
            fix: &finding.fix,
        }
    }
}

fn findings(diagnosis: &Diagnosis) -> Vec<FindingObject<'_>> {
    diagnosis.findings.iter().map(FindingObject::from).collect()
}

/// The `signature` of a delivery.
#[derive(Serialize)]
pub(super) struct Signature<'a> {
    verdict: &'static str,
    reason: &'static str,
    scheme: Option<&'static str>,
    key: Option<&'a str>,
    age_s: Option<i64>,
    matched_secret_index: Option<usize>,
    matched_v1_index: Option<usize>,
    signature_matches_ignoring_time: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    non_canonical: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Vec<FindingObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_tried: Option<&'a str>,
}

pub(super) fn of(delivery: &Delivery) -> Signature<'_> {
    let verdict = &delivery.arrival.verdict;
    let diagnosis = delivery.diagnosis.as_ref();
    Signature {
        verdict: verdict.validity().name(),
        reason: verdict.reason.name(),
        scheme: verdict.scheme.map(|scheme| scheme.name()),
        key: verdict.key_hint.as_deref(),
        age_s: verdict.age_seconds,
        matched_secret_index: verdict.matched_secret_index,
        matched_v1_index: verdict.matched_v1_index,
        signature_matches_ignoring_time: verdict.signature_matches_ignoring_time,
        non_canonical: verdict.non_canonical,
        diagnosis: diagnosis.map(findings),
        tried: diagnosis.map(|diagnosis| diagnosis.tried),
        not_tried: diagnosis.and_then(|diagnosis| diagnosis.not_tried.as_deref()),
    }
}

#[derive(Serialize)]
struct Verification<'a> {
    verdict: &'static str,
    reason: &'static str,
    scheme: Option<&'static str>,
    key: Option<&'a str>,
    matched_secret_index: Option<usize>,
    matched_v1_index: Option<usize>,
    signature_matches_ignoring_time: Option<bool>,
    age_seconds: Option<i64>,
    non_canonical: Option<&'static str>,
    diagnosis: Vec<FindingObject<'a>>,
    tried: u64,
    not_tried: Option<&'a str>,
}

/// What `verify` prints: the verdict, and the diagnosis where there is one.
#[must_use]
pub fn verification(verdict: &Verdict, diagnosis: Option<&Diagnosis>) -> String {
    super::line(&Verification {
        verdict: verdict.validity().name(),
        reason: verdict.reason.name(),
        scheme: verdict.scheme.map(|scheme| scheme.name()),
        key: verdict.key_hint.as_deref(),
        matched_secret_index: verdict.matched_secret_index,
        matched_v1_index: verdict.matched_v1_index,
        signature_matches_ignoring_time: verdict.signature_matches_ignoring_time,
        age_seconds: verdict.age_seconds,
        non_canonical: verdict.non_canonical,
        diagnosis: diagnosis.map(findings).unwrap_or_default(),
        tried: diagnosis.map_or(0, |diagnosis| diagnosis.tried),
        not_tried: diagnosis.and_then(|diagnosis| diagnosis.not_tried.as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use crate::delivery::{Confidence, Reason, Scheme};

    use super::*;

    #[test]
    fn a_verification_carries_every_field_of_the_contract() {
        let verdict = Verdict {
            signature_matches_ignoring_time: Some(false),
            age_seconds: Some(12),
            ..Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch)
        };
        let diagnosis = Diagnosis {
            findings: vec![Finding {
                candidate: "body_compact_json".to_owned(),
                matches: true,
                confidence: Confidence::High,
                explanation: "It was re-serialised.".to_owned(),
                fix: "Verify the raw bytes.".to_owned(),
            }],
            tried: 41,
            not_tried: None,
        };
        insta::assert_snapshot!(
            verification(&verdict, Some(&diagnosis)),
            @r#"{"verdict":"invalid","reason":"signature_mismatch","scheme":"sixtyfour-v1","key":null,"matched_secret_index":null,"matched_v1_index":null,"signature_matches_ignoring_time":false,"age_seconds":12,"non_canonical":null,"diagnosis":[{"candidate":"body_compact_json","matches":true,"confidence":"high","explanation":"It was re-serialised.","fix":"Verify the raw bytes."}],"tried":41,"not_tried":null}"#
        );
        insta::assert_snapshot!(
            verification(&Verdict::because(None, Reason::NoSecretConfigured), None),
            @r#"{"verdict":"unverified","reason":"no_secret_configured","scheme":null,"key":null,"matched_secret_index":null,"matched_v1_index":null,"signature_matches_ignoring_time":null,"age_seconds":null,"non_canonical":null,"diagnosis":[],"tried":0,"not_tried":null}"#
        );
    }
}
