//! The secrets a process was given, by scheme.

use crate::delivery::Scheme;

use super::secret::Secret;

/// The loaded secrets. The order is the order in which verdicts count them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring {
    /// For `Sixtyfour-Signature`.
    pub sixtyfour: Vec<Secret>,
    /// For `X-Webhook-Signature`.
    pub elan: Vec<Secret>,
}

impl Keyring {
    /// The secrets of one scheme.
    #[must_use]
    pub fn of(&self, scheme: Scheme) -> &[Secret] {
        match scheme {
            Scheme::Sixtyfour => &self.sixtyfour,
            Scheme::Elan => &self.elan,
        }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sixtyfour.is_empty() && self.elan.is_empty()
    }
}
