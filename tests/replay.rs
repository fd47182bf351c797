//! `hook64 replay` delivers a capture again, changed only where that was asked for.
//!
//! `on_terminal` is what a person is asked and shown, `changed` what is kept of a replay that was not
//! the capture itself, `answers` what came back, `stopped` what becomes of replays that are told to stop, `crowded` how several
//! share a store, `elan` what differs for ELAN.

mod answers;
mod changed;
mod crowded;
mod elan;
mod on_terminal;
mod stopped;

use std::time::{Duration, Instant};

use serde_json::Value;

use super::rig::http::{Connection, post};
use super::rig::target::Target;
use super::rig::{Finished, Home, Listener, SECRET};

const BODY: &[u8] =
    br#"{"task_id":"t-1","status":"completed","task_type":"find_email","result":{"n":1.10}}"#;

/// A capture with odd headers and an old signature, in a store that nobody holds any more.
fn captured(home: &Home) {
    let listener = home.listen::<&str>(&[]);
    capture(&listener, "e-1");
    listener.stop().code.unwrap();
}

fn capture(listener: &Listener, event_id: &str) {
    let mut connection = Connection::open(&listener.address);
    let head = format!(
        "POST /hook?a=%20b HTTP/1.1\r\nhOST: old.example\r\nX-B: 1\r\nx-a:  2 \r\nX-B: 3\r\n\
         Sixtyfour-Signature: t=1700000000,v1={}\r\nSixtyfour-Event-Id: {event_id}\r\n\
         sixtyfour-event-type: find_email\r\nSixtyfour-Delivery-Attempt: 2\r\n\
         Content-Length: {}\r\n\r\n",
        "0a".repeat(32),
        BODY.len()
    );
    connection.send(&[head.as_bytes(), BODY].concat());
    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
}

fn replay(home: &Home, target: &Target, arguments: &[&str]) -> Finished {
    let url = target.url("/");
    home.run(&[&["replay", "--to", &url], arguments].concat())
}

/// The replays that are kept beside a capture.
fn kept(home: &Home, id: &str) -> Vec<Value> {
    let shown = home.run(&["show", id, "--output", "json"]).expect(0);
    let mut lines = shown.json_lines();
    lines.retain(|line| line["kind"] == "replay");
    lines
}

#[test]
fn a_capture_goes_out_again_byte_for_byte_but_for_its_host() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let bare = target.url("");
    let replayed = home.run(&["replay", "1", "--to", &bare]).expect(0);
    let request = target.only();
    let host = bare.trim_start_matches("http://");
    let expected = format!(
        "POST /hook?a=%20b HTTP/1.1\r\nhOST: {host}\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\n\
         Sixtyfour-Signature: t=1700000000,v1={}\r\nSixtyfour-Event-Id: e-1\r\n\
         sixtyfour-event-type: find_email\r\nSixtyfour-Delivery-Attempt: 2\r\n\
         Content-Length: {}\r\n\r\n",
        "0a".repeat(32),
        BODY.len()
    );
    assert_eq!(request.head, expected);
    assert_eq!(request.body, BODY);
    assert!(
        replayed.stdout.contains("replay of_seq=1") && replayed.stdout.contains("status=200"),
        "{}",
        replayed.stdout
    );
    // An old signature would be refused, and nobody should wonder why.
    assert!(
        replayed
            .stderr
            .contains("receivers that allow 5 min refuse it"),
        "{}",
        replayed.stderr
    );
}

