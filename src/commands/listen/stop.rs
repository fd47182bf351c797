//! The reasons to end, and how they are told to everybody who must know.

use std::io::{self, Read};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::super::exit::Exit;

/// Why a listener ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
    /// What was waited for has come.
    Matched,
    /// The time is up.
    TimedOut,
    /// Nobody reads standard output any more.
    OutputClosed,
    /// Standard output cannot be written.
    OutputFailed,
    /// Standard input ended, and that was to be the sign.
    InputEnded,
}

impl Reason {
    /// The name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupt",
            Self::Terminated => "terminated",
            Self::Matched => "matched",
            Self::TimedOut => "timeout",
            Self::OutputClosed => "output_closed",
            Self::OutputFailed => "output_failed",
            Self::InputEnded => "input_ended",
        }
    }
}

/// The state of stopping: running, told to stop, or finished serving.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Stop {
    reason: Arc<watch::Sender<Option<Reason>>>,
    finished: Arc<watch::Sender<bool>>,
}

impl Stop {
    pub(in crate::commands) fn new() -> Self {
        Self {
            reason: Arc::new(watch::Sender::new(None)),
            finished: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Stops; the first reason counts.
    pub(super) fn because(&self, reason: Reason) {
        self.reason.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(reason);
            is_first
        });
    }

    /// Resolves when it is time to stop.
    pub(in crate::commands) fn told(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut reason = self.reason.subscribe();
        async move {
            // The sender lives as long as the listener.
            let _ = reason.wait_for(Option::is_some).await;
        }
    }

    /// Whether it is time to stop.
    pub(in crate::commands) fn is_told(&self) -> bool {
        self.reason.borrow().is_some()
    }

    /// Why; only asked once it was told.
    pub(super) fn reason(&self) -> Reason {
        self.reason.borrow().unwrap_or(Reason::Interrupted)
    }

    /// The exit code of a program that only had to be told.
    pub(in crate::commands) fn exit(&self) -> Exit {
        let reason = *self.reason.borrow();
        match reason {
            Some(Reason::Interrupted) => Exit::Done,
            // Without a reason the terminal is gone, as if it had hung up.
            _ => Exit::Terminated,
        }
    }

    /// Nothing more will arrive.
    pub(super) fn finish(&self) {
        self.finished.send_replace(true);
    }

    /// Resolves when nothing more will arrive.
    pub(super) fn finished(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut finished = self.finished.subscribe();
        async move {
            let _ = finished.wait_for(|finished| *finished).await;
        }
    }

    /// Stops at SIGINT, SIGTERM and SIGHUP; a second Ctrl-C leaves at once.
    ///
    /// # Errors
    /// When signals cannot be received.
    pub(in crate::commands) fn on_signals(&self) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let stop = self.clone();
        tokio::spawn(async move {
            let mut interrupts = 0;
            loop {
                let reason = tokio::select! {
                    _ = interrupt.recv() => Reason::Interrupted,
                    _ = terminate.recv() => Reason::Terminated,
                    _ = hang_up.recv() => Reason::Terminated,
                };
                interrupts += u32::from(reason == Reason::Interrupted);
                if interrupts == 2 {
                    std::process::exit(super::Exit::Forced.number().into());
                }
                stop.because(reason);
            }
        });
        Ok(())
    }

    /// Stops when the time is up.
    pub(super) fn after(&self, timeout: Duration, reason: Reason) {
        let stop = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(timeout).await;
            stop.because(reason);
        });
    }

    /// Stops when standard input ends: for supervisors that hold its other end.
    pub(super) fn on_end_of_input(&self) {
        let stop = self.clone();
        thread::spawn(move || {
            let mut ignored = [0; 4096];
            while matches!(io::stdin().lock().read(&mut ignored), Ok(read) if read > 0) {}
            stop.because(Reason::InputEnded);
        });
    }
}
