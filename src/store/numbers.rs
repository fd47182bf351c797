//! Times, spans and counts as the 64-bit integers that SQLite holds; what does not fit is clamped.

use std::time::Duration;

use jiff::Timestamp;

pub(super) fn nanoseconds(at: Timestamp) -> i64 {
    clamped(at.as_nanosecond())
}

pub(super) fn timestamp(nanoseconds: i64) -> Timestamp {
    // Every 64-bit number of nanoseconds is a time that jiff knows.
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default()
}

/// The span from one time to another; negative when the clock was set back in between.
pub(super) fn between(from: Timestamp, to: Timestamp) -> i64 {
    nanoseconds(to).saturating_sub(nanoseconds(from))
}

pub(super) fn after(from: i64, span: i64) -> Timestamp {
    timestamp(from.saturating_add(span))
}

pub(super) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

pub(super) fn duration(span: i64) -> Duration {
    Duration::from_nanos(u64::try_from(span).unwrap_or(0))
}

pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}
