//! Job: one request to make, as often as it takes, each time numbered and signed anew.
//!
//! What stays the same over the attempts is put together once; what differs (the attempt's number
//! in a header and inside a workflow's body, the signature, the length) has its place in the order
//! of the lines. [`Job::render`] is pure: the number and the time are arguments.

use bytes::Bytes;

use super::json::{self, Place, Step};
use super::signing::{Signer, Signing};
use crate::delivery::{HeadError, Header};
use crate::net::client::{OutgoingHead, Target};
use crate::provider::sixtyfour;
use crate::signature::scheme::header_name;

/// A request to make, and where to.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    target: Target,
    method: Bytes,
    path: Bytes,
    lines: Vec<Line>,
    body: Body,
    signer: Option<Signer>,
    tampered: bool,
    /// Who makes it, several times over; see [`Copies`].
    pub copies: Copies,
}

/// A field line, or the place of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The same each time.
    Fixed(Header),
    /// The length of the body, under this name.
    Length(Bytes),
    /// The attempt's number, under this name.
    Attempt(Bytes),
    /// The signature, under this name.
    Signature(Bytes),
}

impl Line {
    pub(super) fn name(&self) -> &Bytes {
        match self {
            Self::Fixed(header) => &header.name,
            Self::Length(name) | Self::Attempt(name) | Self::Signature(name) => name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    Same(Bytes),
    /// The attempt's number stands between these two.
    Numbered(Bytes, Bytes),
}

/// One event delivered several times whatever is answered, instead of until it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies {
    /// How many deliveries in all; 0: no copies, but attempts until one is answered with a 2xx.
    pub count: u32,
    /// All at once instead of one after the other.
    pub at_once: bool,
    /// The last attempt's number first.
    pub reversed: bool,
}

impl Copies {
    /// Attempts until one is answered with a 2xx.
    pub const NONE: Self = Self {
        count: 0,
        at_once: false,
        reversed: false,
    };

    /// The attempts' numbers in the order in which they are sent.
    #[must_use]
    pub fn numbers(self) -> Vec<u32> {
        let forwards = 1..=self.count;
        if self.reversed {
            forwards.rev().collect()
        } else {
            forwards.collect()
        }
    }
}

/// A request as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its head.
    pub head: OutgoingHead,
    /// Its body.
    pub body: Bytes,
}

/// What a job is made of.
pub(super) struct Parts {
    pub(super) target: Target,
    pub(super) method: Bytes,
    pub(super) path: Bytes,
    pub(super) lines: Vec<Line>,
    pub(super) body: Bytes,
    pub(super) signing: Signing,
    pub(super) tampered: bool,
    /// Whether a workflow's body says the number of its attempt.
    pub(super) numbered: bool,
}

impl Job {
    pub(super) fn new(parts: Parts) -> Result<Self, HeadError> {
        let job = Self {
            body: if parts.numbered {
                Body::numbered(parts.body)
            } else {
                Body::Same(parts.body)
            },
            target: parts.target,
            method: parts.method,
            path: parts.path,
            signer: match parts.signing {
                Signing::Fresh(signer) => Some(signer),
                Signing::AsCaptured | Signing::Unsigned => None,
            },
            lines: parts.lines,
            tampered: parts.tampered,
            copies: Copies::NONE,
        };
        job.check()?;
        Ok(job)
    }

