//! The time between two attempts of one event: as measured, and as documented.

use std::time::Duration;

use super::clock;
use crate::delivery::Delivery;

/// The time before an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From the end of the attempt before (our answer, or the peer hanging up) to this arrival;
    /// from its start if its end is not known.
    pub measured: Duration,
    /// From the start of the attempt before.
    pub from_start: Duration,
    /// What the provider documents.
    pub documented: Option<Duration>,
}

impl Gap {
    /// The gap between two deliveries of one event. `documented` is the provider's whole schedule,
    /// the gap after attempt 1 first.
    #[must_use]
    pub fn between(earlier: &Delivery, later: &Delivery, documented: &[Duration]) -> Self {
        let arrived = later.request().times.arrived;
        let from_start = clock::between(earlier.request().times.arrived, arrived);
        let end = earlier.settlement.map(|settlement| settlement.at);
        Self {
            measured: end.map_or(from_start, |end| clock::between(end, arrived)),
            from_start,
            documented: step(earlier, later, documented),
        }
    }
}

/// The documented gap, when the later attempt is the one right after the earlier.
fn step(earlier: &Delivery, later: &Delivery, documented: &[Duration]) -> Option<Duration> {
    let number = |delivery: &Delivery| {
        let arrival = &delivery.arrival;
        arrival
            .recognition
            .attempt
            .unwrap_or(arrival.sighting.arrival)
    };
    let before = number(earlier);
    (number(later) == before.checked_add(1)?)
        .then(|| {
            documented
                .get(usize::try_from(before).ok()?.checked_sub(1)?)
                .copied()
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use crate::export::samples;

    use super::*;

    const DOCUMENTED: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

    #[test]
    fn a_gap_is_measured_from_our_answer_and_from_the_start() {
        let gap = Gap::between(&samples::find_email(), &samples::retry(), &DOCUMENTED);
        assert_eq!(gap.measured, Duration::from_micros(1_014_900));
        assert_eq!(gap.from_start, Duration::from_millis(1_018));
        assert_eq!(gap.documented, Some(Duration::from_secs(1)));
    }

    #[test]
    fn an_attempt_that_was_not_seen_leaves_no_documented_gap() {
        let mut third = samples::retry();
        samples::change(&mut third, |arrival| arrival.recognition.attempt = Some(3));
        let gap = Gap::between(&samples::find_email(), &third, &DOCUMENTED);
        assert_eq!(gap.documented, None);
    }
}
