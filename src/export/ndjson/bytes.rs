//! Bytes that are usually text: a string, or `{"base64":…}` when they are not UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::delivery::Header;
use crate::export::credentials::Credentials;

/// A string, or `{"base64":…}`.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_entry("base64", &STANDARD.encode(self.0))?;
        object.end()
    }
}

/// Field lines as pairs: order and repeats matter.
pub(super) fn pairs(headers: &[Header], credentials: Credentials) -> Vec<(Bytes<'_>, Bytes<'_>)> {
    headers
        .iter()
        .map(|header| (Bytes(&header.name), Bytes(credentials.value(header))))
        .collect()
}
