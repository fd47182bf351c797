//! One outgoing HTTP/1.1 request, and what came back.
//!
//! Written by hand, since the heads that go out must be byte for byte what was asked for: names
//! in their case, in their order, with their repeats. hyper's client lower-cases them. What it
//! promises: redirects are never followed, a name is resolved once and the connection goes to
//! one of those addresses, an answer is kept up to a limit, and the whole attempt has a time
//! limit.
//!
//! [`target`] says where to · [`head`] what · [`tls`] whom to trust; inside, `stream` connects,
//! `handshake` explains a TLS failure, `exchange` sends while it listens, `answer` reads, `pool` keeps
//! what is idle, `abandon` leaves without its answer.

mod abandon;
mod answer;
mod exchange;
mod handshake;
pub mod head;
#[cfg(test)]
pub(crate) mod peer;
mod pool;
mod stream;
pub mod target;
#[cfg(test)]
mod tests;
pub mod tls;

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::answer::Answered;
use self::exchange::{Connection, Exchange, Lost, Unsent};
use self::pool::Pool;
use self::stream::{NotOpened, Stream};
use crate::delivery::attempt::Response;
use crate::delivery::{Attempt, Failure};
use crate::text;

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
    /// How many requests that were answered early may go on being sent beside what comes next. One
    /// more, and its answer waits for that.
    pub beside: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trust: Trust::System,
            idle: 64,
            beside: 0,
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
    /// Whether there was a connection, agreed on TLS and all, over which the request could go.
    pub connected: bool,
    /// What helps against its failure, where that is known.
    pub fix: Option<String>,
}

impl Outcome {
    /// Whether there was a connection over which the request could go.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.connected
    }
}

/// What is found out on the way to an answer.
#[derive(Default)]
struct Course {
    phases: Phases,
    /// When the answer was whole.
    answered: Option<Instant>,
    connected: bool,
    fix: Option<String>,
}

