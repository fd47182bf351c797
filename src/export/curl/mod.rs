//! A delivery as a `curl` command that makes the same request again.
//!
//! Everything in it came from a stranger and will be pasted into a shell, so each argument is quoted
//! for any POSIX shell, nothing is left for curl to interpret (`@`, `-`, `[]`, `..`, `#`), and what
//! curl would add by itself is switched off. What curl cannot send the same again is refused: a
//! command that makes another request would only seem to repeat this one.

mod shell;

use std::fmt;
use std::path::Path;

use super::credentials::Credentials;
use crate::delivery::{Delivery, Header, Request};

/// A longer body needs a file: terminals and shells have limits.
const MAX_INLINE_BODY: usize = 64 * 1024;

/// Where the command takes the body from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodySource<'a> {
    /// The command itself.
    Inline,
    /// This file, which holds the exact bytes.
    File(&'a Path),
}

/// Why a delivery cannot be said as a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    /// There is no method or target.
    #[error("the request's head was not readable, so there is no request to repeat")]
    Unreadable,
    /// Something of it never came; the command would send a whole request.
    #[error("it was not a whole request: {0}")]
    NotWhole(String),
    /// curl sends a body with any method but this one.
    #[error("curl cannot send a HEAD request with a body")]
    HeadBody,
    /// A header that no command line can carry.
    #[error("the header {0} holds a byte that cannot stand in an argument")]
    Header(String),
    /// The URL has a blank or control character.
    #[error("the URL holds a blank or a control character")]
    Url,
    /// The file's name is no argument.
    #[error("the name of the body's file holds a line break or a NUL")]
    FileName,
    /// Too long to stand in a command.
    #[error("the body is {0} bytes long: save it to a file and name that")]
    BodyTooLong(usize),
}

/// A command; its text is safe to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    arguments: Vec<Vec<u8>>,
    stdin: Option<Vec<u8>>,
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stdin) = &self.stdin {
            write!(formatter, "{} | ", shell::printf(stdin))?;
        }
        formatter.write_str("curl")?;
        for argument in &self.arguments {
            write!(formatter, " {}", shell::word(argument))?;
        }
        Ok(())
    }
}

/// Headers that describe one connection or one way of framing; curl writes its own.
const HOP_HEADERS: [&str; 7] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "expect",
    "te",
];

/// Headers that curl adds unless it is told not to.
const CURL_HEADERS: [&str; 4] = ["Accept", "User-Agent", "Content-Type", "Expect"];

/// The command that sends `delivery` to the server that `url` names; only its scheme and authority
/// count, the rest is the delivery's own target.
///
/// # Errors
/// When something in it cannot be said on a command line.
pub fn command(
    delivery: &Delivery,
    url: &str,
    body: BodySource<'_>,
    credentials: Credentials,
) -> Result<Command, CurlError> {
    let request = delivery.request();
    let head = &request.head;
    refuse_what_differs(request)?;
    if url
        .chars()
        .any(|character| character.is_control() || character.is_whitespace())
    {
        return Err(CurlError::Url);
    }
    let is_head = head.method() == "HEAD";
    let mut arguments = Arguments::default();
    arguments.push("--globoff");
    arguments.push("--path-as-is");
    if is_head {
        arguments.push("--head");
    } else {
        arguments.pair("--request", head.method());
    }
    arguments.address(server(url), head.target());
    for header in head.headers() {
        let is_own = HOP_HEADERS.iter().any(|name| header.is(name));
        // With --head, curl sends no body and therefore no length of its own.
        if !is_own || (is_head && header.is("content-length")) {
            arguments.pair("--header", header_argument(header, credentials)?);
        }
    }
    for name in CURL_HEADERS {
        let is_sent = name != "Expect" && head.header(name).is_some();
        if !is_sent {
            arguments.pair("--header", format!("{name}:"));
        }
    }
    let has_length = !is_head && head.header("content-length").is_some();
    let stdin = arguments.body(&request.body, has_length, body)?;
    Ok(Command {
        arguments: arguments.0,
        stdin,
    })
}

/// A command would say something else than what came.
fn refuse_what_differs(request: &Request) -> Result<(), CurlError> {
    if request.head.version().is_none() {
        return Err(CurlError::Unreadable);
    }
    if let Some(defect) = &request.defect {
        return Err(CurlError::NotWhole(defect.why().to_owned()));
    }
    if request.head.method() == "HEAD" && !request.body.is_empty() {
        return Err(CurlError::HeadBody);
    }
    Ok(())
}

/// Scheme and authority of a URL.
fn server(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let end = url[authority..].find(['/', '?', '#']);
    end.map_or(url, |end| &url[..authority + end])
}

/// Whether curl takes the target out of a URL as it stands there.
fn is_url_path(target: &[u8]) -> bool {
    let is_kept = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
    target.starts_with(b"/") && target.iter().all(is_kept)
}

#[derive(Default)]
struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    fn push(&mut self, argument: impl Into<Vec<u8>>) {
        self.0.push(argument.into());
    }

    fn pair(&mut self, option: &str, value: impl Into<Vec<u8>>) {
        self.push(option);
        self.push(value);
    }

    /// Where the request goes, and its target where that is no part of a URL: `*`, an absolute URL,
    /// a fragment.
    fn address(&mut self, server: &str, target: &[u8]) {
        if is_url_path(target) {
            self.pair("--url", [server.as_bytes(), target].concat());
        } else {
            self.pair("--url", format!("{server}/"));
            self.pair("--request-target", target);
        }
    }

    /// Adds the options for the body; returns what has to come in on standard input.
    fn body(
        &mut self,
        body: &[u8],
        has_length: bool,
        source: BodySource<'_>,
    ) -> Result<Option<Vec<u8>>, CurlError> {
        match source {
            _ if body.is_empty() && !has_length => Ok(None),
            BodySource::File(path) => {
                self.pair("--data-binary", file_argument(path)?);
                Ok(None)
            }
            BodySource::Inline if body.len() > MAX_INLINE_BODY => {
                Err(CurlError::BodyTooLong(body.len()))
            }
            BodySource::Inline if shell::is_plain(body) => {
                self.pair("--data-raw", body);
                Ok(None)
            }
            BodySource::Inline => {
                self.pair("--data-binary", "@-");
                Ok(Some(body.to_vec()))
            }
        }
    }
}

/// `Name: value`, or `Name;` for an empty value: with a colon curl would drop the header.
fn header_argument(header: &Header, credentials: Credentials) -> Result<Vec<u8>, CurlError> {
    let value = credentials.value(header);
    let is_argument = |bytes: &[u8]| !bytes.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let is_name = header.name.first().is_some_and(|first| *first != b'@')
        && header.name.is_ascii()
        && !header.name.contains(&b':');
    if !is_name || !is_argument(&header.name) || !is_argument(value) {
        let name = String::from_utf8_lossy(&header.name)
            .escape_debug()
            .to_string();
        return Err(CurlError::Header(name));
    }
    let mut argument = header.name.to_vec();
    if value.is_empty() {
        argument.push(b';');
    } else {
        argument.extend_from_slice(b": ");
        argument.extend_from_slice(value);
    }
    Ok(argument)
}

/// `@path`; a file that is called `-` gets its folder, or curl would read standard input.
fn file_argument(path: &Path) -> Result<Vec<u8>, CurlError> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(CurlError::FileName);
    }
    let folder: &[u8] = if name == b"-" { b"./" } else { b"" };
    Ok([b"@", folder, name].concat())
}

#[cfg(test)]
mod tests;
