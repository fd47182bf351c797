//! What is worked out about an arrival before it waits for the disk, so that the one thread that
//! writes has nothing left to do but bind and step.

use std::borrow::Cow;
use std::sync::Arc;

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

impl Sealed {
    pub(super) fn new(arrival: Arc<Arrival>) -> Self {
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
                .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
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

    /// About how much memory it holds.
    pub(super) fn weight(&self) -> usize {
        let request = &self.arrival.request;
        request.head.raw().len() + request.body.len() + self.arrival.answer.reply.body.len() + 1024
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
