//! Many deliveries at once: in pages, so that no reader holds the store open while somebody else
//! is slow, and one delivery in memory at a time.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use crate::delivery::{Delivery, DeliveryId, Outlook};
use crate::filter::{Filter, Subject};

use super::attempts;
use super::condition;
use super::connect::Source;
use super::decode;
use super::error::{StoreError, Trouble};
use super::numbers::{count, nanoseconds, timestamp};
use super::readers::Readers;

/// How many numbers are read at once.
const PAGE: usize = 256;

/// In which order deliveries are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they arrived.
    OldestFirst,
    /// The last one first.
    NewestFirst,
}

/// One walk through the store.
pub(super) struct Scan<'a> {
    pub(super) readers: &'a Readers,
    pub(super) filter: &'a Filter,
    pub(super) order: Order,
    pub(super) limit: Option<usize>,
    pub(super) now: Timestamp,
}

impl Scan<'_> {
    /// Hands over what matches. Damaged deliveries are left out and reported at the end.
    pub(super) fn run(
        &self,
        outlook: impl Fn(&Delivery) -> Option<Outlook>,
        mut visit: impl FnMut(Delivery) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut damaged = Damaged::default();
        let mut pages = Pages::new(self);
        while left > 0 {
            let page = pages.next(left.min(PAGE))?;
            if page.is_empty() {
                break;
            }
            for id in page {
                let delivery = match self.read(id) {
                    Ok(Some(delivery)) => delivery,
                    // Retention was faster.
                    Ok(None) => continue,
                    Err(error) if error.trouble() == Trouble::Damaged => {
                        damaged.note(id, error);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                if !self.matches(&delivery, &outlook)? {
                    continue;
                }
                left -= 1;
                if visit(delivery).is_break() || left == 0 {
                    return damaged.result();
                }
            }
        }
        damaged.result()
    }

    fn read(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.readers.try_with(|connection| {
            decode::delivery(connection, id).map_err(|error| self.readers.unreadable(id, error))
        })
    }

    /// SQL only narrows the choice down: the filter itself decides.
    fn matches(
        &self,
        delivery: &Delivery,
        outlook: &impl Fn(&Delivery) -> Option<Outlook>,
    ) -> Result<bool, StoreError> {
        if self.filter.is_all() {
            return Ok(true);
        }
        let expected = outlook(delivery);
        let replays = match condition::asks_for_replays(self.filter) {
            true => self
                .readers
                .with(|connection| attempts::replays(connection, delivery.id))?,
            false => 0,
        };
        Ok(self.filter.matches(&Subject {
            delivery,
            now: self.now,
            outlook: expected.as_ref(),
            replays,
            marked: false,
        }))
    }
}

/// The numbers of the deliveries that may match, a page at a time.
struct Pages<'a> {
    readers: &'a Readers,
    order: Order,
    sql: String,
    values: Vec<Value>,
    /// Behind which one the next page begins.
    behind: i64,
}

impl<'a> Pages<'a> {
    fn new(scan: &Scan<'a>) -> Self {
        let (condition, mut values) = condition::of(scan.filter, scan.now);
        let (comparison, direction, behind) = match scan.order {
            Order::OldestFirst => (">", "ASC", 0),
            Order::NewestFirst => ("<", "DESC", i64::MAX),
        };
        let sql = format!(
            "SELECT d.seq FROM deliveries d WHERE d.seq {comparison} ? AND ({condition}) \
             ORDER BY d.seq {direction} LIMIT ?"
        );
        values.insert(0, Value::Integer(behind));
        values.push(Value::Integer(0));
        Self {
            readers: scan.readers,
            order: scan.order,
            sql,
            values,
            behind,
        }
    }

    fn next(&mut self, most: usize) -> Result<Vec<DeliveryId>, StoreError> {
        let last = self.values.len() - 1;
        self.values[0] = Value::Integer(self.behind);
        self.values[last] = Value::Integer(i64::try_from(most).unwrap_or(i64::MAX));
        let page = self
            .readers
            .with(|connection| ids(connection, &self.sql, &self.values))?;
        // Damage in the tree itself shows as numbers out of order; following them might never end.
        for id in &page {
            let seq = count(id.get());
            let is_further = match self.order {
                Order::OldestFirst => seq > self.behind,
                Order::NewestFirst => seq < self.behind,
            };
            if !is_further {
                let damage = self.readers.source.subject().trouble(Trouble::Damaged);
                return Err(damage.why("its deliveries are out of order"));
            }
            self.behind = seq;
        }
        Ok(page)
    }
}

