//! Sizes and durations in few words.
//!
//! For people only: JSON carries plain numbers.

use std::time::Duration;

/// A size: `216 B`, `1.2 KiB`, `25 MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let count = u128::from(count);
    let mut unit = 1024_u128;
    for name in UNITS {
        let tenths = (count * 10 + unit / 2) / unit;
        let whole = (count + unit / 2) / unit;
        if tenths < 100 && !tenths.is_multiple_of(10) {
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
        if whole < 1024 {
            return format!("{whole} {name}");
        }
        unit *= 1024;
    }
    format!("{count} B")
}

/// A duration: `2 ms`, `1.02 s`, `17 min`, `2 h 5 min`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let millis = (time.as_nanos() + 500_000) / 1_000_000;
    match millis {
        0 if !time.is_zero() => "<1 ms".to_owned(),
        0..1_000 => format!("{millis} ms"),
        1_000..9_995 => decimal((millis + 5) / 10, 100),
        9_995..59_950 => decimal((millis + 50) / 100, 10),
        _ => minutes((millis + 500) / 1000),
    }
}

/// `parts / per_second` seconds, without zeros at the end.
fn decimal(parts: u128, per_second: u128) -> String {
    let digits = if per_second == 100 { 2 } else { 1 };
    let text = format!("{}.{:0digits$}", parts / per_second, parts % per_second);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn minutes(seconds: u128) -> String {
    const MINUTE: u128 = 60;
    const HOUR: u128 = 60 * MINUTE;
    const DAY: u128 = 24 * HOUR;
    let (many, name, few, rest) = match seconds {
        0..600 => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
        600..HOUR => (seconds / MINUTE, "min", 0, ""),
        HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        _ => (seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    };
    if few == 0 {
        format!("{many} {name}")
    } else {
        format!("{many} {name} {few} {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_the_unit_that_fits() {
        let cases = [
            (0, "0 B"),
            (216, "216 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1229, "1.2 KiB"),
            (10 * 1024, "10 KiB"),
            (10 * 1024 - 1, "10 KiB"),
            (1024 * 1024 - 1, "1 MiB"),
            (25 << 20, "25 MiB"),
            (10 << 30, "10 GiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (count, expected) in cases {
            assert_eq!(bytes(count), expected, "{count}");
        }
    }

    #[test]
    fn durations_are_read_in_the_unit_that_fits() {
        let cases = [
            (0, "0 ms"),
            (400, "<1 ms"),
            (2_000, "2 ms"),
            (999_499, "999 ms"),
            (999_500, "1 s"),
            (1_016_000, "1.02 s"),
            (1_500_000, "1.5 s"),
            (9_994_000, "9.99 s"),
            (9_999_000, "10 s"),
            (12_340_000, "12.3 s"),
            (59_960_000, "1 min"),
            (90_000_000, "1 min 30 s"),
            (17 * 60_000_000 + 5_000_000, "17 min"),
            (125 * 60_000_000, "2 h 5 min"),
            (49 * 3_600_000_000, "2 d 1 h"),
        ];
        for (micros, expected) in cases {
            assert_eq!(
                duration(Duration::from_micros(micros)),
                expected,
                "{micros}"
            );
        }
    }
}
