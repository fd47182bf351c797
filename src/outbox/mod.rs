//! Outgoing deliveries: replays, samples, load, the local app.
//!
//! Everything that leaves goes through here, so that one place signs, times, retries and reports.
//! [`event`] and [`replay`] make a [`Job`] of what there is; [`signing`] says how it is signed and
//! [`edit`] changes a body at a place that `json` finds; `lines` are what goes on of a received
//! head. [`run`] makes the requests of many jobs, each tried as its [`schedule`] says. [`forward`]
//! hands what arrives to the local app, and [`prove`] tries a handler.

pub mod edit;
pub mod event;
pub mod forward;
pub mod job;
mod json;
mod lines;
pub mod prove;
pub mod replay;
pub mod run;
pub mod schedule;
pub mod signing;

pub use edit::Edit;
pub use event::{Dressing, Event};
pub use forward::{Forward, Forwarded, Route};
pub use job::{Copies, Job};
pub use prove::Prover;
pub use replay::Replay;
pub use run::{Batch, Ending, Made, Outbox, Progress, Running};
pub use schedule::Schedule;
pub use signing::{Signer, Signing};
