//! What `replay` prints.

use crate::export::event;
use crate::export::line::{self, Reader};
use crate::export::ndjson;
use crate::export::notice::{Notice, Of, Sent};
use crate::export::paint::Paint;
use crate::net::client::Target;

use super::super::outgoing::{excerpt, outcome, quoted_answer, role};
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
            Self::Json => ndjson::notice(&notice(made)),
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
    let plain = Reader::Pipe { paint: Paint::Off };
    let mut line = line::notice(&notice(made), &plain).unwrap_or_default();
    if let Some(answer) = quoted_answer(&made.attempt) {
        line += &format!(" answer={answer}");
    }
    line
}

fn notice(made: &Made) -> Notice<'_> {
    let of = Of::delivery(&made.delivery);
    Notice::Replay(Sent::new(of, &made.attempt, usize::MAX))
}
