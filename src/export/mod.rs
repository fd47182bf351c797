//! A delivery as text: for people, for programs, for other tools. Pure: values in, text out.
//!
//! Everything received is a stranger's: whatever can reach a terminal is escaped here, with
//! [`crate::text`]; only [`http`] and [`body`] give bytes as they came.
//!
//! | file | what |
//! |---|---|
//! | [`ndjson`] | JSON lines: the contract for programs |
//! | [`notice`] | what a listener says beside deliveries, as values |
//! | [`line`](mod@line) | one line a fact, for a terminal or a pipe |
//! | [`table`], [`detail`] | what `list` and `show` print |
//! | [`http`], [`curl`], [`body`], [`har`] | what `export` writes for other tools |
//! | [`json`] | JSON as the sender wrote it: tokens, layout, duplicates |
//! | [`view`] | a body to look at: JSON, text or a hex dump |
//! | [`answer`], [`event`], [`verdict`], [`gap`], [`forwarded`], [`changed`], [`disagreement`] | one fact in few words |
//! | [`clock`], [`paint`], `columns`, [`credentials`] | times, colours, widths, and what is masked |

pub mod answer;
#[cfg(test)]
mod any_clock;
pub mod body;
pub mod changed;
pub mod clock;
mod columns;
pub mod credentials;
pub mod curl;
pub mod detail;
pub mod disagreement;
pub mod event;
pub mod forwarded;
pub mod gap;
pub mod har;
pub mod http;
pub mod json;
pub mod line;
pub mod ndjson;
pub mod notice;
pub mod paint;
#[cfg(test)]
mod samples;
pub mod table;
pub mod verdict;
pub mod view;
