//! The listener in this process, steered through the same calls as the control socket makes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::delivery::{Attempt, Delivery, DeliveryId};
use crate::inbox::Inbox;
use crate::tui::keyed::{Insight, Trial, Tried};
use crate::tui::world::{ArmedRule, Control, Reach, Release, Replay, Status, Trouble, Tunnel};

use super::super::listen::reply;
use super::super::steer;
use super::desk::Desk;
use super::public::Traffic;
use super::{keyed, remote, trouble};

/// Between two looks at what the listener is doing: many deliveries are one change.
const PAUSE: Duration = Duration::from_millis(30);

/// Steers an inbox.
pub(in crate::commands) struct Local {
    inbox: Inbox,
    desk: Desk,
    /// Where a sample is sent.
    sample: String,
    status: Arc<watch::Sender<Arc<Status>>>,
}

impl Local {
    /// Steers this inbox; `base` is what does not change about it. What changes is kept up to date
    /// until this is dropped.
    pub(in crate::commands) fn start(
        inbox: Inbox,
        desk: Desk,
        base: Status,
        sample: String,
        tunnels: watch::Receiver<Tunnel>,
        traffic: Traffic,
    ) -> Self {
        let status = Arc::new(watch::Sender::new(Arc::new(base.clone())));
        let teller = Teller {
            inbox: inbox.clone(),
            base,
            tunnels,
            traffic,
        };
        tokio::spawn(teller.run(Arc::downgrade(&status)));
        Self {
            inbox,
            desk,
            sample,
            status,
        }
    }
}

/// Says what the listener is doing, whenever that changes.
struct Teller {
    inbox: Inbox,
    base: Status,
    tunnels: watch::Receiver<Tunnel>,
    traffic: Traffic,
}

impl Teller {
    async fn run(mut self, told: std::sync::Weak<watch::Sender<Arc<Status>>>) {
        let mut changes = self.inbox.store().changes();
        let mut steered = self.inbox.steered();
        let mut notices = self.inbox.notices();
        loop {
            let Some(sender) = told.upgrade() else { return };
            let now = self.status();
            sender.send_if_modified(|known| {
                let is_new = **known != now;
                if is_new {
                    *known = Arc::new(now);
                }
                is_new
            });
            drop(sender);
            let goes_on = tokio::select! {
                changed = changes.changed() => changed.is_ok(),
                changed = steered.changed() => changed.is_ok(),
                notice = notices.recv() => !matches!(notice, Err(RecvError::Closed)),
                Ok(()) = self.tunnels.changed() => true,
            };
            if !goes_on {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn status(&mut self) -> Status {
        let now = self.inbox.status();
        let tunnel = self.tunnels.borrow_and_update().clone();
        Status {
            armed: now
                .armed
                .into_iter()
                .map(|standing| ArmedRule {
                    text: standing.rule,
                    done: standing.taken,
                    of: standing.of,
                })
                .collect(),
            held: now.held.iter().map(|held| held.id).collect(),
            dropped: now.totals.unstored,
            tunnel: self.traffic.told(tunnel),
            ..self.base.clone()
        }
    }
}

impl Control for Local {
    fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.subscribe()
    }

    fn arm(&self, plan: String) -> BoxFuture<'static, Result<(), Trouble>> {
        let inbox = self.inbox.clone();
        Box::pin(async move {
            let plan = steer::plan(&plan, "arm").map_err(|problem| trouble(&problem))?;
            inbox.arm(plan, false);
            Ok(())
        })
    }

    fn disarm(&self) -> BoxFuture<'static, Result<(), Trouble>> {
        let inbox = self.inbox.clone();
        Box::pin(async move {
            inbox.disarm();
            Ok(())
        })
    }

    fn release(&self, id: DeliveryId, how: Release) -> BoxFuture<'static, Result<(), Trouble>> {
        let inbox = self.inbox.clone();
        Box::pin(async move {
            let is_released =
                reply(&remote::answer(how)).is_some_and(|reply| inbox.release(id, reply));
            if is_released {
                Ok(())
            } else {
                Err(Trouble::new(format!("delivery {id} is no longer held")))
            }
        })
    }

    fn replay(&self, replay: Replay) -> BoxFuture<'static, Result<Vec<Attempt>, Trouble>> {
        let desk = self.desk.clone();
        Box::pin(async move { desk.replay(replay).await })
    }

    fn reach(&self, target: String) -> BoxFuture<'static, Reach> {
        let desk = self.desk.clone();
        Box::pin(async move { desk.reach(&target).await })
    }

    fn inspect(&self, delivery: &Delivery, earlier: &[Bytes]) -> Insight {
        let tolerance = self.status.borrow().tolerance;
        keyed::inspect(self.desk.keyring(), tolerance, delivery, earlier)
    }

    fn try_keys(&self, delivery: &Delivery, trial: &Trial) -> Result<Vec<Tried>, Trouble> {
        keyed::try_keys(self.status.borrow().tolerance, delivery, trial)
    }

    fn sample(&self) -> BoxFuture<'static, Result<String, Trouble>> {
        let (desk, url) = (self.desk.clone(), self.sample.clone());
        Box::pin(async move { desk.sample(&url).await })
    }

    fn probe(&self) -> BoxFuture<'static, Result<Duration, Trouble>> {
        let desk = self.desk.clone();
        let url = remote::probed(&self.status.borrow());
        Box::pin(async move { desk.probe(&url?).await })
    }
}
