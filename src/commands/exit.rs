//! The exit codes: a contract that scripts lean on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or stopped by the user after a clean close.
    Done,
    /// A run-time failure: I/O, a store that is locked or damaged.
    Failed,
    /// Unknown flag, bad value, contradictory flags.
    Usage,
    /// No captures, no such id, no listener to steer, no match before the time limit.
    NotFound,
    /// Port in use, cannot bind, target refused or timed out.
    Network,
    /// A signature is not valid, a delivery was not taken.
    Verdict,
    /// A bug; the report's path was printed.
    Internal,
    /// Forced by a second Ctrl-C.
    Forced,
    /// SIGTERM, after a clean close.
    Terminated,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Network => 4,
            Self::Verdict => 5,
            Self::Internal => 101,
            Self::Forced => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
