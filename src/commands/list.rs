//! `hook64 list`: what was captured, as a table or as objects.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::delivery::Delivery;
use crate::export::credentials::Credentials;
use crate::export::ndjson::{self, Bodies};
use crate::export::table::Table;
use crate::signature::digest;
use crate::store::{Order, Store};

use super::arguments::{Output, StoreArgs};
use super::exit::Exit;
use super::lookup;
use super::output::{self, Printer};
use super::problem::Result;
use super::values::limit;
use super::{Everywhere, color};

/// List the deliveries that match a filter, the newest last.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Which deliveries: `type:find_email sig:bad status:5xx age:<10m`, …
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// At most so many, the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = limit)]
    limit: usize,
    #[command(flatten)]
    store: StoreArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &ListArgs, everywhere: Everywhere) -> Result {
    let filter = lookup::filter(&arguments.filter)?;
    let location = arguments.store.location()?;
    let store = lookup::open_at(&location)?;
    let mut newest = Vec::new();
    let now = Timestamp::now();
    lookup::each(
        &store,
        &filter,
        Order::NewestFirst,
        Some(arguments.limit.saturating_add(1)),
        now,
        |delivery| {
            newest.push(delivery);
            ControlFlow::Continue(())
        },
    )?;
    if newest.is_empty() {
        return Err(lookup::nothing_found(&store, &location, &filter));
    }
    lookup::settle(&store, &mut newest);
    let printer = match arguments.output {
        Output::Json => Listing::Json,
        Output::Text => Listing::Table(table(everywhere)),
    };
    let is_cut = newest.len() > arguments.limit;
    newest.truncate(arguments.limit);
    printer.print(&store, newest.iter().rev())?;
    if is_cut {
        output::note(&format!(
            "there are more; these are the newest {} (--limit)",
            arguments.limit
        ));
    }
    Ok(Exit::Done)
}

enum Listing {
    Json,
    Table(Table),
}

impl Listing {
    fn print<'a>(
        &self,
        store: &Store,
        deliveries: impl Iterator<Item = &'a Delivery>,
    ) -> Result<()> {
        let mut out = Printer::new();
        if let Self::Table(table) = self {
            out.line(&table.header())?;
        }
        for delivery in deliveries {
            let because = lookup::because(store, delivery);
            out.line(&match self {
                Self::Table(table) => table.row(delivery, because.as_deref()),
                Self::Json => object(delivery, because.as_deref(), Bodies::Auto),
            })?;
        }
        out.finish()
    }
}

/// A delivery as an object; values that give access are shown as they were sent. `because` is why
/// hook64 answered in the app's place, if it did.
pub(super) fn object(delivery: &Delivery, because: Option<&str>, bodies: Bodies) -> String {
    let options = ndjson::Options {
        bodies,
        credentials: Credentials::Revealed,
    };
    let sha256 = digest::sha256(&delivery.request().body);
    ndjson::explained(delivery, &sha256, options, because)
}

fn table(everywhere: Everywhere) -> Table {
    let paint = color::stdout(everywhere.color);
    if !io::stdout().is_terminal() {
        return Table::piped(paint);
    }
    Table::terminal(output::columns(), TimeZone::system(), paint)
}
