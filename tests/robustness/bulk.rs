//! Too much at once: large bodies, bodies that grow when they are read, floods.

use std::io::{self, Read};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{checking, memory_of, peak_memory};
use crate::rig::app::App;
use crate::rig::http::{Connection, post, post_bytes};
use crate::rig::{Finished, Home, Listener, eventually};

/// Memory that a command may take, in KiB of address space.
const ROOM: &str = "ulimit -v 600000; exec \"$@\"";

/// Runs a command with little memory, and demands that it ends soon.
fn run_in_little_room(home: &Home, arguments: &[&str]) -> Finished {
    let started = Instant::now();
    let finished = home.run_in(ROOM, arguments);
    let took = started.elapsed();
    assert!(
        took < Duration::from_secs(60),
        "{arguments:?} took {took:?}"
    );
    finished
}

/// Posts the same body this often at the same time; the statuses.
fn at_once(listener: &Listener, times: usize, headers: &[(&str, &str)], body: &[u8]) -> Vec<u16> {
    let start = Arc::new(Barrier::new(times));
    let threads: Vec<_> = (0..times)
        .map(|number| {
            let path = format!("/{number}");
            let request = post_bytes(&path, headers, body);
            let start = Arc::clone(&start);
            let address = listener.address.clone();
            thread::spawn(move || {
                let mut connection = Connection::open(&address);
                connection.set_patience(Duration::from_secs(120));
                start.wait();
                connection.send(&request);
                connection.answer().unwrap().unwrap().status
            })
        })
        .collect();
    threads.into_iter().map(|t| t.join().unwrap()).collect()
}

#[test]
fn large_bodies_at_once_share_the_memory_that_there_is_for_them() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let body = vec![b'x'; 24_000_000];
    assert_eq!(at_once(&listener, 24, &[], &body), [200; 24]);
    let peak = peak_memory(&listener);
    assert!(peak < 350, "{peak} MiB");
}

#[test]
fn a_flood_of_bad_signatures_is_answered_and_what_is_found_out_stays_bounded() {
    let home = Home::new();
    let listener = checking(&home, &[]);
    let bad = [
        ("Sixtyfour-Signature", "t=1760000000,v1=00"),
        ("Sixtyfour-Event-Id", "e-1"),
    ];
    for _ in 0..6 {
        assert_eq!(at_once(&listener, 50, &bad, br#"{"a": 1}"#), [401; 50]);
    }
    let right = home.signature(b"{}");
    let started = Instant::now();
    let headers = [("Sixtyfour-Signature", &*right)];
    assert_eq!(post(&listener.address, "/", &headers, b"{}").status, 200);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    let mut deliveries: Vec<_> = (0..301).map(|_| listener.next("delivery")).collect();
    deliveries.retain(|delivery| delivery["answer"]["status"] == 401);
    assert_eq!(deliveries.len(), 300);
    listener.stop().expect(0);
}

#[test]
fn large_bodies_with_bad_signatures_do_not_pile_up() {
    let home = Home::new();
    let listener = checking(&home, &[]);
    let bad = [
        ("Sixtyfour-Signature", "t=1760000000,v1=00"),
        ("Sixtyfour-Event-Id", "e-1"),
    ];
    let body = vec![b'['; 24_000_000];
    assert_eq!(at_once(&listener, 24, &bad, &body), [401; 24]);
    let peak = peak_memory(&listener);
    assert!(peak < 400, "{peak} MiB");
}

#[test]
fn a_body_that_grows_when_it_is_unpacked_is_shown_bounded() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    io::copy(&mut io::repeat(0).take(300_000_000), &mut bomb).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1_000_000, "{} bytes", bomb.len());
    for coding in ["gzip", "gzip, gzip", "br", "deflate", "identity"] {
        let headers = [("Content-Encoding", coding)];
        assert_eq!(post(&listener.address, "/", &headers, &bomb).status, 200);
    }
    for id in ["1", "2", "3", "4", "5"] {
        let shown = run_in_little_room(&home, &["show", id]).expect(0).stdout;
        assert!(shown.len() < 200_000, "{id}: {} bytes", shown.len());
    }
    for format in ["ndjson", "http", "har", "body"] {
        run_in_little_room(&home, &["export", "--format", format]).expect(0);
    }
    let sent = home.run(&["list", "--output", "json"]).expect(0);
    for delivery in sent.json_lines() {
        assert_eq!(delivery["body_bytes"], bomb.len());
    }
}

