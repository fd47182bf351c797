//! The command that counts the effects of a handler: run by `sh`, within a time.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::outbox::prove::Effects;
use crate::text;

use super::super::problem::{Problem, Result};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Of what it prints, this much is kept.
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

/// What the command prints, as a number. Neither it nor what it started outlives this.
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
        self.0.take().into_iter().for_each(kill);
    }
}

fn kill(group: Pid) {
    // It may have ended just now.
    let _ = kill_process_group(group, Signal::KILL);
}

/// Waits for the command, and ends what it has left behind.
fn finish(mut child: Child) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let stderr = child.stderr.take();
    // Beside the other one: who waits for a reader of this one prints nothing there.
    let complaining = thread::spawn(move || stderr.map_or(Ok(Vec::new()), read_to_end));
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST_PRINTED).read_to_end(&mut printed)?;
    }
    let complained = complaining.join().unwrap_or_else(|_| Ok(Vec::new()))?;
    let leader = Pid::from_child(&child);
    // It is left where it is, so that its number is nobody else's when its group is ended.
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    retry_on_intr(|| waitid(WaitId::Pid(leader), ended))?;
    kill(leader);
    Ok((child.wait()?, printed, complained))
}

/// The beginning of it, read to its end.
fn read_to_end(mut pipe: impl Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    pipe.by_ref()
        .take(MOST_PRINTED)
        .read_to_end(&mut beginning)?;
    io::copy(&mut pipe, &mut io::sink())?;
    Ok(beginning)
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
    use std::path::{Path, PathBuf};
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

    /// A pipe, and who reads it until nobody has the other side open any more.
    fn held_fifo(directory: &Path) -> (PathBuf, thread::JoinHandle<io::Result<Vec<u8>>>) {
        let fifo = directory.join("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let reader = thread::spawn({
            let fifo = fifo.clone();
            move || std::fs::read(fifo)
        });
        (fifo, reader)
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let (fifo, held) = held_fifo(directory.path());
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
        // It is told that nobody reads on, and does not wait for that.
        let why = counted.unwrap_err();
        assert!(why.starts_with("it ended with "), "{why}");
    }

    #[tokio::test]
    async fn complaints_that_no_pipe_holds_keep_no_command_from_counting() {
        let command = "head -c 1000000 /dev/zero >&2; echo 3";
        assert_eq!(count(command, LIMIT).await, Ok(3));
    }

    #[tokio::test]
    async fn what_a_command_leaves_behind_is_ended_when_it_has_counted() {
        let directory = tempfile::tempdir().unwrap();
        let (fifo, held) = held_fifo(directory.path());
        let command = format!(
            "exec 3> '{}'; sleep 60 > /dev/null 2>&1 & echo 3",
            fifo.display()
        );
        let started = Instant::now();
        assert_eq!(count(&command, LIMIT).await, Ok(3));
        held.join().unwrap().unwrap();
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
