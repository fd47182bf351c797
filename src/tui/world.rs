//! What the TUI sees of the world, and what it asks of it.
//!
//! A [`Source`] is read, a [`Control`] is told what to do; the TUI knows neither a store nor a
//! socket. A listener in this process and one behind a control socket both stand behind these two,
//! and so does a test that holds a few deliveries in a vector.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::delivery::{Attempt, Delivery, DeliveryId};
use crate::filter::Filter;

use super::keyed::{Insight, Trial, Tried};
use super::row::Row;

/// Where captured deliveries are read. Every call may block: the TUI calls from a worker.
pub trait Source: Send + Sync + 'static {
    /// A number that grows whenever anything is stored, settled or diagnosed.
    fn version(&self) -> watch::Receiver<u64>;

    /// Hands over every delivery newer than `after`, oldest first, and those of `open` that have
    /// been settled.
    ///
    /// # Errors
    /// When the deliveries cannot be read.
    fn rows(
        &self,
        after: Option<DeliveryId>,
        open: &[DeliveryId],
        sink: &mut dyn FnMut(Row),
    ) -> Result<(), Trouble>;

    /// One delivery with everything that was captured of it; `None` when it is gone.
    ///
    /// # Errors
    /// When it cannot be read.
    fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, Trouble>;

    /// The requests that were made because of a delivery: forwards and replays, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn outgoing(&self, id: DeliveryId) -> Result<Vec<Outgoing>, Trouble>;

    /// Hands over the deliveries newer than `after` that a filter lets through, until told to stop.
    ///
    /// # Errors
    /// When the deliveries cannot be read.
    fn matching(
        &self,
        filter: &Filter,
        after: Option<DeliveryId>,
        now: Timestamp,
        sink: &mut dyn FnMut(DeliveryId) -> ControlFlow<()>,
    ) -> Result<(), Trouble>;
}

/// What can be asked of a running listener and its outbox.
///
/// The futures are run by the TUI's executor, never by the thread that draws.
pub trait Control: Send + Sync + 'static {
    /// What the listener is doing, whenever that changes.
    fn status(&self) -> watch::Receiver<Arc<Status>>;
    /// Puts a fault plan before those still armed.
    fn arm(&self, plan: String) -> BoxFuture<'static, Result<(), Trouble>>;
    /// Removes every armed rule.
    fn disarm(&self) -> BoxFuture<'static, Result<(), Trouble>>;
    /// Ends the hold on a delivery.
    fn release(&self, id: DeliveryId, how: Release) -> BoxFuture<'static, Result<(), Trouble>>;
    /// Delivers a capture again; the attempts, as they end.
    fn replay(&self, replay: Replay) -> BoxFuture<'static, Result<Vec<Attempt>, Trouble>>;
    /// Whether anything listens at a replay's target.
    fn reach(&self, target: String) -> BoxFuture<'static, Reach>;
    /// A closer look at a signature that does not match; `earlier` are the bodies of the event's
    /// attempts before it. Takes a while: the TUI calls from a worker.
    fn inspect(&self, delivery: &Delivery, earlier: &[Bytes]) -> Insight;
    /// What other keys say of a delivery. They are not kept. The TUI calls from a worker.
    ///
    /// # Errors
    /// When there is no key to be had.
    fn try_keys(&self, delivery: &Delivery, trial: &Trial) -> Result<Vec<Tried>, Trouble>;
    /// Sends a signed sample to this listener; its event id.
    fn sample(&self) -> BoxFuture<'static, Result<String, Trouble>>;
    /// Sends one request through the public URL.
    fn probe(&self) -> BoxFuture<'static, Result<Duration, Trouble>>;
}

