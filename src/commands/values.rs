//! Durations, sizes and signers as they are written on the command line and in the configuration.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

use crate::delivery::{Provider, Scheme};
use crate::provider;

/// A length of time: `300s`, `1.5s`, `250ms`, `10m`, `2h`; a bare number is seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub Duration);

/// No wait is longer. A clock that is asked for more than it can count to would panic.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// A number of bytes: `4096`, `64KiB`, `25MiB`, `10GiB`; `k`, `M` and `G` alone mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size(pub u64);

/// A value that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadValue {
    /// Not a duration.
    #[error("\"{0}\" is not a duration such as 300s, 1.5s, 250ms or 10m")]
    Span(String),
    /// A duration, but of no use.
    #[error("\"{0}\" is longer than a hundred years")]
    LongSpan(String),
    /// Not a size.
    #[error("\"{0}\" is not a size such as 4096, 64KiB, 25MiB or 10GiB")]
    Size(String),
}

/// How many things at most: at least one, or nothing could ever be shown.
///
/// # Errors
/// When it is no such number.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|limit| *limit > 0)
        .ok_or_else(|| "it takes a whole number from 1".to_owned())
}

/// A provider that signs, as its scheme.
///
/// # Errors
/// When it is none.
pub(super) fn signer(text: &str) -> Result<Scheme, String> {
    let provider: Option<Provider> = text.parse().ok();
    provider
        .and_then(provider::scheme)
        .ok_or_else(|| "it is sixtyfour or elan".to_owned())
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    text.split_at(end)
}

impl FromStr for Span {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadValue::Span(text.to_owned());
        let (number, unit) = split_unit(text.trim());
        let number: f64 = number.parse().map_err(|_| bad())?;
        let seconds = match unit.trim() {
            "ms" => number / 1_000.0,
            "" | "s" => number,
            "m" | "min" => number * 60.0,
            "h" => number * 3_600.0,
            "d" => number * 86_400.0,
            _ => return Err(bad()),
        };
        if seconds > LONGEST.as_secs_f64() {
            return Err(BadValue::LongSpan(text.to_owned()));
        }
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(|_| bad())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}s", self.0.as_secs_f64())
    }
}

impl FromStr for Size {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadValue::Size(text.to_owned());
        let (number, unit) = split_unit(text.trim());
        let number: u64 = number.parse().map_err(|_| bad())?;
        let shift = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return Err(bad()),
        };
        number.checked_mul(1 << shift).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let unit = UNITS
            .into_iter()
            .find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift);
        match unit {
            Some((shift, name)) => write!(formatter, "{}{name}", self.0 >> shift),
            None => write!(formatter, "{}", self.0),
        }
    }
}

/// What stands for a quantity in a configuration.
#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, or a text such as \"25MiB\" or \"300s\""
)]
enum Written {
    Text(String),
    Whole(u64),
    Fraction(f64),
}

impl Written {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Fraction(number) => number.to_string(),
        }
    }
}

/// A list of values, or one that stands for itself.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(serde::Deserialize)]
    #[serde(untagged, expecting = "expected a text, or a list of texts")]
    enum Values<T> {
        One(T),
        Many(Vec<T>),
    }
    Ok(match Values::deserialize(deserializer)? {
        Values::One(value) => vec![value],
        Values::Many(values) => values,
    })
}

macro_rules! deserialize_from_text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let written = Written::deserialize(deserializer)?;
                written.text().parse().map_err(D::Error::custom)
            }
        }
    };
}

deserialize_from_text!(Span);
deserialize_from_text!(Size);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_and_sizes_read_as_people_write_them() {
        let span = |text: &str| text.parse::<Span>().map(|span| span.0);
        assert_eq!(span("300s"), Ok(Duration::from_secs(300)));
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(span("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(span("36600d"), Ok(LONGEST));
        assert!(span("36601d").is_err() && span("200000000000000d").is_err());
        assert!(span("-1s").is_err() && span("1 fortnight").is_err() && span("").is_err());
        let size = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(size("25MiB"), Ok(25 << 20));
        assert_eq!(size("10k"), Ok(10_240));
        assert!(size("99999999999TiB").is_err() && size("1.5M").is_err());
    }

    proptest! {
        #[test]
        fn a_size_reads_back_as_it_is_printed(bytes in any::<u64>()) {
            prop_assert_eq!(Size(bytes).to_string().parse(), Ok(Size(bytes)));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in ".*") {
            let _ = text.parse::<Span>();
            let _ = text.parse::<Size>();
        }
    }
}
