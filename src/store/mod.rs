//! SQLite, and nobody else names it: every capture in one file that anyone can query.
//!
//! One thread owns the writing connection and commits everything that waits in one transaction;
//! whoever reads has a connection of its own. An insert returns only when the delivery is on disk,
//! so an answer that waits for it never promises what a crash could take back.
//!
//! | files | what |
//! |---|---|
//! | `recording` `reading` | what a store takes, and what it can be asked |
//! | `open` `location` `lock` `schema` `connect` | may this file be used, by whom, in which shape |
//! | `queue` `writer` `completions` `copying` `retention` `board` | from an arrival to the disk, and what is told of it |
//! | `seal` `encode` `decode` `columns` `contents` `fields` `numbers` | an arrival as rows and back, with checksums |
//! | `readers` `query` `condition` `find` `brief` `counts` `remembered` `attempts` | questions, each in a file of its own |
//! | `error` | what went wrong, and the way out |
//!
//! The tables are documented where they are made, in `assets/schema/`.

mod attempts;
mod board;
mod brief;
mod columns;
mod completions;
mod condition;
mod connect;
mod contents;
mod copying;
mod counts;
mod decode;
mod encode;
mod error;
mod fields;
mod find;
mod inode;
mod location;
mod lock;
mod numbers;
mod open;
mod query;
mod queue;
mod readers;
mod reading;
mod recording;
mod remembered;
mod retention;
mod schema;
mod seal;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

pub use attempts::{AttemptPlace, Origin, Outgoing, Sent};
pub use board::Removed;
pub use brief::Brief;
pub use counts::Counts;
pub use error::{StoreError, Trouble};
pub use find::{Candidate, Found};
pub use location::Location;
pub use query::Order;
pub use remembered::Remembered;

use board::Board;
use error::Subject;
use lock::Lock;
use queue::Queue;
use readers::Readers;

/// What retention lets stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many deliveries.
    pub keep: u64,
    /// How many bytes of the file.
    pub keep_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep: 1_000_000,
            keep_bytes: 10 << 30,
        }
    }
}

/// A store. Clones share it; the last one to go writes what is queued and closes it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    readers: Readers,
    board: Arc<Board>,
    subject: Subject,
    writing: Option<Writing>,
    /// Which state of the file a reader has seen that nobody tells what changes.
    polled: Mutex<Option<query::DataVersion>>,
}

#[derive(Debug)]
struct Writing {
    queue: Arc<Queue>,
    lock: Option<Arc<Lock>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens a store to write to it, and creates it if there is none. Nobody else can do so
    /// meanwhile.
    ///
    /// # Errors
    /// When somebody else writes to it, when the file is not a store that this program may use, or
    /// when it cannot be written. A file that is refused is left as it is.
    pub fn open(location: &Location, options: Options) -> Result<Self, StoreError> {
        open::writer(location, options)
    }

    /// Opens a store to read it, beside the listener that writes to it or after it.
    ///
    /// # Errors
    /// When there is none, or when the file is not a store that this program can read.
    pub fn open_readonly(path: &Path) -> Result<Self, StoreError> {
        open::reader(path)
    }

    /// The version of the store: it grows with every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.board.version()
    }

    /// What retention has removed since the store was opened.
    #[must_use]
    pub fn removals(&self) -> watch::Receiver<Removed> {
        self.shared.board.removals()
    }

    /// Looks whether another program changed the store, and raises the version if so. For a store
    /// that was opened for reading, which nobody tells.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn poll(&self) -> Result<bool, StoreError> {
        let mut polled = self
            .shared
            .polled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = query::poll(&self.shared.readers.source, &mut polled)?;
        if changed {
            self.shared.board.changed();
        }
        Ok(changed)
    }

    /// Tells others who want to write to the store who has it: the listener's URL, say.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn set_holder(&self, holder: &str) -> Result<(), StoreError> {
        let lock = self
            .shared
            .writing
            .as_ref()
            .and_then(|writing| writing.lock.as_ref());
        match lock {
            Some(lock) => lock
                .set_holder(holder)
                .map_err(|error| self.shared.subject.io(&error)),
            None => Ok(()),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.readers.close();
        if let Some(writing) = &self.writing {
            writing.queue.close();
            let mut thread = writing
                .thread
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests;
