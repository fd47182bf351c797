//! Too many peers, and peers that take their time.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};

use super::peak_memory;
use crate::rig::Home;
use crate::rig::http::{Connection, post};

/// Longer than the slowest limit: half a minute without a byte of a body.
const LONG: Duration = Duration::from_secs(60);

/// Shorter than the shortest limit, ten seconds: whoever is answered by then did not wait for the
/// others to be cut off.
const AT_ONCE: Duration = Duration::from_secs(8);

/// How many connections this process may have open: ten thousand where it may.
fn many() -> usize {
    let files = allowed_files().unwrap_or(u64::MAX);
    // The other tests of this process need some too: several have hundreds of connections.
    let free = usize::try_from(files).unwrap_or(usize::MAX);
    free.saturating_sub(800).clamp(50, 10_000)
}

/// Lets this process have as many open files as it may, its listeners with it; how many they are.
fn allowed_files() -> Option<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    limit.current
}

#[test]
fn a_crowd_of_silent_connections_leaves_room_for_a_delivery() {
    let home = Home::new();
    let crowd = many();
    let limit = (crowd + 100).to_string();
    let listener = home.listen(&["--max-connections", &limit]);
    let silent: Vec<_> = (0..crowd)
        .map(|_| TcpStream::connect(&listener.address).unwrap())
        .collect();
    let started = Instant::now();
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
    let took = started.elapsed();
    assert!(took < AT_ONCE, "{took:?} beside {crowd}");
    let peak = peak_memory(&listener);
    assert!(peak < 300, "{peak} MiB for {crowd} connections");
    drop(silent);
}

#[test]
fn a_full_house_makes_room_for_a_delivery() {
    let home = Home::new();
    let listener = home.listen(&["--max-connections", "25"]);
    let _silent: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(&listener.address).unwrap())
        .collect();
    // Without room being made it would wait for four times ten seconds, longer than it does.
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
}

#[test]
fn with_few_file_descriptors_it_goes_on_when_the_crowd_has_left() {
    let home = Home::new();
    let listener = home.listen_in("ulimit -n 64; exec \"$@\"", &[] as &[&str]);
    let crowd: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(&listener.address).unwrap())
        .collect();
    drop(crowd);
    for _ in 0..20 {
        assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
    }
    home.run(&["status"]).expect(0);
}

/// What a peer that keeps still after these bytes sees, and after how long.
fn after(address: &str, bytes: &[u8], trickle: bool) -> (Option<u16>, Duration) {
    let started = Instant::now();
    let mut connection = Connection::open(address);
    connection.set_patience(LONG);
    connection.send(bytes);
    if trickle {
        while connection.is_silent_for(Duration::from_secs(1)) {
            connection.send(b"a");
        }
    }
    let answer = connection.answer().ok().flatten();
    (answer.map(|answer| answer.status), started.elapsed())
}

#[test]
fn whoever_is_too_slow_is_cut_off_in_its_time_and_disturbs_nobody() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let body = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab";
    let waiting = b"POST /continue HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\
        Expect: 100-continue\r\n\r\n";
    let cases: [(&[u8], bool, Option<u16>, u64); 5] = [
        (b"", false, None, 10),
        (b"POST /head HTTP/1.1\r\nHo", false, Some(408), 10),
        (b"POST /trickle HTTP/1.1\r\nX: ", true, Some(408), 10),
        (body, false, Some(408), 30),
        (waiting, false, Some(408), 30),
    ];
    let threads = cases.map(|(bytes, trickle, _, _)| {
        let (address, bytes) = (listener.address.clone(), bytes.to_vec());
        thread::spawn(move || after(&address, &bytes, trickle))
    });
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        let started = Instant::now();
        assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
        let took = started.elapsed();
        assert!(took < AT_ONCE, "{took:?}");
        thread::sleep(Duration::from_millis(250));
    }
    for (thread, (bytes, _, status, seconds)) in threads.into_iter().zip(cases) {
        let (seen, took) = thread.join().unwrap();
        let what = String::from_utf8_lossy(bytes);
        assert_eq!(seen, status, "{what}");
        let limit = Duration::from_secs(seconds);
        let latest = limit + Duration::from_secs(15);
        assert!((limit..latest).contains(&took), "{what}: {took:?}");
    }
    for (path, defect) in [("/body", 408), ("/continue", 408)] {
        let filter = format!("path:{path}");
        let found = home.run(&["list", &filter, "--output", "json"]).expect(0);
        let delivery = &found.json_lines()[0];
        assert_eq!(delivery["defect"]["status"], defect, "{delivery}");
    }
}
