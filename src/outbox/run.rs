//! Outbox: makes the requests of jobs, each to its end, and reports every attempt.
//!
//! Workers take jobs one after the other, so at most as many are under way as there are workers,
//! and reports wait in a bounded queue: whoever starts a load and does not listen stops it.

mod made;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::job::{Job, Rendered};
use super::schedule::{Next, Schedule};
use crate::delivery::{Failure, HeadError};
use crate::net::client::{Abandoned, Client, Limits, Outcome};

pub use made::Made;

/// How many reports may wait to be read.
const WAITING_REPORTS: usize = 4096;

/// How long reports gather before they are read in bulk.
const GATHERING: Duration = Duration::from_millis(5);

/// Makes outgoing deliveries; clones share connections.
#[derive(Clone)]
pub struct Outbox {
    client: Client,
    limits: Limits,
}

/// How many jobs there are, and how fast they start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How many jobs.
    pub count: u64,
    /// How many may be under way at once; at least one is.
    pub concurrency: usize,
    /// The time from one start to the next; zero: as soon as there is a place.
    pub every: Duration,
    /// How each of them is retried. Copies are not.
    pub schedule: Schedule,
}

impl Batch {
    /// One job.
    #[must_use]
    pub fn one(schedule: Schedule) -> Self {
        Self {
            count: 1,
            concurrency: 1,
            every: Duration::ZERO,
            schedule,
        }
    }
}

/// One attempt, and what comes after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Which job, from 0.
    pub job: u64,
    /// What was sent and what came back.
    pub outcome: Outcome,
    /// What follows.
    pub then: Then,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// A retry, after this gap.
    Retry(Duration),
    /// Another copy of the same event.
    Another,
    /// The job is done.
    Done(Ending),
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Taken: a 2xx; for copies, every time.
    Delivered,
    /// Answered or cut off, but not taken.
    Undelivered,
    /// There never was a connection.
    Unreached,
}

/// Jobs under way. They stop when this is dropped.
pub struct Running {
    reports: mpsc::Receiver<Progress>,
    /// Read and not handed out yet.
    gathered: Vec<Progress>,
    workers: JoinSet<()>,
}

impl Running {
    /// The next report; `None` when all jobs are done.
    pub async fn next(&mut self) -> Option<Progress> {
        let progress = self.reports.recv().await;
        if progress.is_none() {
            self.end().await;
        }
        progress
    }

    /// The reports of a load, in bulk: a moment is given for more to come, since waking up for each
    /// costs more than making it. Empty when all jobs are done. Whoever stops waiting for it loses
    /// none: see [`Running::at_hand`].
    pub async fn next_many(&mut self) -> Vec<Progress> {
        if self.gathered.is_empty() && self.reports.recv_many(&mut self.gathered, 1).await == 0 {
            self.end().await;
        } else {
            sleep(GATHERING).await;
        }
        self.at_hand()
    }

    /// The reports that are there already.
    pub fn at_hand(&mut self) -> Vec<Progress> {
        while self.gathered.len() < WAITING_REPORTS
            && let Ok(progress) = self.reports.try_recv()
        {
            self.gathered.push(progress);
        }
        std::mem::take(&mut self.gathered)
    }

