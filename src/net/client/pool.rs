//! Idle connections that may be used again.
//!
//! Bounded in number and age: a server that closes an idle connection just as a request goes out
//! on it costs a second try or the request, so they are given up before common servers do (five
//! seconds).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::exchange::Connection;

const MAX_AGE: Duration = Duration::from_secs(4);

/// Idle connections by origin, the one used last on top.
pub(super) struct Pool {
    most: usize,
    idle: Mutex<HashMap<String, Vec<Idle>>>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// A pool that keeps at most this many connections to one origin.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            idle: Mutex::new(HashMap::new()),
        }
    }

    /// An idle connection to this origin, if there is one that still looks usable.
    pub(super) fn take(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let stack = idle.get_mut(origin)?;
        while let Some(mut found) = stack.pop() {
            if found.since.elapsed() > MAX_AGE {
                // Those below are older still.
                stack.clear();
            } else if found.connection.is_quiet() {
                return Some(found.connection);
            }
        }
        None
    }

    /// Keeps a connection for later, unless there are enough.
    pub(super) fn give(&self, origin: &str, connection: Connection) {
        if self.most == 0 {
            return;
        }
        let since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !idle.contains_key(origin) {
            idle.retain(|_, stack| {
                stack
                    .last()
                    .is_some_and(|top| top.since.elapsed() <= MAX_AGE)
            });
            idle.insert(origin.to_owned(), Vec::new());
        }
        if let Some(stack) = idle.get_mut(origin).filter(|stack| stack.len() < self.most) {
            let connection = connection.idle();
            stack.push(Idle { connection, since });
        }
    }
}
