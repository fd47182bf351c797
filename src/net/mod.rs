//! Sockets: the only room that has any.
//!
//! [`client`] makes one outgoing request at a time.

pub mod client;
