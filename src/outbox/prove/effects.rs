//! Effects: how many times a handler has done what it is there for, counted from outside before and
//! after each case. Answers alone cannot tell that a duplicate did nothing.
//!
//! How they are counted is up to whoever asks; here is when.

use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

/// How long one that is expected is waited for before it is counted again.
const PAUSE: Duration = Duration::from_millis(50);

/// How long one that may be is waited for at least.
const PERHAPS: Duration = Duration::from_secs(1);

/// How long a further one has to show at least.
const SETTLING: Duration = Duration::from_millis(200);

/// How many effects there are so far, or why that is not known.
pub type Count = BoxFuture<'static, Result<u64, String>>;

/// A way to count effects.
pub struct Effects {
    first: u64,
    patience: Duration,
    count: Box<dyn Fn() -> Count + Send + Sync>,
}

impl Effects {
    /// Effects that are counted so; there were `first` before anything was delivered. One that does
    /// not show after this much patience is taken for none.
    #[must_use]
    pub fn new(
        first: u64,
        patience: Duration,
        count: impl Fn() -> Count + Send + Sync + 'static,
    ) -> Self {
        Self {
            first,
            patience,
            count: Box::new(count),
        }
    }
}

/// Effects over several cases. Each goes on from the count of the one before, so that a late effect
/// is counted somewhere.
pub(super) struct Watch<'a> {
    effects: &'a Effects,
    last: u64,
    /// How long one has taken to show so far.
    slowest: Duration,
}

impl<'a> Watch<'a> {
    pub(super) fn new(effects: &'a Effects) -> Self {
        Self {
            effects,
            last: effects.first,
            slowest: Duration::ZERO,
        }
    }

    /// How many came since the last time. Waits for as many as there should be: a handler may
    /// answer first and work later. A further one has longer to show than any has taken so far.
    pub(super) async fn since(&mut self, wanted: &RangeInclusive<u64>) -> Result<u64, String> {
        let started = Instant::now();
        let all = self.effects.patience;
        let patience = match wanted.start() {
            0 => (self.slowest * 4).max(PERHAPS).min(all),
            _ => all,
        };
        let mut seen = self.count().await?;
        while seen < *wanted.end() && started.elapsed() < patience {
            sleep(PAUSE).await;
            seen = self.count().await?;
        }
        if seen > 0 {
            self.slowest = self.slowest.max(started.elapsed());
        }
        let settling = (self.slowest * 2).max(SETTLING).min(all);
        while started.elapsed() < all {
            sleep(settling).await;
            let again = self.count().await?;
            if again == seen {
                break;
            }
            seen = again;
        }
        self.last += seen;
        Ok(seen)
    }

    async fn count(&self) -> Result<u64, String> {
        let all = (self.effects.count)().await?;
        all.checked_sub(self.last)
            .ok_or_else(|| format!("there were {}, and now there are {all}", self.last))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Counted so, one time after the other; the last one for ever.
    fn counting(patience: Duration, counts: &'static [u64]) -> Effects {
        let times = AtomicUsize::new(0);
        Effects::new(5, patience, move || {
            let at = times.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(counts[at.min(counts.len() - 1)]) })
        })
    }

    #[tokio::test]
    async fn an_effect_is_waited_for_and_a_further_one_has_time_to_show() {
        for (counts, expected) in [
            (&[5, 5, 5, 6][..], 1),
            (&[6], 1),
            (&[6, 7], 2),
            (&[5, 5, 6, 8, 9], 4),
        ] {
            let effects = counting(PATIENCE, counts);
            assert_eq!(Watch::new(&effects).since(&(1..=1)).await, Ok(expected));
        }
    }

    #[tokio::test]
    async fn one_that_does_not_come_is_waited_for_as_long_as_there_is_patience() {
        let patience = PAUSE * 3;
        let effects = counting(patience, &[5]);
        let started = Instant::now();
        assert_eq!(Watch::new(&effects).since(&(1..=1)).await, Ok(0));
        assert!(started.elapsed() >= patience);
    }

    #[tokio::test]
    async fn where_none_is_expected_nobody_waits_for_one() {
        let effects = counting(Duration::from_secs(3_600), &[5]);
        assert_eq!(Watch::new(&effects).since(&(0..=0)).await, Ok(0));
    }

    #[tokio::test]
    async fn one_that_may_be_is_waited_for_as_well() {
        let effects = counting(PATIENCE, &[5, 5, 5, 5, 5, 5, 5, 6]);
        assert_eq!(Watch::new(&effects).since(&(0..=1)).await, Ok(1));
    }

    #[tokio::test]
    async fn each_case_goes_on_where_the_last_one_ended() {
        let effects = counting(PATIENCE, &[6, 6, 8, 8]);
        let mut watch = Watch::new(&effects);
        assert_eq!(watch.since(&(1..=1)).await, Ok(1));
        assert_eq!(watch.since(&(1..=1)).await, Ok(2));
    }

    #[tokio::test]
    async fn effects_that_go_away_cannot_be_counted() {
        let effects = counting(PATIENCE, &[4]);
        let lost = Watch::new(&effects).since(&(1..=1)).await;
        assert_eq!(lost, Err("there were 5, and now there are 4".to_owned()));
    }
}
