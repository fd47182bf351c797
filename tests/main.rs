//! One integration binary: every test drives the real program, or checks the house itself.

#![allow(clippy::unwrap_used)]

mod commands;
mod durability;
mod floors;
mod forward;
mod prove;
mod receive;
mod replay;
mod rig;
mod send;
mod tunnel;
