//! How it is chosen, and how it ends: the terminal is given back whatever happens.

use std::fs;

use super::deliver;
use crate::rig::terminal::Terminal;
use crate::rig::{Home, send_signal};

#[test]
fn q_leaves_with_the_summary_on_the_normal_screen() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &[]);
    deliver(&terminal, "aaaaaaaa", 1);
    terminal.shows_line(&[">", "aaaaaaaa"]);
    terminal.press("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_given_back();
    terminal.shows("1 event, 1 delivery: 1 answered 2xx in the end");
    let store = home.store().display().to_string();
    terminal.until("where it is stored", |this| {
        let screen = this.screen().replace('\n', "");
        screen.trim_end().ends_with(&store)
    });
    terminal.shows("Ready. Waiting for deliveries.");
}

#[test]
fn an_interrupt_leaves_and_a_second_one_leaves_at_once() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &["--fault", "500x9"]);
    // Something is pending, so the first one asks.
    deliver(&terminal, "aaaaaaaa", 5);
    terminal.counts_down_below(17);
    terminal.press("?\x03");
    terminal.shows("Quit");
    terminal.press("\x03");
    assert_eq!(terminal.ends(), 130);
    terminal.is_given_back();
}

#[test]
fn a_signal_ends_it_with_the_summary() {
    for (signal, code) in [("TERM", 143), ("HUP", 143), ("INT", 0)] {
        let home = Home::new();
        let mut terminal = Terminal::listen(&home, &[]);
        terminal.shows("Waiting for the first delivery");
        send_signal(terminal.pid(), signal);
        assert_eq!(terminal.ends(), code, "{signal}");
        terminal.is_given_back();
        terminal.shows("Stopped after");
    }
}

#[test]
fn a_kill_leaves_a_terminal_that_can_be_used() {
    let home = Home::new();
    let mut terminal = Terminal::in_a_shell(&home, "\"$HOOK64\" listen --port 0; read -r word");
    terminal.shows("Waiting for the first delivery");
    let shell = terminal.pid();
    let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    send_signal(children.trim().parse().unwrap(), "KILL");
    terminal.shows("hook64 was killed");
    terminal.until("the screen is given back", |this| {
        let model = this.model();
        let screen = model.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
    terminal.press("\n");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn a_panic_of_the_terminal_ui_gives_the_terminal_back_and_names_a_report() {
    let home = Home::new();
    let variables = [("HOOK64_TEST_PANIC", "ui")];
    let mut terminal = Terminal::start(&home, &["listen", "--port", "0"], &variables, (120, 36));
    assert_eq!(terminal.ends(), 101);
    terminal.is_given_back();
    terminal.shows("error: internal error");
    terminal.shows("please report it with");
}

#[test]
fn without_a_terminal_it_is_text_and_the_tui_is_refused() {
    let home = Home::new();
    let refused = home
        .run(&["listen", "--port", "0", "--output", "tui"])
        .expect(2);
    assert_eq!(
        refused.stderr,
        "error: --output tui needs a terminal\n  \
         why: standard output is not one (a pipe, a file, or a CI log)\n  \
         fix: leave --output out (text is chosen by itself), or use --output json\n"
    );
    let refused = home.run(&["open"]).expect(2);
    assert!(
        refused
            .stderr
            .starts_with("error: hook64 open needs a terminal\n")
    );
    assert!(refused.stderr.contains("hook64 list"));
}

#[test]
fn a_dumb_or_tiny_terminal_gets_text() {
    for (variables, size) in [(&[("TERM", "dumb")][..], (120, 36)), (&[], (39, 8))] {
        let home = Home::new();
        let mut terminal = Terminal::listen_with(&home, &[], variables, size);
        terminal.shows("Ready.");
        deliver(&terminal, "aaaaaaaa", 1);
        terminal.shows("aaaaaaaa");
        assert!(!terminal.written().contains(&0x1b) || size.0 < 40);
        assert!(!terminal.model().screen().alternate_screen());
        terminal.press("\x03");
        assert_eq!(terminal.ends(), 0);
    }
}

#[test]
fn waiting_for_one_delivery_prints_it_even_on_a_terminal() {
    let home = Home::new();
    let mut terminal = Terminal::listen(&home, &["--exit-after", "1"]);
    deliver(&terminal, "aaaaaaaa", 1);
    assert_eq!(terminal.ends(), 0);
    terminal.shows_line(&["find_email", "aaaaaaaa", "200"]);
}

#[test]
fn a_configuration_can_change_the_keys_and_a_wrong_one_is_told() {
    let home = Home::new();
    home.file("hook64.toml", "[keys]\nclose = [\"x\"]\n");
    let arguments = ["listen", "--port", "0"];
    let mut terminal = Terminal::start(&home, &arguments, &[], (120, 36));
    assert_eq!(terminal.ends(), 2);
    terminal.shows("the key \"x\" does two things");
    home.file(
        "hook64.toml",
        "theme = \"cb\"\n[keys]\nclose = [\"ctrl-q\"]\n",
    );
    let listed = home.run(&["keys"]).stdout;
    assert!(listed.contains("ctrl-q       close"), "{listed}");
    let mut terminal = Terminal::listen(&home, &[]);
    terminal.shows("Waiting for the first delivery");
    terminal.press("\x11");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn a_suspension_is_asked_for_and_the_picture_comes_back_with_what_was_missed() {
    let home = Home::new();
    let mut terminal = Terminal::in_a_shell(
        &home,
        r#"set -m; "$HOOK64" listen --port 0; echo "stopped with $?"; fg; echo "ended with $?""#,
    );
    terminal.shows("Waiting for the first delivery");
    terminal.press("\x1a");
    terminal.shows("Deliveries will not be answered while suspended");
    terminal.press("\x1b");
    terminal.until("the question gone", |this| {
        !this.screen().contains("while suspended")
    });
    terminal.press("\x1a");
    terminal.shows("Deliveries will not be answered while suspended");
    terminal.press("\r");
    terminal.shows("not answered meanwhile");
    terminal.shows("Waiting for the first delivery");
    terminal.press("q");
    terminal.shows("ended with 0");
    let written = String::from_utf8_lossy(&terminal.written()).into_owned();
    assert!(written.contains("stopped with"), "{written}");
}
