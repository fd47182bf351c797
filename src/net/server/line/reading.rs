//! What hyper reads: the bytes of one request, once its head is whole and judged.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use jiff::Timestamp;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use super::super::framing::{Framing, Walk, head_end};
use super::super::rules;
use super::{Break, Event, Line, Opening, Reading};
use crate::delivery::Head;

impl Line {
    /// Gives hyper bytes of the request that it may read now; none means the connection is over.
    pub(in super::super) fn poll_feed(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.released > 0 {
                self.release(buffer);
                return Poll::Ready(Ok(()));
            }
            match self.reading {
                Reading::Head if self.overflowed => return Poll::Ready(Ok(())),
                Reading::Head if !self.in_exchange && self.event.is_none() => {
                    if self.open_held() {
                        continue;
                    }
                    if self.event.is_some() {
                        return Poll::Pending;
                    }
                    if std::task::ready!(self.poll_head(context, buffer)) {
                        return Poll::Ready(Ok(()));
                    }
                }
                Reading::Body(_) => return self.poll_body(context, buffer),
                Reading::Head | Reading::Whole | Reading::Broken(_) => {
                    self.read_refused = true;
                    return Poll::Pending;
                }
            }
        }
    }

    fn release(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.released.min(buffer.remaining());
        buffer.put_slice(&self.held[..count]);
        self.held.advance(count);
        self.released -= count;
    }

    /// Reads on in a head; true when hyper has something to do: a request, or the end.
    fn poll_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<bool> {
        let before = buffer.filled().len();
        let read = std::task::ready!(self.poll_socket(context, buffer));
        if read.is_err() || buffer.filled().len() == before {
            let cut_short = self.has_begun();
            if cut_short {
                self.refuse((400, "the connection ended inside the head".into()));
            }
            return Poll::Ready(!cut_short);
        }
        let fresh = &buffer.filled()[before..];
        let end = if self.held.is_empty() {
            head_end(fresh, 0).filter(|end| self.is_usual(&fresh[..*end]))
        } else {
            None
        };
        let Some(end) = end else {
            self.hold(fresh.len(), buffer);
            return Poll::Ready(false);
        };
        // The usual case: a whole head in one read. hyper has it in its buffer already.
        let now = Timestamp::now();
        let raw = Bytes::copy_from_slice(&fresh[..end]);
        if !self.open(raw, now, now) {
            buffer.set_filled(before);
            return Poll::Ready(false);
        }
        let rest = end + self.walk(&fresh[end..]);
        if matches!(self.reading, Reading::Whole) && rest < fresh.len() {
            self.held.extend_from_slice(&fresh[rest..]);
            self.begun = Some(now);
        }
        buffer.set_filled(before + rest);
        Poll::Ready(true)
    }

    /// Whether a head is neither too large nor more than hyper is ready for.
    fn is_usual(&self, head: &[u8]) -> bool {
        head.len() <= self.limits.head_bytes && self.is_ready_for(head)
    }

    fn is_ready_for(&self, head: &[u8]) -> bool {
        memchr::memchr_iter(b'\n', head).count() <= self.most_lines
    }

    /// Takes back the last bytes of the buffer: hyper is not to see them yet.
    fn hold(&mut self, count: usize, buffer: &mut ReadBuf<'_>) {
        let keep = buffer.filled().len() - count;
        self.held.extend_from_slice(&buffer.filled()[keep..]);
        buffer.set_filled(keep);
        if self.begun.is_none() {
            self.begun = Some(Timestamp::now());
            self.deadline = Some(Instant::now() + self.limits.head_time);
        }
    }

    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::task::ready!(self.poll_socket(context, buffer));
        let count = buffer.filled().len() - before;
        if read.is_err() || count == 0 {
            self.reading = Reading::Broken(Break::Ended);
            // The service has been polled or will be: this makes sure that it looks.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let fresh = &buffer.filled()[before..];
        let mine = self.walk(fresh);
        if mine < count {
            if !matches!(self.reading, Reading::Broken(_)) {
                self.held.extend_from_slice(&fresh[mine..]);
                self.begun = Some(Timestamp::now());
            }
            buffer.set_filled(before + mine);
        }
        if mine == 0 {
            // No byte would mean to hyper that the connection has ended.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn poll_socket(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_read(context, buffer),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Opens the request at the front of what is held, if its head is whole there.
    fn open_held(&mut self) -> bool {
        if self.held.is_empty() || self.scanned == self.held.len() {
            return false;
        }
        let Some(end) = head_end(&self.held, self.scanned) else {
            self.look_at_part();
            self.scanned = self.held.len();
            return false;
        };
        if end > self.limits.head_bytes {
            self.refuse_large();
            return false;
        }
        if !self.is_ready_for(&self.held[..end]) {
            self.event = Some(Event::ManyLines);
            return false;
        }
        self.scanned = 0;
        let raw = Bytes::copy_from_slice(&self.held[..end]);
        let now = Timestamp::now();
        let arrived = self.begun.take().unwrap_or(now);
        if !self.open(raw, arrived, now) {
            return false;
        }
        let held = std::mem::take(&mut self.held);
        self.released = end + self.walk(&held[end..]);
        self.held = held;
        if matches!(self.reading, Reading::Broken(_)) {
            self.held.truncate(self.released);
        }
        if self.released < self.held.len() {
            self.begun = Some(now);
        }
        true
    }

    /// Opens a request; false when its head is refused.
    fn open(&mut self, raw: Bytes, arrived: Timestamp, ended: Timestamp) -> bool {
        let judged = match Head::parse(raw.clone()) {
            Ok(head) => match rules::judge(&head, self.limits.headers) {
                Ok(terms) => Ok((head, terms)),
                Err(refusal) => Err((head, refusal)),
            },
            Err(error) => {
                let refusal = rules::unreadable(&raw, error);
                Err((Head::unreadable(raw), refusal))
            }
        };
        self.deadline = None;
        match judged {
            Ok((head, terms)) => {
                self.in_exchange = true;
                self.reading = Reading::Body(Framing::new(terms.length));
                self.opening = Some(Opening {
                    head,
                    terms,
                    arrived,
                    ended,
                });
                true
            }
            Err((head, refusal)) => {
                self.event = Some(Event::Refused {
                    head,
                    arrived,
                    refusal,
                });
                false
            }
        }
    }

    /// Walks over bytes that follow in the body; says how many of them belong to it.
    fn walk(&mut self, bytes: &[u8]) -> usize {
        let Reading::Body(framing) = &mut self.reading else {
            return 0;
        };
        match framing.walk(bytes) {
            Walk::More => bytes.len(),
            Walk::Broken(at, why) => {
                self.reading = Reading::Broken(Break::Misframed(why));
                at
            }
            Walk::End(at) => {
                self.end_request();
                at
            }
        }
    }

    fn end_request(&mut self) {
        let read = std::mem::replace(&mut self.reading, Reading::Whole);
        if let Reading::Body(Framing::Chunked(chunks)) = read {
            match chunks.into_trailers() {
                Ok(trailers) => self.trailers = trailers,
                Err(why) => self.reading = Reading::Broken(Break::Misframed(why)),
            }
        }
        if matches!(self.reading, Reading::Whole) && !self.in_exchange {
            self.await_head();
        }
    }
}
