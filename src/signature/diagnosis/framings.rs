//! What may stand before the body in what is signed.

use crate::delivery::{Head, Scheme};
use crate::signature::scheme::header_name;

use super::Case;
use super::cause::Cause;
use super::received::Received;

const FOLLOW_SIXTYFOUR: &str =
    "sign the literal t, a dot and the raw body: HMAC-SHA256(secret, t + \".\" + body)";
const FOLLOW_ELAN: &str = "sign the raw body alone: HMAC-SHA256(secret, body)";

/// How a timestamp and the body are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As the scheme says.
    Documented,
    BodyOnly,
    TimestampDot,
    WithoutDot,
    Milliseconds,
    Seconds,
    Colon,
    Versioned,
    EventId,
    Cleaned,
}

impl Kind {
    /// Whether it is tried before the body's variants.
    pub(super) fn is_likely(self) -> bool {
        matches!(
            self,
            Self::BodyOnly | Self::TimestampDot | Self::WithoutDot | Self::Milliseconds
        )
    }
}

/// One way to put together what is signed: these bytes, then the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Framing {
    pub(super) kind: Kind,
    pub(super) prefix: Vec<u8>,
}

/// The documented framing first, then the likeliest mistakes.
pub(super) fn framings(
    case: &Case<'_>,
    received: &Received,
    body_timestamp: Option<&str>,
) -> Vec<Framing> {
    let mut found = Framings(Vec::new());
    let stamps = match case.scheme {
        Scheme::Sixtyfour => received.stamps.clone(),
        Scheme::Elan => {
            found.add(Kind::Documented, b"");
            timestamps_beside(case.head, received, body_timestamp)
        }
    };
    for stamp in &stamps {
        let kind = match case.scheme {
            Scheme::Sixtyfour => Kind::Documented,
            Scheme::Elan => Kind::TimestampDot,
        };
        found.add(kind, &[stamp, &b"."[..]].concat());
    }
    found.add(Kind::BodyOnly, b"");
    for stamp in &stamps {
        found.around(stamp, event_id(case.head));
    }
    found.0
}

/// Every millisecond of the second that `t` names: the signer's clock may have been read with more
/// digits than the header got.
pub(super) fn every_millisecond(received: &Received) -> impl Iterator<Item = Framing> + use<> {
    let seconds = received.stamps.first().and_then(|stamp| number(stamp));
    seconds
        .filter(|&seconds| seconds < 100_000_000_000)
        .into_iter()
        .flat_map(|seconds| (1..1000).map(move |part| seconds * 1000 + part))
        .map(|milliseconds| Framing {
            kind: Kind::Milliseconds,
            prefix: format!("{milliseconds}.").into_bytes(),
        })
}

fn number(stamp: &[u8]) -> Option<i64> {
    std::str::from_utf8(stamp).ok()?.trim().parse().ok()
}

fn event_id(head: &Head) -> Option<&[u8]> {
    ["Sixtyfour-Event-Id", "webhook-id", "X-Webhook-Id"]
        .into_iter()
        .find_map(|name| head.header(name).map(|value| &value[..]))
}

/// The timestamps that a scheme without one could have signed: beside the signature, in headers
/// that are called so, in the body.
fn timestamps_beside(
    head: &Head,
    received: &Received,
    body_timestamp: Option<&str>,
) -> Vec<Vec<u8>> {
    let mut stamps = received.stamps.clone();
    stamps.extend(body_timestamp.map(|stamp| stamp.as_bytes().to_vec()));
    for header in head.headers() {
        let name = header.name.to_ascii_lowercase();
        if name.ends_with(b"timestamp") && header.value.len() <= 64 {
            stamps.push(header.value.to_vec());
        }
    }
    stamps.truncate(4);
    stamps
}

struct Framings(Vec<Framing>);

impl Framings {
    fn add(&mut self, kind: Kind, prefix: &[u8]) {
        if !self.0.iter().any(|framing| framing.prefix == prefix) {
            self.0.push(Framing {
                kind,
                prefix: prefix.to_vec(),
            });
        }
    }

    fn around(&mut self, stamp: &[u8], event_id: Option<&[u8]>) {
        self.add(Kind::WithoutDot, stamp);
        if let Some(number) = number(stamp) {
            if let Some(milliseconds) = number.checked_mul(1000) {
                self.add(Kind::Milliseconds, format!("{milliseconds}.").as_bytes());
            }
            if number >= 100_000_000_000 {
                self.add(Kind::Seconds, format!("{}.", number / 1000).as_bytes());
            }
            self.add(Kind::Cleaned, format!("{number}.").as_bytes());
        }
        if let Some(id) = event_id {
            self.add(Kind::EventId, &[id, b".", stamp, b"."].concat());
        }
        self.add(Kind::Colon, &[stamp, b":"].concat());
        self.add(Kind::Versioned, &[b"v0:", stamp, b":"].concat());
        self.add(Kind::Versioned, &[b"v1:", stamp, b":"].concat());
    }
}

impl Framing {
    /// The framing in words, once a MAC has proved it.
    pub(super) fn cause(&self, scheme: Scheme) -> Option<Cause> {
        let documented = format!(
            "{} signs {}",
            header_name(scheme),
            match scheme {
                Scheme::Sixtyfour => "t, a dot and the body",
                Scheme::Elan => "the body alone",
            }
        );
        let (name, seen) = match self.kind {
            Kind::Documented => return None,
            Kind::BodyOnly => (
                "signed_body_only",
                "only the body was signed, \"t.\" was left out",
            ),
            Kind::TimestampDot => (
                "signed_timestamp_dot_body",
                "a timestamp and a dot were signed before the body",
            ),
            Kind::WithoutDot => (
                "signed_without_dot",
                "a timestamp and the body were signed without a dot between them",
            ),
            Kind::Milliseconds => (
                "signed_milliseconds",
                "the time was signed in milliseconds, and the header has it in seconds",
            ),
            Kind::Seconds => (
                "signed_seconds",
                "the time was signed in seconds, and the header has it in milliseconds",
            ),
            Kind::Colon => (
                "signed_with_colon",
                "a colon was signed between the time and the body",
            ),
            Kind::Versioned => (
                "signed_with_version",
                "a version, the time and the body were signed with colons between them (Slack's way)",
            ),
            Kind::EventId => (
                "signed_with_event_id",
                "the event id was signed before the time and the body (the way of Standard Webhooks)",
            ),
            Kind::Cleaned => (
                "signed_number",
                "the time was signed as a number, and the header spells that number in another way",
            ),
        };
        let fix = match scheme {
            Scheme::Sixtyfour => FOLLOW_SIXTYFOUR,
            Scheme::Elan => FOLLOW_ELAN,
        };
        Some(Cause::new(
            name,
            format!("{documented}, but here {seen}."),
            fix,
        ))
    }
}
