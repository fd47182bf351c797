//! How a replay differs from its capture, in a word or two: what fits behind its status.

use crate::delivery::{Head, Request, Scheme};
use crate::export::changed::Changed;
use crate::provider::sixtyfour;
use crate::signature::scheme::header_name;
use crate::store::Sent;

/// The words: `re-signed`, `new event id`, `another body`, or `as captured`.
pub(super) fn words(captured: &Request, sent: Option<&Sent>) -> String {
    let Some(sent) = sent else {
        return "as captured".to_owned();
    };
    let changed = Changed::new(&sent.head, sent.body.as_deref());
    let head = &changed.head;
    let is_same = |name: &str| captured.head.header(name) == head.header(name);
    let mut words = Vec::new();
    if changed.body.is_some() {
        words.push("another body");
    }
    if !is_same(sixtyfour::EVENT_ID) {
        words.push("new event id");
    }
    if ![Scheme::Sixtyfour, Scheme::Elan]
        .map(header_name)
        .into_iter()
        .all(is_same)
    {
        words.push(if is_signed(head) {
            "re-signed"
        } else {
            "unsigned"
        });
    }
    if words.is_empty() {
        words.push("as captured");
    }
    words.join(", ")
}

fn is_signed(head: &Head) -> bool {
    crate::signature::scheme::signed_by(head).is_some()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::Header;

    fn captured() -> Request {
        let at = Timestamp::UNIX_EPOCH;
        let headers = [
            Header::new("Host", "abc.ngrok.example"),
            Header::new("Sixtyfour-Event-Id", "e-1"),
            Header::new("Sixtyfour-Signature", "t=1,v1=aa"),
        ];
        Request::local(
            Head::build("POST", b"/", &headers).unwrap(),
            Bytes::from_static(b"{}"),
            at,
        )
    }

    fn of(lines: &str, body: Option<&'static [u8]>) -> String {
        let sent = Sent {
            head: format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n").into(),
            body: body.map(Bytes::from_static),
        };
        words(&captured(), Some(&sent))
    }

    #[test]
    fn what_a_receiver_would_notice_is_said() {
        let id = "sixtyfour-event-id: e-1\r\n";
        let signature = "Sixtyfour-Signature: t=1,v1=aa\r\n";
        assert_eq!(words(&captured(), None), "as captured");
        assert_eq!(of(&[id, signature].concat(), None), "as captured");
        let fresh = "Sixtyfour-Signature: t=2,v1=bb\r\n";
        assert_eq!(of(&[id, fresh].concat(), None), "re-signed");
        assert_eq!(of(id, None), "unsigned");
        assert_eq!(
            of(
                &["Sixtyfour-Event-Id: e-2\r\n", fresh].concat(),
                Some(b"[]")
            ),
            "another body, new event id, re-signed"
        );
    }
}
