//! `hook64 export`: captures as files that other tools read.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::export::credentials::Credentials;
use crate::export::curl::{self, CurlError};
use crate::export::ndjson::{self, Bodies};
use crate::export::{har, http};
use crate::signature::digest;
use crate::store::Order;
use crate::text;

use super::arguments::StoreArgs;
use super::exit::Exit;
use super::lookup;
use super::output::{self, Printer};
use super::problem::{Problem, Result};
use super::values::limit;

/// Write the deliveries that match a filter, the oldest first.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Which deliveries: `seq:12`, `type:find_email sig:bad`, …
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// In which form
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// At most so many, the oldest
    #[arg(short = 'n', long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Write there instead of standard output
    #[arg(short = 'O', long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the curl commands post to: scheme, host and port are used
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:6464")]
    to: String,
    /// How much of the bodies goes into NDJSON
    #[arg(long, value_enum, default_value_t)]
    body: BodyChoice,
    /// Show header values that give access (Authorization, cookies, API keys) instead of masking them
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The objects that listen --output json prints
    #[default]
    Ndjson,
    /// The bytes that came over the wire
    Http,
    /// Commands that send the requests again
    Curl,
    /// The bodies and nothing else
    Body,
    /// An HTTP archive for browsers' developer tools
    Har,
}

/// How much of a body is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum BodyChoice {
    /// Up to 256 KiB
    #[default]
    Auto,
    /// All of it
    Full,
    /// Nothing
    None,
}

impl BodyChoice {
    pub(super) fn bodies(self) -> Bodies {
        match self {
            Self::Auto => Bodies::Auto,
            Self::Full => Bodies::Full,
            Self::None => Bodies::None,
        }
    }
}

pub(super) fn run(arguments: &ExportArgs) -> Result {
    let filter = lookup::filter(&arguments.filter)?;
    let location = arguments.store.location()?;
    let store = lookup::open_at(&location)?;
    let mut writer = Writer::new(arguments)?;
    let mut outcome = Ok(());
    let now = Timestamp::now();
    lookup::each(
        &store,
        &filter,
        Order::OldestFirst,
        arguments.limit,
        now,
        |delivery| {
            outcome = writer.write(&delivery);
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        },
    )?;
    outcome?;
    if writer.count == 0 {
        return Err(lookup::nothing_found(&store, &location, &filter));
    }
    writer.finish()
}

struct Writer<'a> {
    arguments: &'a ExportArgs,
    credentials: Credentials,
    out: Printer,
    count: usize,
    refused: Refused,
}

/// Deliveries that cannot be said in the format.
#[derive(Debug, Default)]
enum Refused {
    #[default]
    None,
    /// The first of all: an error, unless others follow.
    First(Unsaid),
    /// Among others, where each was warned about.
    Some,
}

impl Refused {
    /// The first of all, now that it is one among others.
    fn take_first(&mut self) -> Option<Unsaid> {
        match std::mem::take(self) {
            Self::First(first) => Some(first),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// A delivery that cannot be said in the format.
#[derive(Debug)]
struct Unsaid {
    comment: String,
    problem: Problem,
}

impl<'a> Writer<'a> {
    fn new(arguments: &'a ExportArgs) -> Result<Self> {
        let out = match &arguments.out {
            None if arguments.format == Format::Body && io::stdout().is_terminal() => {
                return Err(Problem::usage("--format body does not write to a terminal")
                    .why("a body may hold anything, escape sequences too")
                    .fix("hook64 export --format body seq:1 --out FILE"));
            }
            None => Printer::new(),
            Some(path) => Printer::to_new_file(path)?,
        };
        let credentials = if arguments.reveal {
            Credentials::Revealed
        } else {
            Credentials::Masked
        };
        Ok(Self {
            arguments,
            credentials,
            out,
            count: 0,
            refused: Refused::None,
        })
    }

    fn write(&mut self, delivery: &Delivery) -> Result<()> {
        let first = self.count == 0;
        self.count += 1;
        match self.arguments.format {
            Format::Ndjson => {
                let options = ndjson::Options {
                    bodies: self.arguments.body.bodies(),
                    credentials: self.credentials,
                };
                let sha256 = digest::sha256(&delivery.request().body);
                self.out.line(&ndjson::delivery(delivery, &sha256, options))
            }
            Format::Http => self.out.bytes(&http::message(delivery, self.credentials)),
            Format::Curl => self.curl(delivery),
            Format::Body => self.out.bytes(&delivery.request().body),
            Format::Har => {
                let before = if first {
                    har::opening()
                } else {
                    ",".to_owned()
                };
                let entry = har::entry(delivery, self.credentials);
                self.out.bytes(format!("{before}{entry}").as_bytes())
            }
        }
    }

    fn curl(&mut self, delivery: &Delivery) -> Result<()> {
        let to = &self.arguments.to;
        let command = curl::command(delivery, to, curl::BodySource::Inline, self.credentials);
        if let Some(first) = self.refused.take_first() {
            self.leave_out(&first)?;
        }
        match command {
            Ok(command) => self.out.line(&command.to_string()),
            Err(error) => {
                let unsaid = unsaid(delivery, &error);
                if self.count == 1 {
                    self.refused = Refused::First(unsaid);
                    return Ok(());
                }
                self.leave_out(&unsaid)
            }
        }
    }

    /// A comment in the place of a command, and a warning.
    fn leave_out(&mut self, unsaid: &Unsaid) -> Result<()> {
        self.refused = Refused::Some;
        output::warn(&unsaid.problem);
        self.out.line(&unsaid.comment)
    }

    fn finish(mut self) -> Result {
        if self.arguments.format == Format::Har {
            self.out.line(har::CLOSING)?;
        }
        self.out.finish()?;
        match self.refused {
            Refused::None => Ok(Exit::Done),
            Refused::First(only) => Err(only.problem),
            Refused::Some => Ok(Exit::Failed),
        }
    }
}

fn unsaid(delivery: &Delivery, error: &CurlError) -> Unsaid {
    let why = error.to_string();
    let what = format!("delivery {} cannot be said as a curl command", delivery.id);
    Unsaid {
        comment: format!("# delivery {}: {}", delivery.id, text::line(why.as_bytes())),
        problem: Problem::failed("curl", what)
            .why(why)
            .fix(format!("hook64 export --format http seq:{}", delivery.id)),
    }
}
