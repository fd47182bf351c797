//! Deliveries reach the local app once, byte for byte, and its answer is ours.
//!
//! `simultaneous` is about deliveries of one event that arrive at the same time.

mod simultaneous;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::rig::app::App;
use super::rig::http::{Connection, post, post_bytes};
use super::rig::target::Target;
use super::rig::{Home, Listener};

const EVENT: (&str, &str) = ("Sixtyfour-Event-Id", "e-1");

fn forwarding(home: &Home, app: &App) -> Listener {
    home.listen(&["--forward", &format!("{}/hook", app.url)])
}

#[test]
fn the_app_sees_the_exact_request_and_its_answer_is_relayed() {
    let home = Home::new();
    let app = App::saying(201);
    let listener = forwarding(&home, &app);
    let headers = [EVENT, ("X-UPPER", "1"), ("Connection", "keep-alive")];
    let answer = post(&listener.address, "/hook?a=b", &headers, b"{\"a\": 1.10}");
    assert_eq!((answer.status, &*answer.text()), (201, "app says 201"));
    assert!(answer.head.contains("x-app: yes"), "{}", answer.head);

    let requests = app.requests();
    let text = String::from_utf8_lossy(&requests[0]).into_owned();
    assert!(text.starts_with("POST /hook"), "{text}");
    assert!(text.ends_with("\r\n\r\n{\"a\": 1.10}"), "{text}");
    assert!(text.contains("\r\nX-UPPER: 1\r\n"), "{text}");
    assert!(!text.contains("Connection: keep-alive"), "{text}");
    let host = app.url.trim_start_matches("http://");
    assert!(text.contains(&format!("Host: {host}\r\n")), "{text}");

    let delivery = listener.next("delivery");
    assert_eq!(delivery["answer"]["by"], "app");
    let forward = listener.next("forward");
    assert_eq!(
        (&forward["of_seq"], &forward["status"]),
        (&1.into(), &201.into())
    );
}

#[test]
fn what_the_app_was_sent_is_kept_without_the_body_that_the_capture_has() {
    let home = Home::new();
    let app = App::saying(200);
    let listener = forwarding(&home, &app);
    let headers = [EVENT, ("Connection", "keep-alive")];
    post(&listener.address, "/elsewhere", &headers, b"{}");
    listener.stop().expect(0);
    let shown = home.run(&["show", "1", "--output", "json"]).expect(0);
    let objects = shown.json_lines();
    let forward = objects.iter().find(|object| object["kind"] == "forward");
    let sent = &forward.unwrap()["sent"];
    let lines: Vec<(String, String)> = serde_json::from_value(sent["headers"].clone()).unwrap();
    let lines: String = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let seen = String::from_utf8(app.requests().remove(0)).unwrap();
    assert_eq!(seen, format!("POST /hook HTTP/1.1\r\n{lines}\r\n{{}}"));
    assert_eq!(
        (&sent["body_changed"], sent.get("body_bytes")),
        (&false.into(), None)
    );
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(
        shown.contains("    + POST /hook\n    - Connection: keep-alive\n"),
        "{shown}"
    );
}

#[test]
fn a_large_answer_of_the_app_reaches_the_provider_whole() {
    let home = Home::new();
    let answer = "0123456789".repeat(4_000_000);
    let said = answer.clone();
    let app = Target::new(move |_, _| (200, said.clone()));
    let listener = home.listen(&["--forward", &app.url("/")]);
    let answered = post(&listener.address, "/", &[EVENT], b"{}");
    assert_eq!(answered.status, 200);
    assert!(
        answered.body == answer.as_bytes(),
        "{} bytes",
        answered.body.len()
    );
}

