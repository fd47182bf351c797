//! Prove: the deliveries that a webhook handler has to get right, made for real.
//!
//! A conformance suite for handlers of Sixtyfour's events ([`CASES`], in `case`) and of ELAN's
//! ([`ELAN_CASES`], in `elan`): the cases are data with a `payload` that is new each time, [`Prover`]
//! delivers them, `judge` says what the answers mean, and a [`Report`] tells it to people and
//! machines. What a handler does inside cannot be seen from here, only what it answers.

mod case;
mod elan;
mod judge;
mod payload;
mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;

use self::case::{Course, Signature};
use super::event::Dressing;
use super::job::Job;
use super::run::Outbox;
use super::signing::{Signer, Signing, unknown_secret};
use crate::delivery::{HeadError, Scheme};
use crate::net::client::{Abandoned, Client, Limits, Outcome, Target};
use crate::signature::Secret;

pub use self::case::{CASES, Case, Wants};
pub use self::elan::ELAN_CASES;
pub use self::report::{CaseResult, Judgement, Report};

/// A request that was sent has this long at least to arrive, through whatever is in between, before
/// it is given up. Whoever answers sooner is not waited for.
const LEAST_PATIENCE: Duration = Duration::from_millis(20);

/// The cases of one provider, and the handler's secrets for them. Without a secret, deliveries are
/// unsigned and the cases about signatures are skipped.
#[derive(Debug, Clone)]
pub struct Suite {
    cases: &'static [Case],
    secrets: Arc<[Secret]>,
}

impl Suite {
    /// The cases of the provider that signs by this scheme.
    #[must_use]
    pub fn new(scheme: Scheme, secrets: impl Into<Arc<[Secret]>>) -> Self {
        Self {
            cases: match scheme {
                Scheme::Sixtyfour => &CASES,
                Scheme::Elan => &ELAN_CASES,
            },
            secrets: secrets.into(),
        }
    }

    /// Whether there is a secret to sign with.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        !self.secrets.is_empty()
    }
}

/// Delivers the cases to one handler.
pub struct Prover {
    outbox: Outbox,
    target: Target,
    suites: Vec<Suite>,
}

/// What was delivered in a case, and what came back.
struct Delivered {
    evidence: Vec<Outcome>,
    /// How many of the first ones nobody waited for.
    not_waited_for: usize,
    /// Why that is not what the case is about.
    hitch: Option<String>,
}

impl Delivered {
    fn all(evidence: Vec<Outcome>) -> Self {
        Self {
            evidence,
            not_waited_for: 0,
            hitch: None,
        }
    }
}

/// What a suite's first case told about the handler.
struct Footing {
    reached: bool,
    taken: bool,
    took: Duration,
}

impl Prover {
    /// For the handler at this URL, with these suites in their order. The client should make a new
    /// connection for each request, so that none is ever repeated.
    #[must_use]
    pub fn new(client: Client, target: Target, suites: Vec<Suite>, limits: Limits) -> Self {
        Self {
            outbox: Outbox::new(client, limits),
            target,
            suites,
        }
    }

    /// Runs all cases, telling each result as it comes. The same seed makes the same events.
    pub async fn run(&self, seed: u64, mut tell: impl FnMut(&CaseResult)) -> Report {
        let random = &mut fastrand::Rng::with_seed(seed);
        let mut results = Vec::new();
        for suite in &self.suites {
            let mut footing = None;
            for case in suite.cases {
                let result = self.result(suite, case, footing.as_ref(), random).await;
                footing.get_or_insert_with(|| Footing {
                    reached: result.evidence.iter().any(Outcome::reached),
                    taken: result.judgement == Judgement::Held,
                    took: result.took,
                });
                tell(&result);
                results.push(result);
            }
        }
        Report {
            target: self.target.to_string(),
            seed,
            results,
        }
    }

    async fn result(
        &self,
        suite: &Suite,
        case: &'static Case,
        footing: Option<&Footing>,
        random: &mut fastrand::Rng,
    ) -> CaseResult {
        match why_not(suite, case, footing) {
            Some(why) => CaseResult {
                case,
                judgement: Judgement::Skipped(why.to_owned()),
                evidence: Vec::new(),
                took: Duration::ZERO,
            },
            None => self.try_case(suite, case, footing, random).await,
        }
    }