#[test]
fn with_a_secret_it_is_signed_anew_and_the_receiver_finds_it_valid() {
    let home = Home::new();
    captured(&home);
    let other = Home::new();
    let secret = other.secret_file();
    let secret = secret.to_str().unwrap();
    let receiver = other.listen(&["--secret-file", secret]);
    let to = format!("http://{}/", receiver.address);
    let replay = |more: &[&str]| {
        let common = ["replay", "1", "--to", &to, "--secret-file", secret];
        home.run(&[&common[..], more].concat()).expect(0);
        receiver.next("delivery")["signature"]["reason"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(replay(&[]), "ok");
    assert_eq!(replay(&["--set", ".result=null", "--attempt", "+1"]), "ok");
    assert_eq!(replay(&["--as-captured"]), "timestamp_too_old");
    assert_eq!(replay(&["--unsigned"]), "missing_header");
    assert_eq!(replay(&["--bad-signature"]), "signature_mismatch");
    assert_eq!(replay(&["--expired"]), "timestamp_too_old");
}

#[test]
fn a_replay_is_kept_beside_its_capture_whether_a_listener_has_the_store_or_not() {
    let home = Home::new();
    let target = Target::new(|_, _| (409, "dup".to_owned()));
    let listener = home.listen::<&str>(&[]);
    capture(&listener, "e-1");
    let replayed = replay(&home, &target, &["e-1"]).expect(0);
    assert!(!replayed.stderr.contains("warning"), "{}", replayed.stderr);
    assert!(
        replayed.stderr.contains("New id: --event-id new"),
        "{}",
        replayed.stderr
    );
    assert_eq!(kept(&home, "1").len(), 1);
    listener.stop();
    let replayed = replay(&home, &target, &["1", "--times", "2"]).expect(0);
    assert!(!replayed.stderr.contains("warning"), "{}", replayed.stderr);
    home.run(&["replay", "1", "--to", "http://127.0.0.1:1/"])
        .expect(4);
    let kept = kept(&home, "1");
    assert_eq!(kept.len(), 4, "{kept:?}");
    assert_eq!(kept[0]["status"], 409);
    assert_eq!(kept[0]["target"], target.url("/"));
    assert_eq!(kept[2]["number"], 2);
    assert_eq!(kept[3]["status"], Value::Null);
    // The capture itself is as it was.
    let body = home.run(&["export", "--format", "body", "seq:1"]).expect(0);
    assert_eq!(body.stdout.as_bytes(), BODY);
}

#[test]
fn ids_ranges_and_filters_name_captures_each_once() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for event in ["e-1", "e-2", "e-3", "f-4"] {
        capture(&listener, event);
    }
    post(&listener.address, "/other", &[], b"hello");
    listener.stop();
    let target = Target::taking();
    let order = |arguments: &[&str]| {
        let before = target.seen().len();
        replay(&home, &target, arguments).expect(0);
        let seen = target.seen();
        let ids = seen[before..].iter().map(|request| {
            let id = request.header("Sixtyfour-Event-Id");
            id.unwrap_or("none").to_owned()
        });
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&["e-2", "1"]), "e-2 e-1");
    assert_eq!(order(&["2..3", "e-1", "2"]), "e-2 e-3 e-1");
    assert_eq!(order(&["4.."]), "f-4 none");
    assert_eq!(order(&["type:find_email", "id:f-*"]), "f-4");
    // Ids and ranges choose, a filter narrows.
    assert_eq!(order(&["5", "e-3", "-id:e-*"]), "none");
    assert_eq!(order(&["2..4", "-id:e-3"]), "e-2 f-4");
    assert_eq!(order(&["4", "1..2", "id:f-* | id:e-1"]), "f-4 e-1");
    assert_eq!(order(&["2..4", "seq:3"]), "e-3");
    assert_eq!(order(&["2..4 seq:3"]), "e-3");
    assert_eq!(order(&["3 1"]), "e-3 e-1");
    assert_eq!(order(&["-id:e-* 1..4"]), "f-4");
    assert_eq!(order(&["type:find_email id:f-*"]), "f-4");

    let none = replay(&home, &target, &["2..3", "id:f-*"]).expect(3);
    assert!(
        none.stderr
            .contains("error: no delivery matches seq:2..3 id:f-*"),
        "{}",
        none.stderr
    );
    let none = replay(&home, &target, &["90.."]).expect(3);
    assert!(
        none.stderr.contains("error: no delivery matches seq:>=90"),
        "{}",
        none.stderr
    );

    let nothing = replay(&home, &target, &["type:nothing"]).expect(3);
    assert!(
        nothing.stderr.contains("no delivery matches"),
        "{}",
        nothing.stderr
    );
    replay(&home, &target, &["find_email"]).expect(3);
    replay(&home, &target, &["e-"]).expect(3);
    let wrong = replay(&home, &target, &["tpye:x"]).expect(2);
    assert!(
        wrong.stderr.contains("did you mean type:"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn an_event_id_that_looks_like_a_filter_does_not_change_what_the_filter_means() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for event in ["e-1", "e-2", "type:find_email", "order:7"] {
        capture(&listener, event);
    }
    listener.stop();
    let target = Target::taking();
    replay(&home, &target, &["type:find_email"]).expect(0);
    assert_eq!(target.seen().len(), 4);
    replay(&home, &target, &["id:\"type:find_email\""]).expect(0);
    replay(&home, &target, &["order:7"]).expect(0);
    let ids = target.seen().split_off(4);
    let ids = ids.iter().map(|seen| seen.header("Sixtyfour-Event-Id"));
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [Some("type:find_email"), Some("order:7")]
    );
}

#[test]
fn only_a_loopback_target_is_taken_for_granted() {
    let home = Home::new();
    captured(&home);
    let refused = home
        .run(&["replay", "1", "--to", "https://hooks.example.com/x"])
        .expect(2);
    assert_eq!(
        refused.stderr,
        "error: refusing to replay to hooks.example.com: it is not this machine\n  \
         why: a replay sends a signed copy of real data\n  \
         fix: if you mean it, say so:  hook64 replay 1 --to https://hooks.example.com/x \
         --allow-remote\n"
    );
    // With it, it is tried: this address is for documentation and answers nobody.
    let tried = home
        .run(&[
            "replay",
            "1",
            "--to",
            "http://192.0.2.1/",
            "--allow-remote",
            "--timeout",
            "50ms",
        ])
        .expect(4);
    assert!(
        tried
            .stderr
            .contains("error: could not replay e-1 to http://192.0.2.1/"),
        "{}",
        tried.stderr
    );
}

#[test]
fn an_answer_that_is_no_2xx_fails_only_when_that_is_asked_for() {
    let home = Home::new();
    captured(&home);
    let target = Target::new(|_, _| (500, "\u{1b}]0;x\u{7}".to_owned()));
    let replayed = replay(&home, &target, &["1"]).expect(0);
    assert!(
        !replayed.stdout.contains(['\u{1b}', '\u{7}']),
        "{}",
        replayed.stdout
    );
    replay(&home, &target, &["1", "--fail"]).expect(5);
    let object = replay(&home, &target, &["1", "--output", "json"]).expect(0);
    let object = object.json_lines().remove(0);
    assert_eq!(
        (&object["kind"], &object["status"]),
        (&"replay".into(), &500.into())
    );
    assert_eq!(object["answer"], "\u{1b}]0;x\u{7}");
}

#[test]
fn ids_attempts_and_bodies_can_be_changed_and_nothing_else_is() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let secret = home.secret_file();
    let arguments = [
        "1",
        "--event-id",
        "e-9",
        "--attempt",
        "+1",
        "--set",
        ".result.n=2.50",
        "--times",
        "2",
        "--secret-file",
        secret.to_str().unwrap(),
    ];
    let replayed = replay(&home, &target, &arguments).expect(0);
    assert!(replayed.stderr.contains("200 x 2"), "{}", replayed.stderr);
    let seen = target.seen();
    for (request, attempt) in seen.iter().zip(["3", "4"]) {
        assert_eq!(request.header("Sixtyfour-Event-Id"), Some("e-9"));
        assert_eq!(request.header("Sixtyfour-Delivery-Attempt"), Some(attempt));
        let expected = String::from_utf8_lossy(BODY).replace("1.10", "2.50");
        assert_eq!(String::from_utf8_lossy(&request.body), expected);
    }
    replay(&home, &target, &["1", "--event-id", "new", "--times", "2"]).expect(0);
    let seen = target.seen();
    let ids: Vec<_> = seen[2..]
        .iter()
        .map(|request| request.header("Sixtyfour-Event-Id").unwrap())
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_ne!(ids[0], "e-1");
    let changed = replay(&home, &target, &["1", "--set", ".status=\"failed\""]).expect(0);
    assert!(
        changed.stderr.contains("does not match"),
        "{}",
        changed.stderr
    );
    let wrong = replay(&home, &target, &["1", "--set", ".a.b=1"]).expect(1);
    assert!(
        wrong.stderr.contains("\"a\" is not there"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn the_body_can_be_changed_in_an_editor_and_the_difference_is_shown() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let url = target.url("/");
    let edit = |editor: &str| -> Finished {
        let mut command = home.command(&["replay", "1", "--to", &url, "--edit"]);
        command.env("EDITOR", editor).output().unwrap().into()
    };
    let edited = edit("sed -i s/completed/failed/").expect(0);
    let expected = String::from_utf8_lossy(BODY).replace("completed", "failed");
    assert_eq!(String::from_utf8_lossy(&target.only().body), expected);
    assert!(
        edited.stderr.contains("-   \"status\": \"completed\",")
            && edited.stderr.contains("+   \"status\": \"failed\","),
        "{}",
        edited.stderr
    );
    edit("true").expect(0);
    assert_eq!(target.seen()[1].body, BODY);
    let failed = edit("false").expect(2);
    assert!(
        failed.stderr.contains("nothing was sent"),
        "{}",
        failed.stderr
    );
    assert_eq!(target.seen().len(), 2);
}

#[test]
fn replays_keep_the_distance_that_is_asked_for() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let started = Instant::now();
    replay(&home, &target, &["1", "--times", "3", "--every", "1s"]).expect(0);
    // From the start: a busy machine may read the first late, and nothing early.
    let spread = target.seen()[2].at - started;
    assert!(spread >= Duration::from_secs(2), "{spread:?}");
}

#[test]
fn several_replays_may_be_under_way_at_once() {
    let home = Home::new();
    captured(&home);
    // Each answer waits for the fourth request.
    let gate = std::sync::Arc::new(std::sync::Barrier::new(4));
    let target = Target::new(move |_, _| {
        gate.wait();
        (200, String::new())
    });
    let arguments = [
        "1",
        "--times",
        "8",
        "--concurrency",
        "4",
        "--output",
        "json",
    ];
    let replayed = replay(&home, &target, &arguments).expect(0);
    let summary = replayed.json_lines().pop().unwrap();
    assert_eq!(summary["kind"], "replayed");
    assert_eq!(summary["statuses"]["200"], 8);
}

#[test]
fn what_was_not_captured_whole_is_not_replayed() {
    let home = Home::new();
    let listener = home.listen(&["--max-body", "10"]);
    post(&listener.address, "/", &[], BODY);
    post(&listener.address, "/", &[], b"short");
    listener.stop();
    let target = Target::taking();
    let refused = replay(&home, &target, &["1"]).expect(1);
    assert!(
        refused.stderr.contains("error: cannot replay delivery 1")
            && refused.stderr.contains("not whole"),
        "{}",
        refused.stderr
    );
    assert!(target.seen().is_empty());
    let partly = replay(&home, &target, &["1.."]).expect(1);
    assert!(
        partly.stderr.contains("warning: cannot replay delivery 1"),
        "{}",
        partly.stderr
    );
    assert_eq!(target.only().body, b"short");
}

#[test]
fn no_secret_is_ever_shown() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let replayed = replay(
        &home,
        &target,
        &["1", "--secret-file", secret, "--output", "json"],
    );
    let url = target.url("/");
    let sent = home.run(&["send", "find_email", "--to", &url, "--secret-file", secret]);
    for finished in [replayed, sent] {
        let all = finished.stdout + &finished.stderr;
        assert!(!all.contains(&SECRET[..20]), "{all}");
    }
}

#[test]
fn a_running_listener_prints_the_replays_of_what_it_captured() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    capture(&listener, "e-1");
    let target = Target::taking();
    replay(&home, &target, &["1", "--times", "3"]).expect(0);
    for _ in 0..3 {
        let printed = listener.next("replay");
        assert_eq!(
            (&printed["of_seq"], &printed["status"]),
            (&1.into(), &200.into())
        );
    }
    listener.stop().expect(0);
}
