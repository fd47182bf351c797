//! SHA-256 and its spellings, for everybody who needs a fingerprint of bytes.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// The bytes that hexadecimal digits of either case stand for; `None` when there is anything else,
/// or an odd number of them.
#[must_use]
pub fn from_hex(digits: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    hex::decode(digits).ok()
}

const LENIENT: GeneralPurposeConfig = general_purpose::NO_PAD
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The bytes that base64 stands for, in the standard or the URL-safe alphabet, padded or not.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .ok()
}

/// Decodes exactly 64 hexadecimal digits without allocating.
pub(super) fn tag_from_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    hex::decode_to_slice(digits, &mut tag).ok()?;
    Some(tag)
}

/// Decodes exactly 44 characters of padded standard base64 to 32 bytes without allocating.
pub(super) fn tag_from_base64(text: &[u8]) -> Option<[u8; 32]> {
    // The decoder wants room for whole groups of three bytes.
    let mut decoded = [0; 33];
    let length = general_purpose::STANDARD
        .decode_slice(text, &mut decoded)
        .ok()?;
    decoded[..length].try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_well_known_one() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&sha256(b"")), expected);
        assert_eq!(from_hex(expected).unwrap(), sha256(b""));
    }

    #[test]
    fn digits_of_either_case_are_read_and_nothing_else_is() {
        assert_eq!(from_hex("aBcD"), Some(vec![0xab, 0xcd]));
        for wrong in ["abc", "0x", "ab ", "zz"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn base64_is_read_in_both_alphabets_with_and_without_padding() {
        for text in ["-_-_AA==", "+/+/AA==", "+/+/AA", "-_-_AA"] {
            let bytes = from_base64(text.as_bytes()).unwrap();
            assert_eq!(bytes, [0xfb, 0xff, 0xbf, 0x00], "{text}");
        }
        assert_eq!(from_base64(b"a b"), None);
    }

    #[test]
    fn a_tag_in_base64_has_exactly_32_bytes() {
        let encoded = general_purpose::STANDARD.encode([7; 32]);
        assert_eq!(tag_from_base64(encoded.as_bytes()), Some([7; 32]));
        for length in [31, 33, 0] {
            let encoded = general_purpose::STANDARD.encode(vec![7; length]);
            assert_eq!(tag_from_base64(encoded.as_bytes()), None);
        }
    }
}
