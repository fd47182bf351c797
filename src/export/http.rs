//! A delivery as the HTTP request it was: the head as sent, then the body's bytes.
//!
//! The body comes without its chunk framing, whatever the head says about its transfer.

use super::credentials::Credentials;
use crate::delivery::Delivery;

/// Head and body.
#[must_use]
pub fn message(delivery: &Delivery, credentials: Credentials) -> Vec<u8> {
    let request = delivery.request();
    let head = credentials.head(request.head.raw());
    let mut message = Vec::with_capacity(head.len() + request.body.len());
    message.extend_from_slice(&head);
    message.extend_from_slice(&request.body);
    message
}

#[cfg(test)]
mod tests {
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
}
