//! What proxies wrote into a head: which tunnel it came through, from whom, to which public name.
//!
//! Anybody can send these headers, so they are shown and never trusted.

use crate::delivery::{Head, Header};

/// A tunnel whose traces are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tunnel {
    /// ngrok
    Ngrok,
    /// Cloudflare: `cloudflared`, quick or named
    Cloudflare,
    /// localtunnel
    Localtunnel,
}

impl Tunnel {
    /// The name in JSON and text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ngrok => "ngrok",
            Self::Cloudflare => "cloudflare",
            Self::Localtunnel => "localtunnel",
        }
    }
}

/// What the proxies in front say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forwarded<'a> {
    /// The tunnel that the head betrays.
    pub tunnel: Option<Tunnel>,
    /// The client's address.
    pub client: Option<&'a [u8]>,
    /// The public name.
    pub host: Option<&'a [u8]>,
    /// `http` or `https`, at the public side.
    pub scheme: Option<&'a [u8]>,
}

impl Forwarded<'_> {
    /// Whether no proxy left a trace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads what the proxies in front wrote into `head`.
#[must_use]
pub fn forwarded(head: &Head) -> Forwarded<'_> {
    Forwarded {
        tunnel: tunnel(head),
        client: value(head, "cf-connecting-ip").or_else(|| last(head, "x-forwarded-for")),
        host: last(head, "x-forwarded-host").or_else(|| tunnel_host(head)),
        scheme: last(head, "x-forwarded-proto"),
    }
}

/// Whether this is a header that tunnels add.
#[must_use]
pub fn is_tunnel_header(header: &Header) -> bool {
    const NAMES: [&str; 6] = [
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "cdn-loop",
        "ngrok-trace-id",
    ];
    let is_cloudflare = header
        .name
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"cf-"));
    is_cloudflare || NAMES.iter().any(|name| header.is(name))
}

fn tunnel(head: &Head) -> Option<Tunnel> {
    let named = ["x-forwarded-host", "host"]
        .into_iter()
        .filter_map(|name| last(head, name))
        .find_map(by_host);
    let by_ray = || head.header("cf-ray").map(|_| Tunnel::Cloudflare);
    named.or_else(by_ray)
}

/// A tunnel that says nothing of the public name may have left it in `Host`.
fn tunnel_host(head: &Head) -> Option<&[u8]> {
    value(head, "host").filter(|host| by_host(host).is_some())
}

fn by_host(host: &[u8]) -> Option<Tunnel> {
    let host = host.to_ascii_lowercase();
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let ends = |suffix: &str| name.ends_with(suffix.as_bytes());
    if memchr::memmem::find(name, b".ngrok-free.").is_some()
        || [".ngrok.app", ".ngrok.dev", ".ngrok.io"]
            .into_iter()
            .any(ends)
    {
        Some(Tunnel::Ngrok)
    } else if ends(".trycloudflare.com") {
        Some(Tunnel::Cloudflare)
    } else if [".loca.lt", ".localtunnel.me"].into_iter().any(ends) {
        Some(Tunnel::Localtunnel)
    } else {
        None
    }
}

fn value<'a>(head: &'a Head, name: &str) -> Option<&'a [u8]> {
    head.header(name).map(|value| &value[..])
}

/// The last element of a header that proxies append to: the one nearest to us wrote it.
fn last<'a>(head: &'a Head, name: &'a str) -> Option<&'a [u8]> {
    let line = head.headers_named(name).last()?;
    let element = line.rsplit(|byte| *byte == b',').next()?.trim_ascii();
    (!element.is_empty()).then_some(element)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&'static str, &'static str)]) -> Head {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| Header::new(*name, *value))
            .collect();
        Head::build("POST", b"/", &headers).unwrap()
    }

    #[test]
    fn each_tunnel_leaves_its_trace() {
        let via = |headers| forwarded(&head(headers)).tunnel;
        assert_eq!(via(&[("Host", "abc.ngrok-free.app")]), Some(Tunnel::Ngrok));
        assert_eq!(
            via(&[("Host", "x"), ("X-Forwarded-Host", "a.ngrok.app")]),
            Some(Tunnel::Ngrok)
        );
        assert_eq!(
            via(&[("Host", "127.0.0.1"), ("CF-Ray", "8c")]),
            Some(Tunnel::Cloudflare)
        );
        assert_eq!(via(&[("Host", "a.LOCA.lt:443")]), Some(Tunnel::Localtunnel));
        assert_eq!(via(&[("Host", "ngrok-free.app.example.com")]), None);
    }

    #[test]
    fn the_proxy_nearest_to_us_is_believed() {
        let head = head(&[
            ("X-Forwarded-For", "198.51.100.9"),
            ("x-forwarded-for", "10.0.0.1, 203.0.113.24"),
            ("X-Forwarded-Proto", "http,https"),
        ]);
        let found = forwarded(&head);
        assert_eq!(found.client, Some(&b"203.0.113.24"[..]));
        assert_eq!(found.scheme, Some(&b"https"[..]));
        assert!(forwarded(&Head::build("POST", b"/", &[]).unwrap()).is_empty());
    }
}
