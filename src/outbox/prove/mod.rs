//! Prove: the deliveries that a webhook handler has to get right, made for real.
//!
//! A conformance suite for handlers of Sixtyfour's events ([`CASES`], in `case`) and of ELAN's
//! ([`ELAN_CASES`], in `elan`): the cases are data with a `payload` that is new each time, [`Prover`]
//! delivers them, `judge` says what the answers mean, `advice` what to do, and a [`Report`] tells it
//! to people (`rows`) and machines. What a handler does inside cannot be seen from here, only what it
//! answers; whoever can count its [`Effects`] sees that as well.

mod advice;
mod case;
mod effects;
mod elan;
mod judge;
mod payload;
mod report;
mod rows;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;

use self::case::{Course, Signature};
use self::effects::Watch;
use self::judge::Finding;
use super::event::Dressing;
use super::job::Job;
use super::run::Outbox;
use super::signing::{Signer, Signing, unknown_secret};
use crate::delivery::{Failure, HeadError, Scheme};
use crate::net::client::{Abandoned, Client, Limits, Outcome, Target};
use crate::signature::Secret;

pub use self::advice::Fix;
pub use self::case::{CASES, Case, Wants};
pub use self::effects::{Count, Effects};
pub use self::elan::ELAN_CASES;
pub use self::report::{CaseResult, Judgement, Report};
pub use self::rows::Rows;

/// A request that was sent has this long at least to arrive, through whatever is in between, before
/// it is given up. Whoever answers sooner is not waited for.
const LEAST_PATIENCE: Duration = Duration::from_millis(20);

/// The cases of one provider, and the handler's secrets for them. Without a secret, deliveries are
/// unsigned and the cases about signatures are skipped.
#[derive(Debug, Clone)]
pub struct Suite {
    scheme: Scheme,
    cases: &'static [Case],
    secrets: Arc<[Secret]>,
}

impl Suite {
    /// The cases of the provider that signs by this scheme.
    #[must_use]
    pub fn new(scheme: Scheme, secrets: impl Into<Arc<[Secret]>>) -> Self {
        Self {
            scheme,
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
    effects: Option<Effects>,
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

impl Prover {
    /// For the handler at this URL, with these suites in their order. The client should make a new
    /// connection for each request, so that none is ever repeated.
    #[must_use]
    pub fn new(client: Client, target: Target, suites: Vec<Suite>, limits: Limits) -> Self {
        Self {
            outbox: Outbox::new(client, limits),
            target,
            suites,
            effects: None,
        }
    }

    /// The same, where each case's effects are counted, too.
    #[must_use]
    pub fn counting(self, effects: Option<Effects>) -> Self {
        Self { effects, ..self }
    }

    /// Runs all cases, telling each result as it comes. The same seed makes the same events.
    pub async fn run(&self, seed: u64, mut tell: impl FnMut(&CaseResult)) -> Report {
        let random = &mut fastrand::Rng::with_seed(seed);
        let mut watch = self.effects.as_ref().map(Watch::new);
        let mut report = Report {
            target: self.target.to_string(),
            seed,
            results: Vec::new(),
            common: Vec::new(),
        };
        for suite in &self.suites {
            let begin = report.results.len();
            let mut watch = watch.as_mut();
            for case in suite.cases {
                let earlier = &report.results[begin..];
                let watching = watch.as_deref_mut();
                let result = self.result(suite, case, earlier, watching, random).await;
                if earlier.is_empty() && result.lacks_an_effect() {
                    // Where the plainest event has none, the suite has nothing to count.
                    watch.take().into_iter().for_each(Watch::forget);
                }
                tell(&result);
                report.results.push(result);
            }
            let common = advice::common(&report.results[begin..], suite.has_secret());
            report.common.extend(common.map(|fix| (suite.scheme, fix)));
        }
        report
    }

    async fn result(
        &self,
        suite: &Suite,
        case: &'static Case,
        earlier: &[CaseResult],
        watch: Option<&mut Watch<'_>>,
        random: &mut fastrand::Rng,
    ) -> CaseResult {
        let skipped = |why: String| CaseResult {
            case,
            judgement: Judgement::Skipped(why),
            evidence: Vec::new(),
            shown: None,
            effects: None,
            fix: None,
            took: Duration::ZERO,
        };
        if let Some(why) = why_not(suite, case, earlier.first()) {
            return skipped(why.to_owned());
        }
        match self.job(suite, case, random) {
            Ok(job) => self.try_case(&job, case, earlier, watch).await,
            Err(error) => skipped(error.to_string()),
        }
    }

    async fn try_case(
        &self,
        job: &Job,
        case: &'static Case,
        earlier: &[CaseResult],
        mut watch: Option<&mut Watch<'_>>,
    ) -> CaseResult {
        if let Some(watch) = &mut watch {
            watch.begin().await;
        }
        let started = Instant::now();
        let first = earlier.first();
        let took = first.map_or(Duration::ZERO, CaseResult::took_to_answer);
        let delivered = self.deliver(job, case.course, took / 2).await;
        let Delivered {
            evidence,
            not_waited_for,
            hitch,
        } = delivered;
        let effects = match watch {
            Some(watch) => Some(watch.since(&expected(case, &evidence)).await),
            None => None,
        };
        let found = judge::answers(case, &evidence, not_waited_for);
        let judgement = match hitch {
            Some(hitch) => Judgement::Skipped(hitch),
            None => judge::judge(case, found.as_ref(), effects.as_ref()),
        };
        let effects = effects.and_then(Result::ok);
        let fix = matches!(judgement, Judgement::Broken(_))
            .then(|| fix(case, &evidence, found.as_ref(), effects, earlier));
        CaseResult {
            case,
            judgement,
            evidence,
            shown: found.and_then(|found| found.delivery),
            effects,
            fix,
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

/// How many effects are worth waiting for: none of what was not taken.
fn expected(case: &Case, evidence: &[Outcome]) -> RangeInclusive<u64> {
    if evidence.iter().any(|outcome| outcome.attempt.delivered()) {
        case.effects()
    } else {
        0..=0
    }
}

fn fix(
    case: &Case,
    evidence: &[Outcome],
    found: Option<&Finding>,
    effects: Option<u64>,
    earlier: &[CaseResult],
) -> Fix {
    match (found, effects) {
        (None, Some(seen)) => advice::of_effects(case, seen),
        _ => advice::advise(
            case,
            evidence,
            found.and_then(|found| found.delivery),
            earlier,
        ),
    }
}

/// Why a case cannot tell anything about this handler; `first` is what came of the first one.
fn why_not(suite: &Suite, case: &Case, first: Option<&CaseResult>) -> Option<&'static str> {
    if case.signature.needs_secret() && !suite.has_secret() {
        return Some("it needs the handler's secret");
    }
    let first = first?;
    if !first.evidence.iter().any(Outcome::reached) {
        return Some("the handler cannot be reached");
    }
    if first.evidence.iter().any(timed_out) {
        return Some("the handler does not answer the first case in time");
    }
    let is_taken = first
        .evidence
        .iter()
        .all(|outcome| outcome.attempt.delivered());
    (case.wants == Wants::Refused && !is_taken).then_some("the handler refuses what is right too")
}

fn timed_out(outcome: &Outcome) -> bool {
    matches!(outcome.attempt.result, Err(Failure::TimedOut(_)))
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
