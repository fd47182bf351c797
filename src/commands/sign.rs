//! `hook64 sign`: make a signature, offline.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::delivery::Scheme;
use crate::signature::{self, Keyring};

use super::arguments::SecretArgs;
use super::exit::Exit;
use super::input;
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::Layer;
use super::values;

/// Print the signature header for a body.
#[derive(Debug, Args)]
pub(super) struct SignArgs {
    #[command(flatten)]
    secrets: SecretArgs,
    /// The exact body; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// The timestamp to sign, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX")]
    at: Option<i64>,
    /// Whose scheme: sixtyfour or elan [default: that of the secrets]
    #[arg(long, value_name = "PROVIDER", value_parser = values::signer)]
    provider: Option<Scheme>,
}

pub(super) fn run(arguments: &SignArgs) -> Result {
    input::at_most_one_standard_input(&arguments.secrets, &arguments.body)?;
    let keyring = secrets::load(&arguments.secrets, &Layer::from_files()?)?;
    let scheme = arguments.provider.unwrap_or_else(|| of(&keyring));
    if keyring.of(scheme).is_empty() {
        return Err(Problem::usage("there is nothing to sign with")
            .why("no secret was given")
            .fix("hook64 sign --secret-file FILE --body FILE"));
    }
    let at = arguments.at.unwrap_or_else(|| Timestamp::now().as_second());
    let body = input::read(&arguments.body, "body")?;
    let header = signature::sign(scheme, keyring.of(scheme), at, &body);
    output::print(&format!(
        "{}: {}\n",
        String::from_utf8_lossy(&header.name),
        String::from_utf8_lossy(&header.value)
    ))?;
    Ok(Exit::Done)
}

/// The scheme of the secrets.
fn of(keyring: &Keyring) -> Scheme {
    if keyring.sixtyfour.is_empty() && !keyring.elan.is_empty() {
        Scheme::Elan
    } else {
        Scheme::Sixtyfour
    }
}
