//! The commands beside the listener: what they print, and how they end.

use serde_json::Value;

use super::rig::http::post;
use super::rig::{Home, SECRET};

pub(crate) const EVENT: [(&str, &str); 3] = [
    ("Sixtyfour-Event-Id", "6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab"),
    ("Sixtyfour-Event-Type", "find_email"),
    ("Content-Type", "application/json"),
];

/// A home whose store holds three deliveries of two events.
pub(crate) fn with_captures() -> Home {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    post(&listener.address, "/hook", &EVENT, br#"{"a":1.10}"#);
    post(&listener.address, "/hook", &EVENT, br#"{"a":1.10}"#);
    post(
        &listener.address,
        "/other?q",
        &[("X-Evil", "\u{202e}x")],
        b"\x1b[31mred",
    );
    for _ in 0..3 {
        listener.next("delivery");
    }
    listener.stop().expect(0);
    home
}

#[test]
fn list_shows_the_newest_deliveries_and_takes_a_filter() {
    let home = with_captures();
    let all = home
        .run(&["list", "--output", "json"])
        .expect(0)
        .json_lines();
    assert_eq!(all.len(), 3);
    let some = home
        .run(&["list", "type:find_email", "--output", "json"])
        .expect(0);
    assert!(
        some.json_lines()
            .iter()
            .all(|delivery| delivery["type"] == "find_email")
    );
    assert_eq!(some.json_lines().len(), 2);
    home.run(&["list", "type:nobody"]).expect(3);
    let text = home.run(&["list"]).expect(0);
    assert!(text.stdout.contains("find_email"), "{}", text.stdout);
}

#[test]
fn nothing_received_reaches_the_output_unescaped() {
    let home = with_captures();
    for arguments in [
        &["list"][..],
        &["show", "3"],
        &["export", "--format", "curl", "path:/other"],
    ] {
        let shown = home.run(arguments).expect(0).stdout;
        let hostile = |character: char| {
            (character.is_control() && character != '\n') || character == '\u{202e}'
        };
        assert!(!shown.contains(hostile), "{arguments:?}: {shown:?}");
    }
}

#[test]
fn show_takes_a_number_an_event_id_or_the_start_of_one() {
    let home = with_captures();
    for id in ["2", EVENT[0].1, "6f1c"] {
        let shown = home.run(&["show", id, "--output", "json"]).expect(0);
        let delivery: Value = serde_json::from_str(shown.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(delivery["seq"], 2, "{id}");
    }
    let text = home.run(&["show", "1"]).expect(0).stdout;
    assert!(text.contains("1.10"), "numbers keep their spelling: {text}");
    let missing = home.run(&["show", "6f1d"]).expect(3);
    assert!(
        missing.stderr.contains("no delivery matches \"6f1d\""),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_number_that_no_delivery_has_leads_to_no_other() {
    let home = with_captures();
    for (command, number) in [("show", "99999"), ("replay", "6000")] {
        let to = ["--to", "http://127.0.0.1:1"];
        let arguments = [
            &[command, number][..],
            if command == "replay" { &to } else { &[] },
        ];
        let missing = home.run(&arguments.concat()).expect(3);
        let expected = format!("error: there is no delivery {number}; the newest is 3\n");
        assert!(missing.stderr.starts_with(&expected), "{}", missing.stderr);
        assert!(
            missing.stderr.ends_with("fix: hook64 list\n"),
            "{}",
            missing.stderr
        );
    }
    let bogus = home.run(&["show", "6bogus"]).expect(3).stderr;
    assert!(!bogus.contains("6f1c"), "{bogus}");
}

#[test]
fn what_was_just_answered_is_not_called_open() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for number in 1..=5 {
        post(&listener.address, "/", &[], b"{}");
        let object = home.run(&["list", "--limit", "1", "--output", "json"]);
        let object: Value = serde_json::from_str(&object.expect(0).stdout).unwrap();
        assert_eq!(object["outcome"], "answered");
        post(&listener.address, "/", &[], b"{}");
        let shown = home.run(&["show", &(2 * number).to_string()]).expect(0);
        assert!(!shown.stdout.contains("open"), "{}", shown.stdout);
    }
}

#[test]
fn an_empty_store_says_how_to_fill_it() {
    let home = Home::new();
    home.listen::<&str>(&[]).stop().expect(0);
    let empty = home.run(&["list"]).expect(3);
    assert!(
        empty.stderr.contains("no deliveries have been captured"),
        "{}",
        empty.stderr
    );
    let home = Home::new();
    home.run(&["list"]).expect(3);
}

#[test]
fn list_works_beside_a_running_listener() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    post(&listener.address, "/", &EVENT, b"{}");
    assert_eq!(
        home.run(&["list", "--output", "json"])
            .expect(0)
            .json_lines()
            .len(),
        1
    );
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let home = with_captures();
    for command in ["list", "export"] {
        let refused = home.run(&[command, "-n", "0"]).expect(2);
        assert!(
            refused.stderr.contains("it takes a whole number from 1"),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn what_sign_signs_verify_accepts_and_a_changed_body_gets_its_reason() {
    let home = Home::new();
    let secret = home.secret_file();
    let body = home.file("body", r#"{"a":1}"#);
    let (secret, body) = (secret.to_str().unwrap(), body.to_str().unwrap());
    let header = home
        .run(&[
            "sign",
            "--secret-file",
            secret,
            "--body",
            body,
            "--at",
            "1776888000",
        ])
        .expect(0)
        .stdout;
    let header = header.trim();
    let verify = |body: &str| {
        let arguments = [
            "verify",
            "--secret-file",
            secret,
            "--header",
            header,
            "--body",
            body,
            "--now",
            "1776888012",
            "--output",
            "json",
        ];
        home.run(&arguments)
    };
    let valid = &verify(body).expect(0).json_lines()[0];
    assert_eq!(valid["verdict"], "valid");
    assert_eq!(
        (&valid["matched_secret_index"], &valid["age_seconds"]),
        (&0.into(), &12.into())
    );
    let spaced = home.file("spaced", r#"{"a": 1}"#);
    let invalid = &verify(spaced.to_str().unwrap()).expect(5).json_lines()[0];
    assert_eq!(invalid["reason"], "signature_mismatch");
    assert_eq!(invalid["diagnosis"][0]["matches"], true);
    assert_eq!(invalid["diagnosis"][0]["candidate"], "body_compact_json");
}

#[test]
fn a_captured_delivery_is_verified_at_the_time_it_arrived() {
    let home = Home::new();
    let secret = home.secret_file();
    let signature = home.signature(b"{}");
    let listener = home.listen::<&str>(&[]);
    let headers = [("Sixtyfour-Signature", &*signature)];
    post(&listener.address, "/", &headers, b"{}");
    listener.next("delivery");
    home.run(&["verify", "1", "--secret-file", secret.to_str().unwrap()])
        .expect(0);
    home.run(&[
        "verify",
        "1",
        "--secret-file",
        secret.to_str().unwrap(),
        "--now",
        "1",
    ])
    .expect(5);
}

#[test]
fn each_mistake_with_a_secret_has_its_own_message_and_never_shows_it() {
    let home = Home::new();
    let body = home.file("body", "{}");
    let cases = [
        (
            "sk_whsec_\u{2022}\u{2022}\u{2022}\u{2026}5aea",
            "masked preview",
        ),
        (&SECRET[..SECRET.len() - 2], "62 hex digits (2 missing)"),
        (&format!("\"{SECRET}\""), "quotes"),
        ("sk_live_0123456789abcdef", "API key"),
        ("", "empty"),
    ];
    for (literal, expected) in cases {
        let secret = home.file("wrong", literal);
        let refused = home
            .run(&[
                "sign",
                "--secret-file",
                secret.to_str().unwrap(),
                "--body",
                body.to_str().unwrap(),
            ])
            .expect(2);
        assert!(
            refused.stderr.contains(expected),
            "{literal}: {}",
            refused.stderr
        );
        assert!(
            !refused.stderr.contains("00112233445566"),
            "{}",
            refused.stderr
        );
    }
    let refused = home.run(&["listen", "--secret", SECRET]).expect(2);
    assert!(
        refused.stderr.contains("--secret takes no value"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains(SECRET), "{}", refused.stderr);
}

#[test]
fn a_secret_file_that_others_can_read_gets_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let secret = home.secret_file();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let body = home.file("body", "{}");
    let signed = home
        .run(&[
            "sign",
            "--secret-file",
            secret.to_str().unwrap(),
            "--body",
            body.to_str().unwrap(),
        ])
        .expect(0);
    assert!(signed.stderr.contains("mode 0644"), "{}", signed.stderr);
}

#[test]
fn a_bad_value_is_named_with_what_would_be_good() {
    let home = Home::new();
    let bad = home.run(&["listen", "--output", "jsonl"]).expect(2);
    assert!(
        bad.stderr
            .starts_with("error: --output does not know \"jsonl\"\n"),
        "{}",
        bad.stderr
    );
    assert!(bad.stderr.contains("did you mean"), "{}", bad.stderr);
    let bad = home.run(&["lits"]).expect(2);
    assert!(bad.stderr.contains("did you mean"), "{}", bad.stderr);
    let bad = home.run(&["list", "tpye:x"]).expect(2);
    assert!(bad.stderr.contains("type"), "{}", bad.stderr);
    let bad = home
        .run(&["list", "--output", "json", "--limit", "x"])
        .expect(2);
    let object: Value = serde_json::from_str(bad.stderr.trim()).unwrap();
    assert_eq!(object["kind"], "error");
}

#[test]
fn verify_believes_the_headers_about_whose_signature_it_is() {
    let home = Home::new();
    let secret = home.secret_file();
    let body = home.file("body", "{}");
    let header = format!("X-Webhook-Signature: {}", "0".repeat(64));
    let verify = [
        "verify",
        "--secret-file",
        secret.to_str().unwrap(),
        "--header",
        &header,
        "--body",
        body.to_str().unwrap(),
    ];
    let json = [&verify[..], &["--output", "json"]].concat();
    let verdict = &home.run(&json).expect(5).json_lines()[0];
    assert_eq!(verdict["verdict"], "unverified");
    assert_eq!(verdict["reason"], "no_secret_configured");
    assert_eq!(verdict["scheme"], "elan");
    let said = [&verify[..], &["--provider", "sixtyfour"]].concat();
    let verdict = home.run(&said).expect(5).stdout;
    assert!(verdict.starts_with("invalid: missing_header"), "{verdict}");
    let nobody = [&verify[..], &["--provider", "plain"]].concat();
    let refused = home.run(&nobody).expect(2).stderr;
    assert!(
        refused.contains("why: it is sixtyfour or elan"),
        "{refused}"
    );
}

#[test]
fn a_list_that_is_cut_says_so() {
    let home = with_captures();
    let all = home.run(&["list", "--output", "json"]).expect(0);
    assert_eq!(all.stderr, "");
    let cut = home.run(&["list", "-n", "1"]).expect(0);
    assert_eq!(
        cut.stderr,
        "note: there are more; these are the newest 1 (--limit)\n"
    );
    let quiet = home.run(&["list", "-n", "1", "-q"]).expect(0);
    assert_eq!(quiet.stderr, "");
}
