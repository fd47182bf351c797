//! The columns of a row, read one after the other, and what can be wrong with them.

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::FromSql;

/// Why a delivery cannot be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// SQLite could not read it.
    Sqlite(rusqlite::Error),
    /// It could be read, and is not what was written.
    Damaged(String),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

pub(super) type Result<T> = std::result::Result<T, ReadError>;

/// The columns of a row, one after the other.
pub(super) struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(row: &'a Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> Result<T> {
        let column = self.next;
        self.next += 1;
        Ok(self.row.get(column)?)
    }

    pub(super) fn named<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Result<T> {
        let name: String = self.take()?;
        read(&name).ok_or_else(|| unknown(&name))
    }

    pub(super) fn named_or_none<T>(
        &mut self,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let name: Option<String> = self.take()?;
        name.map(|name| read(&name).ok_or_else(|| unknown(&name)))
            .transpose()
    }

    pub(super) fn bytes(&mut self) -> Result<Bytes> {
        let bytes: Option<Vec<u8>> = self.take()?;
        Ok(Bytes::from(bytes.unwrap_or_default()))
    }
}

/// A word that this program never writes.
pub(super) fn unknown(name: &str) -> ReadError {
    ReadError::Damaged(format!("it holds the unknown word {name:?}"))
}
