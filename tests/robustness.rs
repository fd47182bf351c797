//! What nobody would send, and what a machine may do to a program: it goes on, and loses nothing
//! that it acknowledged.
//!
//! `crowds` are too many or too slow peers, `bulk` is too much at once, `disk` and `flush` what
//! happens to the store under a running listener, `power` what is left of it when the machine stops,
//! `soak` is a day of everything, `hostile` what bytes may not do, `secrets` what must never come out,
//! `surroundings` the process and its environment.

mod bulk;
mod crowds;
mod disk;
mod flush;
mod hostile;
mod power;
mod secrets;
mod soak;
mod surroundings;

use std::fs;

use super::rig::{Home, Listener};

/// A figure of `/proc/PID/status`, in KiB; `None` when the process has ended.
fn memory_of(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse().unwrap())
}

/// The same of a listener that runs.
fn memory(listener: &Listener, name: &str) -> u64 {
    memory_of(listener.pid(), name).unwrap()
}

/// The most memory that the listener has had, in MiB.
fn peak_memory(listener: &Listener) -> u64 {
    memory(listener, "VmHWM:") / 1024
}

/// A listener that checks signatures.
fn checking(home: &Home, options: &[&str]) -> Listener {
    let secret = home.secret_file();
    let mut arguments = vec!["--secret-file", secret.to_str().unwrap()];
    arguments.extend(options);
    home.listen(&arguments)
}
