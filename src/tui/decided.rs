//! Who decided an answer, in words: a rule, the app, or hook64 in the app's place.

use std::fmt;

use crate::delivery::{AnsweredBy, Delivery, Outcome};
use crate::export::answer;
use crate::text;

use super::detail::Shown;
use super::world::Origin;

/// How an answer came about.
pub(super) struct Decided {
    /// Who decided it.
    by: String,
    /// It was held, and then released.
    is_released: bool,
    /// Why hook64 answered in the app's place, if it did.
    because: Option<String>,
}

impl Decided {
    /// Whether it deserves a line of its own.
    pub(super) fn is_long(&self) -> bool {
        self.because.is_some() || self.is_released
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.because {
            Some(because) => write!(formatter, "by hook64: {because}"),
            None if self.is_released => write!(formatter, "released, held by {}", self.by),
            None => write!(formatter, "by {}", self.by),
        }
    }
}

/// How the answer to a delivery came about.
pub(super) fn decided(shown: &Shown) -> Decided {
    let delivery = &*shown.delivery;
    let outcome = delivery.settlement.map(|settlement| settlement.outcome);
    let mut forwards = shown
        .outgoing
        .iter()
        .filter(|outgoing| outgoing.origin == Origin::Forward);
    let because = forwards
        .next_back()
        .and_then(|forward| answer::because(delivery, &forward.attempt));
    Decided {
        by: decided_by(delivery),
        is_released: matches!(outcome, Some(Outcome::Released(_))),
        because: because.map(|because| text::line(because.as_bytes()).into_owned()),
    }
}

/// Who decided the answer: `armed fault 3/5`, `default answer`.
fn decided_by(delivery: &Delivery) -> String {
    match &delivery.arrival.answer.by {
        AnsweredBy::Default => "default answer".to_owned(),
        AnsweredBy::Signature => "signature policy".to_owned(),
        AnsweredBy::Duplicate => "duplicate answer".to_owned(),
        AnsweredBy::Armed { step, of, .. } => of.map_or_else(
            || format!("armed fault {step}"),
            |of| format!("armed fault {step}/{of}"),
        ),
        AnsweredBy::App => "your app".to_owned(),
        AnsweredBy::Defect => "broken request".to_owned(),
        AnsweredBy::Path => "another path".to_owned(),
        AnsweredBy::Person => "you".to_owned(),
        AnsweredBy::Unstored => "failed storing".to_owned(),
    }
}
