//! What a bug leaves behind: a short report in a file, and one message that names it.
//!
//! A report holds the program's version, the place and the message of the panic; never a delivery.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::PanicHookInfo;
use std::path::PathBuf;

use etcetera::{BaseStrategy, choose_base_strategy};
use jiff::Timestamp;

use crate::text;

use super::output;

/// From now on a panic is reported in our form instead of Rust's.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = write(panic).map_or_else(
            || String::from("  why: no report could be written\n"),
            |path| format!("  why: the report is {}\n", path.display()),
        );
        let message = format!(
            "error: internal error{}\n{place}  fix: please report it; other deliveries are not \
             affected\n",
            describe(panic)
        );
        output::complain(&message);
    }));
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    panic
        .location()
        .map(|place| format!(" at {}:{}", place.file(), place.line()))
        .unwrap_or_default()
}

fn write(panic: &PanicHookInfo<'_>) -> Option<PathBuf> {
    let now = Timestamp::now();
    let directory = choose_base_strategy().ok()?.data_dir().join("hook64");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .ok()?;
    let path = directory.join(format!("report-{}.txt", now.as_millisecond()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .ok()?;
    let message = panic.payload_as_str().unwrap_or("no message");
    writeln!(
        file,
        "hook64 {}\n{now}\npanic{}\n{}",
        env!("CARGO_PKG_VERSION"),
        describe(panic),
        text::line(message.as_bytes())
    )
    .ok()?;
    Some(path)
}
