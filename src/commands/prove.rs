//! `hook64 prove`: does a handler do what the provider's documentation wants of it? As a table, as
//! JSON and as JUnit XML; the exit code says it in one word.

mod effects;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::delivery::{Failure, Scheme};
use crate::export::paint::{Paint, Role};
use crate::net::client::{Outcome, Target};
use crate::outbox::Prover;
use crate::outbox::prove::{CaseResult, Judgement, Report, Rows, Suite};
use crate::signature::Keyring;

use super::arguments::{Output, SecretArgs};
use super::exit::Exit;
use super::listen::Stop;
use super::outgoing::{ClientArgs, block_on, unreachable};
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::Layer;
use super::{Everywhere, color};

/// Deliver what a handler of Sixtyfour's or ELAN's events has to get right, and judge its answers.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything holds, 5 something does not or was skipped, 4 the handler was never reached.\n\n\
                  Whose events are delivered is told by the secret files that are named: Sixtyfour's, ELAN's or \
                  both. Without one, it is told by the secrets of the environment and the configuration.\n\n\
                  Answers show that duplicates are taken, not that nothing is done twice. With --effects that is seen, \
                  too: the command prints how many effects there are so far, as one number, and each event has to add \
                  exactly one (at most one where the event is a failure, unknown or a single step; none where the \
                  delivery is to be refused). It is run by sh, before the first case and several times after each, until the number \
                  stands still, and has 10 s each time; one that does not count at first is an error of usage (2).\n\n\
                  When the first case is not answered in time, the others are skipped."
)]
pub(super) struct ProveArgs {
    /// The handler
    #[arg(long, value_name = "URL")]
    to: Target,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    client: ClientArgs,
    /// Count the handler's effects, too: a command that prints how many there are so far
    #[arg(long, value_name = "COMMAND")]
    effects: Option<String>,
    /// The same events again for the same number, times aside [default: a random one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the results there as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &ProveArgs, everywhere: Everywhere) -> Result {
    let keyring = secrets::load(&arguments.secrets, &Layer::from_files()?)?;
    let suites = suites(&arguments.secrets, &keyring);
    let has_secret = suites.iter().all(Suite::has_secret);
    // A connection of its own for each request, so that none is ever repeated.
    let client = arguments.client.client(&arguments.to, 0)?;
    let limits = arguments.client.limits()?;
    let prover = Prover::new(client, arguments.to.clone(), suites, limits);
    let mut face = Face {
        output: arguments.output,
        is_quiet: everywhere.quiet,
        is_reached: false,
        rows: Rows::default(),
        paint: color::stdout(everywhere.color),
    };
    let report = block_on(unless_stopped(async {
        let effects = match &arguments.effects {
            Some(command) => Some(effects::effects(command, limits.timeout).await?),
            None => None,
        };
        let prover = prover.counting(effects);
        let seed = arguments
            .seed
            .unwrap_or_else(|| u64::from(fastrand::u32(..)));
        face.begin(arguments, seed, has_secret);
        prove(&prover, seed, &mut face).await
    }))?;
    face.end(&report)?;
    if arguments.output == Output::Json {
        output::print(&(report.to_json() + "\n"))?;
    }
    if let Some(path) = &arguments.junit {
        write_junit(path, &report)?;
    }
    if !report.reached() {
        return Err(never_reached(&report, arguments));
    }
    Ok(if report.holds() {
        Exit::Done
    } else {
        Exit::Verdict
    })
}

/// Whose cases are tried. A handler of one provider is not to be blamed for a secret of the other's
/// that happens to be in the environment, so the flags come first.
fn suites(flags: &SecretArgs, keyring: &Keyring) -> Vec<Suite> {
    let sixtyfour = !flags.secret_file.is_empty();
    let elan = !flags.elan_secret_file.is_empty();
    let schemes: &[Scheme] = match (sixtyfour, elan) {
        (true, true) => &[Scheme::Sixtyfour, Scheme::Elan],
        (true, false) => &[Scheme::Sixtyfour],
        (false, true) => &[Scheme::Elan],
        (false, false) if keyring.sixtyfour.is_empty() && !keyring.elan.is_empty() => {
            &[Scheme::Elan]
        }
        (false, false) => &[Scheme::Sixtyfour],
    };
    let suite = |scheme: &Scheme| Suite::new(*scheme, keyring.of(*scheme));
    schemes.iter().map(suite).collect()
}