impl Course {
    fn tls_failed(&mut self, problem: handshake::Problem) -> Failure {
        self.fix = problem.fix;
        Failure::Tls(problem.why)
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
    beside: Arc<Semaphore>,
}

impl Client {
    /// A client. Certificates are read when they are first needed.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared {
                pool: Pool::new(settings.idle),
                beside: Arc::new(Semaphore::new(settings.beside)),
                trust: settings.trust,
                config: OnceLock::new(),
            }),
        }
    }

    /// Makes one request. The body goes out as it is: the head has to say its length.
    ///
    /// The peer may close a connection that was used before just as the request goes out on it. Then
    /// the request is made once more on a new one, and only then: not one byte of an answer came, and
    /// at once the peer's kernel refused what was sent (a reset, alone or after the end of the
    /// stream), which it does for a connection that nobody holds open any more. An end of the stream
    /// alone is that of a peer which took the request, as is a reset that comes later: what it has
    /// done by then cannot be undone, so the request has failed and is not made again.
    pub async fn request(
        &self,
        number: u32,
        target: &Target,
        head: &OutgoingHead,
        body: &Bytes,
        limits: Limits,
    ) -> Outcome {
        let started = Timestamp::now();
        let mut course = Course::default();
        let call = Call {
            target,
            head,
            body,
            limits,
            clock: Instant::now(),
        };
        let idle = self.shared.pool.take(target.origin());
        let result = self.call(idle, &call, &mut course).await;
        call.outcome(number, started, result, course)
    }

    /// Finds out whether anything listens at a target: connects, and says nothing.
    ///
    /// # Errors
    /// When there is no connection within this time.
    pub async fn reach(&self, target: &Target, within: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + within;
        match timeout_at(deadline, Stream::open(target, None, deadline)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(NotOpened::Unreachable(why))) => Err(Failure::Unreachable(why)),
            // Nothing is encrypted.
            Ok(Err(NotOpened::NoName | NotOpened::Handshake(_))) | Err(_) => {
                let why = format!("no connection within {}", text::duration(within));
                Err(Failure::Unreachable(why))
            }
        }
    }

    async fn call(
        &self,
        idle: Option<Connection>,
        call: &Call<'_>,
        course: &mut Course,
    ) -> Result<Response, Failure> {
        if let Some(connection) = idle {
            course.connected = true;
            match self.answer(connection, call, course).await {
                Err(lost) if lost.refused => course.connected = false,
                ended => return ended.map_err(|lost| lost.failure),
            }
        }
        let connection = self.connect(call, course).await?;
        self.answer(connection, call, course)
            .await
            .map_err(|lost| lost.failure)
    }

    async fn connect(&self, call: &Call<'_>, course: &mut Course) -> Result<Connection, Failure> {
        let target = call.target;
        let tls = if target.is_tls() {
            let config = self.tls();
            Some(config.map_err(|_| course.tls_failed(handshake::Problem::no_trust()))?)
        } else {
            None
        };
        let opening = Stream::open(target, tls, call.deadline());
        let opened = timeout_at(call.deadline(), opening)
            .await
            .map_err(|_| Failure::TimedOut(call.limits.timeout))?;
        let (stream, opening) = opened.map_err(|problem| match problem {
            NotOpened::Unreachable(why) => Failure::Unreachable(why),
            NotOpened::NoName => course.tls_failed(handshake::Problem::no_name(target)),
            NotOpened::Handshake(error) => {
                let problem = handshake::Problem::of(&error, target, &self.shared.trust);
                course.tls_failed(problem)
            }
        })?;
        course.phases.connect = Some(opening.connect);
        course.phases.tls = opening.tls;
        course.connected = true;
        Ok(Connection::new(stream))
    }

    async fn answer(
        &self,
        mut connection: Connection,
        call: &Call<'_>,
        course: &mut Course,
    ) -> Result<Response, Lost> {
        let mut exchange = Exchange::new(&mut connection, call.head, call.body);
        let bodyless = call.head.answer_has_no_body();
        let reading = answer::read(&mut exchange, bodyless, call.limits.keep);
        let read = timeout_at(call.deadline(), reading).await;
        course.phases.first_byte = exchange.first_byte.map(|at| at.duration_since(call.clock));
        let Answered { response, reusable } = read.unwrap_or_else(|_| {
            Err(Lost {
                failure: Failure::TimedOut(call.limits.timeout),
                refused: false,
            })
        })?;
        course.answered = Some(Instant::now());
        match exchange.unsent().await {
            Some(Unsent::Nothing) if reusable => {
                self.shared.pool.give(call.target.origin(), connection);
            }
            Some(Unsent::Rest { head, body }) => {
                let finishing = connection.finish(head, body, call.deadline());
                let origin = reusable.then(|| call.target.origin().to_owned());
                self.finish(finishing, origin).await;
            }
            Some(Unsent::Nothing) | None => {}
        }
        Ok(response)
    }

    /// Sends the rest of what was answered early: beside what comes next, if there is room for it.
    async fn finish(
        &self,
        finishing: impl Future<Output = Option<Connection>> + Send + 'static,
        origin: Option<String>,
    ) {
        let client = self.clone();
        let finish = async move {
            if let (Some(connection), Some(origin)) = (finishing.await, origin) {
                client.shared.pool.give(&origin, connection);
            }
        };
        match Arc::clone(&self.shared.beside).try_acquire_owned() {
            Ok(room) => {
                tokio::spawn(async move {
                    finish.await;
                    drop(room);
                });
            }
            Err(_) => finish.await,
        }
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let config = || self.shared.trust.config();
        self.shared.config.get_or_init(config).clone()
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
        course: Course,
    ) -> Outcome {
        Outcome {
            attempt: Attempt {
                number,
                target: self.target.to_string(),
                started,
                took: course.answered.unwrap_or_else(Instant::now) - self.clock,
                result,
            },
            phases: course.phases,
            connected: course.connected,
            fix: course.fix,
        }
    }

    fn deadline(&self) -> Instant {
        const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.clock + self.limits.timeout.min(NEVER)
    }
}
