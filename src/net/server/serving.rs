//! Accepting connections, and stopping.
//!
//! A connection is accepted only when there is a place for it: until then it waits in the kernel.
//! Failing to accept is weather: what fails now may work in a moment.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::connection::{Session, attend};
use super::line::Shared;
use super::signals::Signals;
use super::{Handler, Limits, Listener};

/// Between two requests for room when all places are taken.
const CROWDED: Duration = Duration::from_millis(500);
/// The first and the longest pause after a failure to accept.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// For connections to notice that the time for finishing is over.
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// No system has so many sockets, and every semaphore this many permits.
const MOST_PLACES: u32 = 1 << 28;
/// What one permit of the body budget stands for: permits are counted in 32 bits.
const BUDGET_UNIT: u64 = 1 << 10;

/// What all connections of a listener share.
pub(super) struct Server {
    pub(super) limits: Arc<Limits>,
    pub(super) signals: Signals,
    places: Arc<Semaphore>,
    all_places: u32,
    budget: Semaphore,
    budget_units: u32,
    requests: AtomicU64,
}

/// What a listener did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Connections accepted.
    pub connections: u64,
    /// Requests handed over, the malformed included.
    pub requests: u64,
    /// Connections that were not done when the grace period ended.
    pub cut_off: usize,
}

/// Serves until `shutdown`, then finishes what is in flight and returns. Dropping the future
/// instead stops accepting, and leaves the connections to themselves.
pub async fn serve<H: Handler>(
    mut listener: Listener,
    handler: Arc<H>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Summary {
    let server = Arc::new(Server::new(limits));
    let mut connections = 0;
    {
        let mut shutdown = pin!(shutdown);
        let mut pause = FIRST_PAUSE;
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = server.accept(&mut listener) => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    pause = FIRST_PAUSE;
                    connections += 1;
                    // Small answers are written in one piece; waiting for more would only delay.
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(attend(Arc::new(Session {
                        handler: Arc::clone(&handler),
                        server: Arc::clone(&server),
                        line: Shared::new(stream, Arc::clone(&server.limits)),
                        peer,
                        _place: place,
                    })));
                }
                // That one peer has gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    tokio::select! {
                        biased;
                        () = &mut shutdown => break,
                        () = sleep(pause) => {}
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
    drop(listener);
    let cut_off = server.finish().await;
    Summary {
        connections,
        requests: server.requests.load(Ordering::Relaxed),
        cut_off,
    }
}

impl Server {
    fn new(limits: Limits) -> Self {
        let budget_units = u32::try_from(limits.body_budget / BUDGET_UNIT).unwrap_or(u32::MAX);
        let all_places = u32::try_from(limits.max_connections)
            .unwrap_or(MOST_PLACES)
            .clamp(1, MOST_PLACES);
        Self {
            places: Arc::new(Semaphore::new(all_places as usize)),
            all_places,
            budget: Semaphore::new(budget_units as usize),
            budget_units,
            limits: Arc::new(limits),
            signals: Signals::default(),
            requests: AtomicU64::new(0),
        }
    }

    /// A connection, once there is a place for it.
    async fn accept(
        &self,
        listener: &mut Listener,
    ) -> io::Result<(
        tokio::net::TcpStream,
        std::net::SocketAddr,
        OwnedSemaphorePermit,
    )> {
        let place = self.place().await;
        let (stream, peer) = listener.accept().await?;
        Ok((stream, peer, place))
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            let place = Arc::clone(&self.places).acquire_owned();
            match timeout(CROWDED, place).await {
                Ok(Ok(place)) => return place,
                // The semaphore is never closed.
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => self.signals.ask_for_room(),
            }
        }
    }

    /// A share of the budget for a body of up to so many bytes, once there is one. Whoever waits
    /// here holds no share yet, so nobody waits for another who waits.
    pub(super) async fn share_of_budget(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let units = u32::try_from(bytes.div_ceil(BUDGET_UNIT))
            .unwrap_or(u32::MAX)
            .min(self.budget_units);
        self.budget.acquire_many(units).await.ok()
    }

    pub(super) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for what is in flight, and then no longer; how many connections that cut off.
    async fn finish(&self) -> usize {
        self.signals.advance();
        if self.all_done(self.limits.grace).await {
            return 0;
        }
        let cut_off = self.all_places as usize - self.places.available_permits();
        self.signals.advance();
        self.all_done(LAST_MOMENT).await;
        cut_off
    }

    async fn all_done(&self, time: Duration) -> bool {
        timeout(time, self.places.acquire_many(self.all_places))
            .await
            .is_ok()
    }
}
