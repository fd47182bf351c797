//! A delivery as text.

pub mod answer;
pub mod body;
pub mod clock;
pub mod credentials;
pub mod curl;
pub mod event;
pub mod forwarded;
pub mod har;
pub mod http;
pub mod json;
pub mod ndjson;
pub mod notice;
pub mod paint;
#[cfg(test)]
mod samples;
