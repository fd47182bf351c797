//! Connections that read: opened when needed, kept for the next one, never in the writer's way.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::columns::ReadError;
use super::connect::Source;
use super::error::{StoreError, Trouble};
use crate::delivery::DeliveryId;

/// How many connections are kept.
const KEPT: usize = 2;

#[derive(Debug)]
pub(super) struct Readers {
    pub(super) source: Source,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of a store that has just been opened; the first connection proves that it can be
    /// read, and keeps a store in memory alive.
    pub(super) fn new(source: Source) -> Result<Self, StoreError> {
        let first = source.reader()?;
        Ok(Self {
            source,
            idle: Mutex::new(vec![first]),
        })
    }

    /// Reads with a connection of its own. One that failed is not used again.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.try_with(|connection| {
            read(connection).map_err(|error| self.source.subject().sqlite(&error))
        })
    }

    /// The same, for what finds errors of its own.
    pub(super) fn try_with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.source.reader()?,
        };
        let result = read(&connection)?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(result)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections that nobody uses, so that the writer is the last to leave.
    pub(super) fn close(&self) {
        self.idle().clear();
    }

    /// What went wrong with one delivery, in words.
    pub(super) fn unreadable(&self, id: DeliveryId, error: ReadError) -> StoreError {
        let subject = self.source.subject();
        match error {
            ReadError::Sqlite(error) => subject.sqlite(&error),
            ReadError::Damaged(why) => StoreError::new(
                Trouble::Damaged,
                format!("delivery {id} in the store {subject} is damaged"),
            )
            .why(why)
            .fix("the others can be read; check the disk, and put a copy of the file back"),
        }
    }
}
