//! A process beside us that gives the terminal back when we were killed and could not.
//!
//! It holds one end of a pipe. Whoever gives the terminal back in order says goodbye through it;
//! when the pipe ends without a word, the watchman switches off what we had switched on. The modes
//! of the line are the shell's to mend, and shells do.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// How the watchman is started: a program that calls [`super::stand_watch`].
#[derive(Debug, Clone)]
pub struct Watchman {
    /// The program.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<OsString>,
}

/// The one that watches now.
static WATCHING: Mutex<Option<Child>> = Mutex::new(None);

impl Watchman {
    /// Has it watch. One that cannot be started is done without.
    pub(super) fn post(&self) {
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            // What is sent to our group, as by a shell that ends a job, is not for it.
            .process_group(0)
            .spawn();
        *WATCHING.lock().unwrap_or_else(PoisonError::into_inner) = child.ok();
    }
}

/// Tells it that the terminal is given back.
pub(super) fn dismiss() {
    let watching = WATCHING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(mut child) = watching else { return };
    if let Some(mut line) = child.stdin.take() {
        // One that is gone does not have to hear it.
        let _ = line.write_all(b".");
    }
    // It ends at once; somebody has to take note of it, and nobody has to wait.
    std::thread::spawn(move || child.wait());
}
