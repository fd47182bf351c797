//! The body as it is looked at: decompressed where it was compressed, and with a word about that.

use std::borrow::Cow;

use bytes::Bytes;

use crate::delivery::Request;
use crate::export::body::{Coding, decoded};
use crate::text;

/// The bytes to look at, and what should be known about them.
#[must_use]
pub(super) fn shown(request: &Request) -> (Bytes, Option<String>) {
    let decoded = decoded(&request.head, &request.body);
    let note = match &decoded.coding {
        Coding::Identity => None,
        Coding::Decoded(name) => Some(format!("{name} undone for reading")),
        Coding::Cut(name) => Some(format!("{name} undone, cut at the size limit")),
        Coding::Damaged(name) => Some(format!("{name} undone up to where it is damaged")),
        Coding::WrongLabel(name) => Some(format!(
            "labelled {}, which it is not",
            text::line(name.as_bytes())
        )),
        Coding::Unknown(name) => Some(format!(
            "{} cannot be undone here",
            text::line(name.as_bytes())
        )),
    };
    let note = note.or_else(|| {
        request
            .defect
            .as_ref()
            .map(|defect| defect.why().to_owned())
    });
    let bytes = match decoded.bytes {
        Cow::Borrowed(_) => request.body.clone(),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    (bytes, note)
}
