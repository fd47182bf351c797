//! A delivery as text.

pub mod json;
