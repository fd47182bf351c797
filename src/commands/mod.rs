//! The command line: what was typed becomes calls, and what comes back becomes text and an exit
//! code. The only room that knows clap, and the only one that wires the others together.
//!
//! One file a subcommand. Beside them: `arguments` (options that several share), `settings` (the
//! layers), `values` (durations and sizes), `secrets` (reading them and saying what is wrong with
//! them), `input` (files and standard input), `lookup` (deliveries in a store), `output` and
//! `color` (what is printed, and how), `outgoing` and `progress` (what `send`, `replay` and `prove`
//! share), `attempts` (what is handed to a listener), `steer` (all commands to a running listener),
//! `problem` and `exit` (how things fail), `usage` (what clap refuses, in our words), `report`
//! (what a bug leaves behind).

mod arguments;
mod attempts;
mod color;
mod exit;
mod export;
mod input;
mod keys;
mod list;
mod listen;
mod lookup;
mod open;
mod outgoing;
mod output;
mod problem;
mod progress;
mod prove;
mod replay;
mod report;
mod secrets;
mod send;
mod settings;
mod show;
mod sign;
mod steer;
mod tui;
mod tunnel;
mod usage;
mod values;
mod verify;
mod wait;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};

use arguments::ColorChoice;
pub use exit::Exit;
use problem::Result;
pub use report::install as report_panics;

/// Receive, inspect and provoke webhooks of Sixtyfour AI and ELAN Languages, on this machine.
#[derive(Debug, Parser)]
#[command(name = "hook64", version, about, max_term_width = 100)]
#[command(after_help = "hook64 alone is hook64 listen.")]
struct Arguments {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Copy, Args)]
struct Everywhere {
    /// When to colour
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    color: ColorChoice,
    /// With send and replay on a terminal: show every attempt, however many there are
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Leave out progress, notes and the line about each delivery; warnings, errors and what was
    /// asked for stay
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive, verify, dedupe, store and answer deliveries
    Listen(Box<listen::ListenArgs>),
    /// Look at captures in the terminal UI, without listening
    Open(Box<open::OpenArgs>),
    /// List the keys of the terminal UI
    Keys(keys::KeysArgs),
    /// List what was captured
    List(list::ListArgs),
    /// Show one delivery in full
    Show(show::ShowArgs),
    /// Write captures as NDJSON, raw HTTP, curl commands, bodies or HAR
    Export(export::ExportArgs),
    /// Check a signature, and say why it does not match
    Verify(verify::VerifyArgs),
    /// Make a signature
    Sign(sign::SignArgs),
    /// Print the public webhook URL of the tunnel that reaches this port
    Tunnel(tunnel::TunnelArgs),
    /// Block until such deliveries have arrived
    Wait(wait::WaitArgs),
    /// Be the provider: deliver a signed event as it does, with its retries
    Send(Box<send::SendArgs>),
    /// Deliver captures again: as they came, or signed anew
    Replay(Box<replay::ReplayArgs>),
    /// Try what a webhook handler has to get right, and judge its answers
    Prove(prove::ProveArgs),
    /// Make a running listener fail on purpose
    Arm(steer::ArmArgs),
    /// Take all fault rules out of force
    Disarm(steer::DisarmArgs),
    /// Hold the answers to matching deliveries
    Hold(steer::HoldArgs),
    /// Answer a held delivery
    Release(steer::ReleaseArgs),
    /// Give the terminal back when the terminal UI was killed
    #[command(hide = true, name = tui::WATCH)]
    StandWatch,
    /// Show what is armed, held and counted
    Status(steer::StatusArgs),
}

/// Runs the program with these arguments (the program's name first); prints the error, if there is
/// one, once.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let typed: Vec<_> = arguments.into_iter().collect();
    if usage::asks_for_json(&typed) {
        output::speak_in_objects();
    }
    let complete = usage::with_guarded_terms(usage::with_default_command(typed.clone()));
    let outcome = match usage::parse(complete) {
        Ok(arguments) => {
            if arguments.everywhere.quiet {
                output::leave_out_notes();
            }
            dispatch(arguments)
        }
        Err(error) => usage::explain(&error, &typed),
    };
    outcome.unwrap_or_else(|problem| {
        let problem = match usage::command_name(&typed) {
            Some(command) => problem.of_command(&command),
            None => problem,
        };
        output::fail(&problem);
        problem.exit()
    })
}

fn dispatch(arguments: Arguments) -> Result {
    let Arguments {
        everywhere,
        command,
    } = arguments;
    match command {
        Command::Listen(arguments) => listen::run(*arguments, everywhere),
        Command::Open(arguments) => open::run(&arguments, everywhere),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::List(arguments) => list::run(&arguments, everywhere),
        Command::Show(arguments) => show::run(&arguments, everywhere),
        Command::Export(arguments) => export::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Tunnel(arguments) => tunnel::run(&arguments, everywhere),
        Command::Wait(arguments) => wait::run(&arguments, everywhere),
        Command::Send(arguments) => send::run(&arguments, everywhere),
        Command::Replay(arguments) => replay::run(&arguments, everywhere),
        Command::Prove(arguments) => prove::run(&arguments, everywhere),
        Command::Arm(arguments) => steer::arm(&arguments),
        Command::Disarm(arguments) => steer::disarm(&arguments),
        Command::Hold(arguments) => steer::hold(&arguments),
        Command::Release(arguments) => steer::release(&arguments),
        Command::StandWatch => {
            // Whoever hangs up the terminal needs nothing given back.
            let _ = crate::tui::stand_watch();
            Ok(Exit::Done)
        }
        Command::Status(arguments) => steer::status(&arguments),
    }
}
