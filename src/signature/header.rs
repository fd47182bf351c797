//! The grammar of the signature headers, by the letter and without allocating.
//!
//! Nothing is repaired here: a verifier that is generous with the header lets an attacker choose
//! which of two readings is checked. What a header may have been meant to say is the diagnosis'
//! business.

use crate::delivery::{Head, Reason, Scheme};

use super::digest;
use super::key::TAG_BYTES;
use super::scheme::{MAX_SIGNATURES, header_name};

/// What a well-formed `Sixtyfour-Signature` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timestamped<'a> {
    /// `t`, literally: these bytes are signed, not the number they stand for.
    pub(super) token: &'a [u8],
    /// `t` as a number of seconds since 1970.
    pub(super) seconds: i64,
}

/// One received signature that could match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    /// Its place among the `v1` of the header, from 0.
    pub(super) index: usize,
    /// The MAC.
    pub(super) tag: [u8; TAG_BYTES],
    /// How its spelling departs from the documented one.
    pub(super) non_canonical: Option<&'static str>,
}

/// Cuts a field value into its `key=value` segments.
///
/// Segments without `=` and empty ones are skipped, blanks around a segment dropped, blanks inside
/// kept: `v1= ab` is not `v1=ab`.
pub(super) fn segments(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|&byte| byte == b',').filter_map(|segment| {
        let segment = trim_blanks(segment);
        let equals = memchr::memchr(b'=', segment)?;
        Some((&segment[..equals], &segment[equals + 1..]))
    })
}

fn values<'a>(head: &'a Head, wanted: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    // Several field lines mean the same as one line with commas (RFC 9110, 5.3).
    head.headers_named(header_name(Scheme::Sixtyfour))
        .flat_map(|value| segments(value))
        .filter(move |(key, _)| *key == wanted)
        .map(|(_, value)| value)
}

/// Reads `t`, and makes sure that there is a `v1`.
pub(super) fn timestamped(head: &Head) -> Result<Timestamped<'_>, Reason> {
    if head.header(header_name(Scheme::Sixtyfour)).is_none() {
        return Err(Reason::MissingHeader);
    }
    let mut tokens = values(head, b"t");
    let token = tokens.next().ok_or(Reason::MissingTimestamp)?;
    if tokens.next().is_some() {
        return Err(Reason::DuplicateTimestamp);
    }
    let seconds = seconds(token).ok_or(Reason::InvalidTimestamp)?;
    if values(head, b"v1").next().is_none() {
        return Err(Reason::NoV1Signature);
    }
    Ok(Timestamped { token, seconds })
}

/// A plain decimal number: no sign, no leading zero, no blank, no more than 63 bits.
pub(super) fn seconds(token: &[u8]) -> Option<i64> {
    let plain = token.iter().all(u8::is_ascii_digit) && !token.is_empty();
    if !plain || (token.len() > 1 && token[0] == b'0') {
        return None;
    }
    std::str::from_utf8(token).ok()?.parse().ok()
}

/// The `v1` that could match, in order. A `v1` that is not 64 hexadecimal digits keeps its place
/// and matches nothing.
pub(super) fn sixtyfour_signatures(head: &Head) -> impl Iterator<Item = Signature> {
    values(head, b"v1")
        .take(MAX_SIGNATURES)
        .enumerate()
        .filter_map(|(index, digits)| {
            Some(Signature {
                index,
                tag: digest::tag_from_hex(digits)?,
                non_canonical: upper_case(digits),
            })
        })
}

/// The one signature of an `X-Webhook-Signature`: 64 hexadecimal digits or base64, each with or
/// without `sha256=`. The encoding is not documented, so these are all taken.
pub(super) fn elan_signature(head: &Head) -> Result<Signature, Reason> {
    let mut lines = head.headers_named(header_name(Scheme::Elan));
    let line = lines.next().ok_or(Reason::MissingHeader)?;
    if lines.next().is_some() {
        return Err(Reason::MalformedSignature);
    }
    let value = trim_blanks(line);
    let text = match value.split_at_checked(7) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"sha256=") => rest,
        _ => value,
    };
    let (tag, non_canonical) = if let Some(tag) = digest::tag_from_hex(text) {
        (tag, upper_case(text))
    } else {
        let tag = digest::tag_from_base64(text).ok_or(Reason::MalformedSignature)?;
        (tag, Some("base64"))
    };
    Ok(Signature {
        index: 0,
        tag,
        non_canonical,
    })
}

fn upper_case(digits: &[u8]) -> Option<&'static str> {
    digits
        .iter()
        .any(u8::is_ascii_uppercase)
        .then_some("upper-case hex")
}

