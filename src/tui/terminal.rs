//! The terminal while the TUI has it: raw mode, the alternate screen, no cursor, bracketed paste.
//! What was switched on is switched off again in reverse order, once, whatever happens.

use std::io::{self, Read as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

use super::watchman::{self, Watchman};

/// Whether the terminal is ours now; the panic hook and the guard both ask.
static HELD: AtomicBool = AtomicBool::new(false);

/// Held by whoever writes: a frame must not be half written when the terminal is given back, and
/// none may follow.
static WRITING: Mutex<()> = Mutex::new(());

/// A terminal that stands still is given back all the same after this.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether the mouse is listened to now.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Presses and the wheel only: motion would flood a slow line.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub(super) struct Guard {
    keep_screen: bool,
}

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it is none, or cannot be switched.
    pub(super) fn take(watchman: Option<&Watchman>) -> io::Result<Self> {
        if let Some(watchman) = watchman {
            watchman.post();
        }
        enable_raw_mode().inspect_err(|_| watchman::dismiss())?;
        HELD.store(true, Ordering::SeqCst);
        let guard = Self { keep_screen: false };
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            Hide,
            EnableBracketedPaste
        )?;
        Ok(guard)
    }

    /// Whether the last frame is to stay on the screen afterwards.
    pub(super) fn keep_screen(&mut self, keep: bool) {
        self.keep_screen = keep;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back(self.keep_screen);
    }
}

/// Waits until the one who started us says goodbye or is gone; in the latter case the terminal is
/// given back for them.
///
/// # Errors
/// When the terminal cannot be written.
pub fn stand_watch() -> io::Result<()> {
    let mut word = [0];
    if matches!(io::stdin().read(&mut word), Ok(1..)) {
        return Ok(());
    }
    let mut out = io::stdout();
    out.write_all(MOUSE_OFF)?;
    execute!(
        out,
        DisableBracketedPaste,
        ResetColor,
        LeaveAlternateScreen,
        Show
    )?;
    // The shell may have prompted already, on the screen that is gone.
    out.write_all(b"\r\nhook64 was killed: deliveries are no longer answered\r\n")?;
    out.flush()
}

/// Gives the terminal back if it is ours.
pub(super) fn restore() {
    give_back(false);
}

/// Writes to the terminal, if it is ours.
pub(super) fn while_held(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let _writing = WRITING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if HELD.load(Ordering::SeqCst) {
        write()
    } else {
        Ok(())
    }
}

fn give_back(keep_screen: bool) {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    watchman::dismiss();
    let begun = Instant::now();
    let _writing = loop {
        match WRITING.try_lock() {
            Ok(writing) => break Some(writing),
            Err(TryLockError::Poisoned(poisoned)) => break Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => break None,
        }
    };
    let mut out = io::stdout();
    // Nothing can be done about a terminal that does not listen any more.
    if MOUSE.swap(false, Ordering::SeqCst) {
        let _ = out.write_all(MOUSE_OFF);
    }
    let _ = queue!(out, DisableBracketedPaste, ResetColor);
    if keep_screen {
        let bottom = crossterm::terminal::size().map_or(0, |(_, rows)| rows);
        let _ = queue!(out, crossterm::cursor::MoveTo(0, bottom));
        let _ = out.write_all(b"\r\n");
    } else {
        let _ = queue!(out, LeaveAlternateScreen);
    }
    let _ = queue!(out, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// The bytes that make the terminal report the mouse, or stop it; the guard stops it at the end.
pub(super) fn mouse(on: bool) -> &'static [u8] {
    MOUSE.store(on, Ordering::SeqCst);
    if on { MOUSE_ON } else { MOUSE_OFF }
}
