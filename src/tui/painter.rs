//! The thread that writes frames to the terminal. It has room for one: a newer frame replaces one
//! that was not begun, so a terminal that stands still stops pictures and nothing else.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panic::PAINTER;
use super::terminal;

#[derive(Default)]
struct Slot {
    frame: Option<Buffer>,
    clear: bool,
    /// Bytes to write between two frames: a copy, a bell.
    bytes: Vec<u8>,
    /// A frame or bytes are being written.
    busy: bool,
    closed: bool,
}

/// What the two threads share.
#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

/// Hands frames to the thread that writes them.
pub(super) struct Painter {
    shared: Arc<Shared>,
}

impl Painter {
    /// Starts the thread.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(PAINTER.to_owned())
            .spawn(move || work(&theirs))?;
        Ok(Self { shared })
    }

    /// Has a frame painted, in place of one that is still waiting.
    pub(super) fn paint(&self, frame: Buffer) {
        self.change(|slot| slot.frame = Some(frame));
    }

    /// Has the next frame painted whole.
    pub(super) fn clear(&self) {
        self.change(|slot| slot.clear = true);
    }

    /// Has bytes written between two frames.
    pub(super) fn write(&self, bytes: &[u8]) {
        self.change(|slot| slot.bytes.extend_from_slice(bytes));
    }

    /// Waits until nothing is being written, and drops what was waiting; at most this long: a
    /// terminal that stands still must not keep an editor from opening.
    pub(super) fn pause(&self, longest: std::time::Duration) {
        let mut slot = self.lock();
        slot.frame = None;
        let (_slot, _) = self
            .shared
            .changed
            .wait_timeout_while(slot, longest, |slot| slot.busy)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// Ends the thread: nothing is painted after this, unless the terminal stands still for longer
    /// than `longest`; then the thread ends with the process.
    pub(super) fn close(&self, longest: std::time::Duration) {
        self.change(|slot| slot.closed = true);
        self.pause(longest);
    }

    fn change(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.lock());
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.shared
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.change(|slot| slot.closed = true);
    }
}

fn work(shared: &Shared) {
    let mut screen = Screen {
        backend: CrosstermBackend::new(io::stdout()),
        shown: Buffer::empty(Rect::ZERO),
    };
    loop {
        let mut slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        while slot.frame.is_none() && slot.bytes.is_empty() && !slot.closed {
            slot = shared
                .changed
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if slot.closed {
            return;
        }
        let frame = slot.frame.take();
        let bytes = std::mem::take(&mut slot.bytes);
        let clear = frame.is_some() && std::mem::take(&mut slot.clear);
        slot.busy = true;
        drop(slot);
        // A terminal that is gone is noticed where the keys come from.
        let _ = terminal::while_held(|| screen.write(frame, clear, &bytes));
        shared
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .busy = false;
        shared.changed.notify_all();
    }
}

/// The terminal, and what it shows.
///
/// Not ratatui's own `Terminal`: that one asks the terminal where its cursor is before it clears,
/// and takes the answer from the keys.
struct Screen {
    backend: CrosstermBackend<io::Stdout>,
    shown: Buffer,
}

impl Screen {
    fn write(&mut self, frame: Option<Buffer>, clear: bool, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            self.backend.write_all(bytes)?;
        }
        if let Some(frame) = frame {
            queue!(self.backend, BeginSynchronizedUpdate)?;
            if clear || frame.area != self.shown.area {
                self.backend.clear()?;
                self.shown = Buffer::empty(frame.area);
            }
            self.backend.draw(self.shown.diff(&frame).into_iter())?;
            self.shown = frame;
            queue!(self.backend, EndSynchronizedUpdate)?;
        }
        Write::flush(&mut self.backend)
    }
}
