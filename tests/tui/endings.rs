//! Answers that end badly, and many at once, as the screen tells them.

use std::time::{Duration, Instant};

use super::super::rig::Home;
use super::super::rig::http::{Connection, post_bytes};
use super::super::rig::terminal::Terminal;
use super::deliver;

/// How often a frame may begin.
const FRAMES_A_SECOND: f64 = 30.0;

#[test]
fn a_client_that_hangs_up_before_a_delayed_answer_is_a_time_out() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &["--fault", "delay(30s)"]);
    let mut client = Connection::open(&terminal.address);
    client.send(&post_bytes(
        "/",
        &[("Sixtyfour-Event-Id", "aaaaaaaa")],
        b"{}",
    ));
    terminal.shows("held 1");
    assert!(client.is_silent_for(Duration::from_millis(300)));
    drop(client);
    let held = regex::Regex::new(r"#1 .*t/o .*held [0-9]+\.[0-9]s").unwrap();
    terminal.until("how long it was held", |this| held.is_match(&this.screen()));
    terminal.shows("t/o by armed fault 1/1");
    terminal.shows("held 0 ");
    assert!(
        !terminal.screen().contains("200 ok"),
        "{}",
        terminal.screen()
    );
}

#[test]
fn a_connection_that_is_reset_is_told_as_such() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "bbbbbbbb", 1);
    terminal.shows_line(&[">", "bbbbbbbb"]);
    let armed = home.run(&["arm", "reset"]);
    assert_eq!(armed.code, Some(0), "{}", armed.stderr);
    terminal.shows("ARMED reset 0/1");
    let mut client = Connection::open(&terminal.address);
    client.send(&post_bytes(
        "/",
        &[("Sixtyfour-Event-Id", "aaaaaaaa")],
        b"{}",
    ));
    let (bytes, ended) = client.rest();
    assert!(bytes.is_empty());
    assert_eq!(
        ended.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    terminal.shows_line(&["aaaaaaaa", "rst"]);
    terminal.shows("rst by armed fault 1/1");
    terminal.shows("not armed");
}

#[test]
fn a_flood_is_answered_whole_and_drawn_a_bounded_number_of_times() {
    const CLIENTS: usize = 4;
    const EACH: usize = 250;
    let home = Home::new();
    let terminal = Terminal::listen(&home, &[]);
    terminal.shows("Waiting for the first delivery");
    let frames = |terminal: &Terminal| {
        let written = terminal.written();
        written
            .windows(8)
            .filter(|eight| eight == b"\x1b[?2026h")
            .count()
    };
    let before = frames(&terminal);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let address = &terminal.address;
            scope.spawn(move || {
                let mut connection = Connection::open(address);
                for number in 0..EACH {
                    let id = format!("{client}-{number}");
                    connection.send(&post_bytes("/", &[("Sixtyfour-Event-Id", &id)], b"{}"));
                    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
                }
            });
        }
    });
    terminal.shows("events 1000  deliveries 1000");
    let drawn = frames(&terminal) - before;
    let most = begun.elapsed().as_secs_f64() * FRAMES_A_SECOND + 3.0;
    assert!((drawn as f64) <= most, "{drawn} frames, at most {most}");
}

#[test]
fn a_countdown_writes_few_bytes_a_second() {
    let home = Home::new();
    let terminal = Terminal::listen_with(&home, &["--fault", "500x9"], &[], (60, 20));
    for attempt in 1..=5 {
        deliver(&terminal, "aaaaaaaa", attempt);
    }
    // Sixteen seconds until the sixth attempt: for some of them nothing happens but the countdown.
    terminal.shows_line(&["#5", "500"]);
    let first = terminal.counts_down_below(17);
    let (begun, before) = (Instant::now(), terminal.written().len());
    terminal.counts_down_below(first - 4);
    let bytes = (terminal.written().len() - before) as f64;
    let a_second = bytes / begun.elapsed().as_secs_f64();
    assert!(a_second <= 100.0, "{a_second} bytes a second");
}
