//! A length of time in a plan: a number and its unit, kept as they were typed.

use std::fmt;
use std::time::Duration;

/// The longest wait that a plan may ask for.
const MAX_MILLIS: u64 = 3_600_000;

/// A length of time, at most an hour, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    millis: u64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
}

/// Why a text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadSpan {
    /// Not a number and a unit.
    Form,
    /// Finer than a millisecond.
    TooFine,
    /// More than an hour.
    TooLong,
}

impl Unit {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            "m" | "min" => Self::Minutes,
            "h" => Self::Hours,
            _ => return None,
        })
    }

    fn millis(self) -> u64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
        }
    }
}

impl Span {
    /// Reads `2s`, `250ms`, `1.5s`, `10m`.
    pub(super) fn read(text: &str) -> Result<Self, BadSpan> {
        let end = text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = Unit::read(unit).ok_or(BadSpan::Form)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(BadSpan::Form);
        }
        let fraction = fraction.trim_end_matches('0');
        let scale = u32::try_from(fraction.len())
            .ok()
            .and_then(|digits| 10_u64.checked_pow(digits))
            .ok_or(BadSpan::TooFine)?;
        let digits: u128 = format!("{whole}{fraction}")
            .parse()
            .map_err(|_| BadSpan::TooLong)?;
        let scaled = digits
            .checked_mul(u128::from(unit.millis()))
            .ok_or(BadSpan::TooLong)?;
        if !scaled.is_multiple_of(u128::from(scale)) {
            return Err(BadSpan::TooFine);
        }
        let millis = u64::try_from(scaled / u128::from(scale)).ok();
        match millis.filter(|millis| *millis <= MAX_MILLIS) {
            Some(millis) => Ok(Self { millis, unit }),
            None => Err(BadSpan::TooLong),
        }
    }

    /// As the standard library has it.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.millis();
        let mut rest = self.millis % unit;
        write!(formatter, "{}", self.millis / unit)?;
        if rest > 0 {
            formatter.write_str(".")?;
        }
        // It ends, because the number was typed with an end.
        while rest > 0 {
            write!(formatter, "{}", rest * 10 / unit)?;
            rest = rest * 10 % unit;
        }
        formatter.write_str(self.unit.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, millis, printed) in [
            ("2s", 2_000, "2s"),
            ("250ms", 250, "250ms"),
            ("1.50s", 1_500, "1.5s"),
            ("0.001s", 1, "0.001s"),
            ("1.5m", 90_000, "1.5m"),
            ("2min", 120_000, "2m"),
            ("1h", 3_600_000, "1h"),
            ("0s", 0, "0s"),
        ] {
            let span = Span::read(text).unwrap();
            assert_eq!(span.duration(), Duration::from_millis(millis), "{text}");
            assert_eq!(span.to_string(), printed);
        }
    }

    #[test]
    fn anything_else_is_refused_for_its_reason() {
        for (text, why) in [
            ("", BadSpan::Form),
            ("s", BadSpan::Form),
            ("2", BadSpan::Form),
            ("2 s", BadSpan::Form),
            ("-2s", BadSpan::Form),
            (".5s", BadSpan::Form),
            ("1.s", BadSpan::Form),
            ("1.2.3s", BadSpan::Form),
            ("2d", BadSpan::Form),
            ("0.5ms", BadSpan::TooFine),
            ("1.0000000000000000000000001s", BadSpan::TooFine),
            ("3600.001s", BadSpan::TooLong),
            (
                "99999999999999999999999999999999999999999999s",
                BadSpan::TooLong,
            ),
        ] {
            assert_eq!(Span::read(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_time_reads_back_as_it_is_printed(number in 0_u64..3_600, tenths in 0_u8..10) {
            for unit in ["ms", "s", "m", "h"] {
                if let Ok(span) = Span::read(&format!("{number}.{tenths}{unit}")) {
                    prop_assert_eq!(Span::read(&span.to_string()), Ok(span));
                }
            }
        }
    }
}