fn ids(connection: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<DeliveryId>> {
    let mut statement = connection.prepare_cached(sql)?;
    let seqs = statement.query_map(rusqlite::params_from_iter(values), |row| {
        row.get::<_, i64>(0)
    })?;
    let mut ids = Vec::new();
    for seq in seqs {
        ids.extend(u64::try_from(seq?).ok().and_then(DeliveryId::new));
    }
    Ok(ids)
}

/// The numbers of all deliveries of an event, oldest first.
pub(super) fn event(
    connection: &Connection,
    first: DeliveryId,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let mut all = vec![first];
    all.extend(ids(
        connection,
        "SELECT seq FROM deliveries WHERE event = ? AND event <> seq ORDER BY seq",
        &[Value::Integer(count(first.get()))],
    )?);
    Ok(all)
}

/// The numbers of the newest deliveries of an event before this one, newest first.
pub(super) fn recent(
    connection: &Connection,
    first: DeliveryId,
    before: Option<DeliveryId>,
    most: usize,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let mut newest = ids(
        connection,
        "SELECT seq FROM deliveries WHERE event = ? AND event <> seq AND seq < ? \
         ORDER BY seq DESC LIMIT ?",
        &[
            Value::Integer(count(first.get())),
            Value::Integer(before.map_or(i64::MAX, |before| count(before.get()))),
            Value::Integer(i64::try_from(most).unwrap_or(i64::MAX)),
        ],
    )?;
    if newest.len() < most && before.is_none_or(|before| first < before) {
        newest.push(first);
    }
    Ok(newest)
}

/// The lowest number among the deliveries that arrived at this moment or after it.
pub(super) fn first_since(
    connection: &Connection,
    moment: Timestamp,
) -> rusqlite::Result<Option<DeliveryId>> {
    let seq: Option<i64> = connection
        .prepare_cached("SELECT seq FROM deliveries WHERE arrived >= ?1 ORDER BY seq LIMIT 1")?
        .query_row([nanoseconds(moment)], |row| row.get(0))
        .optional()?;
    Ok(seq
        .and_then(|seq| u64::try_from(seq).ok())
        .and_then(DeliveryId::new))
}

/// Which deliveries from `first` to `last` have an answer that ended, and when.
pub(super) fn settled(
    connection: &Connection,
    first: DeliveryId,
    last: DeliveryId,
) -> rusqlite::Result<Vec<(Timestamp, DeliveryId)>> {
    let rows: Vec<(i64, i64)> = connection
        .prepare_cached("SELECT at, seq FROM settlements WHERE seq BETWEEN ?1 AND ?2")?
        .query_map([count(first.get()), count(last.get())], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let id = |seq| u64::try_from(seq).ok().and_then(DeliveryId::new);
    Ok(rows
        .into_iter()
        .filter_map(|(at, seq)| Some((timestamp(at), id(seq)?)))
        .collect())
}

/// Deliveries that could not be read, while all others could.
#[derive(Default)]
struct Damaged {
    first: Option<(DeliveryId, StoreError)>,
    count: u64,
}

impl Damaged {
    fn note(&mut self, id: DeliveryId, error: StoreError) {
        self.count += 1;
        self.first.get_or_insert((id, error));
    }

    fn result(self) -> Result<(), StoreError> {
        match (self.first, self.count) {
            (None, _) => Ok(()),
            (Some((_, error)), 1) => Err(error),
            (Some((id, error)), count) => {
                let cause = error.cause().unwrap_or_default();
                let why = format!("{error}: {cause}");
                let what = format!("{count} deliveries are damaged, delivery {id} among them");
                let fix = error.remedy().unwrap_or_default();
                Err(StoreError::new(Trouble::Damaged, what).why(why).fix(fix))
            }
        }
    }
}

/// Which state of the file a connection sees; it differs when somebody else changed it.
#[derive(Debug)]
pub(super) struct DataVersion {
    connection: Connection,
    seen: i64,
}

/// Whether somebody else changed the store since the last look.
pub(super) fn poll(source: &Source, polled: &mut Option<DataVersion>) -> Result<bool, StoreError> {
    let version = |connection: &Connection| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(|error| source.subject().sqlite(&error))
    };
    match polled {
        None => {
            let connection = source.reader()?;
            let seen = version(&connection)?;
            *polled = Some(DataVersion { connection, seen });
            Ok(false)
        }
        Some(known) => {
            let now = version(&known.connection)?;
            let changed = now != known.seen;
            known.seen = now;
            Ok(changed)
        }
    }
}
