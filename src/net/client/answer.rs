//! Reads one answer, within bounds, whatever the peer says.

use std::borrow::Cow;
use std::io;
use std::mem::MaybeUninit;

use bytes::{Buf, Bytes, BytesMut};

use super::exchange::{Exchange, Lost};
use crate::delivery::Failure;
use crate::delivery::attempt::Response;
use crate::delivery::head::{Header, MAX_HEADERS};

/// How long the head of an answer may be.
const MAX_HEAD: usize = 64 * 1024;
/// How many `1xx` answers are passed over before the real one.
const MAX_INTERIM: usize = 100;
/// How long a chunk's size line may be.
const MAX_SIZE_LINE: usize = 4 * 1024;
/// A body up to this size is copied out of the connection's buffer, so as not to hold it.
const SMALL: usize = 4 * 1024;

/// A whole answer, and whether the connection may be used again.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) reusable: bool,
}

/// Reads the final answer, keeping at most `keep` bytes of its body.
pub(super) async fn read(
    exchange: &mut Exchange<'_>,
    bodyless: bool,
    keep: usize,
) -> Result<Answered, Lost> {
    for _ in 0..=MAX_INTERIM {
        let head = read_head(exchange).await?;
        if (100..200).contains(&head.status) && head.status != 101 {
            continue;
        }
        let framing = head.framing(bodyless).map_err(not_http)?;
        let (body, body_cut) = read_body(exchange, framing, keep).await?;
        let reusable = head.keep_alive && !body_cut && framing != Framing::UntilClose;
        return Ok(Answered {
            response: Response {
                status: head.status,
                headers: head.headers,
                body,
                body_cut,
            },
            reusable,
        });
    }
    Err(not_http("more than 100 interim answers (1xx)"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

struct AnswerHead {
    status: u16,
    headers: Vec<Header>,
    keep_alive: bool,
}

impl AnswerHead {
    fn framing(&self, bodyless: bool) -> Result<Framing, &'static str> {
        if bodyless || matches!(self.status, 101 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let mut coding = None;
        let mut length = None;
        for header in &self.headers {
            if header.is("transfer-encoding") {
                coding = Some(header);
            } else if header.is("content-length") {
                for part in header.value.split(|byte| *byte == b',') {
                    let read =
                        decimal(part.trim_ascii()).ok_or("a Content-Length that is no number")?;
                    if length.is_some_and(|known| known != read) {
                        return Err("two different Content-Lengths");
                    }
                    length = Some(read);
                }
            }
        }
        Ok(match (coding, length) {
            (Some(coding), _) => {
                let last = coding.value.rsplit(|byte| *byte == b',').next();
                let last = last.unwrap_or_default().trim_ascii();
                if last.eq_ignore_ascii_case(b"chunked") {
                    Framing::Chunked
                } else {
                    Framing::UntilClose
                }
            }
            (None, Some(length)) => Framing::Length(length),
            (None, None) => Framing::UntilClose,
        })
    }
}

async fn read_head(exchange: &mut Exchange<'_>) -> Result<AnswerHead, Lost> {
    loop {
        let buffer = exchange.buffer();
        if !buffer.is_empty() {
            if let Some((head, length)) = parse_head(buffer).map_err(not_http)? {
                buffer.advance(length);
                return Ok(head);
            }
            if buffer.len() > MAX_HEAD {
                return Err(not_http("its head is larger than 64 KiB"));
            }
        }
        need_more(exchange, "before an answer").await?;
    }
}

/// The head at the start of these bytes and its length; `None` while it is not whole.
fn parse_head(bytes: &[u8]) -> Result<Option<(AnswerHead, usize)>, &'static str> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let length = match httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut fields,
    ) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(describe(error)),
    };
    // One copy of the head, which all the values share: the connection keeps its buffer.
    let whole = Bytes::copy_from_slice(&bytes[..length]);
    let start = bytes.as_ptr() as usize;
    let share = |part: &[u8]| {
        let at = part.as_ptr() as usize - start;
        whole.slice(at..at + part.len())
    };
    let headers: Vec<Header> = response
        .headers
        .iter()
        .map(|field| Header {
            name: share(field.name.as_bytes()),
            value: share(field.value),
        })
        .collect();
    let says = |word: &str| {
        headers
            .iter()
            .filter(|header| header.is("connection"))
            .flat_map(|header| header.value.split(|byte| *byte == b','))
            .any(|said| said.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    };
    let status = response.code.unwrap_or_default();
    if !(100..600).contains(&status) {
        return Err("a status that is not 100 to 599");
    }
    let keep_alive = match response.version {
        Some(0) => says("keep-alive"),
        _ => !says("close"),
    };
    let head = AnswerHead {
        status,
        headers,
        keep_alive: keep_alive && status != 101,
    };
    Ok(Some((head, length)))
}

async fn read_body(
    exchange: &mut Exchange<'_>,
    framing: Framing,
    keep: usize,
) -> Result<(Bytes, bool), Lost> {
    match framing {
        Framing::Length(length) => read_sized(exchange, length, keep).await,
        Framing::Chunked => read_chunked(exchange, keep).await,
        Framing::UntilClose => read_until_close(exchange, keep).await,
    }
}

async fn read_sized(
    exchange: &mut Exchange<'_>,
    length: u64,
    keep: usize,
) -> Result<(Bytes, bool), Lost> {
    let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(keep);
    while exchange.buffer().len() < wanted {
        need_more(exchange, "inside the answer's body").await?;
    }
    let body = take(exchange.buffer(), wanted);
    Ok((body, wanted as u64 != length))
}

async fn read_until_close(exchange: &mut Exchange<'_>, keep: usize) -> Result<(Bytes, bool), Lost> {
    while exchange.buffer().len() <= keep {
        match exchange.more().await {
            Ok(0) => break,
            Ok(_) => {}
            // Many servers close without saying so in TLS.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => {
                return Err(exchange.lost(Some(error), "inside the answer's body").await);
            }
        }
    }
    let buffer = exchange.buffer();
    let kept = buffer.len().min(keep);
    let cut = buffer.len() > keep;
    Ok((take(buffer, kept), cut))
}

