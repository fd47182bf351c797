//! Decimal numbers compared exactly, however many digits they have.
//!
//! A body's numbers are compared by their digits: `12345678901234567890123` and `1.10` lose nothing
//! to a floating-point type.

use std::cmp::Ordering;

/// A number as written in JSON: `0.digits` times ten to the power of `exponent`.
#[derive(Debug, Clone)]
pub struct Decimal {
    text: String,
    parts: Parts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    negative: bool,
    /// Significant digits, without zeros at either end; none for zero.
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a number in JSON's notation; anything else is `None`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_number = matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
            && serde_json::from_str::<&serde_json::value::RawValue>(text)
                .is_ok_and(|raw| raw.get() == text);
        is_number.then(|| Self {
            text: text.to_owned(),
            parts: Parts::of(text),
        })
    }

    /// The number as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Parts {
    /// The parts of a text that is a JSON number.
    fn of(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let end = digits.len()
            - digits
                .iter()
                .rev()
                .take_while(|digit| **digit == b'0')
                .count();
        let digits = digits.get(zeros..end).unwrap_or_default().to_vec();
        if digits.is_empty() {
            return Self {
                negative: false,
                digits,
                exponent: 0,
            };
        }
        let shift = i64::try_from(whole.len()).unwrap_or(i64::MAX)
            - i64::try_from(zeros).unwrap_or(i64::MAX);
        Self {
            negative,
            digits,
            exponent: exponent(power).saturating_add(shift),
        }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits)),
        }
    }
}

/// A power of ten; one beyond 64 bits counts as the largest.
fn exponent(text: &str) -> i64 {
    let limit = if text.starts_with('-') {
        i64::MIN / 2
    } else {
        i64::MAX / 2
    };
    text.parse::<i64>()
        .unwrap_or(limit)
        .clamp(i64::MIN / 2, i64::MAX / 2)
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.parts.negative, other.parts.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.parts.magnitude(&other.parts),
            (true, true) => other.parts.magnitude(&self.parts),
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::read(text).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_value_and_to_the_last_digit() {
        assert_eq!(number("1.10"), number("11e-1"));
        assert_eq!(number("-0"), number("0.00e5"));
        assert_eq!(number("1E5"), number("100000"));
        assert!(number("12345678901234567890123") > number("12345678901234567890122.9"));
        assert!(number("0.05") < number("0.5"));
        assert!(number("-2") < number("-1"));
        assert!(number("1e999999999999999999999") > number("9"));
        assert!(number("1e-999999999999999999999") < number("0.1"));
    }

    #[test]
    fn only_json_numbers_are_numbers() {
        for text in ["", "x", "01", "+1", ".5", "1.", "1 ", "\"1\"", "1e", "0x1"] {
            assert!(Decimal::read(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_orders_as_integers_do(left: i64, right: i64) {
            let order = number(&left.to_string()).cmp(&number(&right.to_string()));
            prop_assert_eq!(order, left.cmp(&right));
        }

        #[test]
        fn it_orders_as_floats_do(left in -1e9f64..1e9, right in -1e9f64..1e9) {
            let order = number(&format!("{left:?}")).cmp(&number(&format!("{right:e}")));
            prop_assert_eq!(Some(order), left.partial_cmp(&right));
        }
    }
}
