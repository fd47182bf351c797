//! Which form a secret has to have, and what is wrong with one that has not.

use super::form_problem::{FormProblem, Side};
use super::secret::Secret;

pub(super) const PREFIX: &str = "sk_whsec_";
const DIGITS: usize = 64;
const ELAN_LONGEST: usize = 255;

/// Whether a secret has the form of a Sixtyfour signing secret: `sk_whsec_` and 64 lower-case
/// hexadecimal digits.
///
/// # Errors
/// The first thing that is wrong with it, the most telling first.
pub fn form(secret: &Secret) -> Result<(), FormProblem> {
    let bytes = secret.expose();
    wrapping(bytes)?;
    let Some(after) = strip_prefix_in_any_case(bytes, PREFIX) else {
        return Err(without_prefix(bytes));
    };
    if is_masked(after) {
        return Err(masked(bytes));
    }
    if !bytes.starts_with(PREFIX.as_bytes()) {
        return Err(FormProblem::UpperCasePrefix);
    }
    digits(after)
}

/// Whether a secret can be one of ELAN's, which are whatever somebody chose.
///
/// # Errors
/// What is surely a mistake.
pub fn elan_form(secret: &Secret) -> Result<(), FormProblem> {
    let bytes = secret.expose();
    wrapping(bytes)?;
    if form(secret).is_ok() {
        return Err(FormProblem::ForSixtyfour);
    }
    let length = String::from_utf8_lossy(bytes).chars().count();
    if length > ELAN_LONGEST {
        return Err(FormProblem::LongerThanElanAllows(length));
    }
    Ok(())
}

/// What stands around a secret and does not belong to it, whichever the provider.
fn wrapping(bytes: &[u8]) -> Result<(), FormProblem> {
    if bytes.is_empty() {
        return Err(FormProblem::Empty);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FormProblem::Utf16);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(FormProblem::ByteOrderMark);
    }
    let trimmed = bytes.trim_ascii();
    if trimmed.is_empty() {
        return Err(FormProblem::Blank);
    }
    if trimmed.len() != bytes.len() {
        let before = bytes.trim_ascii_start().len() != bytes.len();
        let after = bytes.trim_ascii_end().len() != bytes.len();
        return Err(FormProblem::Padded(match (before, after) {
            (true, true) => Side::Around,
            (true, false) => Side::Before,
            _ => Side::After,
        }));
    }
    if unquoted(bytes).is_some() {
        return Err(FormProblem::Quoted);
    }
    if assigned(bytes).is_some() {
        return Err(FormProblem::Assignment);
    }
    Ok(())
}

/// What stands between a pair of quotes.
pub(super) fn unquoted(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] | [b'`', inner @ .., b'`'] => {
            Some(inner)
        }
        _ => None,
    }
}

/// The value of `NAME=value` or `export NAME=value`.
pub(super) fn assigned(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_prefix(b"export ").unwrap_or(bytes);
    let equals = memchr::memchr(b'=', bytes)?;
    let (name, value) = (&bytes[..equals], &bytes[equals + 1..]);
    let is_name = name.first().is_some_and(u8::is_ascii_uppercase)
        && name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    // Base64 ends with `=` and is no assignment.
    (is_name && !value.is_empty() && value != b"=").then_some(value)
}

/// What stands after a prefix, whatever its case.
pub(super) fn strip_prefix_in_any_case<'a>(bytes: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start
        .eq_ignore_ascii_case(prefix.as_bytes())
        .then_some(rest)
}

fn is_masked(after_prefix: &[u8]) -> bool {
    let text = String::from_utf8_lossy(after_prefix);
    let stars = text.contains(['•', '…', '*', '●', '∙', '·']);
    stars || text.contains("...") || text.to_ascii_lowercase().contains("xxxx")
}

fn masked(bytes: &[u8]) -> FormProblem {
    let text = String::from_utf8_lossy(bytes);
    let reversed: String = text
        .chars()
        .rev()
        .take(4)
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    FormProblem::MaskedPreview {
        last_four: reversed.chars().rev().collect(),
    }
}

fn without_prefix(bytes: &[u8]) -> FormProblem {
    let characters = String::from_utf8_lossy(bytes).chars().count();
    let all_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    if all_hex && bytes.len() == DIGITS {
        FormProblem::MissingPrefix
    } else if strip_prefix_in_any_case(bytes, "whsec_").is_some() {
        FormProblem::OtherPrefix
    } else if is_masked(bytes) {
        masked(bytes)
    } else if is_api_key(bytes) {
        FormProblem::ApiKey
    } else {
        FormProblem::Unrecognised(characters)
    }
}

/// API keys begin with a kind and an underscore (`sk_…`); none of them with `sk_whsec_`.
fn is_api_key(bytes: &[u8]) -> bool {
    ["sk_", "sk-", "pk_", "api_", "api-", "sf_", "bearer "]
        .iter()
        .any(|prefix| strip_prefix_in_any_case(bytes, prefix).is_some())
}

