//! What some options of `send` take: rates, durations with a sign, and ids.

use std::str::FromStr;
use std::time::Duration;

use super::super::values::{LONGEST, Span};

/// How often something starts: `50/s`, `10/m`, `1/h`; a bare number is a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate(Duration);

impl Rate {
    /// The time from one start to the next.
    pub(super) fn every(self) -> Duration {
        self.0
    }
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a rate such as 50/s, 0.5/s or 10/m")]
pub(super) struct BadRate(String);

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadRate(text.to_owned());
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let seconds = match unit {
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(bad()),
        };
        let number: f64 = number.parse().map_err(|_| bad())?;
        let every = Duration::try_from_secs_f64(seconds / number).map_err(|_| bad())?;
        let is_rate = number > 0.0 && !every.is_zero() && every <= LONGEST;
        is_rate.then_some(Self(every)).ok_or_else(bad)
    }
}

/// How far a clock is off, in whole seconds: `-600s`, `+5m`, `90`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skew(pub(super) i64);

/// A text that is no skew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a skew in whole seconds such as -600s, +5m or 90s")]
pub(super) struct BadSkew(String);

impl FromStr for Skew {
    type Err = BadSkew;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadSkew(text.to_owned());
        let (sign, length) = match text.strip_prefix('-') {
            Some(length) => (-1, length),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let Span(length) = length.parse().map_err(|_| bad())?;
        let seconds = i64::try_from(length.as_secs()).map_err(|_| bad())?;
        if length.subsec_nanos() > 0 {
            return Err(bad());
        }
        Ok(Self(sign * seconds))
    }
}

/// An id that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event's id cannot be empty; without --event-id it is a new one")]
pub(super) struct EmptyId;

/// Reads an event's id: anything but nothing.
pub(super) fn event_id(text: &str) -> Result<String, EmptyId> {
    if text.trim().is_empty() {
        return Err(EmptyId);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn rates_read_as_people_write_them() {
        let every = |text: &str| text.parse::<Rate>().map(Rate::every);
        assert_eq!(every("50/s"), Ok(Duration::from_millis(20)));
        assert_eq!(every("0.5"), Ok(Duration::from_secs(2)));
        assert_eq!(every("10/m"), Ok(Duration::from_secs(6)));
        for wrong in [
            "", "0/s", "-1/s", "inf", "NaN/s", "5/d", "/s", "1e300/s", "1e-19/s",
        ] {
            assert!(every(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_skew_has_a_sign_and_whole_seconds() {
        assert_eq!("-600s".parse(), Ok(Skew(-600)));
        assert_eq!("+5m".parse(), Ok(Skew(300)));
        for wrong in ["", "-", "--5s", "1.5s", "-+5s"] {
            assert!(wrong.parse::<Skew>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_whole_number_of_seconds_is_a_skew(seconds in -1_000_000_i64..1_000_000) {
            prop_assert_eq!(format!("{seconds}s").parse(), Ok(Skew(seconds)));
        }

        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            let _ = text.parse::<Rate>();
            let _ = text.parse::<Skew>();
        }
    }
}
