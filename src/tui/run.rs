//! The loop: inputs in, update, draw, effects out. It has a thread of its own, so that nothing that
//! happens here can hold up an answer.

mod aside;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::app::{App, Start};
use super::clock;
use super::effect::{Effect, Input, Leave, Mouse};
use super::executor::Executor;
use super::key::Key;
use super::keys::Keymap;
use super::pacing::Pacing;
use super::painter::Painter;
use super::terminal::{self, Guard};
use super::theme::Theme;
use super::watchman::Watchman;
use super::world::{Control, Source, Status, Trouble};
use super::{outside, panic, screen};

/// Frames a second, unless somebody says otherwise.
const FRAMES: u32 = 30;

/// And over SSH.
const FRAMES_FAR: u32 = 15;

/// A terminal that stands still gets this long before an editor takes it.
const PATIENCE: Duration = Duration::from_millis(300);

/// So many inputs may wait for the loop.
const WAITING: usize = 64;

/// What the TUI needs.
pub struct Setup {
    /// Where deliveries are read.
    pub source: Arc<dyn Source>,
    /// What steers the listener; `None` where none runs.
    pub control: Option<Arc<dyn Control>>,
    /// What the listener is doing, where none runs.
    pub status: Status,
    /// The looks.
    pub theme: Theme,
    /// The keys.
    pub keys: Keymap,
    /// Frames a second, 1 to 60; `None`: as the line bears.
    pub frames: Option<u32>,
    /// Where reports of internal errors go.
    pub reports: PathBuf,
    /// Who gives the terminal back when this process was killed; `None`: nobody.
    pub watchman: Option<Watchman>,
    /// Becomes true when the process is to end.
    pub stop: watch::Receiver<bool>,
}

/// How the TUI ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Somebody left.
    Left,
    /// Somebody left at once: nothing is waited for.
    Forced,
    /// The process is to end, or the terminal is gone.
    Stopped,
}

/// Runs the TUI until somebody leaves. Blocks; the work is done on `runtime`.
///
/// # Errors
/// When there is no terminal, or it cannot be used.
pub fn run(setup: Setup, runtime: &Handle) -> Result<Ending, Trouble> {
    panic::install(&setup.reports);
    let runtime = runtime.clone();
    let thread = std::thread::Builder::new()
        .name(panic::UI.to_owned())
        .spawn(move || drive(setup, runtime))
        .map_err(|error| no_terminal(&error))?;
    thread.join().unwrap_or_else(|_| {
        // The hook has told everything and ends the process before this.
        Err(Trouble::new("the terminal UI ended unexpectedly"))
    })
}

fn no_terminal(error: &std::io::Error) -> Trouble {
    Trouble::new("the terminal UI cannot use this terminal")
        .because(error.to_string())
        .fix("use text: hook64 listen --output text")
}

fn drive(setup: Setup, runtime: Handle) -> Result<Ending, Trouble> {
    let local = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| no_terminal(&error))?;
    local.block_on(async {
        let mut session = Session::start(setup, runtime).map_err(|error| no_terminal(&error))?;
        let ending = session.run().await;
        // Nothing may be painted once the terminal is given back, whoever still holds the painter.
        session.painter.close(PATIENCE);
        Ok(ending)
    })
}

/// Everything that lives while the TUI has the terminal.
struct Session {
    app: App,
    executor: Executor,
    painter: Arc<Painter>,
    pacing: Pacing,
    fetching: Pacing,
    guard: Option<Guard>,
    keys: Option<EventStream>,
    inputs: mpsc::Receiver<Input>,
    version: watch::Receiver<u64>,
    status: Option<watch::Receiver<Arc<Status>>>,
    stop: watch::Receiver<bool>,
    runtime: Handle,
    watchman: Option<Watchman>,
}

/// What woke the loop.
enum Woken {
    Terminal(Option<std::io::Result<Event>>),
    Input(Input),
    Version,
    Status,
    Stop,
    Time,
}

impl Session {
    fn start(setup: Setup, runtime: Handle) -> std::io::Result<Self> {
        let guard = Guard::take(setup.watchman.as_ref())?;
        let size = crossterm::terminal::size()?;
        let painter = Arc::new(Painter::start()?);
        let (sender, inputs) = mpsc::channel(WAITING);
        let version = setup.source.version();
        let mut status = setup.control.as_ref().map(|control| control.status());
        let now_status = match &mut status {
            Some(status) => Arc::clone(&status.borrow_and_update()),
            None => Arc::new(setup.status),
        };
        let executor = Executor::new(
            setup.source,
            setup.control,
            runtime.clone(),
            sender,
            Arc::clone(&painter),
        );
        let far = std::env::var_os("SSH_CONNECTION").is_some();
        let frames = setup
            .frames
            .unwrap_or(if far { FRAMES_FAR } else { FRAMES });
        let app = App::new(Start {
            now: Timestamp::now(),
            size,
            theme: setup.theme,
            keys: setup.keys,
            status: now_status,
        });
        Ok(Self {
            app,
            executor,
            painter,
            pacing: Pacing::new(frames),
            fetching: Pacing::new(FRAMES),
            guard: Some(guard),
            keys: Some(EventStream::new()),
            inputs,
            version,
            status,
            stop: setup.stop,
            runtime,
            watchman: setup.watchman,
        })
    }

