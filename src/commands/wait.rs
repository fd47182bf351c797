//! `hook64 wait`: block until such deliveries have arrived at the listener beside.
//!
//! In a script the waiting may well begin before the listener does: a store that does not exist yet
//! is waited for, too, and then everything in it counts.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId};
use crate::export::line::{self, Beside, Reader};
use crate::export::ndjson::Bodies;
use crate::filter::Filter;
use crate::inbox::expect::Expectation;
use crate::inbox::tail::Tail;
use crate::store::{Location, Order, Store, StoreError, Trouble};

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
    /// Count those, too, that arrived so long ago or less: for what was set off before the waiting
    /// began
    #[arg(long, value_name = "DURATION")]
    since: Option<Span>,
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
    let since = arguments.since.map(|since| since.0);
    let Some((store, mut tail)) = beginning(&location, since, is_late)? else {
        return Err(time_is_up(&expectation)
            .why(format!("no listener has made the store {location}"))
            .fix(format!("hook64 listen --store {location}")));
    };
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
            return Err(time_is_up(&expectation));
        }
        thread::sleep(PAUSE);
    }
}

/// Opens the store, once there is one, and finds the place to wait at: behind what was there
/// before, which is nothing when the store was not. `None`: the time was up first.
fn beginning(
    location: &Location,
    since: Option<Duration>,
    is_late: impl Fn() -> bool,
) -> Result<Option<(Store, Tail)>> {
    let mut birth = Birth::default();
    loop {
        match Expected::at(location)? {
            Expected::Store(store) if birth.was_awaited => {
                return Ok(Some((store, Tail::after(None))));
            }
            Expected::Store(store) => {
                let newest = newest_before(&store, since)?;
                return Ok(Some((store, Tail::after(newest))));
            }
            Expected::Nothing if !birth.was_awaited => {
                output::note(&format!(
                    "there is no store {location} yet; waiting for a listener to make it"
                ));
            }
            Expected::Nothing => {}
            Expected::Unready(error) if birth.takes_too_long() => {
                return Err(lookup::trouble(&error));
            }
            Expected::Unready(_) => {}
        }
        if is_late() {
            return Ok(None);
        }
        birth.was_awaited = true;
        thread::sleep(PAUSE);
    }
}

/// The newest delivery that arrived longer ago than this.
fn newest_before(store: &Store, since: Option<Duration>) -> Result<Option<DeliveryId>> {
    let Some(since) = since else {
        let counts = store.counts().map_err(|error| lookup::trouble(&error))?;
        return Ok(counts.newest);
    };
    let now = Timestamp::now();
    let moment = now.checked_sub(since).unwrap_or(Timestamp::MIN);
    let mut found = None;
    let visit = |delivery: Delivery| {
        if delivery.request().times.arrived >= moment {
            return ControlFlow::Continue(());
        }
        found = Some(delivery.id);
        ControlFlow::Break(())
    };
    lookup::each(store, &Filter::all(), Order::NewestFirst, None, now, visit)?;
    Ok(found)
}

/// How long a store that appears may be unreadable: its listener is still writing the first page.
const BIRTH: Duration = Duration::from_secs(2);

/// A store that comes into being.
#[derive(Debug, Default)]
struct Birth {
    was_awaited: bool,
    began: Option<Instant>,
}

impl Birth {
    fn takes_too_long(&mut self) -> bool {
        let began = *self.began.get_or_insert_with(Instant::now);
        began.elapsed() > BIRTH
    }
}

/// What is found where a store should be.
enum Expected {
    Store(Store),
    Nothing,
    Unready(StoreError),
}

impl Expected {
    fn at(location: &Location) -> Result<Self> {
        let Location::File(path) = location else {
            return lookup::open_at(location).map(Self::Store);
        };
        Ok(match Store::open_readonly(path) {
            Ok(store) => Self::Store(store),
            Err(error) if error.trouble() == Trouble::Missing => Self::Nothing,
            Err(error) => Self::Unready(error),
        })
    }
}

fn show(delivery: &Delivery, store: &Store, output: Output, reader: &Reader) -> Result<()> {
    let because = lookup::because(store, delivery);
    let because = because.as_deref();
    let line = match output {
        Output::Json => list::object(delivery, because, Bodies::Auto),
        Output::Text => {
            let gap = lookup::gap(store, delivery);
            line::delivery(delivery, Beside { gap, because }, reader)
        }
    };
    output::print(&format!("{line}\n"))
}

/// Not everything has come in time.
pub(super) fn time_is_up(expectation: &Expectation) -> Problem {
    let missing = expectation.missing();
    let deliveries = if missing == 1 {
        "delivery"
    } else {
        "deliveries"
    };
    let problem = Problem::new(
        Exit::NotFound,
        "time_is_up",
        format!("the time is up, and {missing} {deliveries} did not come"),
    )
    .fix("see what did come: hook64 list");
    match expectation.others() {
        0 => problem.why("nothing else came either"),
        1 => problem.why("one other came, and does not match"),
        others => problem.why(format!("{others} others came, and do not match")),
    }
}
