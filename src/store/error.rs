//! Why the store could not do what it was asked, in words that say what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

/// The kinds of trouble a store can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Another listener writes to it.
    InUse,
    /// Another program holds SQLite's own lock for too long.
    Locked,
    /// No room on the disk.
    Full,
    /// The file or its directory cannot be written.
    ReadOnly,
    /// The file, or a directory of its path, cannot be reached.
    Unreachable,
    /// There is no such file.
    Missing,
    /// The file was removed or replaced while the listener was running.
    Gone,
    /// The file is not one of ours.
    Foreign,
    /// A newer version of the program wrote it.
    Newer,
    /// It belongs to somebody else, or others may write to it.
    Untrusted,
    /// It once held captures and is empty now.
    Emptied,
    /// Its bytes are not what was written.
    Damaged,
    /// More is waiting to be stored than memory is set aside for.
    Overloaded,
    /// The disk failed a read, a write or a flush.
    Failing,
    /// The store was closed.
    Closed,
}

impl Trouble {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InUse => "store_in_use",
            Self::Locked => "store_locked",
            Self::Full => "disk_full",
            Self::ReadOnly => "store_read_only",
            Self::Unreachable => "store_unreachable",
            Self::Missing => "store_missing",
            Self::Gone => "store_gone",
            Self::Foreign => "store_foreign",
            Self::Newer => "store_newer",
            Self::Untrusted => "store_untrusted",
            Self::Emptied => "store_emptied",
            Self::Damaged => "store_damaged",
            Self::Overloaded => "store_overloaded",
            Self::Failing => "store_failing",
            Self::Closed => "store_closed",
        }
    }
}

/// Why the store could not do what it was asked. Cheap to copy: one failure answers a whole batch.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreError(Arc<Report>);

#[derive(PartialEq, Eq)]
struct Report {
    trouble: Trouble,
    what: String,
    why: Option<String>,
    fix: Option<String>,
}

impl StoreError {
    pub(super) fn new(trouble: Trouble, what: impl Into<String>) -> Self {
        Self(Arc::new(Report {
            trouble,
            what: what.into(),
            why: None,
            fix: None,
        }))
    }

    pub(super) fn why(self, why: impl Into<String>) -> Self {
        let (trouble, what, _, fix) = self.parts();
        let why = Some(why.into());
        Self(Arc::new(Report {
            trouble,
            what,
            why,
            fix,
        }))
    }

    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        let (trouble, what, why, _) = self.parts();
        let fix = Some(fix.into());
        Self(Arc::new(Report {
            trouble,
            what,
            why,
            fix,
        }))
    }

    fn parts(self) -> (Trouble, String, Option<String>, Option<String>) {
        let report = self.0;
        (
            report.trouble,
            report.what.clone(),
            report.why.clone(),
            report.fix.clone(),
        )
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        self.0.trouble
    }

    /// The cause, for a person.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.why.as_deref()
    }

    /// What to do about it: a command or an action.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.fix.as_deref()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.what)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreError")
            .field("trouble", &self.0.trouble)
            .field("what", &self.0.what)
            .field("why", &self.0.why)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for StoreError {}

/// The name of a store in messages: its path, or `:memory:`. It turns the errors of the layers
/// below into ours.
#[derive(Debug, Clone)]
pub(super) struct Subject(Option<PathBuf>);

impl Subject {
    pub(super) fn file(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    pub(super) fn memory() -> Self {
        Self(None)
    }

    /// What SQLite reported, in our words.
    pub(super) fn sqlite(&self, error: &rusqlite::Error) -> StoreError {
        let trouble = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Trouble::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Trouble::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Locked,
            Some(ErrorCode::CannotOpen) => Trouble::Unreachable,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Trouble::Damaged,
            Some(_) => Trouble::Failing,
            // What is not SQLite's own error is a row that cannot be read as ours.
            None => Trouble::Damaged,
        };
        self.trouble(trouble).why(error.to_string())
    }

