//! What one step of a plan answers.

use std::time::Duration;

use bytes::Bytes;

use super::span::Span;
use crate::delivery::{Ending, Header, Reply};

/// A provider writes what we answer into its own records, so it is short and always the same.
const TAKEN: &str = r#"{"ok":true}"#;
const REFUSED: &str = r#"{"ok":false,"error":"armed fault"}"#;

/// An answer of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A status, with what was said about it, in that order.
    Status(u16, Vec<Argument>),
    /// Waits, then answers with a status.
    Delay(Span, u16),
    /// Never answers.
    Hang,
    /// Waits for a person.
    Hold,
    /// A TCP RST.
    Reset,
    /// Closes without a byte.
    Close,
    /// Half an answer.
    Cut,
    /// Bytes that are not HTTP.
    Garbage,
    /// The answer, byte by byte over this time.
    Drip(Span),
    /// A normal answer: a gap in a sequence.
    Ok,
}

/// What can be said about a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// `after=`: how long to wait first.
    After(Span),
    /// `body=`
    Body(String),
    /// A header.
    Header(String, String),
}

impl Fault {
    /// What to say; `None` for a normal answer.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        Some(match self {
            Self::Status(status, arguments) => with_arguments(*status, arguments),
            Self::Delay(span, status) => Reply {
                delay: span.duration(),
                ..plain(*status)
            },
            Self::Hang => ending(Ending::Hang),
            Self::Hold => ending(Ending::Hold),
            Self::Reset => ending(Ending::Reset),
            Self::Close => ending(Ending::Close),
            Self::Cut => ending(Ending::Cut),
            Self::Garbage => ending(Ending::Garbage),
            Self::Drip(span) => ending(Ending::Drip(span.duration())),
            Self::Ok => return None,
        })
    }
}

/// Whether an answer with this status has a body at all.
pub(super) fn has_body(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}

fn plain(status: u16) -> Reply {
    let body = if (200..300).contains(&status) {
        TAKEN
    } else {
        REFUSED
    };
    let mut reply = Reply::json(status, body);
    if !has_body(status) {
        reply.headers.clear();
        reply.body = Bytes::new();
    }
    reply
}

fn ending(ending: Ending) -> Reply {
    Reply {
        ending,
        ..plain(200)
    }
}

fn with_arguments(status: u16, arguments: &[Argument]) -> Reply {
    let mut reply = plain(status);
    let mut headers = Vec::new();
    for argument in arguments {
        match argument {
            Argument::After(span) => reply.delay = span.duration(),
            Argument::Body(body) => {
                reply.headers = vec![content_type(body)];
                reply.body = Bytes::from(body.clone());
            }
            Argument::Header(name, value) => headers.push(Header::new(name.clone(), value.clone())),
        }
    }
    if headers.iter().any(|header| header.is("content-type")) {
        reply.headers.clear();
    }
    reply.headers.extend(headers);
    reply
}

fn content_type(body: &str) -> Header {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
    let value = if is_json {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    Header::new("Content-Type", value)
}

impl Argument {
    /// How long a wait this asks for.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::After(span) => Some(span.duration()),
            Self::Body(_) | Self::Header(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn a_status_alone_has_a_short_json_body() {
        let reply = Fault::Status(500, Vec::new()).reply().unwrap();
        assert_eq!(reply, Reply::json(500, REFUSED));
        let reply = Fault::Status(201, Vec::new()).reply().unwrap();
        assert_eq!(reply, Reply::json(201, TAKEN));
    }

    #[test]
    fn a_status_without_a_body_has_none() {
        for status in [204, 205, 304] {
            let reply = Fault::Status(status, Vec::new()).reply().unwrap();
            assert!(
                reply.body.is_empty() && reply.headers.is_empty(),
                "{status}"
            );
        }
    }

    #[test]
    fn arguments_say_wait_headers_and_body() {
        let arguments = vec![
            Argument::After(Span::read("2s").unwrap()),
            Argument::Header(text("retry-after"), text("30")),
            Argument::Body(text("busy")),
        ];
        let reply = Fault::Status(503, arguments).reply().unwrap();
        assert_eq!(reply.delay, Duration::from_secs(2));
        assert_eq!(&reply.body[..], b"busy");
        let headers = [
            Header::new("Content-Type", "text/plain; charset=utf-8"),
            Header::new("retry-after", "30"),
        ];
        assert_eq!(reply.headers, headers);
    }

    #[test]
    fn a_content_type_of_ones_own_is_the_only_one() {
        let arguments = vec![
            Argument::Body(text("{}")),
            Argument::Header(text("content-type"), text("text/html")),
        ];
        let reply = Fault::Status(500, arguments).reply().unwrap();
        assert_eq!(reply.headers, [Header::new("content-type", "text/html")]);
    }

    #[test]
    fn a_normal_answer_is_nobody_elses() {
        assert_eq!(Fault::Ok.reply(), None);
    }

    #[test]
    fn only_a_fault_that_lets_a_success_through_acknowledges() {
        let span = Span::read("1s").unwrap();
        let acknowledges = |fault: Fault| fault.reply().unwrap().acknowledges();
        assert!(acknowledges(Fault::Delay(span, 200)));
        assert!(acknowledges(Fault::Drip(span)));
        for fault in [
            Fault::Hang,
            Fault::Hold,
            Fault::Reset,
            Fault::Close,
            Fault::Cut,
            Fault::Garbage,
            Fault::Delay(span, 500),
        ] {
            assert!(!acknowledges(fault.clone()), "{fault:?}");
        }
    }
}
