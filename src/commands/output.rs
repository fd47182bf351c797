//! Standard output for data, standard error for people; a closed pipe ends quietly.

use std::io::{self, Write};

use super::problem::{Problem, Result};

/// Writes data to standard output and flushes it.
///
/// # Errors
/// When it cannot be written: a full disk behind it. A reader that left is no error to complain
/// about; see [`is_closed`].
pub(super) fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

/// The same for bytes.
///
/// # Errors
/// As [`print`].
pub(super) fn write(bytes: &[u8]) -> Result<()> {
    match try_write(bytes) {
        Ok(()) => Ok(()),
        Err(error) if is_closed(&error) => std::process::exit(0),
        Err(error) => Err(unwritable(&error)),
    }
}

/// Writes and leaves the judgement to the caller.
///
/// # Errors
/// Whatever the stream says.
pub(super) fn try_write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Whether the reader left.
pub(super) fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// A stream that cannot be written.
pub(super) fn unwritable(error: &io::Error) -> Problem {
    Problem::failed("output", "cannot write to standard output").why(error.to_string())
}

/// Says something to the person; whether they hear it changes nothing.
pub(super) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
