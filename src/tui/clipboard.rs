//! The clipboard: a helper program of the desktop where there is one and we sit in front of it,
//! else the terminal itself (OSC 52).

use std::env;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Terminals and multiplexers cut longer sequences, or drop them.
const LONGEST: usize = 74_000;

/// A helper that does not end in this time is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How something was copied, or what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// A helper program took it.
    Program(&'static str),
    /// These bytes are for the terminal.
    Terminal(Vec<u8>),
    /// It is too long for the terminal, and there is no helper.
    TooLong,
}

/// Finds a way to the clipboard, and goes it as far as possible. May take a second.
pub(super) fn copy(bytes: &[u8]) -> Route {
    for (program, arguments) in helpers() {
        if feed(program, arguments, bytes) {
            return Route::Program(program);
        }
    }
    if bytes.len() > LONGEST {
        return Route::TooLong;
    }
    Route::Terminal(sequence(bytes))
}

/// The helpers of this desktop; none over SSH, where they would fill the wrong clipboard.
fn helpers() -> Vec<(&'static str, &'static [&'static str])> {
    if env::var_os("SSH_CONNECTION").is_some() {
        return Vec::new();
    }
    let mut found: Vec<(&'static str, &'static [&'static str])> = Vec::new();
    if cfg!(target_os = "macos") {
        found.push(("pbcopy", &[]));
    }
    if env::var_os("WAYLAND_DISPLAY").is_some() {
        found.push(("wl-copy", &[]));
    }
    if env::var_os("DISPLAY").is_some() {
        found.push(("xclip", &["-selection", "clipboard"]));
    }
    found
}

fn feed(program: &str, arguments: &[&str], bytes: &[u8]) -> bool {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let Some(mut input) = child.stdin.take() else {
        return false;
    };
    // A helper that does not read must not hold us: the bytes are written by a thread of their own.
    let bytes = bytes.to_vec();
    std::thread::spawn(move || input.write_all(&bytes));
    ends_well(&mut child)
}

/// Whether a program ends in time and says that it went well; one that does not is ended.
fn ends_well(child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => return false,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// The bytes that make a terminal put something on its clipboard.
fn sequence(bytes: &[u8]) -> Vec<u8> {
    let mut sequence = b"\x1b]52;c;".to_vec();
    sequence.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    sequence.push(b'\x07');
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_gets_base64_only() {
        assert_eq!(sequence(b"\x1b[2J"), b"\x1b]52;c;G1sySg==\x07");
    }
}
