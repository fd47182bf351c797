//! A delivery as text.

pub mod answer;
pub mod body;
pub mod clock;
mod columns;
pub mod credentials;
pub mod curl;
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
