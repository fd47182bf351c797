//! Starts the real program in a temporary directory and talks to it over real sockets.

pub mod app;
pub mod control;
pub mod http;
pub(crate) mod target;
pub mod terminal;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A secret of the documented form, made up.
pub const SECRET: &str =
    "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Waits until `condition` gives something.
#[track_caller]
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a process a signal by its name.
#[track_caller]
pub fn send_signal(pid: u32, name: &str) {
    let signal = match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "KILL" => Signal::KILL,
        "TERM" => Signal::TERM,
        other => panic!("a signal called {other}"),
    };
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Whether this machine has curl. A test that needs it says so and passes without.
pub fn has_curl() -> bool {
    let has = Command::new("curl").arg("--version").output().is_ok();
    if !has {
        eprintln!("skipped: there is no curl here");
    }
    has
}

/// A home of its own for the program.
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// An empty home.
    pub fn new() -> Self {
        // A socket's path has little room, and the control socket lies deep in a home.
        let usual = std::env::temp_dir();
        let base = match usual.as_os_str().len() {
            0..=60 => &usual,
            _ => Path::new("/tmp"),
        };
        Self {
            directory: tempfile::tempdir_in(base).unwrap(),
        }
    }

    /// A path under it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file that only its owner can read.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A file that holds [`SECRET`].
    pub fn secret_file(&self) -> PathBuf {
        self.file("secret", &format!("{SECRET}\n"))
    }

    /// A value of the signature header that `sign` makes for a body with [`SECRET`].
    #[track_caller]
    pub fn signature(&self, body: &[u8]) -> String {
        let (secret, file) = (self.secret_file(), self.path("to-sign"));
        fs::write(&file, body).unwrap();
        let [secret, file] = [&secret, &file].map(|path| path.to_str().unwrap());
        let signed = self.run(&["sign", "--secret-file", secret, "--body", file]);
        let line = signed.expect(0).stdout;
        line.trim()
            .strip_prefix("Sixtyfour-Signature: ")
            .unwrap()
            .to_owned()
    }

    /// The store that every command uses unless told otherwise.
    pub fn store(&self) -> PathBuf {
        self.path("data/hook64/hook64.db")
    }

    /// The program, with nothing of this machine's environment.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hook64"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.directory.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TZ", "UTC")
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Finished {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts a listener on a free port and waits until it is ready. `--output json` unless
    /// `arguments` say otherwise.
    pub fn listen<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Listener {
        self.listen_as(self.command::<&str>(&[]), arguments)
    }

    /// The same through a shell, which prepares something and ends with `exec "$@"`.
    pub fn listen_in<A: AsRef<OsStr>>(&self, script: &str, arguments: &[A]) -> Listener {
        self.listen_as(self.shell(script), arguments)
    }

    /// Runs a command to its end through such a shell.
    pub fn run_in<A: AsRef<OsStr>>(&self, script: &str, arguments: &[A]) -> Finished {
        let output = self.shell(script).args(arguments).output();
        output.unwrap().into()
    }

    fn shell(&self, script: &str) -> Command {
        let direct = self.command::<&str>(&[]);
        let mut command = Command::new("sh");
        command
            .args(["-c", script, "sh"])
            .arg(direct.get_program())
            .env_clear()
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        for (name, value) in direct.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command
    }

    fn listen_as<A: AsRef<OsStr>>(&self, mut command: Command, arguments: &[A]) -> Listener {
        let ready = self.path("ready");
        let _ = fs::remove_file(&ready);
        command.args(["listen", "--port", "0", "--ready-file"]);
        command.arg(&ready);
        let mut says_output = false;
        for argument in arguments {
            says_output |= argument.as_ref() == "--output";
            command.arg(argument);
        }
        if !says_output {
            command.args(["--output", "json"]);
        }
        Listener::start(command, &ready)
    }
}

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// The output, line by line, as JSON.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// Demands an exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A running listener; killed when dropped.
pub struct Listener {
    child: Child,
    lines: Receiver<String>,
    complaints: Option<thread::JoinHandle<String>>,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Listener {
    fn start(mut command: Command, ready: &Path) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let complaints = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut listener = Self {
            child,
            lines,
            complaints: Some(complaints),
            address: String::new(),
        };
        let url = eventually("the listener is ready", || {
            if let Some(status) = listener.child.try_wait().unwrap() {
                let complaints = listener.complaints.take().map(|thread| thread.join());
                panic!("the listener ended: {status}: {complaints:?}");
            }
            fs::read_to_string(ready)
                .ok()
                .filter(|text| text.ends_with('\n'))
        });
        let url = url.trim().trim_end_matches('/');
        listener.address = url.trim_start_matches("http://").to_owned();
        listener
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line on its standard output.
    #[track_caller]
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("no line came")
    }

    /// The next object on its standard output that is of this kind.
    #[track_caller]
    pub fn next(&self, kind: &str) -> Value {
        loop {
            let line = self.line();
            let object: Value = serde_json::from_str(&line).expect(&line);
            if object["kind"] == kind {
                return object;
            }
        }
    }

    /// Sends a signal by its name.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        send_signal(self.pid(), name);
    }

    /// Kills it, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn ended(mut self) -> Finished {
        let status = eventually("the listener ends", || self.child.try_wait().unwrap());
        let stdout: Vec<_> = self.lines.iter().collect();
        let complaints = self.complaints.take().map(|thread| thread.join().unwrap());
        Finished {
            code: status.code(),
            stdout: stdout.join("\n"),
            stderr: complaints.unwrap_or_default(),
        }
    }

    /// Stops it as Ctrl-C does, and waits.
    #[track_caller]
    pub fn stop(self) -> Finished {
        self.signal("INT");
        self.ended()
    }
}
