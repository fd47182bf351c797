//! Nothing here yet.

pub mod schedule;
