//! The options of a client, as written, and the client they make.

use std::path::PathBuf;

use clap::Args;

use crate::net::client::{Client, Limits, Settings, Target, Trust};

use super::super::input;
use super::super::output;
use super::super::problem::{Problem, Result};
use super::super::values::Span;

/// How requests are made.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct ClientArgs {
    /// How long to wait for each answer
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    timeout: Span,
    /// For https: trust the authorities in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// For https: accept any certificate, so that whoever is in between can read and change all
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,
}

impl ClientArgs {
    /// The client for this target, keeping at most so many idle connections to it. What is unsafe
    /// is said.
    ///
    /// # Errors
    /// When the authorities cannot be read.
    pub(in crate::commands) fn client(&self, target: &Target, idle: usize) -> Result<Client> {
        if self.insecure && target.is_tls() {
            output::complain(&insecure(target).text("warning"));
        }
        let trust = self.trust()?;
        Ok(Client::new(Settings { trust, idle }))
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

    fn trust(&self) -> Result<Trust> {
        if self.insecure {
            return Ok(Trust::Anyone);
        }
        let Some(path) = &self.cacert else {
            return Ok(Trust::System);
        };
        let pem = input::read(path, "certificates")?;
        Trust::authorities(&pem).map_err(|error| {
            let place = path.display();
            Problem::usage(format!("cannot use the certificates in {place}"))
                .why(error.to_string())
                .fix("--cacert FILE takes the PEM file of the authority that issued the target's certificate")
        })
    }
}

fn insecure(target: &Target) -> Problem {
    let host = target.host();
    Problem::usage(format!("the certificate of {host} is not checked"))
        .why("--insecure accepts anybody: whoever is in between can read and change what is sent")
        .fix("trust the authority that issued it: --cacert FILE")
}
