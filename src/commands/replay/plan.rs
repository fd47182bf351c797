//! How captures are replayed: which signature, which changes, what a person should know before.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::{Delivery, Head, Scheme};
use crate::export::event;
use crate::net::client::Target;
use crate::outbox::replay::{AttemptNumber, EventId, ReplayError, stale_for};
use crate::outbox::signing::EXPIRED_SECONDS;
use crate::outbox::{Job, Replay, Signer, Signing};
use crate::provider;
use crate::signature::Keyring;
use crate::signature::scheme::{has_timestamp, signed_by};
use crate::text;

use super::super::problem::{Problem, Result};
use super::super::settings::TOLERANCE;
use super::options::ReplayArgs;

/// How each capture of a go is replayed.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Plan {
    /// Where to.
    pub(in crate::commands) target: Target,
    /// What is changed, its signature aside.
    pub(super) replay: Replay,
    manner: Manner,
    keyring: Keyring,
    /// Another request, in place of the captured one.
    request: Option<(Head, Bytes)>,
}

/// How a replay is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Manner {
    /// Anew where there is a secret for it, else as it came.
    Fresh,
    /// As it came.
    AsCaptured,
    /// Not at all.
    Unsigned,
    /// With a secret that nobody has.
    Wrong,
    /// Rightly, but too long ago.
    Expired,
}

impl Plan {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// When a signature is asked for that cannot be made.
    pub(super) fn new(arguments: &ReplayArgs, keyring: Keyring) -> Result<Self> {
        let manner = match () {
            () if arguments.as_captured => Manner::AsCaptured,
            () if arguments.unsigned => Manner::Unsigned,
            () if arguments.bad_signature => Manner::Wrong,
            () if arguments.expired => Manner::Expired,
            () => Manner::Fresh,
        };
        if manner == Manner::Expired && keyring.is_empty() {
            return Err(Problem::usage("--expired needs a secret")
                .why("a signature that is right but for its age has to be made")
                .fix("name the receiver's secret: --secret-file FILE"));
        }
        let replay = Replay {
            signing: Signing::AsCaptured,
            event_id: arguments.event_id.clone(),
            attempt: arguments.attempt,
            edits: arguments.set.clone(),
            body: None,
        };
        Ok(Self::with(arguments.to.clone(), replay, manner, keyring))
    }

    /// This replay to this target, signed in this manner.
    pub(in crate::commands) fn with(
        target: Target,
        replay: Replay,
        manner: Manner,
        keyring: Keyring,
    ) -> Self {
        Self {
            target,
            replay,
            manner,
            keyring,
            request: None,
        }
    }

    /// The same with another request in place of the captured one.
    #[must_use]
    pub(in crate::commands) fn of_request(self, head: Head, body: Bytes) -> Self {
        Self {
            request: Some((head, body)),
            ..self
        }
    }

    /// The job of the replay of this number, from 0.
    ///
    /// # Errors
    /// When the capture cannot be replayed like this.
    pub(super) fn job(
        &self,
        delivery: &Delivery,
        nth: u32,
        random: &mut fastrand::Rng,
    ) -> std::result::Result<Job, ReplayError> {
        let written = self
            .request
            .as_ref()
            .map(|(head, body)| rewritten(delivery, head, body));
        let delivery = written.as_ref().unwrap_or(delivery);
        if self.never_expires(delivery) {
            return Err(ReplayError::NoTime);
        }
        let replay = Replay {
            signing: self.signing(delivery, random),
            ..self.replay.clone()
        };
        Job::replay(delivery, &self.target, &replay, nth, random)
    }

    /// Whether this capture is to be expired and cannot be.
    pub(super) fn never_expires(&self, delivery: &Delivery) -> bool {
        self.manner == Manner::Expired && !has_timestamp(self.scheme(delivery))
    }

    /// Whether captures are to be expired.
    pub(super) fn expires(&self) -> bool {
        self.manner == Manner::Expired
    }

    /// Whether every replay of a capture has the same job: then its body is changed once and shared.
    pub(super) fn repeats(&self) -> bool {
        self.replay.event_id != EventId::New && self.replay.attempt != AttemptNumber::CountUp
    }

