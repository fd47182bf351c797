//! One outgoing request and what came back.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::head::Header;

/// One request that we made: a replay, a forward, a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Which one of its job, from 1.
    pub number: u32,
    /// Where it went.
    pub target: String,
    /// When the first byte left.
    pub started: Timestamp,
    /// How long until the last byte of the answer, or until it failed.
    pub took: Duration,
    /// What came back.
    pub result: Result<Response, Failure>,
}

/// An answer to a request of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Its field lines, in order.
    pub headers: Vec<Header>,
    /// Its body, up to a limit.
    pub body: Bytes,
    /// Whether the body was longer.
    pub body_cut: bool,
}

/// Why an outgoing request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing listens there, or the name is unknown.
    #[error("could not connect: {0}")]
    Unreachable(String),
    /// TLS could not be agreed on.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection broke before the answer was whole.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// What came back is not HTTP.
    #[error("the answer is not HTTP: {0}")]
    NotHttp(String),
    /// We were told to stop while it was under way.
    #[error("stopped before an answer came")]
    Stopped,
}

impl Failure {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::TimedOut(_) => "timed_out",
            Self::Broken(_) => "broken",
            Self::NotHttp(_) => "not_http",
            Self::Stopped => "stopped",
        }
    }
}

impl Attempt {
    /// Whether the receiver took it: a 2xx.
    #[must_use]
    pub fn delivered(&self) -> bool {
        matches!(&self.result, Ok(response) if (200..300).contains(&response.status))
    }
}
