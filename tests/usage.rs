//! What is refused, and in which words.

use super::commands::{EVENT, with_captures};
use super::rig::http::post;
use super::rig::{Finished, Home, SECRET};

/// What the command says on standard error when it ends with this code.
#[track_caller]
fn said(home: &Home, code: i32, arguments: &[&str]) -> String {
    home.run(arguments).expect(code).stderr
}

#[test]
fn an_option_in_front_of_a_command_is_not_blamed_on_the_command() {
    let home = Home::new();
    let said = said(&home, 2, &["--store", "x.db", "list", "type:a"]);
    assert_eq!(
        said,
        "error: options of list stand after it\n  \
         why: without a command in front, they are those of listen\n  \
         fix: hook64 list --store x.db type:a\n"
    );
}

#[test]
fn help_is_a_command_too() {
    let home = Home::new();
    let all = home.run(&["help"]).expect(0).stdout;
    assert!(all.contains("Usage: hook64"), "{all}");
    let one = home.run(&["help", "wait"]).expect(0).stdout;
    assert!(one.contains("--count <N>"), "{one}");
    said(&home, 2, &["help", "wiat"]);
}

#[test]
fn a_value_that_is_nearly_right_gets_the_whole_command() {
    let home = Home::new();
    for command in ["listen", "list"] {
        let said = said(&home, 2, &[command, "--output", "jsonl"]);
        let fix = format!(
            "  fix: did you mean json? It prints one object per line:\n         \
             hook64 {command} --output json\n"
        );
        assert!(said.ends_with(&fix), "{said}");
    }
}

#[test]
fn a_number_or_an_address_that_is_none_is_explained_in_plain_words() {
    let home = Home::new();
    let port = said(&home, 2, &["--port", "abc"]);
    assert!(port.contains("why: it takes a whole number\n"), "{port}");
    assert!(port.contains("fix: hook64 listen --help"), "{port}");
    let host = said(&home, 2, &["listen", "--host", "localhost"]);
    assert!(
        host.contains("why: it takes an IP address such as"),
        "{host}"
    );
}

#[test]
fn nothing_captured_offers_a_sample_to_send() {
    let said = said(&Home::new(), 3, &["list"]);
    assert!(
        said.ends_with(
            "  fix: start the listener and send a sample to it:\n         \
             hook64 listen\n         hook64 send find_email\n"
        ),
        "{said}"
    );
}

#[test]
fn an_id_that_is_not_there_or_not_clear_is_mended_with_the_command_that_ran() {
    let home = with_captures();
    let to = ["--to", "http://127.0.0.1:1"];
    for (command, options) in [("show", &[][..]), ("verify", &[]), ("replay", &to)] {
        let said = said(&home, 3, &[&[command, "6f1c0b5x"], options].concat());
        let fix = format!("fix: hook64 {command} {}", EVENT[0].1);
        assert!(said.contains(&fix), "{said}");
    }
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for id in ["aa11", "aa22"] {
        post(&listener.address, "/", &[("Sixtyfour-Event-Id", id)], b"{}");
        listener.next("delivery");
    }
    listener.stop().expect(0);
    let said = said(&home, 3, &["replay", "aa", to[0], to[1]]);
    assert!(
        said.contains("write more of it: hook64 replay aa"),
        "{said}"
    );
}

#[test]
fn a_port_that_another_hook64_has_is_no_reason_to_take_another() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let (_, port) = listener.address.rsplit_once(':').unwrap();
    let other = Home::new();
    let said = said(&other, 4, &["listen", "--port", port]);
    // Elsewhere it cannot be told who has a port.
    if cfg!(target_os = "linux") {
        let fix = "  fix: it is already running; see it with: hook64 open\n";
        assert!(said.ends_with(fix), "{said}");
    }
}

