//! The keys that may have signed instead of the loaded secrets as they are.

use crate::delivery::Scheme;
use crate::signature::digest;
use crate::signature::form::{assigned, strip_prefix_in_any_case, unquoted};
use crate::signature::secret::Secret;

use super::Case;
use super::cause::Cause;

const PREFIX: &str = "sk_whsec_";
const COPY_WHOLE: &str = "use the whole secret as text, sk_whsec_ included and nothing decoded";

/// What was done to a secret before it signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// As loaded.
    Literal,
    Trimmed,
    Unquoted,
    /// The value of `NAME=value`.
    Value,
    /// One of several, separated by commas.
    Item,
    WithoutBom,
    /// Another scheme's secret, as loaded.
    Other,
    WithNewline,
    WithCrLf,
    WithoutPrefix,
    WithPrefix,
    HexDecoded,
    Base64Decoded,
    LowerCase,
    UpperCase,
    /// No bytes at all.
    Empty,
}

impl Variant {
    /// Whether it is tried before the body's variants.
    pub(super) fn is_likely(self) -> bool {
        !matches!(
            self,
            Self::WithCrLf
                | Self::WithPrefix
                | Self::Base64Decoded
                | Self::LowerCase
                | Self::UpperCase
                | Self::Empty
        )
    }
}

/// A key to try, and what it was made of.
pub(super) struct Candidate {
    pub(super) variant: Variant,
    pub(super) secret: Secret,
    /// How the secret that it was made of is named to a person.
    label: String,
}

/// The loaded secrets first, as they are, then everything that could have become of them.
pub(super) fn candidates(case: &Case<'_>) -> Vec<Candidate> {
    let mut found = Candidates(Vec::new());
    let loaded: Vec<_> = case
        .secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .collect();
    for (index, secret) in loaded.iter().enumerate() {
        let label = label(secret, (loaded.len() > 1).then_some(index + 1));
        found.add(Variant::Literal, secret.expose(), &label);
    }
    for secret in case.other_secrets {
        found.add(Variant::Other, secret.expose(), &label(secret, None));
    }
    for (index, secret) in loaded.iter().enumerate() {
        let label = label(secret, (loaded.len() > 1).then_some(index + 1));
        found.cleaned(secret.expose(), &label);
        found.altered(secret.expose(), &label);
    }
    found.add(Variant::Empty, b"", "");
    found.0
}

/// A secret's place and last characters: all that may be said of it.
pub(super) fn label(secret: &Secret, number: Option<usize>) -> String {
    let hint = secret.last_four();
    match (number, hint.is_empty()) {
        (None, true) => "the secret".to_owned(),
        (None, false) => format!("the secret …{hint}"),
        (Some(number), true) => format!("secret {number}"),
        (Some(number), false) => format!("secret {number} (…{hint})"),
    }
}

struct Candidates(Vec<Candidate>);

impl Candidates {
    fn add(&mut self, variant: Variant, bytes: &[u8], label: &str) {
        let is_known = |candidate: &Candidate| candidate.secret.expose() == bytes;
        let is_needless = bytes.is_empty() && variant != Variant::Empty;
        if !is_needless && !self.0.iter().any(is_known) {
            self.0.push(Candidate {
                variant,
                secret: Secret::new(bytes),
                label: label.to_owned(),
            });
        }
    }

    /// What our secret would be without what does not belong to it.
    fn cleaned(&mut self, literal: &[u8], label: &str) {
        let mut clean = literal;
        let mut last = Variant::Trimmed;
        // Wrappings can lie in each other: NAME="secret" with a blank behind it.
        for _ in 0..4 {
            let steps = [
                (Variant::WithoutBom, clean.strip_prefix(b"\xef\xbb\xbf")),
                (Variant::Trimmed, Some(clean.trim_ascii())),
                (Variant::Value, assigned(clean)),
                (Variant::Unquoted, unquoted(clean)),
            ];
            let step = steps
                .into_iter()
                .find_map(|(variant, rest)| Some((variant, rest.filter(|rest| *rest != clean)?)));
            let Some((variant, rest)) = step else { break };
            (clean, last) = (rest, variant);
            self.add(last, clean, label);
        }
        if clean != literal {
            self.add(last, clean.trim_ascii(), label);
        }
        for item in literal.split(|&byte| byte == b',') {
            self.add(Variant::Item, item.trim_ascii(), label);
        }
    }

    /// What a signer may have made of it.
    fn altered(&mut self, literal: &[u8], label: &str) {
        let body = strip_prefix_in_any_case(literal, PREFIX)
            .or_else(|| strip_prefix_in_any_case(literal, "whsec_"));
        let material = body.unwrap_or(literal);
        self.add(Variant::WithNewline, &[literal, b"\n"].concat(), label);
        self.add(Variant::WithoutPrefix, material, label);
        if body.is_none() {
            self.add(
                Variant::WithPrefix,
                &[PREFIX.as_bytes(), literal].concat(),
                label,
            );
        }
        if let Some(decoded) = digest::from_hex(material) {
            self.add(Variant::HexDecoded, &decoded, label);
        }
        if let Some(decoded) = digest::from_base64(material) {
            self.add(Variant::Base64Decoded, &decoded, label);
        }
        self.add(Variant::LowerCase, &literal.to_ascii_lowercase(), label);
        let digits_upper =
            body.map(|digits| [PREFIX.as_bytes(), &digits.to_ascii_uppercase()].concat());
        if let Some(digits_upper) = digits_upper {
            self.add(Variant::UpperCase, &digits_upper, label);
        }
        self.add(Variant::UpperCase, &literal.to_ascii_uppercase(), label);
        self.add(Variant::WithCrLf, &[literal, b"\r\n"].concat(), label);
    }
}

