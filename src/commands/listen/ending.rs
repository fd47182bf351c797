//! The end of a listener: what is under way is finished, the last words are said, and the reason
//! becomes the exit code.

use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::commands::exit::Exit;
use crate::commands::problem::{Problem, Result};
use crate::commands::{lookup, output, tui, wait};
use crate::export::ndjson;
use crate::export::notice::Notice as Said;
use crate::inbox::{Inbox, Totals};
use crate::store::Store;
use crate::tui::Ending;

use super::face::Face;
use super::follow::Followed;
use super::setup::Setup;
use super::stop::{Reason, Stop};
use super::words;

/// What still runs when the last connection is gone.
pub(super) struct Running {
    pub(super) setup: Setup,
    pub(super) started: Timestamp,
    pub(super) store: Store,
    pub(super) inbox: Inbox,
    pub(super) stop: Stop,
    /// The terminal UI.
    pub(super) shown: Option<JoinHandle<Result<()>>>,
    /// The control socket.
    pub(super) steered: Option<JoinHandle<()>>,
    /// The face.
    pub(super) followed: JoinHandle<Followed>,
}

impl Running {
    /// Ends it all, in order: what comes later says what came before.
    pub(super) async fn end(self) -> Result {
        let released = self.inbox.released_at_stop();
        if released > 0 {
            output::note(&words::released(released, self.setup.on_stop));
        }
        let reason = self.stop.reason();
        // The last words come after the terminal has been given back.
        let left = match self.shown {
            Some(shown) => shown.await.unwrap_or_else(|_| Err(tui::lost())),
            None => Ok(()),
        };
        if let Some(steered) = self.steered {
            steered.abort();
            // Its socket is removed when it is gone.
            let _ = steered.await;
        }
        if let Err(error) = self.store.flush().await {
            output::warn(&lookup::trouble(&error));
        }
        // All is on disk: only what is printed is left to do.
        output::leave_when_nobody_reads(code_of(reason));
        // What was settled last is on disk now, where the face finds it.
        self.stop.finish();
        let followed = self.followed.await.unwrap_or_else(|_| Followed::default());
        let totals = self.inbox.totals();
        last_words(&self.setup, self.started, &totals, &followed, reason)?;
        left?;
        reason_to_exit(reason, &followed)
    }
}

/// The listener stops when the terminal UI is left, or its terminal is gone.
pub(super) async fn stop_when_left(shown: JoinHandle<Result<Ending>>, stop: Stop) -> Result<()> {
    let ended = shown.await.unwrap_or_else(|_| Err(tui::lost()));
    match &ended {
        Ok(Ending::Forced) => std::process::exit(Exit::Forced.number().into()),
        Ok(Ending::Stopped) => stop.because(Reason::Terminated),
        Ok(Ending::Left) | Err(_) => stop.because(Reason::Interrupted),
    }
    ended.map(drop)
}

fn last_words(
    setup: &Setup,
    started: Timestamp,
    totals: &Totals,
    followed: &Followed,
    reason: Reason,
) -> Result<()> {
    let stopped = words::stopped(totals, followed, reason);
    let object = ndjson::notice(&Said::Stopped(stopped.clone()));
    match setup.face.object(&object) {
        Err(error) if !output::is_closed(&error) => return Err(output::unwritable(&error)),
        _ => {}
    }
    if let Face::Text { reader, .. } | Face::Tui(reader) | Face::Quiet(reader) = &setup.face {
        let words = words::summary(&stopped, started, &setup.location, followed, reader);
        output::complain(&format!("{}\n", words.trim_end()));
    }
    Ok(())
}

/// How it ends when nobody reads how it ends.
fn code_of(reason: Reason) -> Exit {
    match reason {
        Reason::Interrupted | Reason::Matched | Reason::OutputClosed | Reason::InputEnded => {
            Exit::Done
        }
        Reason::Terminated => Exit::Terminated,
        Reason::TimedOut => Exit::NotFound,
        Reason::OutputFailed => Exit::Failed,
    }
}

fn reason_to_exit(reason: Reason, followed: &Followed) -> Result {
    match reason {
        Reason::TimedOut => match &followed.expectation {
            Some(expectation) if !expectation.is_met() => Err(wait::time_is_up(expectation)),
            _ => Ok(Exit::Done),
        },
        Reason::OutputFailed => Err(Problem::failed("output", "cannot write to standard output")),
        other => Ok(code_of(other)),
    }
}
