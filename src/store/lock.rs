//! Who writes to a store: one listener at a time, and what the lock remembers between them.
//!
//! SQLite lets several programs write in turn; two listeners that deduplicate from two memories
//! would each be right and together wrong. The lock is the kernel's, so it dies with its holder.
//! Its file stays, and remembers that the store held captures: an emptied store is told from a new
//! one by it.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::{StoreError, Trouble};
use super::inode::Inode;
use super::location::{Place, open_private};

const NOTE: &str =
    "# The lock of a hook64 store. Leave it here: it remembers that the store was in use.\n";
const HELD: &str = "captures: yes";
/// More than any holder writes.
const MAX_LENGTH: u64 = 4096;

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    held: Mutex<Held>,
    path: PathBuf,
    /// Whether the store held captures before.
    pub(super) held_captures: bool,
}

#[derive(Debug)]
struct Held {
    file: File,
    inode: Inode,
    holder: Option<String>,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(place: &Place) -> Result<Self, StoreError> {
        let path = place.beside(".lock");
        let (file, inode) = acquire(place, &path)?;
        let mut held = Held {
            file,
            inode,
            holder: None,
        };
        let held_captures = tells_of_captures(&mut held.file);
        Ok(Self {
            held: Mutex::new(held),
            path,
            held_captures,
        })
    }

    /// Whether the store held captures, for those who do not take the lock.
    pub(super) fn remembers_captures(place: &Place) -> bool {
        let file = File::open(place.beside(".lock"));
        file.is_ok_and(|mut file| tells_of_captures(&mut file))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that the store is in use from now on.
    pub(super) fn remember(&self) -> io::Result<()> {
        self.held().write()
    }

    /// Writes down who holds it: a URL, say.
    pub(super) fn set_holder(&self, holder: &str) -> io::Result<()> {
        let mut held = self.held();
        held.holder = Some(holder.chars().filter(|c| !c.is_control()).collect());
        held.write()
    }

    /// Makes sure that others find the lock: somebody may have tidied its file away.
    pub(super) fn keep(&self, place: &Place) -> Result<(), StoreError> {
        let mut held = self.held();
        if Inode::at(&self.path).ok() == Some(held.inode) {
            return Ok(());
        }
        (held.file, held.inode) = acquire(place, &self.path)?;
        held.write().map_err(|error| place.subject.io(&error))
    }
}

impl Held {
    fn write(&mut self) -> io::Result<()> {
        let mut text = format!("{NOTE}{HELD}\npid: {}\n", std::process::id());
        if let Some(holder) = &self.holder {
            text.push_str(&format!("holder: {holder}\n"));
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_data()
    }
}

fn acquire(place: &Place, path: &Path) -> Result<(File, Inode), StoreError> {
    loop {
        let mut file = open_private(path).map_err(|error| place.subject.io(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(place, &read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(place.subject.io(&error)),
        }
        let metadata = file.metadata().map_err(|error| place.subject.io(&error))?;
        // Somebody may have removed the file between opening and locking it.
        let inode = Inode::of(&metadata);
        if Inode::at(path).ok() == Some(inode) {
            return Ok((file, inode));
        }
    }
}

fn read(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let _ = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(MAX_LENGTH).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tells_of_captures(file: &mut File) -> bool {
    read(file).lines().any(|line| line == HELD)
}

fn in_use(place: &Place, note: &str) -> StoreError {
    let value = |key: &str| {
        note.lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let why = match (value("pid:"), value("holder:")) {
        (Some(pid), Some(holder)) => format!("process {pid} listens at {holder} and writes to it"),
        (Some(pid), None) => format!("process {pid} writes to it"),
        _ => "another listener writes to it".to_owned(),
    };
    let subject = &place.subject;
    StoreError::new(Trouble::InUse, format!("the store {subject} is in use"))
        .why(why)
        .fix(
            "stop that listener, or give this one a store of its own with --store FILE; \
             list, show and export work beside it",
        )
}
