//! Where strings and numbers end, by their grammar.

/// What is wrong with a string or number, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) problem: &'static str,
}

fn fault<T>(at: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { at, problem })
}

const UNFINISHED: &str = "a string that does not end";

/// The byte after the closing quote of the string that begins at `start`.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start + 1;
    loop {
        let stop = memchr::memchr2(b'"', b'\\', &bytes[at..]);
        let plain = &bytes[at..stop.map_or(bytes.len(), |stop| at + stop)];
        if let Some(control) = plain.iter().position(|byte| *byte < 0x20) {
            return fault(at + control, "a control character inside a string");
        }
        at += plain.len();
        match bytes.get(at) {
            None => return fault(at, UNFINISHED),
            Some(b'"') => return Ok(at + 1),
            Some(_) => at = escape_end(bytes, at)?,
        }
    }
}

/// The byte after the escape whose backslash is at `at`.
fn escape_end(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let digits = bytes.get(at + 2..at + 6).unwrap_or_default();
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit) {
                Ok(at + 6)
            } else {
                fault(at, "\\u without four hexadecimal digits")
            }
        }
        Some(_) => fault(at, "an escape that JSON does not have"),
        None => fault(bytes.len(), UNFINISHED),
    }
}

/// The byte after the number that begins at `start`.
pub(super) fn number_end(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let first = start + usize::from(bytes[start] == b'-');
    let mut end = digits_end(bytes, first);
    if end == first {
        return fault(end, "a digit is missing");
    }
    if bytes[first] == b'0' && end > first + 1 {
        return fault(first, "a number with a leading zero");
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = end + 1;
        end = digits_end(bytes, fraction);
        if end == fraction {
            return fault(end, "a digit is missing after the point");
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let is_signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        let exponent = end + 1 + usize::from(is_signed);
        end = digits_end(bytes, exponent);
        if end == exponent {
            return fault(end, "a digit is missing in the exponent");
        }
    }
    Ok(end)
}

fn digits_end(bytes: &[u8], from: usize) -> usize {
    let digits = bytes[from..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    from + digits.count()
}
