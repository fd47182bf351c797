//! Copying the log into the file, beside the thread that writes.
//!
//! A copy reads and writes megabytes and waits for the disk twice; nobody who waits for an answer
//! should wait for that too. So it has a connection and, while it runs, a thread of its own. Only a
//! rest that was written meanwhile is left to the writer: the log begins anew with a commit that
//! finds all of it copied.

use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::connect::Source;
use super::error::StoreError;

/// How many pages the log may gain before they are copied.
const ENOUGH: usize = 1000;
/// So few pages are copied in no time: the writer does it itself.
const REST: usize = ENOUGH / 2;
/// When the log is as long as this the writer waits for the copy: under a heavy load there would
/// never be a commit that finds all of it copied.
const TOO_LONG: usize = ENOUGH * 4;

/// How far a copy went: `None` when somebody was in the way, else how many pages of the log it left.
type Copied = rusqlite::Result<Option<usize>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Copying {
    source: Source,
    connection: Option<Connection>,
    running: Option<JoinHandle<(Connection, Copied)>>,
    /// About how many pages the log has gained since it began anew.
    log: usize,
    /// How many of them are not copied, nor in the hands of the copy that is running.
    uncopied: usize,
    /// At how many of those to begin a copy.
    copy_at: usize,
    /// A copy has left nothing but what came since it began.
    only_rest: bool,
}

impl Copying {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            connection: None,
            running: None,
            log: 0,
            uncopied: 0,
            copy_at: ENOUGH,
            only_rest: false,
        }
    }

    /// The log has grown by about so many pages.
    pub(super) fn log_gained(&mut self, pages: usize) {
        self.log += pages;
        self.uncopied += pages;
    }

    /// The log was emptied.
    pub(super) fn log_is_empty(&mut self) {
        (self.log, self.uncopied, self.copy_at) = (0, 0, ENOUGH);
        self.only_rest = false;
    }

    /// Whether the last copy went well, as far as it has ended.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        match self.running.as_ref() {
            Some(run) if run.is_finished() => self.wait(),
            _ => Ok(()),
        }
    }

    /// Begins a copy when there is enough for one, and completes it when little is left. The
    /// connection is the writer's, between two commits.
    pub(super) fn tend(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if matches!(self.source, Source::Memory(_)) {
            return Ok(());
        }
        let is_long = self.log >= TOO_LONG;
        if is_long {
            self.wait()?;
        } else {
            self.check()?;
        }
        if self.only_rest && (is_long || self.uncopied < REST) {
            return self.copy_rest(connection);
        }
        if self.uncopied < self.copy_at || self.running.is_some() {
            return Ok(());
        }
        if self.start()? {
            return Ok(());
        }
        self.copy_rest(connection)
    }

    /// Starts a copy. False when there is no thread for it.
    fn start(&mut self) -> Result<bool, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = self.source.writer()?;
                self.source.tune(&connection)?;
                connection
            }
        };
        let run = move || {
            let copied = copy(&connection);
            (connection, copied)
        };
        let running = thread::Builder::new().name("copying".to_owned()).spawn(run);
        self.running = running.ok();
        if self.running.is_some() {
            self.uncopied = 0;
            self.only_rest = false;
        }
        Ok(self.running.is_some())
    }

    fn copy_rest(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.uncopied = 0;
        self.note(checkpoint(connection, "PASSIVE"))?;
        if self.only_rest {
            self.log_is_empty();
        }
        Ok(())
    }

    /// Waits for the copy that is running.
    fn wait(&mut self) -> Result<(), StoreError> {
        match self.running.take().map(JoinHandle::join) {
            Some(Ok((connection, copied))) => {
                self.connection = Some(connection);
                self.note(copied)
            }
            // A panic was reported; the next copy has a new connection.
            Some(Err(_)) => self.note(Ok(None)),
            None => Ok(()),
        }
    }

    /// What a copy left is still to be copied; not at once, when somebody who reads is in the way.
    fn note(&mut self, copied: Copied) -> Result<(), StoreError> {
        let left = copied.map_err(|error| self.source.subject().sqlite(&error))?;
        // While the writer is at a commit it is a reader, too: of what came meanwhile.
        self.only_rest = left.is_some_and(|left| left <= self.uncopied);
        if self.only_rest {
            self.copy_at = REST;
        } else {
            self.uncopied += left.unwrap_or(0);
            self.copy_at = self.uncopied + ENOUGH;
        }
        Ok(())
    }

    /// Waits for what is running and closes the connection.
    pub(super) fn close(&mut self) {
        let _ = self.wait();
        self.connection = None;
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        self.close();
    }
}

