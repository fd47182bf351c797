//! What happens when the TUI's own thread panics: the terminal comes back first, then the words.
//!
//! A panic anywhere else is not ours: the listener goes on, and so does the picture.

use std::fs;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::terminal;

/// The names of the threads whose panic ends the TUI.
pub(super) const UI: &str = "hook64-ui";
pub(super) const PAINTER: &str = "hook64-painter";

/// The exit code of an internal error.
const INTERNAL: i32 = 101;

static REPORTS: OnceLock<PathBuf> = OnceLock::new();

/// Installs the hook, once; reports are written into this directory.
pub(super) fn install(reports: &Path) {
    if REPORTS.set(reports.to_owned()).is_err() {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if matches!(thread.name(), Some(UI | PAINTER)) {
            terminal::restore();
            tell(info);
            std::process::exit(INTERNAL);
        }
        before(info);
    }));
}

fn tell(info: &PanicHookInfo<'_>) {
    let what = message(info);
    let report = report(&what, info);
    let mut errors = std::io::stderr();
    let _ = writeln!(errors, "error: internal error: {what}");
    match report {
        Some(path) => {
            let _ = writeln!(errors, "  why: a bug in hook64; the listener had to stop");
            let _ = writeln!(errors, "  fix: please report it with {}", path.display());
        }
        None => {
            let _ = writeln!(errors, "  why: a bug in hook64; no report could be written");
        }
    }
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let words = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown");
    crate::text::line(words.as_bytes()).into_owned()
}

/// Writes what is known about the panic; nothing that was received is in it.
fn report(what: &str, info: &PanicHookInfo<'_>) -> Option<PathBuf> {
    let directory = REPORTS.get()?;
    fs::create_dir_all(directory).ok()?;
    let path = directory.join(format!("crash-{}.txt", std::process::id()));
    let place = info
        .location()
        .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    let trace = std::backtrace::Backtrace::force_capture();
    let text = format!(
        "hook64 {}\n{what}\nat {place}\n\n{trace}\n",
        env!("CARGO_PKG_VERSION")
    );
    fs::write(&path, text).ok()?;
    Some(path)
}