#[test]
fn an_answer_that_is_too_large_is_502_and_what_the_app_took_is_not_forwarded_again() {
    let home = Home::new();
    let app = Target::new(|_, _| (200, "x".repeat((64 << 20) + 1)));
    let listener = home.listen(&["--forward", &app.url("/")]);
    let answered = post(&listener.address, "/", &[EVENT], b"{}");
    assert_eq!(answered.status, 502);
    assert!(
        answered.text().contains("larger than 64 MiB"),
        "{}",
        answered.text()
    );
    listener.kill();
    let listener = home.listen(&["--forward", &app.url("/")]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    assert_eq!(listener.next("delivery")["sighting"], "duplicate");
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn the_answer_keeps_the_bytes_the_date_and_the_status_that_the_app_gave_it() {
    let home = Home::new();
    let app = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", app.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = app.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let answer = b"HTTP/1.1 299 Odd\r\nX-Name: caf\xe9\r\nContent-Length: 0\r\n\
            Date: Tue, 01 Sep 2026 10:00:00 GMT\r\n\r\n";
        stream.write_all(answer).unwrap();
    });
    let listener = home.listen(&["--forward", &url]);
    let mut connection = Connection::open(&listener.address);
    connection.send(&post_bytes("/", &[("Connection", "close")], b"{}"));
    let (answer, _) = connection.rest();
    let has = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    let text = String::from_utf8_lossy(&answer);
    assert!(has(b"HTTP/1.1 299 \r\n"), "{text}");
    assert!(has(b"\r\nX-Name: caf\xe9\r\n"), "{text}");
    assert!(
        has(b"\r\nDate: Tue, 01 Sep 2026 10:00:00 GMT\r\n"),
        "{text}"
    );
    assert_eq!(text.matches("Date: ").count(), 1);
}

#[test]
fn an_app_that_is_down_is_502_and_one_that_is_slow_504() {
    let home = Home::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let listener = home.listen(&["--forward", &url]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 502);
    assert_eq!(listener.next("forward")["failure"], "unreachable");
    listener.kill();

    let app = App::start(|_| (200, Duration::from_secs(20)));
    let listener = home.listen(&["--forward", &app.url, "--forward-timeout", "100ms"]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 504);
    assert_eq!(listener.next("forward")["failure"], "timed_out");
}

#[test]
fn the_text_says_that_the_app_did_not_answer_where_502_alone_would_not() {
    let home = Home::new();
    let listener = home.listen(&["--output", "text", "--forward", "http://127.0.0.1:1"]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 502);
    let line = listener.line();
    assert!(line.contains(" answer=502 by=hook64 "), "{line}");
    let why = "note=\"nothing listens on 127.0.0.1:1\"";
    assert!(line.contains(why), "{line}");
    let listed = home.run(&["list"]).expect(0).stdout;
    assert!(listed.contains(" 502 hook64 "), "{listed}");
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    let answer = "Answer      502 by hook64 after ";
    assert!(shown.contains(answer), "{shown}");
    assert!(
        shown.contains(": nothing listens on 127.0.0.1:1\n"),
        "{shown}"
    );
    let object = home.run(&["list", "--output", "json"]).expect(0).stdout;
    let object: Value = serde_json::from_str(&object).unwrap();
    assert_eq!(object["answer"]["by"], "app");
    assert_eq!(
        object["answer"]["because"],
        "nothing listens on 127.0.0.1:1"
    );
}

#[test]
fn what_no_route_takes_is_noted_once_for_each_kind() {
    let home = Home::new();
    let app = App::start(|_| (200, Duration::ZERO));
    let route = format!("/only={}", app.url);
    let listener = home.listen(&["--forward", &route, "--output", "json"]);
    for (path, body) in [("/other", "{}"), ("/other", "{ }"), ("/only", "{  }")] {
        assert_eq!(
            post(&listener.address, path, &[], body.as_bytes()).status,
            200
        );
    }
    assert_eq!(app.requests().len(), 1);
    let stderr = listener.stop().expect(0).stderr;
    let notes: Vec<_> = stderr
        .lines()
        .filter(|line| line.contains("no route"))
        .collect();
    let [note] = notes[..] else {
        panic!("{stderr}");
    };
    let note: Value = serde_json::from_str(note).unwrap();
    assert_eq!(note["kind"], "note");
    let what = note["what"].as_str().unwrap();
    assert!(
        what.starts_with("no route is for (no type) on /other: "),
        "{what}"
    );
    assert!(what.ends_with(&route), "{what}");
}

