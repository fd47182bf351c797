//! Opening SQLite: one connection that writes, any number that read, and the settings of each.

use std::fs::File;
use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::condition;
use super::error::{StoreError, Subject};
use super::location::Place;
use super::schema;

/// How long a lock of another program is waited for. A sender waits ten seconds for its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What connections are made to.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A file with a write-ahead log.
    File(Place),
    /// Memory that all connections of this process share under this name.
    Memory(String),
}

impl Source {
    /// Memory of its own.
    pub(super) fn memory() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self::Memory(format!("file:/hook64-{number}?vfs=memdb"))
    }

    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::File(place) => place.subject.clone(),
            Self::Memory(_) => Subject::memory(),
        }
    }

    /// The connection that writes.
    pub(super) fn writer(&self) -> Result<Connection, StoreError> {
        let open = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = match self {
                Self::File(place) => Connection::open_with_flags(&place.path, flags)?,
                Self::Memory(uri) => Connection::open_with_flags(
                    uri,
                    flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE,
                )?,
            };
            harden(&connection)?;
            Ok(connection)
        };
        open().map_err(|error| self.subject().sqlite(&error))
    }

    /// Settles how commits reach the disk; the database must be a store already.
    pub(super) fn tune(&self, connection: &Connection) -> Result<(), StoreError> {
        let tune = || -> rusqlite::Result<()> {
            match self {
                Self::File(_) => {
                    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
                    connection.pragma_update(None, "synchronous", "FULL")?;
                    connection.pragma_update(None, "fullfsync", true)?;
                    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
                    // The writer does it itself, when nobody waits for it.
                    connection.pragma_update_and_check(
                        None,
                        "wal_autocheckpoint",
                        0,
                        |_| Ok(()),
                    )?;
                    connection.pragma_update_and_check(
                        None,
                        "journal_size_limit",
                        64 << 20,
                        |_| Ok(()),
                    )?;
                }
                Self::Memory(_) => {
                    connection
                        .pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
                }
            }
            #[cfg(test)]
            if let Self::File(place) = self {
                super::tests::limit(connection, &place.path)?;
            }
            connection.pragma_update(None, "cache_size", -8192)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(())
        };
        tune().map_err(|error| self.subject().sqlite(&error))
    }

    /// A connection that only reads.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        let subject = self.subject();
        let connection = match self {
            Self::File(place) => open_reader(place),
            Self::Memory(uri) => Connection::open_with_flags(
                uri,
                OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX
                    | OpenFlags::SQLITE_OPEN_URI,
            )
            .and_then(|connection| {
                prepare_reader(&connection)?;
                Ok(connection)
            }),
        };
        connection.map_err(|error| subject.sqlite(&error))
    }
}

fn open_reader(place: &Place) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&place.path, flags)?;
    let prepared = prepare_reader(&connection);
    match prepared {
        Ok(()) => Ok(connection),
        // In a directory that cannot be written there is no room for the files that readers share.
        // Without a log nothing is missing from the file itself.
        Err(_) if !place.has_log() && !is_writable(place) => {
            let uri = format!(
                "file:{}?immutable=1",
                escaped(&place.path.to_string_lossy())
            );
            let connection = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?;
            prepare_reader(&connection)?;
            Ok(connection)
        }
        Err(error) => Err(error),
    }
}

fn is_writable(place: &Place) -> bool {
    place.path.parent().is_some_and(|directory| {
        rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
    })
}

fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    harden(connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.set_prepared_statement_cache_capacity(32);
    condition::prepare(connection)?;
    // The first statement that touches the file; opening alone does not.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// The file may come from anywhere: nothing in it is run, and damage is looked for.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection
        .pragma_update(None, "mmap_size", 0)
        .or_else(|error| match error {
            // It answers with the new value.
            rusqlite::Error::ExecuteReturnedResults => Ok(()),
            error => Err(error),
        })
}

/// A path inside a `file:` URI.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

/// Whether a file begins as SQLite's files do. Only for files that SQLite has just refused: closing
/// the file would drop the locks that a connection of this process holds on it.
pub(super) fn is_database(place: &Place) -> bool {
    let mut start = [0; 16];
    let read = File::open(&place.path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"SQLite format 3\0"
}

/// Opens a file for reading and says how old it is. Nothing in it is changed.
pub(super) fn inspect(place: &Place) -> Result<schema::Age, StoreError> {
    let connection = open_reader(place).map_err(|error| place.subject.sqlite(&error))?;
    schema::inspect(&connection, &place.subject)
}
