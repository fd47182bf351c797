//! A delivery comes in over a real socket, and everything that is promised about it holds.

use std::sync::{Arc, Barrier};
use std::thread;

use serde_json::Value;

use super::rig::app::App;
use super::rig::http::{Connection, post, post_bytes, raw};
use super::rig::{Home, Listener, SECRET, eventually};

const BODY: &[u8] = br#"{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","task_type":"find_email","result":{"name":"John Doe","company":"Acme Inc","email":[["john.doe@acme.com","OK"]]}}"#;

fn with_secret(home: &Home) -> Listener {
    home.listen(&["--secret-file", home.secret_file().to_str().unwrap()])
}

/// A listener that says what it finds out about signatures, and answers 200 all the same.
fn observing(home: &Home) -> Listener {
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    home.listen(&["--secret-file", secret, "--on-bad-signature", "200"])
}

fn post_event(listener: &Listener, signature: &str, event: &str, body: &[u8]) -> u16 {
    let headers = [
        ("Content-Type", "application/json"),
        ("Sixtyfour-Signature", signature),
        ("Sixtyfour-Event-Id", event),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", "1"),
    ];
    post(&listener.address, "/webhooks/sixtyfour", &headers, body).status
}

#[test]
fn a_signed_delivery_is_verified_recognised_and_answered_with_a_short_200() {
    let home = Home::new();
    let listener = with_secret(&home);
    let signature = home.signature(BODY);
    let headers = [
        ("Sixtyfour-Signature", &*signature),
        ("Sixtyfour-Event-Id", "e-1"),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", "1"),
    ];
    let answer = post(&listener.address, "/hook?a=b", &headers, BODY);
    assert_eq!((answer.status, &*answer.text()), (200, r#"{"ok":true}"#));

    let delivery = listener.next("delivery");
    assert_eq!(delivery["seq"], 1);
    assert_eq!(delivery["event_id"], "e-1");
    assert_eq!(delivery["event_id_from"], "header");
    assert_eq!(delivery["type"], "find_email");
    assert_eq!(delivery["attempt"], 1);
    assert_eq!(delivery["sighting"], "first");
    assert_eq!(delivery["method"], "POST");
    assert_eq!(delivery["signature"]["verdict"], "valid");
    assert_eq!(delivery["signature"]["reason"], "ok");
    assert_eq!(delivery["signature"]["key"], SECRET[SECRET.len() - 4..]);
    assert_eq!(delivery["answer"]["status"], 200);
    assert_eq!(delivery["answer"]["by"], "default");
    assert_eq!(delivery["body"]["task_type"], "find_email");
    assert_eq!(delivery["body_bytes"], BODY.len());
}

#[test]
fn a_wrong_or_missing_signature_is_answered_401_and_captured_with_its_diagnosis() {
    let home = Home::new();
    let listener = with_secret(&home);
    let spaced = serde_json::from_slice::<Value>(BODY).unwrap();
    let pretty = serde_json::to_vec_pretty(&spaced).unwrap();
    let signature = home.signature(BODY);
    assert_eq!(post_event(&listener, &signature, "e-1", &pretty), 401);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["signature"]["reason"], "signature_mismatch");
    let diagnosis = delivery["signature"]["diagnosis"].as_array().unwrap();
    let proved: Vec<_> = diagnosis
        .iter()
        .filter(|finding| finding["matches"] == true)
        .collect();
    assert!(!proved.is_empty(), "{diagnosis:?}");
    assert!(!proved[0]["fix"].as_str().unwrap().is_empty());

    assert_eq!(post(&listener.address, "/", &[], BODY).status, 401);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["signature"]["reason"], "missing_header");
}

#[test]
fn an_observer_answers_200_whatever_the_signature() {
    let home = Home::new();
    let listener = observing(&home);
    assert_eq!(post_event(&listener, "t=1,v1=00", "e-1", BODY), 200);
    assert_eq!(listener.next("delivery")["signature"]["verdict"], "invalid");
}

#[test]
fn an_event_is_first_once_and_a_duplicate_ever_after_even_across_kill_9() {
    let home = Home::new();
    let listener = with_secret(&home);
    let signature = home.signature(BODY);
    assert_eq!(post_event(&listener, &signature, "e-1", BODY), 200);
    assert_eq!(listener.next("delivery")["sighting"], "first");
    assert_eq!(post_event(&listener, &signature, "e-1", BODY), 200);
    let again = listener.next("delivery");
    assert_eq!(
        (&again["sighting"], &again["event"]),
        (&"duplicate".into(), &1.into())
    );
    assert_eq!(again["answer"]["by"], "duplicate");
    listener.kill();

    let listener = with_secret(&home);
    assert_eq!(post_event(&listener, &signature, "e-1", BODY), 200);
    let after = listener.next("delivery");
    assert_eq!(
        (&after["sighting"], &after["seq"]),
        (&"duplicate".into(), &3.into())
    );
}

