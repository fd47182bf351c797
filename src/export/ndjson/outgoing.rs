//! A request that was made because of a delivery, with what was sent.

use serde::Serialize;

use super::body::{Embedded, embed};
use super::bytes::{Bytes, pairs};
use super::delivery::Options;
use crate::delivery::attempt::Response;
use crate::export::changed::Changed;
use crate::export::notice::Notice;

#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(flatten)]
    notice: &'a Notice<'a>,
    answer_headers: Option<Vec<(Bytes<'a>, Bytes<'a>)>>,
    sent: Option<SentObject<'a>>,
}

#[derive(Serialize)]
struct SentObject<'a> {
    method: &'a str,
    target: Bytes<'a>,
    headers: Vec<(Bytes<'a>, Bytes<'a>)>,
    body_changed: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    body: Option<BodyObject<'a>>,
}

#[derive(Serialize)]
struct BodyObject<'a> {
    body_bytes: usize,
    body_cut: bool,
    #[serde(flatten)]
    body: Embedded<'a>,
}

/// The object of a replay or a forward, with the headers of the answer, if there was one, and what
/// was sent where that was not the capture itself: `null` where it was.
#[must_use]
pub fn outgoing(
    notice: &Notice<'_>,
    answer: Option<&Response>,
    changed: Option<&Changed<'_>>,
    options: Options,
) -> String {
    super::line(&Line {
        v: super::VERSION,
        notice,
        answer_headers: answer.map(|answer| pairs(&answer.headers, options.credentials)),
        sent: changed.map(|changed| sent(changed, options)),
    })
}

fn sent<'a>(changed: &'a Changed<'a>, options: Options) -> SentObject<'a> {
    let head = &changed.head;
    SentObject {
        method: head.method(),
        target: Bytes(head.target()),
        headers: pairs(head.headers(), options.credentials),
        body_changed: changed.body.is_some(),
        body: changed.body.map(|body| BodyObject {
            body_bytes: body.len(),
            body_cut: changed.length() != Some(body.len() as u64),
            body: embed(body, options.bodies),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::notice::{Of, Sent};
    use crate::export::samples;

    fn object(head: &'static str, body: Option<&'static [u8]>) -> String {
        let delivery = samples::find_email();
        let attempt = samples::replayed("ok");
        let notice = Notice::Replay(Sent::new(Of::delivery(&delivery), &attempt, 100));
        let changed = Changed::new(&bytes::Bytes::from(head), body);
        let answer = attempt.result.as_ref().ok();
        outgoing(&notice, answer, Some(&changed), Options::default())
    }

    #[test]
    fn what_was_sent_is_there_as_far_as_it_differs() {
        let head = "POST /hook HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Length: 12\r\n\r\n";
        insta::assert_snapshot!(object(head, Some(b"{\"n\": 1.10 }")), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"event_id":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","type":"find_email","target":"http://127.0.0.1:3000/","status":202,"took_ms":38.1,"answer":"ok","answer_headers":[["Content-Type","application/json"],["Set-Cookie","[masked]"]],"sent":{"method":"POST","target":"/hook","headers":[["Host","127.0.0.1:3000"],["Content-Length","12"]],"body_changed":true,"body_bytes":12,"body_cut":false,"body":{"n":1.10}}}"#);
        insta::assert_snapshot!(object(head, None), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"event_id":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","type":"find_email","target":"http://127.0.0.1:3000/","status":202,"took_ms":38.1,"answer":"ok","answer_headers":[["Content-Type","application/json"],["Set-Cookie","[masked]"]],"sent":{"method":"POST","target":"/hook","headers":[["Host","127.0.0.1:3000"],["Content-Length","12"]],"body_changed":false}}"#);
    }

    #[test]
    fn a_body_that_is_kept_in_part_says_so() {
        let head = "POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n";
        let line = object(head, Some(b"begin"));
        assert!(line.contains(r#""body_bytes":5,"body_cut":true"#), "{line}");
    }
}
