//! A delivery as an HTTP request that can be sent again: the head as sent, then the body.
//!
//! Where the head says that the body is chunked, it stands in one chunk, with the trailers that came
//! behind it: how the sender cut it is not kept. A body that is not whole ends without the mark of
//! its end, as it did on the wire.

use std::io::Write as _;

use super::credentials::Credentials;
use crate::delivery::{Delivery, Head, Request};

/// Head and body.
#[must_use]
pub fn message(delivery: &Delivery, credentials: Credentials) -> Vec<u8> {
    let request = delivery.request();
    let head = credentials.head(request.head.raw());
    let mut message = Vec::with_capacity(head.len() + request.body.len());
    message.extend_from_slice(&head);
    if is_chunked(&request.head) {
        one_chunk(&mut message, request, credentials);
    } else {
        message.extend_from_slice(&request.body);
    }
    message
}

/// No other coding than this one is accepted by the listener.
fn is_chunked(head: &Head) -> bool {
    head.header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

fn one_chunk(message: &mut Vec<u8>, request: &Request, credentials: Credentials) {
    if !request.body.is_empty() {
        // Writing to a Vec cannot fail.
        let _ = write!(message, "{:x}\r\n", request.body.len());
        message.extend_from_slice(&request.body);
        message.extend_from_slice(b"\r\n");
    }
    if !request.is_whole() {
        return;
    }
    message.extend_from_slice(b"0\r\n");
    for trailer in &request.trailers {
        message.extend_from_slice(&trailer.name);
        message.extend_from_slice(b": ");
        message.extend_from_slice(credentials.value(trailer));
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::delivery::{Defect, Header};
    use crate::export::samples;

    use super::*;

    #[test]
    fn the_message_is_what_came_over_the_wire() {
        let delivery = samples::find_email();
        let request = delivery.request();
        let whole = [&request.head.raw()[..], &request.body[..]].concat();
        assert_eq!(message(&delivery, Credentials::Revealed), whole);
        let masked = message(&delivery, Credentials::Masked);
        let text = String::from_utf8(masked).unwrap();
        assert!(text.contains("Authorization: [masked]\r\n") && !text.contains("opensesame"));
        assert!(text.ends_with(samples::BODY));
    }

    /// What stands behind the head of a chunked request with this body and a trailer.
    fn framed(body: &'static str, defect: Option<Defect>) -> String {
        let mut delivery = samples::find_email();
        samples::change(&mut delivery, |arrival| {
            let headers = [Header::new("transfer-encoding", "Chunked")];
            arrival.request.head = Head::build("POST", b"/", &headers).unwrap();
            arrival.request.body = Bytes::from_static(body.as_bytes());
            arrival.request.trailers =
                vec![Header::new("X-Api-Key", "k"), Header::new("X-Sum", "")];
            arrival.request.defect = defect;
        });
        let message = String::from_utf8(message(&delivery, Credentials::Masked)).unwrap();
        let (_, framed) = message.split_once("\r\n\r\n").unwrap();
        framed.to_owned()
    }

    #[test]
    fn a_chunked_body_is_one_chunk_with_its_trailers() {
        let trailers = "0\r\nX-Api-Key: [masked]\r\nX-Sum: \r\n\r\n";
        assert_eq!(framed("", None), trailers);
        assert_eq!(
            framed("seventeen letters", None),
            format!("11\r\nseventeen letters\r\n{trailers}")
        );
    }

    #[test]
    fn a_chunked_body_that_was_cut_stays_cut() {
        let cut = framed("half", Some(Defect::BodyIncomplete));
        assert_eq!(cut, "4\r\nhalf\r\n");
    }
}
