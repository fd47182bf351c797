//! Every vector of the signature that does not match has its explanation.

use super::JOB;
use super::scene::Scene;
use crate::delivery::Header;
use crate::signature::{Secret, digest};

#[test]
fn every_vector_that_does_not_match_is_explained() {
    let vectors = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/signatures.json"
    ));
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let proved = [
        ("only_v0_present", "signature_under_other_key"),
        ("space_inside_v1_value", "header_spelling"),
        ("uppercase_keys", "header_spelling"),
        ("semicolon_separated", "header_spelling"),
        ("age_301", "timestamp_stale"),
        ("future_301", "clock_behind"),
        ("t_zero", "timestamp_stale"),
        ("t_i64_max", "clock_behind"),
        ("t_overflow_u64", "timestamp_form"),
        ("t_empty", ""),
        ("t_plus_sign", "timestamp_form"),
        ("t_leading_zero", "timestamp_form"),
        ("t_rfc3339", "timestamp_form"),
        ("t_duplicate_fresh_then_stale", "header_two_timestamps"),
        ("t_duplicate_identical", "header_two_timestamps"),
        ("key_without_prefix", "secret_without_prefix"),
        ("key_with_trailing_newline", "secret_with_newline"),
        ("mac_without_dot", "signed_without_dot"),
        ("plain_sha256_not_hmac", "mac_plain_sha256"),
        ("truncated_hex_63", "signature_truncated"),
        ("overlong_hex", "signature_overlong"),
        ("body_keys_reordered", "body_keys_reordered"),
        ("body_bom_added", "body_without_bom"),
    ];
    for vector in vectors["vectors"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        if vector["expected"]["verdict"] != "invalid" {
            continue;
        }
        let lines = vector["header_values"].as_array().into_iter().flatten();
        let mut scene = Scene::header("");
        scene.headers = lines
            .map(|line| Header::new("Sixtyfour-Signature", line.as_str().unwrap().to_owned()))
            .collect();
        scene.body =
            digest::from_base64(vector["body_base64"].as_str().unwrap().as_bytes()).unwrap();
        scene.secrets = vector["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|secret| Secret::new(secret.as_str().unwrap()))
            .collect();
        scene.orders = vec![JOB];
        let findings = scene.diagnose().findings;
        assert!(!findings.is_empty(), "{id}");
        match proved.iter().find(|(known, _)| *known == id) {
            Some((_, "")) | None => {}
            Some((_, expected)) => {
                assert_eq!(findings[0].candidate, *expected, "{id}: {findings:#?}");
                assert!(findings[0].matches, "{id}");
            }
        }
    }
}
