//! Waiting for deliveries, beside a listener, before it and in it.

use serde_json::Value;

use super::commands::EVENT;
use super::rig::Home;
use super::rig::http::post;

#[test]
fn wait_ends_when_the_delivery_has_come_and_with_3_when_it_has_not() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let waiting = home
        .command(&[
            "wait",
            "type:find_email",
            "--timeout",
            "30s",
            "--output",
            "json",
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    super::rig::eventually("a delivery after the waiting began", || {
        post(&listener.address, "/", &EVENT, b"{}");
        listener.next("delivery");
        std::fs::read_to_string(format!("/proc/{}/stat", waiting.id()))
            .ok()
            .filter(|stat| stat.contains(" Z "))
    });
    let waited = waiting.wait_with_output().unwrap();
    assert_eq!(waited.status.code(), Some(0));
    let line: Value =
        serde_json::from_slice(waited.stdout.split(|b| *b == b'\n').next().unwrap()).unwrap();
    assert_eq!(line["type"], "find_email");
    home.run(&["wait", "type:nobody", "--timeout", "10ms"])
        .expect(3);
}

#[test]
fn wait_may_begin_before_the_listener_and_counts_from_the_first_delivery() {
    use std::io::{BufRead, BufReader};
    let home = Home::new();
    let wait = ["wait", "--count", "2", "--timeout", "30s"];
    let mut waiting = home
        .command(&wait)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut note = String::new();
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    stderr.read_line(&mut note).unwrap();
    assert!(note.starts_with("note: there is no store "), "{note}");
    let listener = home.listen::<&str>(&[]);
    post(&listener.address, "/", &EVENT, b"{}");
    post(&listener.address, "/", &EVENT, b"{}");
    let waited = waiting.wait_with_output().unwrap();
    assert_eq!(waited.status.code(), Some(0));
    let lines = String::from_utf8(waited.stdout).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
}

#[test]
fn wait_without_a_listener_ends_when_its_time_is_up() {
    let home = Home::new();
    let ended = home.run(&["wait", "--timeout", "20ms", "-q"]).expect(3);
    assert!(
        ended.stderr.starts_with("error: the time is up")
            && ended.stderr.contains("no listener has made the store"),
        "{}",
        ended.stderr
    );
    let file = home.file("hook64.db", "no store at all\n");
    let store = file.to_str().unwrap();
    home.run(&["wait", "--timeout", "30s", "--store", store])
        .expect(1);
}

#[test]
fn a_listener_of_its_own_can_wait_too() {
    let home = Home::new();
    let listener = home.listen(&[
        "--exit-after",
        "2",
        "--match",
        "type:find_email",
        "--timeout",
        "30s",
    ]);
    post(&listener.address, "/", &[], b"x");
    post(&listener.address, "/", &EVENT, b"{}");
    post(&listener.address, "/", &EVENT, b"{}");
    let ended = listener.ended().expect(0);
    let kinds: Vec<_> = ended
        .json_lines()
        .iter()
        .map(|o| o["kind"].clone())
        .collect();
    assert_eq!(kinds, ["ready", "delivery", "delivery", "stopped"]);
    // It may be over before anybody sees that it was ready.
    let alone = ["--exit-after", "1", "--timeout", "20ms"];
    home.run(&[&["listen", "--port", "0"], &alone[..]].concat())
        .expect(3);
}

#[test]
fn wait_can_count_what_came_before_it_began_and_says_what_came_instead() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    post(&listener.address, "/", &EVENT, b"{}");
    listener.next("delivery");
    let only_new = ["wait", "type:find_email", "--timeout", "20ms"];
    home.run(&only_new).expect(3);
    let since = ["wait", "type:find_email", "--since", "1h"];
    let came = home.run(&since).expect(0);
    assert!(came.stdout.contains("type=find_email"), "{}", came.stdout);
    let other = ["wait", "type:nobody", "--since", "1h", "--timeout", "20ms"];
    let said = home.run(&other).expect(3).stderr;
    assert!(
        said.contains("why: one other came, and does not match"),
        "{said}"
    );
    let too_old = ["wait", "--since", "0s", "--timeout", "20ms"];
    home.run(&too_old).expect(3);
}
