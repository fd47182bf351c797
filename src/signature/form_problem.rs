//! What is wrong with the form of a secret, each problem with its own words.
//!
//! A problem says how many characters there are and where, never which.

/// Why a secret does not have the documented form. The text is the `why` of an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// Nothing.
    #[error("it is empty")]
    Empty,
    /// Nothing but blanks.
    #[error("there are only blanks")]
    Blank,
    /// What the dashboard shows after the secret was created.
    #[error("it is the masked preview (sk_whsec_••••…{last_four}), not the secret")]
    MaskedPreview {
        /// The end of the preview, which is the end of the secret.
        last_four: String,
    },
    /// A key for the provider's API.
    #[error("it is an API key")]
    ApiKey,
    /// Quotes around it.
    #[error("there are quotes around it")]
    Quoted,
    /// Blanks, tabs or a carriage return before or after it.
    #[error("there are blanks {0} it")]
    Padded(Side),
    /// UTF-8 with a byte order mark.
    #[error("it starts with a byte order mark")]
    ByteOrderMark,
    /// A file in UTF-16, as some shells write it.
    #[error("the file is UTF-16 text, not UTF-8")]
    Utf16,
    /// `NAME=value`, copied whole from an environment file.
    #[error("it is a whole assignment (NAME=value), not the value alone")]
    Assignment,
    /// Right digits, no prefix.
    #[error("expected sk_whsec_ and 64 hex digits; found 64 hex digits without sk_whsec_")]
    MissingPrefix,
    /// Another provider's prefix.
    #[error("expected sk_whsec_ and 64 hex digits; found whsec_ without sk_")]
    OtherPrefix,
    /// The prefix in upper case.
    #[error("expected sk_whsec_ in lower case")]
    UpperCasePrefix,
    /// Fewer digits.
    #[error(
        "expected sk_whsec_ and 64 hex digits; found sk_whsec_ and {found} hex digits ({missing} missing)"
    )]
    TooShort {
        /// How many there are.
        found: usize,
        /// How many there should be besides.
        missing: usize,
    },
    /// More digits.
    #[error(
        "expected sk_whsec_ and 64 hex digits; found sk_whsec_ and {found} hex digits ({extra} too many)"
    )]
    TooLong {
        /// How many there are.
        found: usize,
        /// How many there are too many.
        extra: usize,
    },
    /// Digits in upper case: other bytes, so another key.
    #[error("expected sk_whsec_ and 64 hex digits in lower case; found upper-case digits")]
    UpperCaseDigits,
    /// Something that is no hexadecimal digit.
    #[error("expected sk_whsec_ and 64 hex digits; character {0} is not a hex digit")]
    NotHex(usize),
    /// The right digits, and something after them.
    #[error("expected sk_whsec_ and 64 hex digits; found {0} more characters after them")]
    Trailing(usize),
    /// More than ELAN allows.
    #[error("ELAN secrets have at most 255 characters; found {0}")]
    LongerThanElanAllows(usize),
    /// The other provider's secret.
    #[error("it is a Sixtyfour secret (sk_whsec_…)")]
    ForSixtyfour,
    /// Anything else.
    #[error("expected sk_whsec_ and 64 hex digits; found {0} other characters")]
    Unrecognised(usize),
}

/// Where blanks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In front.
    Before,
    /// Behind.
    After,
    /// Both.
    Around,
}

impl std::fmt::Display for Side {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Around => "around",
        })
    }
}

impl FormProblem {
    /// Its name in JSON and in the names of findings.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Blank => "blank",
            Self::MaskedPreview { .. } => "masked_preview",
            Self::ApiKey => "api_key",
            Self::Quoted => "quoted",
            Self::Padded(_) => "padded",
            Self::ByteOrderMark => "byte_order_mark",
            Self::Utf16 => "utf16",
            Self::Assignment => "assignment",
            Self::MissingPrefix => "missing_prefix",
            Self::OtherPrefix => "other_prefix",
            Self::UpperCasePrefix => "upper_case_prefix",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::UpperCaseDigits => "upper_case_digits",
            Self::NotHex(_) => "not_hex",
            Self::Trailing(_) => "trailing",
            Self::LongerThanElanAllows(_) => "longer_than_allowed",
            Self::ForSixtyfour => "for_sixtyfour",
            Self::Unrecognised(_) => "unrecognised",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Quoted => "write the secret without the quotes",
            Self::Padded(_) | Self::Blank => "write the secret without blanks around it",
            Self::ByteOrderMark => "save the file as UTF-8 without a byte order mark",
            Self::Utf16 => "save the file as UTF-8",
            Self::Assignment => "keep only what stands after the =",
            Self::MissingPrefix | Self::OtherPrefix => {
                "keep sk_whsec_ in front: the prefix is part of the key"
            }
            Self::UpperCasePrefix | Self::UpperCaseDigits => {
                "copy it again as shown: upper and lower case are different keys"
            }
            Self::ApiKey => {
                "use the signing secret instead: Settings > API Keys > Webhooks in the Sixtyfour dashboard"
            }
            Self::MaskedPreview { .. } => {
                "the secret is shown once, at creation; if it is lost, rotate it: Settings > API Keys > Webhooks in the Sixtyfour dashboard"
            }
            Self::ForSixtyfour => "load it as a Sixtyfour secret (--secret-file)",
            Self::LongerThanElanAllows(_) => {
                "use the secret that was given when the ELAN subscription was created"
            }
            Self::Empty
            | Self::TooShort { .. }
            | Self::TooLong { .. }
            | Self::NotHex(_)
            | Self::Trailing(_)
            | Self::Unrecognised(_) => {
                "copy it again; it is shown once, at creation: Settings > API Keys > Webhooks in the Sixtyfour dashboard"
            }
        }
    }

    /// Whether somebody may want to use such a secret all the same (`--any-secret`). Nobody wants
    /// an empty one: everybody could sign with it.
    #[must_use]
    pub fn can_be_meant(&self) -> bool {
        *self != Self::Empty
    }
}
