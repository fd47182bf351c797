//! What is worked out about an arrival before it is written: checksums, and its parts as they stand
//! in their columns.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::delivery::{Arrival, Disagreement};

use super::fields;
use crate::signature::digest::sha256;

/// An arrival with its checksums and its written-out parts.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) arrival: Arc<Arrival>,
    pub(super) body_sha256: [u8; 32],
    pub(super) digest: [u8; 16],
    pub(super) peer: String,
    pub(super) trailers: Option<Vec<u8>>,
    pub(super) answer_headers: Option<Vec<u8>>,
    pub(super) disagreements: Option<String>,
}

/// From this size on a body is hashed before it is queued, beside whoever brought it: the others
/// that wait for the writer need not wait for that. What is smaller the writer hashes, for the
/// thread that answers has more to do than it has.
const LARGE: usize = 32 << 10;

/// An arrival on its way to the writer.
#[derive(Debug)]
pub(super) enum Parcel {
    Open(Arc<Arrival>),
    Sealed(Box<Sealed>),
}

impl Parcel {
    /// Makes it ready to be queued.
    pub(super) async fn of(arrival: Arc<Arrival>) -> Self {
        if arrival.request.body.len() < LARGE || Handle::try_current().is_err() {
            return Self::Open(arrival);
        }
        let large = Arc::clone(&arrival);
        let beside = tokio::task::spawn_blocking(move || Box::new(Sealed::new(large)));
        // Only the end of the runtime keeps it from its own.
        beside.await.map_or(Self::Open(arrival), Self::Sealed)
    }

    /// About how much memory it holds.
    pub(super) fn weight(&self) -> usize {
        let arrival = match self {
            Self::Open(arrival) => arrival,
            Self::Sealed(sealed) => &sealed.arrival,
        };
        let request = &arrival.request;
        request.head.raw().len() + request.body.len() + arrival.answer.reply.body.len() + 1024
    }

    /// Hands it over sealed.
    pub(super) fn seal<T>(&self, take: impl FnOnce(&Sealed) -> T) -> T {
        match self {
            Self::Open(arrival) => take(&Sealed::new(Arc::clone(arrival))),
            Self::Sealed(sealed) => take(sealed),
        }
    }
}

impl Sealed {
    fn new(arrival: Arc<Arrival>) -> Self {
        let request = &arrival.request;
        let reply = &arrival.answer.reply;
        let trailers = fields::write(
            request
                .trailers
                .iter()
                .map(|header| (&header.name[..], &header.value[..])),
        );
        let answer_headers = fields::write(
            reply
                .headers
                .iter()
                .map(|header| (&header.name[..], &header.value[..])),
        );
        Self {
            body_sha256: sha256(&request.body),
            digest: digest(
                request.head.raw(),
                trailers.as_deref(),
                answer_headers.as_deref(),
                &reply.body,
            ),
            peer: request.peer.to_string(),
            disagreements: disagreements(&arrival.recognition.disagreements),
            trailers,
            answer_headers,
            arrival,
        }
    }

    /// The request target as text.
    pub(super) fn target(&self) -> Cow<'_, str> {
        readable(self.arrival.request.head.target())
    }
}

/// The checksum of everything in a row of `contents` but the body, which has its own.
pub(super) fn digest(
    head: &[u8],
    trailers: Option<&[u8]>,
    answer_headers: Option<&[u8]>,
    answer_body: &[u8],
) -> [u8; 16] {
    let parts = [
        head,
        trailers.unwrap_or_default(),
        answer_headers.unwrap_or_default(),
        answer_body,
    ];
    let length: usize = parts.iter().map(|part| part.len() + 8).sum();
    let mut all = Vec::with_capacity(length);
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&sha256(&all)[..16]);
    digest
}

/// Bytes as text that can be searched: what is not UTF-8 becomes `\xNN`.
pub(super) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    Cow::Owned(text)
}

fn disagreements(found: &[Disagreement]) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    let rows: Vec<_> = found
        .iter()
        .map(|one| (one.header, &one.header_says, one.field, &one.field_says))
        .collect();
    serde_json::to_string(&rows).ok()
}