    /// The same, delivered several times.
    #[must_use]
    pub fn copied(self, copies: Copies) -> Self {
        Self { copies, ..self }
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The request of one attempt, signed at `now` (seconds since 1970).
    ///
    /// # Errors
    /// Never for a job that could be made: its lines were checked then.
    pub fn render(&self, attempt: u32, now: i64) -> Result<Rendered, HeadError> {
        let body = self.body.render(attempt);
        // The signature is that of the body before somebody in between changed it.
        let sent = if self.tampered {
            tamper(&body)
        } else {
            body.clone()
        };
        let mut head = OutgoingHead::new(&self.method, &self.path)?;
        for line in &self.lines {
            match line {
                Line::Fixed(header) => head.push(&header.name, &header.value)?,
                Line::Length(name) => head.push(name, sent.len().to_string().as_bytes())?,
                Line::Attempt(name) => head.push(name, attempt.to_string().as_bytes())?,
                Line::Signature(name) => {
                    if let Some(signer) = &self.signer {
                        head.push(name, &signer.line(now, &body).value)?;
                    }
                }
            }
        }
        Ok(Rendered { head, body: sent })
    }

    fn check(&self) -> Result<(), HeadError> {
        let mut head = OutgoingHead::new(&self.method, &self.path)?;
        self.lines.iter().try_for_each(|line| match line {
            Line::Fixed(header) => head.push(&header.name, &header.value),
            place => head.push(place.name(), b""),
        })
    }
}

impl Body {
    fn numbered(body: Bytes) -> Self {
        match json::locate(&body, &[Step::Key("attempt".to_owned())]) {
            Ok(Place::Value(at)) => Self::Numbered(body.slice(..at.start), body.slice(at.end..)),
            _ => Self::Same(body),
        }
    }

    fn render(&self, attempt: u32) -> Bytes {
        match self {
            Self::Same(body) => body.clone(),
            Self::Numbered(before, after) => {
                let number = attempt.to_string();
                [before, number.as_bytes(), after].concat().into()
            }
        }
    }
}

/// The lines of a provider's headers for an event. `None`: the name is not sent.
pub(super) fn event_lines(id: Option<&str>, event_type: Option<&str>) -> Vec<Line> {
    let fixed = |name: &'static str, value: Option<&str>| {
        value.map(|value| Line::Fixed(Header::new(name, value.to_owned())))
    };
    [
        fixed(sixtyfour::EVENT_ID, id),
        fixed(sixtyfour::EVENT_TYPE, event_type),
        Some(Line::Attempt(sixtyfour::DELIVERY_ATTEMPT.into())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The place of a fresh signature, under the scheme's own name.
pub(super) fn signature_line(signing: &Signing) -> Option<Line> {
    match signing {
        Signing::Fresh(signer) => Some(Line::Signature(header_name(signer.scheme).into())),
        Signing::AsCaptured | Signing::Unsigned => None,
    }
}

/// The body with one byte changed, as by somebody in between. JSON stays JSON where it can, so
/// that only a check of the bytes notices.
fn tamper(body: &Bytes) -> Bytes {
    let mut changed = body.to_vec();
    let texts = json::string_values(body);
    let plain = |at: &usize| changed.get(*at).is_some_and(u8::is_ascii_alphanumeric);
    let in_text = texts
        .into_iter()
        .rev()
        .filter(|text| memchr::memchr(b'\\', &body[text.clone()]).is_none())
        .find_map(|text| text.rev().find(plain));
    let at = in_text.or_else(|| (0..body.len()).rev().find(plain));
    match at {
        Some(at) => changed[at] = another(changed[at]),
        None => changed.push(b' '),
    }
    changed.into()
}

fn another(byte: u8) -> u8 {
    match byte {
        b'9' | b'z' | b'Z' => byte - 1,
        _ => byte + 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_ne, proptest};
    use serde_json::Value;

    use super::*;

    proptest! {
        #[test]
        fn a_tampered_body_differs(body in any::<Vec<u8>>()) {
            let body = Bytes::from(body);
            prop_assert_ne!(tamper(&body), body);
        }
    }

    #[test]
    fn a_tampered_json_body_is_still_json_and_says_something_else() {
        let body = Bytes::from_static(br#"{"a":"b\u0041","email":"jane@x.example!","n":[true]}"#);
        let changed: Value = serde_json::from_slice(&tamper(&body)).unwrap();
        assert_eq!(changed["email"], "jane@x.examplf!");
    }

    #[test]
    fn copies_are_numbered_either_way() {
        let copies = |reversed| Copies {
            count: 3,
            at_once: false,
            reversed,
        };
        assert_eq!(copies(false).numbers(), [1, 2, 3]);
        assert_eq!(copies(true).numbers(), [3, 2, 1]);
    }
}
