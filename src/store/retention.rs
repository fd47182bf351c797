//! The oldest deliveries make room for new ones: by count and by bytes, a few at a time.

use rusqlite::{Connection, TransactionBehavior, params};

use super::numbers::count;

/// How many deliveries one step removes at most, and about how many bytes.
const STEP_ROWS: u64 = 256;
const STEP_BYTES: i64 = 8 << 20;

/// What may stay, and what is still there.
#[derive(Debug)]
pub(super) struct Retention {
    keep: u64,
    keep_bytes: u64,
    /// The oldest delivery that is there, or will be.
    oldest: u64,
    /// So many bytes may be written before the file is measured again.
    unmeasured: u64,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) through: u64,
    pub(super) deliveries: u64,
    /// About how many pages it touched.
    pub(super) pages: usize,
    pub(super) more: bool,
}

impl Retention {
    pub(super) fn new(keep: u64, keep_bytes: u64, oldest: u64) -> Self {
        Self {
            // The newest one stays whatever is asked: its number must not be given again.
            keep: keep.max(1),
            keep_bytes,
            oldest: oldest.max(1),
            unmeasured: 0,
        }
    }

    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Removes a few deliveries, if there are more than may stay. About `written` bytes were stored
    /// since the last call.
    pub(super) fn remove_some(
        &mut self,
        connection: &mut Connection,
        newest: u64,
        written: usize,
    ) -> rusqlite::Result<Option<Step>> {
        self.unmeasured = self.unmeasured.saturating_sub(written as u64);
        let wanted = self.excess(connection, newest)?.min(STEP_ROWS);
        if wanted == 0 {
            return Ok(None);
        }
        // Removing is not worth waiting for the disk: the next commit brings it along.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let step = remove(connection, self.oldest, self.oldest + wanted - 1);
        connection.pragma_update(None, "synchronous", "FULL")?;
        let (through, bytes) = step?;
        let deliveries = through + 1 - self.oldest;
        self.oldest = through + 1;
        Ok(Some(Step {
            through,
            deliveries,
            pages: 8 + bytes / 16384,
            more: self.excess(connection, newest)? > 0,
        }))
    }

    /// How many deliveries have to go: those beyond the count, or, while there are too many bytes,
    /// as many as one step takes.
    fn excess(&mut self, connection: &Connection, newest: u64) -> rusqlite::Result<u64> {
        let stored = (newest + 1).saturating_sub(self.oldest);
        let beyond = stored.saturating_sub(self.keep);
        if beyond > 0 || stored <= 1 || !self.is_too_large(connection)? {
            return Ok(beyond);
        }
        // A few at a time: how many bytes each frees is not known before.
        Ok((stored - 1).min(STEP_ROWS).min((stored / 16).max(1)))
    }

    /// Whether the file holds more bytes than it may. It is not measured again before a quarter of
    /// the room that was left has been written.
    fn is_too_large(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        if self.unmeasured > 0 {
            return Ok(false);
        }
        let used = used_bytes(connection)?;
        self.unmeasured = self.keep_bytes.saturating_sub(used) / 4;
        Ok(used > self.keep_bytes)
    }
}

/// The bytes of the file that hold something.
pub(super) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| -> rusqlite::Result<u64> {
        let number: i64 = connection
            .prepare_cached(&format!("PRAGMA {name}"))?
            .query_row([], |row| row.get(0))?;
        Ok(u64::try_from(number).unwrap_or(0))
    };
    let used = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok(used * number("page_size")?)
}

/// Removes deliveries from `oldest` to at most `last`; returns the last that was removed, and how
/// many bytes went with them.
fn remove(connection: &mut Connection, oldest: u64, last: u64) -> rusqlite::Result<(u64, usize)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (through, bytes) = {
        let mut sizes = transaction.prepare_cached(
            "SELECT seq, body_bytes FROM deliveries WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
        )?;
        let mut rows = sizes.query([count(oldest), count(last)])?;
        let (mut through, mut bytes) = (count(last), 0);
        while let Some(row) = rows.next()? {
            bytes += row.get::<_, i64>(1)?;
            if bytes >= STEP_BYTES {
                through = row.get(0)?;
                break;
            }
        }
        (through, bytes)
    };
    transaction
        .prepare_cached(
            "DELETE FROM attempt_contents WHERE id IN (SELECT id FROM attempts WHERE seq <= ?1)",
        )?
        .execute([through])?;
    for table in [
        "attempts",
        "diagnoses",
        "settlements",
        "contents",
        "deliveries",
    ] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE seq <= ?1"))?
            .execute([through])?;
    }
    let through = u64::try_from(through).unwrap_or(last);
    transaction
        .prepare_cached("UPDATE facts SET value = value + ?1 WHERE name = 'removed'")?
        .execute(params![count(through + 1 - oldest)])?;
    transaction.commit()?;
    Ok((through, usize::try_from(bytes).unwrap_or(0)))
}