/// Copies the log into the file while the writer goes on.
fn copy(connection: &Connection) -> Copied {
    let Some(before) = progress(connection, "PASSIVE")? else {
        return Ok(None);
    };
    // The writer begins the log anew as soon as all of it is copied, which may be before SQLite
    // has read for us how much that was: nothing of the new one is then. It cannot happen twice
    // without another copy.
    if before.copied == 0
        && let Some(now) = progress(connection, "NOOP")?
        && now.log < before.log
    {
        return Ok(Some(0));
    }
    Ok(Some(before.left()))
}

/// Copies the log into the file while nobody writes.
pub(super) fn checkpoint(connection: &Connection, mode: &str) -> Copied {
    Ok(progress(connection, mode)?.map(|progress| progress.left()))
}

/// How many pages the log has, and how many of them are in the file.
struct Progress {
    log: usize,
    copied: usize,
}

impl Progress {
    fn left(&self) -> usize {
        self.log.saturating_sub(self.copied)
    }
}

/// `None` when somebody was in the way.
fn progress(connection: &Connection, mode: &str) -> rusqlite::Result<Option<Progress>> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let (busy, log, copied): (bool, i64, i64) =
        connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Both are negative where there is no log.
    let pages = |count: i64| usize::try_from(count).unwrap_or(0);
    let progress = Progress {
        log: pages(log),
        copied: pages(copied),
    };
    Ok((!busy).then_some(progress))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::store::location::Place;
    use crate::store::schema;

    struct Fixture {
        _directory: tempfile::TempDir,
        connection: Connection,
        copying: Copying,
    }

    impl Fixture {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let place = Place::prepare(&directory.path().join("hook64.db")).unwrap();
            place.create().unwrap();
            let source = Source::File(place);
            let mut connection = source.writer().unwrap();
            schema::create(&mut connection).unwrap();
            source.tune(&connection).unwrap();
            // Nobody needs what is written here.
            connection
                .pragma_update(None, "synchronous", "OFF")
                .unwrap();
            Self {
                _directory: directory,
                connection,
                copying: Copying::new(source),
            }
        }

        fn write(&mut self, commits: usize) {
            for _ in 0..commits {
                let sql = "UPDATE facts SET value = value + 1 WHERE name = 'removed'";
                self.connection.execute(sql, []).unwrap();
            }
            self.copying.log_gained(commits);
        }

        /// Lets the copy that is running end.
        fn let_it_end(&self) {
            let began = Instant::now();
            while let Some(run) = &self.copying.running
                && !run.is_finished()
            {
                assert!(began.elapsed() < Duration::from_secs(60), "it never ends");
                thread::yield_now();
            }
        }

        fn tend(&mut self) {
            self.let_it_end();
            self.copying.tend(&self.connection).unwrap();
        }

        fn log(&self) -> (usize, usize) {
            (self.copying.log, self.copying.uncopied)
        }
    }

    #[test]
    fn a_long_log_is_copied_beside_the_writer_and_begins_anew() {
        let mut fixture = Fixture::new();
        fixture.write(ENOUGH - 1);
        fixture.tend();
        assert!(fixture.copying.running.is_none(), "that is not enough");
        fixture.write(1);
        fixture.tend();
        assert!(fixture.copying.running.is_some());
        fixture.write(3);
        assert_eq!(fixture.log(), (ENOUGH + 3, 3));
        fixture.tend();
        assert_eq!(fixture.log(), (0, 0));
        let left = checkpoint(&fixture.connection, "PASSIVE").unwrap();
        assert_eq!(left, Some(0));
    }

    #[test]
    fn a_log_that_is_never_copied_whole_is_waited_for_in_the_end() {
        let mut fixture = Fixture::new();
        fixture.write(ENOUGH);
        fixture.tend();
        // More than a rest has come whenever somebody looks at a copy that has ended.
        let mut rounds = 0;
        while fixture.copying.log > 0 {
            fixture.let_it_end();
            fixture.write(REST);
            fixture.tend();
            rounds += 1;
            assert!(rounds <= TOO_LONG / REST, "{:?}", fixture.log());
        }
        assert!(rounds > 2);
    }

    #[test]
    fn a_reader_in_the_way_is_not_asked_again_before_more_has_come() {
        let mut fixture = Fixture::new();
        let reader = fixture.copying.source.reader().unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let sql = "SELECT count(*) FROM facts";
        reader.query_row(sql, [], |_| Ok(())).unwrap();
        fixture.write(ENOUGH);
        fixture.tend();
        fixture.tend();
        let (log, uncopied) = fixture.log();
        assert_eq!(log, ENOUGH);
        assert!(uncopied > 0, "the reader still needs the file as it was");
        fixture.tend();
        assert!(fixture.copying.running.is_none());
        drop(reader);
        fixture.write(ENOUGH);
        fixture.tend();
        fixture.tend();
        assert_eq!(fixture.log(), (0, 0));
    }
}
