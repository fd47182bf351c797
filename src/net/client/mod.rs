//! One outgoing HTTP/1.1 request, and what came back.
//!
//! Written by hand, since the heads that go out must be byte for byte what was asked for: names
//! in their case, in their order, with their repeats. hyper's client lower-cases them. What it
//! promises: redirects are never followed, a name is resolved once and the connection goes to
//! one of those addresses, an answer is kept up to a limit, and the whole attempt has a time
//! limit.
//!
//! [`target`] says where to · [`head`] what · [`tls`] whom to trust; inside, `stream` connects,
//! `exchange` sends while it listens, `answer` reads, `pool` keeps what is idle, `abandon` leaves
//! without its answer.

mod abandon;
mod answer;
mod exchange;
pub mod head;
#[cfg(test)]
pub(crate) mod peer;
mod pool;
mod stream;
pub mod target;
#[cfg(test)]
mod tests;
pub mod tls;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use self::answer::Answered;
use self::exchange::{Connection, Exchange, Lost};
use self::pool::Pool;
use self::stream::Stream;
use crate::delivery::attempt::Response;
use crate::delivery::{Attempt, Failure};

pub use self::abandon::Abandoned;
pub use self::head::OutgoingHead;
pub use self::target::{Target, TargetError};
pub use self::tls::{AuthoritiesError, Trust};

/// How requests are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which certificates are accepted.
    pub trust: Trust,
    /// How many idle connections to one origin are kept; 0: a new connection for each request.
    pub idle: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trust: Trust::System,
            idle: 64,
        }
    }
}

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the first step to the last byte of the answer.
    pub timeout: Duration,
    /// How many bytes of an answer's body are kept. Beyond it the connection is given up.
    pub keep: usize,
}

impl Default for Limits {
    /// Ten seconds, as the provider allows, and 1 MiB.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            keep: 1024 * 1024,
        }
    }
}

/// Where the time of one request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Resolving and connecting; `None` on a connection that was used before.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the start to the first byte of an answer.
    pub first_byte: Option<Duration>,
}

/// One request, and where its time went.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was sent where, and what came back.
    pub attempt: Attempt,
    /// Where the time went.
    pub phases: Phases,
}

impl Outcome {
    /// Whether there was a connection over which the request could go.
    #[must_use]
    pub fn reached(&self) -> bool {
        !matches!(
            self.attempt.result,
            Err(Failure::Unreachable(_) | Failure::Tls(_))
        )
    }
}

/// Makes requests; clones share connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    trust: Trust,
    config: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
    pool: Pool,
}

impl Client {
    /// A client. Certificates are read when they are first needed.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared {
                pool: Pool::new(settings.idle),
                trust: settings.trust,
                config: OnceLock::new(),
            }),
        }
    }

    /// Makes one request. The body goes out as it is: the head has to say its length.
    ///
    /// A connection that was used before may turn out to be dead. Then, and only if not one byte
    /// of an answer came, the request is made once more on a new one.
    pub async fn request(
        &self,
        number: u32,
        target: &Target,
        head: &OutgoingHead,
        body: &Bytes,
        limits: Limits,
    ) -> Outcome {
        let started = Timestamp::now();
        let mut phases = Phases::default();
        let call = Call {
            target,
            head,
            body,
            limits,
            clock: Instant::now(),
        };
        let result = self.call(&call, &mut phases).await;
        call.outcome(number, started, result, phases)
    }

    /// Finds out whether anything listens at a target: connects, and says nothing.
    ///
    /// # Errors
    /// When there is no connection within this time.
    pub async fn reach(&self, target: &Target, within: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + within;
        Stream::open(target, None, deadline).await.map(drop)
    }

    async fn call(&self, call: &Call<'_>, phases: &mut Phases) -> Result<Response, Failure> {
        if let Some(connection) = self.shared.pool.take(call.target.origin()) {
            match self.answer(connection, call, phases).await {
                Err(lost) if lost.unanswered => {}
                ended => return ended.map_err(|lost| lost.failure),
            }
        }
        let connection = self.connect(call, phases).await?;
        self.answer(connection, call, phases)
            .await
            .map_err(|lost| lost.failure)
    }

    async fn connect(&self, call: &Call<'_>, phases: &mut Phases) -> Result<Connection, Failure> {
        let tls = if call.target.is_tls() {
            Some(self.tls()?)
        } else {
            None
        };
        let (stream, opening) = Stream::open(call.target, tls, call.deadline()).await?;
        phases.connect = Some(opening.connect);
        phases.tls = opening.tls;
        Ok(Connection::new(stream))
    }

    async fn answer(
        &self,
        mut connection: Connection,
        call: &Call<'_>,
        phases: &mut Phases,
    ) -> Result<Response, Lost> {
        let mut exchange = Exchange::new(&mut connection, call.head, call.body);
        let bodyless = call.head.answer_has_no_body();
        let reading = answer::read(&mut exchange, bodyless, call.limits.keep);
        let read = timeout_at(call.deadline(), reading).await;
        phases.first_byte = exchange.first_byte.map(|at| at.duration_since(call.clock));
        let Answered { response, reusable } = read.unwrap_or_else(|_| {
            Err(Lost {
                failure: Failure::TimedOut(call.limits.timeout),
                unanswered: false,
            })
        })?;
        if exchange.finish().await && reusable {
            self.shared.pool.give(call.target.origin(), connection);
        }
        Ok(response)
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, Failure> {
        self.shared
            .config
            .get_or_init(|| self.shared.trust.config())
            .clone()
            .map_err(|error| Failure::Tls(format!("no certificates to trust: {error}")))
    }
}

struct Call<'a> {
    target: &'a Target,
    head: &'a OutgoingHead,
    body: &'a Bytes,
    limits: Limits,
    clock: Instant,
}

impl Call<'_> {
    fn outcome(
        &self,
        number: u32,
        started: Timestamp,
        result: Result<Response, Failure>,
        phases: Phases,
    ) -> Outcome {
        Outcome {
            attempt: Attempt {
                number,
                target: self.target.to_string(),
                started,
                took: self.clock.elapsed(),
                result,
            },
            phases,
        }
    }

    fn deadline(&self) -> Instant {
        const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.clock + self.limits.timeout.min(NEVER)
    }
}
