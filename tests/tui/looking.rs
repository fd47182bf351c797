//! What is on the screen: the first one, deliveries as they come, every size, nothing hostile.

use std::time::Duration;

use super::deliver;
use crate::rig::Home;
use crate::rig::http::post;
use crate::rig::terminal::Terminal;

#[test]
fn the_first_screen_says_where_it_listens_and_what_to_do() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &[]);
    terminal.shows("Waiting for the first delivery");
    terminal.shows(&format!("listening on {}, any path", terminal.address));
    terminal.shows("press T to send yourself a sample");
    terminal.shows("T send a test delivery");
    terminal.shows("no signing key");
    terminal.shows("--secret-file FILE");
    terminal.shows("signing OFF");
}

#[test]
fn the_screen_says_where_it_looked_for_a_tunnel_or_shows_the_url_that_was_given() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &["--public-url", "https://hooks.example.com"]);
    terminal.shows("https://hooks.example.com/webhooks/sixtyfour");
    terminal.shows("tunnel found");
    // Whoever asks for the public host came through it.
    let head = "POST / HTTP/1.1\r\nHost: hooks.example.com\r\nContent-Length: 0\r\n\r\n";
    let mut connection = crate::rig::http::Connection::open(&terminal.address);
    connection.send(head.as_bytes());
    assert_eq!(connection.answer().unwrap().unwrap().status, 200);
    terminal.shows("tunnel ok");
}

#[test]
fn attempts_of_one_event_are_one_row_with_the_attempts_beneath() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &["--fault", "500x2"]);
    let statuses: Vec<_> = (1..=3)
        .map(|attempt| deliver(&terminal, "6f1c0b52-aaaa", attempt))
        .collect();
    assert_eq!(statuses, [500, 500, 200]);
    terminal.shows_line(&["find_email", "6f1c0b52", "3/6", "ok"]);
    terminal.shows_line(&["#1", "500", "armed 1/2"]);
    terminal.shows_line(&["#2", "500", "armed 2/2"]);
    terminal.shows_line(&["#3", "200", "default"]);
    terminal.shows("events 1  deliveries 3");
}

#[test]
fn deliveries_with_the_same_task_and_no_event_id_are_one_event() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &[]);
    for _ in 0..2 {
        let body = br#"{"task_id":"550e8400-e29b","status":"completed","task_type":"find_email"}"#;
        assert_eq!(post(&terminal.address, "/", &[], body).status, 200);
    }
    terminal.shows("Events 1");
    terminal.shows("~550e8400");
}

#[test]
fn following_selects_what_is_new_and_moving_pauses_it() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    deliver(&terminal, "bbbbbbbb", 1);
    terminal.shows_line(&[">", "bbbbbbbb"]);
    terminal.shows(" FOLLOW ");
    terminal.press("k");
    terminal.shows(" PAUSED ");
    for event in ["c1", "c2", "c3", "c4", "c5"] {
        deliver(&terminal, event, 1);
    }
    terminal.shows("PAUSED +5");
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("G");
    terminal.shows(" FOLLOW ");
    terminal.shows_line(&[">", "c5"]);
}

#[test]
fn an_attempt_that_failed_counts_down_to_its_retry() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &["--fault", "500x9"]);
    for attempt in 1..=5 {
        deliver(&terminal, "aaaaaaaa", attempt);
    }
    terminal.shows_line(&["#5", "500"]);
    // The gap after the fifth attempt is sixteen seconds.
    let first = terminal.counts_down_below(17);
    terminal.counts_down_below(first);
}

#[test]
fn every_tab_opens_with_its_number() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows("[1 Overview]");
    for (key, tab) in [
        ("2", "[2 Body]"),
        ("3", "[3 Headers]"),
        ("4", "[4 Sign]"),
        ("5", "[5 Attempts]"),
        ("6", "[6 Response]"),
        ("1", "[1 Overview]"),
    ] {
        terminal.press(key);
        terminal.shows(tab);
    }
}

#[test]
fn the_screen_follows_the_window_and_keeps_what_is_selected() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    for kind in ["first", "second", "third"] {
        let headers = [("Sixtyfour-Event-Type", kind), ("Sixtyfour-Event-Id", kind)];
        post(&terminal.address, "/", &headers, b"{}");
    }
    terminal.shows_line(&[">", "third"]);
    terminal.press("k");
    terminal.shows_line(&[">", "second"]);
    for (columns, rows) in [(80, 24), (60, 20), (40, 11), (120, 36)] {
        terminal.resize(columns, rows);
        terminal.shows_line(&[">", "second"]);
    }
    terminal.resize(38, 6);
    terminal.shows("too small (38x6");
    terminal.resize(120, 36);
    terminal.shows_line(&[">", "second"]);
}

#[test]
fn the_detail_fills_a_small_screen_and_gives_it_back() {
    let home = Home::new();
    let mut terminal = Terminal::listen_with(&home, &[], &[], (80, 24));
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("\r");
    terminal.shows("[1 Overview]");
    terminal.press("\x1b");
    terminal.until("the list", |this| {
        let screen = this.screen();
        screen.contains("Events 1") && !screen.contains("Overview")
    });
}

