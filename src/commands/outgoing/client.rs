//! The options of a client, as written, and the client they make.

use clap::Args;

use crate::net::client::{Client, Limits, Settings, Target};

use super::super::output;
use super::super::problem::{Problem, Result};
use super::super::values::Span;
use super::trust::{TrustArgs, unchecked};

/// How requests are made.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct ClientArgs {
    /// How long to wait for each answer
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    timeout: Span,
    #[command(flatten)]
    trust: TrustArgs,
}

impl ClientArgs {
    /// The client for this target, keeping at most so many idle connections to it. What is unsafe
    /// is said.
    ///
    /// # Errors
    /// When the authorities cannot be read.
    pub(in crate::commands) fn client(&self, target: &Target, idle: usize) -> Result<Client> {
        let trust = self.trust.trust()?;
        if let Some(warning) = unchecked([target], &trust) {
            output::warn(&warning);
        }
        Ok(Client::new(Settings {
            trust,
            idle,
            ..Settings::default()
        }))
    }

    /// What one request may take.
    ///
    /// # Errors
    /// When it may take no time at all.
    pub(in crate::commands) fn limits(&self) -> Result<Limits> {
        if self.timeout.0.is_zero() {
            return Err(Problem::usage("--timeout does not know \"0\"")
                .why("nothing can be answered in no time")
                .fix("--timeout 10s is the default"));
        }
        Ok(Limits {
            timeout: self.timeout.0,
            ..Limits::default()
        })
    }
}
