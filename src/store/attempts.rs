//! Requests that we made for a delivery: forwards, replays, samples. Each is kept beside the
//! capture, which never changes.

use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::delivery::attempt::Response;
use crate::delivery::{Attempt, DeliveryId, Failure, Request};

use super::fields;
use super::numbers::{count, duration, span, timestamp};

/// How much of a body is kept, of an answer's and of a changed request's.
const KEPT: usize = 1 << 20;

/// Why a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An arriving delivery was relayed to the local app.
    Forward,
    /// A capture was delivered again.
    Replay,
    /// A sample was sent.
    Send,
}

impl Origin {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Replay => "replay",
            Self::Send => "send",
        }
    }

    /// The origin with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Forward, Self::Replay, Self::Send]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}

/// The bytes of a request that differs from its capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Request line and field lines, with the blank line. They say how long the body was.
    pub head: Bytes,
    /// The body, up to 1 MiB; `None`: it was the capture's.
    pub body: Option<Bytes>,
}

impl Sent {
    /// What is to be kept of a request with this head (without the blank line) and this body, made
    /// because of a capture: nothing where it was the same.
    ///
    /// A body that is kept in part is copied, so that nobody holds the rest of it for that.
    #[must_use]
    pub fn unless_captured(captured: &Request, head: &[u8], body: &Bytes) -> Option<Self> {
        let is_same_body = is_same(&captured.body, body);
        let raw = captured.head.raw();
        if is_same_body && raw.strip_suffix(b"\r\n") == Some(head) {
            return None;
        }
        Some(Self {
            head: [head, b"\r\n"].concat().into(),
            body: (!is_same_body).then(|| beginning(body)),
        })
    }
}

fn beginning(body: &Bytes) -> Bytes {
    if body.len() > KEPT {
        Bytes::copy_from_slice(&body[..KEPT])
    } else {
        body.clone()
    }
}

/// Whether these are the same bytes. Those of a large body are mostly shared, and then not looked at.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.len() == other.len() && (one.as_ptr() == other.as_ptr() || one == other)
}

/// One outgoing request: why it was made, what came back, and what was sent if that is not the
/// capture itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Why it was made.
    pub origin: Origin,
    /// What came back, and when.
    pub attempt: Attempt,
    /// What was sent, where it differs from the capture in more than where it went.
    pub sent: Option<Sent>,
}

/// The parts of an attempt that are there or not.
#[derive(Default)]
pub(super) struct ResultRow<'a> {
    pub(super) status: Option<u16>,
    pub(super) failure: Option<&'static str>,
    pub(super) failure_detail: Option<String>,
    pub(super) body_cut: Option<bool>,
    pub(super) headers: Option<Vec<u8>>,
    pub(super) body: Option<&'a [u8]>,
}

impl Outgoing {
    /// An outgoing request whose bytes are those of the capture.
    #[must_use]
    pub fn new(origin: Origin, attempt: Attempt) -> Self {
        Self {
            origin,
            attempt,
            sent: None,
        }
    }

    /// The same with what was sent, where that was not the capture itself.
    #[must_use]
    pub fn having_sent(self, sent: Option<Sent>) -> Self {
        Self { sent, ..self }
    }

    /// About how much memory it holds.
    pub(super) fn weight(&self) -> usize {
        let answer = match &self.attempt.result {
            Ok(response) => response.body.len(),
            Err(_) => 0,
        };
        let sent = self.sent.as_ref();
        512 + answer
            + sent.map_or(0, |sent| {
                sent.head.len() + sent.body.as_ref().map_or(0, Bytes::len)
            })
    }

    pub(super) fn row(&self) -> ResultRow<'_> {
        match &self.attempt.result {
            Ok(response) => {
                let kept = response.body.len().min(KEPT);
                ResultRow {
                    status: Some(response.status),
                    body_cut: Some(response.body_cut || kept < response.body.len()),
                    headers: fields::write(
                        response
                            .headers
                            .iter()
                            .map(|header| (&header.name[..], &header.value[..])),
                    ),
                    body: Some(&response.body[..kept]),
                    ..ResultRow::default()
                }
            }
            Err(failure) => {
                let (name, detail) = failure_row(failure);
                ResultRow {
                    failure: Some(name),
                    failure_detail: Some(detail),
                    ..ResultRow::default()
                }
            }
        }
    }
}

fn failure_row(failure: &Failure) -> (&'static str, String) {
    let detail = match failure {
        Failure::TimedOut(after) => span(*after).to_string(),
        Failure::Unreachable(why)
        | Failure::Tls(why)
        | Failure::Broken(why)
        | Failure::NotHttp(why) => why.clone(),
        Failure::Stopped => String::new(),
    };
    (failure.name(), detail)
}

