//! The faces that a listener shows without a terminal UI: lines, objects, or nothing.
//!
//! Standard output carries data, one line a fact, flushed per line; standard error carries
//! everything for a person. A face reads the store, so it can never delay an answer.

use std::io;
use std::time::Duration;

use crate::delivery::{AnsweredBy, Delivery};
use crate::export::credentials::Credentials;
use crate::export::line::{self, Beside, Reader};
use crate::export::ndjson::{self, Bodies};
use crate::export::notice::{Notice, Of};
use crate::outbox::forward::Budget;
use crate::provider;
use crate::signature::digest;
use crate::store::{Origin, Outgoing, Store};

use super::super::{lookup, output};

/// How deliveries are shown.
#[derive(Debug, Clone)]
pub(in crate::commands) enum Face {
    /// Lines for people: aligned on a terminal, `key=value` in a pipe.
    Text {
        /// Who reads them.
        reader: Reader,
        /// Whether to say how much of the provider's time the app used.
        budget: bool,
    },
    /// Objects for programs.
    Json(ndjson::Options),
    /// The terminal UI, which reads the store by itself; lines only before and after it.
    Tui(Reader),
    /// Nothing but the last words.
    Quiet(Reader),
}

/// How long a provider waits for an answer, where its documentation does not say.
const PATIENCE: Duration = Duration::from_secs(10);

impl Face {
    /// The face for objects.
    pub(in crate::commands) fn json(bodies: Bodies) -> Self {
        Self::Json(ndjson::Options {
            bodies,
            credentials: Credentials::Revealed,
        })
    }

    /// Shows a delivery whose answer is settled.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(in crate::commands) fn delivery(
        &self,
        delivery: &Delivery,
        store: &Store,
    ) -> io::Result<()> {
        match self {
            Self::Text { reader, budget } => {
                let because = lookup::because(store, delivery);
                let beside = Beside {
                    gap: lookup::gap(store, delivery),
                    because: because.as_deref(),
                };
                say(&line::delivery(delivery, beside, reader))?;
                let forwards = forwards(delivery, store);
                if *budget {
                    remark_on_budget(delivery, &forwards);
                }
                if because.is_some() {
                    return Ok(());
                }
                // Nothing else says that the app did not answer where a fault did.
                let of = Of::delivery(delivery);
                let mut unanswered = forwards.iter().filter(|sent| sent.attempt.result.is_err());
                unanswered.try_for_each(|outgoing| self.sent(of, outgoing))
            }
            Self::Json(options) => {
                let sha256 = digest::sha256(&delivery.request().body);
                let because = lookup::because(store, delivery);
                let because = because.as_deref();
                say(&ndjson::explained(delivery, &sha256, *options, because))?;
                let of = Of::delivery(delivery);
                let forwards = forwards(delivery, store);
                forwards
                    .iter()
                    .try_for_each(|outgoing| self.sent(of, outgoing))
            }
            Self::Tui(_) | Self::Quiet(_) => Ok(()),
        }
    }

    /// Shows a request that was made because of a delivery, and what came back.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn sent(&self, of: Of<'_>, outgoing: &Outgoing) -> io::Result<()> {
        let bodies = match self {
            Self::Json(options) => options.bodies,
            Self::Text { .. } | Self::Tui(_) | Self::Quiet(_) => Bodies::None,
        };
        self.notice(&lookup::sent(of, outgoing, bodies))
    }

    /// Shows what concerns no delivery alone: an object, or a line.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn notice(&self, notice: &Notice<'_>) -> io::Result<()> {
        match self {
            Self::Text { reader, .. } => {
                line::notice(notice, reader).map_or(Ok(()), |line| say(&line))
            }
            Self::Json(_) => say(&ndjson::notice(notice)),
            Self::Tui(_) | Self::Quiet(_) => Ok(()),
        }
    }

    /// Shows an object, where objects are shown.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn object(&self, object: &str) -> io::Result<()> {
        if self.is_json() { say(object) } else { Ok(()) }
    }

    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet(_))
    }

    pub(super) fn is_tui(&self) -> bool {
        matches!(self, Self::Tui(_))
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Says something to the person, where text is shown.
    pub(super) fn remark(&self, text: &str) {
        if matches!(self, Self::Text { .. }) {
            output::complain(text);
        }
    }
}

/// What the app was asked for this delivery.
fn forwards(delivery: &Delivery, store: &Store) -> Vec<Outgoing> {
    let by = &delivery.arrival.answer.by;
    if !matches!(by, AnsweredBy::App | AnsweredBy::Armed { .. }) {
        return Vec::new();
    }
    let mut attempts = store.attempts(delivery.id).unwrap_or_default();
    attempts.retain(|outgoing| outgoing.origin == Origin::Forward);
    attempts
}

fn remark_on_budget(delivery: &Delivery, forwards: &[Outgoing]) {
    let provider = delivery.arrival.recognition.provider;
    for outgoing in forwards {
        let budget = Budget {
            used: outgoing.attempt.took,
            given: provider::attempt_timeout(provider).unwrap_or(PATIENCE),
        };
        output::complain(&format!(
            "note: for delivery {} the app used {budget} of the provider's time\n",
            delivery.id
        ));
    }
}

fn say(text: &str) -> io::Result<()> {
    output::try_write(format!("{text}\n").as_bytes())
}
