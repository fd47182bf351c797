//! Where a request begins and ends in the bytes of its connection.
//!
//! hyper knows too, but it does not tell. This reader walks over the same bytes without touching
//! them, so that each head can be kept as it was sent and hyper never holds more than one request.

use super::chunks::{Chunks, Step, Why};

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// There is no body.
    None,
    /// `Content-Length`.
    Exact(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// How far a body has come.
#[derive(Debug)]
pub(super) enum Framing {
    /// So many bytes are missing.
    Exact(u64),
    /// In chunks.
    Chunked(Box<Chunks>),
}

/// What walking over some bytes showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// They all belong to this request, and there is more to come.
    More,
    /// The request ends before the byte at this place.
    End(usize),
    /// The byte at this place cannot stand there, and why not.
    Broken(usize, Why),
}

impl Framing {
    pub(super) fn new(length: Length) -> Self {
        match length {
            Length::None => Self::Exact(0),
            Length::Exact(bytes) => Self::Exact(bytes),
            Length::Chunked => Self::Chunked(Box::default()),
        }
    }

    /// Walks over the next bytes of the body.
    pub(super) fn walk(&mut self, bytes: &[u8]) -> Walk {
        match self {
            Self::Exact(missing) => {
                let here = bytes.len() as u64;
                if here < *missing {
                    *missing -= here;
                    return Walk::More;
                }
                // At most `here`, which is a length in memory.
                let end = usize::try_from(*missing).unwrap_or(bytes.len());
                *missing = 0;
                Walk::End(end)
            }
            Self::Chunked(chunks) => match chunks.walk(bytes) {
                Step::More => Walk::More,
                Step::End(at) => Walk::End(at),
                Step::Broken(at, why) => Walk::Broken(at, why),
            },
        }
    }
}

/// Where the head at the front of `bytes` ends, the blank line included; empty lines before it
/// belong to it. The first `seen` bytes were looked at before and held no end.
pub(super) fn head_end(bytes: &[u8], seen: usize) -> Option<usize> {
    let start = bytes
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    // The two line ends may lie on both sides of what was seen.
    let from = start.max(seen.saturating_sub(2));
    memchr::memchr_iter(b'\n', &bytes[from..])
        .map(|at| from + at + 1)
        .find_map(|line_end| match &bytes[line_end..] {
            [b'\n', ..] => Some(line_end + 1),
            [b'\r', b'\n', ..] => Some(line_end + 2),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_head_ends_after_its_blank_line_whatever_the_line_ends() {
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nA: b\r\n\r\nbody", 0), Some(24));
        assert_eq!(head_end(b"GET / HTTP/1.1\nA: b\n\nbody", 0), Some(21));
        assert_eq!(head_end(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", 0), Some(22));
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nA: b\r\n\r", 0), None);
        assert_eq!(head_end(b"\r\n\r\n", 0), None);
    }

    #[test]
    fn a_length_ends_exactly_there() {
        let mut framing = Framing::new(Length::Exact(5));
        assert_eq!(framing.walk(b"abc"), Walk::More);
        assert_eq!(framing.walk(b"deGET"), Walk::End(2));
    }

    #[test]
    fn an_unbelievable_length_is_only_a_number() {
        let mut framing = Framing::new(Length::Exact(u64::MAX));
        assert_eq!(framing.walk(b"abc"), Walk::More);
    }

    fn line() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            Just("\r\n"),
            Just("\n"),
            Just("A: b\r\n"),
            Just("A: b\n"),
            Just("\r"),
            Just("x")
        ]
    }

    proptest! {
        /// A place that httparse and this reader see differently would be a way to smuggle.
        #[test]
        fn httparse_sees_the_end_of_a_head_at_the_same_place(
            empty in 0_usize..3,
            lines in proptest::collection::vec(line(), 0..8),
        ) {
            let text = format!("{}GET / HTTP/1.1\r\n{}", "\r\n".repeat(empty), lines.concat());
            let mut fields = [httparse::EMPTY_HEADER; 16];
            let mut request = httparse::Request::new(&mut fields);
            if let Ok(httparse::Status::Complete(length)) = request.parse(text.as_bytes()) {
                prop_assert_eq!(head_end(text.as_bytes(), 0), Some(length));
            }
        }

        #[test]
        fn it_does_not_matter_in_which_pieces_a_head_arrives(cut in 0_usize..24) {
            let head = b"GET / HTTP/1.1\r\nA: b\r\n\r\nGET";
            let seen = head_end(&head[..cut], 0);
            prop_assert_eq!(seen, None);
            prop_assert_eq!(head_end(head, cut), Some(24));
        }
    }
}
