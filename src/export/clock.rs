//! Points in time as text: RFC 3339 for machines and pipes, a short clock for people.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serializer;

/// How times are written.
#[derive(Debug, Clone)]
pub enum Clock {
    /// RFC 3339, UTC, with milliseconds.
    Rfc3339,
    /// Hours to milliseconds in this zone.
    Local(TimeZone),
}

impl Clock {
    /// The time of day: `14:02:03.412`, or the whole RFC 3339 time.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        match self {
            Self::Rfc3339 => rfc3339(at),
            Self::Local(zone) => local(at, zone, "%H:%M:%S%.3f"),
        }
    }

    /// The day too: `11-20 14:02:03`, or the whole RFC 3339 time.
    #[must_use]
    pub fn date_and_time(&self, at: Timestamp) -> String {
        match self {
            Self::Rfc3339 => rfc3339(at),
            Self::Local(zone) => local(at, zone, "%m-%d %H:%M:%S"),
        }
    }
}

fn local(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// `2026-11-20T14:02:03.412Z`
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The same, for serde's `serialize_with`.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

/// The same for a time that may be unknown (`null`).
///
/// # Errors
/// When the serializer fails.
pub fn serialize_option<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// How long from one time to a later one; nothing if the clock was set back in between.
#[must_use]
pub fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// Milliseconds with one decimal, as JSON carries durations.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

/// Seconds with at most two decimals and no blank: `1s`, `1.02s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    let hundredths = format!("{:.2}", time.as_secs_f64());
    let short = hundredths.trim_end_matches('0').trim_end_matches('.');
    format!("{short}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn machines_read_utc_with_milliseconds() {
        assert_eq!(
            rfc3339(at("2026-11-20T14:02:03.4129Z")),
            "2026-11-20T14:02:03.412Z"
        );
        assert_eq!(
            rfc3339(at("2026-11-20T15:02:03+01:00")),
            "2026-11-20T14:02:03.000Z"
        );
    }

    #[test]
    fn people_read_the_clock_on_their_wall() {
        let clock = Clock::Local(TimeZone::fixed(jiff::tz::offset(1)));
        assert_eq!(clock.time(at("2026-11-20T14:02:03.4129Z")), "15:02:03.412");
        assert_eq!(
            clock.date_and_time(at("2026-11-20T23:30:00Z")),
            "11-21 00:30:00"
        );
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_negative_time() {
        let (early, late) = (at("2026-11-20T14:00:00Z"), at("2026-11-20T14:00:01.5Z"));
        assert_eq!(between(early, late), Duration::from_millis(1_500));
        assert_eq!(between(late, early), Duration::ZERO);
    }

    #[test]
    fn seconds_are_short() {
        assert_eq!(seconds(Duration::from_millis(1_015)), "1.01s");
        assert_eq!(seconds(Duration::from_secs(16)), "16s");
        assert_eq!(seconds(Duration::from_millis(500)), "0.5s");
    }
}
