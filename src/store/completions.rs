//! Results on their way back from the writer's thread to the tasks that wait for them.

use tokio::sync::mpsc;

use crate::delivery::DeliveryId;

use super::error::StoreError;
use super::queue::Waiter;

/// Results on their way to those who wait, a whole batch at once: one wake-up of another thread
/// instead of one for each.
type Completed = Vec<(Waiter<DeliveryId>, Result<DeliveryId, StoreError>)>;

/// How results reach those who wait for them.
#[derive(Debug)]
pub(super) enum Completions {
    /// A task of the runtime hands them on.
    Task(mpsc::UnboundedSender<Completed>),
    /// There is no runtime: the writer does it.
    Inline,
}

impl Completions {
    /// Starts the task, if there is a runtime to start it on.
    pub(super) fn start() -> Self {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Self::Inline;
        };
        let (sender, mut batches) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            while let Some(batch) = batches.recv().await {
                hand_over(batch);
            }
        });
        Self::Task(sender)
    }

    pub(super) fn complete(&self, batch: Completed) {
        if batch.is_empty() {
            return;
        }
        match self {
            Self::Inline => hand_over(batch),
            Self::Task(sender) => {
                if let Err(unsent) = sender.send(batch) {
                    hand_over(unsent.0);
                }
            }
        }
    }
}

fn hand_over(batch: Completed) {
    for (waiter, result) in batch {
        // Whoever stopped waiting does not need it.
        let _ = waiter.send(result);
    }
}
