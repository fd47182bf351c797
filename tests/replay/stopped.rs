//! What is made of replays when somebody wants them to stop.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{captured, kept};
use crate::rig::control::socket;
use crate::rig::target::Target;
use crate::rig::{Finished, Home, eventually, send_signal};

/// Replays that go on until they are told to stop.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(home: &Home, target: &Target, arguments: &[&str]) -> Self {
        let url = target.url("/");
        let mut command = home.command(&[&["replay", "1", "--to", &url], arguments].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// Stops it by this signal; what it printed from then on.
    fn stop(mut self, signal: &str) -> Finished {
        send_signal(self.child.id(), signal);
        let mut stdout = String::new();
        self.lines.read_to_string(&mut stdout).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Finished {
            stdout,
            ..output.into()
        }
    }
}

/// A target that answers so many requests with this status, and no further one.
fn hanging_after(answered: usize, status: u16) -> Target {
    Target::new(move |number, _| {
        if number >= answered {
            loop {
                thread::park();
            }
        }
        (status, String::new())
    })
}

fn eventually_seen(target: &Target, count: usize) {
    eventually("the target is asked", || {
        (target.seen().len() == count).then_some(())
    });
}

#[test]
fn what_was_answered_before_it_was_terminated_is_kept() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let slowly = ["--times", "5", "--every", "60s"];
    let mut running = Running::start(&home, &target, &slowly);
    assert!(running.line().contains("status=200"));
    let stopped = running.stop("TERM").expect(143);
    assert!(
        stopped.stderr.contains("(4 not made), 1 attempt in "),
        "{}",
        stopped.stderr
    );
    let kept = kept(&home, "1");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["status"], 200);
}

#[test]
fn an_answer_is_kept_while_the_next_replay_is_waited_for() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let slowly = ["--times", "2", "--every", "60s"];
    let running = Running::start(&home, &target, &slowly);
    eventually("the first replay is kept", || {
        (kept(&home, "1").len() == 1).then_some(())
    });
    running.stop("INT").expect(0);
}

#[test]
fn a_stop_waits_no_longer_for_a_store_that_is_not_given_back() {
    let home = Home::new();
    captured(&home);
    // A listener that cannot be asked has the store for itself.
    fs::write(socket(&home), "mine").unwrap();
    let _listener = home.listen::<&str>(&[]);
    let target = Target::taking();
    let slowly = ["--times", "2", "--every", "60s"];
    let mut running = Running::start(&home, &target, &slowly);
    running.line();
    let began = Instant::now();
    let stopped = running.stop("INT").expect(0);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(
        stopped.stderr.contains("could not be kept"),
        "{}",
        stopped.stderr
    );
}

#[test]
fn replays_under_way_are_given_up_and_kept_as_such() {
    let home = Home::new();
    captured(&home);
    let target = hanging_after(0, 200);
    let at_once = ["--times", "6", "--concurrency", "4", "--timeout", "60s"];
    let running = Running::start(&home, &target, &at_once);
    eventually_seen(&target, 4);
    let stopped = running.stop("INT").expect(0);
    let said = stopped.stdout.matches("stopped before an answer came");
    assert_eq!(said.count(), 4, "{}", stopped.stdout);
    assert!(
        stopped
            .stderr
            .contains("(4 given up, 2 not made), 4 attempts in "),
        "{}",
        stopped.stderr
    );
    let kept = kept(&home, "1");
    assert_eq!(kept.len(), 4);
    assert!(kept.iter().all(|attempt| attempt["status"] == Value::Null));
}

#[test]
fn what_was_answered_is_kept_when_nobody_reads_any_more() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let url = target.url("/");
    let mut command = home.command(&["replay", "1", "--to", &url, "--times", "9"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(kept(&home, "1")[0]["status"], 200);
}

#[test]
fn a_single_replay_that_is_given_up_says_so() {
    let home = Home::new();
    captured(&home);
    let target = hanging_after(0, 200);
    let running = Running::start(&home, &target, &["--timeout", "60s"]);
    eventually_seen(&target, 1);
    let stopped = running.stop("INT").expect(0);
    assert!(
        stopped.stdout.contains("stopped before an answer came"),
        "{}",
        stopped.stdout
    );
    assert!(stopped.stderr.contains("1 given up"), "{}", stopped.stderr);
    assert_eq!(kept(&home, "1").len(), 1);
}

#[test]
fn one_that_was_refused_before_fails_all_the_same_when_that_is_asked_for() {
    let home = Home::new();
    captured(&home);
    for (status, arguments, code) in [
        (500, &["--fail"][..], 5),
        (500, &[], 0),
        (200, &["--fail"], 0),
    ] {
        let target = hanging_after(1, status);
        let twice = [&["--times", "2", "--timeout", "60s"], arguments].concat();
        let running = Running::start(&home, &target, &twice);
        eventually_seen(&target, 2);
        running.stop("INT").expect(code);
    }
}
