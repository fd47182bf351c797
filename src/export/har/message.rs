//! The two messages of an entry.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::delivery::{self, Delivery, Header};
use crate::export::answer;
use crate::export::credentials::{Credentials, MASK};
use crate::export::forwarded::forwarded;

/// The size of something that was not counted.
const UNKNOWN_SIZE: i64 = -1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    method: &'a str,
    url: String,
    http_version: String,
    cookies: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
    query_string: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<Content<'a>>,
    headers_size: usize,
    body_size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
    content: Content<'a>,
    #[serde(rename = "redirectURL")]
    redirect_url: Cow<'a, str>,
    headers_size: i64,
    body_size: usize,
}

#[derive(Serialize)]
struct Pair<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    mime_type: Cow<'a, str>,
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

impl<'a> Content<'a> {
    fn new(mime_type: Cow<'a, str>, body: &'a [u8]) -> Self {
        let (text, encoding) = match std::str::from_utf8(body) {
            Ok(text) => (Cow::Borrowed(text), None),
            Err(_) => (Cow::Owned(STANDARD.encode(body)), Some("base64")),
        };
        Self {
            size: None,
            mime_type,
            text,
            encoding,
        }
    }
}

pub(super) fn request(request: &delivery::Request, credentials: Credentials) -> Request<'_> {
    let head = &request.head;
    let mime_type = head
        .header("content-type")
        .map_or(Cow::Borrowed(""), |value| latin1(value));
    Request {
        method: head.method(),
        url: url(request),
        http_version: head
            .version()
            .map(|version| version.to_string())
            .unwrap_or_default(),
        cookies: cookies(head.headers(), credentials),
        headers: head
            .headers()
            .iter()
            .map(|header| pair(header, credentials))
            .collect(),
        query_string: query(head.target()),
        post_data: (!request.body.is_empty()).then(|| Content::new(mime_type, &request.body)),
        headers_size: head.raw().len(),
        body_size: request.body.len(),
    }
}

pub(super) fn response(delivery: &Delivery, credentials: Credentials) -> Response<'_> {
    let reply = &delivery.arrival.answer.reply;
    let status = answer::status(delivery);
    let value_of = |wanted: &str| {
        let header = reply.headers.iter().find(|header| header.is(wanted));
        header.map_or(Cow::Borrowed(""), |header| latin1(&header.value))
    };
    let headers = reply.headers.iter().map(|header| pair(header, credentials));
    let body: &[u8] = if status.is_some() { &reply.body } else { &[] };
    Response {
        status: status.unwrap_or_default(),
        status_text: status.map_or("", answer::phrase),
        http_version: "HTTP/1.1",
        cookies: Vec::new(),
        headers: if status.is_some() {
            headers.collect()
        } else {
            Vec::new()
        },
        content: Content {
            size: Some(body.len()),
            ..Content::new(value_of("content-type"), body)
        },
        redirect_url: value_of("location"),
        headers_size: UNKNOWN_SIZE,
        body_size: body.len(),
    }
}

/// Header bytes as browsers read them: one character a byte unless it is UTF-8.
fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|byte| char::from(*byte)).collect(),
        Cow::Borrowed,
    )
}

fn pair(header: &Header, credentials: Credentials) -> Pair<'_> {
    Pair {
        name: latin1(&header.name),
        value: latin1(credentials.value(header)),
    }
}

/// The URL as its sender would write it; an archive must have an absolute one.
fn url(request: &delivery::Request) -> String {
    let head = &request.head;
    let target = latin1(head.target());
    if !target.is_empty() && !target.starts_with(['/', '*']) {
        return target.into_owned();
    }
    let found = forwarded(head);
    let scheme = found
        .scheme
        .filter(|scheme| *scheme == b"https")
        .map_or("http", |_| "https");
    let host = found
        .host
        .or_else(|| head.header("host").map(|host| &host[..]))
        .map_or(Cow::Borrowed("localhost"), latin1);
    let slash = if target.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}{slash}{target}")
}

fn cookies(headers: &[Header], credentials: Credentials) -> Vec<Pair<'_>> {
    headers
        .iter()
        .filter(|header| header.is("cookie"))
        .flat_map(|header| header.value.split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|cookie| !cookie.is_empty())
        .map(|cookie| {
            let equals = memchr::memchr(b'=', cookie).unwrap_or(cookie.len());
            let value = latin1(cookie.get(equals + 1..).unwrap_or_default());
            Pair {
                name: latin1(&cookie[..equals]),
                value: if credentials.hide(b"cookie") {
                    Cow::Borrowed(MASK)
                } else {
                    value
                },
            }
        })
        .collect()
}

fn query(target: &[u8]) -> Vec<Pair<'_>> {
    let Some(mark) = memchr::memchr(b'?', target) else {
        return Vec::new();
    };
    let query = &target[mark + 1..];
    let query = &query[..memchr::memchr(b'#', query).unwrap_or(query.len())];
    query
        .split(|byte| *byte == b'&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let equals = memchr::memchr(b'=', part).unwrap_or(part.len());
            Pair {
                name: percent_decoded(&part[..equals]),
                value: percent_decoded(part.get(equals + 1..).unwrap_or_default()),
            }
        })
        .collect()
}

fn percent_decoded(part: &[u8]) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut at = 0;
    while at < part.len() {
        let escaped = (part[at] == b'%')
            .then(|| part.get(at + 1..at + 3))
            .flatten();
        let decoded = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(match (decoded, part[at]) {
            (Some(byte), _) => byte,
            (None, b'+') => b' ',
            (None, byte) => byte,
        });
        at += if decoded.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use crate::delivery::Head;
    use crate::export::samples;

    use super::*;

    fn texts(pairs: &[Pair<'_>]) -> Vec<(String, String)> {
        let owned = |pair: &Pair<'_>| (pair.name.to_string(), pair.value.to_string());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_query_is_read_as_a_form() {
        let pairs = query(b"/x?a=1+2&b=%C3%A9%2&c&&=d#e?f=1");
        let expected = [("a", "1 2"), ("b", "é%2"), ("c", ""), ("", "d")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(texts(&pairs), expected);
    }

    #[test]
    fn the_url_is_the_public_one() {
        let mut delivery = samples::find_email();
        let mut url_of = |target: &'static [u8], headers: &[Header]| {
            samples::change(&mut delivery, |arrival| {
                arrival.request.head = Head::build("POST", target, headers).unwrap();
            });
            url(delivery.request())
        };
        let forwarded = [
            Header::new("Host", "localhost:6464"),
            Header::new("X-Forwarded-Host", "a.ngrok.app"),
            Header::new("X-Forwarded-Proto", "https"),
        ];
        assert_eq!(url_of(b"/x?y", &forwarded), "https://a.ngrok.app/x?y");
        assert_eq!(url_of(b"*", &forwarded[..1]), "http://localhost:6464/*");
        assert_eq!(url_of(b"http://h/x", &[]), "http://h/x");
    }

    #[test]
    fn cookies_keep_their_names_and_lose_their_values() {
        let headers = [Header::new("Cookie", "session=abc=d; theme=dark")];
        let masked = texts(&cookies(&headers, Credentials::Masked));
        assert_eq!(masked[0], ("session".to_owned(), "[masked]".to_owned()));
        let revealed = texts(&cookies(&headers, Credentials::Revealed));
        assert_eq!(revealed[0], ("session".to_owned(), "abc=d".to_owned()));
        assert_eq!(revealed.len(), 2);
    }
}
