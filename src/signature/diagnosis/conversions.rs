//! What happens to a body's bytes on the way, turned round.

use std::io::Read;

/// A decompressed body is looked at up to this size.
const MOST_DECOMPRESSED: u64 = 8 << 20;

/// CRLF as LF; `None` when there is none.
pub(super) fn line_feeds(body: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(body, b"\r\n")?;
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memmem::find(rest, b"\r\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// LF as CRLF; `None` when there is none.
pub(super) fn carriage_returns(body: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\n', body)?;
    let mut out = Vec::with_capacity(body.len() + body.len() / 16);
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        match line {
            [.., b'\r', b'\n'] => out.extend_from_slice(line),
            [text @ .., b'\n'] => {
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            last => out.extend_from_slice(last),
        }
    }
    Some(out)
}

/// Undoes gzip or zlib, within bounds.
pub(super) fn decompress(body: &[u8]) -> Option<Vec<u8>> {
    match body {
        [0x1f, 0x8b, ..] => bounded(flate2::read::MultiGzDecoder::new(body)),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => bounded(flate2::read::ZlibDecoder::new(body)),
        _ => None,
    }
}

fn bounded(decoder: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    decoder
        .take(MOST_DECOMPRESSED + 1)
        .read_to_end(&mut out)
        .ok()?;
    (out.len() as u64 <= MOST_DECOMPRESSED).then_some(out)
}

/// UTF-8 that was read as Latin-1 and written as UTF-8, as it was before; `None` when it was not.
pub(super) fn from_latin1(body: &[u8]) -> Option<Vec<u8>> {
    if body.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn line_ends_are_converted_whole() {
        assert_eq!(line_feeds(b"a\r\nb\rc\r\n").unwrap(), b"a\nb\rc\n");
        assert_eq!(carriage_returns(b"a\r\nb\nc").unwrap(), b"a\r\nb\r\nc");
        assert_eq!(line_feeds(b"a\n"), None);
        assert_eq!(carriage_returns(b"a\r"), None);
    }

    #[test]
    fn a_compressed_body_is_opened_and_a_bomb_is_not() {
        let squeeze = |bytes: &[u8]| {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(decompress(&squeeze(b"{}")).unwrap(), b"{}");
        assert_eq!(decompress(&squeeze(&vec![0; 9 << 20])), None);
        assert_eq!(
            decompress(&squeeze(b"{}")[..12]),
            None,
            "a stream cut short"
        );
        assert_eq!(decompress(b"plain"), None);
    }

    #[test]
    fn text_that_was_encoded_twice_is_brought_back() {
        assert_eq!(from_latin1("Ã©".as_bytes()).unwrap(), "é".as_bytes());
        assert_eq!(from_latin1("林".as_bytes()), None);
        assert_eq!(from_latin1(b"e"), None);
    }
}
