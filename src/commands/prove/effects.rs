//! The command that counts the effects of a handler: run by `sh`, within a time.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::outbox::prove::Effects;
use crate::text;

use super::super::problem::{Problem, Result};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Of what it prints, this much is read.
const MOST_PRINTED: u64 = 64 << 10;

/// Effects as this command counts them; an effect is waited for with this much patience.
///
/// # Errors
/// When it does not count.
pub(super) async fn effects(command: &str, patience: Duration) -> Result<Effects> {
    let first = count(command, LIMIT).await.map_err(|why| {
        Problem::usage("--effects does not tell how many effects there are")
            .why(why)
            .fix(
                "name a command that prints one number: rows of a table, lines of a file\n  \
                 --effects 'sqlite3 app.db \"select count(*) from results\"'\n  \
                 --effects 'wc -l < effects.log'",
            )
    })?;
    let command: Arc<str> = command.into();
    Ok(Effects::new(first, patience, move || {
        let command = Arc::clone(&command);
        Box::pin(async move { count(&command, LIMIT).await })
    }))
}

/// What the command prints, as a number. It does not outlive this.
async fn count(command: &str, limit: Duration) -> std::result::Result<u64, String> {
    let child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("sh cannot be started: {error}"))?;
    let mut group = Group(Some(Pid::from_child(&child)));
    let (sender, ended) = oneshot::channel();
    thread::spawn(move || sender.send(finish(child)));
    let finished = timeout(limit, ended)
        .await
        .map_err(|_| format!("it took longer than {}", text::duration(limit)))?;
    group.0 = None;
    let (status, printed, complained) = finished
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    read(status, &printed, &complained)
}

/// All that the command has started; it is ended when nobody waits for it any more.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn finish(mut child: Child) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (mut printed, mut complained) = (Vec::new(), Vec::new());
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST_PRINTED).read_to_end(&mut printed)?;
    }
    if let Some(stderr) = child.stderr.take() {
        stderr.take(MOST_PRINTED).read_to_end(&mut complained)?;
    }
    Ok((child.wait()?, printed, complained))
}

fn read(status: ExitStatus, printed: &[u8], complained: &[u8]) -> std::result::Result<u64, String> {
    let quoted = |bytes: &[u8]| {
        let line = text::line(bytes.trim_ascii());
        text::clip(&line, 100).into_owned()
    };
    if !status.success() {
        let complaint = quoted(complained);
        let separator = if complaint.is_empty() { "" } else { ": " };
        return Err(format!("it ended with {status}{separator}{complaint}"));
    }
    let number = std::str::from_utf8(printed).ok();
    number
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| match printed.trim_ascii() {
            b"" => "it printed nothing".to_owned(),
            other => format!("it printed \"{}\", which is no count", quoted(other)),
        })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_command_counts_by_printing_one_number() {
        for (command, expected) in [
            ("echo 12", Ok(12)),
            ("printf '  7 \\n\\n'", Ok(7)),
            ("true", Err("it printed nothing")),
            ("echo two", Err("it printed \"two\", which is no count")),
            ("echo -1", Err("it printed \"-1\", which is no count")),
            (
                "echo 3; echo no such table >&2; exit 4",
                Err("it ended with exit status: 4: no such table"),
            ),
            ("exit 4", Err("it ended with exit status: 4")),
        ] {
            let counted = count(command, LIMIT).await;
            assert_eq!(counted, expected.map_err(ToOwned::to_owned), "{command}");
        }
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        // It ends when nobody has the other side open any more.
        let held = thread::spawn({
            let fifo = fifo.clone();
            move || std::fs::read(fifo)
        });
        let command = format!("exec 3> '{}'; sleep 60 & wait", fifo.display());
        let started = Instant::now();
        let counted = count(&command, Duration::from_millis(300)).await;
        assert_eq!(counted, Err("it took longer than 300 ms".to_owned()));
        held.join().unwrap().unwrap();
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[tokio::test]
    async fn a_command_that_prints_without_end_does_not_fill_the_memory() {
        let counted = count("yes", LIMIT).await;
        assert!(counted.is_err(), "{counted:?}");
    }
}
