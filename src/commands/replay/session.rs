//! What was replayed so far: counted, printed, and summed up at the end.

use std::io::{self, IsTerminal};
use std::time::Duration;

use crate::delivery::{DeliveryId, Failure};
use crate::export::event;
use crate::text;

use super::super::arguments::Output;
use super::super::exit::Exit;
use super::super::outgoing::{MANY, Tally, unreachable};
use super::super::problem::{Problem, Result};
use super::super::progress::Progress;
use super::super::{Everywhere, color, output};
use super::course::{Made, Report};
use super::face::Face;
use super::impossible;
use super::options::ReplayArgs;
use super::typed;

/// What was replayed so far.
pub(super) struct Session<'a> {
    arguments: &'a ReplayArgs,
    face: Face,
    is_quiet: bool,
    /// Only what went wrong has a line; a bar stands for the rest.
    is_short: bool,
    progress: Progress,
    wanted: u64,
    keeps_event_id: bool,
    tally: Tally,
    impossible: Vec<(DeliveryId, String)>,
    last_failure: Option<Unanswered>,
    given_up: u64,
    deduped: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        arguments: &'a ReplayArgs,
        everywhere: Everywhere,
        wanted: u64,
        keeps_event_id: bool,
    ) -> Self {
        let face = match arguments.output {
            Output::Json => Face::Json,
            Output::Text => Face::Text(output::reader(color::stdout(everywhere.color))),
        };
        let is_many = wanted > MANY;
        Self {
            is_short: is_many
                && !face.is_json()
                && everywhere.verbose == 0
                && io::stdout().is_terminal(),
            progress: if is_many && !everywhere.quiet {
                Progress::new(wanted)
            } else {
                Progress::hidden()
            },
            arguments,
            face,
            // Objects are what was asked for.
            is_quiet: everywhere.quiet && arguments.output == Output::Text,
            wanted,
            keeps_event_id,
            tally: Tally::default(),
            impossible: Vec::new(),
            last_failure: None,
            given_up: 0,
            deduped: false,
        }
    }

    /// Counts and prints.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn take(&mut self, report: &Report) -> io::Result<()> {
        match report {
            Report::Remark(remark) => {
                self.progress.aside(|| output::note(remark));
                Ok(())
            }
            Report::Impossible(id, why) => {
                self.progress.advance(u64::from(self.arguments.times));
                if self.wanted > 1 {
                    let warning = impossible(*id, why);
                    self.progress.aside(|| output::warn(&warning));
                }
                self.impossible.push((*id, why.clone()));
                Ok(())
            }
            Report::Made(made) => self.made(made),
        }
    }

    fn made(&mut self, made: &Made) -> io::Result<()> {
        let attempt = &made.attempt;
        self.tally.add(attempt);
        self.progress.advance(1);
        match &attempt.result {
            Ok(response) => self.deduped |= self.keeps_event_id && response.status == 409,
            Err(Failure::Stopped) => self.given_up += 1,
            Err(failure) => {
                let id = event::short_id(&made.delivery);
                self.last_failure = Some(Unanswered {
                    id,
                    failure: failure.clone(),
                    fix: made.fix.clone(),
                });
            }
        }
        // One that was not answered at all is told as an error.
        let is_told_later = self.last_failure.is_some() && self.wanted == 1 && !self.face.is_json();
        let is_dull = self.is_short && attempt.delivered();
        if self.is_quiet || is_dull || is_told_later {
            return Ok(());
        }
        let line = self.face.replay(made, &self.arguments.to);
        let line = line + "\n";
        self.progress.aside(|| output::try_write(line.as_bytes()))
    }

    /// Nothing more is under way.
    pub(super) fn pause(&self) {
        self.progress.clear();
    }

    /// What became of it all; `stopped` is how it ends when somebody wanted that.
    ///
    /// # Errors
    /// When nothing could be replayed, or something was not answered.
    pub(super) fn finish(self, ran: Duration, stopped: Option<Exit>) -> Result {
        let is_worth_it =
            self.wanted > 1 || self.face.is_json() || self.given_up + self.not_made() > 0;
        if is_worth_it && !self.is_quiet {
            self.summarise(ran)?;
        }
        if let ([(id, why)], 1) = (&self.impossible[..], self.wanted) {
            return Err(impossible(*id, why));
        }
        if self.deduped {
            output::note(
                "the event id was kept, so an app that dedupes answers like this. \
                 New id: --event-id new",
            );
        }
        if let Some(exit) = stopped
            && (exit == Exit::Terminated || !self.arguments.fail)
        {
            return Ok(exit);
        }
        match self.last_failure {
            Some(lost) => Err(lost.problem(&self.tally, self.arguments)),
            None if self.arguments.fail && self.tally.refused() > 0 => Ok(Exit::Verdict),
            None if !self.impossible.is_empty() => Ok(Exit::Failed),
            None => Ok(Exit::Done),
        }
    }

    /// How many replays were wanted and not begun.
    fn not_made(&self) -> u64 {
        let times = u64::from(self.arguments.times);
        let impossible = (self.impossible.len() as u64).saturating_mul(times);
        self.wanted
            .saturating_sub(impossible)
            .saturating_sub(self.tally.attempts())
    }

    /// What is missing from the replays that were wanted, for a person.
    fn missing(&self) -> String {
        let left_out = match self.impossible.len() {
            1 => "1 capture left out".to_owned(),
            count => format!("{count} captures left out"),
        };
        let given_up = format!("{} given up", self.given_up);
        let not_made = format!("{} not made", self.not_made());
        let counted = [
            (self.impossible.len() as u64, left_out),
            (self.given_up, given_up),
            (self.not_made(), not_made),
        ];
        let parts: Vec<_> = counted
            .into_iter()
            .filter_map(|(count, words)| (count > 0).then_some(words))
            .collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ({})", parts.join(", ")),
        }
    }

    fn summarise(&self, ran: Duration) -> Result<()> {
        if !self.face.is_json() {
            let began = format!("Replayed to {}{}", self.arguments.to, self.missing());
            output::complain(&self.tally.text(&began, ran));
            return Ok(());
        }
        let mut object = serde_json::json!({
            "v": 1,
            "kind": "replayed",
            "target": self.arguments.to.to_string(),
            "left_out": self.impossible.len(),
            "given_up": self.given_up,
            "not_made": self.not_made(),
        });
        if let serde_json::Value::Object(fields) = &mut object {
            fields.extend(self.tally.fields(ran));
        }
        output::print(&(text::json(object.to_string()) + "\n"))
    }
}

/// A replay that nobody answered.
struct Unanswered {
    id: String,
    failure: Failure,
    fix: Option<String>,
}

impl Unanswered {
    fn problem(&self, tally: &Tally, arguments: &ReplayArgs) -> Problem {
        let target = &arguments.to;
        let what = match (tally.unanswered(), tally.attempts()) {
            (1, 1) => format!("could not replay {} to {target}", self.id),
            (lost, all) => format!("{lost} of {all} replays to {target} were not answered"),
        };
        let again = typed::without_target();
        unreachable(&what, &self.failure, self.fix.as_deref(), target, &again)
    }
}
