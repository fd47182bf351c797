//! A job from a capture: the same request to another place, changed only where it was asked for.
//!
//! What belonged to the old connection stays behind, `Host` and the length are ours; every other
//! line keeps its place, its spelling and its repeats. The target is what a person typed: nothing
//! in the capture can move it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::edit::{Edit, EditError};
use super::event::has_field;
use super::job::{Job, Line, Parts};
use super::lines::{HostLine, path, relayed_lines};
use super::signing::Signing;
use crate::delivery::{Defect, Delivery, Envelope, HeadError, Header, Provider, Request, Scheme};
use crate::net::client::Target;
use crate::provider::sixtyfour;
use crate::signature::scheme::{self, header_name};

/// What is changed in a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// How it is signed.
    pub signing: Signing,
    /// Which event id it has.
    pub event_id: EventId,
    /// Which attempt it says it is.
    pub attempt: AttemptNumber,
    /// Changes to the body, made last and in order.
    pub edits: Vec<Edit>,
    /// Another body, in place of the captured one.
    pub body: Option<Bytes>,
}

impl Replay {
    /// The capture as it came in.
    #[must_use]
    pub fn as_captured() -> Self {
        Self {
            signing: Signing::AsCaptured,
            event_id: EventId::Keep,
            attempt: AttemptNumber::Keep,
            edits: Vec::new(),
            body: None,
        }
    }
}

/// `keep`, `new` or an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventId {
    /// The captured one: tests the receiver's dedupe.
    Keep,
    /// One that nobody has seen.
    New,
    /// This one.
    Value(String),
}

/// A text that is no event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes keep, new or an id, and an empty one is none")]
pub struct EventIdError;

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "keep" => Ok(Self::Keep),
            "new" => Ok(Self::New),
            id if id.trim().is_empty() => Err(EventIdError),
            id => Ok(Self::Value(id.to_owned())),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Keep => "keep",
            Self::New => "new",
            Self::Value(id) => id,
        })
    }
}

/// `keep`, a number, or `+1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptNumber {
    /// The captured one.
    Keep,
    /// This one.
    Set(u32),
    /// One more than the captured one, and one more again for each further replay.
    CountUp,
}

/// A text that is no attempt number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no attempt: it is keep, +1 or a number from 1")]
pub struct AttemptNumberError(String);

impl FromStr for AttemptNumber {
    type Err = AttemptNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text {
            "keep" => Ok(Self::Keep),
            "+1" => Ok(Self::CountUp),
            _ => text
                .parse()
                .ok()
                .filter(|number| *number > 0 && digits)
                .map(Self::Set)
                .ok_or_else(|| AttemptNumberError(text.to_owned())),
        }
    }
}

impl fmt::Display for AttemptNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => formatter.pad("keep"),
            Self::Set(number) => number.fmt(formatter),
            Self::CountUp => formatter.pad("+1"),
        }
    }
}

/// Why a capture cannot be replayed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// There is no request to make of it.
    #[error("what was captured is not readable as a request")]
    Unreadable,
    /// Some of it is missing.
    #[error("the capture is not whole: {0}")]
    NotWhole(String),
    /// The body cannot be changed like that.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It was to be too old, and says no time.
    #[error("ELAN's signature has no time in it, so none is too old")]
    NoTime,
    /// Neither header nor body has an event id.
    #[error("there is no event id in this capture to change")]
    NoEventId,
    /// Neither header nor body says an attempt.
    #[error("there is no attempt number in this capture to change")]
    NoAttempt,
    /// A new value has a byte that cannot stand in a header.
    #[error("cannot be written as a request: {0}")]
    Head(#[from] HeadError),
}

impl Job {
    /// The job that delivers a capture again; `nth` counts the replays of one go from 0.
    ///
    /// # Errors
    /// When the capture is not a whole request, or a change cannot be made in it.
    pub fn replay(
        delivery: &Delivery,
        target: &Target,
        replay: &Replay,
        nth: u32,
        random: &mut fastrand::Rng,
    ) -> Result<Self, ReplayError> {
        let request = delivery.request();
        check(request, replay)?;
        let captured = replay.body.as_ref().unwrap_or(&request.body);
        let recognition = &delivery.arrival.recognition;
        let mut draft = Draft {
            lines: relayed_lines(request, target, HostLine::Target),
            body: captured.clone(),
            has_event_headers: recognition.provider == Provider::Sixtyfour,
            fields: fields(recognition.envelope, captured),
        };
        match &replay.event_id {
            EventId::Keep => {}
            EventId::New => draft.set_event_id(&new_id(random))?,
            EventId::Value(id) => draft.set_event_id(id)?,
        }
        match replay.attempt {
            AttemptNumber::Keep => {}
            AttemptNumber::Set(number) => draft.set_attempt(number)?,
            AttemptNumber::CountUp => {
                let captured = recognition.attempt.ok_or(ReplayError::NoAttempt)?;
                draft.set_attempt(captured.saturating_add(1).saturating_add(nth))?;
            }
        }
        for edit in &replay.edits {
            draft.body = edit.apply(&draft.body)?.into();
        }
        let signing = draft.set_signature(replay.signing.clone());
        Ok(Self::new(Parts {
            target: target.clone(),
            method: Bytes::copy_from_slice(request.head.method().as_bytes()),
            path: path(target, &request.head),
            lines: draft.lines,
            body: draft.body,
            signing,
            tampered: false,
            numbered: false,
        })?)
    }
}

