//! The gaps between attempts as they are measured, over many events.
//!
//! One event proves nothing: a pause may have been ours. When three events show gaps that are more
//! than a quarter off the documented ones, the documentation is not believed any more, which is said
//! once, and what comes next is expected by the medians. Where nothing is documented, the median is
//! used as soon as three events gave it.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::delivery::{DeliveryId, Provider};
use crate::{provider, text};

/// How many events must agree before a measurement counts.
const EVENTS: usize = 3;
/// How many of the latest gaps a median is taken over.
const SAMPLES: usize = 31;
/// Gaps are measured before the attempts up to this one.
const LAST_ATTEMPT: usize = 16;

/// What is known about the gaps of one provider.
#[derive(Debug, Clone)]
pub struct Pace {
    documented: &'static [Duration],
    /// By gap: before attempt 2, 3, …
    measured: Vec<VecDeque<Duration>>,
    /// The first events that were off.
    off: Vec<DeliveryId>,
    /// How many times the documented gaps are kept to by one event that is alone with its pace.
    stretch: Option<f64>,
}

/// A gap to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// How long.
    pub length: Duration,
    /// Whether it was measured here, not documented.
    pub measured: bool,
}

/// The documented gaps do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The documented gap and the median of the measured ones, for each that was measured, in the
    /// order of the attempts.
    pub gaps: Vec<(Duration, Duration)>,
}

impl Pace {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        Self::against(provider::gaps(provider))
    }

    fn against(documented: &'static [Duration]) -> Self {
        Self {
            documented,
            measured: Vec::new(),
            off: Vec::new(),
            stretch: None,
        }
    }

    /// The pace of an event that says nothing about others, after this gap before this attempt: the
    /// documented gaps, all of them so much shorter or longer.
    #[must_use]
    pub fn alone(&self, newest: Option<(u32, Duration)>) -> Self {
        let stretch = newest.and_then(|(attempt, gap)| {
            let documented = self.documented_before(attempt)?;
            is_off(gap, documented).then(|| gap.as_secs_f64() / documented.as_secs_f64())
        });
        Self {
            stretch,
            ..Self::against(self.documented)
        }
    }

    /// Takes in how long after the end of the attempt before it this one came. Returns the drift
    /// once: with the gap that proves it.
    pub fn measure(&mut self, event: DeliveryId, attempt: u32, gap: Duration) -> Option<Drift> {
        let index = index_before(attempt)?;
        if self.measured.len() <= index {
            self.measured.resize(index + 1, VecDeque::new());
        }
        let samples = &mut self.measured[index];
        if samples.len() == SAMPLES {
            samples.pop_front();
        }
        samples.push_back(gap);
        let differs = self
            .documented
            .get(index)
            .is_some_and(|documented| is_off(gap, *documented));
        if !differs || self.has_drifted() || self.off.contains(&event) {
            return None;
        }
        self.off.push(event);
        self.drift()
    }

    /// How far the documentation is off, once that is proved.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        let pairs = self.documented.iter().zip(&self.measured);
        self.has_drifted().then(|| Drift {
            gaps: pairs
                .filter_map(|(documented, samples)| Some((*documented, median(samples)?)))
                .collect(),
        })
    }

    /// The gap to expect before an attempt; `None` when nothing is documented and too little
    /// measured.
    #[must_use]
    pub fn gap_before(&self, attempt: u32) -> Option<Gap> {
        let index = index_before(attempt)?;
        let documented = self.documented.get(index).map(|length| match self.stretch {
            Some(stretch) => Gap {
                length: stretched(*length, stretch),
                measured: true,
            },
            None => Gap {
                length: *length,
                measured: false,
            },
        });
        let samples = self.measured.get(index);
        let is_enough = match documented {
            Some(_) => self.has_drifted(),
            None => samples.is_some_and(|samples| samples.len() >= EVENTS),
        };
        let measured = samples.filter(|_| is_enough).and_then(median);
        let measured = measured.map(|length| Gap {
            length,
            measured: true,
        });
        measured.or(documented)
    }

    /// The documented gap before an attempt.
    #[must_use]
    pub fn documented_before(&self, attempt: u32) -> Option<Duration> {
        self.documented.get(index_before(attempt)?).copied()
    }

    /// How many attempts the documentation speaks of at most; `None` when it does not say.
    #[must_use]
    pub fn documented_attempts(&self) -> Option<u32> {
        let retries = u32::try_from(self.documented.len()).ok()?;
        (retries > 0).then_some(retries + 1)
    }

    fn has_drifted(&self) -> bool {
        self.off.len() >= EVENTS
    }
}

/// Whether a gap is no longer the documented one.
fn is_off(gap: Duration, documented: Duration) -> bool {
    gap.abs_diff(documented) > documented / 4
}

/// A gap that no clock can count stays as it was.
fn stretched(gap: Duration, times: f64) -> Duration {
    Duration::try_from_secs_f64(gap.as_secs_f64() * times).unwrap_or(gap)
}

