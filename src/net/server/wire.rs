//! The line as hyper sees it: something to read requests from and write answers to.
//!
//! It never ends the connection by itself: how it ends is decided after hyper has let go.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Shared;
use super::settling::settle;

/// See the module.
pub(super) struct Wire(Shared);

impl Wire {
    pub(super) fn new(line: Shared) -> Self {
        Self(line)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.lock().poll_feed(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = |stream: Pin<&mut _>, context: &mut Context<'_>| {
            AsyncWrite::poll_write(stream, context, bytes)
        };
        self.0.lock().poll_write(context, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = |stream: Pin<&mut _>, context: &mut Context<'_>| {
            AsyncWrite::poll_write_vectored(stream, context, slices)
        };
        self.0.lock().poll_write(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.0.lock().flushed(context);
        // The handler is told outside the lock.
        if let Some((owed, outcome)) = flushed {
            settle(owed, outcome);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
