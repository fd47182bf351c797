//! A future that always reaches its end.
//!
//! hyper drops the future that answers a request when the peer goes away. What was begun must not
//! be cut short by that: half of a capture could be stored. So when it is dropped unfinished, it
//! goes on in a task of its own; as long as the peer stays, that costs nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// See the module.
pub(super) struct Unstoppable<T: Send + 'static> {
    future: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> Unstoppable<T> {
    pub(super) fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self {
            future: Some(Box::pin(future)),
        }
    }
}

impl<T: Send + 'static> Future for Unstoppable<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.future else {
            return Poll::Pending;
        };
        let output = std::task::ready!(future.as_mut().poll(context));
        self.future = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Unstoppable<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn dropped_halfway_it_still_ends() {
        let (start, started) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let mut future = Unstoppable::new(async move {
            start.send(()).unwrap();
            may_go_on.await.unwrap();
            end.send(()).unwrap();
        });
        tokio::select! {
            biased;
            () = &mut future => unreachable!("it waits"),
            begun = started => begun.unwrap(),
        }
        drop(future);
        go_on.send(()).unwrap();
        ended.await.unwrap();
    }
}
