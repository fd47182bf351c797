//! The terminal UI.

pub mod index;
pub mod row;
pub mod rows;
pub mod state;

#[cfg(test)]
mod fixture;
