//! Text without the signing secrets that stand in it.
//!
//! A secret may end up where a name was expected: as a file's name, a command, a line of a
//! configuration. What repeats such text to a person must not repeat that.

use std::borrow::Cow;

use super::form::PREFIX;

/// Fewer digits than this are no secret.
const SHORTEST: usize = 12;

/// The text with all but the last four characters of each Sixtyfour secret left out.
#[must_use]
pub fn conceal(text: &str) -> Cow<'_, str> {
    let mut concealed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, after) = rest.split_at(at + PREFIX.len());
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric();
        let digits = after.bytes().take_while(|byte| is_digit(byte)).count();
        concealed.push_str(before);
        if digits >= SHORTEST {
            concealed.push('…');
            concealed.push_str(&after[digits - 4..digits]);
        } else {
            concealed.push_str(&after[..digits]);
        }
        rest = &after[digits..];
    }
    if concealed.is_empty() {
        return Cow::Borrowed(text);
    }
    concealed.push_str(rest);
    Cow::Owned(concealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_secret_only_the_last_four_characters_are_left() {
        let secret = format!("{PREFIX}{}beef", "0a".repeat(30));
        let text = format!("cannot read {secret}: \"{secret}\"");
        assert_eq!(
            conceal(&text),
            "cannot read sk_whsec_…beef: \"sk_whsec_…beef\""
        );
        assert!(!conceal(&format!("x{PREFIX}0123456789abc")).contains("0123"));
    }

    #[test]
    fn what_only_speaks_of_secrets_stays_as_it_is() {
        for text in ["", "sk_whsec_ and 64 hex digits", "sk_whsec_••••…5aea", "é"] {
            assert!(matches!(conceal(text), Cow::Borrowed(_)) || conceal(text) == text);
        }
    }
}
