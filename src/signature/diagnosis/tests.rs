//! Each mistake that is made in the field, and what is said about it.

mod scene;
mod vectors;

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::delivery::Header;
use crate::signature::{digest, sign};

use scene::{BODY, SECRET, Scene, T};

const JOB: &[&str] = &["task_id", "status", "task_type", "result", "error"];

fn mac(key: impl AsRef<[u8]>, message: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).unwrap();
    mac.update(message.as_ref());
    digest::hex(&mac.finalize().into_bytes())
}

fn right_tag() -> String {
    mac(SECRET, format!("{T}.{BODY}"))
}

#[test]
fn a_valid_request_has_nothing_to_explain() {
    assert_eq!(Scene::body(BODY, BODY).diagnose().findings, []);
}

#[test]
fn what_was_done_to_the_secret_is_named() {
    let digits = &SECRET["sk_whsec_".len()..];
    let table: &[(Vec<u8>, String, &str)] = &[
        (SECRET.into(), format!(" {SECRET}\t"), "secret_trimmed"),
        (SECRET.into(), format!("{SECRET}\r"), "secret_trimmed"),
        (SECRET.into(), format!("\"{SECRET}\""), "secret_unquoted"),
        (
            SECRET.into(),
            format!("NAME={SECRET}"),
            "secret_after_equals",
        ),
        (
            SECRET.into(),
            format!("\u{feff}{SECRET}"),
            "secret_without_bom",
        ),
        (SECRET.into(), format!("other,{SECRET}"), "secret_list_item"),
        (SECRET.into(), digits.to_owned(), "secret_with_prefix"),
        (
            format!("{SECRET}\n").into(),
            SECRET.to_owned(),
            "secret_with_newline",
        ),
        (
            format!("{SECRET}\r\n").into(),
            SECRET.to_owned(),
            "secret_with_crlf",
        ),
        (digits.into(), SECRET.to_owned(), "secret_without_prefix"),
        (
            digest::from_hex(digits).unwrap(),
            SECRET.to_owned(),
            "secret_hex_decoded",
        ),
        (
            digest::from_base64(digits.as_bytes()).unwrap(),
            SECRET.to_owned(),
            "secret_base64_decoded",
        ),
        (
            SECRET.to_uppercase().into(),
            SECRET.to_owned(),
            "secret_upper_case",
        ),
        (SECRET.into(), SECRET.to_uppercase(), "secret_lower_case"),
        (vec![], SECRET.to_owned(), "secret_empty"),
    ];
    for (signer, loaded, expected) in table {
        Scene::secret(signer, loaded).proves(expected);
    }
    let mut scene = Scene::secret("elan-webhook-secret", SECRET);
    scene.other_secrets = vec![Secret::new("elan-webhook-secret")];
    scene.proves("secret_elan");
}

#[test]
fn what_was_done_to_the_bytes_of_the_body_is_named() {
    let crlf = "{\r\n\"a\": \"é\"\r\n}\r\n";
    let lf = "{\n\"a\": \"é\"\n}\n";
    let table: &[(Vec<u8>, Vec<u8>, &str)] = &[
        (
            BODY.into(),
            format!("{BODY}\n").into(),
            "body_without_final_newline",
        ),
        (
            BODY.into(),
            format!("{BODY}\r\n").into(),
            "body_without_final_newline",
        ),
        (BODY.into(), format!(" {BODY}\n\n").into(), "body_trimmed"),
        (
            format!("{BODY}\n").into(),
            BODY.into(),
            "body_with_final_newline",
        ),
        (
            format!("{BODY}\r\n").into(),
            BODY.into(),
            "body_with_final_crlf",
        ),
        (lf.into(), crlf.into(), "body_lf"),
        (crlf.into(), lf.into(), "body_crlf"),
        (
            BODY.into(),
            format!("\u{feff}{BODY}").into(),
            "body_without_bom",
        ),
        (
            format!("\u{feff}{BODY}").into(),
            BODY.into(),
            "body_with_bom",
        ),
        (
            BODY.into(),
            serde_json::to_vec(BODY).unwrap(),
            "body_json_string_decoded",
        ),
        (vec![], BODY.into(), "body_empty"),
        ("Zoë".into(), "ZoÃ«".into(), "body_latin1_decoded"),
        (
            "Hello, World".into(),
            "SGVsbG8sIFdvcmxk".into(),
            "body_base64_decoded",
        ),
    ];
    for (signed, received, expected) in table {
        Scene::body(signed, received).proves(expected);
    }
    let longer = format!("{BODY} and more");
    Scene::body(BODY, longer)
        .with("Content-Length", BODY.len().to_string())
        .proves("body_cut_to_content_length");
    let mut retried = Scene::body("the first attempt's", BODY);
    retried.earlier = vec![b"another".to_vec(), b"the first attempt's".to_vec()];
    retried.proves("body_of_earlier_attempt");
}

