//! What is sent: each event of a go by its number, ready to be delivered.

use jiff::Timestamp;

use crate::delivery::{Head, HeadError, Provider, Request, Scheme};
use crate::net::client::Target;
use crate::outbox::edit::EditError;
use crate::outbox::replay::new_id;
use crate::outbox::{Copies, Dressing, Edit, Event, Job, Signer, Signing};
use crate::provider;
use crate::provider::samples::Sample;
use crate::signature::{Keyring, Secret};

use super::super::problem::{Problem, Result};
use super::options::{Named, SendArgs, What};
use super::unsendable;

/// How many attempts there are out of order, when nobody says.
const OUT_OF_ORDER: u32 = 3;

/// The events of one go.
#[derive(Debug, Clone)]
pub(super) struct Parcels {
    source: Source,
    provider: Provider,
    seed: u64,
    event_id: Option<String>,
    edits: Vec<Edit>,
    dressing: Dressing,
    is_wrong: bool,
    wants_no_signature: bool,
    target: Target,
    copies: Copies,
    count: u64,
    at: Timestamp,
}

#[derive(Debug, Clone)]
enum Source {
    Sample(Sample),
    Body {
        bytes: bytes::Bytes,
        event_type: Option<String>,
        /// The id that the body has, which a single event keeps.
        event_id: Option<String>,
    },
}

/// Why an event cannot be made.
#[derive(Debug, thiserror::Error)]
enum ParcelError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Head(#[from] HeadError),
}