#[test]
fn of_twenty_simultaneous_deliveries_of_one_event_exactly_one_is_first() {
    let home = Home::new();
    let listener = with_secret(&home);
    let signature = home.signature(BODY);
    for round in 0..5 {
        let event = format!("e-{round}");
        let headers = [
            ("Sixtyfour-Signature", &*signature),
            ("Sixtyfour-Event-Id", &*event),
        ];
        let request = post_bytes("/", &headers, BODY);
        let start = Arc::new(Barrier::new(20));
        let threads: Vec<_> = (0..20)
            .map(|_| {
                let (start, request) = (Arc::clone(&start), request.clone());
                let mut connection = Connection::open(&listener.address);
                thread::spawn(move || {
                    start.wait();
                    connection.send(&request);
                    connection.answer().unwrap().unwrap().status
                })
            })
            .collect();
        let statuses: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(statuses, [200; 20]);
        let sightings: Vec<_> = (0..20)
            .map(|_| listener.next("delivery")["sighting"].clone())
            .collect();
        let firsts = sightings.iter().filter(|sighting| *sighting == "first");
        assert_eq!(firsts.count(), 1, "{sightings:?}");
    }
}

#[test]
fn whoever_posts_an_event_id_first_does_not_make_the_signed_delivery_a_duplicate() {
    let home = Home::new();
    let listener = observing(&home);
    assert_eq!(post_event(&listener, "t=1,v1=00", "e-1", BODY), 200);
    assert_eq!(listener.next("delivery")["sighting"], "first");
    let signature = home.signature(BODY);
    assert_eq!(post_event(&listener, &signature, "e-1", BODY), 200);
    assert_eq!(listener.next("delivery")["sighting"], "first");
}

#[test]
fn the_same_event_id_with_another_body_is_flagged() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let headers = [("Sixtyfour-Event-Id", "e-1")];
    post(&listener.address, "/", &headers, b"{\"a\":1}");
    assert_eq!(listener.next("delivery")["conflict"], false);
    post(&listener.address, "/", &headers, b"{\"a\":2}");
    let second = listener.next("delivery");
    assert_eq!(
        (&second["sighting"], &second["conflict"]),
        (&"duplicate".into(), &true.into())
    );
}

#[test]
fn what_was_sent_comes_back_byte_for_byte() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let mut sent =
        b"PUT /%00/..?x=%1b HTTP/1.1\r\nhOsT: a\r\nX-B: 2\r\nx-b:  1 \r\nX-Raw: \xff\xfe\x80\r\n\
        Content-Length: 5\r\n\r\n"
            .to_vec();
    sent.extend_from_slice(b"\x00\xff\r\n\n");
    assert_eq!(raw(&listener.address, &sent).unwrap().status, 200);
    listener.next("delivery");
    let store = home.store();
    let exported = home
        .command(&["export", "--format", "http", "--store"])
        .arg(&store)
        .output()
        .unwrap();
    assert_eq!(exported.stdout, sent);
}

#[test]
fn a_body_over_the_limit_is_answered_413_and_kept_up_to_it() {
    let home = Home::new();
    let listener = home.listen(&["--max-body", "1KiB"]);
    let answer = post(&listener.address, "/", &[], &[b'x'; 5_000_000]);
    assert_eq!(answer.status, 413);
    let delivery = listener.next("delivery");
    assert_eq!(
        (&delivery["body_cut"], &delivery["body_bytes"]),
        (&true.into(), &1024.into())
    );
}

#[test]
fn the_greeting_names_the_program_and_is_not_captured() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let greeting = raw(&listener.address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(greeting.status, 200);
    assert!(greeting.text().starts_with("hook64 "));
    post(&listener.address, "/", &[], b"x");
    assert_eq!(listener.next("delivery")["seq"], 1);
}

#[test]
fn another_path_is_answered_404_and_captured_all_the_same() {
    let home = Home::new();
    let listener = home.listen(&["--path", "/hook"]);
    assert_eq!(post(&listener.address, "/hook?x", &[], b"1").status, 200);
    assert_eq!(post(&listener.address, "/hooks", &[], b"2").status, 404);
    listener.next("delivery");
    assert_eq!(listener.next("delivery")["answer"]["by"], "path");
}

#[test]
fn what_is_not_http_is_answered_400_and_captured_as_malformed() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let smuggled = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(raw(&listener.address, smuggled).unwrap().status, 400);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["answer"]["by"], "defect");
    assert_eq!(
        raw(
            &listener.address,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03junk\r\n\r\n"
        )
        .map_or(400, |a| a.status),
        400
    );
    assert_eq!(post(&listener.address, "/", &[], b"fine").status, 200);
}

