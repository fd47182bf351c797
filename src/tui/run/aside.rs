//! Stepping aside: another program, or the shell, has the terminal for a while.

use std::time::Duration;

use crossterm::event::EventStream;
use jiff::Timestamp;

use crate::tui::clock;
use crate::tui::effect::Input;
use crate::tui::terminal::{self, Guard};

use super::{PATIENCE, Session};

/// How often a process in the background looks whether it is in front again.
const BACKGROUND: Duration = Duration::from_millis(250);

impl Session {
    /// Gives the terminal to another program. The keys go first: two readers would share them.
    pub(super) fn step_aside(&mut self) {
        self.keys = None;
        self.painter.pause(PATIENCE);
        self.guard = None;
    }

    /// Takes the terminal again, and draws everything anew.
    pub(super) fn come_back(&mut self) {
        match Guard::take(self.watchman.as_ref()) {
            Ok(guard) => self.guard = Some(guard),
            // The terminal is gone; the loop notices when it reads the next key.
            Err(_) => self.guard = None,
        }
        self.keys = Some(EventStream::new());
        if self.app.switches.mouse {
            self.painter.write(terminal::mouse(true));
        }
        if let Ok((width, height)) = crossterm::terminal::size() {
            self.app.size = (width, height);
        }
        self.painter.clear();
        self.pacing.changed(true);
    }

    /// Stops the process until somebody continues it. In the background it answers and is silent.
    pub(super) async fn suspend(&mut self) {
        let from = Timestamp::now();
        self.step_aside();
        let stopped =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
        while stopped.is_ok() && !in_front() {
            tokio::time::sleep(BACKGROUND).await;
        }
        self.come_back();
        let to = Timestamp::now();
        let told = format!(
            "suspended {}-{}; not answered meanwhile",
            clock::seconds(from),
            clock::seconds(to)
        );
        // Its effects are a redraw at most: the terminal is ours again.
        let effects = self.app.update(to, Input::Resumed(Some(told)));
        for effect in effects {
            let url = self.app.status().local.clone().unwrap_or_default();
            self.executor.perform(effect, &url);
        }
    }
}

/// Whether the terminal listens to our process group.
fn in_front() -> bool {
    let ours = rustix::process::getpgrp();
    rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == ours)
}
