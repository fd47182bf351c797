//! How much of anything a peer may ask for.
//!
//! Everything that a peer can make grow has a bound here, so that no input exhausts the machine.

use std::time::Duration;

use crate::delivery::head::MAX_HEADERS;

/// The bounds of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For a request head, from its first byte; and for the first byte of a new connection.
    pub head_time: Duration,
    /// For a connection that was used and is kept open.
    pub idle_time: Duration,
    /// Without a byte of the body.
    pub body_idle: Duration,
    /// For a whole body, however steadily it comes: a trickle must not hold memory for ever.
    pub body_time: Duration,
    /// Without room for a byte of the answer.
    pub write_stall: Duration,
    /// Bytes of a request head, the request line included.
    pub head_bytes: usize,
    /// Field lines of a request head; at most [`MAX_HEADERS`].
    pub headers: usize,
    /// Bytes of a body.
    pub max_body: u64,
    /// Connections at a time.
    pub max_connections: usize,
    /// Bytes of all bodies being read at a time. Whoever would exceed it waits, and so does its
    /// peer.
    pub body_budget: u64,
    /// Bytes to read and throw away after an early answer, so that the peer gets to see it.
    pub drain_bytes: u64,
    /// Time for that.
    pub drain_time: Duration,
    /// For what is in flight when the listener stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            body_idle: Duration::from_secs(30),
            body_time: Duration::from_secs(300),
            write_stall: Duration::from_secs(10),
            head_bytes: 64 << 10,
            headers: MAX_HEADERS,
            max_body: 25 << 20,
            max_connections: 512,
            body_budget: 128 << 20,
            drain_bytes: 64 << 20,
            drain_time: Duration::from_secs(10),
            grace: Duration::from_secs(10),
        }
    }
}
