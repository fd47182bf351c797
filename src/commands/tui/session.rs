//! The terminal UI from taking the terminal to giving it back. It blocks a thread of its own, so
//! that nothing it does can hold up an answer.

use std::path::PathBuf;
use std::sync::Arc;

use etcetera::{BaseStrategy, choose_base_strategy};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;
use crate::tui::watchman::Watchman;
use crate::tui::world::{Control, Status};
use crate::tui::{self, Ending, Setup};

use super::super::output;
use super::super::problem::{Problem, Result};
use super::{Captures, Looks};

/// The command, which nobody types, that stands watch over the terminal.
pub(in crate::commands) const WATCH: &str = "stand-watch";

/// Shows a store until somebody leaves or `stop` says so. What anybody complains meanwhile is
/// printed when the terminal has been given back.
pub(in crate::commands) fn run(
    store: Store,
    control: Arc<dyn Control>,
    looks: Looks,
    stop: watch::Receiver<bool>,
) -> JoinHandle<Result<Ending>> {
    let setup = Setup {
        source: Arc::new(Captures(store)),
        control: Some(control),
        status: Status::default(),
        theme: looks.theme,
        keys: looks.keys,
        frames: looks.frames,
        reports: reports(),
        watchman: watchman(),
        stop,
    };
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let complaints = output::hold_back();
        let ended = tui::run(setup, &runtime);
        drop(complaints);
        ended.map_err(super::problem)
    })
}

/// This program again, with nothing to do but to stand watch.
fn watchman() -> Option<Watchman> {
    Some(Watchman {
        program: std::env::current_exe().ok()?,
        arguments: vec![WATCH.into()],
    })
}

/// Where reports of internal errors go: beside the captures.
fn reports() -> PathBuf {
    choose_base_strategy().map_or_else(
        |_| std::env::temp_dir(),
        |directories| directories.data_dir().join("hook64"),
    )
}

/// What is left when the thread of the terminal UI was lost.
pub(in crate::commands) fn lost() -> Problem {
    Problem::failed("terminal", "the terminal UI ended unexpectedly")
}