#[test]
fn a_fault_after_forward_lets_the_app_work_and_fails_all_the_same() {
    let home = Home::new();
    let app = App::saying(200);
    let url = app.url.clone();
    let listener = home.listen(&["--forward", &url, "--fault", "after-forward:500"]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 500);
    assert_eq!(app.requests().len(), 1);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    assert_eq!(
        app.requests().len(),
        1,
        "the app took it: the retry is a duplicate"
    );
    listener.next("delivery");
    assert_eq!(listener.next("delivery")["sighting"], "duplicate");
}

#[test]
fn a_fault_after_forward_shows_the_app_no_more_than_it_would_see_without() {
    let home = Home::new();
    let app = App::saying(200);
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let always = ["--forward", &app.url, "--fault", "after-forward:always:500"];
    let listener = home.listen(&[&always[..], &["--secret-file", secret]].concat());
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 500);
    assert!(app.requests().is_empty(), "it is forged");
    let signature = home.signature(b"{}");
    let signed = [EVENT, ("Sixtyfour-Signature", signature.as_str())];
    for _ in 0..3 {
        assert_eq!(post(&listener.address, "/", &signed, b"{}").status, 500);
        assert_eq!(app.requests().len(), 1);
    }
    listener.kill();
    let listener = home.listen(&[&always[..], &["--forward-duplicates"]].concat());
    for number in 2..5 {
        assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 500);
        assert_eq!(app.requests().len(), number);
    }
}

#[test]
fn a_step_that_is_ok_leaves_the_answer_to_the_app() {
    let home = Home::new();
    let app = App::saying(202);
    let plan = ["--fault", "after-forward:ok,500"];
    let listener = home.listen(&[&plan[..], &["--forward", &app.url]].concat());
    assert_eq!(post(&listener.address, "/", &[], b"1").status, 202);
    assert_eq!(post(&listener.address, "/", &[], b"2").status, 500);
    assert_eq!(app.requests().len(), 2);
}

#[test]
fn routes_choose_the_app_by_path_or_event_type() {
    let home = Home::new();
    let (by_path, by_type) = (App::saying(201), App::saying(202));
    let routes = [
        format!("/a={}/x", by_path.url),
        format!("find_phone={}/", by_type.url),
    ];
    let listener = home.listen(&["--forward", &routes[0], "--forward", &routes[1]]);
    assert_eq!(post(&listener.address, "/a", &[], b"1").status, 201);
    let typed = [("Sixtyfour-Event-Type", "find_phone")];
    assert_eq!(post(&listener.address, "/b", &typed, b"2").status, 202);
    assert_eq!(post(&listener.address, "/b", &[], b"3").status, 200);
    assert_eq!((by_path.requests().len(), by_type.requests().len()), (1, 1));
}

#[test]
fn an_app_that_refuses_a_valid_signature_is_told_why_it_may() {
    let home = Home::new();
    let app = App::saying(401);
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    let signature = home.signature(b"{}");
    let listener = home.listen(&["--secret-file", secret, "--forward", &app.url]);
    let headers = [("Sixtyfour-Signature", &*signature)];
    assert_eq!(post(&listener.address, "/", &headers, b"{}").status, 401);
    listener.next("delivery");
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(
        shown.contains("the app says 401 to a valid signature"),
        "{shown}"
    );
    assert!(shown.contains("express.raw"), "{shown}");
}