fn failure(name: &str, detail: String) -> Failure {
    match name {
        "unreachable" => Failure::Unreachable(detail),
        "tls" => Failure::Tls(detail),
        "timed_out" => Failure::TimedOut(detail.parse().map_or(Duration::ZERO, duration)),
        "not_http" => Failure::NotHttp(detail),
        "stopped" => Failure::Stopped,
        _ => Failure::Broken(detail),
    }
}

/// A place in the order in which outgoing requests were recorded, of all deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttemptPlace(i64);

/// How many replays are read at once.
const PAGE: usize = 64;

/// Behind the one that was recorded last.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<AttemptPlace> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM attempts")?
        .query_row([], |row| row.get(0))
        .map(AttemptPlace)
}

/// The first replays behind a place, and the place behind them.
pub(super) fn replays_behind(
    connection: &Connection,
    place: AttemptPlace,
) -> rusqlite::Result<(Vec<(DeliveryId, Outgoing)>, AttemptPlace)> {
    let AttemptPlace(last) = end(connection)?;
    let sql = format!(
        "{COLUMNS}, a.seq, a.id FROM {TABLES} WHERE a.id > ?1 AND a.id <= ?2 \
         AND a.origin = 'replay' ORDER BY a.id LIMIT {PAGE}"
    );
    let mut found = Vec::new();
    let mut read_to = last;
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([place.0, last])?;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(13)?;
        let id = u64::try_from(seq).ok().and_then(DeliveryId::new);
        found.extend(id.zip(Some(read(row)?)));
        if found.len() == PAGE {
            read_to = row.get(14)?;
        }
    }
    Ok((found, AttemptPlace(read_to)))
}

const COLUMNS: &str = "SELECT a.origin, a.number, a.target, a.started, a.took, a.status, \
     a.failure, a.failure_detail, a.body_cut, c.headers, c.body, c.request_head, c.request_body";

const TABLES: &str = "attempts a LEFT JOIN attempt_contents c USING (id)";

/// The outgoing requests of one delivery, oldest first.
pub(super) fn of(connection: &Connection, id: DeliveryId) -> rusqlite::Result<Vec<Outgoing>> {
    let sql = format!("{COLUMNS} FROM {TABLES} WHERE a.seq = ?1 ORDER BY a.id");
    connection
        .prepare_cached(&sql)?
        .query_map([count(id.get())], read)?
        .collect()
}

/// The newest forward of a delivery, without the bytes of its answer.
pub(super) fn forward(
    connection: &Connection,
    id: DeliveryId,
) -> rusqlite::Result<Option<Attempt>> {
    connection
        .prepare_cached(
            "SELECT a.origin, a.number, a.target, a.started, a.took, a.status, a.failure, \
             a.failure_detail, a.body_cut, NULL, NULL, NULL, NULL FROM attempts a \
             WHERE a.seq = ?1 AND a.origin = 'forward' ORDER BY a.id DESC LIMIT 1",
        )?
        .query_row([count(id.get())], read)
        .optional()
        .map(|outgoing| outgoing.map(|outgoing| outgoing.attempt))
}

/// How many of them are replays.
pub(super) fn replays(connection: &Connection, id: DeliveryId) -> rusqlite::Result<u32> {
    let number = connection
        .prepare_cached("SELECT count(*) FROM attempts WHERE seq = ?1 AND origin = 'replay'")?
        .query_row([count(id.get())], |row| row.get(0))
        .optional()?;
    Ok(number.unwrap_or(0))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    let bytes = |index| -> rusqlite::Result<Bytes> {
        let bytes: Option<Vec<u8>> = row.get(index)?;
        Ok(Bytes::from(bytes.unwrap_or_default()))
    };
    let origin: String = row.get(0)?;
    let status: Option<u16> = row.get(5)?;
    let result = match status {
        Some(status) => Ok(Response {
            status,
            headers: fields::read(&bytes(9)?),
            body: bytes(10)?,
            body_cut: row.get::<_, Option<bool>>(8)?.unwrap_or(false),
        }),
        None => {
            let name: Option<String> = row.get(6)?;
            let detail: Option<String> = row.get(7)?;
            Err(failure(
                &name.unwrap_or_default(),
                detail.unwrap_or_default(),
            ))
        }
    };
    let sent = match row.get::<_, Option<Vec<u8>>>(11)? {
        Some(head) => Some(Sent {
            head: Bytes::from(head),
            body: row.get::<_, Option<Vec<u8>>>(12)?.map(Bytes::from),
        }),
        None => None,
    };
    Ok(Outgoing {
        origin: Origin::from_name(&origin).unwrap_or(Origin::Send),
        attempt: Attempt {
            number: row.get(1)?,
            target: row.get(2)?,
            started: timestamp(row.get(3)?),
            took: duration(row.get(4)?),
            result,
        },
        sent,
    })
}
