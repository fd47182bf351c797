//! A store as the terminal UI reads it.

use std::ops::ControlFlow;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::delivery::{Delivery, DeliveryId};
use crate::filter::Filter;
use crate::store::{self, Brief, Order, Origin, Store, StoreError};
use crate::tui::row::{By, Planned, Row, Word};
use crate::tui::world::{self, Outgoing, Source, Trouble};

use super::super::lookup;
use super::{difference, trouble};

/// The captures in a store.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Captures(pub(in crate::commands) Store);

impl Source for Captures {
    fn version(&self) -> watch::Receiver<u64> {
        self.0.changes()
    }

    fn rows(
        &self,
        after: Option<DeliveryId>,
        open: &[DeliveryId],
        sink: &mut dyn FnMut(Row),
    ) -> Result<(), Trouble> {
        let settled = self.0.briefs_of(open).map_err(|error| unreadable(&error))?;
        settled
            .into_iter()
            .filter(|brief| brief.settlement.is_some())
            .for_each(|brief| sink(row(brief)));
        let read = self.0.briefs(after, |brief| {
            sink(row(brief));
            ControlFlow::Continue(())
        });
        read.map_err(|error| unreadable(&error))
    }

    fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, Trouble> {
        self.0.get(id).map_err(|error| unreadable(&error))
    }

    fn outgoing(&self, id: DeliveryId) -> Result<Vec<Outgoing>, Trouble> {
        let all = self.0.attempts(id).map_err(|error| unreadable(&error))?;
        let is_replay = |outgoing: &store::Outgoing| outgoing.origin != Origin::Forward;
        let capture = match all.iter().any(is_replay) {
            true => self.delivery(id)?,
            false => None,
        };
        let note = |outgoing: &store::Outgoing| match &capture {
            Some(capture) if is_replay(outgoing) => {
                difference::words(capture.request(), outgoing.sent.as_ref())
            }
            _ => String::new(),
        };
        Ok(all
            .into_iter()
            .map(|outgoing| Outgoing {
                origin: match outgoing.origin {
                    Origin::Forward => world::Origin::Forward,
                    Origin::Replay | Origin::Send => world::Origin::Replay,
                },
                note: note(&outgoing),
                attempt: outgoing.attempt,
            })
            .collect())
    }

    fn matching(
        &self,
        filter: &Filter,
        after: Option<DeliveryId>,
        now: Timestamp,
        sink: &mut dyn FnMut(DeliveryId) -> ControlFlow<()>,
    ) -> Result<(), Trouble> {
        let filter = filter.clone().behind(after);
        lookup::each(
            &self.0,
            &filter,
            Order::OldestFirst,
            None,
            now,
            |delivery| sink(delivery.id),
        )
        .map_err(|problem| trouble(&problem))
    }
}

fn unreadable(error: &StoreError) -> Trouble {
    trouble(&lookup::trouble(error))
}

fn row(brief: Brief) -> Row {
    let narrow = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    let [a, b, c, d, ..] = brief.body_sha256;
    let (event_id, from) = brief.event_id.unzip();
    Row {
        id: brief.id,
        event: brief.event,
        arrived: brief.arrived,
        settled: brief
            .settlement
            .map(|settlement| (settlement.outcome, settlement.at)),
        provider: brief.provider,
        event_id,
        inferred: from.is_none_or(|from| from.is_inferred()),
        event_type: brief.event_type,
        attempt: brief.attempt,
        turn: brief.turn,
        signature: Word::of(brief.verdict),
        status: brief.status,
        ending: Planned::with(brief.ending, brief.delay),
        by: By::named(&brief.answered_by),
        ours: brief.ours,
        step: brief
            .step
            .map_or((0, 0), |(step, of)| (narrow(step), of.map_or(0, narrow))),
        size: brief.body_bytes,
        body: u32::from_be_bytes([a, b, c, d]),
    }
}
