//! What of a received request goes on to the next hop: its lines, its path.
//!
//! The place it goes to is never taken from it, and neither is the length.

use bytes::Bytes;

use super::job::Line;
use crate::delivery::{Head, Header, Request};
use crate::net::client::Target;

/// Fields that speak of one connection, not of the message. `Proxy-…` is told by its beginning.
const HOP_BY_HOP: [&str; 6] = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Tells the lines of a message that go on from those that belong to its connection.
pub(super) struct Hops<'a> {
    named: Vec<&'a [u8]>,
}

impl<'a> Hops<'a> {
    /// For a message with these lines.
    pub(super) fn of(headers: &'a [Header]) -> Self {
        let named = headers
            .iter()
            .filter(|header| header.is("connection"))
            .flat_map(|header| header.value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .collect();
        Self { named }
    }

    /// Whether a line goes on: it is not hop-by-hop, and `Connection` does not name it.
    pub(super) fn pass(&self, header: &Header) -> bool {
        let is_named = self
            .named
            .iter()
            .any(|name| header.name.eq_ignore_ascii_case(name));
        let is_proxy = header
            .name
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"proxy-"));
        !is_named && !is_proxy && !HOP_BY_HOP.iter().any(|hop| header.is(hop))
    }
}

/// What `Host` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostLine {
    /// The target.
    Target,
    /// What it said before.
    Kept,
}

/// The lines of a received request as they go on: without the hop-by-hop ones, with a `Host` and a
/// length of ours in the places where theirs were.
pub(super) fn relayed_lines(request: &Request, target: &Target, host: HostLine) -> Vec<Line> {
    let headers = request.head.headers();
    let mut lines = Vec::with_capacity(headers.len() + 2);
    let (mut has_host, mut has_length) = (false, false);
    let hops = Hops::of(headers);
    for header in headers {
        if header.is("host") {
            if !std::mem::replace(&mut has_host, true) {
                lines.push(Line::Fixed(match host {
                    HostLine::Target => host_line(&header.name, target),
                    HostLine::Kept => header.clone(),
                }));
            }
        } else if header.is("content-length") || header.is("transfer-encoding") {
            if !std::mem::replace(&mut has_length, true) {
                let is_length = header.is("content-length");
                let own: Bytes = "Content-Length".into();
                lines.push(Line::Length(if is_length {
                    header.name.clone()
                } else {
                    own
                }));
            }
        } else if hops.pass(header) {
            lines.push(Line::Fixed(header.clone()));
        }
    }
    if !has_host {
        lines.insert(0, Line::Fixed(host_line(&"Host".into(), target)));
    }
    if !has_length && (!request.body.is_empty() || has_body(request.head.method())) {
        lines.push(Line::Length("Content-Length".into()));
    }
    lines
}

fn host_line(name: &Bytes, target: &Target) -> Header {
    Header::new(name.clone(), target.authority().to_owned())
}

fn has_body(method: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH")
}

/// The request target: the path that the URL has, with the request's own query where the URL has
/// none; the request's own path and query where the URL ends after its host.
pub(super) fn path(target: &Target, head: &Head) -> Bytes {
    let own = own_path(head);
    let Some(path) = target.path() else {
        return own;
    };
    let query = memchr::memchr(b'?', &own).map(|at| own.slice(at..));
    match query {
        Some(query) if !path.contains('?') => [path.as_bytes(), &query].concat().into(),
        _ => Bytes::from(path.to_owned()),
    }
}

/// Path and query without scheme and authority, whatever form the request used.
fn own_path(head: &Head) -> Bytes {
    let target = head.target();
    if target.starts_with(b"/") || &target[..] == b"*" {
        return target.clone();
    }
    let scheme = memchr::memmem::find(target, b"://").map(|at| target.slice(at + 3..));
    let after_authority = scheme.and_then(|rest| {
        let at = rest.iter().position(|byte| matches!(byte, b'/' | b'?'))?;
        Some(rest.slice(at..))
    });
    match after_authority {
        Some(path) if path.starts_with(b"/") => path,
        Some(query) => [b"/", &query[..]].concat().into(),
        None => Bytes::from_static(b"/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(target: &str) -> Head {
        Head::build("POST", target.as_bytes(), &[]).unwrap()
    }

    #[test]
    fn what_speaks_of_the_connection_stays_behind() {
        let lines = [
            ("Connection", "close, X-Private"),
            ("X-A", "1"),
            ("x-private", "2"),
            ("TE", "trailers"),
            ("proxy-Authorization", "3"),
            ("X-A", "4"),
            ("Proxyless", "5"),
            ("transfer-encoding", "chunked"),
        ]
        .map(|(name, value)| Header::new(name, value));
        let hops = Hops::of(&lines);
        let left: Vec<_> = lines
            .iter()
            .filter(|line| hops.pass(line))
            .map(|line| &line.value[..])
            .collect();
        assert_eq!(left, [b"1", b"4", b"5"]);
    }

    #[test]
    fn the_urls_path_wins_and_the_requests_query_is_kept() {
        for (url, asked, expected) in [
            ("http://localhost:1", "/a?b", "/a?b"),
            ("http://localhost:1/x", "/a?b", "/x?b"),
            ("http://localhost:1/x?y", "/a?b", "/x?y"),
            ("http://localhost:1/", "/a", "/"),
            ("http://localhost:1", "http://169.254.169.254/a?b", "/a?b"),
            ("http://localhost:1", "http://evil.example?b", "/?b"),
            ("http://localhost:1", "http://evil.example", "/"),
            ("http://localhost:1", "*", "*"),
            ("http://localhost:1", "evil.example:443", "/"),
        ] {
            let path = path(&url.parse().unwrap(), &head(asked));
            assert_eq!(path, expected.as_bytes(), "{url} {asked}");
        }
    }
}
