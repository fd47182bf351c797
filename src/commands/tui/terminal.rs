//! Whether there is a terminal that the terminal UI can have.

use std::io::{self, IsTerminal};

use super::super::problem::{Problem, Result};

/// The smallest terminal that it is chosen for by itself.
const COLUMNS: u16 = 40;
const ROWS: u16 = 8;

/// Whether it should be chosen by itself.
#[must_use]
pub(in crate::commands) fn fits() -> bool {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    missing().is_none() && size.is_ok_and(|size| size.ws_col >= COLUMNS && size.ws_row >= ROWS)
}

/// Demands a terminal for what was asked for: `--output tui`, `hook64 open`.
///
/// # Errors
/// When there is none; `fix` says what to do instead.
pub(in crate::commands) fn demand(what: &str, fix: &str) -> Result<()> {
    match missing() {
        None => Ok(()),
        Some(why) => Err(Problem::usage(format!("{what} needs a terminal"))
            .why(why)
            .fix(fix)),
    }
}

fn missing() -> Option<&'static str> {
    if !io::stdout().is_terminal() {
        return Some("standard output is not one (a pipe, a file, or a CI log)");
    }
    if !io::stdin().is_terminal() {
        return Some("standard input is not one (a pipe or a file)");
    }
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_dumb.then_some("TERM=dumb says that the cursor cannot be moved")
}
