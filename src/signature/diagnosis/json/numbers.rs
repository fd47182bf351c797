//! How runtimes spell a number after they have read it.
//!
//! JavaScript, Go (into `any`) and PHP keep no difference between `1.0` and `1`; Python does.
//! What they lose cannot be guessed back: only the way from the received lexeme to theirs is taken.

use std::borrow::Cow;

/// Whose spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::signature::diagnosis) enum Numbers {
    /// The lexeme.
    AsReceived,
    /// `JSON.stringify(JSON.parse(…))`
    JavaScript,
    /// `json.dumps(json.loads(…))`
    Python,
    /// Go, decoded into `any`.
    Go,
    /// `json_encode(json_decode(…))`
    Php,
}

/// Whether every runtime reads the same number and spells it the same way: few digits, no exponent,
/// no zero at the end of a fraction.
pub(in crate::signature::diagnosis) fn is_plain(lexeme: &[u8]) -> bool {
    let digits = lexeme.strip_prefix(b"-").unwrap_or(lexeme);
    let mut parts = digits.splitn(2, |&byte| byte == b'.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    let are_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let is_whole = are_digits(whole) && (whole == b"0" || whole[0] != b'0');
    let is_fraction = fraction.is_none_or(|fraction| {
        // Small numbers get an exponent, earlier in some runtimes than in others.
        are_digits(fraction) && !fraction.ends_with(b"0") && !fraction.starts_with(b"000")
    });
    lexeme.len() <= 15 && is_whole && is_fraction && lexeme != b"-0"
}

impl Numbers {
    /// The number in this spelling; as it came if it cannot be read.
    pub(in crate::signature::diagnosis) fn spell(self, lexeme: &str) -> Cow<'_, str> {
        let is_integer = !lexeme.contains(['.', 'e', 'E']);
        if self == Self::AsReceived || is_plain(lexeme.as_bytes()) {
            return Cow::Borrowed(lexeme);
        }
        let spelled = match self {
            Self::AsReceived => None,
            Self::JavaScript => javascript(lexeme),
            Self::Python if is_integer => Some(python_integer(lexeme)),
            Self::Python => python_float(lexeme),
            Self::Go => Decimal::read(lexeme).map(|number| number.ecmascript()),
            Self::Php if is_integer && lexeme.parse::<i64>().is_ok() => None,
            Self::Php => Decimal::read(lexeme).map(|number| number.php()),
        };
        spelled.map_or(Cow::Borrowed(lexeme), Cow::Owned)
    }
}

fn javascript(lexeme: &str) -> Option<String> {
    let value: f64 = lexeme.parse().ok()?;
    if value.is_infinite() {
        return Some("null".to_owned());
    }
    if value == 0.0 {
        return Some("0".to_owned());
    }
    Decimal::read(lexeme).map(|number| number.ecmascript())
}

fn python_integer(lexeme: &str) -> String {
    if lexeme == "-0" { "0" } else { lexeme }.to_owned()
}

fn python_float(lexeme: &str) -> Option<String> {
    let value: f64 = lexeme.parse().ok()?;
    if value.is_infinite() {
        return Some(if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned());
    }
    Decimal::read(lexeme).map(|number| number.python())
}

/// The shortest digits that read back as the same 64-bit float: `0.DIGITS * 10^point`.
struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

impl Decimal {
    fn read(lexeme: &str) -> Option<Self> {
        let value: f64 = lexeme.parse().ok()?;
        if !value.is_finite() {
            return None;
        }
        let scientific = format!("{:e}", value.abs());
        let (digits, exponent) = scientific.split_once('e')?;
        Some(Self {
            negative: value.is_sign_negative(),
            digits: digits.replace('.', ""),
            point: exponent.parse::<i32>().ok()? + 1,
        })
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// Without an exponent, and without a fraction when there is none.
    fn plain(&self) -> String {
        let count = i32::try_from(self.digits.len()).unwrap_or(i32::MAX);
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
        let (sign, digits) = (self.sign(), &self.digits);
        if self.point <= 0 {
            format!("{sign}0.{}{digits}", zeros(-self.point))
        } else if self.point >= count {
            format!("{sign}{digits}{}", zeros(self.point - count))
        } else {
            let (whole, fraction) =
                digits.split_at(usize::try_from(self.point).unwrap_or_default());
            format!("{sign}{whole}.{fraction}")
        }
    }

    /// With an exponent of at least `width` digits; `one` follows a single digit.
    fn scientific(&self, width: usize, one: &str) -> String {
        let (first, rest) = self.digits.split_at(1);
        let fraction = if rest.is_empty() {
            one.to_owned()
        } else {
            format!(".{rest}")
        };
        let exponent = self.point - 1;
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        let magnitude = exponent.unsigned_abs();
        format!(
            "{}{first}{fraction}e{exponent_sign}{magnitude:0width$}",
            self.sign()
        )
    }

    fn ecmascript(&self) -> String {
        if (-5..=21).contains(&self.point) {
            self.plain()
        } else {
            self.scientific(1, "")
        }
    }

    fn python(&self) -> String {
        if !(-3..=16).contains(&self.point) {
            return self.scientific(2, "");
        }
        let plain = self.plain();
        if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        }
    }

