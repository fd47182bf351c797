//! One request as it reached us: read whole at the edge, never changed afterwards.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use jiff::Timestamp;

use super::head::{Head, Header};

/// A request with the exact bytes of its head and body.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Request line and field lines, as sent.
    pub head: Head,
    /// The body as sent: not decompressed, without the chunk framing. Cut if `defect` says so.
    pub body: Bytes,
    /// Field lines after a chunked body; never merged into the headers.
    pub trailers: Vec<Header>,
    /// The other end of the socket: usually the tunnel's agent on this machine.
    pub peer: SocketAddr,
    /// When it came.
    pub times: Times,
    /// What keeps it from being a whole, well-formed request.
    pub defect: Option<Defect>,
}

/// When the parts of a request were there (wall clock, UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first byte of the head.
    pub arrived: Timestamp,
    /// The last byte of the head.
    pub head: Timestamp,
    /// The last byte of the body, or when we stopped reading.
    pub body: Timestamp,
}

/// Why a request is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// The body is larger than the limit and is kept up to it.
    BodyTooLarge,
    /// The peer went away before the body was complete.
    BodyIncomplete,
    /// The body stalled.
    BodyTimedOut,
    /// Not readable as a request, or its body not as chunks: the status that says so, and why.
    Malformed {
        /// 400, 405, 408, 414, 431 or 501.
        status: u16,
        /// One phrase, for a person.
        why: Cow<'static, str>,
    },
}

impl Defect {
    /// The status that tells the peer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge => 413,
            Self::BodyIncomplete => 400,
            Self::BodyTimedOut => 408,
            Self::Malformed { status, .. } => *status,
        }
    }

    /// One phrase that says what is wrong.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::BodyTooLarge => "the body is larger than the limit",
            Self::BodyIncomplete => "the body ended before it was complete",
            Self::BodyTimedOut => "the body stalled",
            Self::Malformed { why, .. } => why,
        }
    }
}

impl Request {
    /// A whole request that no socket brought: all of it was there at once, on this machine.
    #[must_use]
    pub fn local(head: Head, body: impl Into<Bytes>, at: Timestamp) -> Self {
        Self {
            head,
            body: body.into(),
            trailers: Vec::new(),
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            times: Times {
                arrived: at,
                head: at,
                body: at,
            },
            defect: None,
        }
    }

    /// The first value of the header called `name`, when it is text.
    #[must_use]
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.head
            .header(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether the body is all that the sender meant to send.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.defect.is_none()
    }
}
