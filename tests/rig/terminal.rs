//! The real program in a pseudo-terminal, and the screen that a person sees there.

use std::cell::Cell;
use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use regex::Regex;

use super::{Home, PATIENCE, eventually};

/// What the program wrote, and whether anybody reads it.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    stopped: bool,
}

/// A terminal with the program in it; the program is killed when this is dropped.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    output: Arc<(Mutex<Output>, Condvar)>,
    size: (u16, u16),
    /// `127.0.0.1:PORT`, for a listener.
    pub address: String,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.read_on();
    }
}

impl Terminal {
    /// Runs a command of the program in a terminal of this size.
    pub fn start(home: &Home, arguments: &[&str], more: &[(&str, &str)], size: (u16, u16)) -> Self {
        let direct = home.command(arguments);
        let mut command = CommandBuilder::new(direct.get_program());
        command.args(direct.get_args());
        Self::spawn(command, &direct, more, size)
    }

    /// Runs a script in a terminal at 120x36; `$HOOK64` is the program.
    pub fn in_a_shell(home: &Home, script: &str) -> Self {
        let direct = home.command::<&str>(&[]);
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script]);
        let program = direct.get_program().to_str().unwrap().to_owned();
        Self::spawn(command, &direct, &[("HOOK64", &program)], (120, 36))
    }

    fn spawn(
        mut command: CommandBuilder,
        direct: &std::process::Command,
        more: &[(&str, &str)],
        size: (u16, u16),
    ) -> Self {
        let pair = native_pty_system().openpty(sized(size)).unwrap();
        command.env_clear();
        for (name, value) in direct.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in more {
            command.env(name, value);
        }
        command.cwd(direct.get_current_dir().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        let output = Arc::default();
        read(pair.master.try_clone_reader().unwrap(), Arc::clone(&output));
        Self {
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            output,
            size,
            address: String::new(),
        }
    }

    /// Starts a listener on a free port at 120x36, and waits until it is ready.
    pub fn listen(home: &Home, arguments: &[&str]) -> Self {
        Self::listen_with(home, arguments, &[], (120, 36))
    }

    /// The same with more variables and another size.
    pub fn listen_with(
        home: &Home,
        arguments: &[&str],
        more: &[(&str, &str)],
        size: (u16, u16),
    ) -> Self {
        let ready = home.path("ready");
        let _ = fs::remove_file(&ready);
        let place = ready.display().to_string();
        let mut all = vec!["listen", "--port", "0", "--ready-file", &place];
        all.extend(arguments);
        let mut terminal = Self::start(home, &all, more, size);
        let url = eventually("the listener is ready", || {
            let ended = terminal.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", terminal.screen());
            let text = fs::read_to_string(&ready).ok()?;
            text.ends_with('\n').then_some(text)
        });
        let address = url.trim().trim_start_matches("http://");
        address
            .trim_end_matches('/')
            .clone_into(&mut terminal.address);
        terminal
    }

    /// Everything that was written so far.
    pub fn written(&self) -> Vec<u8> {
        self.output.0.lock().unwrap().bytes.clone()
    }

    /// Nobody reads any more: the terminal stands still, as after Ctrl-S.
    pub fn stand_still(&self) {
        self.output.0.lock().unwrap().stopped = true;
    }

    /// And on it goes.
    pub fn read_on(&self) {
        self.output.0.lock().unwrap().stopped = false;
        self.output.1.notify_all();
    }

    /// The terminal as the bytes left it.
    pub fn model(&self) -> vt100::Parser {
        let (columns, rows) = self.size;
        let (rows, columns) = (rows.try_into().unwrap(), columns.try_into().unwrap());
        let mut parser = vt100::Parser::new(rows, columns, 0);
        parser.process(&self.written());
        parser
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.model().screen().contents()
    }

    /// Waits for something.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(
                begun.elapsed() < PATIENCE,
                "never happened: {what}\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.until(text, |this| this.screen().contains(text));
    }

    /// Waits until a line of the screen has all of these.
    #[track_caller]
    pub fn shows_line(&self, parts: &[&str]) {
        self.until(&parts.join(" … "), |this| {
            let screen = this.screen();
            screen
                .lines()
                .any(|line| parts.iter().all(|part| line.contains(part)))
        });
    }

    /// Waits until a retry is shown to be due in fewer seconds than these; in how many.
    #[track_caller]
    pub fn counts_down_below(&self, seconds: u32) -> u32 {
        let countdown = Regex::new(r"\bin ([0-9]+) s\b").unwrap();
        let found = Cell::new(None);
        self.until("a retry comes nearer", |this| {
            let screen = this.screen();
            let left = countdown
                .captures(&screen)
                .map(|left| left[1].parse::<u32>());
            found.set(left.map(Result::unwrap).filter(|left| *left < seconds));
            found.get().is_some()
        });
        found.get().unwrap()
    }

    /// Waits until nothing more is drawn for a while.
    #[track_caller]
    pub fn is_quiet_for(&self, time: Duration) {
        self.until("quiet", |this| {
            let before = this.written().len();
            std::thread::sleep(time);
            this.written().len() == before
        });
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Makes the window another size. What was written before counts no longer.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.output.0.lock().unwrap().bytes.clear();
        self.master.resize(sized(self.size)).unwrap();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until the program ends; its exit code.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        eventually("the program ends", || self.child.try_wait().unwrap()).exit_code()
    }

    /// Everything that was switched on is switched off again, and lines are read as lines.
    #[track_caller]
    pub fn is_given_back(&self) {
        self.until("the terminal is given back", |this| {
            let model = this.model();
            let screen = model.screen();
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let name = self.master.tty_name().unwrap();
        if let Ok(terminal) = fs::File::open(name) {
            let modes = rustix::termios::tcgetattr(terminal).unwrap().local_modes;
            let lines = rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO;
            assert!(modes.contains(lines), "{modes:?}");
        }
    }
}

fn sized((columns, rows): (u16, u16)) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        ..PtySize::default()
    }
}

fn read(mut terminal: Box<dyn Read + Send>, output: Arc<(Mutex<Output>, Condvar)>) {
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        loop {
            let stopped = output.0.lock().unwrap();
            drop(
                output
                    .1
                    .wait_while(stopped, |output| output.stopped)
                    .unwrap(),
            );
            let Ok(count @ 1..) = terminal.read(&mut chunk) else {
                return;
            };
            output
                .0
                .lock()
                .unwrap()
                .bytes
                .extend_from_slice(&chunk[..count]);
        }
    });
}
