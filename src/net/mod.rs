//! The only room with sockets: hyper and TCP are spoken here and nowhere above.
//!
//! [`server`] turns bytes into requests and replies into bytes; [`client`] makes one request of
//! ours and hands back what came of it; [`control`] is how commands steer a listener; [`tunnel`]
//! finds out how the world reaches it.

pub mod client;
pub mod control;
pub mod server;
pub mod tunnel;
