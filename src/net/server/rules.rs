//! What a request's head has to be, so that nobody can read it in two ways (RFC 9112, 3.2, 6).
//!
//! hyper accepts more than is safe behind a tunnel: both lengths at once, any coding before
//! `chunked`, no `Host`. All that is refused here, before hyper sees it.

use std::borrow::Cow;

use hyper::Uri;

use super::framing::Length;
use crate::delivery::{Defect, Head, HeadError, Version};

/// What the head says about what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// How the end of the body is told.
    pub(super) length: Length,
    /// The sender waits for `100 Continue` before it sends the body.
    pub(super) waits: bool,
}

/// A status and why.
pub(super) type Refusal = (u16, Cow<'static, str>);

/// What a head says about its body, or why it is refused.
pub(super) fn judge(head: &Head, max_headers: usize) -> Result<Terms, Refusal> {
    if head.headers().len() > max_headers {
        return refuse(431, "too many headers");
    }
    if head.method() == "CONNECT" {
        return refuse(405, "CONNECT asks for a proxy");
    }
    let mut seen = Seen::default();
    for header in head.headers() {
        seen.add(&header.name, &header.value)?;
    }
    let modern = head.version() != Some(Version::Http10);
    match seen.hosts {
        0 if modern => return refuse(400, "no Host"),
        0 | 1 => {}
        _ => return refuse(400, "two Hosts"),
    }
    if let Err(error) = Uri::from_maybe_shared(head.target().clone()) {
        return Err((400, format!("the target is not a URI: {error}").into()));
    }
    let length = seen.length(modern)?;
    // An older sender does not know the header, and one without a body has nothing to wait with.
    let waits = modern && seen.expects && length != Length::None;
    if modern && seen.expects_the_unknown {
        return refuse(400, "an expectation other than 100-continue");
    }
    Ok(Terms { length, waits })
}

/// Why bytes that should be a head are none.
pub(super) fn unreadable(raw: &[u8], error: HeadError) -> Refusal {
    let start = raw.trim_ascii_start();
    if start.starts_with(&[0x16, 0x03]) {
        return (400, "TLS: this port speaks plain HTTP".into());
    }
    if start.starts_with(b"PRI * HTTP/2.0") {
        return (400, "HTTP/2: this port speaks HTTP/1.1".into());
    }
    match error {
        HeadError::TooManyHeaders => (431, "too many headers".into()),
        error => (400, error.to_string().into()),
    }
}

/// The defect that a refusal is.
pub(super) fn malformed((status, why): Refusal) -> Defect {
    Defect::Malformed { status, why }
}

fn refuse<T>(status: u16, why: &'static str) -> Result<T, Refusal> {
    Err((status, why.into()))
}

/// What the field lines say that matters here.
#[derive(Default)]
struct Seen {
    hosts: usize,
    content_length: Option<u64>,
    coded: bool,
    chunked: bool,
    foreign_coding: bool,
    expects: bool,
    expects_the_unknown: bool,
}

impl Seen {
    fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        // By length first: nearly all names are something else.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.hosts += 1,
            6 if name.eq_ignore_ascii_case(b"expect") => {
                if value.eq_ignore_ascii_case(b"100-continue") {
                    self.expects = true;
                } else {
                    self.expects_the_unknown = true;
                }
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let length = read_length(value)?;
                if self.content_length.is_some_and(|other| other != length) {
                    return refuse(400, "two different Content-Lengths");
                }
                self.content_length = Some(length);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                self.coded = true;
                for coding in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                    self.add_coding(coding)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add_coding(&mut self, coding: &[u8]) -> Result<(), Refusal> {
        if self.chunked {
            return refuse(400, "a transfer coding after chunked");
        }
        if coding.is_empty() {
            return refuse(400, "an empty transfer coding");
        }
        if coding.eq_ignore_ascii_case(b"chunked") {
            self.chunked = true;
        } else {
            self.foreign_coding = true;
        }
        Ok(())
    }

    fn length(&self, modern: bool) -> Result<Length, Refusal> {
        match (self.content_length, self.coded) {
            (Some(_), true) => refuse(400, "both Content-Length and Transfer-Encoding"),
            (None, true) if !modern => refuse(400, "Transfer-Encoding in HTTP/1.0"),
            (None, true) if self.foreign_coding => {
                refuse(501, "a transfer coding other than chunked")
            }
            (None, true) => Ok(Length::Chunked),
            (Some(0) | None, false) => Ok(Length::None),
            (Some(length), false) => Ok(Length::Exact(length)),
        }
    }
}

/// Nineteen digits hold every length there is; hyper refuses what does not fit its own count.
fn read_length(value: &[u8]) -> Result<u64, Refusal> {
    let plain = !value.is_empty() && value.len() <= 19 && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value)
        .ok()
        .filter(|_| plain)
        .and_then(|digits| digits.parse().ok())
        .ok_or((400, "Content-Length is not a number".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn status(lines: &str) -> Result<Length, u16> {
        let raw = Bytes::from(format!("{lines}\r\n\r\n").into_bytes());
        let head = Head::parse(raw).unwrap();
        judge(&head, 4)
            .map(|terms| terms.length)
            .map_err(|(status, _)| status)
    }

    fn post(headers: &str) -> Result<Length, u16> {
        status(&format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}"))
    }

    #[test]
    fn one_way_to_tell_the_length_is_accepted() {
        assert_eq!(post("A: b"), Ok(Length::None));
        assert_eq!(post("Content-Length: 0"), Ok(Length::None));
        assert_eq!(
            post("content-length: 5\r\nContent-Length: 5"),
            Ok(Length::Exact(5))
        );
        assert_eq!(
            post("Content-Length: 9223372036854775808"),
            Ok(Length::Exact(1 << 63))
        );
        assert_eq!(post("Transfer-Encoding: Chunked"), Ok(Length::Chunked));
    }

    #[test]
    fn a_length_that_two_readers_may_take_differently_is_refused() {
        for bad in [
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 2",
            "Content-Length: 2\r\nContent-Length: 3",
            "Content-Length: 2, 2",
            "Content-Length: +2",
            "Content-Length: -1",
            "Content-Length: 0x2",
            "Content-Length:",
            "Content-Length: 10000000000000000000",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding:",
        ] {
            assert_eq!(post(bad), Err(400), "{bad}");
        }
        assert_eq!(
            status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked"),
            Err(400)
        );
    }

    #[test]
    fn a_coding_that_is_not_chunked_is_not_implemented() {
        for coding in ["gzip", "identity", "xchunked", "gzip, chunked"] {
            assert_eq!(
                post(&format!("Transfer-Encoding: {coding}")),
                Err(501),
                "{coding}"
            );
        }
    }

    #[test]
    fn host_is_needed_once_but_not_by_the_old() {
        assert_eq!(status("POST / HTTP/1.1\r\nA: b"), Err(400));
        assert_eq!(post("host: b"), Err(400));
        assert_eq!(status("POST / HTTP/1.0\r\nA: b"), Ok(Length::None));
    }

    #[test]
    fn what_is_asked_for_in_vain_is_said() {
        assert_eq!(status("CONNECT a:1 HTTP/1.1\r\nHost: a"), Err(405));
        assert_eq!(post("Expect: bogus"), Err(400));
        assert_eq!(post("Expect: 200-ok"), Err(400));
        assert_eq!(post("A: 1\r\nA: 2\r\nA: 3\r\nA: 4"), Err(431));
    }
}
