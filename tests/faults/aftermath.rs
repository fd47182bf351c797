//! What a fault makes of its event: the next delivery is a retry until one was acknowledged.

use std::time::Duration;

use serde_json::Value;

use super::{attempt, open};
use crate::rig::{Home, Listener, eventually};

fn sighting(delivery: &Value) -> (&str, u64) {
    let arrival = delivery["arrival"].as_u64().unwrap();
    (delivery["sighting"].as_str().unwrap(), arrival)
}

/// What the next delivery of `e-1`, answered normally, is to its event.
fn next_sighting(listener: &Listener) -> String {
    let answer = open(listener, "e-1").answer().unwrap().unwrap();
    assert_eq!(answer.status, 200);
    listener.next("delivery")["sighting"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn after_a_failed_first_attempt_comes_a_retry_and_after_a_success_a_duplicate() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "500"]);
    for (number, status, expected) in [
        (1, 500, ("first", 1)),
        (2, 200, ("retry", 2)),
        (3, 200, ("duplicate", 3)),
    ] {
        assert_eq!(attempt(&listener, "e-1", number).status, status);
        let delivery = listener.next("delivery");
        assert_eq!(sighting(&delivery), expected);
        assert_eq!(delivery["event"], 1);
    }
    let shown = home.run(&["show", "e-1"]).expect(0).stdout;
    assert!(shown.contains("500 armed 1/1"), "{shown}");
    assert!(shown.contains("200 duplicate"), "{shown}");
}

#[test]
fn what_ended_without_an_answer_was_not_acknowledged() {
    for fault in ["reset", "close", "cut", "garbage"] {
        let home = Home::new();
        let listener = home.listen(&["--fault", fault]);
        let _ = open(&listener, "e-1").rest();
        assert_eq!(
            sighting(&listener.next("delivery")),
            ("first", 1),
            "{fault}"
        );
        assert_eq!(next_sighting(&listener), "retry", "{fault}");
        assert_eq!(next_sighting(&listener), "duplicate", "{fault}");
    }
}

#[test]
fn a_2xx_that_the_peer_did_not_wait_for_was_not_acknowledged() {
    for fault in ["hang", "delay(20s)", "200(after=20s)", "drip(20s)"] {
        let home = Home::new();
        let listener = home.listen(&["--fault", fault]);
        let mut connection = open(&listener, "e-1");
        if !fault.starts_with("drip") {
            assert!(connection.is_silent_for(Duration::from_millis(100)));
        }
        drop(connection);
        let delivery = listener.next("delivery");
        assert_eq!(delivery["outcome"], "peer_left", "{fault}");
        assert_eq!(delivery["answer"]["status"], Value::Null, "{fault}");
        assert_eq!(next_sighting(&listener), "retry", "{fault}");
        assert_eq!(next_sighting(&listener), "duplicate", "{fault}");
    }
}

#[test]
fn a_delayed_2xx_that_the_peer_waits_for_acknowledges() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "delay(100ms)"]);
    assert_eq!(next_sighting(&listener), "first");
    assert_eq!(next_sighting(&listener), "duplicate");
}

#[test]
fn a_fault_does_not_undo_what_was_acknowledged_before() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "ok,500,reset"]);
    assert_eq!(next_sighting(&listener), "first");
    assert_eq!(attempt(&listener, "e-1", 2).status, 500);
    assert_eq!(listener.next("delivery")["sighting"], "duplicate");
    open(&listener, "e-1").rest().1.unwrap_err();
    assert_eq!(listener.next("delivery")["sighting"], "duplicate");
    assert_eq!(next_sighting(&listener), "duplicate");
}

#[test]
fn a_kill_in_the_middle_of_a_fault_leaves_a_retry() {
    for fault in ["hang", "hold", "reset"] {
        let home = Home::new();
        let listener = home.listen(&["--fault", fault]);
        let _connection = open(&listener, "e-1");
        eventually("it is stored", || {
            let listed = home.run(&["list", "--output", "json"]);
            (listed.code == Some(0)).then_some(())
        });
        listener.kill();
        let listener = home.listen::<&str>(&[]);
        assert_eq!(next_sighting(&listener), "retry", "{fault}");
        listener.kill();
        let listener = home.listen::<&str>(&[]);
        assert_eq!(next_sighting(&listener), "duplicate", "{fault}");
    }
}

#[test]
fn a_fault_comes_before_the_signature() {
    let home = Home::new();
    let secret = home.secret_file();
    let listener = home.listen(&["--fault", "503", "--secret-file", secret.to_str().unwrap()]);
    assert_eq!(attempt(&listener, "e-1", 1).status, 503);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["signature"]["verdict"], "invalid");
    assert_eq!(delivery["answer"]["by"], "armed");
    assert_eq!(attempt(&listener, "e-1", 2).status, 401);
}
