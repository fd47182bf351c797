//! What `send`, `replay` and `prove` share: a `client` for a target, whom to `trust` (which
//! `listen --forward` shares, too), `words` for an attempt, a
//! `tally` of many of them with a `histogram` of their times, and a question to the person
//! (`consent`) before something goes further than this machine.

mod client;
mod consent;
mod histogram;
mod tally;
mod trust;
mod words;

use std::future::Future;

use super::problem::{Problem, Result};

pub(super) use client::ClientArgs;
pub(super) use consent::{Consent, ask};
pub(super) use tally::Tally;
pub(super) use trust::{TrustArgs, unchecked};
pub(super) use words::{excerpt, failure_name, outcome, quoted_answer, role, unreachable};

/// More attempts than this are not shown line by line on a terminal, but by a bar.
pub(super) const MANY: u64 = 20;

/// Runs what waits for the network.
///
/// # Errors
/// When it fails, or the threads for it cannot be started.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    runtime.block_on(work)
}
