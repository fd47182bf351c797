//! Answers that wait for a person.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::open;
use crate::rig::control::status;
use crate::rig::http::{Connection, post_bytes};
use crate::rig::{Home, Listener, eventually};

/// Posts a delivery of an event and waits until it is held: its connection and its number.
#[track_caller]
fn hold(listener: &Listener, event: &str) -> (Connection, u64) {
    let connection = open(listener, event);
    let held = listener.next("held");
    assert_eq!(held["event_id"], event);
    (connection, held["seq"].as_u64().unwrap())
}

/// The numbers of what is held.
fn held(home: &Home) -> Vec<u64> {
    let status = status(home);
    let list = status["held"].as_array().unwrap();
    list.iter()
        .filter_map(|held| held["seq"].as_u64())
        .collect()
}

#[test]
fn a_held_delivery_is_shown_with_how_long_its_provider_still_waits() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    home.run(&["hold"]).expect(0);
    let (mut connection, seq) = hold(&listener, "e-1");
    assert!(connection.is_silent_for(Duration::from_millis(100)));
    let object = home.run(&["status", "--output", "json"]).expect(0).stdout;
    let object: Value = serde_json::from_str(&object).unwrap();
    let shown = &object["held"][0];
    assert_eq!(
        (&shown["seq"], &shown["event_id"]),
        (&seq.into(), &"e-1".into())
    );
    let held_for = shown["held_ms"].as_f64().unwrap();
    let waits = shown["provider_waits_ms"].as_f64().unwrap();
    assert!(held_for >= 100.0, "{held_for}");
    // Sixtyfour's ten seconds, from the arrival on: some went by before it was held.
    assert!(waits > 0.0 && held_for + waits <= 10_000.0, "{shown}");
    let text = home.run(&["status"]).expect(0).stdout;
    assert!(text.contains("Armed      always:hold  1\n"), "{text}");
    let line = text.lines().find(|line| line.starts_with("Held ")).unwrap();
    let (_, told) = line.split_once("delivery 1 (e-1) for ").expect(line);
    let (seconds, _) = told
        .split_once(" s, the provider still waits ")
        .expect(line);
    let seconds: f64 = seconds.parse().expect(line);
    assert!((0.1..10.0).contains(&seconds), "{line}");
}

#[test]
fn nobody_knows_how_long_a_stranger_waits() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold"]);
    let mut connection = Connection::open(&listener.address);
    connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    listener.next("held");
    let status = status(&home);
    let held = &status["held"][0];
    assert_eq!(held["seq"], 1, "{status}");
    assert_eq!(held["provider_waits_ms"], Value::Null);
    let text = home.run(&["status"]).expect(0).stdout;
    assert!(!text.contains("still waits"), "{text}");
}

#[test]
fn a_release_answers_and_what_was_answered_is_kept() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "holdx4"]);
    let release = |id: u64, answer: &str| {
        let done = home.run(&["release", &id.to_string(), answer]).expect(0);
        assert_eq!(
            done.stdout,
            format!("released delivery {id} with {answer}\n")
        );
    };

    let (mut connection, seq) = hold(&listener, "e-1");
    release(seq, "500");
    assert_eq!(connection.answer().unwrap().unwrap().status, 500);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["outcome"], "released 500");
    assert_eq!(delivery["answer"]["status"], 500);
    assert_eq!(delivery["answer"]["rule"], "holdx4");

    let (connection, seq) = hold(&listener, "e-1");
    release(seq, "reset");
    let (bytes, ended) = { connection }.rest();
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(bytes, b"");
    let delivery = listener.next("delivery");
    assert_eq!(delivery["outcome"], "reset");
    assert_eq!(delivery["sighting"], "retry", "500 acknowledges nothing");

    let (mut connection, seq) = hold(&listener, "e-1");
    release(seq, "429(retry-after=30 body=later)");
    let answer = connection.answer().unwrap().unwrap();
    assert_eq!((answer.status, &*answer.text()), (429, "later"));
    assert!(answer.head.contains("\r\nretry-after: 30\r\n"));
    assert_eq!(
        listener.next("delivery")["sighting"],
        "retry",
        "nor a reset"
    );

    let (mut connection, seq) = hold(&listener, "e-1");
    release(seq, "200");
    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
    assert_eq!(listener.next("delivery")["outcome"], "released 200");

    let mut connection = open(&listener, "e-1");
    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
    assert_eq!(
        listener.next("delivery")["sighting"],
        "duplicate",
        "200 does"
    );
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(shown.contains("hold, outcome released 500"), "{shown}");

    let listener = {
        listener.kill();
        home.listen::<&str>(&[])
    };
    open(&listener, "e-1").answer().unwrap();
    assert_eq!(
        listener.next("delivery")["sighting"],
        "duplicate",
        "after a restart too"
    );
}

#[test]
fn what_is_held_survives_arm_and_disarm_of_others() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold"]);
    let (mut connection, seq) = hold(&listener, "e-1");
    home.run(&["arm", "500"]).expect(0);
    assert_eq!(
        open(&listener, "e-2").answer().unwrap().unwrap().status,
        500
    );
    home.run(&["arm", "--replace", "always:503"]).expect(0);
    assert_eq!(
        open(&listener, "e-3").answer().unwrap().unwrap().status,
        503
    );
    home.run(&["disarm"]).expect(0);
    assert_eq!(
        open(&listener, "e-4").answer().unwrap().unwrap().status,
        200
    );
    assert!(connection.is_silent_for(Duration::from_millis(50)));
    assert_eq!(held(&home), [seq]);
    home.run(&["release", "e-1", "202"]).expect(0);
    assert_eq!(connection.answer().unwrap().unwrap().status, 202);
    eventually("it is no longer held", || {
        held(&home).is_empty().then_some(())
    });
}