    fn php(&self) -> String {
        if (-3..=17).contains(&self.point) {
            self.plain()
        } else {
            self.scientific(1, ".0")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_runtime_spells_numbers_as_it_does() {
        // lexeme, JavaScript, Python, Go, PHP: as these runtimes print them.
        let table = [
            ("1", "1", "1", "1", "1"),
            ("1.0", "1", "1.0", "1", "1"),
            ("1E5", "100000", "100000.0", "100000", "100000"),
            ("-0", "0", "0", "-0", "-0"),
            ("-0.0", "0", "-0.0", "-0", "-0"),
            ("0.10", "0.1", "0.1", "0.1", "0.1"),
            ("123.4560", "123.456", "123.456", "123.456", "123.456"),
            (
                "1e16",
                "10000000000000000",
                "1e+16",
                "10000000000000000",
                "10000000000000000",
            ),
            (
                "1e15",
                "1000000000000000",
                "1000000000000000.0",
                "1000000000000000",
                "1000000000000000",
            ),
            ("0.0001", "0.0001", "0.0001", "0.0001", "0.0001"),
            ("0.00001", "0.00001", "1e-05", "0.00001", "1.0e-5"),
            ("0.0000001", "1e-7", "1e-07", "1e-7", "1.0e-7"),
            ("1.5e21", "1.5e+21", "1.5e+21", "1.5e+21", "1.5e+21"),
            (
                "123456789012345678901",
                "123456789012345680000",
                "123456789012345678901",
                "123456789012345680000",
                "1.2345678901234568e+20",
            ),
            (
                "9007199254740993",
                "9007199254740992",
                "9007199254740993",
                "9007199254740992",
                "9007199254740993",
            ),
            ("5e-324", "5e-324", "5e-324", "5e-324", "5.0e-324"),
            ("1e999", "null", "Infinity", "1e999", "1e999"),
        ];
        for (lexeme, javascript, python, go, php) in table {
            assert_eq!(Numbers::AsReceived.spell(lexeme), lexeme);
            assert_eq!(Numbers::JavaScript.spell(lexeme), javascript, "{lexeme}");
            assert_eq!(Numbers::Python.spell(lexeme), python, "{lexeme}");
            assert_eq!(Numbers::Go.spell(lexeme), go, "{lexeme}");
            assert_eq!(Numbers::Php.spell(lexeme), php, "{lexeme}");
        }
    }

    #[test]
    fn a_plain_number_is_one_that_all_spell_alike() {
        for plain in ["0", "-12", "123456789012345", "0.5", "-1.25", "0.001"] {
            assert!(is_plain(plain.as_bytes()), "{plain}");
        }
        for special in [
            "-0",
            "1.0",
            "1e5",
            "0.0001",
            "1234567890123456",
            "01",
            ".5",
            "1.",
            "-",
        ] {
            assert!(!is_plain(special.as_bytes()), "{special}");
        }
    }

    #[test]
    fn what_is_no_number_stays_as_it_is() {
        for lexeme in ["-", "1.2.3", "1e", "--1", "1e+-5", "1-2"] {
            for numbers in [
                Numbers::JavaScript,
                Numbers::Python,
                Numbers::Go,
                Numbers::Php,
            ] {
                assert_eq!(numbers.spell(lexeme), lexeme);
            }
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_spelled_alike_the_long_way_too(lexeme in "-?[0-9]{1,9}(\\.[0-9]{1,6})?") {
            if is_plain(lexeme.as_bytes()) {
                let number = Decimal::read(&lexeme).unwrap();
                prop_assert_eq!(&number.ecmascript(), &lexeme);
                prop_assert_eq!(&number.php(), &lexeme);
                if lexeme.contains('.') {
                    prop_assert_eq!(&number.python(), &lexeme);
                }
            }
        }

        #[test]
        fn every_spelling_of_a_float_reads_back_as_the_same_float(value in any::<f64>()) {
            prop_assume!(value.is_finite());
            let lexeme = format!("{value:?}");
            for numbers in [Numbers::JavaScript, Numbers::Python, Numbers::Go, Numbers::Php] {
                let spelled = numbers.spell(&lexeme);
                prop_assert_eq!(spelled.parse::<f64>().unwrap(), value, "{}", spelled);
            }
        }
    }
}
