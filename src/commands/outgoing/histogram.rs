//! How long many things took, in little memory: each time is kept to within two percent.

use std::time::Duration;

/// Times below this many microseconds are kept exactly, and each doubling above has this many
/// buckets.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// A count of times by how long they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Histogram {
    /// Counts a time.
    pub(super) fn add(&mut self, time: Duration) {
        let index = index(micros(time));
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, 0);
        }
        self.buckets[index] += 1;
        self.count += 1;
        self.longest = self.longest.max(time);
    }

    /// The time that this share of all (in percent) does not exceed; `None` when there are none.
    pub(super) fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(Duration::from_micros(upper_end(found)).min(self.longest))
    }

    /// The longest time.
    pub(super) fn longest(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.longest)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Times below [`STEPS`] have a bucket each; above, the highest bits count.
fn index(micros: u64) -> usize {
    let doublings = micros
        .checked_ilog2()
        .unwrap_or(0)
        .saturating_sub(STEP_BITS);
    let index = if micros < STEPS {
        micros
    } else {
        STEPS * (u64::from(doublings) + 1) + (micros >> doublings) - STEPS
    };
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The longest time that a bucket counts.
fn upper_end(index: usize) -> u64 {
    let index = index as u64;
    if index < STEPS {
        return index;
    }
    let doublings = index / STEPS - 1;
    let next = u128::from(STEPS + index % STEPS + 1) << doublings;
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    proptest! {
        #[test]
        fn a_time_is_kept_to_within_two_percent(micros in any::<u64>()) {
            let kept = upper_end(index(micros));
            prop_assert!(kept >= micros);
            prop_assert!(kept - micros <= micros / 50);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_times_that_were_counted() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        for millis in 1..=100 {
            histogram.add(Duration::from_millis(millis));
        }
        let about = |percent, millis: u64| {
            let found = histogram.percentile(percent).unwrap().as_micros();
            let exact = u128::from(millis * 1000);
            assert!(found >= exact && found <= exact * 102 / 100, "{found}");
        };
        about(50, 50);
        about(95, 95);
        assert_eq!(histogram.percentile(100), histogram.longest());
        assert_eq!(histogram.longest(), Some(Duration::from_millis(100)));
    }
}
