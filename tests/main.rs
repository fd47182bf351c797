//! One integration binary: every test drives the real program, or checks the house itself.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod commands;
mod durability;
mod export;
mod faults;
mod floors;
mod forward;
mod prove;
mod receive;
mod replay;
mod rig;
mod robustness;
mod send;
mod tui;
mod tunnel;
mod usage;
mod wait;