/// How long ago a capture was signed, if it says when and a receiver with this tolerance would
/// refuse it now for its age alone.
#[must_use]
pub fn stale_for(delivery: &Delivery, tolerance: Duration, now: Timestamp) -> Option<Duration> {
    let digits = scheme::timestamp(&delivery.request().head)?;
    let signed_at: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let age = u64::try_from(now.as_second().saturating_sub(signed_at)).ok()?;
    (age > tolerance.as_secs()).then(|| Duration::from_secs(age))
}

/// A UUID of random bits.
#[must_use]
pub fn new_id(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(bits)
        .into_uuid()
        .to_string()
}

fn check(request: &Request, replay: &Replay) -> Result<(), ReplayError> {
    match &request.defect {
        _ if request.head.version().is_none() => Err(ReplayError::Unreadable),
        None => Ok(()),
        Some(Defect::Malformed { why, .. }) => Err(ReplayError::NotWhole(why.to_string())),
        Some(_) if replay.body.is_some() => Ok(()),
        Some(defect) => Err(ReplayError::NotWhole(defect.why().to_owned())),
    }
}

/// Which of the fields that a replay may change the body has.
struct Fields {
    event_id: bool,
    attempt: bool,
}

fn fields(envelope: Envelope, body: &[u8]) -> Fields {
    let is_workflow = envelope == Envelope::Workflow;
    let has_id = is_workflow || envelope == Envelope::Subscription;
    Fields {
        event_id: has_id && has_field(body, "event_id"),
        attempt: is_workflow && has_field(body, "attempt"),
    }
}

/// A replay while it is put together.
struct Draft {
    lines: Vec<Line>,
    body: Bytes,
    has_event_headers: bool,
    fields: Fields,
}

impl Draft {
    fn set_event_id(&mut self, id: &str) -> Result<(), ReplayError> {
        let in_head = self.set_header(sixtyfour::EVENT_ID, id);
        if self.fields.event_id {
            let edit = Edit::field("event_id", serde_json::Value::from(id).to_string());
            self.body = edit.apply(&self.body)?.into();
        } else if !in_head {
            return Err(ReplayError::NoEventId);
        }
        Ok(())
    }

    fn set_attempt(&mut self, number: u32) -> Result<(), ReplayError> {
        let in_head = self.set_header(sixtyfour::DELIVERY_ATTEMPT, &number.to_string());
        if self.fields.attempt {
            self.body = Edit::field("attempt", number.to_string())
                .apply(&self.body)?
                .into();
        } else if !in_head {
            return Err(ReplayError::NoAttempt);
        }
        Ok(())
    }

    /// Sets a header of the provider's, in all its lines, and says whether there is one now.
    fn set_header(&mut self, name: &'static str, value: &str) -> bool {
        let line = |name: Bytes| Line::Fixed(Header::new(name, value.to_owned()));
        let mut is_there = false;
        for other in &mut self.lines {
            if other.name().eq_ignore_ascii_case(name.as_bytes()) {
                *other = line(other.name().clone());
                is_there = true;
            }
        }
        if !is_there && self.has_event_headers {
            self.lines.push(line(name.into()));
            is_there = true;
        }
        is_there
    }

    /// Takes the captured signatures away, and puts the place of a fresh one, which is written like
    /// them, where the first was.
    fn set_signature(&mut self, signing: Signing) -> Signing {
        let fresh = match &signing {
            Signing::AsCaptured => return signing,
            Signing::Unsigned => None,
            Signing::Fresh(signer) => Some(header_name(signer.scheme)),
        };
        let captured = fresh.and_then(|name| self.value(name));
        let signing = match (signing, captured) {
            (Signing::Fresh(signer), Some(captured)) => {
                Signing::Fresh(signer.spelled_like(captured))
            }
            (signing, _) => signing,
        };
        let is_signature = |line: &Line| {
            [Scheme::Sixtyfour, Scheme::Elan].into_iter().any(|scheme| {
                line.name()
                    .eq_ignore_ascii_case(header_name(scheme).as_bytes())
            })
        };
        let first = self.lines.iter().position(is_signature);
        let spelled = fresh.map(|name| {
            let captured = first.map(|at| self.lines[at].name().clone());
            captured
                .filter(|captured| captured.eq_ignore_ascii_case(name.as_bytes()))
                .unwrap_or_else(|| Bytes::from_static(name.as_bytes()))
        });
        self.lines.retain(|line| !is_signature(line));
        if let Some(name) = spelled {
            let at = first.unwrap_or(self.lines.len());
            self.lines.insert(at, Line::Signature(name));
        }
        signing
    }

    /// The first value of a captured header.
    fn value(&self, name: &str) -> Option<&Bytes> {
        self.lines.iter().find_map(|line| match line {
            Line::Fixed(header) if header.is(name) => Some(&header.value),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