    async fn try_case(
        &self,
        suite: &Suite,
        case: &'static Case,
        footing: Option<&Footing>,
        random: &mut fastrand::Rng,
    ) -> CaseResult {
        let started = Instant::now();
        let (judgement, evidence) = match self.job(suite, case, random) {
            Ok(job) => {
                let took = footing.map_or(Duration::ZERO, |footing| footing.took);
                let delivered = self.deliver(&job, case.course, took / 2).await;
                let waited_for = delivered.evidence.iter().skip(delivered.not_waited_for);
                let waited_for: Vec<&Outcome> = waited_for.collect();
                let judgement = match delivered.hitch {
                    Some(hitch) => Judgement::Skipped(hitch),
                    None => judge::judge(case, &waited_for),
                };
                (judgement, delivered.evidence)
            }
            Err(error) => (Judgement::Skipped(error.to_string()), Vec::new()),
        };
        CaseResult {
            case,
            judgement,
            evidence,
            took: started.elapsed(),
        }
    }

    fn job(
        &self,
        suite: &Suite,
        case: &Case,
        random: &mut fastrand::Rng,
    ) -> Result<Job, HeadError> {
        let event = case.event.event(Timestamp::now(), random);
        let dressing = Dressing {
            tamper: case.signature == Signature::Tampered,
            ..Dressing::plain(signing(suite, case, random))
        };
        event.job(&self.target, dressing)
    }

    async fn deliver(&self, job: &Job, course: Course, patience: Duration) -> Delivered {
        match course {
            Course::InTurn(numbers) => {
                let mut outcomes = Vec::with_capacity(numbers.len());
                for number in numbers {
                    outcomes.push(self.outbox.attempt(job, *number).await.outcome);
                }
                Delivered::all(outcomes)
            }
            Course::AtOnce(count) => {
                let all = (0..count).map(|_| self.outbox.attempt(job, 1));
                let made = join_all(all).await;
                Delivered::all(made.into_iter().map(|made| made.outcome).collect())
            }
            Course::AfterTimeout => self.after_timeout(job, patience).await,
        }
    }

    /// An attempt that the handler has whole and whose answer nobody waits for, then the next one.
    async fn after_timeout(&self, job: &Job, patience: Duration) -> Delivered {
        let whole = Duration::from_millis(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
        let patience = whole.max(LEAST_PATIENCE);
        let mut delivered = Delivered::all(Vec::new());
        match self.outbox.abandon(job, 1, patience).await {
            Ok(abandoned) if abandoned.came_about => {
                let retried = self.outbox.attempt(job, 2).await.outcome;
                delivered.not_waited_for = 1;
                delivered.evidence = vec![abandoned.outcome, retried];
            }
            Ok(Abandoned { outcome, .. }) => {
                let failure = outcome.attempt.result.as_ref().err();
                let why = failure.map(ToString::to_string).unwrap_or_default();
                delivered.hitch = Some(format!("no time-out came about: {why}"));
                delivered.evidence = vec![outcome];
            }
            Err(error) => delivered.hitch = Some(format!("no time-out came about: {error}")),
        }
        delivered
    }
}

/// Why a case cannot tell anything about this handler.
fn why_not(suite: &Suite, case: &Case, footing: Option<&Footing>) -> Option<&'static str> {
    if case.signature.needs_secret() && !suite.has_secret() {
        return Some("it needs the handler's secret");
    }
    match footing {
        Some(footing) if !footing.reached => Some("the handler cannot be reached"),
        Some(footing) if case.wants == Wants::Refused && !footing.taken => {
            Some("the handler refuses what is right too")
        }
        _ => None,
    }
}

fn signing(suite: &Suite, case: &Case, random: &mut fastrand::Rng) -> Signing {
    let right = || Signer::new(case.scheme, Arc::clone(&suite.secrets));
    let mut with = |unknown_first: bool| {
        let unknown = [unknown_secret(random)];
        let (first, second) = if unknown_first {
            (&unknown[..], &suite.secrets[..])
        } else {
            (&suite.secrets[..], &unknown[..])
        };
        let secrets: Vec<Secret> = first.iter().chain(second).cloned().collect();
        Signer::new(case.scheme, secrets)
    };
    let signer = match case.signature {
        Signature::Missing => return Signing::Unsigned,
        Signature::Right if !suite.has_secret() => return Signing::Unsigned,
        Signature::Right | Signature::Tampered => right(),
        Signature::Skewed(seconds) => right().skewed(seconds),
        Signature::Wrong => Signer::wrong(case.scheme, random),
        Signature::RotationOldLast => with(true),
        Signature::RotationNewFirst => with(false),
    };
    Signing::Fresh(signer)
}

#[cfg(test)]
mod tests;
