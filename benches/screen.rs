//! The terminal UI in a pseudo-terminal: what it writes, how often it draws, and when.

use std::error::Error;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long something may take before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Every frame ends with this.
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

type Attempted<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A terminal with the program in it, which is killed when this is dropped.
pub(crate) struct Screen {
    /// When the program was started.
    started: Instant,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

/// What came out of the program so far.
struct Seen {
    parser: vt100::Parser,
    bytes: usize,
    frames: usize,
    last_frame: Instant,
    /// The last bytes, where the end of a frame may have begun.
    tail: Vec<u8>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Screen {
    /// Runs the program with these arguments in a terminal of so many columns and rows.
    pub(crate) fn start(arguments: &[&str], (columns, rows): (u16, u16)) -> Attempted<Self> {
        let size = (NonZeroU16::new(rows), NonZeroU16::new(columns));
        let (Some(high), Some(wide)) = size else {
            return Err("a screen has rows and columns".into());
        };
        let pair = native_pty_system().openpty(PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        })?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_hook64"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        let seen = Seen {
            parser: vt100::Parser::new(high, wide, 0),
            bytes: 0,
            frames: 0,
            last_frame: Instant::now(),
            tail: Vec::new(),
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let output = pair.master.try_clone_reader()?;
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let watched = Arc::clone(&seen);
        thread::spawn(move || watch(output, &watched));
        Ok(Self {
            started,
            child,
            keys: pair.master.take_writer()?,
            seen,
            _master: pair.master,
        })
    }

    /// How long after the start the screen first fulfilled this, as far as whole frames tell.
    pub(crate) fn until(&self, fulfilled: impl Fn(&str) -> bool) -> Attempted<Duration> {
        self.wait(|seen| fulfilled(&seen.parser.screen().contents()))
    }

    /// Presses a key; how long it took until a frame was drawn.
    pub(crate) fn press(&mut self, key: &str) -> Attempted<Duration> {
        let before = self.frames();
        let pressed = Instant::now();
        self.keys.write_all(key.as_bytes())?;
        self.keys.flush()?;
        let drawn = self.wait(|seen| seen.frames > before)?;
        Ok((self.started + drawn).duration_since(pressed))
    }

    /// Looks at what stands there.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(lock(&self.seen.0).parser.screen())
    }

    /// How many frames were drawn.
    pub(crate) fn frames(&self) -> usize {
        lock(&self.seen.0).frames
    }

    /// How many bytes were written.
    pub(crate) fn written(&self) -> usize {
        lock(&self.seen.0).bytes
    }

    fn wait(&self, fulfilled: impl Fn(&Seen) -> bool) -> Attempted<Duration> {
        let (seen, changed) = &*self.seen;
        let waiting = changed.wait_timeout_while(lock(seen), PATIENCE, |seen| !fulfilled(seen));
        let (seen, waited) = waiting.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(format!("it never came:\n{}", seen.parser.screen().contents()).into());
        }
        Ok(seen.last_frame.duration_since(self.started))
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch(mut output: Box<dyn Read + Send>, seen: &(Mutex<Seen>, Condvar)) {
    let mut buffer = [0; 65_536];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let bytes = &buffer[..count];
        let mut now = lock(&seen.0);
        now.bytes += count;
        now.parser.process(bytes);
        let mut tail = std::mem::take(&mut now.tail);
        tail.extend_from_slice(bytes);
        let ends = tail
            .windows(END_OF_FRAME.len())
            .filter(|window| *window == END_OF_FRAME)
            .count();
        if ends > 0 {
            now.frames += ends;
            now.last_frame = Instant::now();
        }
        now.tail = tail.split_off(tail.len().saturating_sub(END_OF_FRAME.len() - 1));
        drop(now);
        seen.1.notify_all();
    }
}
