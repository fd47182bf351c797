//! What is asked of the listener and the outbox from the screen.

use super::deliver;
use crate::rig::app::App;
use crate::rig::http::post;
use crate::rig::target::Target;
use crate::rig::terminal::Terminal;
use crate::rig::{Home, SECRET};

#[test]
fn a_test_delivery_is_signed_and_arrives() {
    let home = Home::new();
    let secret = home.secret_file().display().to_string();
    let mut terminal = Terminal::listen(&home, &["--secret-file", &secret]);
    terminal.shows("Waiting for the first delivery");
    terminal.press("T");
    terminal.shows_line(&[">", "test find_email", "ok", "1/6", "200"]);
    terminal.shows("find_email   test");
    terminal.shows("signing on …eeff");
    let written = String::from_utf8_lossy(&terminal.written()).into_owned();
    assert!(!written.contains(&SECRET[9..20]));
}

#[test]
fn armed_failures_are_given_and_counted_until_none_is_left() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    terminal.shows("not armed");
    terminal.press("a");
    terminal.shows("Arm a failure");
    terminal.shows("The next 3 deliveries get 500");
    terminal.press("\r");
    terminal.shows("ARMED 500 0/3");
    let statuses: Vec<_> = (1..=4)
        .map(|number| deliver(&terminal, &format!("event-{number}"), 1))
        .collect();
    assert_eq!(statuses, [500, 500, 500, 200]);
    terminal.shows("not armed");
}

#[test]
fn what_somebody_else_arms_and_disarms_is_shown() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    home.run(&["arm", "always:reset"]).expect(0);
    terminal.shows("ARMED reset");
    terminal.press("A");
    terminal.shows("not armed");
    let disarmed = home.run(&["disarm"]).expect(0).stdout;
    assert_eq!(disarmed, "disarmed 0 rules\n");
}

#[test]
fn a_held_delivery_outlives_disarming_and_is_answered_by_hand() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &["--fault", "always:hold"]);
    let address = terminal.address.clone();
    let client = std::thread::spawn(move || post(&address, "/", &[], b"x").status);
    terminal.shows("held 1");
    terminal.press("A");
    terminal.shows("not armed");
    terminal.shows("held 1");
    terminal.press("q");
    terminal.shows("1 delivery is being held");
    terminal.press("\x1b");
    terminal.until("the question gone", |this| !this.screen().contains("Quit?"));
    terminal.press("!");
    terminal.shows("Held");
    terminal.press("a");
    assert_eq!(client.join().unwrap(), 200);
    terminal.shows("held 0");
    terminal.shows("200 ok");
}

#[test]
fn a_replay_is_signed_anew_and_listed_with_its_answer() {
    let home = Home::new();
    let secret = home.secret_file().display().to_string();
    let app = App::saying(201);
    let mut terminal = Terminal::listen(
        &home,
        &["--secret-file", &secret, "--on-bad-signature", "200"],
    );
    deliver(&terminal, "6f1c0b52-aaaa", 1);
    terminal.shows_line(&[">", "6f1c0b52"]);
    terminal.press("r");
    terminal.shows("Replay to your app");
    terminal.press(&format!("\x15{}/hook", app.url));
    terminal.shows("re-sign now with key …eeff");
    terminal.press("\r");
    terminal.shows("replayed: 201");
    let request = String::from_utf8(app.requests().remove(0)).unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Sixtyfour-Event-Id: 6f1c0b52-aaaa\r\n"));
    assert!(request.contains("Sixtyfour-Signature: t="), "{request}");
    assert!(
        request.ends_with(r#"{"task_id":"t-1","status":"completed","task_type":"find_email"}"#)
    );
    terminal.press("6");
    terminal.shows_line(&["R1", "201"]);
}

#[test]
fn a_replay_trusts_the_app_as_the_listener_does_and_the_screen_says_how_far_that_goes() {
    let home = Home::new();
    let (app, url, _) = Target::self_signed();
    let mut terminal = Terminal::listen(&home, &["--forward", &url, "--insecure"]);
    terminal.shows("the app's certificate is not checked");
    assert_eq!(deliver(&terminal, "aaaaaaaa", 1), 200);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.shows("INSECURE");
    terminal.press("r");
    terminal.shows("Replay to your app");
    terminal.press("\r");
    terminal.shows("replayed: 200");
    assert_eq!(app.seen().len(), 2);
}

#[test]
fn a_target_that_is_not_this_machine_is_asked_about_by_name() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("r");
    terminal.shows("Replay to your app");
    terminal.press("\x15http://hooks.example.com/x\r");
    terminal.shows("hooks.example.com is not this machine");
}

#[test]
fn a_target_where_nobody_listens_is_told_before_anything_is_sent() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    terminal.press("r");
    terminal.shows("Replay to your app");
    terminal.press(&format!("\x15http://127.0.0.1:{port}/x"));
    terminal.shows(&format!("nothing listens on 127.0.0.1:{port} (refused)"));
}

#[test]
fn a_filter_narrows_the_list_and_a_wrong_one_keeps_the_last_good_result() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &["--fault", "500"]);
    deliver(&terminal, "aaaaaaaa", 1);
    deliver(&terminal, "bbbbbbbb", 1);
    terminal.shows("Events 2");
    terminal.press("fstatus:500");
    terminal.shows("Events 1 of 2");
    // A wrong term, all at once: the word before the colon alone would be a text to look for.
    terminal.press("\x1b[200~ nonsense:x\x1b[201~");
    terminal.shows("Showing the last good filter: status:500");
    terminal.shows("Events 1 of 2");
    terminal.shows("aaaaaaaa");
    terminal.press("\x1b");
    terminal.shows("Events 2 ");
}

#[test]
fn deliveries_are_answered_while_an_editor_has_the_terminal() {
    let home = Home::new();
    let editor = "sh -c 'printf EDITING; read -r word'";
    let mut terminal = Terminal::listen_with(&home, &[], &[("VISUAL", editor)], (120, 36));
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("e");
    terminal.shows("EDITING");
    for event in ["b1", "b2", "b3"] {
        assert_eq!(deliver(&terminal, event, 1), 200);
    }
    terminal.press("go\r");
    terminal.shows("Replay to your app");
    terminal.press("\x1b");
    terminal.shows("Events 4");
}

#[test]
fn an_editor_that_fails_cancels_the_edit() {
    let home = Home::new();
    let mut terminal = Terminal::listen_with(&home, &[], &[("VISUAL", "false")], (120, 36));
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("e");
    terminal.shows("the edit was cancelled");
}

#[test]
fn a_copy_goes_to_the_terminal() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "6f1c0b52-3e1d", 1);
    terminal.shows("grouped by header");
    terminal.press("yi");
    terminal.shows("copied event id, 13 B: sent to the terminal (OSC 52)");
    let copied = b"\x1b]52;c;NmYxYzBiNTItM2UxZA==\x07";
    let written = terminal.written();
    assert!(written.windows(copied.len()).any(|window| window == copied));
}

#[test]
fn a_terminal_that_stands_still_delays_no_answer() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.stand_still();
    // Whoever is not answered waits in vain: nobody reads before all were.
    for number in 0..200 {
        // More is drawn than a terminal's buffer takes.
        terminal.press(if number % 2 == 0 { "2" } else { "3" });
        assert_eq!(deliver(&terminal, &format!("e-{number}"), 1), 200);
    }
    terminal.read_on();
    terminal.shows("events 201  deliveries 201");
}
