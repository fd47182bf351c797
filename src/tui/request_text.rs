//! A request as text that can be edited: head, blank line, body; and whether it still is one.

use bytes::Bytes;

use crate::delivery::{Head, Request};

/// The text that an editor is opened on.
#[must_use]
pub fn write(request: &Request) -> Bytes {
    let mut text = request.head.raw().to_vec();
    text.extend_from_slice(&request.body);
    Bytes::from(text)
}

/// Takes a text apart into its head and its body. Editors write line feeds where HTTP has CR LF,
/// and may add one at the end of the file; the head takes either, the body is taken as it is.
///
/// # Errors
/// When the head is none, in words.
pub fn read(text: &Bytes) -> Result<(Head, Bytes), String> {
    let (end, body) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|blank| memchr::memmem::find(text, blank).map(|at| (at, at + blank.len())))
        .min()
        .ok_or("there is no blank line after the headers")?;
    let lines = text[..end].split(|byte| *byte == b'\n');
    let mut raw = Vec::with_capacity(end + 64);
    for line in lines {
        raw.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(b"\r\n");
    let head = Head::parse(Bytes::from(raw)).map_err(|error| error.to_string())?;
    Ok((head, text.slice(body..)))
}

/// Whether a text is a request.
///
/// # Errors
/// When it is none, in words.
pub fn check(text: &Bytes) -> Result<(), String> {
    read(text).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_feeds_in_the_head_are_taken_and_the_body_is_left_as_it_is() {
        let text = Bytes::from_static(b"POST /x HTTP/1.1\nA: 1\n\n{\r\n\r\n}\n");
        let (head, body) = read(&text).unwrap();
        assert_eq!(head.method(), "POST");
        assert_eq!(head.headers().len(), 1);
        assert_eq!(&body[..], b"{\r\n\r\n}\n");
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        assert!(check(&Bytes::from_static(b"hello")).is_err());
        assert!(check(&Bytes::from_static(b"hello\n\n")).is_err());
    }
}