#[test]
fn json_that_nests_without_end_is_text() {
    let home = Home::new();
    let listener = checking(&home, &["--on-bad-signature", "200"]);
    let deep = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    let objects = br#"{"a":"#.repeat(100_000);
    let bodies = [
        deep(126),
        deep(129),
        deep(1_000),
        vec![b'['; 64 << 10],
        deep(30_000),
        objects,
        vec![b'['; 25_000_000],
    ];
    // With a signature that does not match, so that what could be wrong with it is tried.
    let headers = [
        ("Sixtyfour-Signature", "t=1760000000,v1=00"),
        ("Content-Type", "application/json"),
    ];
    for body in &bodies {
        assert_eq!(post(&listener.address, "/", &headers, body).status, 200);
    }
    for (at, body) in bodies.iter().enumerate() {
        let delivery = listener.next("delivery");
        let depth = body.iter().take_while(|byte| **byte == b'[').count();
        let is_embedded = delivery.get("body").is_some();
        assert_eq!(is_embedded, (1..=128).contains(&depth), "body {at}");
    }
    for id in 1..=bodies.len() {
        let id = id.to_string();
        run_in_little_room(&home, &["show", &id]).expect(0);
        run_in_little_room(&home, &["verify", &id]);
    }
    run_in_little_room(&home, &["export", "--format", "har"]).expect(0);
    run_in_little_room(&home, &["list", "body:\"[[[\""]).expect(0);
    run_in_little_room(&home, &["list", ".a:x"]).expect(3);
}

#[test]
fn replays_of_a_large_capture_share_its_body() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let body = format!(r#"{{"a":1,"pad":"{}"}}"#, "x".repeat(25_000_000));
    assert_eq!(
        post(&listener.address, "/", &[], body.as_bytes()).status,
        200
    );
    let (answer, answers) = channel();
    let answers = Mutex::new(answers);
    let app = App::start(move |_| {
        answers.lock().unwrap().recv().unwrap();
        (200, Duration::ZERO)
    });
    let replay = |times: usize, changing: &[&str]| {
        let all = app.count() + times;
        let count = times.to_string();
        let common = ["replay", "1", "--to", &app.url, "--concurrency", "16"];
        let arguments = [&common[..], &["--times", &count], changing].concat();
        let mut replaying = home.command(&arguments);
        let quiet = replaying.stdout(Stdio::null()).stderr(Stdio::null());
        let mut replaying = quiet.spawn().unwrap();
        let pid = replaying.id();
        let peak = || memory_of(pid, "VmHWM:").unwrap_or(0) / 1024;
        eventually("the app has all of them", || {
            (app.count() == all).then_some(())
        });
        let mut most = peak();
        (0..times).for_each(|_| answer.send(()).unwrap());
        let status = eventually("they are answered", || {
            most = most.max(peak());
            replaying.try_wait().unwrap()
        });
        assert!(status.success());
        most
    };
    for changing in [&[][..], &["--set", ".a=2"]] {
        let (one, sixteen) = (replay(1, changing), replay(16, changing));
        assert!(one > 20, "{one} MiB: it holds a body");
        // Of each changed body a mebibyte waits to be stored.
        assert!(
            sixteen < one + 50,
            "{sixteen} MiB for 16, {one} MiB for one"
        );
    }
    assert_eq!(app.count(), 34);
}