    /// What the operating system reported, in our words.
    pub(super) fn io(&self, error: &io::Error) -> StoreError {
        let trouble = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Trouble::ReadOnly
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Trouble::Unreachable,
            _ => Trouble::Failing,
        };
        self.trouble(trouble).why(error.to_string())
    }

    /// The message of a kind of trouble, with what to do.
    pub(super) fn trouble(&self, trouble: Trouble) -> StoreError {
        let (what, fix) = match trouble {
            Trouble::Full => (
                format!("no room left for the store {self}"),
                "make room on that disk, or use another with --store FILE, or keep less with \
                 --keep-bytes SIZE; storing goes on by itself"
                    .to_owned(),
            ),
            Trouble::ReadOnly => (
                format!("the store {self} cannot be written"),
                "make the file and its directory writable, or use another with --store FILE"
                    .to_owned(),
            ),
            Trouble::Locked => (
                format!("another program locks the store {self}"),
                "close the program that has a transaction open on it".to_owned(),
            ),
            Trouble::Unreachable => (
                format!("the store {self} cannot be opened"),
                "check that the path exists and that you may use it, or name another with \
                 --store FILE"
                    .to_owned(),
            ),
            Trouble::Missing => (
                format!("there is no store {self}"),
                "start the listener, which creates it, or name another with --store FILE"
                    .to_owned(),
            ),
            Trouble::Gone => (
                format!("the store {self} was removed or replaced while it was in use"),
                "put the file back where it was, or restart the listener to begin a new store"
                    .to_owned(),
            ),
            Trouble::Foreign => (
                format!("{self} is not a store of hook64"),
                format!(
                    "name another file with --store FILE, or move this one aside:\n{}",
                    self.move_aside("other")
                ),
            ),
            Trouble::Emptied => (
                format!("the store {self} is empty, though it held captures before"),
                format!(
                    "put a copy of the file back, or begin a new store:\n{}",
                    self.move_aside("emptied")
                ),
            ),
            Trouble::Damaged => (
                format!("the store {self} is damaged"),
                format!(
                    "move it aside and begin a new one; sqlite3 can save what is readable:\n{}\n{}",
                    self.move_aside("damaged"),
                    self.recover()
                ),
            ),
            Trouble::Failing => (
                format!("the disk failed under the store {self}"),
                "check the disk, or use another with --store FILE".to_owned(),
            ),
            Trouble::Overloaded => (
                format!("too much is waiting to be stored in {self}"),
                "the disk is slower than what arrives; the sender will try again".to_owned(),
            ),
            Trouble::Closed => (
                format!("the store {self} is closed"),
                "restart the listener".to_owned(),
            ),
            Trouble::InUse | Trouble::Newer | Trouble::Untrusted => (
                format!("the store {self} cannot be used"),
                "use another with --store FILE".to_owned(),
            ),
        };
        StoreError::new(trouble, what).fix(fix)
    }

    fn move_aside(&self, suffix: &str) -> String {
        let Some(path) = &self.0 else {
            return String::new();
        };
        let path = path.display().to_string();
        let mut command = format!(
            "  mv {} {}",
            quoted(&path),
            quoted(&(path.clone() + "." + suffix))
        );
        if Path::new(&(path.clone() + "-wal")).exists() {
            let wal = quoted(&(path.clone() + "-wal"));
            let aside = quoted(&format!("{path}.{suffix}-wal"));
            command.push_str(&format!(" && mv {wal} {aside}"));
        }
        command
    }

    fn recover(&self) -> String {
        let Some(path) = &self.0 else {
            return String::new();
        };
        let path = path.display().to_string();
        let damaged = quoted(&(path.clone() + ".damaged"));
        let saved = quoted(&(path + ".saved"));
        format!("  sqlite3 {damaged} .recover | sqlite3 {saved}")
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(path) => path.display().fmt(formatter),
            None => formatter.write_str(":memory:"),
        }
    }
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(&byte);
    if word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
