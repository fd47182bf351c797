//! A request's head exactly as it came over the wire, and what it says.
//!
//! The raw bytes are the truth: order, spelling, repeats and non-UTF-8 values come back from them
//! unchanged. hyper lower-cases names and hides the spelling, so the head is read here once more,
//! with `httparse`, from a copy of the bytes.

use std::fmt;

use bytes::Bytes;

/// How many field lines a head may have.
pub const MAX_HEADERS: usize = 256;

/// HTTP/1.0 or HTTP/1.1: nothing else is spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
}

impl Version {
    /// The name on the wire, in JSON and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// One field line: the name as spelled, the value as sent (any bytes but CR, LF and NUL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, as spelled.
    pub name: Bytes,
    /// The value, without the blanks around it.
    pub value: Bytes,
}

impl Header {
    /// A field line from its parts.
    pub fn new(name: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether this is the field called `name`, whatever the spelling.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Name and value as text; what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn lossy(&self) -> (String, String) {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        (text(&self.name), text(&self.value))
    }
}

/// The request line and the field lines of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    raw: Bytes,
    method: Bytes,
    target: Bytes,
    version: Option<Version>,
    headers: Vec<Header>,
}

/// Why bytes are not the head of an HTTP/1 request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The blank line that ends a head is missing.
    #[error("the head does not end with a blank line")]
    Incomplete,
    /// More field lines than [`MAX_HEADERS`].
    #[error("more than 256 headers")]
    TooManyHeaders,
    /// Bytes that no HTTP/1 request has at that place.
    #[error("not an HTTP/1 request: {0}")]
    Syntax(&'static str),
}

impl Head {
    /// Reads a head from exactly its bytes, the blank line at the end included. Empty lines before
    /// the request line are allowed (RFC 9112, 2.2).
    ///
    /// # Errors
    /// When the bytes are not the whole head of an HTTP/1.0 or HTTP/1.1 request.
    pub fn parse(raw: Bytes) -> Result<Self, HeadError> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&raw) {
            Ok(httparse::Status::Complete(length)) if length == raw.len() => {}
            Ok(httparse::Status::Complete(_)) => {
                return Err(HeadError::Syntax("bytes after the blank line"));
            }
            Ok(httparse::Status::Partial) => return Err(HeadError::Incomplete),
            Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyHeaders),
            Err(error) => return Err(HeadError::Syntax(describe(error))),
        }
        let method = raw.slice_ref(request.method.unwrap_or_default().as_bytes());
        let target = raw.slice_ref(request.path.unwrap_or_default().as_bytes());
        let version = match request.version {
            Some(0) => Some(Version::Http10),
            _ => Some(Version::Http11),
        };
        let headers = request
            .headers
            .iter()
            .map(|field| Header {
                name: raw.slice_ref(field.name.as_bytes()),
                value: raw.slice_ref(field.value),
            })
            .collect();
        Ok(Self {
            method,
            target,
            version,
            headers,
            raw,
        })
    }

    /// The bytes of something that is no readable head; it has no method, target or headers.
    #[must_use]
    pub fn unreadable(raw: Bytes) -> Self {
        Self {
            raw,
            method: Bytes::new(),
            target: Bytes::new(),
            version: None,
            headers: Vec::new(),
        }
    }

    /// A head from its parts, written as HTTP/1.1.
    ///
    /// # Errors
    /// When a part holds a byte that cannot stand there (a line break in a value, a blank in the
    /// target).
    pub fn build(method: &str, target: &[u8], headers: &[Header]) -> Result<Self, HeadError> {
        let mut raw = Vec::with_capacity(256);
        raw.extend_from_slice(method.as_bytes());
        raw.push(b' ');
        raw.extend_from_slice(target);
        raw.extend_from_slice(b" HTTP/1.1\r\n");
        for header in headers {
            raw.extend_from_slice(&header.name);
            raw.extend_from_slice(b": ");
            raw.extend_from_slice(&header.value);
            raw.extend_from_slice(b"\r\n");
        }
        raw.extend_from_slice(b"\r\n");
        let built = Self::parse(Bytes::from(raw))?;
        let unchanged = built.method == method.as_bytes()
            && built.target == target
            && built.headers.len() == headers.len();
        if unchanged {
            Ok(built)
        } else {
            Err(HeadError::Syntax("a line break or blank inside a part"))
        }
    }

    /// The bytes as they were sent.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The method as sent (`POST`, `FOO`); empty when unreadable.
    #[must_use]
    pub fn method(&self) -> &str {
        std::str::from_utf8(&self.method).unwrap_or_default()
    }

    /// The request target as sent: `/path?query`, `*`, or an absolute URL; empty when unreadable.
    #[must_use]
    pub fn target(&self) -> &Bytes {
        &self.target
    }

    /// The target without scheme and authority: path and query, or `*`.
    #[must_use]
    pub fn origin_form(&self) -> &[u8] {
        let target = &self.target[..];
        if target.starts_with(b"/") {
            return target;
        }
        memchr::memmem::find(target, b"://").map_or(target, |at| {
            let authority = &target[at + 3..];
            memchr::memchr(b'/', authority).map_or(&b"/"[..], |slash| &authority[slash..])
        })
    }

    /// The path of the target, without scheme, authority and query.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        let target = self.origin_form();
        let end = memchr::memchr2(b'?', b'#', target).unwrap_or(target.len());
        &target[..end]
    }

    /// The version; `None` when unreadable.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The field lines in order, repeats included.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The first value of the field called `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers
            .iter()
            .find(|header| header.is(name))
            .map(|header| &header.value)
    }

    /// Every value of the field called `name`, in order.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.headers
            .iter()
            .filter(move |header| header.is(name))
            .map(|header| &header.value)
    }
}

fn describe(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a field name with a byte that cannot stand there",
        httparse::Error::HeaderValue => "a field value with a control character",
        httparse::Error::NewLine => "a line that does not end with CR LF",
        httparse::Error::Status => "a status line",
        httparse::Error::Token => "a request line with a byte that cannot stand there",
        httparse::Error::TooManyHeaders => "too many headers",
        httparse::Error::Version => "a version that is neither HTTP/1.0 nor HTTP/1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_their_order_come_back_as_they_were_sent() {
        let raw = b"POST /a?b=c HTTP/1.1\r\nHoSt: x\r\nA: 1\r\na: \xff\r\n\r\n";
        let head = Head::parse(Bytes::from_static(raw)).unwrap();
        assert_eq!(head.method(), "POST");
        assert_eq!(head.path(), b"/a");
        assert_eq!(head.headers()[0], Header::new("HoSt", "x"));
        let values: Vec<_> = head.headers_named("A").cloned().collect();
        assert_eq!(values, [&b"1"[..], &b"\xff"[..]]);
        assert_eq!(&head.raw()[..], raw);
    }

    #[test]
    fn the_path_of_an_absolute_target_leaves_scheme_and_authority_out() {
        let raw = b"GET http://host:1/p/q?x HTTP/1.1\r\n\r\n";
        assert_eq!(
            Head::parse(Bytes::from_static(raw)).unwrap().path(),
            b"/p/q"
        );
    }

    #[test]
    fn a_header_value_cannot_smuggle_a_line() {
        let smuggled = [Header::new("A", "1\r\nB: 2")];
        assert!(Head::build("POST", b"/", &smuggled).is_err());
        assert!(Head::build("POST", b"/ HTTP/1.1\r\nA: b", &[]).is_err());
        let second_request = [Header::new("A", "1\r\n\r\nGET /b HTTP/1.1\r\n")];
        assert!(Head::build("POST", b"/", &second_request).is_err());
    }
}
