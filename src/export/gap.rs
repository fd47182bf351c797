//! The time between two attempts of one event: as measured, and as documented.

use std::time::Duration;

use jiff::Timestamp;

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

/// What a gap needs to know of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it came.
    pub arrived: Timestamp,
    /// When its answer ended, if it did.
    pub ended: Option<Timestamp>,
    /// The sender's attempt counter, or which arrival of its event it is.
    pub number: u32,
}

impl From<&Delivery> for Place {
    fn from(delivery: &Delivery) -> Self {
        let arrival = &delivery.arrival;
        let counted = arrival.recognition.attempt;
        Self {
            arrived: delivery.request().times.arrived,
            ended: delivery.settlement.map(|settlement| settlement.at),
            number: counted.unwrap_or(arrival.sighting.arrival),
        }
    }
}

impl Gap {
    /// The gap between two deliveries of one event. `documented` is the provider's whole schedule,
    /// the gap after attempt 1 first.
    #[must_use]
    pub fn between(earlier: Place, later: Place, documented: &[Duration]) -> Self {
        let from_start = clock::between(earlier.arrived, later.arrived);
        let end = earlier.ended;
        Self {
            measured: end.map_or(from_start, |end| clock::between(end, later.arrived)),
            from_start,
            documented: step(earlier.number, later.number, documented),
        }
    }
}

/// The documented gap, when the later attempt is the one right after the earlier.
fn step(earlier: u32, later: u32, documented: &[Duration]) -> Option<Duration> {
    let is_next = earlier.checked_add(1) == Some(later);
    let index = usize::try_from(earlier).ok()?.checked_sub(1)?;
    documented.get(index).copied().filter(|_| is_next)
}

#[cfg(test)]
mod tests {
    use crate::export::samples;

    use super::*;

    const DOCUMENTED: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

    fn between(earlier: &Delivery, later: &Delivery) -> Gap {
        Gap::between(earlier.into(), later.into(), &DOCUMENTED)
    }

    #[test]
    fn a_gap_is_measured_from_our_answer_and_from_the_start() {
        let gap = between(&samples::find_email(), &samples::retry());
        assert_eq!(gap.measured, Duration::from_micros(1_014_900));
        assert_eq!(gap.from_start, Duration::from_millis(1_018));
        assert_eq!(gap.documented, Some(Duration::from_secs(1)));
    }

    #[test]
    fn an_attempt_that_was_not_seen_leaves_no_documented_gap() {
        let mut third = samples::retry();
        samples::change(&mut third, |arrival| arrival.recognition.attempt = Some(3));
        let gap = between(&samples::find_email(), &third);
        assert_eq!(gap.documented, None);
    }
}