#[test]
fn an_app_with_a_certificate_of_its_own_is_trusted_when_that_is_named() {
    let home = Home::new();
    let (app, url, certificate) = Target::self_signed();
    let listener = home.listen(&["--forward", &url]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 502);
    assert_eq!(listener.next("forward")["failure"], "tls");
    listener.kill();
    assert!(app.seen().is_empty());

    let certificate = certificate.to_str().unwrap();
    let listener = home.listen(&["--forward", &url, "--cacert", certificate]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    assert_eq!(app.only().body, b"{}");
    let said = listener.stop().expect(0).stderr;
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn an_app_that_may_be_anybody_is_spoken_of_loudly() {
    let home = Home::new();
    let (app, url, certificate) = Target::self_signed();
    let warning = "warning: the certificate of localhost is not checked";
    let listener = home.listen(&["--forward", &url, "--insecure", "--output", "text"]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    let status = home.run(&["status", "--output", "json"]).expect(0);
    assert_eq!(status.json_lines()[0]["insecure"], true);
    let said = listener.stop().expect(0).stderr;
    assert!(said.contains(warning), "{said}");
    assert_eq!(app.seen().len(), 1);

    home.file("hook64.toml", "insecure = true\n");
    let listener = home.listen(&["--forward", &url]);
    assert_eq!(post(&listener.address, "/", &[], b"2").status, 200);
    let said = listener.stop().expect(0).stderr;
    assert!(said.contains("the certificate of localhost is not checked"));
    // What a flag says replaces what the file says.
    let certificate = certificate.to_str().unwrap();
    let listener = home.listen(&["--forward", &url, "--cacert", certificate]);
    assert_eq!(post(&listener.address, "/", &[], b"3").status, 200);
    let said = listener.stop().expect(0).stderr;
    assert!(!said.contains("not checked"), "{said}");
    let both = ["listen", "--insecure", "--cacert", certificate];
    home.run(&both).expect(2);
    home.file("hook64.toml", "insecure = true\ncacert = \"a.pem\"\n");
    let refused = home.run(&["listen"]).expect(2).stderr;
    assert!(
        refused.contains("cacert does not go with insecure"),
        "{refused}"
    );
}

#[test]
fn an_app_that_stalls_in_the_handshake_is_504() {
    let home = Home::new();
    let stalling = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", stalling.local_addr().unwrap());
    let listener = home.listen(&["--forward", &url, "--forward-timeout", "100ms"]);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 504);
    assert_eq!(listener.next("forward")["failure"], "timed_out");
}

#[test]
fn a_route_back_to_the_listener_is_refused_and_others_are_said() {
    let home = Home::new();
    // Nobody else uses this address.
    let back = "/a=http://127.64.64.64:6464/x";
    let arguments = ["listen", "--host", "127.64.64.64", "--forward", back];
    let refused = home.run(&arguments).expect(2).stderr;
    assert!(
        refused.starts_with(&format!(
            "error: --forward {back} leads back to this listener"
        )),
        "{refused}"
    );
    let app = Target::taking();
    let route = format!("find_phone={}", app.url("/x"));
    let listener = home.listen(&["--forward", &route]);
    assert_eq!(listener.next("ready")["routes"][0], route);
    let listener = home.listen(&[
        "--forward",
        &route,
        "--output",
        "quiet",
        "--store",
        ":memory:",
    ]);
    let said = listener.stop().expect(0).stderr;
    assert!(said.contains("Ready."), "{said}");
    assert!(said.contains("Stopped after "), "{said}");
}

#[test]
fn status_names_every_route_and_counts_in_words() {
    let home = Home::new();
    let app = App::saying(200);
    let elsewhere = format!("find_phone={}/phone", app.url);
    let everywhere = format!("{}/hook", app.url);
    let listener = home.listen(&["--forward", &everywhere, "--forward", &elsewhere]);
    post(&listener.address, "/", &[EVENT], b"{}");
    let status = home.run(&["status"]).expect(0).stdout;
    assert!(
        status.contains(&format!("Forwards   {everywhere}\n")),
        "{status}"
    );
    assert!(
        status.contains(&format!("Forwards   {elsewhere}\n")),
        "{status}"
    );
    assert!(
        status.contains("1 event, 1 delivery, 1 acknowledged"),
        "{status}"
    );
}
