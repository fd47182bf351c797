//! What is promised to survive: kill -9 under load, a damaged file, a store that cannot be written.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::rig::http::{Connection, post, post_bytes};
use super::rig::{Home, eventually};

/// Posts events with bodies of their own until the listener is gone; what was answered 2xx.
fn post_until_gone(
    mut connection: Connection,
    events: &AtomicU64,
    stop: &AtomicBool,
) -> Vec<(String, Vec<u8>)> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = events.fetch_add(1, Ordering::Relaxed);
        let event = format!("event-{number}");
        let mut body = format!("{{\"number\":{number}}}").into_bytes();
        body.resize(body.len() + usize::try_from(number % 4096).unwrap(), b' ');
        connection.send(&post_bytes("/", &[("Sixtyfour-Event-Id", &event)], &body));
        match connection.answer() {
            Ok(Some(answer)) if answer.status == 200 => acknowledged.push((event, body)),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    acknowledged
}

#[test]
fn after_twenty_kills_under_load_every_acknowledged_delivery_is_there_byte_for_byte() {
    let home = Home::new();
    let events = Arc::new(AtomicU64::new(0));
    let acknowledged = Arc::new(Mutex::new(HashMap::new()));
    for round in 0..20u64 {
        let listener = home.listen(&["--output", "quiet"]);
        let stop = Arc::new(AtomicBool::new(false));
        let posters: Vec<_> = (0..8)
            .map(|_| {
                let connection = Connection::open(&listener.address);
                let (events, stop) = (Arc::clone(&events), Arc::clone(&stop));
                thread::spawn(move || post_until_gone(connection, &events, &stop))
            })
            .collect();
        let enough = events.load(Ordering::Relaxed) + 20 + round * 17;
        eventually("some were posted", || {
            (events.load(Ordering::Relaxed) >= enough).then_some(())
        });
        listener.kill();
        stop.store(true, Ordering::Relaxed);
        for poster in posters {
            acknowledged.lock().unwrap().extend(poster.join().unwrap());
        }
    }
    let exported = home
        .run(&["export", "--format", "ndjson", "--body", "full"])
        .expect(0);
    let stored: HashMap<String, String> = exported
        .json_lines()
        .into_iter()
        .map(|delivery| {
            let event = delivery["event_id"].as_str().unwrap().to_owned();
            (event, delivery["body_sha256"].as_str().unwrap().to_owned())
        })
        .collect();
    let acknowledged = acknowledged.lock().unwrap();
    assert!(acknowledged.len() > 200, "only {}", acknowledged.len());
    for (event, body) in acknowledged.iter() {
        let digest = hook64::signature::digest::hex(&hook64::signature::digest::sha256(body));
        assert_eq!(stored.get(event), Some(&digest), "{event}");
    }
}

#[test]
fn a_file_that_is_not_a_store_is_left_alone() {
    let home = Home::new();
    let path = home.path("notes.db");
    let content = "dear diary, ".repeat(500);
    std::fs::write(&path, &content).unwrap();
    let refused = home
        .run(&["listen", "--port", "0", "--store", path.to_str().unwrap()])
        .expect(1);
    assert!(refused.stderr.starts_with("error: "), "{}", refused.stderr);
    assert!(refused.stderr.contains("fix: "), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[test]
fn an_emptied_store_is_noticed_and_not_taken_for_a_new_one() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    post(&listener.address, "/", &[], b"x");
    listener.next("delivery");
    listener.stop().expect(0);
    std::fs::write(home.store(), b"").unwrap();
    let refused = home.run(&["listen", "--port", "0"]).expect(1);
    assert!(refused.stderr.contains("fix: "), "{}", refused.stderr);
    assert_eq!(std::fs::metadata(home.store()).unwrap().len(), 0);
}

#[test]
fn the_store_is_private_whatever_the_umask() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.store()), 0o600);
    assert_eq!(mode(home.store().parent().unwrap()), 0o700);
    drop(listener);
}

#[test]
fn a_memory_store_keeps_nothing() {
    let home = Home::new();
    let listener = home.listen(&["--store", ":memory:"]);
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
    assert_eq!(listener.next("delivery")["seq"], 1);
    listener.stop().expect(0);
    assert!(!home.store().exists());
}
