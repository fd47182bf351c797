//! What only somebody who has the keys can tell of a signature. The TUI has none: it asks its
//! [`Control`](super::world::Control), and what comes back holds no whole MAC and no secret.

use std::path::PathBuf;

use crate::delivery::{Finding, Verdict};
use crate::signature::{Glimpse, Secret};

/// A closer look at a signature that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Insight {
    /// What it should have been, a key.
    pub expected: Vec<Expected>,
    /// What would not have made it match either; each goes on after "it would match if".
    pub ruled_out: Vec<&'static str>,
}

/// What a key would have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The key's last four characters.
    pub key: String,
    /// The beginning and the end of its MAC.
    pub digest: Glimpse,
}

/// Keys to try on one delivery, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// Those in a file, one a line.
    File(PathBuf),
    /// One that was typed.
    Typed(Secret),
}

/// What a key that was tried says of the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its last four characters.
    pub key: String,
    /// The verdict it gives.
    pub verdict: Verdict,
    /// What is odd about the key itself.
    pub oddity: Option<String>,
    /// What would have matched.
    pub cause: Option<Finding>,
}