impl Parcels {
    /// The events that the arguments ask for.
    ///
    /// # Errors
    /// When they contradict each other.
    pub(super) fn new(arguments: &SendArgs, what: What, keyring: &Keyring) -> Result<Self> {
        let (source, said) = source(what)?;
        let provider = arguments.provider.unwrap_or(match said {
            Provider::Plain => Provider::Sixtyfour,
            known => known,
        });
        let scheme = provider::scheme(provider).ok_or_else(|| {
            Problem::usage(format!("--provider {provider} has no pipeline"))
                .why("only those of sixtyfour and elan are known")
                .fix("hook64 send SAMPLE --provider sixtyfour")
        })?;
        let seed = arguments
            .seed
            .unwrap_or_else(|| u64::from(fastrand::u32(..)));
        Ok(Self {
            source,
            provider,
            seed,
            event_id: arguments.event_id.clone(),
            edits: arguments.set.clone(),
            dressing: Dressing {
                signing: signing(arguments, scheme, keyring, seed)?,
                headers: arguments.header.clone(),
                drop_headers: arguments.drop_headers,
                tamper: arguments.tamper,
            },
            is_wrong: arguments.wrong_secret,
            wants_no_signature: arguments.unsigned,
            target: match &arguments.to {
                Some(target) => target.clone(),
                None => usual_target(provider)?,
            },
            copies: copies(arguments),
            count: arguments.count,
            at: Timestamp::now(),
        })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn provider(&self) -> Provider {
        self.provider
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn copies(&self) -> Copies {
        self.copies
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// How they are signed, in a few words.
    pub(super) fn signed(&self) -> String {
        match &self.dressing.signing {
            Signing::Fresh(_) if self.is_wrong => "signed with a key that nobody has".to_owned(),
            Signing::Fresh(signer) => match &*signer.secrets {
                [first, ..] if signer.scheme == Scheme::Elan => with_key(first),
                [secret] => with_key(secret),
                secrets => format!("signed with {} keys", secrets.len()),
            },
            Signing::Unsigned | Signing::AsCaptured => "unsigned".to_owned(),
        }
    }

    /// How many of the secrets sign nothing, since the scheme knows one signature.
    pub(super) fn idle_secrets(&self) -> usize {
        match &self.dressing.signing {
            Signing::Fresh(signer) if signer.scheme == Scheme::Elan => {
                signer.secrets.len().saturating_sub(1)
            }
            _ => 0,
        }
    }

    /// Whether they are signed, rightly or wrongly.
    pub(super) fn is_signed(&self) -> bool {
        matches!(self.dressing.signing, Signing::Fresh(_))
    }

    /// Whether they would be signed if there were a secret.
    pub(super) fn lacks_secret(&self) -> bool {
        !self.wants_no_signature && self.dressing.signing == Signing::Unsigned
    }

    /// What the events are called.
    pub(super) fn event_type(&self) -> Option<&str> {
        match &self.source {
            Source::Sample(sample) => Some(sample.event_type),
            Source::Body { event_type, .. } => event_type.as_deref(),
        }
    }

    /// The id of an event.
    pub(super) fn event_id(&self, number: u64) -> String {
        if let Some(id) = &self.event_id {
            return id.clone();
        }
        let seed = event_seed(self.seed, number);
        match &self.source {
            Source::Sample(sample) => sample.event_id(seed),
            Source::Body {
                event_id: Some(id), ..
            } if self.count == 1 => id.clone(),
            Source::Body { .. } => new_id(&mut fastrand::Rng::with_seed(seed)),
        }
    }

    /// The job that delivers an event.
    ///
    /// # Errors
    /// When it cannot be made. Then none can, but for one reason: a change to the body may be
    /// possible in one event and not in another.
    pub(super) fn job(&self, number: u64) -> Result<Job> {
        self.try_job(number).map_err(|error| {
            let problem = explain(&error);
            match number {
                0 => problem,
                _ => problem.why(format!("event {}: {error}", number + 1)),
            }
        })
    }

    fn try_job(&self, number: u64) -> std::result::Result<Job, ParcelError> {
        let event = self.event(number)?;
        let job = event.job(&self.target, self.dressing.clone())?;
        Ok(job.copied(self.copies))
    }

    fn event(&self, number: u64) -> std::result::Result<Event, EditError> {
        let id = self.event_id(number);
        let event = match &self.source {
            Source::Sample(sample) => {
                let event = Event::sample(sample, event_seed(self.seed, number), self.at);
                match self.event_id {
                    Some(_) => event.with_id(&id),
                    None => event,
                }
            }
            Source::Body {
                bytes, event_type, ..
            } => {
                let event = Event::new(
                    self.provider,
                    Some(id.clone()),
                    event_type.clone(),
                    bytes.clone(),
                );
                if self.event_id.is_some() || self.count > 1 {
                    event.with_id(&id)
                } else {
                    event
                }
            }
        };
        event.edited(&self.edits)
    }
}

/// The seed of one event. The first one has that of the go, and those behind it are strewn by
/// SplitMix64, so that no two seeds that a person would take have an event in common.
fn event_seed(seed: u64, number: u64) -> u64 {
    let mut strewn = number;
    strewn = (strewn ^ (strewn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    strewn = (strewn ^ (strewn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ strewn ^ (strewn >> 31)
}

fn explain(error: &ParcelError) -> Problem {
    let problem = unsendable(error);
    match error {
        ParcelError::Edit(_) => problem.fix("look at --set: it changes what is in the body"),
        ParcelError::Head(_) => problem.fix("look at --header, --event-id and the sample's name"),
    }
}

/// Where the events come from, and whose they look like.
fn source(what: What) -> Result<(Source, Provider)> {
    match what {
        What::Sample(sample) => Ok((Source::Sample(sample), sample.provider)),
        What::Body { bytes, sample } => {
            let now = Timestamp::now();
            let head = Head::build("POST", b"/", &[]).map_err(unsendable)?;
            let request = Request::local(head, bytes, now);
            let recognition = provider::recognise(&request);
            let event_id = recognition
                .event_id
                .filter(|(_, source)| !source.is_inferred())
                .map(|(id, _)| id);
            let source = Source::Body {
                bytes: request.body,
                event_type: sample
                    .event_type()
                    .map(ToOwned::to_owned)
                    .or(recognition.event_type),
                event_id,
            };
            let provider = match sample {
                Named::Sample(sample) => sample.provider,
                Named::Type(_) | Named::Nothing => recognition.provider,
            };
            Ok((source, provider))
        }
    }
}

fn with_key(secret: &Secret) -> String {
    format!("signed with key …{}", secret.last_four())
}

fn usual_target(provider: Provider) -> Result<Target> {
    format!("http://127.0.0.1:6464/webhooks/{provider}")
        .parse()
        .map_err(unsendable)
}

fn signing(arguments: &SendArgs, scheme: Scheme, keyring: &Keyring, seed: u64) -> Result<Signing> {
    if arguments.unsigned {
        return Ok(Signing::Unsigned);
    }
    if arguments.skew.is_some() && scheme == Scheme::Elan {
        return Err(
            Problem::usage("--skew cannot be sent to a handler of ELAN's events")
                .why("ELAN's signature does not say when it was made")
                .fix("leave --skew out, or send an event of Sixtyfour's: hook64 send find_email"),
        );
    }
    let secrets = keyring.of(scheme);
    let signer = if arguments.wrong_secret {
        // Another sequence than that of the events.
        Signer::wrong(scheme, &mut fastrand::Rng::with_seed(!seed))
    } else if !secrets.is_empty() {
        Signer::new(scheme, secrets)
    } else if arguments.skew.is_some() {
        return Err(Problem::usage("--skew needs a secret")
            .why("only a signature says when it was made")
            .fix("name the receiver's secret: --secret-file FILE"));
    } else {
        return Ok(Signing::Unsigned);
    };
    let skew = arguments.skew.map_or(0, |skew| skew.0);
    Ok(Signing::Fresh(signer.skewed(skew)))
}

fn copies(arguments: &SendArgs) -> Copies {
    let reversed = arguments.out_of_order;
    let count = arguments.concurrent.or(arguments.duplicate);
    Copies {
        count: count.unwrap_or(if reversed { OUT_OF_ORDER } else { 0 }),
        at_once: arguments.concurrent.is_some(),
        reversed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::{prop_assert, proptest};

    use super::event_seed;

    #[test]
    fn the_first_event_of_a_seed_is_that_of_the_seed_alone() {
        assert_eq!(event_seed(7, 0), 7);
    }

    #[test]
    fn neighbouring_seeds_have_no_event_in_common() {
        let pairs = (0..100).flat_map(|seed| (0..100).map(move |number| (seed, number)));
        let seeds: HashSet<_> = pairs
            .map(|(seed, number)| event_seed(seed, number))
            .collect();
        assert_eq!(seeds.len(), 100 * 100);
    }

    proptest! {
        #[test]
        fn two_events_of_one_seed_are_two(seed: u64, one: u64, other: u64) {
            prop_assert!(one == other || event_seed(seed, one) != event_seed(seed, other));
        }
    }
}
