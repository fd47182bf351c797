//! The thread that answers: sockets and whatever an answer needs, apart from everybody who looks.
//!
//! A face that cannot write, a command that reads the whole store or a terminal that stalls holds up
//! the runtime that it is on, and that is another one. One thread is enough here, and cheaper than
//! several that hand connections to each other: the store writes with a thread of its own, and large
//! bodies are hashed beside it.

use std::future::Future;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::super::problem::{Problem, Result};

/// How many threads may work beside it: more than there are cores, because some only wait.
const BESIDE: usize = 16;

/// The runtime of the thread that answers; it ends with this.
pub(super) struct Serving {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub(super) fn start() -> Result<Self> {
        let problem = |error: std::io::Error| {
            Problem::failed("runtime", "cannot start").why(error.to_string())
        };
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(BESIDE)
            .enable_all()
            .build()
            .map_err(problem)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("serving".to_owned())
            .spawn(move || {
                // Told or dropped, it is the end.
                let _ = runtime.block_on(ended);
            })
            .map_err(problem)?;
        Ok(Self {
            handle,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Makes something whose sockets and tasks belong to that thread.
    pub(super) fn within<T>(&self, make: impl FnOnce() -> T) -> T {
        let _context = self.handle.enter();
        make()
    }

    /// Runs something on that thread to its end; `None` if it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        self.handle.spawn(future).await.ok()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
