//! How much faster than in life a schedule is played.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A factor: `100x` plays an hour in 36 seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

/// A text that is no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a speed such as 100x, 10x or 0.5x (0.001x to 1000000x)")]
pub struct BadSpeed(String);

impl Speed {
    /// As in life.
    pub const LIFE: Self = Self(1.0);

    /// A factor from 0.001 to a million.
    #[must_use]
    pub fn new(factor: f64) -> Option<Self> {
        (0.001..=1_000_000.0)
            .contains(&factor)
            .then_some(Self(factor))
    }

    /// How long this takes at this speed.
    #[must_use]
    pub fn shrink(self, time: Duration) -> Duration {
        Duration::try_from_secs_f64(time.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}x", self.0)
    }
}

impl FromStr for Speed {
    type Err = BadSpeed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix('x').unwrap_or(text);
        let factor = number.parse().ok().and_then(Self::new);
        factor.ok_or_else(|| BadSpeed(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_speed_is_a_factor_with_or_without_its_x() {
        assert_eq!("100x".parse(), Ok(Speed(100.0)));
        assert_eq!("0.5".parse(), Ok(Speed(0.5)));
        for wrong in ["", "x", "0x", "-1x", "NaNx", "infx", "1e9x", "2xx"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_speed_reads_back_as_it_is_printed(factor in 0.001..1_000_000.0) {
            let speed = Speed::new(factor).unwrap();
            prop_assert_eq!(speed.to_string().parse(), Ok(speed));
        }
    }
}
