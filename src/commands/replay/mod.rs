//! `hook64 replay`: deliver captures again, as they came or signed anew, changed or not.
//!
//! `options` are as written, `select` finds the captures, `plan` says how they are replayed, `edit`
//! opens one in an editor, `course` makes the replays, `record` keeps them beside the captures and
//! `face` prints them.

mod course;
mod edit;
mod face;
mod options;
mod plan;
mod record;
mod select;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crate::delivery::{DeliveryId, Failure};
use crate::export::event;
use crate::net::client::Target;
use crate::outbox::Outbox;
use crate::outbox::replay::ReplayError;
use crate::store::{Location, Store};
use crate::text;

use super::arguments::Output;
use super::exit::Exit;
use super::listen::Stop;
use super::lookup;
use super::outgoing::{Consent, MANY, Tally, ask, block_on, unreachable};
use super::output;
use super::problem::{Problem, Result};
use super::progress::Progress;
use super::secrets;
use super::settings::Layer;
use super::{Everywhere, color};

use course::Made;
pub(super) use course::{Course, Report};
use face::Face;
pub(super) use options::ReplayArgs;
pub(super) use plan::{Manner, Pace, Plan};
pub(super) use record::Recorder;

pub(super) fn run(arguments: &ReplayArgs, everywhere: Everywhere) -> Result {
    let location = arguments.store.location()?;
    let store = lookup::open_at(&location)?;
    let ids = select::select(&store, &location, &arguments.which)?;
    consent(arguments, ids.len())?;
    let keyring = secrets::load(&arguments.secrets, &Layer::from_files()?)?;
    let mut plan = Plan::new(arguments, keyring)?;
    if plan.expires() && ids.iter().all(|id| is_timeless(&store, *id, &plan)) {
        return Err(
            Problem::usage("--expired does nothing for deliveries of ELAN")
                .why(ReplayError::NoTime.to_string())
                .fix("have it refused in another way: --bad-signature, or --unsigned"),
        );
    }
    if arguments.edit && !edit_body(&store, &ids, &mut plan, everywhere)? {
        output::complain("Nothing was sent.\n");
        return Ok(Exit::Done);
    }
    let idle = if arguments.concurrency > 1 {
        usize::from(arguments.concurrency)
    } else {
        0
    };
    let client = arguments.client.client(&arguments.to, idle)?;
    let course = Course {
        outbox: Outbox::new(client, arguments.client.limits()?),
        store,
        ids,
        plan,
        times: arguments.times,
        pace: match (arguments.every, arguments.speed) {
            (Some(every), _) => Pace::Every(every.0),
            (None, Some(speed)) => Pace::AsArrived(speed),
            (None, None) => Pace::AtOnce,
        },
        concurrency: usize::from(arguments.concurrency),
    };
    block_on(replay(course, location, arguments, everywhere))
}

/// A replay leaves this machine only if the person says so.
fn consent(arguments: &ReplayArgs, count: usize) -> Result<()> {
    let target = &arguments.to;
    if target.is_loopback() || arguments.allow_remote {
        return Ok(());
    }
    let captures = match count {
        1 => "1 capture".to_owned(),
        _ => format!("{count} captures"),
    };
    let question = format!(
        "Replay {captures} to {}, which is not this machine?",
        target.host()
    );
    match ask(&question, false) {
        Consent::Given => Ok(()),
        Consent::Refused | Consent::Nobody => Err(not_local(arguments, target)),
    }
}

fn not_local(arguments: &ReplayArgs, target: &Target) -> Problem {
    let host = target.host();
    let which = arguments.which.join(" ");
    Problem::new(
        Exit::Usage,
        "not_local",
        format!("refusing to replay to {host}: it is not this machine"),
    )
    .why("a replay sends a signed copy of real data")
    .fix(format!(
        "if you mean it, say so:  hook64 replay {which} --to {target} --allow-remote"
    ))
}

/// Whether a capture is to be expired and cannot be. One that cannot be read is another matter.
fn is_timeless(store: &Store, id: DeliveryId, plan: &Plan) -> bool {
    let delivery = store.get(id).ok().flatten();
    delivery.is_some_and(|delivery| plan.never_expires(&delivery))
}

/// Opens the body of the one capture in an editor; says whether it is to be sent.
fn edit_body(
    store: &Store,
    ids: &[DeliveryId],
    plan: &mut Plan,
    everywhere: Everywhere,
) -> Result<bool> {
    let [id] = ids else {
        return Err(Problem::usage("--edit takes one capture")
            .why(format!("{} were named", ids.len()))
            .fix("name one of them, or change all of them with --set .path=JSON"));
    };
    let delivery = lookup::delivery(store, &id.to_string(), select::AGAIN)?;
    let mut body = delivery.request().body.clone();
    for edit in std::mem::take(&mut plan.replay.edits) {
        let changed = edit.apply(&body);
        body = changed
            .map_err(|error| impossible(*id, &error.to_string()))?
            .into();
    }
    let edited = edit::edit(&body, color::stderr(everywhere.color))?;
    plan.replay.body = Some(edited.body);
    let Some(difference) = edited.difference else {
        output::complain("note: the body was not changed in the editor\n");
        return Ok(ask("Send it all the same?", true) != Consent::Refused);
    };
    output::complain(&difference);
    if let Some(remark) = edited.remark {
        output::complain(&format!("note: {remark}\n"));
    }
    Ok(ask("Send it?", true) != Consent::Refused)
}

