//! Bytes as words of a POSIX shell: `sh`, `dash`, `bash` and `zsh` read them back unchanged.
//!
//! Plain text stands in single quotes, where no character means anything. Everything else goes
//! through `printf` with octal escapes, so that no control character reaches a terminal when the
//! command is shown or pasted.

use std::fmt::Write as _;

use crate::text;

/// Whether the bytes can stand in single quotes as they are: visible text and line feeds.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    text::block(bytes).as_bytes() == bytes
}

/// One argument. It must not hold a NUL; a line feed at its end survives only in plain text.
pub(super) fn word(bytes: &[u8]) -> String {
    if !is_plain(bytes) {
        return format!("\"$({})\"", printf(bytes));
    }
    let plain = String::from_utf8_lossy(bytes);
    let is_bare =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    if !plain.is_empty() && plain.bytes().all(is_bare) {
        return plain.into_owned();
    }
    format!("'{}'", plain.replace('\'', "'\\''"))
}

/// A `printf` command that prints exactly these bytes. A `-` at the start would be an option, and an
/// interactive shell would look for `!` in its history.
pub(super) fn printf(bytes: &[u8]) -> String {
    let mut command = String::from("printf '");
    for (at, &byte) in bytes.iter().enumerate() {
        let is_safe = matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'\'' | b'!' | b'%');
        if is_safe && !(at == 0 && byte == b'-') {
            command.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(command, "\\{byte:03o}");
        }
    }
    command.push('\'');
    command
}
