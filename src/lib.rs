//! hook64: receive, inspect and provoke the webhooks of Sixtyfour AI and ELAN Languages.
//!
//! # The house
//!
//! Rooms stand on floors; a room may use any lower floor, never its own or a higher one
//! (`tests/floors.rs` keeps it so). In reading order:
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`delivery`]: the nouns · [`text`]: untrusted text made visible |
//! | 1 | [`signature`]: verify, sign, diagnose · [`filter`]: the filter language · [`export`]: a delivery as text · [`net`]: sockets |
//! | 2 | [`provider`]: what each provider's wire looks like · [`store`]: SQLite · [`fault`]: which answer comes next |
//! | 3 | [`outbox`]: outgoing deliveries |
//! | 4 | [`inbox`]: incoming deliveries |
//! | 5 | [`tui`]: the terminal UI |
//! | 6 | [`commands`]: the command line, and the only wiring |
//!
//! # The path of one delivery
//!
//! `net::server` reads a request whole; `provider` recognises it; `signature` verifies the exact
//! bytes; `inbox::memory` says whether its event was seen before; `inbox::decide` picks the answer;
//! `store` puts it on disk; the faces are told; only then `net::server` carries the answer out and
//! reports what the peer really got.

pub mod commands;
pub mod delivery;
pub mod export;
pub mod fault;
pub mod filter;
pub mod inbox;
pub mod net;
pub mod outbox;
pub mod provider;
pub mod signature;
pub mod store;
pub mod text;
pub mod tui;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Runs the program and gives its exit code; a bug leaves a report and the code 101.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    commands::report_panics();
    catch_unwind(AssertUnwindSafe(|| commands::run(arguments)))
        .unwrap_or(commands::Exit::Internal)
        .into()
}
