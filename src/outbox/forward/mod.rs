//! Forward: an arriving request goes to the local app, and the app's answer is ours.
//!
//! Bytes and lines go on as they came, hop-by-hop ones aside; `Host` names the app unless it is to
//! be kept. Whatever goes wrong has an answer of its own, since the provider waits for one.

mod route;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use self::route::closest;
use super::job::{Job, Parts};
use super::lines::{Hops, HostLine, relayed_lines};
use super::run::Outbox;
use super::signing::Signing;
use crate::delivery::attempt::Response;
use crate::delivery::{Ending, Failure, HeadError, Reply, Request};
use crate::net::client::{Client, Limits, Outcome};
use crate::store::Sent;

pub use self::route::{Route, RouteError};

/// How large an app's answer may be. It is relayed whole or not at all, and held in memory until
/// then: its outcome is on disk before the provider hears of it.
const LARGEST: usize = 64 << 20;

/// Hands requests to local apps; clones share connections.
#[derive(Clone)]
pub struct Forward {
    outbox: Outbox,
    routes: Vec<Route>,
    host: HostLine,
}

impl fmt::Debug for Forward {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Forward")
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

/// What the app made of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Forwarded {
    /// The answer to give.
    pub reply: Reply,
    /// What the app said.
    pub outcome: Outcome,
    /// What it was sent, where that is not the request itself with the target's `Host`.
    pub sent: Option<Sent>,
}

impl Forward {
    /// Hands requests to the apps of these routes, each with so much time to answer.
    #[must_use]
    pub fn new(client: Client, routes: Vec<Route>, timeout: Duration) -> Self {
        let limits = Limits {
            timeout,
            keep: LARGEST,
        };
        Self {
            outbox: Outbox::new(client, limits),
            routes,
            host: HostLine::Target,
        }
    }

    /// The same, with `Host` as the sender said it.
    #[must_use]
    pub fn keeping_host(self) -> Self {
        let host = HostLine::Kept;
        Self { host, ..self }
    }

    /// The routes, as given.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Where a request would go.
    #[must_use]
    pub fn route(&self, request: &Request, event_type: Option<&str>) -> Option<&Route> {
        closest(&self.routes, request, event_type)
    }

    /// Hands a request to its app; `None` when no route is for it, or when it is not whole.
    /// `number` counts how often this delivery has been handed on, from 1.
    pub async fn deliver(
        &self,
        request: &Request,
        event_type: Option<&str>,
        number: u32,
    ) -> Option<Forwarded> {
        let route = self.route(request, event_type)?;
        if !request.is_whole() {
            return None;
        }
        let job = self.job(route, request).ok()?;
        let made = self.outbox.attempt(&job, number).await;
        let reply = match &made.outcome.attempt.result {
            Ok(response) => relay(response),
            Err(failure) => explain(failure),
        };
        // Another `Host` and other lines of the connection follow from the target.
        let is_elsewhere = route.path(&request.head) != *request.head.target();
        Some(Forwarded {
            reply,
            sent: made.sent(request).filter(|_| is_elsewhere),
            outcome: made.outcome,
        })
    }

    fn job(&self, route: &Route, request: &Request) -> Result<Job, HeadError> {
        Job::new(Parts {
            target: route.target().clone(),
            method: Bytes::copy_from_slice(request.head.method().as_bytes()),
            path: route.path(&request.head),
            lines: relayed_lines(request, route.target(), self.host),
            body: request.body.clone(),
            signing: Signing::AsCaptured,
            tampered: false,
            numbered: false,
        })
    }
}

/// The app's answer as ours. The length and the connection are for our own server to say.
fn relay(response: &Response) -> Reply {
    if response.status < 200 {
        return Reply::json(
            502,
            r#"{"ok":false,"error":"the local app switched protocols"}"#,
        );
    }
    if response.body_cut {
        return Reply::json(
            502,
            r#"{"ok":false,"error":"the local app's answer is larger than 64 MiB"}"#,
        );
    }
    let hops = Hops::of(&response.headers);
    Reply {
        status: response.status,
        headers: response
            .headers
            .iter()
            .filter(|header| hops.pass(header) && !header.is("content-length"))
            .cloned()
            .collect(),
        body: response.body.clone(),
        delay: Duration::ZERO,
        ending: Ending::Normal,
    }
}

/// What to answer when the app did not.
fn explain(failure: &Failure) -> Reply {
    match failure {
        Failure::TimedOut(_) => {
            Reply::json(504, r#"{"ok":false,"error":"the local app took too long"}"#)
        }
        Failure::Unreachable(_) | Failure::Tls(_) => Reply::json(
            502,
            r#"{"ok":false,"error":"the local app cannot be reached"}"#,
        ),
        Failure::Broken(_) | Failure::Stopped => {
            Reply::json(502, r#"{"ok":false,"error":"the local app broke off"}"#)
        }
        Failure::NotHttp(_) => Reply::json(
            502,
            r#"{"ok":false,"error":"the local app does not speak HTTP"}"#,
        ),
    }
}

/// How much of the time that the provider waits was used by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What the app used.
    pub used: Duration,
    /// What the provider gives.
    pub given: Duration,
}

impl Budget {
    /// The share that was used, in percent; more than 100 is too late.
    #[must_use]
    pub fn percent(self) -> u64 {
        let used = self.used.as_micros().saturating_mul(100);
        let share = used / self.given.as_micros().max(1);
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = crate::text::duration(self.used);
        let given = crate::text::duration(self.given);
        write!(formatter, "{used} of {given} ({} %)", self.percent())
    }
}

#[cfg(test)]
pub(super) mod tests;
