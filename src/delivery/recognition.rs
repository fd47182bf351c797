//! Whose wire a request is, and which event it reports.

use std::fmt;
use std::str::FromStr;

/// A sender whose deliveries we know, or anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// Sixtyfour AI
    Sixtyfour,
    /// ELAN Languages
    Elan,
    /// Anybody else
    Plain,
}

impl Provider {
    /// The name in options, JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sixtyfour => "sixtyfour",
            Self::Elan => "elan",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that is no provider's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no provider is called \"{0}\": it is sixtyfour, elan or plain")]
pub struct UnknownProvider(String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Sixtyfour, Self::Elan, Self::Plain]
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

/// Which documented shape a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// Sixtyfour: the result of an async job (`task_id`, `task_type`).
    Job,
    /// Sixtyfour: a workflow's `outgoing_webhook` block (`event`, `event_id`, `run_id`).
    Workflow,
    /// ELAN: an event of a subscription (`event_type`, `event_id`).
    Subscription,
    /// None of these.
    Unknown,
}

impl Envelope {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Workflow => "workflow",
            Self::Subscription => "subscription",
            Self::Unknown => "unknown",
        }
    }

    /// The envelope with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Job, Self::Workflow, Self::Subscription, Self::Unknown]
            .into_iter()
            .find(|envelope| envelope.name() == name)
    }
}

/// Where an event id was found. All but the first two are inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventIdSource {
    /// `Sixtyfour-Event-Id`
    Header,
    /// The body's `event_id`
    Body,
    /// The body's `task_id` and `status`: `TASK/STATUS`
    Task,
    /// The body's `run_id`
    Run,
    /// A hash of the body: `sha256:` and 32 hexadecimal digits
    Hash,
}

impl EventIdSource {
    /// The name in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Task => "task",
            Self::Run => "run",
            Self::Hash => "hash",
        }
    }

    /// The source with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Header, Self::Body, Self::Task, Self::Run, Self::Hash]
            .into_iter()
            .find(|source| source.name() == name)
    }

    /// Whether the id is our deduction, not the sender's word.
    #[must_use]
    pub fn is_inferred(self) -> bool {
        !matches!(self, Self::Header | Self::Body)
    }
}

/// A header and the body say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The header's name.
    pub header: &'static str,
    /// What the header says.
    pub header_says: String,
    /// The body's field.
    pub field: &'static str,
    /// What the body says.
    pub field_says: String,
}

/// What could be read off a request without trusting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// Whose wire it is.
    pub provider: Provider,
    /// Which documented shape the body has.
    pub envelope: Envelope,
    /// What to dedupe on, and where it was found; `None` when there is nothing to tell one event
    /// from another (no body, no ids).
    pub event_id: Option<(String, EventIdSource)>,
    /// The header's event type, else the body's.
    pub event_type: Option<String>,
    /// The sender's attempt counter, from 1: the header's, else the body's.
    pub attempt: Option<u32>,
    /// The body's `task_id`.
    pub task_id: Option<String>,
    /// The body's `run_id`, or ELAN's `workflow_id`.
    pub run_id: Option<String>,
    /// Where headers and body contradict each other.
    pub disagreements: Vec<Disagreement>,
}

impl Recognition {
    /// Nothing recognised: a plain request without anything to dedupe on.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            provider: Provider::Plain,
            envelope: Envelope::Unknown,
            event_id: None,
            event_type: None,
            attempt: None,
            task_id: None,
            run_id: None,
            disagreements: Vec::new(),
        }
    }

    /// The event id alone.
    #[must_use]
    pub fn event_id_text(&self) -> Option<&str> {
        self.event_id.as_ref().map(|(id, _)| id.as_str())
    }
}
