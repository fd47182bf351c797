//! Events as each provider would send them, different each time and the same again for one seed.
//!
//! The shapes are the documented ones where there are any; what ELAN puts into `data` is not
//! documented, and is made up. So are all people and companies.

mod catalogue;
mod made_up;
mod template;

use std::fmt;
use std::sync::LazyLock;

use fastrand::Rng;
use jiff::Timestamp;

use super::sixtyfour;
use crate::delivery::{Header, Provider};
use crate::text;
use made_up::{Person, pick};
use template::{Filling, Template};

/// What the requests of ours call themselves: no provider's name is borrowed.
pub const USER_AGENT: &str = concat!("hook64/", env!("CARGO_PKG_VERSION"));

/// An event that can be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What it is called: its event type, or that of a variant.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Whose it is.
    pub provider: Provider,
    /// For the header, and in the body.
    pub event_type: &'static str,
    template: &'static LazyLock<Template>,
    /// How many rows it has, at least and at most.
    rows: (u32, u32),
    failure: Failure,
    /// Whether this is the failed form of a job.
    has_failed: bool,
}

/// How an event tells that something went wrong.
#[derive(Debug, Clone, Copy)]
enum Failure {
    /// It cannot.
    None,
    /// A job: with one of these errors in place of its result.
    Errors(&'static [&'static str]),
    /// With an event of its own.
    Event(&'static str),
}

/// A name that is no sample's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSample {
    /// The name.
    pub name: String,
    /// The one that was probably meant.
    pub nearest: Option<&'static str>,
}

impl std::error::Error for UnknownSample {}

impl fmt::Display for UnknownSample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = text::line(self.name.as_bytes());
        write!(formatter, "no sample is called \"{name}\"")?;
        match self.nearest {
            Some(nearest) => write!(formatter, ": did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// All samples, failed forms aside.
#[must_use]
pub fn all() -> &'static [Sample] {
    &catalogue::SAMPLES
}

/// The names of all samples.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().iter().map(|sample| sample.name)
}

/// The sample of this name.
///
/// # Errors
/// When there is none; the error knows a near one.
pub fn find(name: &str) -> Result<&'static Sample, UnknownSample> {
    let found = all().iter().find(|sample| sample.name == name);
    found.ok_or_else(|| UnknownSample {
        name: name.to_owned(),
        nearest: text::nearest(name, names()),
    })
}

impl Sample {
    /// The form of it that tells of a failure, if there is one.
    #[must_use]
    pub fn failed(&self) -> Option<Self> {
        match self.failure {
            Failure::None => None,
            Failure::Errors(_) => Some(Self {
                template: &catalogue::FAILED,
                has_failed: true,
                ..*self
            }),
            Failure::Event(name) => find(name).ok().copied(),
        }
    }

    /// The event id: what the header says, and the body where it has one.
    #[must_use]
    pub fn event_id(&self, seed: u64) -> String {
        self.draw_id(&mut self.rng(seed))
    }

    /// The body of an attempt. Only a workflow's differs from one attempt to the next: there `at` is
    /// when this one is sent, elsewhere when the event happened.
    #[must_use]
    pub fn body(&self, seed: u64, attempt: u32, at: Timestamp) -> Vec<u8> {
        let mut rng = self.rng(seed);
        let mut filling = Filling {
            event_type: self.event_type,
            event_id: self.draw_id(&mut rng),
            task_id: template::uuid(&mut rng),
            error: match self.failure {
                Failure::Errors(errors) => pick(&mut rng, errors),
                Failure::None | Failure::Event(_) => "",
            },
            rows: rng.u32(self.rows.0..=self.rows.1),
            attempt,
            at,
            person: Person::anybody(&mut rng),
            rng,
        };
        let mut json = Vec::with_capacity(1024);
        self.template.fill(&mut filling, &mut json);
        json
    }

    /// The headers of an attempt, its signature aside.
    #[must_use]
    pub fn headers(&self, seed: u64, attempt: u32) -> Vec<Header> {
        let mut headers = vec![
            Header::new("User-Agent", USER_AGENT),
            Header::new("Content-Type", "application/json"),
        ];
        if self.provider == Provider::Sixtyfour {
            headers.extend([
                Header::new(sixtyfour::EVENT_ID, self.event_id(seed)),
                Header::new(sixtyfour::EVENT_TYPE, self.event_type),
                Header::new(sixtyfour::DELIVERY_ATTEMPT, attempt.to_string()),
            ]);
        }
        headers
    }

    /// Two samples of one seed are two events, so the name counts too (FNV-1a).
    fn rng(&self, seed: u64) -> Rng {
        let form = if self.has_failed { "failed" } else { "" };
        let hash = self
            .name
            .bytes()
            .chain(form.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Rng::with_seed(seed ^ hash)
    }

    fn draw_id(&self, rng: &mut Rng) -> String {
        match self.provider {
            Provider::Elan => format!("evt_{}", template::hex(rng, 16)),
            Provider::Sixtyfour | Provider::Plain => template::uuid(rng),
        }
    }
}

#[cfg(test)]
mod tests;
