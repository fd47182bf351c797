//! Where an outgoing request goes: a URL that a person typed, never one that was received.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// An `http` or `https` URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: Arc<str>,
    origin: Arc<str>,
    authority: Arc<str>,
    host: Arc<str>,
    port: u16,
    tls: bool,
    path: Option<Arc<str>>,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither `http://` nor `https://`, nor a port, nor a host with one.
    #[error(
        "\"{0}\" is no URL: it begins with http:// or https://, or is HOST:PORT or a port here"
    )]
    Scheme(String),
    /// `user:password@`.
    #[error("a URL with a user name is not supported: send the credentials as a header")]
    Credentials,
    /// Nothing between `//` and the path.
    #[error("the URL names no host")]
    NoHost,
    /// A host with a byte that cannot stand there.
    #[error("\"{0}\" is no host name or address")]
    Host(String),
    /// Not 1 to 65535.
    #[error("\"{0}\" is no port: it is 1 to 65535")]
    Port(String),
    /// A blank, a control character or a letter beyond ASCII in path or query.
    #[error("the path has a byte that must be percent-encoded")]
    Path,
    /// `#…`.
    #[error("the URL has a fragment (#…), which is never sent")]
    Fragment,
    /// A link-local address: where clouds keep their metadata service.
    #[error("{0} is a link-local or metadata address, and never a target")]
    Forbidden(IpAddr),
}

impl Target {
    /// Scheme, host and port: what connections are shared by.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The value of `Host`: the port is left out where it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Host name or address, an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Path and query as written; `None` if the URL ends after the host.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Whether it is this machine: a loopback address, or a name that is reserved for it.
    /// Connecting holds the name to its word: any other address that it resolves to is left out.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host.parse::<IpAddr>().map_or_else(
            |_| is_local_name(&self.host),
            |ip| ip.to_canonical().is_loopback(),
        )
    }

    /// Whether this address may be connected to for this target.
    pub(super) fn admits(&self, ip: IpAddr) -> bool {
        !is_forbidden(ip) && (!self.is_loopback() || ip.to_canonical().is_loopback())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scheme = text.split_once("://");
        // Not one in the path or the query of a short one.
        let Some((scheme, rest)) = scheme.filter(|(scheme, _)| !scheme.contains(['/', '?'])) else {
            let url = spelled_out(text).ok_or_else(|| TargetError::Scheme(text.to_owned()))?;
            return url.parse();
        };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(TargetError::Scheme(text.to_owned())),
        };
        if rest.contains('#') {
            return Err(TargetError::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetError::Credentials);
        }
        let (written_host, port) = split_port(authority, if tls { 443 } else { 80 })?;
        let host = read_host(written_host)?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TargetError::Path);
        }
        let path: Option<Arc<str>> = match path.as_bytes().first() {
            None => None,
            Some(b'?') => Some(format!("/{path}").into()),
            Some(_) => Some(path.into()),
        };
        let standard = port == if tls { 443 } else { 80 };
        let scheme = if tls { "https" } else { "http" };
        let written_host = written_host.to_ascii_lowercase();
        Ok(Self {
            text: format!("{scheme}://{authority}{}", path.as_deref().unwrap_or("")).into(),
            origin: format!("{scheme}://{written_host}:{port}").into(),
            authority: if standard {
                written_host.into()
            } else {
                format!("{written_host}:{port}").into()
            },
            host: host.into(),
            port,
            tls,
            path,
        })
    }
}

/// The URL that is meant by a port of this machine or a host with a port, and what may follow: a
/// path.
fn spelled_out(text: &str) -> Option<String> {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let authority = &text[..end];
    if is_number(authority) {
        return Some(format!("http://localhost:{text}"));
    }
    let (host, port) = authority.rsplit_once(':')?;
    let is_scheme = ["http", "https"].contains(&host.to_ascii_lowercase().as_str());
    (is_number(port) && !is_scheme).then(|| format!("http://{text}"))
}

fn split_port(authority: &str, standard: u16) -> Result<(&str, u16), TargetError> {
    let after_address = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    if authority.starts_with('[') && after_address == 0 {
        return Err(TargetError::Host(authority.to_owned()));
    }
    let Some(colon) = authority[after_address..].find(':') else {
        return Ok((authority, standard));
    };
    let (host, port) = authority.split_at(after_address + colon);
    let digits = &port[1..];
    let number = digits
        .parse::<u16>()
        .ok()
        .filter(|number| *number > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| TargetError::Port(digits.to_owned()))?;
    Ok((host, number))
}

fn read_host(written: &str) -> Result<String, TargetError> {
    if written.is_empty() {
        return Err(TargetError::NoHost);
    }
    let wrong = || TargetError::Host(written.to_owned());
    let ip = if let Some(inner) = written.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or_else(wrong)?;
        Some(IpAddr::V6(inner.parse().map_err(|_| wrong())?))
    } else {
        let is_name = written
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if !is_name {
            return Err(wrong());
        }
        written.parse().ok()
    };
    match ip {
        Some(ip) if is_forbidden(ip) => Err(TargetError::Forbidden(ip)),
        Some(ip) => Ok(ip.to_string()),
        None => Ok(written.to_ascii_lowercase()),
    }
}

fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Link-local addresses and the metadata service that is not among them, also where IPv6 hides
/// the IPv4 one (mapped, NAT64).
fn is_forbidden(ip: IpAddr) -> bool {
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => {
            ip.is_unicast_link_local()
                || ip == METADATA
                || through_nat64(ip).is_some_and(|ip| ip.is_link_local())
        }
    }
}