fn index_before(attempt: u32) -> Option<usize> {
    let index = usize::try_from(attempt.checked_sub(2)?).ok()?;
    (index + 2 <= LAST_ATTEMPT).then_some(index)
}

fn median(samples: &VecDeque<Duration>) -> Option<Duration> {
    let mut sorted: Vec<_> = samples.iter().copied().collect();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(lower + (upper - lower) / 2)
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (documented, measured): (Vec<_>, Vec<_>) = self.gaps.iter().copied().unzip();
        write!(
            formatter,
            "measured backoff is about {}; docs say {}",
            list(&measured),
            list(&documented)
        )
    }
}

/// `1, 2, 4 s`: a unit that all share is said once.
fn list(gaps: &[Duration]) -> String {
    let texts: Vec<_> = gaps.iter().map(|gap| text::duration(*gap)).collect();
    let in_seconds: Option<Vec<_>> = texts.iter().map(|text| text.strip_suffix(" s")).collect();
    match in_seconds {
        Some(numbers) => format!("{} s", numbers.join(", ")),
        None => texts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64) -> DeliveryId {
        DeliveryId::new(number).unwrap()
    }

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn gaps_within_a_quarter_of_the_documented_ones_are_no_drift() {
        let mut pace = Pace::new(Provider::Sixtyfour);
        for number in 1..=9 {
            assert_eq!(pace.measure(event(number), 2, millis(1_250)), None);
            assert_eq!(pace.measure(event(number), 3, millis(1_500)), None);
        }
        let gap = pace.gap_before(2).unwrap();
        assert_eq!((gap.length, gap.measured), (millis(1_000), false));
    }

    #[test]
    fn the_third_event_that_is_off_proves_the_drift_and_it_is_said_once() {
        let mut pace = Pace::new(Provider::Sixtyfour);
        for number in [1, 1, 2, 2] {
            assert_eq!(pace.measure(event(number), 2, millis(2_000)), None);
            assert_eq!(pace.measure(event(number), 3, millis(4_100)), None);
        }
        let drift = pace.measure(event(3), 2, millis(2_040)).unwrap();
        assert_eq!(
            drift.to_string(),
            "measured backoff is about 2, 4.1 s; docs say 1, 2 s"
        );
        assert_eq!(pace.measure(event(4), 2, millis(2_000)), None);
        let gap = pace.gap_before(3).unwrap();
        assert_eq!((gap.length, gap.measured), (millis(4_100), true));
        let gap = pace.gap_before(4).unwrap();
        assert_eq!((gap.length, gap.measured), (millis(4_000), false));
    }

    #[test]
    fn the_median_is_not_moved_by_one_long_pause() {
        let mut pace = Pace::new(Provider::Sixtyfour);
        for (number, gap) in [(1, 2_000), (2, 60_000), (3, 2_200), (4, 2_100)] {
            pace.measure(event(number), 2, millis(gap));
        }
        assert_eq!(pace.gap_before(2).unwrap().length, millis(2_150));
    }

    #[test]
    fn without_documentation_three_measurements_are_believed() {
        let mut pace = Pace::new(Provider::Elan);
        pace.measure(event(1), 2, millis(5_000));
        pace.measure(event(2), 2, millis(5_000));
        assert_eq!(pace.gap_before(2), None);
        assert_eq!(pace.measure(event(3), 2, millis(5_100)), None);
        let gap = pace.gap_before(2).unwrap();
        assert_eq!((gap.length, gap.measured), (millis(5_000), true));
        assert_eq!(pace.gap_before(3), None);
    }

    #[test]
    fn an_event_that_is_alone_with_its_pace_keeps_it() {
        let pace = Pace::new(Provider::Sixtyfour).alone(Some((2, millis(100))));
        let gap = pace.gap_before(4).unwrap();
        assert_eq!((gap.length, gap.measured), (millis(400), true));
        for newest in [None, Some((2, millis(1_100))), Some((9, millis(1)))] {
            let pace = Pace::new(Provider::Sixtyfour).alone(newest);
            let gap = pace.gap_before(4).unwrap();
            assert_eq!((gap.length, gap.measured), (millis(4_000), false));
        }
    }

    #[test]
    fn attempts_beyond_any_schedule_are_not_remembered() {
        let mut pace = Pace::new(Provider::Elan);
        for attempt in [0, 1, 17, u32::MAX] {
            assert_eq!(pace.measure(event(1), attempt, millis(1)), None);
        }
        assert!(pace.measured.is_empty());
    }

    #[test]
    fn gaps_of_a_fast_played_schedule_are_told_in_their_own_units() {
        let gaps = vec![(millis(1_000), millis(10)), (millis(2_000), millis(20))];
        let told = Drift { gaps }.to_string();
        assert_eq!(
            told,
            "measured backoff is about 10 ms, 20 ms; docs say 1, 2 s"
        );
    }
}
