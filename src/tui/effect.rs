//! What comes into [`super::app::App`] and what it wants done: data on both sides, so that every
//! step of the TUI can be tried without a terminal, a clock or a store.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{Attempt, Delivery, DeliveryId};
use crate::export::json::SyntaxError;
use crate::filter::Filter;

use super::key::Key;
use super::keyed::{Insight, Trial, Tried};
use super::row::Row;
use super::tree::Tree;
use super::world::{Outgoing, Reach, Release, Replay, Status, Trouble};

/// Something happened.
#[derive(Debug)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The wheel was turned or the button pressed, where the mouse is listened to.
    Mouse(Mouse),
    /// The screen has this size now.
    Resize(u16, u16),
    /// A moment was reached that the app asked for.
    Tick,
    /// The source has something new.
    Changed,
    /// Rows that were asked for; `done` with the last of them.
    Rows {
        /// New or settled deliveries, oldest first.
        rows: Vec<Row>,
        /// Whether that is all.
        done: bool,
    },
    /// A delivery that was asked for, those beside it without their bodies, and its requests.
    Loaded(Box<Loaded>),
    /// The structure of a body.
    Indexed {
        /// Whose body.
        id: DeliveryId,
        /// Its structure, up to the first mistake.
        tree: Arc<Tree>,
        /// The first mistake.
        error: Option<SyntaxError>,
    },
    /// What a search found.
    Found {
        /// Which search.
        generation: u64,
        /// Where, in the body's bytes; or why it cannot be searched for.
        hits: Result<Vec<Range<usize>>, String>,
    },
    /// Deliveries that a filter lets through.
    Matched {
        /// Which filter.
        generation: u64,
        /// Some of them, in order.
        ids: Vec<DeliveryId>,
        /// Whether that is all.
        done: bool,
    },
    /// The listener's state changed.
    Status(Arc<Status>),
    /// A sample was sent, with this event id.
    Sampled(String),
    /// What was to be copied is too long for the terminal's clipboard.
    TooLong {
        /// What it is.
        what: &'static str,
        /// It.
        bytes: Bytes,
    },
    /// Something that was asked for is done: what to tell.
    Done(String),
    /// Something failed.
    Failed(Trouble),
    /// A replay ended.
    Replayed(Result<Vec<Attempt>, Trouble>),
    /// Whether a replay's target can be reached.
    Reached {
        /// The target.
        target: String,
        /// Whether it can.
        reach: Reach,
    },
    /// The probe came back through the tunnel.
    Probed(Result<Duration, Trouble>),
    /// A closer look at a signature.
    Inspected(DeliveryId, Insight),
    /// What other keys say of a delivery.
    Tried(Result<Vec<Tried>, Trouble>),
    /// The editor ended.
    Edited(Edited),
    /// Back from the pager or from being stopped; with what to say about it.
    Resumed(Option<String>),
}

/// A turn of the wheel or a press of the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The wheel, some rows down (or up, when negative), over this cell.
    Wheel(isize, u16, u16),
    /// The button, on this cell.
    Press(u16, u16),
}

/// A delivery and what stands beside it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Which one was asked for.
    pub id: DeliveryId,
    /// It; `None` when the store has it no longer.
    pub delivery: Option<Arc<Delivery>>,
    /// The SHA-256 of its body.
    pub digest: [u8; 32],
    /// Earlier deliveries of the event, oldest first; only the last of them with its body.
    pub beside: Vec<Arc<Delivery>>,
    /// What was sent because of it.
    pub outgoing: Vec<Outgoing>,
}

/// How an editor ended.
#[derive(Debug)]
pub enum Edited {
    /// With another text.
    Changed(Bytes),
    /// With the same text; `at_once` when it came back faster than anybody types.
    Same {
        /// It came back at once: it probably needs a flag to wait.
        at_once: bool,
    },
    /// With an error, or it could not be started.
    Cancelled(String),
}

/// A form that deliveries are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Format {
    Ndjson,
    Har,
    Http,
    Curl,
    Body,
}

impl Format {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Ndjson, "ndjson"),
        (Self::Har, "har"),
        (Self::Http, "http"),
        (Self::Curl, "curl"),
        (Self::Body, "body"),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(format, _)| *format == self)
            .map_or("", |(_, name)| name)
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read rows.
    Fetch {
        /// Those after this one,
        after: Option<DeliveryId>,
        /// and these, if they are settled.
        open: Vec<DeliveryId>,
    },
    /// Read a delivery.
    Load {
        /// Which.
        id: DeliveryId,
        /// And these, without their bodies.
        beside: Vec<DeliveryId>,
    },
    /// Read a body's structure.
    Index {
        /// Whose.
        id: DeliveryId,
        /// The body.
        body: Bytes,
    },
    /// Search a body.
    Search {
        /// Which search.
        generation: u64,
        /// The body.
        body: Bytes,
        /// What for.
        needle: String,
    },
    /// Read which deliveries a filter lets through.
    Match {
        /// Which filter.
        generation: u64,
        /// It.
        filter: Filter,
        /// Those after this one.
        after: Option<DeliveryId>,
    },
    /// Look closer at a signature that does not match.
    Inspect {
        /// Whose.
        id: DeliveryId,
        /// Earlier deliveries of its event.
        beside: Vec<DeliveryId>,
    },
    /// Try other keys on a delivery.
    TryKey {
        /// Which one.
        id: DeliveryId,
        /// The keys.
        trial: Trial,
    },
    /// Arm a fault plan.
    Arm(String),
    /// Disarm everything.
    Disarm,
    /// End a hold.
    Release(DeliveryId, Release),
    /// Deliver again.
    Replay(Replay),
    /// Find out whether a target can be reached.
    Reach(String),
    /// Send a sample to ourselves.
    Sample,
    /// Send a request through the tunnel.
    Probe,
    /// Put bytes on the clipboard.
    Copy {
        /// What they are.
        what: &'static str,
        /// They.
        bytes: Bytes,
    },
    /// Write bytes to a file.
    Save {
        /// Which file.
        path: PathBuf,
        /// What they are.
        what: &'static str,
        /// They.
        bytes: Bytes,
    },
    /// Write deliveries to a file.
    Write {
        /// Which file.
        path: PathBuf,
        /// In which form.
        format: Format,
        /// Which deliveries.
        ids: Vec<DeliveryId>,
    },
    /// Open an editor on a request.
    Edit(Bytes),
    /// Open a pager on text that was made visible.
    Page(String),
    /// Listen to the mouse, or no longer.
    Mouse(bool),
    /// Ring the bell.
    Bell,
    /// Stop the process until somebody continues it.
    Suspend,
    /// Paint everything again.
    Redraw,
    /// Leave.
    Quit(Leave),
}

/// How to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Close everything in order.
    Clean,
    /// At once.
    Forced,
}
