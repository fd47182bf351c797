//! One attempt of a job, with the request that went out.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Attempt, Failure, HeadError, Request};
use crate::net::client::{Outcome, Phases};
use crate::outbox::job::{Job, Rendered};
use crate::store::Sent;

/// An attempt that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What came back.
    pub outcome: Outcome,
    /// What went out, signature and all; a body that was not changed is shared with its job.
    /// `None`: it could not be written, so nothing did.
    pub request: Option<Rendered>,
}

impl Made {
    /// An attempt whose request cannot be written.
    pub(super) fn unsent(job: &Job, number: u32, now: Timestamp, error: &HeadError) -> Self {
        let failure = Failure::Broken(format!("not sent: {error}"));
        Self {
            outcome: unanswered(job, number, now, Duration::ZERO, failure),
            request: None,
        }
    }

    /// What is to be kept beside the capture that it was made for.
    #[must_use]
    pub fn sent(&self, captured: &Request) -> Option<Sent> {
        let request = self.request.as_ref()?;
        Sent::unless_captured(captured, request.head.bytes(), &request.body)
    }
}

/// An attempt that failed like this.
pub(super) fn unanswered(
    job: &Job,
    number: u32,
    started: Timestamp,
    took: Duration,
    failure: Failure,
) -> Outcome {
    Outcome {
        attempt: Attempt {
            number,
            target: job.target().to_string(),
            started,
            took,
            result: Err(failure),
        },
        phases: Phases::default(),
        connected: false,
        fix: None,
    }
}
