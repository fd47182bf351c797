//! Moments as short texts, UTC: cheap enough for every visible row.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

fn of_day(at: Timestamp) -> (i64, i64, i64, i64) {
    let millis = at.as_millisecond().rem_euclid(86_400_000);
    let seconds = millis / 1000;
    (
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1000,
    )
}

/// `14:02`
#[must_use]
pub(super) fn minutes(at: Timestamp) -> String {
    let (hours, minutes, ..) = of_day(at);
    format!("{hours:02}:{minutes:02}")
}

/// `14:02:08`
#[must_use]
pub(super) fn seconds(at: Timestamp) -> String {
    let (hours, minutes, seconds, _) = of_day(at);
    format!("{hours:02}:{minutes:02}:{seconds:02}")
}

/// `14:02:10.5`
#[must_use]
pub(super) fn tenths(at: Timestamp) -> String {
    let rounded = at + Duration::from_millis(50);
    let (.., millis) = of_day(rounded);
    format!("{}.{}", seconds(rounded), millis / 100)
}

/// `14:02:10.45`
#[must_use]
pub(super) fn hundredths(at: Timestamp) -> String {
    let (.., millis) = of_day(at);
    format!("{}.{:02}", seconds(at), millis / 10)
}

/// `14:02:10.449`
#[must_use]
pub(super) fn millis(at: Timestamp) -> String {
    let (.., millis) = of_day(at);
    format!("{}.{millis:03}", seconds(at))
}

/// `2026-11-20 14:02:06.449 UTC`
#[must_use]
pub(super) fn full(at: Timestamp) -> String {
    let date = TimeZone::UTC.to_datetime(at).date();
    format!("{date} {} UTC", millis(at))
}

/// The time from `earlier` to `later`; none at all when it is the other way round.
#[must_use]
pub(super) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// `00:16`
#[must_use]
pub(super) fn uptime(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Whole seconds left, the started one counted: `2 s`, `1 min 5 s`.
#[must_use]
pub(super) fn left(time: Duration) -> String {
    let seconds = whole(time);
    if seconds < 100 {
        format!("{seconds} s")
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// Whole seconds, the started one counted.
#[must_use]
pub(super) fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// How long ago: `40 s ago`, `17 min ago`.
#[must_use]
pub(super) fn ago(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0 if time.as_secs() == 0 => "just now".to_owned(),
        0 => format!("{} s ago", time.as_secs()),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// How long ago in at most eight columns: `17 min`.
#[must_use]
pub(super) fn age(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0 if time.as_secs() == 0 => "now".to_owned(),
        0 => format!("{} s", time.as_secs()),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// `+1.0s`, in at most five columns.
#[must_use]
pub(super) fn gap(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 9.95 {
        format!("+{seconds:.1}s")
    } else if seconds < 99.5 {
        format!("+{seconds:.0}s")
    } else if seconds < 5940.0 {
        format!("+{:.0}m", seconds / 60.0)
    } else {
        format!("+{:.0}h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let at: Timestamp = "2026-11-20T14:02:06.449Z".parse().unwrap();
        assert_eq!(minutes(at), "14:02");
        assert_eq!(hundredths(at), "14:02:06.44");
        assert_eq!(full(at), "2026-11-20 14:02:06.449 UTC");
        let before_1970: Timestamp = "1969-12-31T23:59:58Z".parse().unwrap();
        assert_eq!(seconds(before_1970), "23:59:58");
    }

    #[test]
    fn a_started_second_counts_as_left() {
        assert_eq!(left(Duration::from_millis(1_001)), "2 s");
        assert_eq!(left(Duration::ZERO), "0 s");
        assert_eq!(gap(Duration::from_secs(3600)), "+60m");
    }
}
