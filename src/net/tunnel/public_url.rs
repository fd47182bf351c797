//! The address of a tunnel on the internet, and the webhook URL that a provider is given.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use crate::net::client::{Target, TargetError};

/// A public host is not longer than a name may be.
const MAX_HOST: usize = 253;
/// Endings of names that lead nowhere from outside; `internal` is ngrok's for private endpoints.
const PRIVATE: [&str; 3] = ["internal", "local", "localhost"];

/// A URL under which the world reaches this machine: visible ASCII without query or fragment, and
/// without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublicUrl(Arc<str>);

/// Why a text is no public URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// Not an `http` or `https` URL at all.
    #[error(transparent)]
    NoUrl(#[from] TargetError),
    /// `?…`: a path is to be put behind it.
    #[error("a public URL has no query (?…)")]
    Query,
}

impl PublicUrl {
    /// What an agent announces, if it is `https`, a bare origin, and a name that can be public.
    /// Anything else would be a trap or useless: it is about to be given to a provider.
    pub(super) fn announced(text: &str) -> Option<Self> {
        let target: Target = text.parse().ok()?;
        let is_bare = matches!(target.path(), None | Some("/"));
        let is_announceable = target.is_tls() && is_bare && is_public_name(target.host());
        is_announceable.then(|| Self(format!("https://{}", target.authority()).into()))
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL to give to a provider: this one and a path behind it.
    #[must_use]
    pub fn webhook_url(&self, path: &str) -> String {
        format!("{}/{}", self.0, path.strip_prefix('/').unwrap_or(path))
    }
}

fn is_public_name(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= MAX_HOST
        && name.contains('.')
        && name.split('.').all(|label| !label.is_empty())
        && !PRIVATE.contains(&last)
        && name.parse::<IpAddr>().is_err()
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// What a person gives: they may name any host, `http` too, and a path that a proxy takes off.
impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let target: Target = text.parse()?;
        let path = target.path().unwrap_or_default();
        if path.contains('?') {
            return Err(PublicUrlError::Query);
        }
        let scheme = if target.is_tls() { "https" } else { "http" };
        let url = format!("{scheme}://{}{path}", target.authority());
        Ok(Self(url.trim_end_matches('/').into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn announced(text: &str) -> Option<String> {
        PublicUrl::announced(text).map(|url| url.to_string())
    }

    #[test]
    fn an_agent_may_announce_a_bare_public_https_origin() {
        for (text, expected) in [
            (
                "https://abc123.ngrok-free.app",
                "https://abc123.ngrok-free.app",
            ),
            (
                "https://ABC123.ngrok-free.app/",
                "https://abc123.ngrok-free.app",
            ),
            ("https://hooks.example.com:443", "https://hooks.example.com"),
            (
                "https://hooks.example.com:8443",
                "https://hooks.example.com:8443",
            ),
        ] {
            assert_eq!(announced(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_private_or_hostile_is_not_taken_for_a_public_url() {
        for text in [
            "",
            "http://abc123.ngrok-free.app",
            "tcp://0.tcp.ngrok.io:12345",
            "https://service.internal",
            "https://printer.local.",
            "https://localhost",
            "https://a.localhost",
            "https://127.0.0.1",
            "https://[2001:db8::1]",
            "https://*.example.com",
            "https://user:word@example.com",
            "https://a..example.com",
            "https://example.com/$(id)",
            "https://example.com/?a",
            "https://example.com/#a",
            "https://example.com\u{1b}[31m",
            "https://ex\u{202e}ample.com",
            "https://example.com\r\nX: 1",
            "https://'; id; '.example.com",
            "javascript:alert(1)//https://example.com",
        ] {
            assert_eq!(announced(text), None, "{text}");
        }
        assert_eq!(announced(&format!("https://{}com", "a.".repeat(200))), None);
    }

    #[test]
    fn a_person_may_name_any_host_and_a_path() {
        let given = |text: &str| text.parse::<PublicUrl>().map(|url| url.to_string());
        assert_eq!(
            given("https://example.com").as_deref(),
            Ok("https://example.com")
        );
        assert_eq!(
            given("http://192.0.2.1:8080/hooks/").as_deref(),
            Ok("http://192.0.2.1:8080/hooks")
        );
        assert_eq!(
            given("https://example.com/?a=b"),
            Err(PublicUrlError::Query)
        );
        assert!(given("example.com").is_err() && given("https://example.com/ a").is_err());
    }

    #[test]
    fn the_webhook_url_has_one_slash_before_the_path() {
        for (base, path, expected) in [
            ("https://example.com", "/", "https://example.com/"),
            ("https://example.com/", "", "https://example.com/"),
            (
                "https://example.com",
                "/webhooks/elan",
                "https://example.com/webhooks/elan",
            ),
            ("https://example.com/a/", "b", "https://example.com/a/b"),
        ] {
            let base: PublicUrl = base.parse().unwrap();
            assert_eq!(base.webhook_url(path), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_announced_is_more_than_a_host_of_plain_characters(text in any::<String>()) {
            for text in [text.clone(), format!("https://{text}"), format!("https://a.b{text}")] {
                if let Some(url) = announced(&text) {
                    let host = url.strip_prefix("https://").unwrap();
                    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
                    prop_assert!(host.bytes().all(plain), "{}", url);
                }
            }
        }

        #[test]
        fn a_given_url_reads_back_to_itself(text in "https?://[a-z0-9.]{1,12}(:[1-9][0-9]{0,3})?(/[a-z/]{0,8})?") {
            if let Ok(url) = text.parse::<PublicUrl>() {
                prop_assert_eq!(url.as_str().parse::<PublicUrl>(), Ok(url));
            }
        }
    }
}
