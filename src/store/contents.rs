//! The bytes of a delivery, read back and checked: a large body by its own path.

use bytes::Bytes;
use rusqlite::{Connection, MAIN_DB};

use crate::delivery::DeliveryId;
use crate::signature::digest::sha256;

use super::columns::{Columns, ReadError, Result};
use super::numbers::count;
use super::seal::digest;

/// A body of more bytes is read by itself: in a row it would be in memory twice.
pub(super) const AT_ONCE: i64 = 1 << 20;

/// What was sent and answered, byte for byte.
pub(super) struct Contents {
    pub(super) head: Bytes,
    pub(super) body: Bytes,
    pub(super) trailers: Bytes,
    pub(super) answer_headers: Bytes,
    pub(super) answer_body: Bytes,
}

impl Contents {
    /// The bytes, compared with the checksums from when they were written: SQLite itself would hand
    /// over whatever stands there.
    pub(super) fn read(
        connection: &Connection,
        id: DeliveryId,
        columns: &mut Columns<'_>,
        body_sha256: &[u8; 32],
    ) -> Result<Self> {
        let written: Option<[u8; 16]> = columns.take()?;
        let Some(written) = written else {
            return Err(ReadError::Damaged("its head and body are missing".into()));
        };
        let head = columns.bytes()?;
        let body: Option<Vec<u8>> = columns.take()?;
        let contents = Self {
            head,
            body: match body {
                Some(body) => body.into(),
                None => large_body(connection, id)?,
            },
            trailers: columns.bytes()?,
            answer_headers: columns.bytes()?,
            answer_body: columns.bytes()?,
        };
        if sha256(&contents.body) != *body_sha256 {
            let why = "the SHA-256 of its body is not what it was when it arrived";
            return Err(ReadError::Damaged(why.into()));
        }
        let found = digest(
            &contents.head,
            Some(&contents.trailers),
            Some(&contents.answer_headers),
            &contents.answer_body,
        );
        if found != written {
            let why = "the digest of its head and answer is not what it was when it arrived";
            return Err(ReadError::Damaged(why.into()));
        }
        Ok(contents)
    }
}

/// A large body, straight into its place.
fn large_body(connection: &Connection, id: DeliveryId) -> Result<Bytes> {
    let blob = connection.blob_open(MAIN_DB, "contents", "body", count(id.get()), true)?;
    let mut bytes = vec![0; blob.len()];
    blob.read_at_exact(&mut bytes, 0)?;
    Ok(bytes.into())
}