#[test]
fn another_form_of_secret_is_offered_where_it_would_be_accepted() {
    let home = Home::new();
    let body = home.file("body", "{}");
    let refused = |secret: &str| {
        let file = home.file("secret", secret);
        let (file, body) = (file.to_str().unwrap(), body.to_str().unwrap());
        said(&home, 2, &["sign", "--secret-file", file, "--body", body])
    };
    let short = refused(&SECRET[..20]);
    let offer = "hook64 sign --secret-file FILE --any-secret\n";
    assert!(short.ends_with(offer), "{short}");
    assert!(!refused("").contains("--any-secret"));
}

#[test]
fn a_secret_as_an_argument_is_refused_before_anything_else_is_missed() {
    let said = said(&Home::new(), 2, &["verify", "--secret", SECRET]);
    assert!(
        said.starts_with("error: --secret takes no value on the command line\n"),
        "{said}"
    );
    assert!(said.contains("hook64 verify --secret-file") && !said.contains(SECRET));
}

#[test]
fn every_refusal_says_why_and_what_to_do() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let release = said(&home, 2, &["release", "1", "bogus"]);
    drop(listener);
    let sign = said(&home, 2, &["sign", "--body", "no/such"]);
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let body = said(
        &home,
        2,
        &["sign", "--secret-file", secret, "--body", "no/such"],
    );
    let verify = said(&home, 2, &["verify"]);
    home.file("hook64.toml", "on-bad-signature = 700\n");
    let status = said(&home, 2, &["listen"]);
    home.file("hook64.toml", "output = \"jsonl\"\n");
    let output = said(&home, 2, &["listen"]);
    for said in [release, sign, body, verify, status, output] {
        let is_note = |line: &&str| line.starts_with("note: ");
        let lines: Vec<_> = said.lines().skip_while(is_note).collect();
        assert!(lines[0].starts_with("error: "), "{said}");
        assert!(lines[1].starts_with("  why: "), "{said}");
        assert!(lines[2].starts_with("  fix: "), "{said}");
    }
}

#[test]
fn a_fix_names_no_option_that_comes_from_the_environment() {
    let home = Home::new();
    let output = home
        .command(&["replay", "10"])
        .env("HOOK64_STORE", home.path("st.db"))
        .output();
    let refused = Finished::from(output.unwrap()).expect(2);
    assert!(
        refused
            .stderr
            .ends_with("fix: hook64 replay --to <URL> <ID>...\n"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_variable_of_the_environment_is_named_and_an_empty_one_says_nothing() {
    let home = Home::new();
    let mut listen = home.command(&["listen"]);
    let bad = Finished::from(listen.env("HOOK64_PORT", "abc").output().unwrap()).expect(2);
    assert!(
        bad.stderr
            .starts_with("error: HOOK64_PORT does not know \"abc\"\n"),
        "{}",
        bad.stderr
    );
    let mut list = home.command(&["list"]);
    let unset = Finished::from(list.env("HOOK64_STORE", "").output().unwrap()).expect(3);
    assert!(
        unset.stderr.contains("data/hook64/hook64.db"),
        "{}",
        unset.stderr
    );
    let typed = said(&home, 2, &["list", "--store", ""]);
    assert!(
        typed.starts_with("error: --store needs a value\n"),
        "{typed}"
    );
}

#[test]
fn one_argument_too_many_is_not_taken_for_a_command() {
    let said = said(&Home::new(), 2, &["show", "1", "2"]);
    assert_eq!(
        said,
        "error: show does not take \"2\"\n  fix: hook64 show --help says what it takes\n"
    );
}

#[test]
fn warnings_and_notes_are_objects_where_errors_are() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let secret = home.secret_file();
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&secret, readable).unwrap();
    let listener = home.listen(&["--secret-file", secret.to_str().unwrap()]);
    let ended = listener.stop().expect(0);
    let said: Vec<serde_json::Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert!(
        said.iter().any(|object| object["kind"] == "warning"
            && object["why"].as_str().unwrap().contains("mode 0644")),
        "{said:?}"
    );
}