/// Something went wrong: the three lines that a person gets, the most useful one last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened, with the value.
    pub what: String,
    /// The cause, if it is known.
    pub why: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Trouble {
    /// A trouble without a cause or a remedy.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: None,
            fix: None,
        }
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The same with its remedy.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        if let Some(why) = &self.why {
            write!(formatter, "\n  why: {why}")?;
        }
        if let Some(fix) = &self.fix {
            write!(formatter, "\n  fix: {fix}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

/// What the listener is doing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// `http://127.0.0.1:6464/`; `None` when a store is shown without a listener.
    pub local: Option<String>,
    /// The port that is listened on.
    pub port: u16,
    /// How the outside reaches us.
    pub tunnel: Tunnel,
    /// The last four characters of each loaded secret.
    pub keys: Vec<String>,
    /// Where the secret came from, for the checks on the first screen.
    pub keys_from: Option<String>,
    /// How far a timestamp may be off.
    pub tolerance: Duration,
    /// The armed rules, in the order in which they are asked.
    pub armed: Vec<ArmedRule>,
    /// The deliveries whose answer is held back now.
    pub held: Vec<DeliveryId>,
    /// Deliveries whose body could not be kept.
    pub dropped: u64,
    /// Where deliveries are forwarded, as the routes were given.
    pub routes: Vec<String>,
    /// Where they are forwarded first of all.
    pub forward: Option<String>,
    /// Any certificate is accepted from where they are forwarded.
    pub insecure: bool,
    /// Where a replay goes unless another target is typed.
    pub replay_to: Option<String>,
    /// Since when it listens.
    pub since: Option<Timestamp>,
    /// The file that the captures are in.
    pub store: Option<String>,
}

/// A rule that still has answers to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmedRule {
    /// The rule, in the plan language.
    pub text: String,
    /// How many deliveries it has answered.
    pub done: u64,
    /// How many it answers in all; `None` when it has no end.
    pub of: Option<u64>,
}

/// How the outside reaches this port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tunnel {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// None was found; these places were looked at.
    None {
        /// Where it was looked.
        looked: Vec<String>,
    },
    /// One forwards to this port.
    Found {
        /// The public address.
        url: String,
        /// The program, or `--public-url`.
        by: String,
        /// How it was found.
        how: String,
        /// Whether traffic came through it.
        used: bool,
    },
    /// One was found that forwards to another port.
    Elsewhere {
        /// The public address.
        url: String,
        /// The program.
        by: String,
        /// The port it forwards to.
        port: u16,
    },
    /// One was there and is gone.
    Down {
        /// The public address that it had.
        url: String,
        /// The program.
        by: String,
    },
}

impl Tunnel {
    /// The public address, when it leads here.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Found { url, .. } => Some(url),
            _ => None,
        }
    }

    /// The word in the status line.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown | Self::None { .. } | Self::Elsewhere { .. } => "none",
            Self::Found { used: true, .. } => "ok",
            Self::Found { used: false, .. } => "found",
            Self::Down { .. } => "DOWN",
        }
    }
}

/// How a held delivery is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// With the answer it would have got.
    Answer,
    /// With this status.
    Status(u16),
    /// With a TCP reset.
    Reset,
}

/// A request that was made because of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Why it was made.
    pub origin: Origin,
    /// The request and what came back.
    pub attempt: Attempt,
    /// How it differs from the capture, in a word or two: `re-signed`, `new event id`.
    pub note: String,
}

/// Why a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It arrived and was forwarded.
    Forward,
    /// Somebody asked for it again.
    Replay,
}

/// A capture to deliver again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Which ones, in order.
    pub deliveries: Vec<DeliveryId>,
    /// Where to.
    pub target: String,
    /// What becomes of the signature.
    pub signature: Resign,
    /// What becomes of the event id.
    pub event_id: NewId,
    /// What becomes of the attempt counter.
    pub attempt: Count,
    /// How often each.
    pub times: u32,
    /// The time from one start to the next.
    pub every: Duration,
    /// How many at once.
    pub at_once: u32,
    /// Another head and body than the captured ones, as `req.http` text.
    pub edited: Option<Bytes>,
    /// Whether a target that is not this machine was confirmed.
    pub allow_remote: bool,
}

/// What becomes of a replay's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resign {
    /// Signed now, with the first loaded secret.
    Anew,
    /// As it was captured.
    Keep,
    /// Left out.
    Unsigned,
    /// Present and wrong.
    Wrong,
}

/// What becomes of a replay's event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewId {
    /// The captured one.
    Keep,
    /// A new UUID each.
    New,
}

/// What becomes of a replay's attempt counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// The captured one.
    Keep,
    /// This one.
    Set(u32),
    /// One more each time.
    Up,
}

/// Whether a target can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Something listens there, and it is this machine.
    Loopback,
    /// It is another machine: this host.
    Remote(String),
    /// Nothing listens there: `127.0.0.1:3000`.
    Refused(String),
    /// It could not be told, and why.
    Unknown(String),
}
