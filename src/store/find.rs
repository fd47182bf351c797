//! Which delivery a user means: a sequence number, an event id, or the beginning of one.

use rusqlite::{Connection, OptionalExtension as _};

use crate::delivery::DeliveryId;

use super::numbers::count;

/// How many events are named when it is not clear which one is meant.
const NAMED: usize = 5;

/// An event whose id is, or is like, what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: Option<String>,
    /// Its newest delivery.
    pub newest: DeliveryId,
    /// How many deliveries it has.
    pub deliveries: u64,
}

/// What an id leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This delivery.
    Delivery(DeliveryId),
    /// The beginning of several event ids.
    Ambiguous {
        /// How many.
        events: u64,
        /// The newest of them.
        candidates: Vec<Candidate>,
    },
    /// Nothing.
    Nothing {
        /// The longest beginning of what was asked for that any event id shares; empty if none
        /// shares a character.
        shared: String,
        /// How many event ids begin like that.
        events: u64,
        /// The newest of them; none if nothing is shared.
        candidates: Vec<Candidate>,
    },
}

/// Finds the delivery that is meant by `id`.
pub(super) fn find(connection: &Connection, id: &str) -> rusqlite::Result<Found> {
    if let Some(id) = by_number(connection, id)? {
        return Ok(Found::Delivery(id));
    }
    if id.is_empty() {
        return Ok(nothing());
    }
    if let Some(id) = newest(connection, id)? {
        return Ok(Found::Delivery(id));
    }
    // The digits of a hash are known without what stands before them: lists leave it out.
    for start in [id, &format!("sha256:{id}")] {
        let (events, candidates) = beginning_with(connection, start)?;
        match candidates.as_slice() {
            [] => {}
            [only] if events == 1 => return Ok(Found::Delivery(only.newest)),
            _ => return Ok(Found::Ambiguous { events, candidates }),
        }
    }
    nearest(connection, id)
}

fn nothing() -> Found {
    Found::Nothing {
        shared: String::new(),
        events: 0,
        candidates: Vec::new(),
    }
}

fn by_number(connection: &Connection, text: &str) -> rusqlite::Result<Option<DeliveryId>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let Ok(id) = text.parse::<DeliveryId>() else {
        return Ok(None);
    };
    let is_there = connection
        .prepare_cached("SELECT 1 FROM deliveries WHERE seq = ?1")?
        .exists([count(id.get())])?;
    Ok(is_there.then_some(id))
}

fn newest(connection: &Connection, event_id: &str) -> rusqlite::Result<Option<DeliveryId>> {
    let seq: Option<i64> = connection
        .prepare_cached("SELECT max(seq) FROM deliveries WHERE event_id = ?1")?
        .query_row([event_id], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(seq.and_then(delivery_id))
}

fn delivery_id(seq: i64) -> Option<DeliveryId> {
    u64::try_from(seq).ok().and_then(DeliveryId::new)
}

/// The events whose id begins like this: how many, and the newest of them.
fn beginning_with(connection: &Connection, start: &str) -> rusqlite::Result<(u64, Vec<Candidate>)> {
    let end = behind(start);
    let condition = "event_id >= ?1 AND (?2 IS NULL OR event_id < ?2)";
    let events: i64 = connection.query_row(
        &format!("SELECT count(DISTINCT event_id) FROM deliveries WHERE {condition}"),
        rusqlite::params![start, end],
        |row| row.get(0),
    )?;
    let mut candidates = Vec::new();
    if events > 0 {
        let sql = format!(
            "SELECT event_id, max(seq), count(*), event_type FROM deliveries WHERE {condition} \
             GROUP BY event_id ORDER BY max(seq) DESC LIMIT {NAMED}"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(rusqlite::params![start, end])?;
        while let Some(row) = rows.next()? {
            let Some(newest) = delivery_id(row.get(1)?) else {
                continue;
            };
            candidates.push(Candidate {
                event_id: row.get(0)?,
                event_type: row.get(3)?,
                newest,
                deliveries: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
            });
        }
    }
    Ok((u64::try_from(events).unwrap_or(0), candidates))
}

/// The first text that sorts behind all that begin with `start`, if there is one.
fn behind(start: &str) -> Option<String> {
    let mut end = start.to_owned();
    while let Some(last) = end.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The events whose ids share the longest beginning with `id`.
fn nearest(connection: &Connection, id: &str) -> rusqlite::Result<Found> {
    let mut longest = 0;
    let mut statement =
        connection.prepare("SELECT event_id FROM deliveries WHERE event_id IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let other = row.get_ref(0)?.as_str().unwrap_or_default();
        longest = longest.max(shared(id, other));
    }
    let shared = id[..longest].to_owned();
    if shared.is_empty() {
        return Ok(nothing());
    }
    let (events, candidates) = beginning_with(connection, &shared)?;
    Ok(Found::Nothing {
        shared,
        events,
        candidates,
    })
}

/// How many bytes of whole characters two texts share from their beginning.
fn shared(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(left, right)| left == right)
        .map(|(character, _)| character.len_utf8())
        .sum()
}
