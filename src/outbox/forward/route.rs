//! Which requests go to which local app: by path, by event type, or all of them.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::delivery::{Head, Request};
use crate::net::client::{Target, TargetError};
use crate::outbox::lines::path;

/// `URL`, `/a=URL` or `find_phone=URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    scope: Scope,
    target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    All,
    /// This path and what lies below it.
    Path(String),
    EventType(String),
}

/// Why a text is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The URL is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Neither a path nor an event type before the `=`.
    #[error("\"{0}\" is neither a path (/a) nor an event type (find_phone)")]
    Scope(String),
}

impl Route {
    /// Where its requests go.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The only event type that it is for, if there is one.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        match &self.scope {
            Scope::EventType(name) => Some(name),
            Scope::All | Scope::Path(_) => None,
        }
    }

    /// How closely it fits this request; `None` if it does not. An event type is closer than any
    /// path, a longer path closer than a shorter one.
    fn closeness(&self, request: &Request, event_type: Option<&str>) -> Option<usize> {
        match &self.scope {
            Scope::All => Some(0),
            Scope::Path(prefix) => below(prefix, request.head.path()).map(|_| 1 + prefix.len()),
            Scope::EventType(name) => (event_type == Some(name)).then_some(usize::MAX),
        }
    }

    /// The request target at the app. What lies below the route's path is put below the URL's.
    pub(super) fn path(&self, head: &Head) -> Bytes {
        let plain = path(&self.target, head);
        let (Scope::Path(prefix), Some(own)) = (&self.scope, self.target.path()) else {
            return plain;
        };
        match below(prefix, head.path()) {
            Some(rest) if !rest.is_empty() => {
                let own = own.split('?').next().unwrap_or(own).trim_end_matches('/');
                let query = memchr::memchr(b'?', &plain).map_or(plain.len(), |at| at);
                [own.as_bytes(), rest, &plain[query..]].concat().into()
            }
            _ => plain,
        }
    }
}

/// The closest route for a request; of equally close ones the first.
pub(super) fn closest<'a>(
    routes: &'a [Route],
    request: &Request,
    event_type: Option<&str>,
) -> Option<&'a Route> {
    let fits = |route: &'a Route| Some((route.closeness(request, event_type)?, route));
    let first_of_closest = routes
        .iter()
        .filter_map(fits)
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    first_of_closest.map(|(_, route)| route)
}

/// What follows the prefix in a path that is the prefix or lies below it.
fn below<'a>(prefix: &str, path: &'a [u8]) -> Option<&'a [u8]> {
    let prefix = prefix.trim_end_matches('/');
    let rest = path.strip_prefix(prefix.as_bytes())?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

/// Whether this is a target without its scheme whose query has a `=`, behind what would be a scope.
fn is_short_target(text: &str, scope: &str) -> bool {
    let is_scope = scope.starts_with('/') || !scope.contains(['/', '?', ':']);
    !is_scope && text.parse::<Target>().is_ok()
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url_begins = text.find("://").unwrap_or(text.len());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let Some((scope, url)) = text[..url_begins]
            .contains('=')
            .then(|| text.split_once('='))
            .flatten()
            .filter(|(scope, _)| !is_short_target(text, scope))
        else {
            let target = text.parse()?;
            let scope = Scope::All;
            return Ok(Self { scope, target });
        };
        let named = if scope.starts_with('/') && !scope.contains(['?', '#']) {
            Scope::Path(scope.to_owned())
        } else if !scope.is_empty() && scope.bytes().all(is_name) {
            Scope::EventType(scope.to_owned())
        } else {
            return Err(RouteError::Scope(scope.to_owned()));
        };
        Ok(Self {
            scope: named,
            target: url.parse()?,
        })
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::All => self.target.fmt(formatter),
            Scope::Path(name) | Scope::EventType(name) => {
                write!(formatter, "{name}={}", self.target)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::super::tests::request;
    use super::*;

    fn route(text: &str) -> Route {
        text.parse().unwrap()
    }

    #[test]
    fn the_closest_route_is_taken() {
        let routes = [
            "http://localhost:1/",
            "/a=http://localhost:2/",
            "/a/b=http://localhost:3/",
            "find_phone=http://localhost:4/",
            "/a=http://localhost:5/",
        ]
        .map(route);
        let port = |path: &str, event_type: Option<&str>| {
            let request = request("POST", path, &[], "");
            closest(&routes, &request, event_type)
                .unwrap()
                .target()
                .port()
        };
        assert_eq!(port("/", None), 1);
        assert_eq!(port("/ab", None), 1);
        assert_eq!(port("/a", None), 2);
        assert_eq!(port("/a/c?d", Some("find_email")), 2);
        assert_eq!(port("/a/b/c", None), 3);
        assert_eq!(port("/a/b/c", Some("find_phone")), 4);
    }

    #[test]
    fn without_a_route_for_all_some_requests_have_none() {
        let routes = [route("/a=http://localhost:2/")];
        assert_eq!(
            closest(&routes, &request("POST", "/b", &[], ""), None),
            None
        );
    }

    #[test]
    fn what_lies_below_a_routes_path_is_put_below_the_urls() {
        for (text, asked, expected) in [
            ("/a=http://localhost:3000/x", "/a", "/x"),
            ("/a=http://localhost:3000/x", "/a/b?q", "/x/b?q"),
            ("/a=http://localhost:3000/x?y", "/a/b?q", "/x/b?y"),
            ("/a=http://localhost:3000/", "/a/b", "/b"),
            ("/a/=http://localhost:3000/x/", "/a/b", "/x/b"),
            ("/a=http://localhost:3000", "/a/b?q", "/a/b?q"),
            ("t=http://localhost:3000/x", "/a/b", "/x"),
        ] {
            let path = route(text).path(&request("POST", asked, &[], "").head);
            assert_eq!(path, expected.as_bytes(), "{text} {asked}");
        }
    }

    #[test]
    fn routes_read_back_and_what_is_none_says_why() {
        for text in [
            "http://localhost:3000/x?a=b",
            "/a=http://localhost:3000/x?a=b",
            "outgoing_webhook.completed=https://localhost/",
        ] {
            assert_eq!(route(text).to_string(), text);
        }
        for (short, text) in [
            ("3000", "http://localhost:3000"),
            ("localhost:3000/x?a=b", "http://localhost:3000/x?a=b"),
            ("find_phone=4000", "find_phone=http://localhost:4000"),
            ("/a=127.0.0.1:3000/x", "/a=http://127.0.0.1:3000/x"),
        ] {
            assert_eq!(route(short).to_string(), text);
        }
        for text in [
            "localhost",
            "not a url",
            "find_phone=foo",
            "=http://localhost/",
            "a b=http://localhost/",
            "/a=x",
        ] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            if let Ok(route) = text.parse::<Route>() {
                prop_assert_eq!(route.to_string().parse::<Route>(), Ok(route));
            }
        }
    }
}
