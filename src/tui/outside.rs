//! Programs that get the terminal for a while: the editor and the pager.
//!
//! They read what is written for them into a directory that only we can read, and that goes away
//! with it. Whoever calls must have given the terminal back before.

use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::effect::Edited;

/// An editor that comes back sooner than this was not typed in.
const AT_ONCE: Duration = Duration::from_millis(100);

/// A directory that only we can read; it goes away with the value.
struct Room(PathBuf);

impl Room {
    fn make() -> std::io::Result<Self> {
        let name = format!("hook64-{}-{:016x}", std::process::id(), fastrand::u64(..));
        let path = env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let path = self.0.join(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?
            .write_all(bytes)?;
        Ok(path)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What is left behind is readable by us alone.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens the editor on a request, and waits for it.
pub(super) fn edit(text: &Bytes) -> Edited {
    let begun = Instant::now();
    match edited(text) {
        Err(error) => Edited::Cancelled(error.to_string()),
        Ok((status, _)) if !status.success() => {
            Edited::Cancelled(format!("the editor ended with {status}"))
        }
        Ok((_, after)) if after == *text => Edited::Same {
            at_once: begun.elapsed() < AT_ONCE,
        },
        Ok((_, after)) => Edited::Changed(Bytes::from(after)),
    }
}

fn edited(text: &Bytes) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let room = Room::make()?;
    let path = room.write("req.http", text)?;
    let status = open(&["VISUAL", "EDITOR"], "vi", &path)?;
    Ok((status, fs::read(&path)?))
}

/// Opens the pager on text that was made visible, and waits for it.
///
/// # Errors
/// When it cannot be started or read what it is given.
pub(super) fn page(text: &str) -> std::io::Result<()> {
    let room = Room::make()?;
    let path = room.write("request.txt", text.as_bytes())?;
    open(&["PAGER"], "less", &path).map(|_| ())
}

fn open(variables: &[&str], otherwise: &str, path: &Path) -> std::io::Result<ExitStatus> {
    let words = variables
        .iter()
        .filter_map(|name| env::var(name).ok())
        .filter_map(|line| shlex::split(&line))
        .find(|words| !words.is_empty())
        .unwrap_or_else(|| vec![otherwise.to_owned()]);
    Command::new(&words[0])
        .args(&words[1..])
        .arg(path)
        .status()
        .map_err(|error| {
            std::io::Error::new(error.kind(), format!("cannot start {}: {error}", words[0]))
        })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_edited_can_be_read_by_us_alone_and_goes_away() {
        let room = Room::make().unwrap();
        let path = room.write("req.http", b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&room.0), 0o700);
        assert_eq!(mode(&path), 0o600);
        let directory = room.0.clone();
        drop(room);
        assert!(!directory.exists());
    }
}
