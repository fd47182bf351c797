//! What a list needs of a delivery: the narrow table alone, so that a million of them are read in
//! about a second.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Statement};

use crate::delivery::{
    AnsweredBy, DeliveryId, Ending, EventIdSource, Head, Outcome, Provider, Reason, Settlement,
    Turn, Verdict, acknowledged,
};

use crate::filter::is_ours;

use super::decode::planned_ending;
use super::numbers::{count, duration, timestamp};

/// How many are read in one go.
pub(super) const PAGE: usize = 8192;

/// One delivery without its head, its body and its answer's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// Which delivery.
    pub id: DeliveryId,
    /// The first delivery of its event.
    pub event: DeliveryId,
    /// When its first byte came.
    pub arrived: Timestamp,
    /// What the peer got; `None` while it is being answered.
    pub settlement: Option<Settlement>,
    /// Whose wire it is.
    pub provider: Provider,
    /// What events are told apart by, and where that was found.
    pub event_id: Option<(String, EventIdSource)>,
    /// The event type.
    pub event_type: Option<String>,
    /// The sender's attempt counter.
    pub attempt: Option<u32>,
    /// What it is to its event.
    pub turn: Turn,
    /// Which arrival of its event it is, from 1.
    pub arrival: u32,
    /// The word for the verdict on its signature.
    pub verdict: &'static str,
    /// The status that was decided on.
    pub status: u16,
    /// How the connection was to end.
    pub ending: Ending,
    /// The wait before the answer, as planned.
    pub delay: Duration,
    /// Who decided, as it is named in JSON.
    pub answered_by: String,
    /// Which step of an armed rule, and how many it has.
    pub step: Option<(u64, Option<u64>)>,
    /// The size of the body.
    pub body_bytes: u64,
    /// The SHA-256 of the body.
    pub body_sha256: [u8; 32],
    /// Whether this program sent it, as [`is_ours`] says: looked up for the later deliveries of an
    /// event alone, before which a gap may be measured.
    pub ours: bool,
}

impl Brief {
    /// What events are told apart by.
    #[must_use]
    pub fn event_id_text(&self) -> Option<&str> {
        self.event_id.as_ref().map(|(id, _)| &**id)
    }

    /// [`crate::delivery::Delivery::acknowledged`].
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        let by_app = self.answered_by == AnsweredBy::App.name();
        acknowledged(
            self.ending.acknowledges(self.status),
            by_app,
            self.settlement,
        )
    }
}

const SELECT: &str = "SELECT d.seq, d.event, d.arrived, d.provider, d.event_id, \
     d.event_id_from, d.event_type, d.attempt, d.turn, d.reason, d.matches_ignoring_time, \
     d.status, d.ending, d.drip, d.delay, d.answered_by, d.rule_step, d.rule_of, d.body_bytes, \
     d.body_sha256, s.at, s.outcome, d.arrival, \
     CASE WHEN d.turn <> 'first' AND d.version IS NOT NULL THEN \
     (SELECT c.head FROM contents c WHERE c.seq = d.seq) END \
     FROM deliveries d LEFT JOIN settlements s USING (seq)";

/// A page of those behind a number, oldest first, and the number of the last row that was looked
/// at; rows with a word that nobody knows are left out.
pub(super) fn page(
    connection: &Connection,
    behind: i64,
) -> rusqlite::Result<(Vec<Brief>, Option<i64>)> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE d.seq > ?1 ORDER BY d.seq LIMIT {PAGE}"
    ))?;
    collect(&mut statement, behind)
}

/// Those with these numbers.
pub(super) fn some(connection: &Connection, ids: &[DeliveryId]) -> rusqlite::Result<Vec<Brief>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE d.seq = ?1"))?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(collect(&mut statement, count(id.get()))?.0);
    }
    Ok(found)
}

fn collect(
    statement: &mut Statement<'_>,
    number: i64,
) -> rusqlite::Result<(Vec<Brief>, Option<i64>)> {
    let mut words = Words::default();
    let mut found = Vec::new();
    let mut last = None;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        found.extend(read(row, &mut words)?);
    }
    Ok((found, last))
}

/// The words of the reasons, so that none is looked up a million times.
#[derive(Default)]
struct Words(HashMap<String, Option<Reason>>);

impl Words {
    fn reason(&mut self, name: &str) -> Option<Reason> {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let reason = Reason::from_name(name);
        self.0.insert(name.to_owned(), reason);
        reason
    }
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    row.get_ref(column)?.as_str_or_null().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
    })
}

fn read(row: &Row<'_>, words: &mut Words) -> rusqlite::Result<Option<Brief>> {
    let id = |number: i64| u64::try_from(number).ok().and_then(DeliveryId::new);
    let unsigned = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let known = (
        id(row.get(0)?),
        id(row.get(1)?),
        text(row, 3)?.and_then(|name| Provider::from_str(name).ok()),
        text(row, 8)?.and_then(Turn::from_name),
        text(row, 9)?.and_then(|name| words.reason(name)),
        text(row, 12)?
            .zip(Some(row.get::<_, Option<i64>>(13)?))
            .and_then(|(name, drip)| planned_ending(name, drip).ok()),
    );
    let (Some(id), Some(event), Some(provider), Some(turn), Some(reason), Some(ending)) = known
    else {
        return Ok(None);
    };
    let mut verdict = Verdict::because(None, reason);
    verdict.signature_matches_ignoring_time = row.get(10)?;
    let from = text(row, 5)?.and_then(EventIdSource::from_name);
    let at: Option<i64> = row.get(20)?;
    let outcome = text(row, 21)?.and_then(Outcome::from_name);
    Ok(Some(Brief {
        id,
        event,
        arrived: timestamp(row.get(2)?),
        settlement: at.zip(outcome).map(|(at, outcome)| Settlement {
            outcome,
            at: timestamp(at),
        }),
        provider,
        event_id: row.get::<_, Option<String>>(4)?.zip(from),
        event_type: row.get(6)?,
        attempt: row.get(7)?,
        turn,
        arrival: row.get(22)?,
        verdict: verdict.word(),
        status: row.get(11)?,
        ending,
        delay: duration(row.get(14)?),
        answered_by: row.get(15)?,
        step: unsigned(row.get(16)?).zip(Some(unsigned(row.get(17)?))),
        body_bytes: unsigned(Some(row.get(18)?)).unwrap_or(0),
        body_sha256: row.get(19)?,
        ours: ours(row.get(23)?),
    }))
}

fn ours(head: Option<Vec<u8>>) -> bool {
    head.and_then(|raw| Head::parse(raw.into()).ok())
        .is_some_and(|head| is_ours(&head))
}
