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
    /// How many there were in all, or why that is not known.
    last: Result<u64, String>,
    /// How long one has taken to show so far.
    slowest: Duration,
}

impl<'a> Watch<'a> {
    pub(super) fn new(effects: &'a Effects) -> Self {
        Self {
            effects,
            last: Ok(effects.first),
            slowest: Duration::ZERO,
        }
    }

    /// Before a case is delivered: where it is not known how many there were, they are counted
    /// anew, so that no case answers for the ones before it.
    pub(super) async fn begin(&mut self) {
        if self.last.is_err() {
            self.last = self.still().await;
        }
    }

    /// Goes on from a new count.
    pub(super) fn forget(&mut self) {
        self.last = Err("they were not counted on".to_owned());
    }

    /// How many came since the last time. Waits for as many as there should be: a handler may
    /// answer first and work later. A further one has longer to show than any has taken so far.
    pub(super) async fn since(&mut self, wanted: &RangeInclusive<u64>) -> Result<u64, String> {
        let last = self.last.clone()?;
        let seen = self.wait(last, wanted).await;
        self.last = seen.clone().map(|seen| last + seen);
        seen
    }

    async fn wait(&mut self, last: u64, wanted: &RangeInclusive<u64>) -> Result<u64, String> {
        let started = Instant::now();
        let all = self.effects.patience;
        let patience = match wanted.start() {
            0 => (self.slowest * 4).max(PERHAPS).min(all),
            _ => all,
        };
        let count = || self.since_then(last, started + all);
        let mut seen = count().await?;
        while seen < *wanted.end() && started.elapsed() < patience {
            sleep(PAUSE).await;
            seen = count().await?;
        }
        if seen > 0 {
            self.slowest = self.slowest.max(started.elapsed());
        }
        let settling = (self.slowest * 2).max(SETTLING).min(all);
        while started.elapsed() < all {
            sleep(settling).await;
            let again = self.since_then(last, started + all).await?;
            if again == seen {
                break;
            }
            seen = again;
        }
        Ok(seen)
    }

    /// How many there are beyond the last ones. A count that fails is tried again for so long.
    async fn since_then(&self, last: u64, until: Instant) -> Result<u64, String> {
        let mut all = (self.effects.count)().await;
        while all.is_err() && Instant::now() < until {
            sleep(PAUSE).await;
            all = (self.effects.count)().await;
        }
        let all = all?;
        all.checked_sub(last)
            .ok_or_else(|| format!("there were {last}, and now there are {all}"))
    }

    /// How many there are in all, once that stands still.
    async fn still(&self) -> Result<u64, String> {
        let started = Instant::now();
        let mut all = (self.effects.count)().await?;
        while started.elapsed() < self.effects.patience {
            sleep(SETTLING).await;
            let again = (self.effects.count)().await?;
            if again == all {
                break;
            }
            all = again;
        }
        Ok(all)
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

    /// Counted so, one time after the other, the last one for ever; a zero cannot be counted.
    fn failing(patience: Duration, counts: &'static [u64]) -> Effects {
        let Effects { first, count, .. } = counting(patience, counts);
        Effects::new(first, patience, move || {
            let counted = count();
            Box::pin(async move {
                let locked = || "database is locked".to_owned();
                counted
                    .await?
                    .checked_sub(1)
                    .map(|one| one + 1)
                    .ok_or_else(locked)
            })
        })
    }

    #[tokio::test]
    async fn a_count_that_fails_is_tried_again() {
        let effects = failing(PATIENCE, &[0, 5, 0, 0, 6, 0, 6]);
        assert_eq!(Watch::new(&effects).since(&(1..=1)).await, Ok(1));
    }

    #[tokio::test]
    async fn a_case_does_not_answer_for_the_effects_of_one_that_was_not_counted() {
        let effects = failing(Duration::ZERO, &[0, 6, 7]);
        let mut watch = Watch::new(&effects);
        let locked = Err("database is locked".to_owned());
        assert_eq!(watch.since(&(1..=1)).await, locked);
        watch.begin().await;
        assert_eq!(watch.since(&(1..=1)).await, Ok(1));
    }

    #[tokio::test]
    async fn what_shows_late_of_one_that_was_not_counted_is_waited_for() {
        let effects = counting(PATIENCE, &[6, 7, 7, 8, 8]);
        let mut watch = Watch::new(&effects);
        watch.forget();
        watch.begin().await;
        assert_eq!(watch.since(&(1..=1)).await, Ok(1));
    }

    #[tokio::test]
    async fn without_a_count_to_begin_with_a_case_is_not_counted() {
        let effects = failing(Duration::ZERO, &[0, 0, 6]);
        let mut watch = Watch::new(&effects);
        let locked = Err("database is locked".to_owned());
        assert_eq!(watch.since(&(1..=1)).await, locked);
        watch.begin().await;
        assert_eq!(watch.since(&(1..=1)).await, locked);
        watch.begin().await;
        assert_eq!(watch.since(&(0..=0)).await, Ok(0));
    }

    #[tokio::test]
    async fn effects_that_go_away_cannot_be_counted() {
        let effects = counting(PATIENCE, &[4]);
        let lost = Watch::new(&effects).since(&(1..=1)).await;
        assert_eq!(lost, Err("there were 5, and now there are 4".to_owned()));
    }
}