fn through_nat64(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.octets() {
        [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => {
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_is_taken_apart_and_its_path_kept_as_written() {
        let target = target("http://LocalHost:3000/Hooks/%2F?a=b");
        assert_eq!(target.origin(), "http://localhost:3000");
        assert_eq!(target.authority(), "localhost:3000");
        assert_eq!(target.path(), Some("/Hooks/%2F?a=b"));
    }

    #[test]
    fn the_schemes_own_port_stays_out_of_the_host_header() {
        assert_eq!(target("https://example.com/a").authority(), "example.com");
        assert_eq!(
            target("http://example.com:443").authority(),
            "example.com:443"
        );
        assert_eq!(target("http://[::1]:80/").authority(), "[::1]");
        assert_eq!(target("http://[::1]:80/").host(), "::1");
    }

    #[test]
    fn a_url_without_path_says_so() {
        assert_eq!(target("http://localhost:3000").path(), None);
        assert_eq!(target("http://localhost:3000?a").path(), Some("/?a"));
        assert_eq!(target("http://localhost:3000/").path(), Some("/"));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for text in [
            "http://127.0.0.1",
            "http://127.8.8.8:1",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://localhost",
            "http://app.localhost:3000/x",
        ] {
            assert!(target(text).is_loopback(), "{text}");
        }
        for text in [
            "http://128.0.0.1",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://notlocalhost",
            "http://2130706433",
            "http://0.0.0.0",
        ] {
            assert!(!target(text).is_loopback(), "{text}");
        }
    }

    #[test]
    fn metadata_addresses_are_refused_in_every_spelling() {
        for text in [
            "http://169.254.169.254/latest/meta-data/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::169.254.169.254]/",
        ] {
            assert!(
                matches!(text.parse::<Target>(), Err(TargetError::Forbidden(_))),
                "{text}"
            );
        }
        let by_name = target("http://metadata.example/");
        assert!(!by_name.admits("169.254.169.254".parse().unwrap()));
        assert!(by_name.admits("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn localhost_is_held_to_its_word() {
        let local = target("http://localhost:3000/");
        assert!(local.admits("127.0.0.1".parse().unwrap()));
        assert!(!local.admits("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_target_says_why() {
        for (text, expected) in [
            ("not a url", "begins with http://"),
            ("foo", "begins with http://"),
            ("localhost", "begins with http://"),
            ("localhost/x", "begins with http://"),
            ("localhost:x", "begins with http://"),
            ("http:3000", "begins with http://"),
            ("", "begins with http://"),
            ("0", "no port"),
            ("70000", "no port"),
            (":3000", "names no host"),
            ("a b:3000", "no host name"),
            ("user:word@localhost:3000", "user name"),
            ("169.254.169.254:80", "never a target"),
            ("3000#a", "fragment"),
            ("ftp://localhost", "begins with http://"),
            ("http://", "names no host"),
            ("http:///x", "names no host"),
            ("http://a b/", "no host name"),
            ("http://[::1/", "no host name"),
            ("http://b\u{fc}cher.example/", "no host name"),
            ("http://localhost:0/", "no port"),
            ("http://localhost:+80/", "no port"),
            ("http://localhost:/", "no port"),
            ("http://localhost:65536/", "no port"),
            ("http://user:word@localhost/", "user name"),
            ("http://localhost/a b", "percent-encoded"),
            ("http://localhost/a\r\nX: 1", "percent-encoded"),
            ("http://localhost/#a", "fragment"),
        ] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_port_or_a_host_with_one_is_short_for_its_url() {
        for (short, url) in [
            ("3000", "http://localhost:3000"),
            ("3000/hook?a", "http://localhost:3000/hook?a"),
            ("3000/x?u=http://a", "http://localhost:3000/x?u=http://a"),
            ("localhost:3000", "http://localhost:3000"),
            ("app.localhost:3000/x", "http://app.localhost:3000/x"),
            ("127.0.0.1:3000/x?u=a:b", "http://127.0.0.1:3000/x?u=a:b"),
            ("[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(target(short), target(url), "{short}");
            assert_eq!(target(short).to_string(), url);
        }
    }

    proptest! {
        #[test]
        fn what_is_short_for_a_url_means_what_the_url_means(
            host in proptest::option::of("[a-z][a-z0-9]{0,4}(\\.[a-z0-9]{1,4})?|127\\.0\\.0\\.[0-9]|\\[::[0-9]\\]"),
            port in 1_u16..,
            path in "([/?][!-~&&[^#]]{0,6})?",
        ) {
            let is_scheme = host.as_deref().is_some_and(|host| ["http", "https"].contains(&host));
            proptest::prop_assume!(!is_scheme);
            let short = match &host {
                Some(host) => format!("{host}:{port}{path}"),
                None => format!("{port}{path}"),
            };
            let host = host.as_deref().unwrap_or("localhost");
            let url = format!("http://{host}:{port}{path}").parse::<Target>();
            prop_assert!(url.is_ok(), "{:?}", url);
            prop_assert_eq!(short.parse::<Target>(), url);
        }

        #[test]
        fn a_whole_url_is_never_taken_for_a_short_one(
            text in "(https?|ftp|[0-9]{1,4}|[a-z]{1,4}:[0-9]{1,3})://[!-~]{0,12}",
        ) {
            let is_http = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
            prop_assert!(is_http || text.parse::<Target>().is_err());
        }

        #[test]
        fn a_target_reads_back_to_itself(text in "https?://[a-z0-9.-]{1,12}(:[1-9][0-9]{0,3})?(/[!-~&&[^#]]{0,12})?") {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
        }
    }
}
