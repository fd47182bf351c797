//! Walking over a chunked body (RFC 9112, 7.1).
//!
//! As strict as hyper's decoder, which reads the same bytes after us: what one of the two refuses
//! is refused. Trailers are kept as they were sent; chunk extensions are skipped.

use bytes::Bytes;

use crate::delivery::Header;
use crate::delivery::head::MAX_HEADERS;

/// Bytes of all extensions of a body.
const MAX_EXTENSIONS: usize = 16 << 10;
/// Bytes of all trailers of a body.
const MAX_TRAILERS: usize = 16 << 10;

/// A chunked body, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    /// What all chunks so far say they hold, the current one included.
    announced: u64,
    extensions: usize,
    trailers: Vec<u8>,
}

/// Where in the grammar the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Size { digits: u8, size: u64 },
    BlankAfterSize { size: u64 },
    Extension { size: u64 },
    LineEnd { size: u64 },
    Data { missing: u64 },
    DataReturn,
    DataLineEnd,
    Trailer { line_start: usize },
}

impl Default for Place {
    fn default() -> Self {
        Self::Size { digits: 0, size: 0 }
    }
}

/// What walking over some bytes showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    More,
    End(usize),
    /// The byte at this place cannot stand there, and why not.
    Broken(usize, Why),
}

/// What is wrong with the framing, after "the chunk framing is wrong:".
pub(super) type Why = &'static str;

/// More trailers than a request may have headers.
pub(super) const TOO_MANY_TRAILERS: Why = "trailers that are too many";

/// What one byte does.
enum Next {
    Go(Place),
    End,
    Broken(Why),
}

impl Chunks {
    /// Walks over the next bytes.
    pub(super) fn walk(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        while at < bytes.len() {
            if let Place::Data { missing } = self.place {
                let here = (bytes.len() - at) as u64;
                if here < missing {
                    self.place = Place::Data {
                        missing: missing - here,
                    };
                    return Step::More;
                }
                // At most `here`, which is a length in memory.
                at += usize::try_from(missing).unwrap_or(0);
                self.place = Place::DataReturn;
                continue;
            }
            match self.next(bytes[at]) {
                Next::Go(place) => self.place = place,
                Next::End => return Step::End(at + 1),
                Next::Broken(why) => return Step::Broken(at, why),
            }
            at += 1;
        }
        Step::More
    }

    fn next(&mut self, byte: u8) -> Next {
        match (self.place, byte) {
            (Place::Size { digits, size }, _) if byte.is_ascii_hexdigit() => {
                match size.checked_mul(16) {
                    Some(shifted) => Next::Go(Place::Size {
                        digits: digits.saturating_add(1),
                        size: shifted + u64::from(hex_value(byte)),
                    }),
                    None => Next::Broken("a chunk size that is too large"),
                }
            }
            (Place::Size { digits: 0, .. }, _) => {
                Next::Broken("a chunk size that is no hexadecimal number")
            }
            (Place::Size { size, .. } | Place::BlankAfterSize { size }, b'\t' | b' ') => {
                Next::Go(Place::BlankAfterSize { size })
            }
            (Place::Size { size, .. } | Place::BlankAfterSize { size }, b';') => {
                Next::Go(Place::Extension { size })
            }
            (
                Place::Size { size, .. }
                | Place::BlankAfterSize { size }
                | Place::Extension { size },
                b'\r',
            ) => Next::Go(Place::LineEnd { size }),
            (Place::Extension { size }, _) if byte != b'\n' => {
                self.extensions += 1;
                if self.extensions < MAX_EXTENSIONS {
                    Next::Go(Place::Extension { size })
                } else {
                    Next::Broken("chunk extensions that are too long")
                }
            }
            (Place::LineEnd { size: 0 }, b'\n') => Next::Go(Place::Trailer { line_start: 0 }),
            (Place::LineEnd { size }, b'\n') => {
                self.announced = self.announced.saturating_add(size);
                Next::Go(Place::Data { missing: size })
            }
            (Place::DataReturn, b'\r') => Next::Go(Place::DataLineEnd),
            (Place::DataLineEnd, b'\n') => Next::Go(Place::default()),
            (Place::Trailer { line_start }, _) => self.trailer(line_start, byte),
            (Place::DataReturn | Place::DataLineEnd, _) => Next::Broken("no CRLF after a chunk"),
            _ => Next::Broken("something else than CRLF after a chunk size"),
        }
    }

