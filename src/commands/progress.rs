//! A bar for work that takes a while: on standard error, and only where somebody looks at it.
//!
//! It leaves the end of its line free. A terminal echoes Ctrl-C as `^C` where the cursor is, and
//! behind a full line that would begin the next one, above which the bar could no longer be erased.

use std::fmt::Write;
use std::io::{self, IsTerminal, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

/// How often a second the bar is drawn anew.
const DRAWN: u8 = 10;

/// As many columns as a few impatient Ctrl-C take.
const LEFT_FREE: u16 = 8;

/// How far something is.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar of this length, where standard error is a terminal.
    #[must_use]
    pub(super) fn new(length: u64) -> Self {
        if !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Lines::default()), DRAWN);
        let bar = ProgressBar::with_draw_target(Some(length), target);
        bar.set_style(style());
        // Where nothing happens for a while, the time goes on.
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar }
    }

    /// None at all.
    #[must_use]
    pub(super) fn hidden() -> Self {
        Self {
            bar: ProgressBar::hidden(),
        }
    }

    /// So many more are done.
    pub(super) fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    /// Says something in a few words beside the bar.
    pub(super) fn say(&self, words: String) {
        self.bar.set_message(words);
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Prints something while the bar is out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

/// The lines of standard error without their ends; written when they are flushed.
#[derive(Debug, Default)]
struct Lines {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: String,
    /// How far the last line is filled.
    column: u16,
}

impl Lines {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the cursor; without a number it would be by one.
    fn go(&self, count: usize, direction: char) {
        if count > 0 {
            self.waiting().bytes += &format!("\u{1b}[{count}{direction}");
        }
    }
}

impl Waiting {
    /// Adds text that takes a column a character, broken where the lines end for whoever draws.
    fn text(&mut self, text: &str, width: u16) {
        for character in text.chars() {
            if character == '\r' {
                self.column = 0;
            } else if self.column == width {
                self.line_feed();
                self.column = 1;
            } else {
                self.column += 1;
            }
            self.bytes.push(character);
        }
    }

    fn line_feed(&mut self) {
        self.bytes.push('\n');
        self.column = 0;
    }
}

impl TermLike for Lines {
    fn width(&self) -> u16 {
        let columns = rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| size.ws_col);
        let columns = if columns == 0 { 80 } else { columns };
        columns.saturating_sub(LEFT_FREE).max(1)
    }

    fn height(&self) -> u16 {
        let rows = rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| size.ws_row);
        if rows == 0 { 24 } else { rows }
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.go(count, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.go(count, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.go(count, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.go(count, 'D');
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.waiting().line_feed();
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let width = self.width();
        self.waiting().text(text, width);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        let mut waiting = self.waiting();
        waiting.bytes.push_str("\r\u{1b}[2K");
        waiting.column = 0;
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.waiting().bytes);
        io::stderr().lock().write_all(bytes.as_bytes())
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len}  {rate}  {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
            // A bar that cannot be drawn stops nothing.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        })
        .progress_chars("##.")
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_for_its_line_goes_on_in_the_next() {
        let mut waiting = Waiting::default();
        waiting.text("0123", 5);
        waiting.text("456", 5);
        waiting.line_feed();
        waiting.text("abcde\rABCDEF", 5);
        assert_eq!(waiting.bytes, "01234\n56\nabcde\rABCDE\nF");
    }
}
