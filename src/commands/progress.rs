//! A bar for work that takes a while: on standard error, and only where somebody looks at it.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How often a second the bar is drawn anew.
const DRAWN: u8 = 10;

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
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN);
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
