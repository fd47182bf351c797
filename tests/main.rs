//! One integration binary: every test drives the real program, or checks the house itself.

#![allow(clippy::unwrap_used)]

mod commands;
mod durability;
mod floors;
mod forward;
mod receive;
mod rig;
mod tunnel;
