//! A secret that is loaded comes out nowhere, and neither does a signature that would be right.

use std::fs;
use std::path::Path;

use super::checking;
use crate::rig::http::post;
use crate::rig::{Finished, Home, SECRET};

/// Everything under a directory, byte for byte.
fn files(directory: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.is_file() {
            all.extend(fs::read(path).unwrap());
        }
    }
    all
}

#[track_caller]
fn assert_without(place: &str, bytes: &[u8], canaries: &[&str]) {
    for canary in canaries {
        let found = memchr::memmem::find(bytes, canary.as_bytes());
        assert_eq!(found, None, "{canary} in {place}");
    }
}

#[test]
fn no_secret_and_no_right_signature_comes_out_anywhere() {
    let home = Home::new();
    let body = br#"{"task_id":"1","status":"completed"}"#;
    let now = jiff::Timestamp::now().as_second().to_string();
    let right = home.signature(body);
    let wrong = [
        format!("t={now},v1={}", "0".repeat(64)),
        "t=1,v1=zz".to_owned(),
        "nonsense".to_owned(),
    ];
    let (time, mac) = right.split_once(",v1=").unwrap();
    let [_, digits] = SECRET.split("sk_whsec_").collect::<Vec<_>>()[..] else {
        panic!("the secret has another form");
    };
    let canaries = [digits, &digits[..32], &digits[32..]];

    let listener = checking(&home, &[]);
    let cmdline = fs::read(format!("/proc/{}/cmdline", listener.pid())).unwrap();
    assert_without("argv", &cmdline, &canaries);
    let mut answers = Vec::new();
    for signature in &wrong {
        let headers = [("Sixtyfour-Signature", &**signature)];
        // The body was changed on the way, or was not.
        for body in [&body[..], br#"{ "task_id": "1", "status": "completed" }"#] {
            let answer = post(&listener.address, "/", &headers, body);
            assert_eq!(answer.status, 401);
            answers.extend(answer.head.into_bytes());
            answers.extend(answer.body);
        }
    }
    // The right time with a wrong MAC: the right one must not be given away.
    let almost = format!("{time},v1={}", "f".repeat(64));
    let headers = [("Sixtyfour-Signature", &*almost)];
    let answer = post(&listener.address, "/", &headers, body);
    answers.extend(answer.body);
    let mut printed = Vec::new();
    for _ in 0..7 {
        printed.extend(listener.next("delivery").to_string().into_bytes());
    }
    assert_without("the answers", &answers, &[digits, mac]);
    assert_without("the listener's output", &printed, &[digits, mac]);
    let control = home.run(&["status", "--output", "json"]).expect(0);
    assert_without("the status", control.stdout.as_bytes(), &canaries);
    let ended = listener.stop().expect(0);
    assert_without(
        "the listener's errors",
        ended.stderr.as_bytes(),
        &[digits, mac],
    );
    assert_without(
        "the store",
        &files(&home.path("data")),
        &[digits, mac, SECRET],
    );

    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let mut commands: Vec<Vec<&str>> = ["ndjson", "http", "curl", "har"]
        .iter()
        .map(|format| vec!["export", "--format", format])
        .collect();
    for id in ["1", "2", "3", "4", "5", "6", "7"] {
        commands.push(vec!["show", id]);
        commands.push(vec!["show", id, "--output", "json"]);
        commands.push(vec!["verify", id, "--secret-file", secret]);
        commands.push(vec![
            "verify",
            id,
            "--secret-file",
            secret,
            "--output",
            "json",
        ]);
    }
    for arguments in commands {
        let mut command = home.command(&arguments);
        let output = command
            .env("SIXTYFOUR_WEBHOOK_SECRET", SECRET)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let place = arguments.join(" ");
        assert!(!output.stdout.is_empty(), "{place}");
        assert_without(&place, &output.stdout, &[digits, mac]);
        assert_without(&place, &output.stderr, &[digits, mac]);
    }
}

#[test]
fn a_secret_that_is_refused_is_not_repeated() {
    let home = Home::new();
    let shapes = [
        format!("\"{SECRET}\""),
        format!(" {SECRET}"),
        SECRET.to_uppercase(),
        format!("{SECRET}00"),
        SECRET.replace("sk_whsec_", ""),
        SECRET.replace("sk_whsec_", "sk_live_"),
        format!("SIXTYFOUR_WEBHOOK_SECRET={SECRET}"),
    ];
    for shape in shapes {
        let file = home.file("bad-secret", &shape);
        let file = file.to_str().unwrap();
        let refused = home
            .run(&["listen", "--port", "0", "--secret-file", file])
            .expect(2);
        let said = refused.stderr + &refused.stdout;
        // The last four characters are the most that is shown.
        for start in (0..60).step_by(5) {
            let part = &SECRET["sk_whsec_".len()..][start..start + 5];
            assert!(!said.to_lowercase().contains(part), "{shape}: {said}");
        }
    }
}

#[test]
fn a_secret_that_stands_where_something_else_belongs_is_not_repeated() {
    let home = Home::new();
    let without_digits = |said: &Finished, what: &str| {
        let said = format!("{}{}", said.stderr, said.stdout);
        let digits = &SECRET["sk_whsec_".len()..];
        assert!(!said.contains(&digits[..12]), "{what}: {said}");
        assert!(!said.contains("elan-canary"), "{what}: {said}");
        assert!(!said.is_empty(), "{what}");
    };
    let commands: [&[&str]; 7] = [
        &["listen", "--port", "0", "--secret-file", SECRET],
        &["listen", "--secret-file", SECRET, "--output", "json"],
        &["send", "find_email", "--secret-file", SECRET],
        &["verify", SECRET],
        &["list", SECRET],
        &["show", SECRET],
        &[SECRET],
    ];
    for arguments in commands {
        without_digits(&home.run(arguments), &format!("{arguments:?}"));
    }
    for line in [
        format!("secret = \"{SECRET}\"\n"),
        format!("port = \"{SECRET}\"\n"),
        format!("port = 1 \"{SECRET}\"\n"),
        "port = \"elan-canary\"\n".to_owned(),
        "elan-secret = \"elan-canary\"\n".to_owned(),
        "elan-secret-file = [\"a\", \"elan-canary]\n".to_owned(),
    ] {
        fs::write(home.path("hook64.toml"), &line).unwrap();
        let refused = home.run(&["listen", "--port", "0"]).expect(2);
        without_digits(&refused, &line);
    }
}
