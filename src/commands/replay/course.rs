//! Replays one after the other, or several at once, each reported when it is done.
//!
//! A capture is read when its turn has come and shared by all its replays, so that many of them
//! take no more memory than are under way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::delivery::{Attempt, Delivery, DeliveryId};
use crate::export::clock;
use crate::outbox::{Job, Outbox};
use crate::store::{Origin, Outgoing, Sent, Store};

use super::plan::{Pace, Plan};

/// How many reports may wait to be read.
const WAITING: usize = 64;

/// What is replayed, and how fast.
pub(in crate::commands) struct Course {
    pub(in crate::commands) store: Store,
    pub(in crate::commands) ids: Vec<DeliveryId>,
    pub(in crate::commands) plan: Plan,
    pub(in crate::commands) outbox: Outbox,
    pub(in crate::commands) times: u32,
    pub(in crate::commands) pace: Pace,
    pub(in crate::commands) concurrency: usize,
}

/// What became of a replay, or of the wish for one.
pub(in crate::commands) enum Report {
    /// It was made.
    Made(Box<Made>),
    /// It could not be: which capture, and why.
    Impossible(DeliveryId, String),
    /// What a person should know before it is made.
    Remark(String),
}

/// A replay that was made.
pub(in crate::commands) struct Made {
    pub(in crate::commands) delivery: Arc<Delivery>,
    /// Which attempt it said it was.
    pub(in crate::commands) attempt_said: String,
    pub(in crate::commands) attempt: Attempt,
    /// What helps against its failure, where that is known.
    pub(in crate::commands) fix: Option<String>,
    /// What was sent, where it is not the capture itself.
    pub(in crate::commands) sent: Option<Sent>,
}

impl Made {
    /// What is kept of it beside the capture.
    pub(in crate::commands) fn outgoing(self) -> (DeliveryId, Outgoing) {
        let outgoing = Outgoing::new(Origin::Replay, self.attempt).having_sent(self.sent);
        (self.delivery.id, outgoing)
    }
}

/// Replays under way; they are broken off when this is dropped.
pub(in crate::commands) struct Running {
    reports: mpsc::Receiver<Report>,
    tasks: JoinSet<()>,
    halt: watch::Sender<bool>,
}

impl Running {
    /// The next report; `None` when everything is done, or was given up.
    pub(in crate::commands) async fn next(&mut self) -> Option<Report> {
        self.reports.recv().await
    }

    /// What stops them.
    pub(in crate::commands) fn halting(&self) -> Halting {
        Halting(self.halt.clone())
    }

    /// Waits for the end. A bug in there is one here.
    pub(in crate::commands) async fn end(mut self) {
        if let Some(ended) = self.tasks.join_next().await {
            pass_on(ended);
        }
    }
}

/// A panic in a task is one here.
fn pass_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

/// Stops replays that are under way.
pub(in crate::commands) struct Halting(watch::Sender<bool>);

impl Halting {
    /// Starts no further replay, and gives up those under way: each still has its report.
    pub(in crate::commands) fn now(&self) {
        self.0.send_replace(true);
    }
}

/// Whether to stop.
#[derive(Clone)]
struct Halt(watch::Receiver<bool>);

impl Halt {
    fn is_told(&self) -> bool {
        *self.0.borrow()
    }

    async fn told(mut self) {
        if self.0.wait_for(|told| *told).await.is_err() {
            // Whoever could tell is gone, and breaks everything off.
            std::future::pending::<()>().await;
        }
    }
}

impl Course {
    /// Starts.
    pub(in crate::commands) fn start(self) -> Running {
        let (sender, reports) = mpsc::channel(WAITING);
        let (halt, told) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(self.run(sender, Halt(told)));
        Running {
            reports,
            tasks,
            halt,
        }
    }

    async fn run(self, reports: mpsc::Sender<Report>, halt: Halt) {
        let mut under_way = JoinSet::new();
        tokio::select! {
            biased;
            () = halt.clone().told() => {}
            () = self.start_all(&reports, &halt, &mut under_way) => {}
        }
        while let Some(ended) = under_way.join_next().await {
            pass_on(ended);
        }
    }

    /// Ends early when nobody listens any more.
    async fn start_all(
        &self,
        reports: &mpsc::Sender<Report>,
        halt: &Halt,
        under_way: &mut JoinSet<()>,
    ) {
        let places = Arc::new(Semaphore::new(self.concurrency.max(1)));
        let mut random = fastrand::Rng::new();
        let mut remarked = false;
        let mut started: Option<(Instant, jiff::Timestamp)> = None;
        let mut count = 0;
        for id in &self.ids {
            let delivery = match self.read(*id).await {
                Ok(delivery) => delivery,
                Err(why) => {
                    if reports.send(Report::Impossible(*id, why)).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let arrived = delivery.request().times.arrived;
            let (began, first) = *started.get_or_insert_with(|| (Instant::now(), arrived));
            let since_first: Duration = clock::between(first, arrived);
            let mut shared = None;
            for nth in 0..self.times {
                let made = match shared.clone() {
                    Some(job) => Ok(job),
                    None => self.plan.job(&delivery, nth, &mut random),
                };
                let job = match made {
                    Ok(job) => job,
                    Err(error) => {
                        let report = Report::Impossible(*id, error.to_string());
                        if reports.send(report).await.is_err() {
                            return;
                        }
                        break;
                    }
                };
                if shared.is_none() && self.plan.repeats() {
                    shared = Some(job.clone());
                }
                if !remarked && let Some(remark) = self.plan.remark(&delivery, &job) {
                    remarked = true;
                    if reports.send(Report::Remark(remark)).await.is_err() {
                        return;
                    }
                }
                sleep_until(began + self.pace.offset(count, since_first)).await;
                count += 1;
                let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                    return;
                };
                // A place may be free because those who had it were told to stop.
                if halt.is_told() {
                    return;
                }
                let replay = self.replay(&delivery, job, nth, reports.clone(), halt.clone());
                under_way.spawn(async move {
                    replay.await;
                    drop(place);
                });
                while let Some(ended) = under_way.try_join_next() {
                    pass_on(ended);
                }
            }
        }
    }

    async fn read(&self, id: DeliveryId) -> Result<Arc<Delivery>, String> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.get(id)).await;
        match read {
            Ok(Ok(Some(delivery))) => Ok(Arc::new(delivery)),
            Ok(Ok(None)) => Err("it is no longer in the store".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn replay(
        &self,
        delivery: &Arc<Delivery>,
        job: Job,
        nth: u32,
        reports: mpsc::Sender<Report>,
        halt: Halt,
    ) -> impl Future<Output = ()> + Send + use<> {
        let outbox = self.outbox.clone();
        let delivery = Arc::clone(delivery);
        let attempt_said = self.plan.attempt(&delivery, nth);
        async move {
            let number = nth.saturating_add(1);
            let attempted = outbox.attempt_until(&job, number, halt.told()).await;
            let made = Made {
                sent: attempted.sent(delivery.request()),
                delivery,
                attempt_said,
                attempt: attempted.outcome.attempt,
                fix: attempted.outcome.fix,
            };
            // Nobody may listen any more.
            let _ = reports.send(Report::Made(Box::new(made))).await;
        }
    }
}