#[test]
fn a_hold_may_be_for_some_and_for_so_many() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    home.run(&["hold", "--count", "2", "path:/hook"]).expect(0);
    let mut other = Connection::open(&listener.address);
    other.send(b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    assert_eq!(other.answer().unwrap().unwrap().status, 200);
    let _first = hold(&listener, "e-1");
    let _second = hold(&listener, "e-2");
    assert_eq!(
        open(&listener, "e-3").answer().unwrap().unwrap().status,
        200
    );
    assert_eq!(held(&home).len(), 2);
}

#[test]
fn a_peer_that_leaves_is_no_longer_held() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold"]);
    let (connection, seq) = hold(&listener, "e-1");
    drop(connection);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["outcome"], "peer_left");
    assert_eq!(delivery["answer"]["ending"], "hold");
    assert_eq!(held(&home), [] as [u64; 0]);
    let late = home.run(&["release", &seq.to_string(), "200"]).expect(3);
    assert!(late.stderr.contains("nothing is held"), "{}", late.stderr);
    open(&listener, "e-1").answer().unwrap();
    assert_eq!(listener.next("delivery")["sighting"], "retry");
}

#[test]
fn a_stop_answers_what_is_held_and_says_so() {
    for (options, status) in [(&[][..], 503), (&["--on-stop", "410"][..], 410)] {
        let home = Home::new();
        let mut arguments = vec!["--fault", "always:hold"];
        arguments.extend(options);
        let listener = home.listen(&arguments);
        let (mut first, _) = hold(&listener, "e-1");
        let (mut second, _) = hold(&listener, "e-2");
        let ended = listener.stop().expect(0);
        for connection in [&mut first, &mut second] {
            let answer = connection.answer().unwrap().unwrap();
            assert_eq!(answer.status, status);
            assert_eq!(answer.body, br#"{"ok":false,"error":"stopping"}"#);
        }
        let said = format!("2 held deliveries answered {status} at the stop");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        let stored = home.run(&["list", "--output", "json"]).expect(0);
        for delivery in stored.json_lines() {
            assert_eq!(delivery["outcome"], format!("released {status}"));
        }
    }
}

#[test]
fn a_release_of_what_is_not_held_or_of_no_answer_is_refused() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold"]);
    let (mut connection, seq) = hold(&listener, "e-1");
    for id in ["7", "e-2", "\u{1b}[31m"] {
        let refused = home.run(&["release", id, "200"]).expect(3);
        let held = format!("these are held: {seq}");
        assert!(refused.stderr.contains(&held), "{}", refused.stderr);
        assert!(!refused.stderr.contains('\u{1b}'), "{}", refused.stderr);
    }
    for answer in ["hold", "999", "500,200", "always:200", "200@type:x", ""] {
        let refused = home.run(&["release", "1", answer]).expect(2);
        assert!(
            refused.stderr.contains("is no answer to release with"),
            "{}",
            refused.stderr
        );
    }
    assert!(connection.is_silent_for(Duration::from_millis(50)));
}

#[test]
fn an_event_id_means_the_delivery_of_it_that_is_held() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold"]);
    let (mut connection, _) = hold(&listener, "e-1");
    open(&listener, "e-1").answer().unwrap().unwrap();
    home.run(&["release", "e-1", "201"]).expect(0);
    assert_eq!(connection.answer().unwrap().unwrap().status, 201);
}

#[test]
fn a_number_means_that_delivery_and_not_an_event_whose_id_begins_with_it() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "hold@header:sixtyfour-event-id=1abc"]);
    open(&listener, "other").answer().unwrap().unwrap();
    let (mut connection, seq) = hold(&listener, "1abc");
    assert_eq!(seq, 2);
    home.run(&["release", "1", "200"]).expect(3);
    assert!(connection.is_silent_for(Duration::from_millis(50)));
    home.run(&["release", "1ab", "201"]).expect(0);
    assert_eq!(connection.answer().unwrap().unwrap().status, 201);
}

#[test]
fn of_several_held_deliveries_of_an_event_its_id_means_the_newest() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "always:hold"]);
    let (mut first, _) = hold(&listener, "e-1");
    let (mut second, _) = hold(&listener, "e-1");
    home.run(&["release", "e-1", "201"]).expect(0);
    assert_eq!(second.answer().unwrap().unwrap().status, 201);
    assert!(first.is_silent_for(Duration::from_millis(50)));
    home.run(&["release", "e-1", "202"]).expect(0);
    assert_eq!(first.answer().unwrap().unwrap().status, 202);
}

#[test]
fn what_would_be_held_while_the_listener_stops_is_answered_too() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "always:hold"]);
    let address = listener.address.clone();
    let posters: Vec<_> = (0..4)
        .map(|_| {
            let address = address.clone();
            std::thread::spawn(move || {
                let mut waiting = Vec::new();
                while waiting.len() < 100
                    && let Ok(stream) = std::net::TcpStream::connect(&address)
                {
                    let mut connection = Connection::over(stream);
                    connection.send(&post_bytes("/", &[], b"x"));
                    waiting.push(connection);
                }
                waiting
            })
        })
        .collect();
    for _ in 0..40 {
        listener.next("held");
    }
    listener.stop().expect(0);
    for poster in posters {
        for mut connection in poster.join().unwrap() {
            let answer = connection.answer().ok().flatten();
            assert!(answer.is_none_or(|answer| answer.status == 503));
        }
    }
    let stored = home.run(&["list", "--output", "json"]).expect(0);
    for delivery in stored.json_lines() {
        assert_eq!(delivery["outcome"], "released 503", "{}", delivery["seq"]);
    }
}
