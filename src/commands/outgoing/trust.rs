//! Whom https targets have to show that they are: the options, and what they mean.

use std::path::PathBuf;

use clap::Args;

use crate::net::client::{Target, Trust};

use super::super::input;
use super::super::problem::{Problem, Result};

/// Which certificates are accepted.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::commands) struct TrustArgs {
    /// For https: trust the certificates in this PEM file and those they issued, and no others
    #[arg(long, value_name = "FILE")]
    pub(in crate::commands) cacert: Option<PathBuf>,
    /// For https: accept any certificate, so that whoever is in between can read and change all
    #[arg(long, conflicts_with = "cacert")]
    pub(in crate::commands) insecure: bool,
}

impl TrustArgs {
    /// What they mean.
    ///
    /// # Errors
    /// When both are asked for, or the certificates cannot be read.
    pub(in crate::commands) fn trust(&self) -> Result<Trust> {
        let path = match (&self.cacert, self.insecure) {
            (Some(_), true) => {
                return Err(Problem::usage("cacert does not go with insecure")
                    .why("the one names who is trusted, the other trusts anybody")
                    .fix("leave one of them out"));
            }
            (None, true) => return Ok(Trust::Anyone),
            (None, false) => return Ok(Trust::System),
            (Some(path), false) => path,
        };
        let pem = input::read(path, "certificates")?;
        Trust::authorities(&pem).map_err(|error| {
            let place = path.display();
            Problem::usage(format!("cannot use the certificates in {place}"))
                .why(error.to_string())
                .fix(
                    "--cacert FILE takes a PEM file: the target's certificate, or that of the \
                     authority that issued it",
                )
        })
    }
}

/// What is to be said of those targets that may be anybody; `None` when there are none.
pub(in crate::commands) fn unchecked<'a>(
    targets: impl IntoIterator<Item = &'a Target>,
    trust: &Trust,
) -> Option<Problem> {
    if *trust != Trust::Anyone {
        return None;
    }
    let targets = targets.into_iter().filter(|target| target.is_tls());
    let mut hosts: Vec<&str> = targets.map(Target::host).collect();
    hosts.dedup();
    (!hosts.is_empty()).then(|| {
        let hosts = hosts.join(", ");
        Problem::usage(format!("the certificate of {hosts} is not checked"))
            .why(
                "--insecure accepts anybody: whoever is in between can read and change what is sent",
            )
            .fix("trust its certificate, or the authority that issued it: --cacert FILE")
    })
}
