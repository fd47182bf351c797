//! Exported captures: other tools read them, and send them again.

use serde_json::Value;

use super::commands::{EVENT, with_captures};
use super::rig::http::{Connection, post, raw};
use super::rig::{Home, has_curl};

#[test]
fn every_export_format_gives_something_that_can_be_read_back() {
    let home = with_captures();
    let http = home
        .run(&["export", "--format", "http", "id:6f1c*", "--limit", "1"])
        .expect(0);
    assert!(
        http.stdout.starts_with("POST /hook HTTP/1.1\r\n"),
        "{}",
        http.stdout
    );
    let body = home.run(&["export", "--format", "body", "seq:1"]).expect(0);
    assert_eq!(body.stdout, r#"{"a":1.10}"#);
    let har = home.run(&["export", "--format", "har"]).expect(0);
    let har: Value = serde_json::from_str(&har.stdout).unwrap();
    assert_eq!(har["log"]["version"], "1.2");
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 3);
    let curl = home.run(&["export", "--format", "curl"]).expect(0);
    assert!(curl.stdout.contains("curl "), "{}", curl.stdout);
}

#[test]
fn a_curl_export_sends_the_same_request_again() {
    let home = with_captures();
    let listener = home.listen::<&str>(&[]);
    let target = format!("http://{}/again", listener.address);
    let curl = home
        .run(&["export", "--format", "curl", "seq:1", "--to", &target])
        .expect(0);
    if !has_curl() {
        // There is nothing to run; that the line is quoted right is tested elsewhere.
        return;
    }
    pasted(&home, &curl.stdout);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["event_id"], EVENT[0].1);
    assert_eq!(delivery["body"], serde_json::json!({"a": 1.1}));
    assert!(raw(&listener.address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").is_some());
}

/// Runs a command line as a person would paste it, who has no proxy.
#[track_caller]
fn pasted(home: &Home, line: &str) {
    home.run_in(line, &[] as &[&str]).expect(0);
}

#[test]
fn curl_repeats_requests_whose_target_is_no_part_of_a_url() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let requests = [
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST http://elsewhere:1/c?d HTTP/1.1\r\nHost: elsewhere:1\r\nContent-Length: 0\r\n\r\n",
        "HEAD /e HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ];
    for request in requests {
        let mut connection = Connection::open(&listener.address);
        connection.send(request.as_bytes());
        listener.next("delivery");
    }
    if !has_curl() {
        return;
    }
    let to = format!("http://{}", listener.address);
    let curl = ["export", "--format", "curl", "--to", &to];
    let commands = home.run(&curl).expect(0).stdout;
    assert_eq!(commands.lines().count(), requests.len(), "{commands}");
    for (line, request) in commands.lines().zip(requests) {
        pasted(&home, line);
        let seq = listener.next("delivery")["seq"].to_string();
        let filter = format!("seq:{seq}");
        let again = home.run(&["export", "--format", "http", &filter]);
        let first = |text: &str| text.lines().next().map(str::to_owned);
        assert_eq!(first(&again.stdout), first(request), "{line}");
        let length = |text: &str| text.to_lowercase().contains("content-length: 0");
        assert_eq!(length(&again.stdout), length(request), "{line}");
    }
}

#[test]
fn a_delivery_that_is_no_command_leaves_a_comment_and_the_others_are_written() {
    let home = Home::new();
    let listener = home.listen(&["--max-body", "8"]);
    post(&listener.address, "/a", &[], b"first");
    post(&listener.address, "/b", &[], b"longer than eight");
    post(&listener.address, "/c", &[], b"third");
    for _ in 0..3 {
        listener.next("delivery");
    }
    listener.stop().expect(0);
    let all = home.run(&["export", "--format", "curl"]).expect(1);
    let lines: Vec<_> = all.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", all.stdout);
    assert!(lines[0].starts_with("curl ") && lines[2].starts_with("curl "));
    assert!(lines[1].starts_with("# delivery 2: "), "{}", lines[1]);
    assert!(lines[1].contains("larger than the limit"), "{}", lines[1]);
    assert!(
        all.stderr.starts_with("warning: delivery 2 cannot be said"),
        "{}",
        all.stderr
    );
    let from_the_bad_one = home
        .run(&["export", "--format", "curl", "seq:>1"])
        .expect(1);
    assert_eq!(
        from_the_bad_one.stdout.lines().collect::<Vec<_>>(),
        lines[1..]
    );
    let alone = home.run(&["export", "--format", "curl", "seq:2"]).expect(1);
    assert_eq!(alone.stdout, "");
    assert!(
        alone.stderr.starts_with("error: delivery 2 cannot be said"),
        "{}",
        alone.stderr
    );
}

#[test]
fn a_chunked_request_that_was_exported_can_be_sent_again() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let chunked = b"POST /in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nX-Sum: 7\r\n\r\n";
    raw(&listener.address, chunked).unwrap();
    listener.next("delivery");
    let exported = home.run(&["export", "--format", "http"]).expect(0).stdout;
    let answer = raw(&listener.address, exported.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    let again = listener.next("delivery");
    assert_eq!(again["body"], serde_json::json!({"a": 1}));
    assert!(exported.contains("X-Sum: 7\r\n"), "{exported}");
}
