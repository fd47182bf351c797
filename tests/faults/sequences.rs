//! The order in which faults come: exact, whatever happens at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Barrier};
use std::thread;

use super::attempt;
use crate::rig::http::{Connection, post, post_bytes};
use crate::rig::{Home, Listener};

/// What the next `count` plain deliveries are answered.
fn statuses(listener: &Listener, count: usize) -> Vec<u16> {
    (0..count)
        .map(|_| post(&listener.address, "/", &[], b"x").status)
        .collect()
}

#[test]
fn each_counts_the_attempts_of_every_event_from_the_first_try_on() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "each:500x3"]);
    for number in 1..=4 {
        for event in ["a", "b"] {
            let expected = if number <= 3 { 500 } else { 200 };
            assert_eq!(attempt(&listener, event, number).status, expected);
            let answer = listener.next("delivery")["answer"].clone();
            if number <= 3 {
                assert_eq!((&answer["n"], &answer["of"]), (&number.into(), &3.into()));
            } else {
                assert_eq!(answer["by"], "default");
            }
        }
    }
}

#[test]
fn each_goes_on_counting_after_kill_9_and_a_restart() {
    let home = Home::new();
    let headers = [("Sixtyfour-Event-Id", "a")];
    // Without an attempt header, so that only our own memory can tell the attempts apart.
    let next = |listener: &Listener| post(&listener.address, "/", &headers, b"{}").status;
    let listener = home.listen(&["--fault", "each:500x3"]);
    assert_eq!([next(&listener), next(&listener)], [500, 500]);
    listener.kill();
    let listener = home.listen(&["--fault", "each:500x3"]);
    assert_eq!(next(&listener), 500);
    let third = listener.next("delivery");
    assert_eq!(
        (&third["answer"]["n"], &third["sighting"]),
        (&3.into(), &"retry".into())
    );
    listener.kill();
    let listener = home.listen(&["--fault", "each:500x3"]);
    assert_eq!(next(&listener), 200);
    let fourth = listener.next("delivery");
    assert_eq!(
        (&fourth["answer"]["by"], &fourth["sighting"]),
        (&"default".into(), &"retry".into())
    );
    assert_eq!(next(&listener), 200);
    assert_eq!(listener.next("delivery")["sighting"], "duplicate");
}

#[test]
fn each_believes_the_header_when_earlier_attempts_were_not_seen_here() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "each:500x3"]);
    assert_eq!(attempt(&listener, "a", 3).status, 500);
    assert_eq!(listener.next("delivery")["answer"]["n"], 3);
    assert_eq!(attempt(&listener, "a", 4).status, 200);
}

#[test]
fn always_stays_and_a_scope_lets_everything_else_pass() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "always:reset@type:find_email;429@header:x-limit"]);
    for _ in 0..3 {
        let mut connection = Connection::open(&listener.address);
        let headers = [("Sixtyfour-Event-Type", "find_email")];
        connection.send(&post_bytes("/", &headers, b"{}"));
        assert!(connection.rest().1.is_err());
        assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
    }
    // The scoped step is still there: nothing else has used it up.
    let limited = || post(&listener.address, "/", &[("X-Limit", "1")], b"x").status;
    assert_eq!([limited(), limited()], [429, 200]);
    let steps: BTreeSet<_> = (0..8)
        .filter_map(|_| {
            let answer = listener.next("delivery")["answer"].clone();
            (answer["ending"] == "reset").then(|| (answer["n"].as_u64(), answer["of"].as_u64()))
        })
        .collect();
    let expected = [1, 2, 3].map(|step| (Some(step), None));
    assert_eq!(steps, expected.into());
}

#[test]
fn a_percentage_with_a_seed_gives_the_same_sequence_again() {
    let home = Home::new();
    let sequence = |seed: Option<&str>| {
        let mut arguments = vec!["--fault", "30%:500", "--store", ":memory:"];
        arguments.extend(seed.iter().flat_map(|seed| ["--seed", seed]));
        let listener = home.listen(&arguments);
        let said = listener.next("ready")["seed"].as_u64().unwrap();
        (said, statuses(&listener, 60))
    };
    let (seed, first) = sequence(None);
    assert_eq!(sequence(Some(&seed.to_string())), (seed, first));
    let (_, known) = sequence(Some("42"));
    let failed: Vec<_> = (1..=20).filter(|at| known[at - 1] == 500).collect();
    assert_eq!(failed, [2, 3, 5, 7, 11, 16, 17, 19]);
}

#[test]
fn under_fifty_concurrent_deliveries_every_step_comes_exactly_as_often_as_armed() {
    const PLAN: &str = "500x10,ok,503x15,429x5";
    let home = Home::new();
    let listener = home.listen(&["--fault", PLAN]);
    let start = Arc::new(Barrier::new(50));
    let threads: Vec<_> = (0..50)
        .map(|number| {
            let start = Arc::clone(&start);
            let mut connection = Connection::open(&listener.address);
            thread::spawn(move || {
                let event = format!("e-{number}");
                let request = post_bytes("/", &[("Sixtyfour-Event-Id", &event)], b"{}");
                start.wait();
                connection.send(&request);
                connection.answer().unwrap().unwrap().status
            })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for thread in threads {
        *counts.entry(thread.join().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, [(200, 20), (429, 5), (500, 10), (503, 15)].into());

    let mut steps = BTreeSet::new();
    for _ in 0..50 {
        let answer = listener.next("delivery")["answer"].clone();
        let (Some(n), status) = (answer["n"].as_u64(), answer["status"].as_u64()) else {
            continue;
        };
        let expected = match n {
            1..=10 => 500,
            12..=26 => 503,
            27..=31 => 429,
            _ => panic!("there is no step {n}"),
        };
        assert_eq!(status, Some(expected), "step {n}");
        assert!(steps.insert(n), "step {n} came twice");
    }
    assert_eq!(steps.len(), 30);
}

#[test]
fn simultaneous_attempts_of_one_event_count_up_exactly() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "each:500x6"]);
    let start = Arc::new(Barrier::new(10));
    let threads: Vec<_> = (0..10)
        .map(|_| {
            let start = Arc::clone(&start);
            let mut connection = Connection::open(&listener.address);
            thread::spawn(move || {
                let request = post_bytes("/", &[("Sixtyfour-Event-Id", "e")], b"{}");
                start.wait();
                connection.send(&request);
                connection.answer().unwrap().unwrap().status
            })
        })
        .collect();
    let statuses: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    let count = |status| statuses.iter().filter(|got| **got == status).count();
    assert_eq!((count(500), count(200)), (6, 4));
    let mut sightings = BTreeMap::new();
    for _ in 0..10 {
        let sighting = listener.next("delivery")["sighting"].to_string();
        *sightings.entry(sighting).or_insert(0) += 1;
    }
    let expected = [("\"first\"", 1), ("\"retry\"", 6), ("\"duplicate\"", 3)];
    assert_eq!(
        sightings,
        expected.map(|(name, n)| (name.to_owned(), n)).into()
    );
}
