//! `hook64 wait`: block until such deliveries have arrived at the listener beside.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::export::line::{self, Reader};
use crate::export::ndjson::Bodies;
use crate::inbox::expect::Expectation;
use crate::inbox::tail::Tail;
use crate::store::Store;

use super::arguments::{Output, StoreArgs};
use super::exit::Exit;
use super::list;
use super::lookup;
use super::output;
use super::problem::{Problem, Result};
use super::values::Span;
use super::{Everywhere, color};

/// Between two looks into the store: nobody tells another process that there is something new.
const PAUSE: Duration = Duration::from_millis(50);

/// Wait for deliveries that match a filter, and print them.
#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// Which deliveries: `type:find_email sig:ok`, …
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Give up after this time, with exit code 3 [default: never]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
    #[command(flatten)]
    store: StoreArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &WaitArgs, everywhere: Everywhere) -> Result {
    let mut expectation = Expectation::new(lookup::filter(&arguments.filter)?, arguments.count);
    let give_up = arguments
        .timeout
        .and_then(|timeout| Instant::now().checked_add(timeout.0));
    let is_late = || give_up.is_some_and(|at| Instant::now() >= at);
    let location = arguments.store.location()?;
    let store = lookup::open_at(&location)?;
    let newest = store
        .counts()
        .map_err(|error| lookup::trouble(&error))?
        .newest;
    let mut tail = Tail::after(newest);
    let reader = output::reader(color::stdout(everywhere.color));
    loop {
        let mut outcome = Ok(());
        tail.poll(&store, |delivery| {
            if expectation.counts(delivery, Timestamp::now()) {
                outcome = show(delivery, &store, arguments.output, &reader);
            }
            if expectation.is_met() || outcome.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .map_err(|error| lookup::trouble(&error))?;
        outcome?;
        if expectation.is_met() {
            return Ok(Exit::Done);
        }
        if is_late() {
            return Err(time_is_up(expectation.missing()));
        }
        thread::sleep(PAUSE);
    }
}

fn show(delivery: &Delivery, store: &Store, output: Output, reader: &Reader) -> Result<()> {
    let line = match output {
        Output::Json => list::object(delivery, Bodies::Auto),
        Output::Text => line::delivery(delivery, lookup::gap(store, delivery), reader),
    };
    output::print(&format!("{line}\n"))
}

/// Not everything has come in time.
pub(super) fn time_is_up(missing: u64) -> Problem {
    let deliveries = if missing == 1 {
        "delivery"
    } else {
        "deliveries"
    };
    Problem::new(
        Exit::NotFound,
        "time_is_up",
        format!("the time is up, and {missing} {deliveries} did not come"),
    )
    .fix("see what did come: hook64 list")
}