    async fn run(&mut self) -> Ending {
        loop {
            if let Some(ending) = self.catch_up().await {
                return ending;
            }
            let woken = self.wait().await;
            if let Some(ending) = self.take(woken).await {
                return ending;
            }
        }
    }

    /// What is due now: reading what is new, and drawing.
    async fn catch_up(&mut self) -> Option<Ending> {
        let now = Instant::now();
        if self.fetching.due(now).is_some_and(|due| due <= now) {
            self.fetching.drawn(now);
            if let Some(ending) = self.update(Input::Changed).await {
                return Some(ending);
            }
        }
        if self.guard.is_some() && self.pacing.due(now).is_some_and(|due| due <= now) {
            self.draw();
            self.pacing.drawn(now);
            if cfg!(debug_assertions) && std::env::var_os("HOOK64_TEST_PANIC") == Some("ui".into())
            {
                panic!("asked for by HOOK64_TEST_PANIC");
            }
        }
        None
    }

    fn draw(&self) {
        let (width, height) = self.app.size;
        let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
        screen::paint(&self.app, &mut frame);
        self.painter.paint(frame);
    }

    async fn wait(&mut self) -> Woken {
        let now = Instant::now();
        let tick = clock::between(Timestamp::now(), self.app.next_change());
        let mut until = now + tick;
        if self.guard.is_some() {
            until = self.pacing.due(now).map_or(until, |due| due.min(until));
        }
        until = self.fetching.due(now).map_or(until, |due| due.min(until));
        let status_changed = async {
            match &mut self.status {
                Some(status) => status.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let key = async {
            match &mut self.keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(_) = self.stop.wait_for(|stop| *stop) => Woken::Stop,
            event = key => Woken::Terminal(event),
            Some(input) = self.inputs.recv() => Woken::Input(input),
            alive = status_changed => if alive { Woken::Status } else {
                // The listener is gone; what it said last stays.
                Woken::Stop
            },
            Ok(()) = self.version.changed() => Woken::Version,
            () = tokio::time::sleep_until(until.into()) => Woken::Time,
        }
    }

    async fn take(&mut self, woken: Woken) -> Option<Ending> {
        match woken {
            Woken::Stop => Some(Ending::Stopped),
            Woken::Terminal(None | Some(Err(_))) => Some(Ending::Stopped),
            Woken::Terminal(Some(Ok(event))) => self.event(event).await,
            Woken::Input(input) => self.update(input).await,
            Woken::Version => {
                self.fetching.changed(false);
                None
            }
            Woken::Status => {
                let status = self
                    .status
                    .as_mut()
                    .map(|status| Arc::clone(&status.borrow_and_update()))?;
                self.update(Input::Status(status)).await
            }
            Woken::Time if Timestamp::now() >= self.app.next_change() => {
                self.update(Input::Tick).await
            }
            Woken::Time => None,
        }
    }

    async fn event(&mut self, event: Event) -> Option<Ending> {
        let input = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Input::Key(Key::of(&key)?),
            Event::Paste(text) => Input::Paste(text),
            Event::Resize(width, height) => {
                let (before_width, before_height) = self.app.size;
                if width < before_width || height < before_height {
                    self.painter.clear();
                }
                Input::Resize(width, height)
            }
            Event::Mouse(mouse) => Input::Mouse(match mouse.kind {
                MouseEventKind::ScrollDown => Mouse::Wheel(3, mouse.column, mouse.row),
                MouseEventKind::ScrollUp => Mouse::Wheel(-3, mouse.column, mouse.row),
                MouseEventKind::Down(MouseButton::Left) => Mouse::Press(mouse.column, mouse.row),
                _ => return None,
            }),
            _ => return None,
        };
        self.update(input).await
    }

    /// Takes an input in, and sets going what comes of it.
    async fn update(&mut self, input: Input) -> Option<Ending> {
        let is_key = matches!(input, Input::Key(_) | Input::Paste(_) | Input::Mouse(_));
        let effects = self.app.update(Timestamp::now(), input);
        self.pacing.changed(is_key);
        for effect in effects {
            if let Some(ending) = self.perform(effect).await {
                return Some(ending);
            }
        }
        None
    }

    async fn perform(&mut self, effect: Effect) -> Option<Ending> {
        match effect {
            Effect::Quit(leave) => {
                if let Some(guard) = &mut self.guard {
                    guard.keep_screen(self.app.switches.keep_screen);
                }
                return Some(match leave {
                    Leave::Clean => Ending::Left,
                    Leave::Forced => Ending::Forced,
                });
            }
            Effect::Redraw => self.painter.clear(),
            Effect::Bell => self.painter.write(b"\x07"),
            Effect::Mouse(on) => self.painter.write(terminal::mouse(on)),
            Effect::Suspend => self.suspend().await,
            Effect::Edit(text) => {
                self.step_aside();
                let inputs = self.executor.inputs.clone();
                self.runtime.spawn_blocking(move || {
                    let _ = inputs.blocking_send(Input::Edited(outside::edit(&text)));
                });
            }
            Effect::Page(text) => {
                self.step_aside();
                let inputs = self.executor.inputs.clone();
                self.runtime.spawn_blocking(move || {
                    let told = outside::page(&text).err().map(|error| error.to_string());
                    let _ = inputs.blocking_send(Input::Resumed(told));
                });
            }
            other => {
                let url = self.app.status().local.clone().unwrap_or_default();
                self.executor.perform(other, &url);
            }
        }
        if !self.app.outside && self.guard.is_none() {
            self.come_back();
        }
        None
    }
}