async fn prove(prover: &Prover, seed: u64, face: &mut Face) -> Result<Report> {
    let mut told = Ok(());
    let report = prover
        .run(seed, |result| {
            if told.is_ok() {
                told = face.case(result);
            }
        })
        .await;
    told.map(|()| report)
}

/// The same, and what it has started is ended with it when it is interrupted.
async fn unless_stopped(proving: impl Future<Output = Result<Report>>) -> Result<Report> {
    let stop = Stop::new();
    stop.on_signals()
        .map_err(|error| Problem::failed("signals", "cannot start").why(error.to_string()))?;
    tokio::select! {
        report = proving => report,
        () = stop.told() => {
            // What was not tried is not proved, whoever stopped it.
            let exit = match stop.exit() {
                Exit::Done => Exit::Verdict,
                exit => exit,
            };
            Err(Problem::new(exit, "interrupted", "not all cases were tried"))
        }
    }
}

/// Prints the table row by row.
struct Face {
    output: Output,
    is_quiet: bool,
    is_reached: bool,
    rows: Rows,
    paint: Paint,
}

impl Face {
    fn begin(&self, arguments: &ProveArgs, seed: u64, has_secret: bool) {
        if self.output == Output::Text && !self.is_quiet {
            output::complain(&format!("Proving {} (seed {seed})\n", arguments.to));
        }
        if !has_secret {
            let what = "the cases about signatures are skipped";
            let warning = Problem::new(Exit::Verdict, "no_secret", what)
                .why("they need the handler's secret, and none was given")
                .fix("hook64 prove --to URL --secret-file FILE");
            output::warn(&warning);
        }
    }

    /// A row, once there is somebody to prove anything to.
    fn case(&mut self, result: &CaseResult) -> Result<()> {
        self.is_reached |= result.evidence.iter().any(Outcome::reached);
        if self.output != Output::Text || !self.is_reached {
            return Ok(());
        }
        let row = self.rows.row(result);
        let word = result.judgement.word();
        let role = match result.judgement {
            Judgement::Held => Role::Good,
            Judgement::Broken(_) => Role::Bad,
            Judgement::Skipped(_) => Role::Busy,
        };
        let rest = row.strip_prefix(word).unwrap_or(&row);
        output::print(&format!("{}{rest}\n", self.paint.over(role, word)))
    }

    fn end(&self, report: &Report) -> Result<()> {
        if self.output != Output::Text || !self.is_reached {
            return Ok(());
        }
        output::print(&format!("{}\n", report.closing()))
    }
}

fn write_junit(path: &Path, report: &Report) -> Result<()> {
    fs::write(path, report.to_junit()).map_err(|error| {
        Problem::failed("output", format!("cannot write {}", path.display()))
            .why(error.to_string())
            .fix("name a file in a directory that you can write to: --junit FILE")
    })
}

fn never_reached(report: &Report, arguments: &ProveArgs) -> Problem {
    let outcomes = report.results.iter().flat_map(|result| &result.evidence);
    let (failure, fix) = outcomes
        .filter_map(|outcome| {
            let failure = outcome.attempt.result.as_ref().err()?;
            Some((failure, outcome.fix.as_deref()))
        })
        .next_back()
        .unzip();
    let target = &arguments.to;
    let what = format!("could not deliver anything to {target}");
    let unknown = Failure::Unreachable("no connection was made".to_owned());
    let failure = failure.unwrap_or(&unknown);
    unreachable(&what, failure, fix.flatten(), target, "hook64 prove")
}
