//! The terminal UI: deliveries stream in; inspect, replay, arm failures, watch retries.
//!
//! Input goes into [`app::App::update`], effects come out, and [`screen`] draws what is in between;
//! nothing else touches the state. What is read and asked for goes through the two seams of
//! [`world`]: nothing here knows a store or a socket.
//!
//! | files | what |
//! |---|---|
//! | `world` `keyed` `row` `effect` | what comes in and goes out |
//! | `app` `input` `intake` `act` `moves` `asks` `layers` `finding` `layer` | the state and what changes it |
//! | `action` `key` `keys` `palette` | what can be done, and with which keys |
//! | `index` `record` `state` `rows` `list` `sort` `list_find` `list_unfold` | the list's data |
//! | `detail` `tree` `tree_builder` `fold` `body_view` `text_lines` `search` `decode` | the detail's data |
//! | `arm` `arm_plan` `arm_preview` `armed` `replay` `replay_words` `request_text` `diff` `prompt` `entry` `copy` `try_key` | forms |
//! | `foresight` `plan` `screen` `theme` `words` `frame` `clock` `columns` | how things are drawn |
//! | `run` `executor` `painter` `pacing` `wake` `terminal` `watchman` `panic` `outside` `clipboard` `file` | the thin edge: terminal, threads, programs, files |
//! | `event_list` `pane` `overview` `overview_notes` `overview_retries` `body` `headers` `signature` `signature_why` `attempts` `attempts_table` `timeline` `response` `response_replays` `status_line` `hints` `welcome` `help` `arm_dialog` `replay_dialog` `prompts` `prompt_line` `write_prompt` `qr` `questions` `text_box` | what is drawn |

mod act;
pub mod action;
pub mod app;
mod arm;
mod arm_dialog;
mod arm_plan;
mod arm_preview;
mod armed;
mod asks;
mod attempts;
mod attempts_table;
mod body;
mod body_view;
mod clipboard;
mod clock;
mod columns;
mod copy;
mod decided;
mod decode;
mod detail;
mod diff;
pub mod effect;
mod entry;
mod event_list;
mod executor;
mod file;
mod finding;
mod fold;
mod foresight;
mod frame;
mod headers;
mod help;
mod hints;
pub mod index;
mod input;
mod intake;
pub mod key;
pub mod keyed;
pub mod keys;
mod layer;
mod layers;
mod list;
mod list_find;
mod list_frame;
mod list_unfold;
mod moves;
mod outside;
mod overview;
mod overview_notes;
mod overview_retries;
mod pacing;
mod painter;
mod palette;
mod pane;
mod panic;
mod plan;
mod prompt;
mod prompt_line;
mod prompts;
mod qr;
mod questions;
mod record;
mod replay;
mod replay_dialog;
mod replay_words;
pub mod request_text;
mod response;
mod response_replays;
pub mod row;
mod rows;
mod run;
pub mod screen;
mod search;
mod signature;
mod signature_why;
mod sort;
mod state;
mod status_line;
mod terminal;
mod text_box;
mod text_lines;
pub mod theme;
mod timeline;
mod tree;
mod tree_builder;
mod try_key;
mod wake;
pub mod watchman;
mod welcome;
mod words;
pub mod world;
mod write_prompt;

pub use run::{Ending, Setup, run};
pub use terminal::stand_watch;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod tests;
