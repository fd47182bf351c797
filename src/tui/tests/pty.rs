//! The loop itself, in a pseudo-terminal with a screen model: this test program starts itself again
//! inside of one and shows the afternoon there.

mod terminal;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::delivery::{Delivery, DeliveryId};
use crate::filter::{Filter, Subject};
use crate::tui::fixture::{afternoon, digest};
use crate::tui::keys::Keymap;
use crate::tui::rig::busy;
use crate::tui::row::Row;
use crate::tui::theme::{Palette, Theme};
use crate::tui::world::{Outgoing, Source, Trouble};
use crate::tui::{Ending, Setup, run};

use terminal::Terminal;

/// The afternoon, in memory.
struct Captures {
    deliveries: Vec<Delivery>,
    version: watch::Sender<u64>,
}

impl Source for Captures {
    fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn rows(
        &self,
        after: Option<DeliveryId>,
        open: &[DeliveryId],
        sink: &mut dyn FnMut(Row),
    ) -> Result<(), Trouble> {
        self.deliveries
            .iter()
            .filter(|known| Some(known.id) > after || open.contains(&known.id))
            .for_each(|known| sink(Row::of(known, digest(&known.request().body))));
        Ok(())
    }

    fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, Trouble> {
        Ok(self.deliveries.iter().find(|known| known.id == id).cloned())
    }

    fn outgoing(&self, _: DeliveryId) -> Result<Vec<Outgoing>, Trouble> {
        Ok(Vec::new())
    }

    fn matching(
        &self,
        filter: &Filter,
        after: Option<DeliveryId>,
        now: Timestamp,
        sink: &mut dyn FnMut(DeliveryId) -> ControlFlow<()>,
    ) -> Result<(), Trouble> {
        let _ = self
            .deliveries
            .iter()
            .filter(|known| Some(known.id) > after)
            .filter(|known| filter.matches(&Subject::new(known, now)))
            .try_for_each(|known| sink(known.id));
        Ok(())
    }
}

/// What runs inside of the pseudo-terminal. The program itself would not do: the afternoon and the
/// panics of others are for tests only. So it is a test that only the others start.
#[test]
#[ignore = "started by the other tests of this file, in a pseudo-terminal"]
fn inside() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_stop, stop) = watch::channel(false);
    if let Some(reported) = std::env::var_os("HOOK64_TEST_PANIC_ELSEWHERE") {
        panic_elsewhere(&runtime, reported.into());
    }
    let mono = std::env::var_os("NO_COLOR").is_some();
    let ending = run(
        Setup {
            source: Arc::new(Captures {
                deliveries: afternoon().iter().map(|made| made.build()).collect(),
                version: watch::Sender::new(0),
            }),
            control: None,
            status: busy(),
            theme: Theme {
                palette: if mono { Palette::Mono } else { Palette::Ansi },
                ascii: false,
            },
            keys: Keymap::default(),
            frames: None,
            reports: std::env::temp_dir().join("hook64-test-reports"),
            watchman: None,
            stop,
        },
        runtime.handle(),
    )
    .unwrap();
    std::process::exit(match ending {
        Ending::Left => 0,
        Ending::Forced => 130,
        Ending::Stopped => 143,
    });
}

