//! Sends what is to be sent, and says what comes back.

use std::io::{self, IsTerminal};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::delivery::{Failure, Provider};
use crate::net::client::{Client, Limits};
use crate::outbox::run::Then;
use crate::outbox::{Batch, Outbox, Progress as Report, Schedule};
use crate::provider;

use super::super::arguments::Output;
use super::super::exit::Exit;
use super::super::listen::Stop;
use super::super::outgoing::{MANY, Tally, unreachable};
use super::super::output;
use super::super::problem::{Problem, Result};
use super::super::progress::Progress;
use super::super::{Everywhere, color};
use super::face::{Endings, Face, summary_object, summary_text};
use super::options::SendArgs;
use super::parcel::Parcels;

/// How many are under way at once when only a rate is asked for.
const AT_A_RATE: usize = 64;

/// How events are sent and shown.
pub(super) struct Pipeline {
    client: Client,
    limits: Limits,
    batch: Batch,
    face: Face,
    shown: Shown,
    is_quiet: bool,
    again: String,
}

/// Which attempts have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    All,
    /// The first ones that were not taken; a bar stands for the rest.
    Troubles(u64),
    None,
}

impl Pipeline {
    /// The pipeline that the arguments ask for.
    ///
    /// # Errors
    /// When they cannot be had.
    pub(super) fn new(
        arguments: &SendArgs,
        parcels: &Parcels,
        everywhere: Everywhere,
    ) -> Result<Self> {
        let concurrency = match (arguments.concurrency, arguments.rate) {
            (Some(concurrency), _) => usize::from(concurrency),
            (None, Some(_)) => AT_A_RATE,
            (None, None) => 1,
        };
        // A connection that was used before may be found dead, and the request is then made once
        // more. Where every single one counts, each has a connection of its own.
        let idle = if arguments.count > 1 { concurrency } else { 0 };
        // Objects are what was asked for.
        let is_silent = everywhere.quiet && matches!(arguments.output, Output::Text);
        let face = match arguments.output {
            Output::Json => Face::Json,
            Output::Text => Face::Text(output::reader(color::stdout(everywhere.color))),
        };
        let is_watched = matches!(arguments.output, Output::Text) && io::stdout().is_terminal();
        let shown = match () {
            () if is_silent => Shown::None,
            () if is_watched && everywhere.verbose == 0 && attempts(parcels) > MANY => {
                Shown::Troubles(MANY)
            }
            () => Shown::All,
        };
        Ok(Self {
            client: arguments.client.client(parcels.target(), idle)?,
            limits: arguments.client.limits()?,
            batch: Batch {
                count: arguments.count,
                concurrency,
                every: arguments.rate.map_or(Duration::ZERO, |rate| rate.every()),
                schedule: schedule(arguments, parcels.provider()),
            },
            face,
            shown,
            is_quiet: everywhere.quiet,
            again: format!(
                "hook64 send {}",
                arguments.sample.as_deref().unwrap_or("SAMPLE")
            ),
        })
    }

    /// Sends everything, or as much as there is time for.
    ///
    /// # Errors
    /// When an event cannot be made, none ever reached its target, or the output cannot be written.
    pub(super) async fn run(self, parcels: Parcels) -> Result {
        let stop = Stop::new();
        stop.on_signals()
            .map_err(|error| Problem::failed("signals", "cannot start").why(error.to_string()))?;
        let first = parcels.job(0)?;
        self.announce(&parcels);
        let outbox = Outbox::new(self.client.clone(), self.limits);
        let source = parcels.clone();
        let (unmade, trouble) = channel();
        let started = Instant::now();
        let mut running = outbox.run_while(self.batch.clone(), move |number| {
            if number == 0 {
                return Some(first.clone());
            }
            source
                .job(number)
                .map_err(|problem| unmade.send(problem))
                .ok()
        });
        let mut sent = Sent {
            pipeline: &self,
            parcels: &parcels,
            progress: self.progress(&parcels),
            tally: Tally::default(),
            endings: Endings::default(),
            troubles: 0,
            last_failure: None,
        };
        let told = stop.told();
        tokio::pin!(told);
        let mut stopped = None;
        while stopped.is_none() {
            let reports = tokio::select! {
                reports = running.next_many() => reports,
                () = &mut told => {
                    stopped = Some(stop.exit());
                    running.at_hand()
                }
            };
            if reports.is_empty() {
                break;
            }
            for report in &reports {
                sent.add(report)?;
            }
        }
        drop(running);
        sent.summarise(started.elapsed())?;
        match trouble.try_recv() {
            Ok(problem) => Err(problem),
            Err(_) => sent.ending(stopped),
        }
    }

