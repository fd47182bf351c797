//! What hyper writes, and what the peer does meanwhile.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::super::settling::Owed;
use super::{Line, Reading};
use crate::delivery::Outcome;

/// Bytes of following requests that are kept while one is being answered.
const KEEP: usize = 64 << 10;

impl Line {
    /// Writes through `write`, and watches that the peer reads.
    pub(in super::super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        // Outside an exchange hyper writes only what it thinks of a head by itself; what becomes
        // of such a head is decided here.
        let stream = match &mut self.stream {
            Some(stream) if self.in_exchange => stream,
            _ => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        };
        let written = write(Pin::new(stream), context);
        if written.is_pending() != self.write_blocked {
            self.write_blocked = written.is_pending();
            self.deadline = self
                .write_blocked
                .then(|| Instant::now() + self.limits.write_stall);
        }
        written
    }

    /// Everything hyper had is with the socket. If that was a whole answer: what to settle, how.
    pub(in super::super) fn flushed(
        &mut self,
        context: &mut Context<'_>,
    ) -> Option<(Owed, Outcome)> {
        if !std::mem::take(&mut self.last_byte_buffered) {
            return None;
        }
        self.in_exchange = false;
        if std::mem::take(&mut self.read_refused) {
            context.waker().wake_by_ref();
        }
        if !matches!(self.reading, Reading::Whole) {
            return Some((self.owed.take(), Outcome::Answered));
        }
        let outcome = self.look_at_peer(context);
        self.await_head();
        match outcome {
            Some(outcome) => Some((self.owed.take(), outcome)),
            None => {
                self.answered_half_closed = true;
                None
            }
        }
    }

    /// What the peer did while it was being answered; `None` when it has ended its side, which
    /// both those do that have left and those that only have nothing more to send.
    fn look_at_peer(&mut self, context: &mut Context<'_>) -> Option<Outcome> {
        if !self.held.is_empty() {
            return Some(Outcome::Answered);
        }
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut buffer = ReadBuf::uninit(&mut space);
        match self.poll_socket(context, &mut buffer) {
            Poll::Pending => Some(Outcome::Answered),
            Poll::Ready(Err(_)) => Some(Outcome::PeerLeft),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => None,
            Poll::Ready(Ok(())) => {
                self.keep(buffer.filled());
                Some(Outcome::Answered)
            }
        }
    }

    pub(super) fn await_head(&mut self) {
        let now = Instant::now();
        self.reading = Reading::Head;
        self.scanned = 0;
        self.waiting_since = now;
        self.deadline = Some(if self.held.is_empty() {
            now + self.limits.idle_time
        } else {
            now + self.limits.head_time
        });
    }

    /// Ready when the peer has left. What it sends meanwhile is kept, if that is a little.
    pub(super) fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut space = [MaybeUninit::uninit(); 4096];
            let mut buffer = ReadBuf::uninit(&mut space);
            match std::task::ready!(self.poll_socket(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.keep(buffer.filled()),
                _ => return Poll::Ready(()),
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !matches!(self.reading, Reading::Whole) || self.overflowed {
            return;
        }
        if self.held.len() + bytes.len() > KEEP {
            self.overflowed = true;
            self.held.clear();
            return;
        }
        self.begun.get_or_insert_with(Timestamp::now);
        self.held.extend_from_slice(bytes);
    }
}