/// Drops blanks and tabs on both sides.
pub(super) fn trim_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::Header;

    fn signed(lines: &[&str]) -> Head {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| Header::new("sixtyfour-signature", line.to_string()))
            .collect();
        Head::build("POST", b"/", &headers).unwrap()
    }

    fn reason(line: &str) -> Option<Reason> {
        timestamped(&signed(&[line])).err()
    }

    #[test]
    fn each_departure_from_the_grammar_has_its_own_reason() {
        let table = [
            ("", Reason::MissingTimestamp),
            (",,,", Reason::MissingTimestamp),
            ("t", Reason::MissingTimestamp),
            ("v1=ab", Reason::MissingTimestamp),
            ("T=1,v1=ab", Reason::MissingTimestamp),
            ("t =1,v1=ab", Reason::MissingTimestamp),
            ("sha256=ab", Reason::MissingTimestamp),
            ("t=1,t=1,v1=ab", Reason::DuplicateTimestamp),
            ("t=,t=1,v1=ab", Reason::DuplicateTimestamp),
            ("t=,v1=ab", Reason::InvalidTimestamp),
            ("t= 1,v1=ab", Reason::InvalidTimestamp),
            ("t=+1,v1=ab", Reason::InvalidTimestamp),
            ("t=-1,v1=ab", Reason::InvalidTimestamp),
            ("t=01,v1=ab", Reason::InvalidTimestamp),
            ("t=00,v1=ab", Reason::InvalidTimestamp),
            ("t=1e3,v1=ab", Reason::InvalidTimestamp),
            ("t=1_0,v1=ab", Reason::InvalidTimestamp),
            ("t=1.0,v1=ab", Reason::InvalidTimestamp),
            ("t=0x1,v1=ab", Reason::InvalidTimestamp),
            ("t=\"1\",v1=ab", Reason::InvalidTimestamp),
            ("t=1;v1=ab", Reason::InvalidTimestamp),
            ("t=9223372036854775808,v1=ab", Reason::InvalidTimestamp),
            ("t=1", Reason::NoV1Signature),
            ("t=1,v0=ab", Reason::NoV1Signature),
            ("t=1,V1=ab", Reason::NoV1Signature),
            ("t=1,v1", Reason::NoV1Signature),
            ("t=1,v1 =ab", Reason::NoV1Signature),
        ];
        for (line, expected) in table {
            assert_eq!(reason(line), Some(expected), "{line}");
        }
        let well_formed = [
            "t=0,v1=",
            "v1=ab,t=1",
            " t=1 ,\tv1=ab\t,",
            "t=9223372036854775807,v1=ab",
            "t=1,v2=x,v1=ab,=,t1=5",
        ];
        for line in well_formed {
            assert_eq!(reason(line), None, "{line}");
        }
        assert_eq!(
            timestamped(&signed(&[])).unwrap_err(),
            Reason::MissingHeader
        );
    }

    #[test]
    fn several_field_lines_are_read_as_one_list() {
        let digits = "ab".repeat(32);
        let head = signed(&[
            "t=5",
            &format!("v1={digits}"),
            &format!("v1=x, v1={digits}"),
        ]);
        assert_eq!(timestamped(&head).unwrap().token, b"5");
        let places: Vec<_> = sixtyfour_signatures(&head).map(|one| one.index).collect();
        assert_eq!(places, [0, 2]);
        let twice = signed(&["t=5,v1=ab", "t=5"]);
        assert_eq!(timestamped(&twice).unwrap_err(), Reason::DuplicateTimestamp);
    }

    #[test]
    fn a_v1_that_is_not_64_digits_never_matches_and_stops_nothing() {
        let digits = "cd".repeat(32);
        let head = signed(&[&format!(
            "t=1,v1={0},v1={0}00,v1=g{1},v1= {0},v1={2}",
            &digits[..62],
            &digits[1..],
            digits.to_uppercase()
        )]);
        let all: Vec<_> = sixtyfour_signatures(&head).collect();
        assert_eq!(
            all.len(),
            2,
            "the longer one of 62 + 2 digits, and the last"
        );
        assert_eq!(
            (all[1].index, all[1].non_canonical),
            (4, Some("upper-case hex"))
        );
    }

    #[test]
    fn a_flood_of_signatures_is_cut() {
        let flood = format!("t=1{}", format!(",v1={}", "00".repeat(32)).repeat(500));
        assert_eq!(
            sixtyfour_signatures(&signed(&[&flood])).count(),
            MAX_SIGNATURES
        );
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic_and_never_with_two_timestamps(
            line in proptest::collection::vec(
                prop_oneof![
                    Just("t=1".to_owned()), Just("v1=".to_owned()), Just(",".to_owned()),
                    Just("=".to_owned()), "[ -~]{0,8}", "[\\x80-\u{ff}]{0,3}",
                ],
                0..12,
            )
        ) {
            let line = line.concat();
            let head = signed(&[&line]);
            let timestamps = segments(trim_blanks(line.as_bytes()))
                .filter(|(key, _)| *key == b"t")
                .count();
            match timestamped(&head) {
                Ok(read) => {
                    prop_assert_eq!(timestamps, 1);
                    prop_assert_eq!(read.seconds.to_string().into_bytes(), read.token);
                }
                Err(Reason::MissingTimestamp) => prop_assert_eq!(timestamps, 0),
                Err(Reason::DuplicateTimestamp) => prop_assert!(timestamps > 1),
                Err(reason) => prop_assert!(
                    matches!(reason, Reason::InvalidTimestamp | Reason::NoV1Signature)
                ),
            }
            prop_assert!(sixtyfour_signatures(&head).count() <= MAX_SIGNATURES);
        }
    }
}
