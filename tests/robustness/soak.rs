//! A day, shortened: hours of everything that comes, one after the other, and nothing grows.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hook64::delivery::Scheme;
use hook64::signature::{Secret, sign};
use jiff::Timestamp;

use super::{checking, memory};
use crate::rig::http::{Connection, post_bytes};
use crate::rig::{Home, Listener, SECRET, eventually};

const SENDERS: u64 = 8;
const HOURS: u64 = 24;
/// How often a sender sends each of its things in an hour.
const ROUNDS: u64 = 2;
/// A first delivery, its copy, an unsigned one, one that is too large, one that breaks off.
const CAPTURED: u64 = 5;
const KEPT: u64 = 500;
/// Readers of the store, a few files each, and threads that read are there when they are needed. Of
/// what is left behind by each connection there would be hundreds.
const SPARE: u64 = 20;
/// Caches are full by then.
const WARM: u64 = 8;

/// What one sender sends in an hour.
fn hour(address: &str, events: &AtomicU64) {
    let secrets = [Secret::new(SECRET)];
    let mut connection = Connection::open(address);
    let mut status = |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        connection.send(&post_bytes(path, headers, body));
        connection.answer().unwrap().unwrap().status
    };
    for _ in 0..ROUNDS {
        let event = format!("event-{}", events.fetch_add(1, Ordering::Relaxed));
        let body = format!(
            "{{\"task_id\":\"{event}\",\"pad\":\"{}\"}}",
            "x".repeat(2_000)
        );
        let now = Timestamp::now().as_second();
        let signature = sign(Scheme::Sixtyfour, &secrets, now, body.as_bytes());
        let value = String::from_utf8(signature.value.to_vec()).unwrap();
        let signed = [
            ("Sixtyfour-Event-Id", &*event),
            ("Sixtyfour-Signature", &*value),
        ];
        assert_eq!(status("/first", &signed, body.as_bytes()), 200);
        assert_eq!(status("/copy", &signed, body.as_bytes()), 200);
        assert_eq!(status("/unsigned", &signed[..1], body.as_bytes()), 401);
        let mut leaving = Connection::open(address);
        leaving.send(b"POST /gone HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab");
        drop(leaving);
        let mut large = Connection::open(address);
        large.send(&post_bytes("/large", &[], &vec![b'x'; 100_000]));
        assert_eq!(large.answer().unwrap().unwrap().status, 413);
    }
}

/// Open files, threads and resident KiB.
fn holdings(listener: &Listener) -> (u64, u64, u64) {
    let files = fs::read_dir(format!("/proc/{}/fd", listener.pid())).unwrap();
    let threads = memory(listener, "Threads:");
    (files.count() as u64, threads, memory(listener, "VmRSS:"))
}

/// How many deliveries were captured so far.
fn captured(home: &Home) -> u64 {
    let status = home.run(&["status", "--output", "json"]).expect(0);
    status.json_lines()[0]["deliveries"].as_u64().unwrap()
}

#[test]
fn a_day_of_everything_adds_up_and_leaves_nothing_behind() {
    let home = Home::new();
    let keep = KEPT.to_string();
    let options = ["--max-body", "50KiB", "--keep", &keep, "--output", "json"];
    let listener = checking(&home, &options);
    let events = Arc::new(AtomicU64::new(0));
    let mut warm = None;
    for hour_of_day in 1..=HOURS {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (address, events) = (listener.address.clone(), Arc::clone(&events));
                thread::spawn(move || hour(&address, &events))
            })
            .collect();
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        if hour_of_day == WARM {
            warm = Some(holdings(&listener));
        }
    }
    let firsts = SENDERS * HOURS * ROUNDS;
    eventually("everything that came is counted", || {
        (captured(&home) == firsts * CAPTURED).then_some(())
    });
    let (files, threads, resident) = warm.unwrap();
    eventually("all connections are closed", || {
        let (files_now, threads_now, _) = holdings(&listener);
        (files_now <= files + SPARE && threads_now <= threads + SPARE).then_some(())
    });
    let (_, _, resident_now) = holdings(&listener);
    assert!(
        resident_now < resident + 12_000,
        "{resident} KiB after {WARM} hours, {resident_now} after {HOURS}"
    );

    let said = listener.stop().expect(0);
    let stopped = said.json_lines().pop().unwrap();
    assert_eq!(stopped["kind"], "stopped");
    assert_eq!(stopped["deliveries"], firsts * CAPTURED);
    assert_eq!(stopped["acknowledged"], firsts);
    let listed = home.run(&["list", "--output", "json", "--limit", "100000"]);
    let kept = listed.expect(0).json_lines().len() as u64;
    assert!((KEPT * 9 / 10..=KEPT).contains(&kept), "{kept}");
    // What was removed before it could be printed is counted, too.
    let lines = said.json_lines();
    let shown = lines.iter().filter(|line| line["kind"] == "delivery");
    let shown = shown.count() as u64;
    assert_eq!(
        shown + stopped["dropped"].as_u64().unwrap(),
        firsts * CAPTURED
    );
    let warned = lines.iter().any(|line| line["code"] == "not_shown");
    assert_eq!(warned, stopped["dropped"] != 0);
}
