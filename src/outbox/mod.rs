//! Outgoing deliveries: replays, samples, load, the local app.
//!
//! Everything that leaves goes through here, so that one place signs, times, retries and reports.
//! [`event`] and [`replay`] make a [`Job`] of what there is; [`signing`] says how it is signed and
//! [`edit`] changes a body.

pub mod edit;
pub mod event;
pub mod job;
mod json;
mod lines;
pub mod replay;
pub mod schedule;
pub mod signing;

pub use edit::Edit;
pub use event::{Dressing, Event};
pub use job::{Copies, Job};
pub use replay::Replay;
pub use signing::{Signer, Signing};