    async fn end(&mut self) {
        while let Some(ended) = self.workers.join_next().await {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

impl Outbox {
    /// An outbox that sends with this client, each attempt within these limits.
    #[must_use]
    pub fn new(client: Client, limits: Limits) -> Self {
        Self { client, limits }
    }

    /// Starts a batch; `job` makes each of its jobs by number, from 0.
    #[must_use]
    pub fn run(&self, batch: Batch, job: impl Fn(u64) -> Job + Send + Sync + 'static) -> Running {
        self.run_while(batch, move |number| Some(job(number)))
    }

    /// Starts a batch; `job` makes each of its jobs by number, from 0, when its turn has come. Once
    /// it makes none, no other begins.
    #[must_use]
    pub fn run_while(
        &self,
        batch: Batch,
        job: impl Fn(u64) -> Option<Job> + Send + Sync + 'static,
    ) -> Running {
        let (sender, reports) = mpsc::channel(WAITING_REPORTS);
        let shared = Arc::new(Shared {
            outbox: self.clone(),
            job,
            started: Instant::now(),
            next: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            batch,
        });
        let mut workers = JoinSet::new();
        let count = usize::try_from(shared.batch.count).unwrap_or(usize::MAX);
        for _ in 0..shared.batch.concurrency.max(1).min(count) {
            workers.spawn(work(Arc::clone(&shared), sender.clone()));
        }
        Running {
            reports,
            gathered: Vec::new(),
            workers,
        }
    }

    /// Makes one attempt of a job.
    pub async fn attempt(&self, job: &Job, number: u32) -> Made {
        self.attempt_until(job, number, std::future::pending())
            .await
    }

    /// Makes one attempt of a job, unless `stop` comes first: then it is given up, since nobody can
    /// tell what its receiver made of it.
    pub async fn attempt_until(
        &self,
        job: &Job,
        number: u32,
        stop: impl Future<Output = ()>,
    ) -> Made {
        let (now, clock) = (Timestamp::now(), Instant::now());
        let request = match job.render(number, now.as_second()) {
            Ok(request) => request,
            Err(error) => return Made::unsent(job, number, now, &error),
        };
        let (head, body) = (&request.head, &request.body);
        let sending = self
            .client
            .request(number, job.target(), head, body, self.limits);
        let outcome = tokio::select! {
            biased;
            outcome = sending => outcome,
            () = stop => made::unanswered(job, number, now, clock.elapsed(), Failure::Stopped),
        };
        Made {
            outcome,
            request: Some(request),
        }
    }

    /// Makes one attempt of a job and gives it up once it was sent: after this much patience, or as
    /// soon as the peer begins to answer.
    ///
    /// # Errors
    /// When the request cannot be written.
    pub async fn abandon(
        &self,
        job: &Job,
        number: u32,
        patience: Duration,
    ) -> Result<Abandoned, HeadError> {
        let request = job.render(number, Timestamp::now().as_second())?;
        let Rendered { head, body } = &request;
        Ok(self
            .client
            .abandon(number, job.target(), head, body, self.limits, patience)
            .await)
    }
}

struct Shared<F> {
    outbox: Outbox,
    batch: Batch,
    job: F,
    started: Instant,
    next: AtomicU64,
    /// No other job is to begin.
    ended: AtomicBool,
}

async fn work<F: Fn(u64) -> Option<Job>>(shared: Arc<Shared<F>>, reports: mpsc::Sender<Progress>) {
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.batch.count {
            return;
        }
        if !shared.batch.every.is_zero() {
            let nth = u32::try_from(number).unwrap_or(u32::MAX);
            sleep_until(shared.started + shared.batch.every.saturating_mul(nth)).await;
        }
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let Some(job) = (shared.job)(number) else {
            shared.ended.store(true, Ordering::Relaxed);
            return;
        };
        let course = Course {
            outbox: &shared.outbox,
            job: &job,
            number,
            reports: &reports,
        };
        let listened_to = if job.copies.count > 0 {
            course.copies().await
        } else {
            course.attempts(&shared.batch.schedule).await
        };
        if listened_to.is_none() {
            return;
        }
    }
}

/// One job on its way; its steps end with `None` when nobody listens any more.
struct Course<'a> {
    outbox: &'a Outbox,
    job: &'a Job,
    number: u64,
    reports: &'a mpsc::Sender<Progress>,
}

impl Course<'_> {
    async fn attempts(&self, schedule: &Schedule) -> Option<()> {
        let mut attempt = 1;
        let mut reached = false;
        loop {
            let outcome = self.outcome(attempt).await;
            reached |= outcome.reached();
            let next = schedule.after(&outcome.attempt);
            let then = match next {
                Next::Delivered => Then::Done(Ending::Delivered),
                Next::GivenUp if reached => Then::Done(Ending::Undelivered),
                Next::GivenUp => Then::Done(Ending::Unreached),
                Next::Retry { after, .. } => Then::Retry(after),
            };
            self.report(outcome, then).await?;
            let Next::Retry {
                attempt: following,
                after,
            } = next
            else {
                return Some(());
            };
            sleep(after).await;
            attempt = following;
        }
    }

    async fn copies(&self) -> Option<()> {
        let numbers = self.job.copies.numbers();
        let last = numbers.len().saturating_sub(1);
        let mut tally = Tally::default();
        if self.job.copies.at_once {
            let attempts = numbers.into_iter().map(|number| self.outcome(number));
            let mut under_way: FuturesUnordered<_> = attempts.collect();
            let mut seen = 0;
            while let Some(outcome) = under_way.next().await {
                tally.add(&outcome);
                self.report(outcome, tally.then(seen == last)).await?;
                seen += 1;
            }
        } else {
            for (seen, number) in numbers.into_iter().enumerate() {
                let outcome = self.outcome(number).await;
                tally.add(&outcome);
                self.report(outcome, tally.then(seen == last)).await?;
            }
        }
        Some(())
    }

    async fn outcome(&self, attempt: u32) -> Outcome {
        self.outbox.attempt(self.job, attempt).await.outcome
    }

    async fn report(&self, outcome: Outcome, then: Then) -> Option<()> {
        let progress = Progress {
            job: self.number,
            outcome,
            then,
        };
        self.reports.send(progress).await.ok()
    }
}

/// What became of the copies of an event so far.
#[derive(Default)]
struct Tally {
    refused: bool,
    reached: bool,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.refused |= !outcome.attempt.delivered();
        self.reached |= outcome.reached();
    }

    fn then(&self, last: bool) -> Then {
        match (last, self.refused, self.reached) {
            (false, _, _) => Then::Another,
            (true, false, _) => Then::Done(Ending::Delivered),
            (true, true, true) => Then::Done(Ending::Undelivered),
            (true, true, false) => Then::Done(Ending::Unreached),
        }
    }
}

#[cfg(test)]
mod tests;
