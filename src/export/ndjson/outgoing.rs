//! A request that was made because of a delivery, with what was sent.

use serde::Serialize;

use super::body::{Embedded, embed};
use super::bytes::{Bytes, pairs};
use super::delivery::Options;
use crate::export::changed::Changed;
use crate::export::notice::Notice;

#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(flatten)]
    notice: &'a Notice<'a>,
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

/// The object of a replay or a forward, with what was sent where that was not the capture itself:
/// `null` where it was.
#[must_use]
pub fn outgoing(notice: &Notice<'_>, changed: Option<&Changed<'_>>, options: Options) -> String {
    super::line(&Line {
        v: super::VERSION,
        notice,
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
    use crate::export::notice::Sent;

    fn object(head: &'static str, body: Option<&'static [u8]>) -> String {
        let notice = Notice::Replay(Sent {
            at: "2026-11-20T14:02:20.1Z".parse().unwrap(),
            of_seq: 22,
            number: 1,
            target: "http://127.0.0.1:3000/",
            status: Some(200),
            took_ms: 38.0,
            error: None,
        });
        let changed = Changed::new(&bytes::Bytes::from(head), body);
        outgoing(&notice, Some(&changed), Options::default())
    }

    #[test]
    fn what_was_sent_is_there_as_far_as_it_differs() {
        let head = "POST /hook HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Length: 12\r\n\r\n";
        insta::assert_snapshot!(object(head, Some(b"{\"n\": 1.10 }")), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"target":"http://127.0.0.1:3000/","status":200,"took_ms":38.0,"sent":{"method":"POST","target":"/hook","headers":[["Host","127.0.0.1:3000"],["Content-Length","12"]],"body_changed":true,"body_bytes":12,"body_cut":false,"body":{"n":1.10}}}"#);
        insta::assert_snapshot!(object(head, None), @r#"{"v":1,"kind":"replay","at":"2026-11-20T14:02:20.100Z","of_seq":22,"number":1,"target":"http://127.0.0.1:3000/","status":200,"took_ms":38.0,"sent":{"method":"POST","target":"/hook","headers":[["Host","127.0.0.1:3000"],["Content-Length","12"]],"body_changed":false}}"#);
    }

    #[test]
    fn a_body_that_is_kept_in_part_says_so() {
        let head = "POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n";
        let line = object(head, Some(b"begin"));
        assert!(line.contains(r#""body_bytes":5,"body_cut":true"#), "{line}");
    }
}