impl Candidate {
    /// The variant in words, once a MAC has proved it.
    pub(super) fn cause(&self, scheme: Scheme) -> Option<Cause> {
        let label = &self.label;
        let (name, explanation, fix) = match self.variant {
            Variant::Literal => return None,
            Variant::Trimmed => (
                "secret_trimmed",
                format!("The signer's secret is {label} without the blanks around it."),
                "remove the blanks around the secret where it is loaded from",
            ),
            Variant::Unquoted => (
                "secret_unquoted",
                format!("The signer's secret is {label} without the quotes around it."),
                "remove the quotes around the secret where it is loaded from",
            ),
            Variant::Value => (
                "secret_after_equals",
                format!("The signer's secret is only what stands after the = in {label}."),
                "keep the value alone, without NAME=",
            ),
            Variant::Item => (
                "secret_list_item",
                format!("The signer's secret is one of the parts between the commas in {label}."),
                "write one secret a line",
            ),
            Variant::WithoutBom => (
                "secret_without_bom",
                format!("The signer's secret is {label} without the byte order mark before it."),
                "save the secret's file as UTF-8 without a byte order mark",
            ),
            Variant::Other => match scheme {
                Scheme::Sixtyfour => (
                    "secret_elan",
                    format!("The request was signed with {label}, which is loaded for ELAN."),
                    "load it for Sixtyfour too (--secret-file), or sign with the Sixtyfour secret",
                ),
                Scheme::Elan => (
                    "secret_sixtyfour",
                    format!("The request was signed with {label}, which is loaded for Sixtyfour."),
                    "load it for ELAN too (--elan-secret-file), or sign with the subscription's secret",
                ),
            },
            Variant::WithNewline | Variant::WithCrLf => (
                match self.variant {
                    Variant::WithNewline => "secret_with_newline",
                    _ => "secret_with_crlf",
                },
                format!("The signer's secret is {label} with a line end behind it."),
                "strip the line end where the signer reads its secret (printf or echo -n, .trim() in JavaScript, .strip() in Python)",
            ),
            Variant::WithoutPrefix => (
                "secret_without_prefix",
                format!("The signer left the prefix out of {label}."),
                COPY_WHOLE,
            ),
            Variant::WithPrefix => (
                "secret_with_prefix",
                format!("The signer's secret is {label} with sk_whsec_ in front."),
                "load the whole secret, sk_whsec_ included: the prefix is part of the key",
            ),
            Variant::HexDecoded => (
                "secret_hex_decoded",
                format!("The signer decoded the hex digits of {label} to bytes."),
                COPY_WHOLE,
            ),
            Variant::Base64Decoded => (
                "secret_base64_decoded",
                format!("The signer decoded {label} from base64."),
                COPY_WHOLE,
            ),
            Variant::LowerCase | Variant::UpperCase => (
                match self.variant {
                    Variant::LowerCase => "secret_lower_case",
                    _ => "secret_upper_case",
                },
                format!("The signer's secret is {label} in the other case."),
                "copy the secret exactly as shown: upper and lower case are different keys",
            ),
            Variant::Empty => (
                "secret_empty",
                "The request was signed with an empty secret: the signer's secret is not set."
                    .to_owned(),
                "set the secret where the request is signed (an unset environment variable reads as empty)",
            ),
        };
        Some(Cause::new(name, explanation, fix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(literal: &str) -> Vec<(Variant, Vec<u8>)> {
        let mut found = Candidates(Vec::new());
        found.cleaned(literal.as_bytes(), "");
        found.altered(literal.as_bytes(), "");
        let listed = found.0.into_iter();
        listed
            .map(|one| (one.variant, one.secret.expose().to_vec()))
            .collect()
    }

    #[test]
    fn wrappings_that_lie_in_each_other_are_all_taken_off() {
        let found = variants("\u{feff} export SECRET='abc ' ");
        assert!(found.iter().any(|(_, bytes)| bytes == b"abc"), "{found:?}");
    }

    #[test]
    fn a_secret_of_the_documented_form_is_turned_into_what_signers_make_of_it() {
        let digits = "00ff".repeat(16);
        let found = variants(&format!("{PREFIX}{digits}"));
        let has = |variant, bytes: &[u8]| found.contains(&(variant, bytes.to_vec()));
        assert!(has(Variant::WithoutPrefix, digits.as_bytes()));
        assert!(has(Variant::HexDecoded, &[0, 0xff].repeat(16)));
        assert!(has(
            Variant::WithNewline,
            format!("{PREFIX}{digits}\n").as_bytes()
        ));
        assert!(has(
            Variant::UpperCase,
            format!("{PREFIX}{}", digits.to_uppercase()).as_bytes()
        ));
        assert!(
            !found
                .iter()
                .any(|(variant, _)| *variant == Variant::WithPrefix)
        );
    }

    #[test]
    fn no_key_is_tried_twice() {
        let found = variants("secret");
        for (place, (_, bytes)) in found.iter().enumerate() {
            assert!(found[place + 1..].iter().all(|(_, other)| other != bytes));
        }
    }
}
