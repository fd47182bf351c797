//! From a path to a store: what is there, may it be used, does it take writes.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rusqlite::Connection;

use super::board::Board;
use super::completions::Completions;
use super::connect::{self, Source};
use super::error::{StoreError, Trouble};
use super::location::{Location, Place, Presence};
use super::lock::Lock;
use super::queue::Queue;
use super::readers::Readers;
use super::schema::{self, Age};
use super::writer::{Parts, Writer};
use super::{Options, Shared, Store, Writing};

/// How many bytes may wait for the disk.
const BUDGET: usize = 256 << 20;
/// SQLite lets shared memory grow to one GiB; a store in memory stays well below.
const MEMORY_BYTES: u64 = 512 << 20;

/// Opens or creates a store to write to it.
pub(super) fn writer(location: &Location, options: Options) -> Result<Store, StoreError> {
    match location {
        Location::Memory => {
            let source = Source::memory();
            let mut connection = source.writer()?;
            schema::create(&mut connection).map_err(|error| source.subject().sqlite(&error))?;
            let options = Options {
                keep_bytes: options.keep_bytes.min(MEMORY_BYTES),
                ..options
            };
            start(source, None, connection, options)
        }
        Location::File(path) => {
            let place = Place::prepare(path)?;
            place.examine()?;
            let lock = Lock::take(&place)?;
            let connection = open_or_create(&place, lock.held_captures)?;
            lock.remember().map_err(|error| place.subject.io(&error))?;
            start(
                Source::File(place),
                Some(Arc::new(lock)),
                connection,
                options,
            )
        }
    }
}

fn open_or_create(place: &Place, held_captures: bool) -> Result<Connection, StoreError> {
    let subject = &place.subject;
    let presence = place.examine()?;
    match presence {
        Presence::Absent | Presence::Empty if place.has_log() => {
            return Err(subject
                .trouble(Trouble::Emptied)
                .why("its log is still there, with captures in it"));
        }
        Presence::Empty if held_captures => {
            return Err(subject
                .trouble(Trouble::Emptied)
                .why("the file has no bytes"));
        }
        _ => {}
    }
    let source = Source::File(place.clone());
    if presence == Presence::Filled {
        let age = connect::inspect(place).map_err(|error| foreign(place, held_captures, error))?;
        let mut connection = source.writer()?;
        if let Age::Older(version) = age {
            schema::migrate(&mut connection, place, version, schema::MIGRATIONS)?;
        }
        schema::verify(&connection, subject)?;
        return Ok(connection);
    }
    place.create()?;
    let mut connection = source.writer()?;
    schema::create(&mut connection).map_err(|error| subject.sqlite(&error))?;
    Ok(connection)
}

/// Something that is no database at all was never a store of ours, unless the lock remembers one.
fn foreign(place: &Place, held_captures: bool, error: StoreError) -> StoreError {
    if error.trouble() == Trouble::Damaged && !held_captures && !connect::is_database(place) {
        return place
            .subject
            .trouble(Trouble::Foreign)
            .why("it is not a database");
    }
    error
}

fn start(
    source: Source,
    lock: Option<Arc<Lock>>,
    connection: Connection,
    options: Options,
) -> Result<Store, StoreError> {
    source.tune(&connection)?;
    let queue = Arc::new(Queue::new(BUDGET));
    let board = Arc::new(Board::new());
    let parts = Parts {
        source: source.clone(),
        lock: lock.clone(),
        queue: Arc::clone(&queue),
        board: Arc::clone(&board),
        completions: Completions::start(),
        keep: options.keep,
        keep_bytes: options.keep_bytes,
    };
    let writer = Writer::new(parts, connection)?;
    let subject = source.subject();
    let readers = Readers::new(source)?;
    let thread = thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| subject.io(&error))?;
    Ok(Store {
        shared: Arc::new(Shared {
            readers,
            board,
            subject,
            writing: Some(Writing {
                queue,
                lock,
                thread: Mutex::new(Some(thread)),
            }),
            polled: Mutex::new(None),
        }),
    })
}

/// Opens a store to read it.
pub(super) fn reader(path: &Path) -> Result<Store, StoreError> {
    let place = Place::resolve(path)?;
    let subject = place.subject.clone();
    match place.examine()? {
        Presence::Absent => return Err(subject.trouble(Trouble::Missing)),
        Presence::Empty => {
            return Err(subject
                .trouble(Trouble::Emptied)
                .why("the file has no bytes"));
        }
        Presence::Filled => {}
    }
    let age = connect::inspect(&place)
        .map_err(|error| foreign(&place, Lock::remembers_captures(&place), error))?;
    if let Age::Older(version) = age {
        return Err(subject
            .trouble(Trouble::ReadOnly)
            .why(format!(
                "its format is version {version}, which has to be brought up to date first"
            ))
            .fix("start the listener once: it does that, and keeps a copy"));
    }
    let source = Source::File(place);
    let readers = Readers::new(source)?;
    readers.try_with(|connection| schema::verify(connection, &subject))?;
    Ok(Store {
        shared: Arc::new(Shared {
            readers,
            board: Arc::new(Board::new()),
            subject,
            writing: None,
            polled: Mutex::new(None),
        }),
    })
}
