//! Each fault by itself: the bytes, the time and the end that a peer sees.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::open;
use crate::rig::control::status;
use crate::rig::http::post;
use crate::rig::{Home, Listener, eventually};

/// A listener with this plan.
fn armed(home: &Home, plan: &str) -> Listener {
    home.listen(&["--fault", plan])
}

/// What was stored of an answer: status, who, which step of how many, ending, outcome.
fn stored(delivery: &Value) -> Value {
    let answer = &delivery["answer"];
    json!([
        answer["status"],
        answer["by"],
        answer["n"],
        answer["of"],
        answer["ending"],
        delivery["outcome"]
    ])
}

#[test]
fn a_status_comes_with_its_headers_and_its_body() {
    let home = Home::new();
    let plan = r#"429(retry-after=30 x-why="too many" body="slow down"),302(location=/x),204,599,200(body={})"#;
    let listener = armed(&home, plan);
    let next = || {
        let answer = post(&listener.address, "/", &[], b"x");
        let delivery = listener.next("delivery");
        assert_eq!(delivery["answer"]["rule"], plan);
        (answer, stored(&delivery))
    };

    let (answer, kept) = next();
    assert_eq!((answer.status, &*answer.text()), (429, "slow down"));
    assert!(answer.head.contains("\r\nretry-after: 30\r\n"));
    assert!(answer.head.contains("\r\nx-why: too many\r\n"));
    assert_eq!(kept, json!([429, "armed", 1, 5, "normal", "answered"]));

    let (answer, _) = next();
    assert_eq!(answer.status, 302);
    assert!(answer.head.contains("\r\nlocation: /x\r\n"));

    let (answer, _) = next();
    assert_eq!((answer.status, answer.body.len()), (204, 0));

    let (answer, kept) = next();
    assert_eq!(answer.status, 599);
    assert!(answer.text().contains("armed fault"), "{}", answer.text());
    assert_eq!(kept, json!([599, "armed", 4, 5, "normal", "answered"]));

    let (answer, kept) = next();
    assert_eq!((answer.status, &*answer.text()), (200, "{}"));
    assert_eq!(kept, json!([200, "armed", 5, 5, "normal", "answered"]));
}

#[test]
fn a_delay_comes_before_the_first_byte_of_the_answer() {
    let home = Home::new();
    let listener = armed(&home, "delay(300ms),delay(300ms 500),503(after=300ms)");
    for status in [200, 500, 503] {
        let started = Instant::now();
        let mut connection = open(&listener, "e-1");
        connection.unread_bytes();
        let silent = started.elapsed();
        assert!(silent >= Duration::from_millis(300), "{silent:?}");
        assert_eq!(connection.answer().unwrap().unwrap().status, status);
        let delivery = listener.next("delivery");
        assert_eq!(delivery["answer"]["status"], status);
        let took = delivery["answer"]["took_ms"].as_f64().unwrap();
        assert!((300.0..30_000.0).contains(&took), "{took}");
    }
}

#[test]
fn a_hanging_answer_never_comes_and_ends_when_the_peer_leaves() {
    let home = Home::new();
    let listener = armed(&home, "hang");
    let mut connection = open(&listener, "e-1");
    eventually("it is stored", || {
        (status(&home)["deliveries"] == 1).then_some(())
    });
    assert!(connection.is_silent_for(Duration::from_millis(300)));
    drop(connection);
    let delivery = listener.next("delivery");
    let expected = json!([null, "armed", 1, 1, "hang", "peer_left"]);
    assert_eq!(stored(&delivery), expected);
    let took = delivery["answer"]["took_ms"].as_f64().unwrap();
    assert!((300.0..30_000.0).contains(&took), "{took}");
}

#[test]
fn a_reset_is_an_econnreset_without_a_byte() {
    let home = Home::new();
    let listener = armed(&home, "reset");
    let (bytes, ended) = open(&listener, "e-1").rest();
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(bytes, b"");
    let expected = json!([null, "armed", 1, 1, "reset", "reset"]);
    assert_eq!(stored(&listener.next("delivery")), expected);
}

#[test]
fn a_close_is_an_orderly_end_without_a_byte() {
    let home = Home::new();
    let listener = armed(&home, "close");
    let (bytes, ended) = open(&listener, "e-1").rest();
    ended.unwrap();
    assert_eq!(bytes, b"");
    let expected = json!([null, "armed", 1, 1, "close", "closed"]);
    assert_eq!(stored(&listener.next("delivery")), expected);
}

