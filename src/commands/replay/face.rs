//! What `replay` prints.

use serde_json::json;

use crate::export::clock::{milliseconds, rfc3339};
use crate::export::event;
use crate::export::line::{self, Reader};
use crate::export::notice::{Notice, Sent};
use crate::export::paint::Paint;
use crate::net::client::Target;
use crate::text;

use super::super::outgoing::{excerpt, failure_name, outcome, quoted_answer, role};
use super::course::Made;

/// How much of an answer a line shows.
const EXCERPT: usize = 100;

/// How replays are printed.
#[derive(Debug, Clone)]
pub(super) enum Face {
    /// Objects.
    Json,
    /// Lines.
    Text(Reader),
}

impl Face {
    /// A replay and what came back.
    pub(super) fn replay(&self, made: &Made, target: &Target) -> String {
        match self {
            Self::Json => object(made),
            Self::Text(Reader::Terminal { paint, .. }) => {
                let attempt = &made.attempt;
                let mut line = format!(
                    "replayed {} attempt {} to {}: {}",
                    event::short_id(&made.delivery),
                    made.attempt_said,
                    target.authority(),
                    paint.over(role(attempt), outcome(attempt))
                );
                let answer = attempt.result.as_ref().ok();
                if let Some(body) = answer.and_then(|response| excerpt(response, EXCERPT)) {
                    line += &format!("\n  {body}");
                }
                line
            }
            Self::Text(Reader::Pipe { .. }) => piped(made),
        }
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json)
    }
}

fn piped(made: &Made) -> String {
    let attempt = &made.attempt;
    let error = attempt.result.as_ref().err().map(ToString::to_string);
    let sent = Sent {
        at: attempt.started,
        of_seq: made.delivery.id.get(),
        number: attempt.number,
        target: &attempt.target,
        status: attempt.result.as_ref().ok().map(|response| response.status),
        took_ms: milliseconds(attempt.took),
        error: error.as_deref(),
    };
    let plain = Reader::Pipe { paint: Paint::Off };
    let mut line = line::notice(&Notice::Replay(sent), &plain).unwrap_or_default();
    if let Some(answer) = quoted_answer(attempt) {
        line += &format!(" answer={answer}");
    }
    line
}

fn object(made: &Made) -> String {
    let attempt = &made.attempt;
    let recognition = &made.delivery.arrival.recognition;
    let mut object = json!({
        "v": 1,
        "kind": "replay",
        "at": rfc3339(attempt.started),
        "of_seq": made.delivery.id.get(),
        "number": attempt.number,
        "event_id": recognition.event_id_text(),
        "type": recognition.event_type,
        "target": attempt.target,
        "status": null,
        "took_ms": milliseconds(attempt.took),
    });
    match &attempt.result {
        Ok(response) => {
            object["status"] = response.status.into();
            object["answer"] = String::from_utf8_lossy(&response.body).into();
        }
        Err(failure) => {
            object["failure"] = failure_name(failure).into();
            object["error"] = failure.to_string().into();
        }
    }
    text::json(object.to_string())
}
