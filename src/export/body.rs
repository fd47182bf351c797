//! A body as its bytes, and with its `Content-Encoding` undone.
//!
//! A signature covers the bytes as sent, so decoding is for eyes only, and bounded: a few kilobytes
//! can pretend to be gigabytes.

use std::borrow::Cow;
use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::delivery::{Delivery, Head, Header};

/// How many times its size on the wire a body may become.
const MAX_RATIO: usize = 8;

/// A body may always become this large: small texts shrink to less than an eighth honestly.
const FREE_SIZE: usize = 64 * 1024;

/// No body becomes larger than this.
const MAX_SIZE: usize = 100 * 1024 * 1024;

/// The exact bytes, as sent.
#[must_use]
pub fn exact(delivery: &Delivery) -> Bytes {
    delivery.request().body.clone()
}

/// What became of a body's coding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// It has none.
    Identity,
    /// It was undone, whole.
    Decoded(&'static str),
    /// It was undone up to the limit.
    Cut(&'static str),
    /// It was undone up to where the stream is damaged or ends too early.
    Damaged(&'static str),
    /// The bytes are not in the coding that the head names: they are as sent.
    WrongLabel(String),
    /// It is none that is decoded here, or several at once: the bytes are as sent.
    Unknown(String),
}

/// A body for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The bytes, decoded as far as `coding` says.
    pub bytes: Cow<'a, [u8]>,
    /// What became of the coding.
    pub coding: Coding,
}

#[derive(Debug, Clone, Copy)]
enum Known {
    Gzip,
    Deflate,
}

impl Known {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// The body with gzip or deflate undone, at most to eight times its size (64 KiB are always
/// allowed) or 100 MiB.
#[must_use]
pub fn decoded<'a>(head: &Head, body: &'a [u8]) -> Decoded<'a> {
    decoded_by(head.headers(), body)
}

/// The same for a message of which only the field lines are at hand.
#[must_use]
pub fn decoded_by<'a>(headers: &[Header], body: &'a [u8]) -> Decoded<'a> {
    let as_sent = |coding| Decoded {
        bytes: Cow::Borrowed(body),
        coding,
    };
    let label = label(headers);
    let known = match label.as_str() {
        "" | "identity" => return as_sent(Coding::Identity),
        "gzip" | "x-gzip" => Known::Gzip,
        "deflate" => Known::Deflate,
        _ => return as_sent(Coding::Unknown(label)),
    };
    let limit = body
        .len()
        .saturating_mul(MAX_RATIO)
        .clamp(FREE_SIZE, MAX_SIZE);
    let (bytes, end) = read(known, body, limit);
    let coding = match end {
        End::Whole => Coding::Decoded(known.name()),
        End::Limit => Coding::Cut(known.name()),
        End::Damage if bytes.is_empty() => return as_sent(Coding::WrongLabel(label)),
        End::Damage => Coding::Damaged(known.name()),
    };
    Decoded {
        bytes: Cow::Owned(bytes),
        coding,
    }
}

fn label(headers: &[Header]) -> String {
    let values: Vec<_> = headers
        .iter()
        .filter(|header| header.is("content-encoding"))
        .map(|header| {
            let value = String::from_utf8_lossy(&header.value);
            value.trim().to_ascii_lowercase()
        })
        .filter(|value| !value.is_empty())
        .collect();
    values.join(", ")
}

enum End {
    Whole,
    Limit,
    Damage,
}

fn read(known: Known, body: &[u8], limit: usize) -> (Vec<u8>, End) {
    match known {
        Known::Gzip => read_up_to(MultiGzDecoder::new(body), limit),
        // The name means zlib; some senders leave its frame out.
        Known::Deflate => match read_up_to(ZlibDecoder::new(body), limit) {
            (bytes, End::Damage) if bytes.is_empty() => {
                read_up_to(DeflateDecoder::new(body), limit)
            }
            other => other,
        },
    }
}

fn read_up_to(mut decoder: impl Read, limit: usize) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return (bytes, End::Whole),
            Ok(count) if bytes.len() + count > limit => {
                bytes.extend_from_slice(&buffer[..limit - bytes.len()]);
                return (bytes, End::Limit);
            }
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(_) => return (bytes, End::Damage),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use crate::delivery::Header;

    use super::*;

    fn head(coding: &'static str) -> Head {
        Head::build("POST", b"/", &[Header::new("Content-Encoding", coding)]).unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_and_both_kinds_of_deflate_are_undone() {
        let text = b"{\"a\":1}";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(text).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(text).unwrap();
        for (coding, body) in [
            ("GZip", gzip(text)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
        ] {
            let decoded = decoded(&head(coding), &body);
            assert_eq!(decoded.bytes.as_ref(), text);
            assert!(matches!(decoded.coding, Coding::Decoded(_)));
        }
    }

    #[test]
    fn a_bomb_stops_at_eight_times_its_size() {
        let bomb = gzip(&vec![0; 20 * 1024 * 1024]);
        let decoded = decoded(&head("gzip"), &bomb);
        assert_eq!(decoded.coding, Coding::Cut("gzip"));
        assert_eq!(decoded.bytes.len(), bomb.len() * 8);
    }

    #[test]
    fn a_stream_that_breaks_off_shows_what_came() {
        let body = gzip(b"hello, hello, hello, hello");
        let broken = decoded(&head("gzip"), &body[..body.len() - 9]);
        assert!(broken.bytes.starts_with(b"hello"));
        assert_eq!(broken.coding, Coding::Damaged("gzip"));
    }

    #[test]
    fn a_wrong_label_and_unknown_or_double_codings_show_the_bytes_as_sent() {
        let body = gzip(b"x");
        let wrong = decoded(&head("gzip"), b"{}");
        assert_eq!(
            (wrong.bytes.as_ref(), wrong.coding),
            (&b"{}"[..], Coding::WrongLabel("gzip".to_owned()))
        );
        for coding in ["br", "gzip, gzip"] {
            let unknown = decoded(&head(coding), &body);
            assert_eq!(
                (unknown.bytes.as_ref(), unknown.coding),
                (&body[..], Coding::Unknown(coding.to_owned()))
            );
        }
    }
}
