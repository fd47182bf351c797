//! One line a fact, for people at a terminal and for logs.
//!
//! | file | what |
//! |---|---|
//! | `terminal` | columns, the short clock, colour if asked |
//! | `piped` | RFC 3339 and `key=value`, colour if asked |
//! | `last_words` | the summary at the end |
//!
//! These lines may change between versions; programs read JSON lines.

mod last_words;
mod piped;
mod terminal;

use jiff::tz::TimeZone;

pub use last_words::{Waiting, last_words};

use super::disagreement;
use super::gap::Gap;
use super::notice::Notice;
use super::paint::Paint;
use super::verdict;
use crate::delivery::{Delivery, Validity};
use crate::text;

/// Who reads the lines.
#[derive(Debug, Clone)]
pub enum Reader {
    /// A person: columns and the clock of this zone.
    Terminal {
        /// The zone of the clock.
        zone: TimeZone,
        /// Whether to colour.
        paint: Paint,
    },
    /// A file or another program.
    Pipe {
        /// Whether to colour.
        paint: Paint,
    },
}

/// What is known about a delivery beside itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The time since the attempt before.
    pub gap: Option<Gap>,
    /// Why hook64 answered in the app's place, if it did.
    pub because: Option<&'a str>,
}

/// A delivery that was answered.
#[must_use]
pub fn delivery(delivery: &Delivery, beside: Beside<'_>, reader: &Reader) -> String {
    match reader {
        Reader::Terminal { zone, paint } => terminal::delivery(delivery, beside, zone, *paint),
        Reader::Pipe { paint } => piped::delivery(delivery, beside, *paint),
    }
}

/// Anything else that has a line: late, ended, held, replays and forwards, the store's troubles.
#[must_use]
pub fn notice(notice: &Notice<'_>, reader: &Reader) -> Option<String> {
    match reader {
        Reader::Terminal { zone, paint } => terminal::notice(notice, zone, *paint),
        Reader::Pipe { .. } => piped::notice(notice),
    }
}

/// What a delivery's line ends with: what a reader should not overlook.
fn remarks(delivery: &Delivery, because: Option<&str>) -> Vec<String> {
    let arrival = &delivery.arrival;
    let mut remarks = Vec::new();
    remarks.extend(because.map(|because| text::line(because.as_bytes()).into_owned()));
    if let Some(defect) = &arrival.request.defect {
        remarks.push(defect.why().to_owned());
    }
    if arrival.sighting.conflict {
        remarks.push("the same event id with another body".to_owned());
    }
    if arrival.verdict.validity() == Validity::Invalid {
        remarks.push(verdict::phrase(&arrival.verdict));
        remarks.extend(verdict::cause(delivery));
    }
    remarks.extend(disagreement::phrase(delivery));
    for disagreement in &arrival.recognition.disagreements {
        remarks.push(format!(
            "{} and the body's {} disagree",
            disagreement.header, disagreement.field
        ));
    }
    remarks
}
