//! Options that several commands share, as they are written.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use crate::store::Location;

use super::problem::Result;
use super::settings::{Layer, location};

/// Which store is read or written.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct StoreArgs {
    /// The store's file; `:memory:` keeps nothing [default: hook64/hook64.db in the user's data directory]
    #[arg(long, value_name = "FILE", env = "HOOK64_STORE",
          value_parser = NonEmptyStringValueParser::new())]
    pub(super) store: Option<String>,
}

impl StoreArgs {
    /// Where the store is, by this option or the configuration.
    ///
    /// # Errors
    /// When the configuration cannot be read, or there is no home directory.
    pub(super) fn location(&self) -> Result<Location> {
        let configured = Layer::from_files()?.store;
        location(self.store.as_deref().or(configured.as_deref()))
    }
}

/// Where secrets come from.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SecretArgs {
    /// A file of Sixtyfour signing secrets, one a line; `-` reads standard input. Repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) secret_file: Vec<PathBuf>,
    /// The same for ELAN Languages
    #[arg(long, value_name = "FILE")]
    pub(super) elan_secret_file: Vec<PathBuf>,
    /// Accept a Sixtyfour secret that is not `sk_whsec_` and 64 hexadecimal digits
    #[arg(long)]
    pub(super) any_secret: bool,
    /// Secrets are never arguments; this only explains what to do instead
    #[arg(long, hide = true, num_args = 0..=1, value_name = "NEVER", default_missing_value = "")]
    pub(super) secret: Option<String>,
}

/// How a command that ends prints what it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people; may change between versions.
    #[default]
    Text,
    /// For programs; only grows.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless the environment says no.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
