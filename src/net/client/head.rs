//! The head of a request of ours: the bytes as they go out.
//!
//! Built line by line, and no line can hold another: that is checked once, here, so that nothing
//! above can smuggle a header or a second request.

use crate::delivery::HeadError;

/// A request line and field lines, ready for the wire; the blank line is added when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingHead {
    bytes: Vec<u8>,
    answer_has_no_body: bool,
}

impl OutgoingHead {
    /// A head with its request line.
    ///
    /// # Errors
    /// When the method is no token, or the target is empty or has a blank or a control character.
    pub fn new(method: &[u8], target: &[u8]) -> Result<Self, HeadError> {
        if !is_token(method) {
            return Err(HeadError::Syntax("a method that is no token"));
        }
        if target.is_empty() || target.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
            return Err(HeadError::Syntax(
                "a target with a byte that cannot stand there",
            ));
        }
        let mut bytes = Vec::with_capacity(512);
        for part in [method, b" ", target, b" HTTP/1.1\r\n"] {
            bytes.extend_from_slice(part);
        }
        Ok(Self {
            bytes,
            answer_has_no_body: method == b"HEAD",
        })
    }

    /// Adds a field line, name and value as given.
    ///
    /// # Errors
    /// When the name is no token, or the value has a line break, a NUL or another control
    /// character (a tab may stand there).
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        if !is_token(name) {
            return Err(HeadError::Syntax("a header name that is no token"));
        }
        if value.iter().any(|byte| is_control(*byte)) {
            return Err(HeadError::Syntax("a header value with a control character"));
        }
        for part in [name, b": ", value, b"\r\n"] {
            self.bytes.extend_from_slice(part);
        }
        Ok(())
    }

    /// The bytes so far, without the blank line.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the answer has no body whatever it says, since this is a `HEAD`.
    pub(super) fn answer_has_no_body(&self) -> bool {
        self.answer_has_no_body
    }
}

fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

fn is_token(name: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::delivery::{Head, Header};

    #[test]
    fn lines_go_out_as_they_were_given() {
        let mut head = OutgoingHead::new(b"POST", b"/a?b").unwrap();
        head.push(b"hOsT", b"x").unwrap();
        head.push(b"X", b"\xff\t1").unwrap();
        assert_eq!(
            head.bytes(),
            b"POST /a?b HTTP/1.1\r\nhOsT: x\r\nX: \xff\t1\r\n"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_pushed_stays_one_line(
            target in any::<Vec<u8>>(),
            name in any::<Vec<u8>>(),
            value in any::<Vec<u8>>(),
        ) {
            let Ok(mut head) = OutgoingHead::new(b"POST", &target) else { return Ok(()) };
            let pushed = head.push(&name, &value).is_ok();
            let mut raw = head.bytes().to_vec();
            raw.extend_from_slice(b"\r\n");
            if let Ok(read) = Head::parse(Bytes::from(raw)) {
                prop_assert_eq!(&read.target()[..], &target[..]);
                prop_assert_eq!(read.headers().len(), usize::from(pushed));
            }
        }

        #[test]
        fn a_field_line_reads_back(name in "[A-Za-z-]{1,12}", value in "[!-~]([ -~\t]{0,20}[!-~])?") {
            let mut head = OutgoingHead::new(b"POST", b"/").unwrap();
            head.push(name.as_bytes(), value.as_bytes()).unwrap();
            let mut raw = head.bytes().to_vec();
            raw.extend_from_slice(b"\r\n");
            let read = Head::parse(Bytes::from(raw)).unwrap();
            prop_assert!(read.headers() == [Header::new(name, value)]);
        }
    }
}