#[test]
fn a_cut_answer_is_shorter_than_its_content_length() {
    let home = Home::new();
    let listener = armed(&home, "cut");
    let (bytes, ended) = open(&listener, "e-1").rest();
    ended.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let length: usize = length.parse().unwrap();
    assert!((1..length).contains(&body.len()), "{text}");
    let expected = json!([200, "armed", 1, 1, "cut", "cut"]);
    assert_eq!(stored(&listener.next("delivery")), expected);
}

#[test]
fn garbage_is_no_http() {
    let home = Home::new();
    let listener = armed(&home, "garbage");
    let (bytes, ended) = open(&listener, "e-1").rest();
    ended.unwrap();
    assert!(!bytes.is_empty());
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("HTTP/"), "{text}");
    let expected = json!([null, "armed", 1, 1, "garbage", "garbage"]);
    assert_eq!(stored(&listener.next("delivery")), expected);
}

#[test]
fn a_dripping_answer_is_slow_but_whole() {
    let home = Home::new();
    let listener = armed(&home, "drip(2s)");
    let started = Instant::now();
    let mut connection = open(&listener, "e-1");
    let body = r#"{"ok":true}"#;
    let mut pieces = vec![connection.unread_bytes()];
    while !connection.unread().ends_with(body.as_bytes()) {
        pieces.push(connection.unread_bytes());
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(1_900), "{took:?}");
    assert!(pieces.len() > 3, "it came in {pieces:?}");
    let answer = connection.answer().unwrap().unwrap();
    assert_eq!((answer.status, &*answer.text()), (200, body));
    let expected = json!([200, "armed", 1, 1, "drip", "answered"]);
    assert_eq!(stored(&listener.next("delivery")), expected);
}

#[test]
fn ok_leaves_a_gap_in_a_sequence() {
    let home = Home::new();
    let listener = armed(&home, "500,okx2,503");
    let statuses: Vec<_> = (0..5)
        .map(|_| post(&listener.address, "/", &[], b"x").status)
        .collect();
    assert_eq!(statuses, [500, 200, 200, 503, 200]);
    let mut kept: Vec<_> = (0..5).map(|_| listener.next("delivery")).collect();
    kept.sort_by_key(|delivery| delivery["seq"].as_u64());
    let steps: Vec<_> = kept
        .iter()
        .map(|delivery| delivery["answer"]["n"].as_u64())
        .collect();
    assert_eq!(steps, [Some(1), None, None, Some(4), None]);
}

#[test]
fn a_connection_goes_on_after_an_armed_status() {
    let home = Home::new();
    let listener = armed(&home, "500");
    let mut connection = open(&listener, "e-1");
    assert_eq!(connection.answer().unwrap().unwrap().status, 500);
    connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
}

#[test]
fn what_was_armed_and_what_the_peer_got_is_shown() {
    let home = Home::new();
    let listener = armed(&home, "500,reset@path:/hook;always:503@path:/other");
    assert_eq!(post(&listener.address, "/other", &[], b"x").status, 503);
    assert_eq!(post(&listener.address, "/hook", &[], b"x").status, 500);
    open(&listener, "e-1").rest().1.unwrap_err();
    for _ in 0..3 {
        listener.next("delivery");
    }
    for (id, lines) in [
        (
            "1",
            [
                "By          armed 1, rule always:503@path:/other",
                "normal, outcome answered",
            ],
        ),
        (
            "2",
            [
                "By          armed 1/2, rule 500,reset@path:/hook",
                "normal, outcome answered",
            ],
        ),
        (
            "3",
            [
                "By          armed 2/2, rule 500,reset@path:/hook",
                "reset, outcome reset",
            ],
        ),
    ] {
        let shown = home.run(&["show", id]).expect(0).stdout;
        for line in lines {
            assert!(shown.contains(line), "{id}: {line}: {shown}");
        }
    }
    let shown = home.run(&["show", "3", "--output", "json"]).expect(0);
    let object = &shown.json_lines()[0];
    let expected = json!([null, "armed", 2, 2, "reset", "reset"]);
    assert_eq!(stored(object), expected);
    assert_eq!(object["answer"]["rule"], "500,reset@path:/hook");
}
