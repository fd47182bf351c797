//! One request and its answer over one connection.
//!
//! Sending goes on whenever we wait for bytes of the answer, so a peer that answers before it has
//! read the whole body is heard, and so is one that refuses it and closes.

use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, timeout};

use super::head::OutgoingHead;
use super::stream::Stream;
use crate::delivery::Failure;

/// How many bytes are asked for at once.
const READ: usize = 16 * 1024;

/// How long an answered request may go on being sent.
const GRACE: Duration = Duration::from_secs(1);

/// A connection, and what was read from it beyond the last answer.
pub(super) struct Connection {
    stream: Stream,
    buffer: BytesMut,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    /// Whether it may carry another request.
    pub(super) fn is_quiet(&self) -> bool {
        self.buffer.is_empty() && self.stream.is_quiet()
    }
}

/// Why there was no whole answer.
pub(super) struct Lost {
    pub(super) failure: Failure,
    /// The peer closed without one byte of an answer: a connection that had been idle was dead.
    pub(super) unanswered: bool,
}

/// A request on its way out and the bytes that come back.
pub(super) struct Exchange<'a> {
    connection: &'a mut Connection,
    parts: [&'a [u8]; 3],
    sent: usize,
    flushed: bool,
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
            sent: 0,
            flushed: false,
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
        let Connection { stream, buffer } = &mut *self.connection;
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
                Poll::Ready(Ok(count)) => self.sent += count,
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

    /// Finishes sending once the answer is there, for a peer that answers first and reads later.
    /// Says whether the request went out whole.
    pub(super) async fn finish(&mut self) -> bool {
        if !self.flushed && self.broken.is_none() {
            // Late or broken: then the connection is not used again, and that is all.
            let _ = timeout(GRACE, poll_fn(|context| self.poll_send(context))).await;
        }
        self.flushed
    }

    /// What it means that the peer closed, or that reading failed, before the answer was whole.
    pub(super) fn lost(&mut self, error: Option<io::Error>, where_: &str) -> Lost {
        let unanswered = self.first_byte.is_none();
        let kind = self.broken.take().or(error).map(|error| error.kind());
        let how = match kind {
            None | Some(io::ErrorKind::UnexpectedEof) => "closed by the peer".to_owned(),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                "reset by the peer".to_owned()
            }
            Some(kind) => kind.to_string(),
        };
        Lost {
            failure: Failure::Broken(format!("{how} {where_}")),
            unanswered,
        }
    }
}