    fn trailer(&mut self, line_start: usize, byte: u8) -> Next {
        if self.trailers.len() >= MAX_TRAILERS {
            return Next::Broken("trailers that are too long");
        }
        self.trailers.push(byte);
        if byte != b'\n' {
            return Next::Go(Place::Trailer { line_start });
        }
        match &self.trailers[line_start..] {
            b"\r\n" => Next::End,
            [.., b'\r', b'\n'] => Next::Go(Place::Trailer {
                line_start: self.trailers.len(),
            }),
            _ => Next::Broken("a trailer that does not end with CRLF"),
        }
    }

    /// How many bytes of data the sender has promised so far.
    pub(super) fn announced(&self) -> u64 {
        self.announced
    }

    /// The trailers as they were sent, or why they are none.
    pub(super) fn into_trailers(self) -> Result<Vec<Header>, Why> {
        if self.trailers.len() <= 2 {
            return Ok(Vec::new());
        }
        let raw = Bytes::from(self.trailers);
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        match httparse::parse_headers(&raw, &mut fields) {
            Ok(httparse::Status::Complete((_, fields))) => Ok(fields
                .iter()
                .map(|field| Header {
                    name: raw.slice_ref(field.name.as_bytes()),
                    value: raw.slice_ref(field.value),
                })
                .collect()),
            Err(httparse::Error::TooManyHeaders) => Err(TOO_MANY_TRAILERS),
            _ => Err("a trailer that is no header field"),
        }
    }
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(bytes: &[u8]) -> Step {
        Chunks::default().walk(bytes)
    }

    #[test]
    fn a_body_ends_after_its_last_chunk_and_trailers() {
        let body = b"5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nA: b\r\n\r\nPOST";
        assert_eq!(walk(body), Step::End(body.len() - 4));
        assert_eq!(walk(b"0\r\n\r\n"), Step::End(5));
        assert_eq!(walk(b"A \t;x\r\n0123456789\r\n"), Step::More);
    }

    #[test]
    fn what_another_reader_may_take_differently_is_broken() {
        for bad in [
            &b"0x2\r\nhi\r\n"[..],
            b"\r\n",
            b"-1\r\n",
            b"2\nhi\r\n",
            b"2\r\nhi\n0\r\n\r\n",
            b"2\r\nhi!\r\n",
            b"2;a\nb\r\nhi\r\n",
            b"2 2\r\nhi\r\n",
            b"10000000000000000\r\n",
            b"0\r\nA: b\n\r\n",
        ] {
            assert!(
                matches!(walk(bad), Step::Broken(..)),
                "{}",
                bad.escape_ascii()
            );
        }
    }

    #[test]
    fn endless_extensions_and_trailers_are_broken() {
        let mut extension = b"1;".to_vec();
        extension.resize(64 << 10, b'x');
        assert!(matches!(walk(&extension), Step::Broken(..)));
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(4000));
        assert!(matches!(walk(trailers.as_bytes()), Step::Broken(..)));
    }

    #[test]
    fn the_size_of_a_chunk_counts_before_its_data_is_there() {
        let mut chunks = Chunks::default();
        chunks.walk(b"3\r\nabc\r\n8000000000000000\r\n");
        assert_eq!(chunks.announced(), 3 + (1 << 63));
    }

    #[test]
    fn trailers_keep_their_spelling_and_order() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.walk(b"0\r\nB: 1\r\na: \xff\r\n\r\n"), Step::End(17));
        let trailers = chunks.into_trailers().unwrap();
        assert_eq!(
            trailers,
            [Header::new("B", "1"), Header::new("a", &b"\xff"[..])]
        );
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_a_body_arrives(
            cuts in proptest::collection::vec(1_usize..7, 0..30),
        ) {
            let body = b"5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nA: b\r\n\r\nGET /";
            let mut chunks = Chunks::default();
            let mut at = 0;
            for size in cuts.into_iter().chain(std::iter::repeat(100)) {
                let piece = &body[at..(at + size).min(body.len())];
                match chunks.walk(piece) {
                    Step::More => at += piece.len(),
                    Step::End(end) => {
                        prop_assert_eq!(at + end, body.len() - 5);
                        break;
                    }
                    Step::Broken(..) => prop_assert!(false),
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = walk(&bytes);
        }
    }
}
