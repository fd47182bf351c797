//! How much there is, without reading it.

use rusqlite::Connection;

use crate::delivery::DeliveryId;

use super::retention::used_bytes;

/// How much a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Deliveries.
    pub deliveries: u64,
    /// Events: deliveries that belong together count once.
    pub events: u64,
    /// The oldest delivery.
    pub oldest: Option<DeliveryId>,
    /// The newest delivery.
    pub newest: Option<DeliveryId>,
    /// Bytes of the file that hold something.
    pub bytes: u64,
    /// Deliveries that retention has removed since the store was created.
    pub removed: u64,
}

pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    let transaction = connection.unchecked_transaction()?;
    let number = |sql: &str| -> rusqlite::Result<u64> {
        let number: Option<i64> = transaction
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?;
        Ok(number
            .and_then(|number| u64::try_from(number).ok())
            .unwrap_or(0))
    };
    let oldest = number("SELECT min(seq) FROM deliveries")?;
    let newest = number("SELECT max(seq) FROM deliveries")?;
    // Numbers have no gaps: a batch that failed gives its numbers back, and retention removes from
    // the oldest on.
    let deliveries = if newest == 0 { 0 } else { newest + 1 - oldest };
    let later = number("SELECT count(*) FROM deliveries WHERE event <> seq")?;
    let headless = number(
        "SELECT count(DISTINCT event) FROM deliveries \
         WHERE event <> seq AND event < (SELECT min(seq) FROM deliveries)",
    )?;
    Ok(Counts {
        deliveries,
        events: deliveries.saturating_sub(later) + headless,
        oldest: DeliveryId::new(oldest),
        newest: DeliveryId::new(newest),
        bytes: used_bytes(&transaction)?,
        removed: number("SELECT value FROM facts WHERE name = 'removed'")?,
    })
}
