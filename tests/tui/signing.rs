//! Signatures, seen from the screen: why one fails, which key made it, and nothing that helps to
//! forge one.

use super::super::rig::http::post;
use super::super::rig::terminal::Terminal;
use super::super::rig::{Home, SECRET};

const COMPACT: &str = r#"{"task_id":"t-1","status":"completed","task_type":"find_email"}"#;
const PRETTY: &str =
    "{\n  \"task_id\": \"t-1\",\n  \"status\": \"completed\",\n  \"task_type\": \"find_email\"\n}";

/// The header that secrets of these files give a body, without its name.
fn signature(home: &Home, files: &[&str], body: &str) -> String {
    let body = home.file("body", body).display().to_string();
    let mut arguments = vec!["sign", "--body", &body];
    for file in files {
        arguments.extend(["--secret-file", file]);
    }
    let signed = home.run(&arguments);
    let line = signed.stdout.trim();
    line.strip_prefix("Sixtyfour-Signature: ")
        .unwrap()
        .to_owned()
}

fn other_secret(home: &Home) -> String {
    let other = SECRET.replace("0011", "1100");
    home.file("other", &other).display().to_string()
}

fn deliver(terminal: &Terminal, signature: &str, body: &str) {
    let headers = [
        ("Content-Type", "application/json"),
        ("Sixtyfour-Signature", signature),
        ("Sixtyfour-Event-Id", "aaaaaaaa-0000"),
        ("Sixtyfour-Event-Type", "find_email"),
    ];
    post(&terminal.address, "/", &headers, body.as_bytes());
}

fn listen(home: &Home) -> (Terminal, String) {
    let secret = home.secret_file().display().to_string();
    let terminal = Terminal::listen(
        home,
        &["--secret-file", &secret, "--on-bad-signature", "200"],
    );
    (terminal, secret)
}

#[test]
fn a_body_that_was_rewritten_on_the_way_is_named_and_the_right_digest_is_never_written() {
    let home = Home::new();
    let (mut terminal, secret) = listen(&home);
    let made = signature(&home, &[&secret], COMPACT);
    deliver(&terminal, &made, PRETTY);
    terminal.press("4");
    terminal.shows_line(&["aaaaaaaa", "BAD"]);
    terminal.shows("BAD   no v1 matches");
    terminal.shows("yes  the body were compact JSON");
    terminal.shows("no   the key were trimmed, unprefixed or hex-decoded");
    // What would have been right for the bytes that came, with the time that was signed.
    let at = made.split_once("t=").unwrap().1.split(',').next().unwrap();
    let body = home.path("body").display().to_string();
    home.file("body", PRETTY);
    let right = home
        .run(&[
            "sign",
            "--secret-file",
            &secret,
            "--body",
            &body,
            "--at",
            at,
        ])
        .stdout;
    let right = right.trim().rsplit('=').next().unwrap().to_owned();
    assert_eq!(right.len(), 64);
    terminal.shows(&format!("Expected  {}…{}", &right[..16], &right[57..]));
    terminal.press("1236");
    terminal.shows("[6 Response]");
    let written = String::from_utf8_lossy(&terminal.written()).into_owned();
    assert!(!written.contains(&right[..24]));
    assert!(!written.contains(SECRET.get(9..40).unwrap()));
}

#[test]
fn during_a_rotation_the_signature_that_matches_is_named() {
    let home = Home::new();
    let (mut terminal, secret) = listen(&home);
    let other = other_secret(&home);
    let both = signature(&home, &[&other, &secret], COMPACT);
    deliver(&terminal, &both, COMPACT);
    terminal.shows_line(&["aaaaaaaa", "ok"]);
    terminal.press("4");
    terminal.shows("key 1 …eeff matches v1 #2 of 2");
    terminal.shows("one t, two v1, 64 hex digits each");
}

#[test]
fn another_key_is_tried_from_a_file_and_nothing_is_kept_of_it() {
    let home = Home::new();
    let (mut terminal, _) = listen(&home);
    let other = other_secret(&home);
    let made = signature(&home, &[&other], COMPACT);
    deliver(&terminal, &made, COMPACT);
    terminal.shows_line(&["aaaaaaaa", "BAD"]);
    terminal.press(&format!(":try-key {other}\r"));
    terminal.shows("Key …eeff matches: it made v1 #1");
    terminal.press("\x1b");
    terminal.until("the box gone", |this| !this.screen().contains("Try a key"));
    terminal.shows_line(&["aaaaaaaa", "BAD"]);
    terminal.press(":try-key /nowhere\r");
    terminal.shows("cannot read a key from /nowhere");
    let stored = std::fs::read(home.store()).unwrap();
    let secret = SECRET.replace("0011", "1100");
    let is_there = stored
        .windows(secret.len())
        .any(|window| window == secret.as_bytes());
    assert!(!is_there);
}

#[test]
fn the_summary_counts_bad_signatures_as_the_screen_does() {
    let home = Home::new();
    let (mut terminal, _) = listen(&home);
    // One without a signature and one whose signature is by nobody we know.
    post(&terminal.address, "/", &[], b"unsigned");
    let other = other_secret(&home);
    let made = signature(&home, &[&other], COMPACT);
    deliver(&terminal, &made, COMPACT);
    terminal.shows("deliveries 2  bad-sig 1");
    terminal.press("q");
    terminal.shows("1 bad signature. 0 dropped.");
    assert_eq!(terminal.ends(), 0);
}
