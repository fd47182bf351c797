//! Numbers with units as typed in a filter: sizes, durations, counts.
//!
//! Printed in the largest unit that keeps them exact, so that they read back the same.

use std::fmt::{self, Display};
use std::time::Duration;

/// A count of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(
    /// Bytes.
    pub u64,
);

/// Something that a filter can compare.
pub(super) trait Quantity: Copy + Ord {
    /// What it is called in an error, with examples.
    const EXPECTED: &'static str;

    /// Reads all of `text`.
    fn read(text: &str) -> Option<Self>;

    /// Writes it so that it reads back.
    fn write(self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Quantity for u64 {
    const EXPECTED: &'static str = "a number such as 3";

    fn read(text: &str) -> Option<Self> {
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_digits)
    }

    fn write(self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt(formatter)
    }
}

/// Units of size in bytes; the first of equal ones is printed.
const SIZES: &[(&str, u128)] = &[
    ("TiB", 1 << 40),
    ("T", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("G", 1_000_000_000),
    ("MiB", 1 << 20),
    ("M", 1_000_000),
    ("KiB", 1 << 10),
    ("k", 1_000),
    ("", 1),
    ("Ti", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("Gi", 1 << 30),
    ("GB", 1_000_000_000),
    ("Mi", 1 << 20),
    ("MB", 1_000_000),
    ("Ki", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Quantity for Size {
    const EXPECTED: &'static str = "a size such as 512, 10k or 1MiB";

    fn read(text: &str) -> Option<Self> {
        scaled(text, SIZES)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
    }

    fn write(self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(formatter, u128::from(self.0), SIZES)
    }
}

/// Units of time in nanoseconds; the first of equal ones is printed.
const TIMES: &[(&str, u128)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
    ("min", 60_000_000_000),
    ("µs", 1_000),
];

impl Quantity for Duration {
    const EXPECTED: &'static str = "a duration such as 250ms, 1.5s, 10m or 2h";

    fn read(text: &str) -> Option<Self> {
        let nanos = scaled(text, TIMES)?;
        let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
        let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
        Some(Self::new(seconds, rest))
    }

    fn write(self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(formatter, self.as_nanos(), TIMES)
    }
}

/// Reads `1.5k`: decimal digits and a unit, in whole parts of the smallest unit.
fn scaled(text: &str, units: &[(&str, u128)]) -> Option<u128> {
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, factor) = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    if whole.is_empty() || fraction.len() > 9 {
        return None;
    }
    let digits: u128 = [whole, fraction].concat().parse().ok()?;
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    Some(digits.checked_mul(*factor)? / divisor)
}

fn write_scaled(
    formatter: &mut fmt::Formatter<'_>,
    count: u128,
    units: &[(&str, u128)],
) -> fmt::Result {
    let fits = |(_, factor): &&(&str, u128)| count >= *factor && count.is_multiple_of(*factor);
    let smallest = || units.iter().find(|(_, factor)| *factor == 1);
    match units.iter().find(fits).or_else(smallest) {
        Some((unit, factor)) => write!(formatter, "{}{unit}", count / factor),
        None => write!(formatter, "{count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Written<Q>(Q);

    impl<Q: Quantity> Display for Written<Q> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write(formatter)
        }
    }

    #[test]
    fn k_is_a_thousand_and_ki_is_1024() {
        assert_eq!(Size::read("10k"), Some(Size(10_000)));
        assert_eq!(Size::read("10kb"), Some(Size(10_000)));
        assert_eq!(Size::read("1MiB"), Some(Size(1 << 20)));
        assert_eq!(Size::read("1.5Ki"), Some(Size(1536)));
        assert_eq!(Size::read("512"), Some(Size(512)));
        for wrong in [
            "",
            "k",
            "1.",
            ".5k",
            "1x",
            "-1",
            "1 k",
            "1.2.3",
            "99999999T",
            "+1",
        ] {
            assert_eq!(Size::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(Duration::read("10m"), Some(Duration::from_secs(600)));
        assert_eq!(Duration::read("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(Duration::read("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(Duration::read("10"), None);
        assert_eq!(u64::read("+3"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(size: u64, seconds in 0u64..1 << 40, nanos in 0u32..1_000_000_000, round: bool) {
            let size = Size(if round { size / 1000 * 1000 } else { size });
            prop_assert_eq!(Size::read(&Written(size).to_string()), Some(size));
            let time = Duration::new(seconds, if round { 0 } else { nanos });
            prop_assert_eq!(Duration::read(&Written(time).to_string()), Some(time));
        }
    }
}
