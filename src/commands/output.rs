//! Standard output for data, standard error for people; a closed pipe ends quietly.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::json;

use crate::export::line::Reader;
use crate::export::paint::Paint;
use crate::text;

use super::exit::Exit;
use super::problem::{Problem, Result};

/// How often something was written by [`try_write`].
static WRITTEN: AtomicU64 = AtomicU64::new(0);
/// Whether something is being written to standard output.
static WRITING: AtomicBool = AtomicBool::new(false);

/// How long a reader may take for one piece before it counts as gone, once it is time to leave.
const STANDSTILL: Duration = Duration::from_secs(5);

/// Writes data to standard output and flushes it.
///
/// # Errors
/// When it cannot be written: a full disk behind it. A reader that left is no error to complain
/// about; see [`is_closed`].
pub(super) fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

/// The same for bytes.
///
/// # Errors
/// As [`print()`].
pub(super) fn write(bytes: &[u8]) -> Result<()> {
    try_write(bytes).or_else(|error| give_up(&error))
}

/// Writes and leaves the judgement to the caller.
///
/// # Errors
/// Whatever the stream says.
pub(super) fn try_write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    WRITING.store(true, Ordering::Relaxed);
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    WRITING.store(false, Ordering::Relaxed);
    written?;
    WRITTEN.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Ends the program with this code when nothing was written for so long that nobody can be reading:
/// a terminal that stands still must not keep a listener that was told to stop.
pub(super) fn leave_when_nobody_reads(exit: Exit) {
    leave_at_a_standstill(exit, || true);
}

/// The same for whoever has other things to do beside printing: only a write that hangs ends it.
pub(super) fn leave_when_a_write_hangs(exit: Exit) {
    leave_at_a_standstill(exit, || WRITING.load(Ordering::Relaxed));
}

fn leave_at_a_standstill(exit: Exit, is_stuck: fn() -> bool) {
    let watch = move || {
        let mut before = WRITTEN.load(Ordering::Relaxed);
        loop {
            thread::sleep(STANDSTILL);
            let now = WRITTEN.load(Ordering::Relaxed);
            if now == before && is_stuck() {
                std::process::exit(exit.number().into());
            }
            before = now;
        }
    };
    // Without it, a second Ctrl-C still ends the program.
    let _ = thread::Builder::new()
        .name("standstill".to_owned())
        .spawn(watch);
}

/// Whether the reader left.
pub(super) fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// A stream that cannot be written.
pub(super) fn unwritable(error: &io::Error) -> Problem {
    Problem::failed("output", "cannot write to standard output").why(error.to_string())
}

/// What was to be said while something else had the screen; `None`: nothing has.
static HELD_BACK: Mutex<Option<String>> = Mutex::new(None);

/// More than this is nothing that a person reads afterwards.
const HELD_BACK_BYTES: usize = 64 << 10;

/// Says something to the person; whether they hear it changes nothing.
pub(super) fn complain(text: &str) {
    let mut held_back = HELD_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *held_back {
        Some(held) if held.len() + text.len() <= HELD_BACK_BYTES => held.push_str(text),
        Some(_) => {}
        None => {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
    }
}

/// Whether problems and notes are objects on standard error, for programs.
static IN_OBJECTS: AtomicBool = AtomicBool::new(false);
/// Whether notes are left out.
static WITHOUT_NOTES: AtomicBool = AtomicBool::new(false);

/// From now on errors, warnings and notes are objects.
pub(super) fn speak_in_objects() {
    IN_OBJECTS.store(true, Ordering::Relaxed);
}

/// From now on nothing is noted.
pub(super) fn leave_out_notes() {
    WITHOUT_NOTES.store(true, Ordering::Relaxed);
}

/// Whether notes are wanted at all.
pub(super) fn wants_notes() -> bool {
    !WITHOUT_NOTES.load(Ordering::Relaxed)
}

/// Says why the program ends.
pub(super) fn fail(problem: &Problem) {
    tell("error", problem);
}

/// Says what went wrong and stops nothing.
pub(super) fn warn(problem: &Problem) {
    tell("warning", problem);
}

fn tell(kind: &str, problem: &Problem) {
    complain(&match IN_OBJECTS.load(Ordering::Relaxed) {
        true => problem.json(kind) + "\n",
        false => problem.text(kind),
    });
}

/// Tells the person something that needs nothing done.
pub(super) fn note(what: &str) {
    if !wants_notes() {
        return;
    }
    complain(&match IN_OBJECTS.load(Ordering::Relaxed) {
        true => {
            let object = json!({"v": 1, "kind": "note", "what": what});
            text::json(object.to_string()) + "\n"
        }
        false => format!("note: {what}\n"),
    });
}

/// Somebody has the whole screen: what is complained is held back until this is dropped.
#[derive(Debug)]
pub(super) struct HeldBack(());

/// Holds back what is complained.
pub(super) fn hold_back() -> HeldBack {
    let mut held_back = HELD_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    held_back.get_or_insert_default();
    HeldBack(())
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        let held_back = HELD_BACK
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        complain(&held_back.unwrap_or_default());
    }
}

/// Who reads the lines on standard output.
pub(super) fn reader(paint: Paint) -> Reader {
    if io::stdout().is_terminal() {
        Reader::Terminal {
            zone: TimeZone::system(),
            paint,
        }
    } else {
        Reader::Pipe { paint }
    }
}

/// How many columns the terminal has; 80 when it does not say.
pub(super) fn columns() -> usize {
    rustix::termios::tcgetwinsize(io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(80)
}

/// Much data: buffered, to standard output or to a file of its own.
pub(super) struct Printer {
    out: Box<dyn Write>,
}

impl Printer {
    /// Prints to standard output.
    pub(super) fn new() -> Self {
        Self {
            out: Box::new(BufWriter::new(io::stdout().lock())),
        }
    }

    /// Prints to a file that must not exist yet, and that nobody else can read.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    pub(super) fn to_new_file(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| {
                Problem::failed("output", format!("cannot write {}", path.display()))
                    .why(error.to_string())
                    .fix("name a file that does not exist yet")
            })?;
        Ok(Self {
            out: Box::new(BufWriter::new(file)),
        })
    }

    /// Prints a line.
    ///
    /// # Errors
    /// When it cannot be written. A reader that left ends the program quietly.
    pub(super) fn line(&mut self, line: &str) -> Result<()> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Prints bytes.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).or_else(|error| give_up(&error))
    }

    /// Prints what is still buffered.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub(super) fn finish(mut self) -> Result<()> {
        self.out.flush().or_else(|error| give_up(&error))
    }
}

fn give_up(error: &io::Error) -> Result<()> {
    if is_closed(error) {
        std::process::exit(0);
    }
    Err(unwritable(error))
}
