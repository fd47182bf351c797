//! The TUI as somebody uses it: keys in, screens and effects out.

mod beginning;
mod bodies;
mod detail;
mod faults;
mod keys;
mod list;
mod looks;
mod pty;
mod qr;
mod replays;
mod screens;
