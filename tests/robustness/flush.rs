//! A disk that fails or is slow: system calls of the listener are made to fail, or to take their
//! time, by `strace`. Where there is none, or it may not trace, these tests say so and pass.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use super::disk::{stored, until_it_goes_on};
use super::peak_memory;
use crate::rig::http::{Connection, post, post_bytes};
use crate::rig::{Home, Listener, eventually};

/// Whether a program may be traced here.
pub(super) fn can_tamper() -> bool {
    let mut trial = Command::new("strace");
    trial.args(["-D", "-f", "-qq", "-o", "/dev/null"]);
    trial.args(["-e", "trace=chdir", "-e", "inject=chdir:error=EIO"]);
    // Successful only when the call fails.
    trial.args(["--", "sh", "-c", "if cd /; then exit 9; fi"]);
    let can = trial.output().is_ok_and(|tried| tried.status.success());
    if !can {
        eprintln!("skipped: strace -e inject does not work here");
    }
    can
}

/// Starts a listener under `strace`, which leaves it its process number.
pub(super) fn traced(home: &Home, options: &str) -> Listener {
    let script = format!("exec strace -D -f -q {options} -- \"$@\"");
    home.listen_in(&script, &[] as &[&str])
}

/// Stops a traced listener; what `strace` wrote of it.
pub(super) fn stopped(listener: Listener, trace: &Path) -> String {
    let pid = listener.pid();
    listener.stop();
    let last = format!("{pid} ");
    eventually("strace has ended too", || {
        let written = fs::read_to_string(trace).unwrap();
        let ended = |line: &&str| line.starts_with(&last) && line.contains("+++ exited");
        written.lines().next_back().filter(ended)?;
        Some(written)
    })
}

/// Starts a listener whose calls are tampered with. `when` counts the calls of each thread; about
/// fifteen flushes are made before it is ready.
fn tampered(home: &Home, injection: &str) -> Option<Listener> {
    let call = injection.split_once(':').unwrap().0;
    let options = format!("-o /dev/null -e trace={call} -e inject={injection}");
    can_tamper().then(|| traced(home, &options))
}

/// Posts until one is refused; the paths of those that were acknowledged.
fn until_refused(listener: &Listener) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for number in 0..500 {
        let path = format!("/{number}");
        let answer = post(&listener.address, &path, &[], b"x");
        if answer.status != 200 {
            assert_eq!(answer.status, 503);
            assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
            return acknowledged;
        }
        acknowledged.insert(path);
    }
    panic!("nothing was refused");
}

#[test]
fn a_failing_flush_or_write_is_not_acknowledged_and_it_goes_on_when_that_is_over() {
    for injection in [
        "fdatasync:error=EIO:when=20..21",
        "pwrite64:error=EIO:when=60..62",
        "pwrite64:error=ENOSPC:when=60..62",
    ] {
        let home = Home::new();
        let Some(listener) = tampered(&home, injection) else {
            return;
        };
        let acknowledged = until_refused(&listener);
        assert!(!acknowledged.is_empty(), "{injection}");
        let failed = listener.next("store_failed");
        assert_eq!(failed["recovered"], false, "{injection}");
        until_it_goes_on(&listener);
        assert_eq!(listener.next("store_failed")["recovered"], true);
        listener.kill();
        let stored = stored(&home);
        assert!(stored.is_superset(&acknowledged), "{injection}");
        assert!(stored.contains("/again"), "{injection}");
    }
}

#[test]
fn a_flush_that_fails_for_good_is_said_and_nothing_is_acknowledged_any_more() {
    let home = Home::new();
    let Some(listener) = tampered(&home, "fdatasync:error=EIO:when=20+") else {
        return;
    };
    let acknowledged = until_refused(&listener);
    for _ in 0..20 {
        assert_eq!(post(&listener.address, "/refused", &[], b"x").status, 503);
    }
    let error = listener.next("store_failed")["error"].to_string();
    assert!(error.contains("hook64.db"), "{error}");
    // What is there can still be looked at.
    assert!(stored(&home).is_superset(&acknowledged));
    listener.signal("TERM");
    listener.ended();
    assert!(stored(&home).is_superset(&acknowledged));
}

#[test]
fn a_slow_flush_is_shared_by_all_who_wait_for_it() {
    let home = Home::new();
    if !can_tamper() {
        return;
    }
    let trace = home.path("trace");
    // In microseconds.
    let options = format!(
        "-o {} -e trace=fdatasync -e inject=fdatasync:delay_enter=50000",
        trace.display()
    );
    let listener = traced(&home, &options);
    let (posters, each) = (32, 5);
    let start = Arc::new(Barrier::new(posters));
    let began = Instant::now();
    let threads: Vec<_> = (0..posters)
        .map(|poster| {
            let mut connection = Connection::open(&listener.address);
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                for number in 0..each {
                    let path = format!("/{poster}/{number}");
                    // The same body twice would be one event.
                    connection.send(&post_bytes(&path, &[], path.as_bytes()));
                    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(50) * each, "{took:?}");
    let deliveries = posters * each as usize;
    assert_eq!(stored(&home).len(), deliveries);
    let trace = stopped(listener, &trace);
    let flushes = trace.matches(" fdatasync(").count();
    assert!((1..deliveries).contains(&flushes), "{flushes}");
}

#[test]
fn while_a_flush_hangs_the_rest_goes_on_and_nothing_is_acknowledged_before_it_is_over() {
    let home = Home::new();
    let Some(listener) = tampered(&home, "fdatasync:delay_enter=2000000:when=20") else {
        return;
    };
    let mut slowest = Duration::ZERO;
    for number in 0..30 {
        let mut connection = Connection::open(&listener.address);
        let began = Instant::now();
        connection.send(&post_bytes(&format!("/{number}"), &[], b"x"));
        if connection.is_silent_for(Duration::from_millis(300)) {
            let mut greeted = Connection::open(&listener.address);
            greeted.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(greeted.answer().unwrap().unwrap().status, 200);
            home.run(&["list"]).expect(0);
        }
        assert_eq!(connection.answer().unwrap().unwrap().status, 200);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest > Duration::from_millis(1_900), "{slowest:?}");
    assert_eq!(stored(&home).len(), 30);
    assert!(peak_memory(&listener) < 100);
}
