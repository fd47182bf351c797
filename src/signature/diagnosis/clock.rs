//! Signatures that are right, from a time that is not.

use std::time::Duration;

use crate::delivery::{Confidence, Finding, Reason, Verdict};
use crate::signature::header;
use crate::text;

use super::Case;
use super::cause::{Cause, finding};

/// Two ages this close come from one clock that is off.
const SAME_OFFSET: u64 = 5;
/// Time zones differ by quarters of an hour, up to fourteen hours.
const QUARTER: u64 = 15 * 60;
const FURTHEST_ZONE: u64 = 14 * 60 * 60;
/// A timestamp in another unit still names about today.
const DECADE: u64 = 10 * 366 * 24 * 60 * 60;

/// What the age of a refused timestamp tells. `matches` says whether the MAC is right.
pub(super) fn finding_for(case: &Case<'_>, verdict: &Verdict) -> Option<Finding> {
    let age = verdict.age_seconds?;
    if !matches!(
        verdict.reason,
        Reason::TimestampTooOld | Reason::TimestampInFuture
    ) {
        return None;
    }
    let matches = verdict.signature_matches_ignoring_time == Some(true);
    let (cause, confidence) = cause(case, age);
    let confidence = if matches { confidence } else { Confidence::Low };
    Some(finding(&[cause], matches, confidence))
}

fn cause(case: &Case<'_>, age: i64) -> (Cause, Confidence) {
    let off = age.unsigned_abs();
    let span = text::duration(Duration::from_secs(off));
    let limit = text::duration(case.tolerance);
    let side = if age > 0 {
        "old"
    } else {
        "ahead of this clock"
    };
    if let Some(unit) = other_unit(case) {
        let cause = Cause::new(
            "timestamp_milliseconds",
            format!("t is in {unit}, not in seconds."),
            "send t in whole seconds: Math.floor(Date.now() / 1000) in JavaScript, int(time.time()) in Python",
        );
        return (cause, Confidence::High);
    }
    if case
        .offsets
        .is_some_and(|seen| seen.abs_diff(age) <= SAME_OFFSET)
    {
        let cause = Cause::new(
            "clock_offset",
            format!(
                "t is {span} {side}, and so it was on other deliveries: the two clocks are {off} seconds apart."
            ),
            "set this machine's clock (timedatectl set-ntp true), or the sender's",
        );
        return (cause, Confidence::High);
    }
    if is_time_zone(off) {
        let cause = Cause::new(
            "timestamp_time_zone",
            format!(
                "t is {span} {side}, which is a whole number of quarter hours: a local time was taken for UTC."
            ),
            "take the seconds since 1970 from the clock itself: time.time() in Python (not utcnow().timestamp()), Date.now() in JavaScript",
        );
        return (cause, Confidence::Medium);
    }
    if age < 0 {
        let cause = Cause::new(
            "clock_behind",
            format!(
                "t is {span} ahead of this clock (limit {limit}): this machine's clock is slow, or the sender's is fast."
            ),
            "set this machine's clock (timedatectl set-ntp true)",
        );
        return (cause, Confidence::Medium);
    }
    let cause = Cause::new(
        "timestamp_stale",
        format!(
            "The request was signed {span} ago (limit {limit}): it was replayed or held back on the way (a tunnel's replay sends the old signature again), or this machine's clock is fast."
        ),
        "sign anew when sending a capture again (hook64 replay does, with the secret loaded); if every delivery is late, set the clock",
    );
    (cause, Confidence::Medium)
}

/// The unit in which `t` names about today, when that is not seconds.
fn other_unit(case: &Case<'_>) -> Option<&'static str> {
    let t = header::timestamped(case.head).ok()?.seconds;
    let now = case.now.as_second();
    [
        (1_000, "milliseconds"),
        (1_000_000, "microseconds"),
        (1_000_000_000, "nanoseconds"),
    ]
    .into_iter()
    .find(|(unit, _)| t >= 100_000_000_000 && (t / unit).abs_diff(now) < DECADE)
    .map(|(_, name)| name)
}

fn is_time_zone(off: u64) -> bool {
    let into = off % QUARTER;
    let nearest = into.min(QUARTER - into);
    (2 * QUARTER - SAME_OFFSET..=FURTHEST_ZONE + SAME_OFFSET).contains(&off)
        && nearest <= SAME_OFFSET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_quarters_of_an_hour_are_time_zones() {
        for off in [1800, 3600, 3603, 7198, 19_800, 20_700, 50_400] {
            assert!(is_time_zone(off), "{off}");
        }
        for off in [301, 900, 1700, 3700, 51_300, 86_400] {
            assert!(!is_time_zone(off), "{off}");
        }
    }
}
