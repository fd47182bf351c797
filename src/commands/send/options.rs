//! The options of `send`, and what of them decides which event is sent.

use std::path::PathBuf;

use clap::Args;

use crate::delivery::{Header, Provider};
use crate::net::client::Target;
use crate::outbox::Edit;
use crate::outbox::schedule::Speed;
use crate::provider::samples::{self, Sample};

use super::super::arguments::{Output, SecretArgs};
use super::super::input;
use super::super::outgoing::ClientArgs;
use super::super::problem::{Problem, Result};
use super::super::values::Span;
use super::super::verify;
use super::values::{Rate, Skew, event_id};

/// Be the provider: deliver a signed event as it does, with its retries.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 delivered, 5 undelivered, 4 never connected; stopped with Ctrl-C, only events \
                  that were finished count."
)]
pub(in crate::commands) struct SendArgs {
    /// Which event; --list names them
    #[arg(value_name = "SAMPLE")]
    pub(super) sample: Option<String>,
    /// Where to [default: http://127.0.0.1:6464/webhooks/sixtyfour, or …/elan]
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<Target>,
    /// List the samples
    #[arg(long)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) secrets: SecretArgs,

    /// The failed form of the sample
    #[arg(long, conflicts_with = "body", help_heading = "What is sent")]
    pub(super) failed: bool,
    /// Send the bytes of this file as the body; `-` reads standard input
    #[arg(long, value_name = "FILE", help_heading = "What is sent")]
    pub(super) body: Option<PathBuf>,
    /// Whose event the --body is: sixtyfour or elan [default: the sample's, else what it looks like]
    #[arg(long, requires = "body", help_heading = "What is sent")]
    pub(super) provider: Option<Provider>,
    /// Change the body: `.result.email=null`. Repeatable
    #[arg(long, value_name = ".PATH=JSON", help_heading = "What is sent")]
    pub(super) set: Vec<Edit>,
    /// A further header, or another value for one: `Name: value`. Repeatable
    #[arg(long, value_name = "HEADER", value_parser = verify::header, help_heading = "What is sent")]
    pub(super) header: Vec<Header>,
    /// The event's id, in the header and the body [default: a new one]
    #[arg(long, value_name = "ID", value_parser = event_id, help_heading = "What is sent")]
    pub(super) event_id: Option<String>,
    /// The same events again for the same number, times aside [default: a random one, which is shown]
    #[arg(long, value_name = "N", help_heading = "What is sent")]
    pub(super) seed: Option<u64>,

    /// How often to try again [default: 5, as documented; ELAN documents none]
    #[arg(long, value_name = "N", help_heading = "Pipeline",
          value_parser = clap::value_parser!(u32).range(..=1000))]
    pub(super) retries: Option<u32>,
    /// How long to wait before each of them; the last one repeats [default: 1s,2s,4s,8s,16s]
    #[arg(
        long,
        value_name = "DURATION,…",
        value_delimiter = ',',
        help_heading = "Pipeline"
    )]
    pub(super) gaps: Option<Vec<Span>>,
    /// Wait shorter: 100x makes a second 10 ms
    #[arg(long, value_name = "FACTOR", default_value_t = Speed::LIFE, help_heading = "Pipeline")]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) client: ClientArgs,

    /// Leave the signature out
    #[arg(long, conflicts_with_all = ["wrong_secret", "skew"], help_heading = "Misbehave")]
    pub(super) unsigned: bool,
    /// Sign with a secret that nobody has
    #[arg(long, help_heading = "Misbehave")]
    pub(super) wrong_secret: bool,
    /// Change one character of the body after signing it
    #[arg(long, help_heading = "Misbehave")]
    pub(super) tamper: bool,
    /// Sign another time than now: --skew=-600s
    #[arg(
        long,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Misbehave"
    )]
    pub(super) skew: Option<Skew>,
    /// Leave out the headers for event id, event type and attempt
    #[arg(long, help_heading = "Misbehave")]
    pub(super) drop_headers: bool,
    /// Deliver each event so often, one after the other, whatever is answered
    #[arg(long, value_name = "N", help_heading = "Misbehave",
          conflicts_with_all = ["concurrent", "retries", "gaps"],
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) duplicate: Option<u32>,
    /// Deliver each event so often, all at once
    #[arg(long, value_name = "N", help_heading = "Misbehave",
          conflicts_with_all = ["retries", "gaps"],
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) concurrent: Option<u32>,
    /// The last attempt's number first; 3 attempts, or as many as --duplicate says
    #[arg(long, help_heading = "Misbehave", conflicts_with_all = ["retries", "gaps"])]
    pub(super) out_of_order: bool,

    /// How many events, each of its own; connections are then used again
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Load",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: u64,
    /// How many may start in a time: 50/s, 10/m [default: as fast as they are answered]
    #[arg(long, value_name = "RATE", help_heading = "Load")]
    pub(super) rate: Option<Rate>,
    /// How many may be under way at once [default: 1, with --rate 64]
    #[arg(long, value_name = "C", help_heading = "Load",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) concurrency: Option<u16>,

    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) output: Output,
}

/// Which event is sent.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// A sample.
    Sample(Sample),
    /// These bytes, as the event that was named.
    Body { bytes: Vec<u8>, sample: Named },
}

/// What was named beside a body.
#[derive(Debug, Clone)]
pub(super) enum Named {
    /// A sample: the body is of its type, and comes from its provider.
    Sample(Sample),
    /// A type that no sample has.
    Type(String),
    /// Nothing.
    Nothing,
}

impl Named {
    fn of(name: Option<&str>) -> Self {
        name.map_or(Self::Nothing, |name| {
            samples::find(name).map_or_else(
                |_| Self::Type(name.to_owned()),
                |sample| Self::Sample(*sample),
            )
        })
    }

    /// The event's type, if that was said.
    pub(super) fn event_type(&self) -> Option<&str> {
        match self {
            Self::Sample(sample) => Some(sample.event_type),
            Self::Type(name) => Some(name),
            Self::Nothing => None,
        }
    }
}

impl What {
    /// What the arguments name.
    pub(super) fn of(arguments: &SendArgs) -> Result<Self> {
        if let Some(path) = &arguments.body {
            return Ok(Self::Body {
                bytes: input::read(path, "body")?,
                sample: Named::of(arguments.sample.as_deref()),
            });
        }
        let Some(name) = &arguments.sample else {
            return Err(Problem::usage("there is nothing to send")
                .why("no sample and no --body was named")
                .fix("hook64 send find_email\n  hook64 send --list"));
        };
        let sample = samples::find(name).map_err(|unknown| {
            let problem = Problem::usage(format!("no sample is called \"{name}\""));
            match unknown.nearest {
                Some(nearest) => problem.fix(format!(
                    "did you mean {nearest}?  hook64 send --list names all"
                )),
                None => problem
                    .fix("hook64 send --list names them all; --body FILE sends a body of your own"),
            }
        })?;
        if !arguments.failed {
            return Ok(Self::Sample(*sample));
        }
        sample.failed().map(Self::Sample).ok_or_else(|| {
            Problem::usage(format!("{name} has no failed form"))
                .why("such an event never tells of a failure")
                .fix("hook64 send --list marks those that do")
        })
    }
}
