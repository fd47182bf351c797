//! `hook64 send` that is stopped, or ends, before everything is sent.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::rig::target::Target;
use crate::rig::terminal::Terminal;
use crate::rig::{Finished, Home, eventually, send_signal};

#[test]
fn a_change_to_a_million_events_is_made_to_each_when_its_turn_has_come() {
    let home = Home::new();
    let app = Target::taking();
    let target = app.url("/hook");
    let mut child = home
        .command(&["send", "find_email", "--count", "1000000"])
        .args(["--rate", "1/h", "--set", ".x=1", "--to", &target])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    eventually("the first event arrives", || app.seen().pop());
    let took = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(app.only().json()["x"], 1);
}

/// Runs `send` until its app was asked and as many lines are printed, and sends it a signal then.
fn signalled(home: &Home, app: &Target, signal: &str, lines: usize, more: &[&str]) -> Finished {
    let mut child = home
        .command(&["send", "find_email", "--to", &app.url("/hook")])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the app is asked", || app.seen().pop());
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let mut stdout = String::new();
    for _ in 0..lines {
        printed.read_line(&mut stdout).unwrap();
    }
    send_signal(child.id(), signal);
    printed.read_to_string(&mut stdout).unwrap();
    let finished = Finished::from(child.wait_with_output().unwrap());
    Finished { stdout, ..finished }
}

#[test]
fn stopped_only_what_was_finished_counts_and_the_rest_is_told() {
    let home = Home::new();
    let taking = Target::taking();
    let load = ["--count", "100", "--rate", "1/m"];
    let stopped = signalled(&home, &taking, "INT", 1, &load).expect(0);
    assert!(
        stopped
            .stderr
            .contains("100 events: 1 delivered, 99 not finished"),
        "{}",
        stopped.stderr
    );
    let terminated = signalled(&home, &taking, "TERM", 1, &load).expect(143);
    assert!(
        terminated
            .stderr
            .contains("100 events: 1 delivered, 99 not finished"),
        "{}",
        terminated.stderr
    );
    let refusing = Target::new(|_, _| (500, String::new()));
    let load = ["--count", "100", "--rate", "1/m", "--retries", "0"];
    let stopped = signalled(&home, &refusing, "INT", 1, &load).expect(5);
    assert!(
        stopped
            .stderr
            .contains("100 events: 1 undelivered, 99 not finished"),
        "{}",
        stopped.stderr
    );
    // One that waits for its retry is not finished.
    let refusing = Target::new(|_, _| (500, String::new()));
    let stopped = signalled(&home, &refusing, "INT", 1, &["--gaps", "1h"]).expect(0);
    assert!(
        stopped
            .stderr
            .contains("1 event: 1 not finished, 1 attempt in "),
        "{}",
        stopped.stderr
    );
}

#[test]
fn the_bar_goes_with_the_end_however_it_came() {
    let home = Home::new();
    let app = Target::taking();
    let target = app.url("/");
    let load = [
        "send",
        "find_email",
        "--count",
        "1000",
        "--rate",
        "20/s",
        "--to",
        &target,
    ];
    // On the narrow one it takes two lines.
    for columns in [100, 54, 44] {
        let mut terminal = Terminal::start(&home, &load, &[], (columns, 24));
        terminal.shows(" left");
        terminal.press("\u{3}");
        terminal.shows("not finished");
        assert_eq!(terminal.ends(), 0);
        let screen = terminal.screen();
        assert!(!screen.contains(" left"), "{screen}");
        assert!(screen.contains("note: no secret"), "{screen}");
    }
}

#[test]
fn an_app_that_never_answers_can_be_left_and_that_is_told() {
    let home = Home::new();
    let (asked, answers) = std::sync::mpsc::channel::<()>();
    let answers = std::sync::Mutex::new(answers);
    let hanging = Target::new(move |_, _| {
        // Until the test ends.
        let _ = answers.lock().unwrap().recv();
        (200, String::new())
    });
    let stopped = signalled(&home, &hanging, "INT", 0, &["--timeout", "1h"]).expect(0);
    assert!(
        stopped
            .stderr
            .contains("1 event: 1 not finished, no attempt was answered"),
        "{}",
        stopped.stderr
    );
    assert_eq!(stopped.stdout, "");
    drop(asked);
}