#[test]
fn pipelined_requests_are_answered_and_stored_in_order() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let mut connection = Connection::open(&listener.address);
    let mut bytes = post_bytes("/1", &[], b"one");
    bytes.extend(b"POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\nX-T: 1\r\n\r\n");
    bytes.extend(post_bytes("/3", &[], b"three"));
    connection.send(&bytes);
    for _ in 0..3 {
        assert_eq!(connection.answer().unwrap().unwrap().status, 200);
    }
    let bodies: Vec<_> = (0..3)
        .map(|_| {
            let delivery = listener.next("delivery");
            (delivery["path"].clone(), delivery["body_text"].clone())
        })
        .collect();
    let expected = [("/1", "one"), ("/2", "two"), ("/3", "three")]
        .map(|(path, body)| (Value::from(path), Value::from(body)));
    assert_eq!(bodies, expected);
}

#[test]
fn a_stopped_listener_says_what_it_captured_and_leaves_with_0() {
    let home = Home::new();
    let listener = home.listen(&["--output", "text"]);
    post(&listener.address, "/", &[], b"x");
    listener.line();
    let ended = listener.stop().expect(0);
    assert!(
        ended.stderr.contains("Ready. Waiting for deliveries."),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("1 deliver"), "{}", ended.stderr);
}

#[test]
fn sigterm_closes_cleanly_and_leaves_with_143() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    listener.signal("TERM");
    let ended = listener.ended().expect(143);
    assert!(
        ended.stdout.contains("\"kind\":\"stopped\""),
        "{}",
        ended.stdout
    );
}

#[test]
fn it_listens_on_both_loopbacks() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let port = listener.address.rsplit(':').next().unwrap();
    let has_v6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    if has_v6 {
        assert_eq!(post(&format!("[::1]:{port}"), "/", &[], b"x").status, 200);
    }
    assert_eq!(
        post(&format!("127.0.0.1:{port}"), "/", &[], b"x").status,
        200
    );
}

#[test]
fn a_second_listener_on_one_store_is_refused_and_told_who_has_it() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let second = home.run(&["listen", "--port", "0"]).expect(1);
    assert!(
        second.stderr.contains(&listener.pid().to_string()),
        "{}",
        second.stderr
    );
    assert!(
        second.stderr.contains(&listener.address),
        "{}",
        second.stderr
    );
}

#[test]
fn a_port_in_use_is_named_with_its_owner() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = home.run(&["listen", "--port", &port]).expect(4);
    let expected = format!("error: cannot listen on 127.0.0.1:{port}: the port is in use");
    assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
    let pid = std::process::id().to_string();
    assert!(refused.stderr.contains(&pid), "{}", refused.stderr);
}

#[test]
fn a_closed_output_ends_the_listener_quietly() {
    let home = Home::new();
    let ready = home.path("ready-pipe");
    let mut child = home
        .command(&["listen", "--port", "0", "--output", "json", "--ready-file"])
        .arg(&ready)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let url = eventually("ready", || {
        std::fs::read_to_string(&ready)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    drop(child.stdout.take());
    let address = url
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    post(&address, "/", &[], b"x");
    let status = eventually("it ends", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn with_a_secret_loaded_nobody_is_let_in_for_looking_like_another_sender() {
    let home = Home::new();
    let app = App::saying(200);
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let listener = home.listen(&["--secret-file", secret, "--forward", &app.url]);
    let elan = br#"{"event_id":"evt_1","event_type":"workflow.completed","workflow_id":"wf_1",
        "organization_id":"org_1","timestamp":"2025-12-21T10:30:00Z","data":{}}"#;
    let forged = [(
        "X-Webhook-Signature",
        &*format!("sha256={}", "00".repeat(32)),
    )];
    for (headers, body) in [(&forged[..], &elan[..]), (&[], elan), (&forged, b"plain")] {
        assert_eq!(post(&listener.address, "/", headers, body).status, 401);
        let delivery = listener.next("delivery");
        assert_eq!(delivery["signature"]["reason"], "missing_header");
        assert_eq!(delivery["answer"]["by"], "signature");
    }
    assert!(app.requests().is_empty());
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(shown.contains("--elan-secret-file"), "{shown}");
    listener.stop();

    // Its own secret lets it in.
    let elan_secret = home.file("elan", "made-up-elan-secret\n");
    let elan_secret = elan_secret.to_str().unwrap();
    let both = ["--secret-file", secret, "--elan-secret-file", elan_secret];
    let listener = home.listen(&both);
    let to = format!("http://{}/", listener.address);
    let send = [
        "send",
        "workflow.completed",
        "--to",
        &to,
        "--elan-secret-file",
        elan_secret,
    ];
    home.run(&send).expect(0);
    assert_eq!(listener.next("delivery")["signature"]["verdict"], "valid");
}
