//! `hook64 send` as a load generator, beside `wrk` where that is installed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Attempted;
use crate::generator::{Load, SECRET, measure, request};
use crate::server::Server;

/// How many events a first, short run sends.
const TRIAL: u64 = 5_000;

/// Prints the rate of `send` to the bare server, and the ratio to that of another generator.
pub(crate) fn compare(load: Load, time: Duration) -> Attempted<()> {
    let directory = tempfile::tempdir()?;
    let request = request(load.body);
    let body = &request[request.len() - load.body..];
    std::fs::write(directory.path().join("secret"), SECRET)?;
    std::fs::write(directory.path().join("body"), body)?;
    let (name, other) = match wrk(load, time, directory.path(), body)? {
        Some(rate) => ("wrk", rate),
        None => ("raw", measure(load, Server::bare()?.address)?.per_second),
    };
    // A first, short run tells how many events fill the time.
    let trial = send(load, TRIAL, directory.path())?;
    let millis = u64::try_from(trial.as_millis())?.max(1);
    let count = (TRIAL * u64::try_from(time.as_millis())? / millis).max(TRIAL);
    let rate = count as f64 / send(load, count, directory.path())?.as_secs_f64();
    println!(
        "\nsend: {rate:.0}/s, {name}: {other:.0}/s, ratio {:.2}",
        rate / other
    );
    Ok(())
}

/// How long `hook64 send` takes to deliver so many events, its start and end included.
fn send(load: Load, count: u64, directory: &Path) -> Attempted<Duration> {
    let server = Server::bare()?;
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_hook64"))
        .args(["send", "--quiet", "--to"])
        .arg(format!("http://{}/hook", server.address))
        .args(["--count", &count.to_string()])
        .args(["--concurrency", &load.connections.to_string()])
        .arg("--secret-file")
        .arg(directory.join("secret"))
        .arg("--body")
        .arg(directory.join("body"))
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("send ended with {status}").into());
    }
    Ok(started.elapsed())
}

/// Requests per second of `wrk`, which posts the same body again and again; `None` without it.
fn wrk(load: Load, time: Duration, directory: &Path, body: &[u8]) -> Attempted<Option<f64>> {
    let script = directory.join("post.lua");
    let body = String::from_utf8_lossy(body);
    let lines = format!(
        "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n\
         wrk.body = [[{body}]]\n"
    );
    std::fs::write(&script, lines)?;
    let server = Server::bare()?;
    let run = Command::new("wrk")
        .args(["--threads", "1", "--connections"])
        .arg(load.connections.to_string())
        .args(["--duration", &format!("{}s", time.as_secs().max(1))])
        .arg("--script")
        .arg(&script)
        .arg(format!("http://{}/hook", server.address))
        .output();
    let Ok(run) = run else {
        return Ok(None);
    };
    let said = String::from_utf8_lossy(&run.stdout);
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(Some(rate.ok_or("wrk said no rate")?.trim().parse()?))
}
