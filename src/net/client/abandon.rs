//! One request whose answer nobody waits for, as a sender does that has run out of patience.
//!
//! What counts is that the peer has the whole request: the patience begins when it was sent, however
//! long connecting took, and ends early once the peer begins to answer, which shows that it has it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use super::exchange::Exchange;
use super::{Call, Client, Limits, Outcome, OutgoingHead, Phases, Target};
use crate::delivery::Failure;

/// An attempt that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct Abandoned {
    /// What was sent where; it has no answer.
    pub outcome: Outcome,
    /// Whether the request went out whole and was then given up. Else the outcome says what went
    /// wrong before.
    pub came_about: bool,
}

impl Client {
    /// Sends one request over a new connection and gives it up: after this much patience, or as
    /// soon as the peer begins to answer. The limits are those of connecting and sending.
    pub async fn abandon(
        &self,
        number: u32,
        target: &Target,
        head: &OutgoingHead,
        body: &Bytes,
        limits: Limits,
        patience: Duration,
    ) -> Abandoned {
        let started = Timestamp::now();
        let mut phases = Phases::default();
        let call = Call {
            target,
            head,
            body,
            limits,
            clock: Instant::now(),
        };
        let given_up = self.give_up(&call, patience, &mut phases).await;
        let came_about = given_up.is_ok();
        let failure = given_up.unwrap_or_else(|failure| failure);
        Abandoned {
            outcome: call.outcome(number, started, Err(failure), phases),
            came_about,
        }
    }

    /// How it was given up; else what went wrong before.
    async fn give_up(
        &self,
        call: &Call<'_>,
        patience: Duration,
        phases: &mut Phases,
    ) -> Result<Failure, Failure> {
        let mut connection = self.connect(call, phases).await?;
        let mut exchange = Exchange::new(&mut connection, call.head, call.body);
        timeout_at(call.deadline(), exchange.send())
            .await
            .map_err(|_| Failure::Broken("the request could not be sent in time".to_owned()))?
            .map_err(|error| exchange.lost(Some(error), "inside the request").failure)?;
        match timeout(patience, exchange.more()).await {
            Ok(Ok(0)) => Err(exchange.lost(None, "before an answer").failure),
            Ok(Err(error)) => Err(exchange.lost(Some(error), "before an answer").failure),
            Ok(Ok(_)) => Ok(Failure::Broken("given up as the answer began".to_owned())),
            Err(_) => Ok(Failure::TimedOut(patience)),
        }
    }
}
