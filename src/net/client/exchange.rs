//! One request and its answer over one connection.
//!
//! Sending goes on whenever we wait for bytes of the answer, so a peer that answers before it has
//! read the whole body is heard, and so is one that refuses it and closes.

use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::head::OutgoingHead;
use super::stream::Stream;
use crate::delivery::Failure;

/// How many bytes are asked for at once.
const READ: usize = 16 * 1024;

/// How long an answered request waits to go on being sent: its peer may never read the rest.
const GRACE: Duration = Duration::from_secs(1);

/// How soon after its first byte a refusal shows that a request met a connection that was just being
/// closed. The peer's kernel refuses at once, which takes a round trip to be heard of; a reset that
/// comes later may be of a peer that has read the request and done its work.
const REFUSED_WITHIN: Duration = Duration::from_millis(20);

/// A connection, and what was read from it beyond the last answer.
pub(super) struct Connection {
    stream: Stream,
    buffer: BytesMut,
    /// Whether it has carried a request before: only then may the peer be tired of it.
    reused: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            reused: false,
        }
    }

    /// The same, to carry another request.
    pub(super) fn idle(self) -> Self {
        Self {
            reused: true,
            ..self
        }
    }

    /// Sends what an answered request has left; `None` when the peer stops taking it.
    pub(super) async fn finish(
        mut self,
        head: Bytes,
        body: Bytes,
        deadline: Instant,
    ) -> Option<Self> {
        let until = || deadline.min(Instant::now() + GRACE);
        for mut rest in [head, body] {
            while !rest.is_empty() {
                let written = timeout_at(until(), self.stream.write(&rest)).await;
                rest.advance(written.ok()?.ok().filter(|count| *count > 0)?);
            }
        }
        timeout_at(until(), self.stream.flush()).await.ok()?.ok()?;
        Some(self)
    }

    /// Whether it may carry another request.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.buffer.is_empty() && self.stream.is_quiet()
    }
}

/// What an answered request has left to send.
pub(super) enum Unsent {
    Nothing,
    /// For a peer that answers first and reads later, if it ever does.
    Rest {
        head: Bytes,
        body: Bytes,
    },
}

/// Why there was no whole answer.
pub(super) struct Lost {
    pub(super) failure: Failure,
    /// The peer's kernel refused the request: nobody read it, since nobody had the connection open.
    pub(super) refused: bool,
}

/// A request on its way out and the bytes that come back.
pub(super) struct Exchange<'a> {
    connection: &'a mut Connection,
    parts: [&'a [u8]; 3],
    body: &'a Bytes,
    sent: usize,
    flushed: bool,
    /// When the first byte was sent.
    begun: Option<Instant>,
    broken: Option<io::Error>,
    pub(super) first_byte: Option<Instant>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        connection: &'a mut Connection,
        head: &'a OutgoingHead,
        body: &'a Bytes,
    ) -> Self {
        Self {
            connection,
            parts: [head.bytes(), b"\r\n", body],
            body,
            sent: 0,
            flushed: false,
            begun: None,
            broken: None,
            first_byte: None,
        }
    }

    /// The bytes that were read and not taken yet.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.connection.buffer
    }

    /// Sends the whole request and reads nothing.
    pub(super) async fn send(&mut self) -> io::Result<()> {
        poll_fn(|context| self.poll_send(context)).await
    }

    /// Reads more bytes into the buffer, sending meanwhile; 0 when the peer has closed.
    pub(super) async fn more(&mut self) -> io::Result<usize> {
        let count = poll_fn(|context| self.poll_more(context)).await?;
        if count > 0 && self.first_byte.is_none() {
            self.first_byte = Some(Instant::now());
        }
        Ok(count)
    }

    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Err(error)) = self.poll_send(context) {
            // The peer may have answered before it closed.
            self.broken = Some(error);
        }
        let Connection { stream, buffer, .. } = &mut *self.connection;
        buffer.reserve(READ);
        // Reading into a buffer keeps nothing between polls, so the future may be made anew.
        pin!(stream.read_buf(buffer)).poll(context)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken.is_some() {
            return Poll::Ready(Ok(()));
        }
        let whole: usize = self.parts.iter().map(|part| part.len()).sum();
        while self.sent < whole {
            let mut skip = self.sent;
            let left = self.parts.map(|part| {
                let skipped = skip.min(part.len());
                skip -= skipped;
                IoSlice::new(&part[skipped..])
            });
            let stream = Pin::new(&mut self.connection.stream);
            match stream.poll_write_vectored(context, &left) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                Poll::Ready(Ok(count)) => {
                    self.sent += count;
                    self.begun.get_or_insert_with(Instant::now);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        if self.flushed {
            return Poll::Ready(Ok(()));
        }
        let flushing = Pin::new(&mut self.connection.stream).poll_flush(context);
        self.flushed = matches!(flushing, Poll::Ready(Ok(())));
        flushing
    }

    /// What is left to be sent once the answer is there; `None` if sending broke.
    pub(super) async fn unsent(&mut self) -> Option<Unsent> {
        // What can go now may be all that is left.
        let sending = poll_fn(|context| Poll::Ready(self.poll_send(context))).await;
        if self.broken.is_some() || matches!(sending, Poll::Ready(Err(_))) {
            return None;
        }
        if self.flushed {
            return Some(Unsent::Nothing);
        }
        let [head, end, _] = self.parts;
        let head = [head, end].concat();
        let skip = self.sent.min(head.len());
        Some(Unsent::Rest {
            head: Bytes::from(head).slice(skip..),
            body: self.body.slice(self.sent - skip..),
        })
    }

    /// What it means that the peer closed, or that reading failed, before the answer was whole.
    pub(super) async fn lost(&mut self, error: Option<io::Error>, place: &str) -> Lost {
        let kind = self.broken.take().or(error).map(|error| error.kind());
        let may_be_refused = self.connection.reused && self.first_byte.is_none();
        let refused = may_be_refused && self.is_refusal(kind).await;
        let how = match kind {
            None | Some(io::ErrorKind::UnexpectedEof) => "closed by the peer".to_owned(),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                "reset by the peer".to_owned()
            }
            Some(kind) => kind.to_string(),
        };
        Lost {
            failure: Failure::Broken(format!("{how} {place}")),
            refused,
        }
    }

    /// Whether a break says that the peer's kernel refused what was sent. An end of the stream says
    /// so only together with a reset: without one the request was taken, and by whom or how far it
    /// was read cannot be told.
    async fn is_refusal(&self, kind: Option<io::ErrorKind>) -> bool {
        let until = self.begun.unwrap_or_else(Instant::now) + REFUSED_WITHIN;
        match kind {
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                Instant::now() <= until
            }
            None | Some(io::ErrorKind::UnexpectedEof) => {
                let reset = timeout_at(until, self.connection.stream.reset());
                Instant::now() <= until && reset.await.unwrap_or(false)
            }
            Some(_) => false,
        }
    }
}
