//! What deduplication must know again after a restart, read from the narrow table alone.

use std::collections::HashSet;
use std::str::FromStr as _;
use std::thread;

use rusqlite::{Connection, Row};

use super::error::StoreError;
use super::readers::Readers;
use crate::delivery::{DeliveryId, Provider};

/// One stored delivery that has an event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered<'a> {
    /// The delivery.
    pub id: DeliveryId,
    /// The first delivery of its event.
    pub event: DeliveryId,
    /// Whose wire it was.
    pub provider: Provider,
    /// The event id.
    pub event_id: &'a str,
    /// Its signature was valid.
    pub trusted: bool,
    /// The sender may believe that the event was taken: the app took it, or our own 2xx is not
    /// known to have missed the sender.
    pub acknowledged: bool,
}

const SELECT: &str = "SELECT seq, event, provider, event_id, reason, status, answered_by, ending \
     FROM deliveries WHERE event_id IS NOT NULL AND seq BETWEEN ?1 AND ?2";

/// Fewer deliveries than this are not worth a second thread.
const WORTH_SHARING: i64 = if cfg!(test) { 3 } else { 20_000 };

/// Hands over every delivery that has an event id, from two threads if there are many.
pub(super) fn remembered(
    readers: &Readers,
    each: impl Fn(Remembered<'_>) + Sync,
) -> Result<(), StoreError> {
    let (first, last) = readers.with(|connection| {
        connection.query_row(
            "SELECT coalesce((SELECT min(seq) FROM deliveries), 1), \
             coalesce((SELECT max(seq) FROM deliveries), 0)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    })?;
    let part =
        |first: i64, last: i64| readers.with(|connection| walk(connection, first, last, &each));
    if last - first < WORTH_SHARING {
        return part(first, last);
    }
    let middle = first + (last - first) / 2;
    thread::scope(|scope| {
        let older = scope.spawn(|| part(first, middle));
        let newer = part(middle + 1, last);
        match older.join() {
            Ok(older) => older.and(newer),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn walk(
    connection: &Connection,
    first: i64,
    last: i64,
    each: &(impl Fn(Remembered<'_>) + Sync),
) -> rusqlite::Result<()> {
    // One transaction, so that the three questions are about one moment.
    let transaction = connection.unchecked_transaction()?;
    let missed = seqs(
        &transaction,
        "SELECT seq FROM settlements WHERE outcome <> 'answered' AND seq BETWEEN ?1 AND ?2",
        [first, last],
    )?;
    let released = seqs(
        &transaction,
        "SELECT seq FROM settlements WHERE outcome <> 'answered' \
         AND outcome BETWEEN 'released 200' AND 'released 299' AND seq BETWEEN ?1 AND ?2",
        [first, last],
    )?;
    let taken = seqs(
        &transaction,
        "SELECT seq FROM attempts WHERE origin = 'forward' AND status BETWEEN 200 AND 299 \
         AND seq BETWEEN ?1 AND ?2",
        [first, last],
    )?;
    let taken: HashSet<i64> = taken.union(&released).copied().collect();
    let mut statement = transaction.prepare(SELECT)?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        if let Some(remembered) = read(row, &missed, &taken)? {
            each(remembered);
        }
    }
    Ok(())
}

fn seqs(connection: &Connection, sql: &str, range: [i64; 2]) -> rusqlite::Result<HashSet<i64>> {
    connection
        .prepare(sql)?
        .query_map(range, |row| row.get(0))?
        .collect()
}

fn read<'a>(
    row: &'a Row<'_>,
    missed: &HashSet<i64>,
    taken: &HashSet<i64>,
) -> rusqlite::Result<Option<Remembered<'a>>> {
    let text = |index: usize| -> rusqlite::Result<&'a str> {
        Ok(row.get_ref(index)?.as_str().unwrap_or_default())
    };
    let id = |seq: i64| u64::try_from(seq).ok().and_then(DeliveryId::new);
    let seq: i64 = row.get(0)?;
    let (Some(delivery), Some(event)) = (id(seq), id(row.get(1)?)) else {
        return Ok(None);
    };
    let status: i64 = row.get(5)?;
    let is_yes = (200..300).contains(&status) && matches!(text(7)?, "normal" | "drip");
    let reached = text(6)? == "app" || !missed.contains(&seq);
    Ok(Some(Remembered {
        id: delivery,
        event,
        provider: Provider::from_str(text(2)?).unwrap_or(Provider::Plain),
        event_id: text(3)?,
        trusted: text(4)? == "ok",
        acknowledged: (is_yes && reached) || taken.contains(&seq),
    }))
}