async fn read_chunked(exchange: &mut Exchange<'_>, keep: usize) -> Result<(Bytes, bool), Lost> {
    let mut body = BytesMut::new();
    loop {
        let size = read_chunk_size(exchange).await?;
        if size == 0 {
            skip_trailers(exchange).await?;
            return Ok((body.freeze(), false));
        }
        let mut left = size;
        while left > 0 {
            if body.len() == keep {
                return Ok((body.freeze(), true));
            }
            if exchange.buffer().is_empty() {
                need_more(exchange, "inside the answer's body").await?;
            }
            let buffer = exchange.buffer();
            let count = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len())
                .min(keep - body.len());
            body.extend_from_slice(&buffer[..count]);
            buffer.advance(count);
            left -= count as u64;
        }
        if !read_line(exchange).await?.is_empty() {
            return Err(not_http("a chunk longer than it says"));
        }
    }
}

async fn read_chunk_size(exchange: &mut Exchange<'_>) -> Result<u64, Lost> {
    let line = read_line(exchange).await?;
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let digits = digits.trim_ascii();
    let valid = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| valid)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| not_http("a chunk without its size"))
}

async fn skip_trailers(exchange: &mut Exchange<'_>) -> Result<(), Lost> {
    let mut skipped = 0;
    loop {
        let line = read_line(exchange).await?;
        if line.is_empty() {
            return Ok(());
        }
        skipped += line.len();
        if skipped > MAX_HEAD {
            return Err(not_http("its trailers are larger than 64 KiB"));
        }
    }
}

async fn read_line(exchange: &mut Exchange<'_>) -> Result<Bytes, Lost> {
    loop {
        let buffer = exchange.buffer();
        if let Some(end) = memchr::memchr(b'\n', buffer) {
            let line = Bytes::copy_from_slice(buffer[..end].trim_ascii_end());
            buffer.advance(end + 1);
            return Ok(line);
        }
        if buffer.len() > MAX_SIZE_LINE {
            return Err(not_http("a chunk without its size"));
        }
        need_more(exchange, "inside the answer's body").await?;
    }
}

async fn need_more(exchange: &mut Exchange<'_>, place: &str) -> Result<(), Lost> {
    match exchange.more().await {
        Ok(0) => Err(exchange.lost(None, place).await),
        Ok(_) => Ok(()),
        Err(error) => Err(exchange.lost(Some(error), place).await),
    }
}

fn take(buffer: &mut BytesMut, length: usize) -> Bytes {
    if length <= SMALL {
        let body = Bytes::copy_from_slice(&buffer[..length]);
        buffer.advance(length);
        body
    } else {
        buffer.split_to(length).freeze()
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| plain)
        .and_then(|digits| digits.parse().ok())
}

fn not_http(why: impl Into<Cow<'static, str>>) -> Lost {
    Lost {
        failure: Failure::NotHttp(why.into().into_owned()),
        refused: false,
    }
}

fn describe(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a header name with a byte that cannot stand there",
        httparse::Error::HeaderValue => "a header value with a control character",
        httparse::Error::NewLine => "a line that does not end with CR LF",
        httparse::Error::Status | httparse::Error::Token => "a status line that is none",
        httparse::Error::TooManyHeaders => "more than 256 headers",
        httparse::Error::Version => "it does not begin with HTTP/1.0 or HTTP/1.1",
    }
}
