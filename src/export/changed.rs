//! What went out because of a capture, where that was not the capture itself: a fresh signature,
//! another event id, an edited body.

use bytes::Bytes;

use crate::delivery::{Head, Header, Request};

/// A request as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<'a> {
    /// Its head.
    pub head: Head,
    /// Its body as far as it was kept; `None`: it was the capture's.
    pub body: Option<&'a [u8]>,
}

/// A line that one of the two requests has and the other has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference<'a> {
    /// Only what went out has it.
    New(&'a Header),
    /// Only the capture has it.
    Gone(&'a Header),
}

impl<'a> Changed<'a> {
    /// A request with this head, the blank line included.
    #[must_use]
    pub fn new(head: &Bytes, body: Option<&'a [u8]>) -> Self {
        let parsed = Head::parse(head.clone());
        Self {
            head: parsed.unwrap_or_else(|_| Head::unreadable(head.clone())),
            body,
        }
    }

    /// How long its body was, if it was another one than the capture's.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        let kept = self.body?.len() as u64;
        let said = self.head.header("content-length");
        let said = said.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
        Some(kept.max(said.unwrap_or(kept)))
    }

    /// Whether method or path are not the capture's.
    #[must_use]
    pub fn is_elsewhere(&self, captured: &Request) -> bool {
        self.head.method() != captured.head.method() || self.head.target() != captured.head.target()
    }

    /// The lines in which it differs from the capture, `Host` and length aside: the target says the
    /// one, the body the other.
    #[must_use]
    pub fn differences<'b>(&'b self, captured: &'b Request) -> Vec<Difference<'b>> {
        let mut gone: Vec<&Header> = captured.head.headers().iter().filter(is_told).collect();
        let mut found = Vec::new();
        for header in self.head.headers().iter().filter(is_told) {
            match gone.iter().position(|captured| *captured == header) {
                Some(at) => drop(gone.remove(at)),
                None => found.push(Difference::New(header)),
            }
        }
        found.extend(gone.into_iter().map(Difference::Gone));
        found
    }
}

fn is_told(header: &&Header) -> bool {
    !header.is("host") && !header.is("content-length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    fn told(head: &'static str) -> Vec<String> {
        let delivery = samples::find_email();
        let changed = Changed::new(&Bytes::from(head), None);
        let line = |mark: &str, header: &Header| {
            let (name, value) = header.lossy();
            format!("{mark} {name}: {value}")
        };
        let differences = changed.differences(delivery.request());
        let lines = differences.iter().map(|difference| match difference {
            Difference::New(header) => line("+", header),
            Difference::Gone(header) => line("-", header),
        });
        lines.collect()
    }

    #[test]
    fn new_and_missing_lines_are_told_and_host_and_length_are_not() {
        let head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 7\r\n\
                    Content-Type: application/json\r\nX-Forwarded-For: 203.0.113.24\r\n\
                    Authorization: Bearer opensesame\r\nSixtyfour-Signature: t=2,v1=bb\r\n\r\n";
        assert_eq!(
            told(head),
            [
                "+ Sixtyfour-Signature: t=2,v1=bb",
                "- Sixtyfour-Signature: t=1795183323,v1=5a4c34c3",
            ]
        );
    }

    #[test]
    fn a_repeat_that_was_left_out_is_gone() {
        let head = "POST / HTTP/1.1\r\nX-A: 1\r\nX-A: 1\r\n\r\n";
        let lines = told(head);
        assert_eq!(&lines[..2], ["+ X-A: 1", "+ X-A: 1"]);
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn the_head_says_how_long_a_body_was_that_is_kept_in_part() {
        let head = Bytes::from_static(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
        assert_eq!(Changed::new(&head, Some(b"part")).length(), Some(9));
        assert_eq!(Changed::new(&head, None).length(), None);
        let silent = Bytes::from_static(b"POST / HTTP/1.1\r\n\r\n");
        assert_eq!(Changed::new(&silent, Some(b"part")).length(), Some(4));
    }
}