async fn replay(
    course: Course,
    location: Location,
    arguments: &ReplayArgs,
    everywhere: Everywhere,
) -> Result {
    let stop = Stop::new();
    stop.on_signals()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    let wanted = (course.ids.len() as u64).saturating_mul(u64::from(course.times));
    let mut session = Session::new(arguments, everywhere, wanted, course.plan.keeps_event_id());
    let mut recorder = Recorder::new(location);
    let started = Instant::now();
    let mut running = course.start();
    let told = stop.told();
    tokio::pin!(told);
    let mut stopped = None;
    let mut outcome = Ok(());
    loop {
        let report = tokio::select! {
            report = running.next() => report,
            () = &mut told, if stopped.is_none() => {
                stopped = Some(stop.exit());
                running.halt();
                continue;
            }
        };
        let Some(report) = report else { break };
        if outcome.is_ok() {
            outcome = session.take(&report);
            if outcome.is_err() {
                running.halt();
            }
        }
        if let Report::Made(made) = report {
            recorder.add(made.outgoing()).await;
        }
    }
    session.progress.clear();
    recorder.finish().await;
    running.end().await;
    outcome?;
    session.finish(started.elapsed(), stopped)
}

/// What was replayed so far.
struct Session<'a> {
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
    last_failure: Option<(String, Failure)>,
    given_up: u64,
    deduped: bool,
}

impl<'a> Session<'a> {
    fn new(
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
            is_quiet: everywhere.quiet,
            wanted,
            keeps_event_id,
            tally: Tally::default(),
            impossible: Vec::new(),
            last_failure: None,
            given_up: 0,
            deduped: false,
        }
    }

    fn take(&mut self, report: &Report) -> Result<()> {
        match report {
            Report::Remark(remark) => {
                if !self.is_quiet {
                    let note = format!("note: {remark}\n");
                    self.progress.aside(|| output::complain(&note));
                }
                Ok(())
            }
            Report::Impossible(id, why) => {
                self.progress.advance(u64::from(self.arguments.times));
                if self.wanted > 1 {
                    let warning = impossible(*id, why).text("warning");
                    self.progress.aside(|| output::complain(&warning));
                }
                self.impossible.push((*id, why.clone()));
                Ok(())
            }
            Report::Made(made) => self.made(made),
        }
    }

    fn made(&mut self, made: &Made) -> Result<()> {
        let attempt = &made.attempt;
        self.tally.add(attempt);
        self.progress.advance(1);
        match &attempt.result {
            Ok(response) => self.deduped |= self.keeps_event_id && response.status == 409,
            Err(Failure::Stopped) => self.given_up += 1,
            Err(failure) => {
                let id = event::short_id(&made.delivery);
                self.last_failure = Some((id, failure.clone()));
            }
        }
        // One that was not answered at all is told as an error.
        let is_told_later = self.last_failure.is_some() && self.wanted == 1 && !self.face.is_json();
        let is_dull = self.is_short && attempt.delivered();
        if self.is_quiet || is_dull || is_told_later {
            return Ok(());
        }
        let line = self.face.replay(made, &self.arguments.to);
        self.progress.aside(|| output::print(&(line + "\n")))
    }

    /// What became of it all; `stopped` is how it ends when somebody wanted that.
    fn finish(self, ran: Duration, stopped: Option<Exit>) -> Result {
        let is_worth_it =
            self.wanted > 1 || self.face.is_json() || self.given_up + self.not_made() > 0;
        if is_worth_it && !self.is_quiet {
            self.summarise(ran)?;
        }
        if let ([(id, why)], 1) = (&self.impossible[..], self.wanted) {
            return Err(impossible(*id, why));
        }
        if self.deduped && !self.is_quiet && !self.face.is_json() {
            output::complain(
                "note: the event id was kept, so an app that dedupes answers like this. \
                 New id: --event-id new\n",
            );
        }
        if let Some(exit) = stopped
            && (exit == Exit::Terminated || !self.arguments.fail)
        {
            return Ok(exit);
        }
        match self.last_failure {
            Some((id, failure)) => Err(unanswered(&self.tally, &id, &failure, self.arguments)),
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

fn impossible(id: DeliveryId, why: &str) -> Problem {
    Problem::failed("not_replayable", format!("cannot replay delivery {id}"))
        .why(why)
        .fix(format!("look at it: hook64 show {id}"))
}

fn unanswered(tally: &Tally, id: &str, failure: &Failure, arguments: &ReplayArgs) -> Problem {
    let target = &arguments.to;
    let what = match (tally.unanswered(), tally.attempts()) {
        (1, 1) => format!("could not replay {id} to {target}"),
        (lost, all) => format!("{lost} of {all} replays to {target} were not answered"),
    };
    let again = format!("hook64 replay {}", arguments.which.join(" "));
    unreachable(&what, failure, target, &again)
}