#[test]
fn what_is_received_reaches_the_terminal_only_in_escaped_form() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    let hostile = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{202e}x\u{e0041}";
    let body = format!("{{\"task_type\":\"{hostile}\",\"task_id\":\"t\"}}");
    let headers = [
        ("X-Evil", "caf\u{e9}\u{9b}2J"),
        ("Sixtyfour-Event-Type", "x\u{202e}y"),
    ];
    post(
        &terminal.address,
        "/webhooks/sixtyfour",
        &headers,
        body.as_bytes(),
    );
    terminal.shows("Events 1");
    for (key, tab) in [
        ("2", "[2 Body]"),
        ("3", "[3 Headers]"),
        ("4", "[4 Sign]"),
        ("5", "[5 Attempts]"),
        ("6", "[6 Response]"),
    ] {
        terminal.press(key);
        terminal.shows(tab);
        terminal.is_quiet_for(Duration::from_millis(150));
        if key == "2" {
            terminal.shows("\\u{1b}]52;c;aGk=");
        }
    }
    let written = terminal.written();
    for sequence in [
        &b"\x1b]52"[..],
        "\x1b[2J\u{9b}".as_bytes(),
        "\u{9b}".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{e0041}".as_bytes(),
    ] {
        let is_there = written
            .windows(sequence.len())
            .any(|window| window == sequence);
        assert!(!is_there, "{sequence:?}");
    }
}

#[test]
fn numbers_and_repeated_keys_are_shown_as_they_were_sent() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    let body = br#"{"a":1.0,"a":2,"n":123456789012345678901234567890}"#;
    post(&terminal.address, "/", &[], body);
    terminal.press("2");
    terminal.shows("a: 1.0");
    terminal.shows("a: 2");
    terminal.shows("n: 123456789012345678901234567890");
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let home = Home::new();
    let terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.is_quiet_for(Duration::from_millis(700));
    let before = terminal.written().len();
    std::thread::sleep(Duration::from_secs(4));
    // A minute may end meanwhile: the clock, the uptime and an age are a few cells.
    let more = terminal.written().len() - before;
    assert!(more <= 200, "{more} bytes");
}

#[test]
fn without_colours_none_is_sent_and_the_selection_is_reversed() {
    let home = Home::new();
    let mut terminal = Terminal::listen_with(&home, &[], &[("NO_COLOR", "1")], (120, 36));
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("\x1b[200~aaaCq\x1b[201~");
    terminal.shows("paste ignored");
    let model = terminal.model();
    let screen = model.screen();
    for row in 0..36 {
        for column in 0..120 {
            let cell = screen.cell(row, column).unwrap();
            let colours = (cell.fgcolor(), cell.bgcolor());
            assert_eq!(colours, (vt100::Color::Default, vt100::Color::Default));
        }
    }
    let selected = (0..36).filter_map(|row| screen.cell(row, 1));
    let mut selected = selected.filter(|cell| cell.contents() == ">");
    assert!(selected.any(vt100::Cell::inverse), "{}", screen.contents());
}

#[test]
fn ascii_has_no_byte_beyond_ascii() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &["--ascii"]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("5a");
    terminal.shows("Arm a failure");
    let screen = terminal.screen();
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn a_store_is_opened_without_a_listener_and_is_live_beside_one() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    post(
        &listener.address,
        "/",
        &[("Sixtyfour-Event-Id", "aaaaaaaa")],
        b"{}",
    );
    listener.next("delivery");
    let mut terminal = Terminal::start(&home, &["open"], &[], (120, 36));
    terminal.shows_line(&[">", "aaaaaaaa"]);
    post(
        &listener.address,
        "/",
        &[("Sixtyfour-Event-Id", "bbbbbbbb")],
        b"{}",
    );
    terminal.shows_line(&[">", "bbbbbbbb"]);
    // It steers the listener beside it, too.
    terminal.press("a\r");
    terminal.shows("ARMED 500 0/3");
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 500);
    terminal.shows("ARMED 500 1/3");
    listener.stop().expect(0);
    terminal.shows("no listener");
    terminal.press("a\r");
    terminal.shows("hook64 listen");
    terminal.press("\x03");
    assert_eq!(terminal.ends(), 0);
    terminal.is_given_back();
}

#[test]
fn a_large_body_is_opened_and_deliveries_are_answered_meanwhile() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    let element = r#"{"name":"Jane Smith","email":"jane.smith@northgate.example","n":1.0}"#;
    let elements = vec![element; (10 << 20) / element.len()].join(",");
    let body = format!("[{elements}]");
    let answer = post(
        &terminal.address,
        "/",
        &[("Content-Type", "application/json")],
        body.as_bytes(),
    );
    assert_eq!(answer.status, 200);
    terminal.shows_line(&[">", "200 ok"]);
    terminal.press("k2");
    // Text at once, whatever the tree takes; and nobody who delivers waits for it.
    terminal.shows("jane.smith@northgate.example");
    for attempt in 1..=5 {
        assert_eq!(deliver(&terminal, "bbbbbbbb", attempt), 200);
    }
    terminal.shows("▾ [] ");
    terminal.shows("0: {} 3");
}