fn digits(after_prefix: &[u8]) -> Result<(), FormProblem> {
    let found = after_prefix.len();
    if let Some(at) = after_prefix
        .iter()
        .position(|byte| !byte.is_ascii_hexdigit())
    {
        return Err(if at >= DIGITS {
            FormProblem::Trailing(
                String::from_utf8_lossy(&after_prefix[DIGITS..])
                    .chars()
                    .count(),
            )
        } else {
            FormProblem::NotHex(PREFIX.len() + at + 1)
        });
    }
    if found < DIGITS {
        return Err(FormProblem::TooShort {
            found,
            missing: DIGITS - found,
        });
    }
    if found > DIGITS {
        return Err(FormProblem::TooLong {
            found,
            extra: found - DIGITS,
        });
    }
    if after_prefix.iter().any(u8::is_ascii_uppercase) {
        return Err(FormProblem::UpperCaseDigits);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(literal: impl AsRef<[u8]>) -> FormProblem {
        form(&Secret::new(literal)).unwrap_err()
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let digits = "0123456789abcdef".repeat(4);
        let right = format!("{PREFIX}{digits}");
        assert_eq!(form(&Secret::new(&right)), Ok(()));
        let table: &[(Vec<u8>, &str)] = &[
            (vec![], "it is empty"),
            (b"  \t".to_vec(), "there are only blanks"),
            (
                "sk_whsec_••••…5aea".into(),
                "it is the masked preview (sk_whsec_••••…5aea), not the secret",
            ),
            (
                b"sk_whsec_...".to_vec(),
                "it is the masked preview (sk_whsec_••••…), not the secret",
            ),
            (b"sk_live_51H".to_vec(), "it is an API key"),
            (format!("\"{right}\"").into(), "there are quotes around it"),
            (format!("'{right}'").into(), "there are quotes around it"),
            (format!(" {right}").into(), "there are blanks before it"),
            (format!("{right}\r").into(), "there are blanks after it"),
            (format!("\t{right} ").into(), "there are blanks around it"),
            (
                format!("\u{feff}{right}").into(),
                "it starts with a byte order mark",
            ),
            (
                b"\xff\xfes\0k\0".to_vec(),
                "the file is UTF-16 text, not UTF-8",
            ),
            (
                format!("export SECRET_2={right}").into(),
                "it is a whole assignment (NAME=value), not the value alone",
            ),
            (
                digits.clone().into(),
                "expected sk_whsec_ and 64 hex digits; found 64 hex digits without sk_whsec_",
            ),
            (
                format!("whsec_{digits}").into(),
                "expected sk_whsec_ and 64 hex digits; found whsec_ without sk_",
            ),
            (
                right.to_uppercase().into(),
                "expected sk_whsec_ in lower case",
            ),
            (
                right[..right.len() - 2].into(),
                "expected sk_whsec_ and 64 hex digits; found sk_whsec_ and 62 hex digits (2 missing)",
            ),
            (
                format!("{right}ab").into(),
                "expected sk_whsec_ and 64 hex digits; found sk_whsec_ and 66 hex digits (2 too many)",
            ),
            (
                format!("{PREFIX}{}", digits.to_uppercase()).into(),
                "expected sk_whsec_ and 64 hex digits in lower case; found upper-case digits",
            ),
            (
                right.replacen('5', "g", 1).into(),
                "expected sk_whsec_ and 64 hex digits; character 15 is not a hex digit",
            ),
            (
                format!("{right};x").into(),
                "expected sk_whsec_ and 64 hex digits; found 2 more characters after them",
            ),
            (
                b"hunter2".to_vec(),
                "expected sk_whsec_ and 64 hex digits; found 7 other characters",
            ),
        ];
        let mut names = Vec::new();
        for (literal, expected) in table {
            let problem = problem(literal);
            assert_eq!(problem.to_string(), *expected);
            assert!(!problem.fix().is_empty());
            names.push(problem.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 18, "names are one a problem: {names:?}");
    }

    #[test]
    fn an_elan_secret_may_be_anything_but_a_plain_mistake() {
        let wrong = |literal: &str| elan_form(&Secret::new(literal)).err();
        assert_eq!(wrong("elan-webhook-secret"), None);
        assert_eq!(wrong("two words"), None);
        assert_eq!(wrong("c2VjcmV0Cg=="), None, "base64 is no assignment");
        assert_eq!(wrong(""), Some(FormProblem::Empty));
        assert_eq!(wrong("'quoted'"), Some(FormProblem::Quoted));
        let sixtyfour = format!("{PREFIX}{}", "ab".repeat(32));
        assert_eq!(wrong(&sixtyfour), Some(FormProblem::ForSixtyfour));
        assert_eq!(wrong(&"é".repeat(255)), None);
        let long = "é".repeat(256);
        assert_eq!(wrong(&long), Some(FormProblem::LongerThanElanAllows(256)));
    }

    #[test]
    fn an_empty_secret_can_never_be_meant() {
        assert!(!FormProblem::Empty.can_be_meant());
        assert!(FormProblem::ApiKey.can_be_meant());
    }

    proptest! {
        #[test]
        fn a_message_never_holds_a_piece_of_the_secret(literal in "[g-z]{9}[!-~]{0,90}") {
            if let Err(problem) = form(&Secret::new(&literal)) {
                let shown = format!("{problem} {} {problem:?}", problem.fix());
                let head: String = literal.chars().take(9).collect();
                prop_assert!(!shown.contains(&head), "{shown}");
            }
        }

        #[test]
        fn only_the_prefix_and_64_lower_case_digits_have_the_form(literal in any::<Vec<u8>>()) {
            prop_assert!(form(&Secret::new(&literal)).is_err());
        }
    }
}
