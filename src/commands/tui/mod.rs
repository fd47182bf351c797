//! The terminal UI over real things: a store behind its [`Source`](crate::tui::world::Source), a
//! listener in this process or behind its control socket as its
//! [`Control`](crate::tui::world::Control).
//!
//! `looks` resolves theme, signs and keys, `terminal` decides whether there is a terminal at all,
//! `captures` reads the store, `difference` words what a replay changed, `local` and `remote` steer,
//! `desk` sends (replays, samples, probes), `keyed` asks the keys,
//! `public` looks for the tunnel, `session` runs it all.

mod captures;
mod desk;
mod difference;
mod keyed;
mod local;
mod looks;
mod public;
mod remote;
mod session;
mod terminal;

pub(super) use captures::Captures;
pub(super) use desk::{Desk, Keeper};
pub(super) use local::Local;
pub(super) use looks::{LookArgs, Looks, keymap};
pub(super) use public::{Traffic, watch as watch_tunnels};
pub(super) use remote::Remote;
pub(super) use session::{WATCH, lost, run};
pub(super) use terminal::{demand, fits};

use crate::tui::world::Trouble;

use super::problem::Problem;

/// A problem as the terminal UI shows it.
fn trouble(problem: &Problem) -> Trouble {
    let (what, why, fix) = problem.parts();
    let mut trouble = Trouble::new(what);
    trouble.why = why.map(str::to_owned);
    trouble.fix = fix.map(str::to_owned);
    trouble
}

/// What the terminal UI could not do, as an error of the program.
fn problem(trouble: Trouble) -> Problem {
    let problem = Problem::failed("terminal", trouble.what);
    let problem = match trouble.why {
        Some(why) => problem.why(why),
        None => problem,
    };
    match trouble.fix {
        Some(fix) => problem.fix(fix),
        None => problem,
    }
}