    /// Says what is about to be sent.
    fn announce(&self, parcels: &Parcels) {
        if self.is_quiet || self.face.is_json() {
            return;
        }
        let what = parcels.event_type().unwrap_or("a body");
        let what = match parcels.count() {
            1 => what.to_owned(),
            count => format!("{count} x {what}"),
        };
        let what = crate::text::line(what.as_bytes()).into_owned();
        let signed = parcels.signed();
        let (target, seed) = (parcels.target(), parcels.seed());
        output::complain(&format!(
            "Sending {what} to {target}, {signed} (seed {seed})\n"
        ));
        if parcels.lacks_secret() {
            output::note(match parcels.provider() {
                Provider::Elan => "no secret of ELAN was given; sign with --elan-secret-file FILE",
                _ => "no secret was given; sign with --secret-file FILE",
            });
        }
        if parcels.idle_secrets() > 0 {
            output::note("ELAN's header has one signature: it is made with the first secret");
        }
    }

    fn progress(&self, parcels: &Parcels) -> Progress {
        if self.is_quiet || attempts(parcels) <= MANY {
            Progress::hidden()
        } else {
            Progress::new(parcels.count())
        }
    }
}

/// How many attempts there are at least.
fn attempts(parcels: &Parcels) -> u64 {
    parcels
        .count()
        .saturating_mul(u64::from(parcels.copies().count.max(1)))
}

fn schedule(arguments: &SendArgs, provider: Provider) -> Schedule {
    let schedule = match (&arguments.gaps, arguments.retries) {
        (None, None) => Schedule::documented(provider),
        (gaps, retries) => {
            let documented = provider::gaps(Provider::Sixtyfour);
            let as_many = u32::try_from(documented.len()).unwrap_or(u32::MAX);
            let gaps = match gaps {
                Some(gaps) => gaps.iter().map(|gap| gap.0).collect(),
                None => documented.to_vec(),
            };
            Schedule::new(gaps, retries.unwrap_or(as_many))
        }
    };
    schedule.at_speed(arguments.speed)
}

/// What was sent so far.
struct Sent<'a> {
    pipeline: &'a Pipeline,
    parcels: &'a Parcels,
    progress: Progress,
    tally: Tally,
    endings: Endings,
    troubles: u64,
    last_failure: Option<(Failure, Option<String>)>,
}

impl Sent<'_> {
    fn add(&mut self, report: &Report) -> Result<()> {
        let attempt = &report.outcome.attempt;
        self.tally.add(attempt);
        if let Err(failure) = &attempt.result {
            self.last_failure = Some((failure.clone(), report.outcome.fix.clone()));
        }
        if let Then::Done(ending) = report.then {
            self.endings.add(ending);
            self.progress.advance(1);
        }
        if !attempt.delivered() {
            self.troubles += 1;
            self.progress.say(format!("{} not taken", self.troubles));
        }
        let is_shown = match self.pipeline.shown {
            Shown::All => true,
            Shown::Troubles(most) => !attempt.delivered() && self.troubles <= most,
            Shown::None => false,
        };
        if !is_shown {
            return Ok(());
        }
        let line = self.pipeline.face.attempt(self.parcels, report);
        self.progress.aside(|| output::print(&(line + "\n")))
    }

    /// Says what became of it all.
    fn summarise(&self, ran: Duration) -> Result<()> {
        self.progress.clear();
        let Pipeline { face, is_quiet, .. } = self.pipeline;
        let is_more_than_its_line = self.parcels.count() > 1
            || self.tally.attempts() > 1
            || self.endings.all() < self.parcels.count();
        if face.is_json() {
            let object = summary_object(&self.tally, &self.endings, self.parcels, ran);
            output::print(&(object + "\n"))?;
        } else if !is_quiet && is_more_than_its_line {
            let words = summary_text(&self.tally, &self.endings, self.parcels, ran);
            output::complain(&words);
        }
        Ok(())
    }

    /// What the events that were finished say; `stopped` is the code of who was told to stop, and
    /// then the others say nothing.
    fn ending(&self, stopped: Option<Exit>) -> Result {
        let Endings {
            delivered,
            undelivered,
            unreached,
        } = self.endings;
        match (stopped, &self.last_failure) {
            (Some(Exit::Terminated), _) => Ok(Exit::Terminated),
            (_, Some((failure, fix))) if unreached > 0 && unreached == self.endings.all() => {
                Err(self.unreachable(failure, fix.as_deref()))
            }
            _ if undelivered + unreached > 0 => Ok(Exit::Verdict),
            (Some(exit), _) => Ok(exit),
            (None, _) if delivered == self.parcels.count() => Ok(Exit::Done),
            (None, _) => Ok(Exit::Verdict),
        }
    }

    fn unreachable(&self, failure: &Failure, fix: Option<&str>) -> Problem {
        let target = self.parcels.target();
        let event = self.parcels.event_type().unwrap_or("the body");
        let what = format!("could not deliver {event} to {target}");
        unreachable(&what, failure, fix, target, &self.pipeline.again)
    }
}