#[test]
fn a_compressed_body_is_opened() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(BODY.as_bytes()).unwrap();
    Scene::body(BODY, encoder.finish().unwrap()).proves("body_decompressed");
}

#[test]
fn the_runtime_that_wrote_the_json_is_named() {
    let pretty = "{\n  \"a\": \"Zoë <x> a/b\",\n  \"n\": 1.0,\n  \"b\": []\n}";
    let table = [
        (r#"{"a":"Zoë <x> a/b","n":1.0,"b":[]}"#, "body_compact_json"),
        (
            r#"{"a": "Zoë <x> a/b", "n": 1.0, "b": []}"#,
            "body_spaced_json",
        ),
        (
            r#"{"a": "Zo\u00eb <x> a/b", "n": 1.0, "b": []}"#,
            "body_python_json",
        ),
        (
            r#"{"a":"Zo\u00eb <x> a/b","n":1.0,"b":[]}"#,
            "body_python_compact_json",
        ),
        (
            r#"{"a":"Zoë <x> a/b","n":1,"b":[]}"#,
            "body_javascript_json",
        ),
        (
            r#"{"a":"Zoë \u003cx\u003e a/b","n":1,"b":[]}"#,
            "body_go_json",
        ),
        (
            r#"{"a":"Zoë \u003cx\u003e a/b","b":[],"n":1}"#,
            "body_go_map_json",
        ),
        (r#"{"a":"Zo\u00eb <x> a\/b","n":1,"b":[]}"#, "body_php_json"),
        (
            r#"{"a":"Zoë <x> a\/b","n":1,"b":[]}"#,
            "body_php_json_unescaped_unicode",
        ),
        (
            r#"{"a":"Zo\u00EB \u003Cx\u003E a/b","n":1.0,"b":[]}"#,
            "body_dotnet_json",
        ),
        (r#"{"a":"Zoë <x> a/b","b":[],"n":1.0}"#, "body_keys_sorted"),
    ];
    for (signed, expected) in table {
        Scene::body(signed, pretty).proves(expected);
        Scene::body(format!("{signed}\n"), format!("{signed} ")).diagnose();
    }
    let compact = r#"{"a":1,"b":[]}"#;
    Scene::body("{\n  \"a\": 1,\n  \"b\": []\n}", compact).proves("body_pretty_2");
    Scene::body("{\n    \"a\": 1,\n    \"b\": []\n}", compact).proves("body_pretty_4");
}

/// The five common layouts of one document; its order and its lexemes are the same in each.
const LAYOUTS: [(&str, &str); 5] = [
    (
        "body_compact_json",
        r#"{"task_id":"1","status":"completed","task_type":"x","result":{"a":LEXEME,"b":[],"c":{},"d":[{},[[]],LEXEME]}}"#,
    ),
    (
        "body_spaced_json",
        r#"{"task_id": "1", "status": "completed", "task_type": "x", "result": {"a": LEXEME, "b": [], "c": {}, "d": [{}, [[]], LEXEME]}}"#,
    ),
    (
        "body_pretty_2",
        r#"{
  "task_id": "1",
  "status": "completed",
  "task_type": "x",
  "result": {
    "a": LEXEME,
    "b": [],
    "c": {},
    "d": [
      {},
      [
        []
      ],
      LEXEME
    ]
  }
}"#,
    ),
    (
        "body_pretty_4",
        r#"{
    "task_id": "1",
    "status": "completed",
    "task_type": "x",
    "result": {
        "a": LEXEME,
        "b": [],
        "c": {},
        "d": [
            {},
            [
                []
            ],
            LEXEME
        ]
    }
}"#,
    ),
    ("body_pretty_tab", ""),
];

fn laid_out(place: usize, lexeme: &str) -> String {
    let text = match LAYOUTS[place] {
        ("body_pretty_tab", _) => LAYOUTS[3].1.replace("    ", "\t"),
        (_, text) => text.to_owned(),
    };
    text.replace("LEXEME", lexeme)
}

#[test]
fn another_layout_of_the_same_order_and_lexemes_is_named_as_that_and_nothing_else() {
    let lexemes = [
        "1",
        "1.0",
        "1e2",
        "1E+2",
        "-0.0",
        "-0",
        "1.10",
        "\"x\"",
        "\"é\"",
        r#""\u00e9""#,
        r#""\u00E9""#,
        r#""\/""#,
        r#""a/b""#,
        r#""<\u2028>""#,
    ];
    for lexeme in lexemes {
        for (signed, (expected, _)) in LAYOUTS.iter().enumerate() {
            for arrived in (0..LAYOUTS.len()).filter(|arrived| *arrived != signed) {
                let mut scene = Scene::body(laid_out(signed, lexeme), laid_out(arrived, lexeme));
                scene.orders = vec![&["event_id", "event"], JOB];
                let diagnosis = scene.diagnose();
                let names: Vec<_> = diagnosis
                    .findings
                    .iter()
                    .map(|finding| &*finding.candidate)
                    .collect();
                assert_eq!(
                    names,
                    [*expected],
                    "{lexeme}, arrived as {}: {diagnosis:#?}",
                    LAYOUTS[arrived].0
                );
            }
        }
    }
}

#[test]
fn python_s_indentation_is_told_from_a_new_order_though_its_escapes_differ() {
    let arrived = r#"{"task_id":"\u00e9","status":"completed","task_type":"x","result":{"a":1.0}}"#;
    for (indent, expected) in [
        ("  ", "body_python_pretty_2_unicode"),
        ("    ", "body_python_pretty_4_unicode"),
    ] {
        let signed = format!(
            "{{\n{indent}\"task_id\": \"é\",\n{indent}\"status\": \"completed\",\n\
             {indent}\"task_type\": \"x\",\n{indent}\"result\": {{\n\
             {indent}{indent}\"a\": 1.0\n{indent}}}\n}}"
        );
        let mut scene = Scene::body(signed, arrived);
        scene.orders = vec![JOB];
        scene.proves(expected);
    }
}

#[test]
fn sorted_keys_that_were_indented_are_brought_back_to_their_documented_order() {
    let sorted = r#"{"result":{"b":1.0},"status":"completed","task_id":"é","task_type":"x"}"#;
    let signed = "{\n  \"task_id\": \"é\",\n  \"status\": \"completed\",\n  \"task_type\": \"x\",\n  \"result\": {\n    \"b\": 1.0\n  }\n}";
    let mut scene = Scene::body(signed, sorted);
    scene.orders = vec![JOB];
    scene.proves("body_documented_order");
}

#[test]
fn sorted_keys_are_brought_back_to_their_documented_order() {
    let sorted = r#"{"result":{"b":1},"status":"completed","task_id":"1","task_type":"x"}"#;
    let signed = r#"{"task_id": "1", "status": "completed", "task_type": "x", "result": {"b": 1}}"#;
    let mut scene = Scene::body(signed, sorted);
    scene.orders = vec![&["event_id", "event"], JOB];
    scene.proves("body_documented_order");
}

#[test]
fn keys_in_an_undocumented_order_are_found_by_trying_every_order() {
    let sorted = r#"{"result":{"company":"A","email":[["e","OK"]],"name":"J"},"status":"completed","task_id":"1","task_type":"x"}"#;
    let signed = r#"{"task_id":"1","status":"completed","task_type":"x","result":{"name":"J","company":"A","email":[["e","OK"]]}}"#;
    let mut scene = Scene::body(signed, sorted);
    scene.proves("body_keys_reordered");
    scene.orders = vec![JOB];
    scene.proves("body_keys_reordered");
}

#[test]
fn what_stands_before_the_body_is_named() {
    let table = [
        (BODY.to_owned(), "signed_body_only"),
        (format!("{T}{BODY}"), "signed_without_dot"),
        (format!("{T}000.{BODY}"), "signed_milliseconds"),
        (format!("{T}123.{BODY}"), "signed_milliseconds"),
        (format!("{T}:{BODY}"), "signed_with_colon"),
        (format!("v0:{T}:{BODY}"), "signed_with_version"),
        (format!("id-1.{T}.{BODY}"), "signed_with_event_id"),
    ];
    for (message, expected) in table {
        Scene::header(format!("t={T},v1={}", mac(SECRET, message)))
            .with("Sixtyfour-Event-Id", "id-1")
            .proves(expected);
    }
    Scene::header(format!("t={T}000,v1={}", right_tag())).proves("signed_seconds");
}

#[test]
fn the_algorithm_and_the_spelling_of_the_signature_are_named() {
    use base64::Engine as _;
    use sha1::Sha1;
    let message = format!("{T}.{BODY}");
    let mut sha1 = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    sha1.update(message.as_bytes());
    let sha1 = digest::hex(&sha1.finalize().into_bytes());
    let plain = |text: String| digest::hex(&digest::sha256(text.as_bytes()));
    let tag = right_tag();
    let base64 = base64::engine::general_purpose::STANDARD.encode(digest::from_hex(&tag).unwrap());
    let table = [
        (sha1, "mac_sha1"),
        (plain(format!("{SECRET}{message}")), "mac_plain_sha256"),
        (
            plain(format!("{message}{SECRET}")),
            "mac_plain_sha256_after",
        ),
        (plain(message), "mac_unkeyed_sha256"),
        (base64, "signature_base64"),
        (tag[..63].to_owned(), "signature_truncated"),
        (tag[..32].to_owned(), "signature_truncated"),
        (format!("{tag}00"), "signature_overlong"),
        (format!(" {tag}"), "header_spelling"),
        (format!("\"{tag}\""), "header_spelling"),
        (format!("sha256={tag}"), "header_spelling"),
    ];
    for (signature, expected) in table {
        Scene::header(format!("t={T},v1={signature}")).proves(expected);
    }
}

#[test]
fn what_is_wrong_with_the_header_is_named_and_seen_through() {
    let tag = right_tag();
    let table = [
        (format!("t={T};v1={tag}"), "header_spelling"),
        (format!("T={T},V1={tag}"), "header_spelling"),
        (format!("t={T},v0={tag}"), "signature_under_other_key"),
        (format!("t={T},t={T},v1={tag}"), "header_two_timestamps"),
        (format!("t={T},t=5,v1={tag}"), "header_two_timestamps"),
        (
            format!("t=+{T},v1={}", mac(SECRET, format!("+{T}.{BODY}"))),
            "timestamp_form",
        ),
        (format!("t=0{T},v1={tag}"), "timestamp_form+signed_number"),
        (
            format!("sha256={}", mac(SECRET, BODY)),
            "header_without_timestamp+signed_body_only",
        ),
    ];
    for (value, expected) in table {
        Scene::header(value).proves(expected);
    }
    let mut renamed = Scene::header("");
    renamed.headers = vec![Header::new("X-Signature", format!("t={T},v1={tag}"))];
    renamed.proves("header_renamed");
}

#[test]
fn what_the_header_lacks_is_plain_to_see() {
    let table = [
        ("", "header_without_timestamp"),
        ("t=", "timestamp_form"),
        ("t=2026-04-22T20:00:00Z,v1=ab", "timestamp_form"),
        ("t=5", "header_without_signature"),
        ("t=1776888000,v1=xyz", "signature_not_hex"),
    ];
    for (value, expected) in table {
        Scene::header(value).suspects(expected);
    }
    let mut unsigned = Scene::header("");
    unsigned.headers.clear();
    unsigned.suspects("unsigned");
    unsigned
        .with("Sixtyfour-Event-Id", "x")
        .suspects("header_dropped");
    let mut unchecked = Scene::body(BODY, BODY);
    unchecked.secrets.clear();
    unchecked.suspects("no_secret_configured");
}

#[test]
fn the_other_scheme_is_recognised() {
    let elan = Secret::new("elan-webhook-secret");
    let mut scene = Scene::header("");
    scene.headers = vec![sign(
        Scheme::Elan,
        std::slice::from_ref(&elan),
        0,
        BODY.as_bytes(),
    )];
    scene.suspects("other_scheme_header");
    scene.other_secrets = vec![elan];
    scene.proves("other_scheme_header");
    scene.other_secrets.clear();
    scene.headers = vec![sign(Scheme::Elan, &scene.secrets, 0, BODY.as_bytes())];
    scene.proves("other_scheme_header+signed_body_only");
}

#[test]
fn elan_mistakes_are_named_too() {
    let body = r#"{"event_id":"evt","timestamp":"2025-12-21T10:30:00Z","data":{}}"#;
    let elan = |signature: String| {
        let mut scene = Scene::new(Header::new("X-Webhook-Signature", signature), body);
        scene.scheme = Scheme::Elan;
        scene.secrets = vec![Secret::new("elan-webhook-secret")];
        scene
    };
    let key = "elan-webhook-secret";
    elan(mac(key, format!("2025-12-21T10:30:00Z{body}"))).proves("signed_without_dot");
    elan(mac(key, format!("{T}.{body}")))
        .with("X-ELAN-Timestamp", T.to_string())
        .proves("signed_timestamp_dot_body");
    elan(mac(SECRET, body)).suspects("secret_wrong");
    elan(mac("elan-webhook-secret\n", body)).proves("secret_with_newline");
    elan(mac(key, body)[..40].to_owned()).proves("signature_truncated");
    elan(String::new()).suspects("header_malformed");
}

#[test]
fn two_causes_at_once_are_found() {
    let digits = &SECRET["sk_whsec_".len()..];
    let compact = r#"{"a":1,"b":[2]}"#;
    let signature = format!("t={T},v1={}", mac(digits, format!("{T}.{compact}")));
    let mut scene = Scene::header(signature);
    scene.body = b"{ \"a\": 1, \"b\": [2] }".to_vec();
    scene.proves("secret_without_prefix+body_compact_json");
    scene.headers = vec![Header::new(
        "Sixtyfour-Signature",
        format!("t={T},v1={}", mac(digits, compact)),
    )];
    scene.proves("secret_without_prefix+body_compact_json+signed_body_only");
    scene.headers = vec![Header::new(
        "Sixtyfour-Signature",
        format!("t={T};v1={}", mac(SECRET, format!("{T}.{compact}"))),
    )];
    scene.proves("header_spelling+body_compact_json");
    let explanation = &scene.diagnose().findings[0].explanation;
    assert!(
        explanation.starts_with("Several things at once."),
        "{explanation}"
    );
}

#[test]
fn a_right_signature_from_a_wrong_time_is_about_the_clock() {
    let at = |age: i64, offsets: Option<i64>| {
        let mut scene = Scene::body(BODY, BODY);
        scene.now = T + age;
        scene.offsets = offsets;
        scene
    };
    at(301, None).proves_about_time("timestamp_stale");
    at(-301, None).proves_about_time("clock_behind");
    at(7200, None).proves_about_time("timestamp_time_zone");
    at(400, Some(398)).proves_about_time("clock_offset");
    at(400, Some(-398)).proves_about_time("timestamp_stale");
    let header = sign(
        Scheme::Sixtyfour,
        &[Secret::new(SECRET)],
        T * 1000 + 5,
        BODY.as_bytes(),
    );
    Scene::new(header, BODY).proves_about_time("timestamp_milliseconds");
}

#[test]
fn when_nothing_matches_the_likeliest_is_said() {
    let wrong = || Scene::secret("sk_whsec_of somebody else", SECRET);
    wrong().suspects("secret_wrong");
    let findings = wrong().diagnose().findings;
    assert_eq!(findings[0].confidence, Confidence::Medium);
    assert!(
        findings[0].explanation.contains("looks untouched"),
        "{findings:#?}"
    );
    assert!(findings[0].explanation.contains("…eeff"), "{findings:#?}");
    let said = &findings[0].explanation;
    let overlap = "the overlap that was chosen (0 to 72 hours, 24 unless said)";
    assert!(said.contains(overlap), "{said}");

    let mut pretty = wrong();
    pretty.body = b"{\n  \"a\": 1\n}".to_vec();
    pretty.suspects("body_pretty_printed");
    let mut cut = wrong().with("Content-Length", "4096");
    cut.suspects("body_shorter_than_content_length");
    cut.body.truncate(80);
    cut.with("Content-Type", "application/json")
        .suspects("body_not_json");
    let mut empty = wrong();
    empty.body.clear();
    empty.suspects("body_is_empty");
    wrong()
        .with("Content-Encoding", "gzip")
        .suspects("body_was_decompressed");
    Scene::secret("x", "sk_whsec_••••…5aea").suspects("secret_form_masked_preview");
    Scene::secret("x", "sk_live_0123456789").suspects("secret_form_api_key");
    Scene::secret("x", &SECRET[..70]).suspects("secret_form_too_short");
    let mut lossy = wrong();
    lossy.body = "{\"a\":\"\u{fffd}\"}".into();
    lossy.suspects("body_replacement_characters");
}

#[test]
fn any_of_several_signatures_and_secrets_can_be_the_one() {
    let compact = r#"{"a":1}"#;
    let secrets = [Secret::new("sk_whsec_new secret"), Secret::new(SECRET)];
    let header = sign(Scheme::Sixtyfour, &secrets, T, compact.as_bytes());
    let mut scene = Scene::new(header, "{\"a\": 1}");
    scene.proves("body_compact_json");
    scene.secrets = vec![Secret::new("sk_whsec_unrelated"), Secret::new(SECRET)];
    scene.proves("body_compact_json");
}

#[test]
fn a_large_body_gets_single_causes_and_what_is_left_out_is_said() {
    let rows = r#"{"name": "John Doe", "email": "john@acme.com"}"#;
    let spaced = format!("[{}]", [rows; 25_000].join(", "));
    assert!(spaced.len() > 1 << 20);
    let compact = spaced.replace(": ", ":").replace(", ", ",");
    let scene = Scene::body(&compact, &spaced);
    scene.proves("body_compact_json");
    assert_eq!(scene.diagnose().not_tried, None);

    let wrong = Scene::body("something else", &spaced).diagnose();
    let said = wrong.not_tried.unwrap();
    assert!(said.contains("two causes at once"), "{said}");
    assert!(wrong.tried < 40, "{}", wrong.tried);
    assert!(!wrong.findings.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_request_makes_it_panic_or_claim_a_proof(
        value in "[tTv01=,;\" +:.a-f0-9-]{0,80}",
        body in proptest::collection::vec(any::<u8>(), 0..80),
        secret in proptest::collection::vec(any::<u8>(), 1..80),
    ) {
        let mut scene = Scene::header(value);
        scene.body = body;
        scene.secrets = vec![Secret::new(secret)];
        for finding in scene.diagnose().findings {
            prop_assert!(!finding.matches, "{:?}", finding);
        }
    }

    #[test]
    fn no_new_order_is_claimed_where_the_order_is_the_same(
        values in proptest::collection::vec(
            prop_oneof![
                Just("[]".to_owned()),
                Just("{}".to_owned()),
                Just("[[], {}]".to_owned()),
                "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
                r#""([a-z é林]|\\/|\\u00[0-9a-f][0-9A-F]|/){0,6}""#,
            ],
            4..7,
        ),
        reading in 0_usize..5,
        signing in 0_usize..5,
    ) {
        let keys = JOB.iter().copied().chain(["x", "y"]);
        let members: Vec<_> = keys.zip(&values).map(|(key, value)| format!("\"{key}\": {value}")).collect();
        let text = format!("{{{}}}", members.join(", "));
        let document = json::Document::read(&text).unwrap();
        let layouts = [
            json::Layout::Compact,
            json::Layout::Spaced,
            json::Layout::Indented("  "),
            json::Layout::Indented("    "),
            json::Layout::Indented("\t"),
        ];
        let write = |place: usize| document.write(&json::Style {
            layout: layouts[place],
            escapes: None,
            numbers: json::numbers::Numbers::AsReceived,
            arrange: None,
        });
        if reading != signing {
            let mut scene = Scene::body(write(signing), write(reading));
            scene.orders = vec![JOB];
            let findings = scene.diagnose().findings;
            prop_assert!(findings[0].matches, "{text}: {findings:#?}");
            prop_assert_eq!(&findings[0].candidate, LAYOUTS[signing].0, "{}", text);
            prop_assert_eq!(findings.len(), 1, "{}: {:#?}", text, findings);
        }
    }

    #[test]
    fn a_body_that_was_laid_out_anew_is_always_explained(
        pairs in proptest::collection::vec(("[a-z]{1,6}", any::<i32>(), "[ -~é林]{0,9}"), 1..6)
    ) {
        let object: serde_json::Map<_, _> = pairs
            .into_iter()
            .flat_map(|(key, number, text)| {
                [(format!("n{key}"), number.into()), (format!("t{key}"), text.into())]
            })
            .collect();
        let compact = serde_json::to_string(&object).unwrap();
        let pretty = serde_json::to_string_pretty(&object).unwrap();
        for (signed, received) in [(&compact, &pretty), (&pretty, &compact)] {
            let findings = Scene::body(signed, received).diagnose().findings;
            prop_assert!(findings[0].matches, "{:?}", findings);
            prop_assert!(findings[0].candidate.starts_with("body_"));
        }
    }
}
