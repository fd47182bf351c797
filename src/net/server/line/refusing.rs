//! What is refused before hyper sees it: heads that are too large, or no heads at all.
//!
//! A head that cannot become one is refused as soon as that shows: whoever speaks TLS waits for an
//! answer, and would wait until the head timed out.

use bytes::Bytes;
use jiff::Timestamp;

use super::super::rules::{self, Refusal};
use super::{Event, Line};
use crate::delivery::{Head, HeadError};

impl Line {
    /// Looks for what makes waiting for the rest of a head pointless.
    pub(super) fn look_at_part(&mut self) {
        let fresh = &self.held[self.scanned..];
        let first = self.held.iter().find(|byte| !matches!(byte, b'\r' | b'\n'));
        if self.held.len() > self.limits.head_bytes {
            self.refuse_large();
        } else if first.is_some_and(|byte| !is_token(*byte)) {
            let error = HeadError::Syntax("a method with a byte that cannot stand there");
            self.refuse(rules::unreadable(&self.held, error));
        } else if memchr::memchr(b'\n', fresh).is_some() {
            // Only at line ends: a head that comes byte by byte must not be read as often.
            let part = Bytes::copy_from_slice(&self.held);
            match Head::parse(part) {
                Ok(_) | Err(HeadError::Incomplete) => {}
                Err(error) => self.refuse(rules::unreadable(&self.held, error)),
            }
        }
    }

    pub(super) fn refuse_large(&mut self) {
        let limit = self.limits.head_bytes.min(self.held.len());
        let start = self.held[..limit].trim_ascii_start();
        let refusal = if memchr::memchr(b'\n', start).is_some() {
            (431, "the head is too large".into())
        } else {
            (414, "the request line is too long".into())
        };
        self.held.truncate(limit);
        self.refuse(refusal);
    }

    /// Refuses what is held as a head.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let raw = std::mem::take(&mut self.held).freeze();
        self.deadline = None;
        self.event = Some(Event::Refused {
            head: Head::parse(raw.clone()).unwrap_or_else(|_| Head::unreadable(raw)),
            arrived: self.begun.take().unwrap_or_else(Timestamp::now),
            refusal,
        });
    }

    /// Whether a part of a head is there: more than empty lines.
    pub(super) fn has_begun(&self) -> bool {
        !self.held.trim_ascii_start().is_empty()
    }
}

/// A byte of a method (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
