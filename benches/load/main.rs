//! Load: the release listener beside a bare hyper server, under the same load in one run.
//!
//! `cargo bench --bench load` starts both, one after the other, posts signed deliveries (a new
//! event each) over keep-alive connections and prints requests per second, latencies, peak memory
//! and the ratio between the two. The listener stores durably before each answer; the bare server
//! reads the body and says 200. Numbers depend on the machine, ratios much less.
//!
//! Then: what forwarding adds to posting to the app directly, what the terminal UI costs an answer,
//! and `hook64 send` as a load generator. `-- --seconds 5` is how long each run takes, `-- --only
//! "64 KiB"` chooses runs by their names.

mod generator;
#[allow(dead_code, reason = "every bench uses its own part of it")]
#[path = "../screen.rs"]
mod screen;
mod sender;
mod server;

use std::error::Error;
use std::time::Duration;

use generator::{Load, Measured, Pace, measure};
use screen::Screen;
use server::{Place, Server, serve_bare};

type Attempted<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is compared with the bare server: name, bytes of a body, connections.
const LOADS: [(&str, usize, usize); 5] = [
    ("2 KiB, 1 connection", 2 << 10, 1),
    ("2 KiB, 64 connections", 2 << 10, 64),
    ("2 KiB, 512 connections", 2 << 10, 512),
    ("64 KiB, 64 connections", 64 << 10, 64),
    ("1 MiB, 8 connections", 1 << 20, 8),
];

fn main() -> Attempted<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--bare") {
        return serve_bare();
    }
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let seconds = after("--seconds").and_then(|text| text.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(5));
    let only = after("--only");
    let is_wanted = |name: &str| only.is_none_or(|only| name.contains(only.as_str()));
    let fsync = Place::new()?.fsync()?;
    println!("one fsync: {:.2} ms\n", milliseconds(fsync));
    println!(
        "{:<24} {:>10} {:>10} {:>6} {:>9} {:>9} {:>9} {:>9}",
        "load", "bare/s", "hook64/s", "ratio", "p50", "p99", "bare p50", "peak"
    );
    let load = |body, connections| Load {
        body,
        connections,
        pace: Pace::Full(time),
    };
    for (name, body, connections) in LOADS {
        if is_wanted(name) {
            compare(name, load(body, connections))?;
        }
    }
    if is_wanted("forward") {
        forward(load(2 << 10, 1))?;
    }
    if is_wanted("terminal UI") {
        terminal_ui()?;
    }
    if is_wanted("send") {
        sender::compare(load(2 << 10, 64), time)?;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The listener beside the bare server.
fn compare(name: &str, load: Load) -> Attempted<()> {
    let bare = measure(load, Server::bare()?.address)?;
    let listener = Server::listener(&[])?;
    let ours = measure(load, listener.address)?;
    println!(
        "{name:<24} {:>10.0} {:>10.0} {:>6.2} {:>6.2} ms {:>6.2} ms {:>6.2} ms {:>5.0} MiB{}",
        bare.per_second,
        ours.per_second,
        ours.per_second / bare.per_second,
        milliseconds(ours.p50),
        milliseconds(ours.p99),
        milliseconds(bare.p50),
        listener.peak_memory(),
        refused(&ours),
    );
    Ok(())
}

fn refused(measured: &Measured) -> String {
    match measured.refused {
        0 => String::new(),
        refused => format!("  ({refused} not 2xx)"),
    }
}

/// What forwarding adds, with the bare server as the app.
fn forward(load: Load) -> Attempted<()> {
    let app = Server::bare()?;
    let direct = measure(load, app.address)?;
    let captured = measure(load, Server::listener(&[])?.address)?;
    let target = format!("http://{}/", app.address);
    let listener = Server::listener(&["--forward", &target])?;
    let forwarded = measure(load, listener.address)?;
    println!(
        "\nforward, 1 connection: median {:.3} ms directly, {:.3} ms captured, {:.3} ms captured \
         and forwarded{}",
        milliseconds(direct.p50),
        milliseconds(captured.p50),
        milliseconds(forwarded.p50),
        refused(&forwarded),
    );
    Ok(())
}

/// What the terminal UI costs an answer: 10,000 deliveries in 2 s with it and without a face.
fn terminal_ui() -> Attempted<()> {
    let load = Load {
        body: 2 << 10,
        connections: 64,
        pace: Pace::Even {
            count: 10_000,
            over: Duration::from_secs(2),
        },
    };
    let headless = measure(load, Server::listener(&[])?.address)?;
    let place = Place::new()?;
    let arguments = place.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut screen = Screen::start(&arguments, (120, 36))?;
    let address = place.address()?;
    screen.until(|text| text.contains("FOLLOW"))?;
    let before = (screen.frames(), screen.written());
    let shown = measure(load, address)?;
    let frames = screen.frames() - before.0;
    let written = screen.written() - before.1;
    screen.until(|text| text.contains("deliveries 10000"))?;
    let help = screen.press("?")?;
    println!(
        "\nterminal UI, 10,000 deliveries in 2 s: p99 {:.2} ms without a face, {:.2} ms with it, \
         {frames} frames of {} KiB, a key answered in {:.1} ms{}{}",
        milliseconds(headless.p99),
        milliseconds(shown.p99),
        written >> 10,
        milliseconds(help),
        refused(&headless),
        refused(&shown),
    );
    Ok(())
}
