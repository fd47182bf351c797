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
use crate::inbox::expect::Expectation;
use crate::inbox::tail::Tail;
use crate::store::{Location, Store, StoreError, Trouble};

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
    let Some((store, mut place)) = beginning(&location, since, is_late)? else {
        return Err(time_is_up(&expectation)
            .why(format!("no listener has made the store {location}"))
            .fix(format!("hook64 listen --store {location}")));
    };
    let reader = output::reader(color::stdout(everywhere.color));
    loop {
        let mut outcome = Ok(());
        place.poll(&store, |delivery| {
            if expectation.counts(delivery, Timestamp::now()) {
                outcome = show(delivery, &store, arguments.output, &reader);
            }
            if expectation.is_met() || outcome.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
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

/// Where to wait at.
struct Place {
    tail: Tail,
    /// What arrived before this does not count.
    since: Option<Timestamp>,
}

impl Place {
    /// Before everything.
    fn start() -> Self {
        Self {
            tail: Tail::after(None),
            since: None,
        }
    }

    /// Behind what is there now.
    fn end(store: &Store) -> Result<Self> {
        let counts = store.counts().map_err(|error| lookup::trouble(&error))?;
        Ok(Self {
            tail: Tail::after(counts.newest),
            since: None,
        })
    }

    /// Before everything that arrived at this moment or after it. What is forwarded is numbered when
    /// the app has answered, so what arrived earlier may come behind it.
    fn since(store: &Store, moment: Timestamp) -> Result<Self> {
        // In this order: what is stored in between is behind the end or found.
        let mut place = Self::end(store)?;
        let first = store.first_since(moment);
        if let Some(first) = first.map_err(|error| lookup::trouble(&error))? {
            place.tail = Tail::after(DeliveryId::new(first.get() - 1));
        }
        place.since = Some(moment);
        Ok(place)
    }

    /// Hands over what was settled since the last call and arrived in time, until it is told to
    /// stop.
    fn poll(
        &mut self,
        store: &Store,
        mut settled: impl FnMut(&Delivery) -> ControlFlow<()>,
    ) -> Result<()> {
        let since = self.since.unwrap_or(Timestamp::MIN);
        let polled = self.tail.poll(store, |delivery| {
            if delivery.request().times.arrived >= since {
                settled(delivery)
            } else {
                ControlFlow::Continue(())
            }
        });
        polled.map_err(|error| lookup::trouble(&error))
    }
}

/// Opens the store, once there is one, and finds the place to wait at: behind what was there
/// before, which is nothing when the store was not. `None`: the time was up first.
fn beginning(
    location: &Location,
    since: Option<Duration>,
    is_late: impl Fn() -> bool,
) -> Result<Option<(Store, Place)>> {
    let mut birth = Birth::default();
    loop {
        match Expected::at(location)? {
            Expected::Store(store) if birth.was_awaited => {
                return Ok(Some((store, Place::start())));
            }
            Expected::Store(store) => {
                let place = match since {
                    Some(since) => Place::since(&store, ago(since))?,
                    None => Place::end(&store)?,
                };
                return Ok(Some((store, place)));
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

fn ago(span: Duration) -> Timestamp {
    let now = Timestamp::now();
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::delivery::{
        Arrival, Head, Outcome, Reason, Recognition, Request, Settlement, Sighting, Verdict,
    };
    use crate::inbox::decide;
    use crate::store::Options;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    async fn insert(store: &Store, arrived: Timestamp) {
        let head = Head::build("POST", b"/", &[]).unwrap();
        let arrival = Arrival {
            request: Request::local(head, Bytes::new(), arrived),
            recognition: Recognition::nothing(),
            verdict: Verdict::because(None, Reason::NoSecretConfigured),
            sighting: Sighting::first(),
            answer: decide::default_answer(),
        };
        let id = store.insert(Arc::new(arrival)).await.unwrap();
        let outcome = Outcome::Answered;
        store.settle(
            id,
            Settlement {
                outcome,
                at: at(99),
            },
        );
        store.flush().await.unwrap();
    }

    fn poll(place: &mut Place, store: &Store) -> Vec<u64> {
        let mut found = Vec::new();
        let take = |delivery: &Delivery| {
            found.push(delivery.id.get());
            ControlFlow::Continue(())
        };
        place.poll(store, take).unwrap();
        found
    }

    #[tokio::test]
    async fn what_arrived_in_time_counts_whatever_came_into_the_store_after_it() {
        let store = Store::open(&Location::Memory, Options::default()).unwrap();
        for second in [1, 20, 2, 10, 9] {
            insert(&store, at(second)).await;
        }
        let mut place = Place::since(&store, at(10)).unwrap();
        assert_eq!(poll(&mut place, &store), [2, 4]);
        let mut later = Place::since(&store, at(21)).unwrap();
        assert!(poll(&mut later, &store).is_empty());
        for second in [8, 30] {
            insert(&store, at(second)).await;
        }
        assert_eq!(poll(&mut place, &store), [7]);
        assert_eq!(poll(&mut later, &store), [7]);
    }
}
