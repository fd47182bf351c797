//! Writing in turn with a listener: outgoing attempts alone, each in a transaction of its own.
//!
//! Captures are numbered and deduplicated by the one who holds the lock; an attempt only hangs on
//! a delivery that is there already, so SQLite's own lock is enough for it.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use crate::delivery::DeliveryId;

use super::attempts::Outgoing;
use super::connect::Source;
use super::encode;
use super::error::StoreError;
use super::numbers::count;

/// A connection that writes now and then.
#[derive(Debug)]
pub(super) struct Beside {
    source: Source,
    connection: Mutex<Connection>,
}

impl Beside {
    pub(super) fn open(source: Source) -> Result<Self, StoreError> {
        let connection = source.writer()?;
        source.tune(&connection)?;
        Ok(Self {
            source,
            connection: Mutex::new(connection),
        })
    }

    /// Records an attempt of a delivery, unless retention has removed that meanwhile.
    pub(super) fn attempt(&self, id: DeliveryId, outgoing: &Outgoing) -> Result<(), StoreError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut write = || -> rusqlite::Result<()> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let is_there = transaction
                .prepare_cached("SELECT 1 FROM deliveries WHERE seq = ?1")?
                .exists([count(id.get())])?;
            if is_there {
                encode::attempt(&transaction, id, outgoing)?;
            }
            transaction.commit()
        };
        write().map_err(|error| self.source.subject().sqlite(&error))
    }
}
