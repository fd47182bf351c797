//! What each provider's wire looks like, as data, and what can be read off a request.
//!
//! [`recognise()`] says whose request this is and which event it reports, with the few fields that
//! `body` reads, and [`same_content`] whether two bodies say the same. [`sixtyfour`] and [`elan`]
//! are the documented facts that other rooms lean on (retry gaps, time-outs, key orders), and
//! [`samples`] events made of them. Nothing here trusts what it reads: whether a request is genuine
//! is `signature`'s business.

mod body;
pub mod elan;
mod recognise;
mod same;
pub mod samples;
pub mod sixtyfour;

use std::time::Duration;

use crate::delivery::{Envelope, Provider, Scheme};

pub use recognise::{MAX_ID, MAX_TEXT, recognise};
pub use same::same_content;

/// The documented gaps between the attempts of one delivery; empty when nothing is documented.
#[must_use]
pub fn gaps(provider: Provider) -> &'static [Duration] {
    match provider {
        Provider::Sixtyfour => &sixtyfour::GAPS,
        Provider::Elan | Provider::Plain => &[],
    }
}

/// How long the provider waits for an answer unless it is told otherwise; `None` when it does not
/// say.
#[must_use]
pub fn attempt_timeout(provider: Provider) -> Option<Duration> {
    match provider {
        Provider::Sixtyfour => Some(sixtyfour::ATTEMPT_TIMEOUT),
        Provider::Elan | Provider::Plain => None,
    }
}

/// How the provider signs; `None` for senders that are not known.
#[must_use]
pub fn scheme(provider: Provider) -> Option<Scheme> {
    match provider {
        Provider::Sixtyfour => Some(Scheme::Sixtyfour),
        Provider::Elan => Some(Scheme::Elan),
        Provider::Plain => None,
    }
}

/// The orders in which the documentation shows the keys of an envelope. A body whose keys were
/// sorted on the way can be put back into one of these.
#[must_use]
pub fn documented_orders(envelope: Envelope) -> &'static [&'static [&'static str]] {
    match envelope {
        Envelope::Job => &sixtyfour::JOB_ORDERS,
        Envelope::Workflow => &sixtyfour::WORKFLOW_ORDERS,
        Envelope::Subscription => &elan::SUBSCRIPTION_ORDERS,
        Envelope::Unknown => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixtyfour_retries_five_times_within_thirty_one_seconds() {
        let gaps = gaps(Provider::Sixtyfour);
        assert_eq!(gaps.len(), 5);
        assert_eq!(gaps.iter().sum::<Duration>(), Duration::from_secs(31));
        assert!(super::gaps(Provider::Elan).is_empty());
    }
}