/// A task and a thread that are not the TUI's panic once the file `go` beside `reported` is there.
/// Each is reported with a byte in that file, as the program reports it: without a word now.
fn panic_elsewhere(runtime: &tokio::runtime::Runtime, reported: PathBuf) {
    let go = reported.with_file_name("go");
    std::panic::set_hook(Box::new(move |_| {
        let file = std::fs::File::options()
            .append(true)
            .create(true)
            .open(&reported);
        let _ = file.and_then(|mut file| file.write_all(b"!"));
    }));
    let wait = move || {
        while !go.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let also = wait.clone();
    runtime.spawn_blocking(move || {
        wait();
        panic!("a connection");
    });
    std::thread::spawn(move || {
        also();
        panic!("another thread");
    });
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

#[test]
fn it_starts_moves_and_leaves_the_terminal_as_it_was() {
    let mut terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    terminal.shows("[1 Overview]");
    terminal.press("k");
    terminal.shows("PAUSED");
    terminal.press("2");
    terminal.shows("[2 Body]");
    terminal.press("q");
    terminal.press("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_given_back();
}

#[test]
fn every_frame_is_whole_and_idle_writes_nothing() {
    let terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    terminal.shows("[1 Overview]");
    // Whatever the start still had to draw is drawn when two looks agree.
    let mut before = 0;
    terminal.until("quiet", |this| {
        let now = this.written().len();
        std::thread::sleep(Duration::from_millis(300));
        this.written().len() == now
    });
    let quiet = terminal.written().len();
    std::thread::sleep(Duration::from_secs(2));
    let after = terminal.written();
    // A minute's change may fall into these seconds: one frame, a few cells.
    assert!(after.len() - quiet <= 200, "{} bytes", after.len() - quiet);
    for _ in memchr::memmem::find_iter(&after, b"\x1b[?2026h") {
        before += 1;
    }
    let ends = memchr::memmem::find_iter(&after, b"\x1b[?2026l").count();
    assert!(
        before >= 1 && before == ends,
        "{before} begun, {ends} ended"
    );
}

#[test]
fn an_interrupt_twice_ends_at_once() {
    let mut terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    terminal.press("fx");
    terminal.shows("filter>");
    terminal.press("\x03\x03");
    assert_eq!(terminal.ends(), 0);
    terminal.is_given_back();
}

#[test]
fn a_panic_gives_the_terminal_back_and_names_a_report() {
    let mut terminal = Terminal::start(&[("HOOK64_TEST_PANIC", "ui")]);
    assert_eq!(terminal.ends(), 101);
    terminal.is_given_back();
    terminal.shows("error: internal error: asked for by HOOK64_TEST_PANIC");
    terminal.shows("please report it with");
}

/// The first line as far as it does not tell the time.
fn status(screen: &str) -> &str {
    let line = screen.lines().next().unwrap();
    let (status, _time) = line.split_once(" up ").unwrap();
    status.trim_end()
}

#[test]
fn a_panic_elsewhere_leaves_the_picture_and_the_keys_alone() {
    let directory = tempfile::tempdir().unwrap();
    let reported = directory.path().join("reported");
    let place = reported.display().to_string();
    let mut terminal = Terminal::start(&[("HOOK64_TEST_PANIC_ELSEWHERE", &place)]);
    terminal.shows("6f1c0b52 find_email #3");
    let before = terminal.screen();
    std::fs::write(directory.path().join("go"), "").unwrap();
    terminal.until("two panics", |_| {
        std::fs::read(&reported).is_ok_and(|bytes| bytes.len() == 2)
    });
    terminal.press("k");
    terminal.shows("PAUSED");
    assert_eq!(status(&terminal.screen()), status(&before));
    terminal.press("G");
    terminal.shows("FOLLOW");
    terminal.press("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn an_editor_gets_the_terminal_and_gives_it_back() {
    let mut terminal = Terminal::start(&[(
        "VISUAL",
        "sh -c 'printf EDITING; read -r word; sed -i s/Jane/Joan/ \"$0\"; test \"$word\" = go'",
    )]);
    terminal.shows("Events 14");
    terminal.press("e");
    terminal.shows("EDITING");
    terminal.press("go\r");
    terminal.shows("edited: +1 -1 lines");
    terminal.press("\x1b");
    terminal.shows("Events 14");
}

#[test]
fn an_editor_that_fails_cancels_the_edit() {
    let mut terminal = Terminal::start(&[("VISUAL", "false")]);
    terminal.shows("Events 14");
    terminal.press("e");
    terminal.shows("the edit was cancelled");
}

#[test]
fn a_copy_goes_to_the_terminal_as_base64() {
    let mut terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    terminal.shows("[1 Overview]");
    terminal.press("yi");
    terminal.shows("copied event id, 36 B: sent to the terminal (OSC 52)");
    let copied = b"\x1b]52;c;NmYxYzBiNTItM2UxZC00YzdhLTlhNTUtMjBmMWQ3YzFlOGFi\x07";
    assert!(contains(&terminal.written(), copied));
}

#[test]
fn the_screen_follows_the_window() {
    let mut terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    for (columns, rows, shown) in [
        (80, 24, "Events 14"),
        (60, 20, "Events 14"),
        (40, 11, "? help"),
        (38, 6, "too small (38x6"),
        (120, 36, "Events 14"),
    ] {
        terminal.resize(columns, rows);
        terminal.shows(shown);
    }
}

#[test]
fn pasted_text_presses_no_key() {
    let mut terminal = Terminal::start(&[]);
    terminal.shows("Events 14");
    terminal.press("\x1b[200~aaaCq\x1b[201~");
    terminal.shows("paste ignored");
    terminal.shows("Events 14");
}

#[test]
fn without_colours_no_colour_is_sent_and_the_selection_is_reversed() {
    let terminal = Terminal::start(&[("NO_COLOR", "1")]);
    terminal.shows("Events 14");
    terminal.until("a reversed selection", |this| {
        let parser = this.parser();
        let mut selected = (0..36).filter_map(|row| parser.screen().cell(row, 1));
        selected.any(|cell| cell.contents() == ">" && cell.inverse())
    });
    let written = terminal.written();
    for colour in 30..=37 {
        assert!(!contains(&written, format!("\x1b[{colour}m").as_bytes()));
    }
    assert!(!contains(&written, b"\x1b[38;") && !contains(&written, b"\x1b[48;"));
}
