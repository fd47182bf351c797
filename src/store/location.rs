//! Where a store is, and whether the file there may be trusted: its owner, its modes, its identity.

use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::{StoreError, Subject, Trouble};
use super::inode::Inode;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file, with its log and its lock beside it.
    File(PathBuf),
    /// Nowhere: it is gone when the program ends.
    Memory,
}

impl Location {
    /// What a user wrote: a path, or `:memory:`.
    #[must_use]
    pub fn new(text: impl Into<PathBuf>) -> Self {
        let path = text.into();
        if path.as_os_str() == ":memory:" {
            Self::Memory
        } else {
            Self::File(path)
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Memory => formatter.write_str(":memory:"),
        }
    }
}

/// What stands at the path of a store before it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// No file.
    Absent,
    /// A file without a byte.
    Empty,
    /// A file with something in it.
    Filled,
}

/// A store file whose directory exists, with links resolved: two names of one file are one store.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) subject: Subject,
}

impl Place {
    /// Resolves a path, and creates its directory for the owner alone if it is missing.
    pub(super) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let subject = Subject::file(path);
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| subject.io(&error))?;
        Self::resolve(path)
    }

    /// Resolves a path whose directory has to exist.
    pub(super) fn resolve(path: &Path) -> Result<Self, StoreError> {
        let subject = Subject::file(path);
        let resolved = match fs::canonicalize(path) {
            Ok(resolved) => resolved,
            Err(error) if error.kind() == io::ErrorKind::NotFound => absent(path, &subject)?,
            Err(error) => return Err(subject.io(&error)),
        };
        Ok(Self {
            path: resolved,
            subject,
        })
    }

    /// What is there. Refuses what is no file, what belongs to somebody else, and what others may
    /// write to.
    pub(super) fn examine(&self) -> Result<Presence, StoreError> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Presence::Absent),
            Err(error) => return Err(self.subject.io(&error)),
        };
        self.trust(&metadata)?;
        Ok(match metadata.len() {
            0 => Presence::Empty,
            _ => Presence::Filled,
        })
    }

    fn trust(&self, metadata: &Metadata) -> Result<(), StoreError> {
        let subject = &self.subject;
        if !metadata.is_file() {
            return Err(subject
                .trouble(Trouble::Foreign)
                .why("it is not a regular file")
                .fix("name a file with --store FILE"));
        }
        let ours = rustix::process::geteuid().as_raw();
        if metadata.uid() != ours {
            let owner = metadata.uid();
            return Err(StoreError::new(
                Trouble::Untrusted,
                format!("the store {subject} belongs to another user"),
            )
            .why(format!("its owner is user {owner}, this is user {ours}"))
            .fix("use a store of your own with --store FILE"));
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(StoreError::new(
                Trouble::Untrusted,
                format!("the store {subject} can be written by others"),
            )
            .why(format!("its mode is {mode:04o}"))
            .fix(format!("chmod 600 {subject}")));
        }
        Ok(())
    }

    /// Creates the file, for the owner alone whatever the umask.
    pub(super) fn create(&self) -> Result<(), StoreError> {
        open_private(&self.path)
            .map(drop)
            .map_err(|error| self.subject.io(&error))
    }

    /// The path of a file beside the store: `-wal`, `.lock`.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Whether committed captures may wait in a log beside the store.
    pub(super) fn has_log(&self) -> bool {
        fs::metadata(self.beside("-wal")).is_ok_and(|metadata| metadata.len() > 0)
    }

    /// Which files these are right now.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        Ok(Identity {
            log: Inode::at(&self.beside("-wal"))?,
            file: self.file_identity()?,
        })
    }

    /// Which file the path leads to right now, its log aside.
    pub(super) fn file_identity(&self) -> io::Result<Inode> {
        Inode::at(&self.path)
    }
}

/// Which file a path led to, so that a replaced one is noticed: whoever holds the old one open goes
/// on writing into nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) file: Inode,
    log: Inode,
}

/// Opens or creates a file that only its owner can use.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// The resolved path of a file that does not exist yet.
fn absent(path: &Path, subject: &Subject) -> Result<PathBuf, StoreError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| {
        subject
            .trouble(Trouble::Unreachable)
            .why("it names no file")
    })?;
    let directory = fs::canonicalize(directory).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => subject.trouble(Trouble::Missing),
        _ => subject.io(&error),
    })?;
    Ok(directory.join(name))
}
