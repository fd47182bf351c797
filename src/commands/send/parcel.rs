//! What is sent: each event of a go by its number, ready to be delivered.

use jiff::Timestamp;

use crate::delivery::{Head, HeadError, Provider, Request, Scheme};
use crate::net::client::Target;
use crate::outbox::edit::EditError;
use crate::outbox::replay::new_id;
use crate::outbox::{Copies, Dressing, Edit, Event, Job, Signer, Signing};
use crate::provider;
use crate::provider::samples::Sample;
use crate::signature::Keyring;

use super::super::problem::{Problem, Result};
use super::options::{SendArgs, What};
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
                [secret] => format!("signed with key …{}", secret.last_four()),
                secrets => format!("signed with {} keys", secrets.len()),
            },
            Signing::Unsigned | Signing::AsCaptured => "unsigned".to_owned(),
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
        let seed = self.seed.wrapping_add(number);
        match &self.source {
            Source::Sample(sample) => sample.event_id(seed),
            Source::Body {
                event_id: Some(id), ..
            } if self.count == 1 => id.clone(),
            Source::Body { .. } => new_id(&mut fastrand::Rng::with_seed(seed)),
        }
    }

    /// The job that delivers the first event, once it is clear that all of them can be made: else
    /// none is sent.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub(super) fn first(&self) -> Result<Job> {
        // Only a change to the body may be possible in one event and not in the next.
        let others = if self.edits.is_empty() { 1 } else { self.count };
        (1..others).try_for_each(|number| {
            self.try_job(number)
                .map(drop)
                .map_err(|error| explain(&error))
        })?;
        self.try_job(0).map_err(|error| explain(&error))
    }

    /// The job that delivers an event; `None` only if [`Parcels::first`] would have said so.
    pub(super) fn job(&self, number: u64) -> Option<Job> {
        self.try_job(number).ok()
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
                let event = Event::sample(sample, self.seed.wrapping_add(number), self.at);
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
        What::Body { bytes, event_type } => {
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
                event_type: event_type.or(recognition.event_type),
                event_id,
            };
            Ok((source, recognition.provider))
        }
    }
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