    fn signing(&self, delivery: &Delivery, random: &mut fastrand::Rng) -> Signing {
        let scheme = self.scheme(delivery);
        let secrets = self.keyring.of(scheme);
        match self.manner {
            Manner::AsCaptured => Signing::AsCaptured,
            Manner::Unsigned => Signing::Unsigned,
            Manner::Wrong => Signing::Fresh(Signer::wrong(scheme, random)),
            Manner::Fresh | Manner::Expired if secrets.is_empty() => Signing::AsCaptured,
            Manner::Fresh => Signing::Fresh(Signer::new(scheme, secrets)),
            Manner::Expired => Signing::Fresh(Signer::new(scheme, secrets).skewed(EXPIRED_SECONDS)),
        }
    }

    /// That of its signature, else of its sender; for strangers, the one that there are secrets of.
    fn scheme(&self, delivery: &Delivery) -> Scheme {
        let of_secrets = if self.keyring.sixtyfour.is_empty() && !self.keyring.elan.is_empty() {
            Scheme::Elan
        } else {
            Scheme::Sixtyfour
        };
        signed_by(&delivery.request().head)
            .or_else(|| provider::scheme(delivery.arrival.recognition.provider))
            .unwrap_or(of_secrets)
    }

    /// Which attempt the replay says it is.
    pub(super) fn attempt(&self, delivery: &Delivery, nth: u32) -> String {
        let captured = delivery.arrival.recognition.attempt;
        match (self.replay.attempt, captured) {
            (AttemptNumber::Set(number), _) => number.to_string(),
            (AttemptNumber::CountUp, Some(captured)) => {
                captured.saturating_add(1).saturating_add(nth).to_string()
            }
            (AttemptNumber::Keep | AttemptNumber::CountUp, _) => event::attempt(delivery),
        }
    }

    /// Whether the receiver sees an event that it may have seen before.
    pub(super) fn keeps_event_id(&self) -> bool {
        self.replay.event_id == EventId::Keep
    }

    /// What a person should know about the signature of this replay.
    pub(super) fn remark(&self, delivery: &Delivery, job: &Job) -> Option<String> {
        let id = event::short_id(delivery);
        if self.manner == Manner::Expired && self.keyring.of(self.scheme(delivery)).is_empty() {
            return Some(format!(
                "no secret was given for whoever sent {id}, so it goes out as it came"
            ));
        }
        let scheme = signed_by(&delivery.request().head)?;
        let is_kept = match self.manner {
            Manner::AsCaptured => true,
            Manner::Fresh | Manner::Expired => self.keyring.of(scheme).is_empty(),
            Manner::Unsigned | Manner::Wrong => false,
        };
        if !is_kept {
            return None;
        }
        let now = Timestamp::now();
        let changed = job
            .render(1, now.as_second())
            .is_ok_and(|rendered| rendered.body != delivery.request().body);
        if changed {
            return Some(format!(
                "the body of {id} was changed and its signature was not, so it does not match; \
                 sign anew with --secret-file FILE"
            ));
        }
        let age = text::duration(stale_for(delivery, TOLERANCE, now)?);
        let limit = text::duration(TOLERANCE);
        let advice = if self.manner == Manner::AsCaptured {
            "leave --as-captured out to sign anew"
        } else {
            "sign anew with --secret-file FILE"
        };
        Some(format!(
            "the signature of {id} is {age} old, and receivers that allow {limit} refuse it; {advice}"
        ))
    }
}

/// The capture as if this request had come.
fn rewritten(delivery: &Delivery, head: &Head, body: &Bytes) -> Delivery {
    let mut arrival = (*delivery.arrival).clone();
    arrival.request.head = head.clone();
    arrival.request.body = body.clone();
    arrival.request.trailers.clear();
    arrival.request.defect = None;
    arrival.recognition = provider::recognise(&arrival.request);
    Delivery {
        arrival: Arc::new(arrival),
        ..delivery.clone()
    }
}

/// How far apart replays start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::commands) enum Pace {
    /// As soon as there is a place.
    AtOnce,
    /// This time from one start to the next.
    Every(Duration),
    /// As far apart as the captures arrived, so many times faster.
    AsArrived(crate::outbox::schedule::Speed),
}

impl Pace {
    /// When a replay starts, after the first one.
    pub(super) fn offset(self, nth: u64, since_first: Duration) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::Every(every) => every.saturating_mul(u32::try_from(nth).unwrap_or(u32::MAX)),
            Self::AsArrived(speed) => speed.shrink(since_first),
        }
    }
}
