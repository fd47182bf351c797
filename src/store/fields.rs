//! Field lines as bytes: `name: value` and a line end each, as they look on the wire.

use bytes::Bytes;

use crate::delivery::Header;

/// The field lines of named values, or nothing if there are none. A byte that would begin another
/// line or another value becomes a blank or an underscore, as it could not have been sent.
pub(super) fn write<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Option<Vec<u8>> {
    let mut lines = Vec::new();
    for (name, value) in fields {
        lines.extend(name.iter().map(|byte| match byte {
            b':' | b'\r' | b'\n' => b'_',
            other => *other,
        }));
        lines.extend_from_slice(b": ");
        lines.extend(value.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        }));
        lines.extend_from_slice(b"\r\n");
    }
    (!lines.is_empty()).then_some(lines)
}

/// The headers of field lines that [`write()`] made.
pub(super) fn read(lines: &Bytes) -> Vec<Header> {
    let mut headers = Vec::new();
    let mut rest = lines.clone();
    while let Some(end) = memchr::memmem::find(&rest, b"\r\n") {
        let line = rest.split_to(end);
        let _ = rest.split_to(2);
        if let Some(colon) = memchr::memmem::find(&line, b": ") {
            headers.push(Header {
                name: line.slice(..colon),
                value: line.slice(colon + 2..),
            });
        }
    }
    headers
}
