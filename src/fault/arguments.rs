//! What stands in the parentheses of an answer: `500(after=2s body="not now" retry-after=30)`.

use super::answer::{Argument, Fault, has_body};
use super::cursor::Cursor;
use super::error::Problem;
use super::print::ends_value;
use super::span::{BadSpan, Span};
use crate::text::nearest;

/// What can be said about a status, for suggestions.
const KEYS: [&str; 6] = [
    "after",
    "body",
    "retry-after",
    "location",
    "content-type",
    "server",
];

/// Headers without a hyphen. Others need one, so that a slip of the finger is not taken for a
/// header.
const SHORT_HEADERS: [&str; 10] = [
    "allow", "date", "etag", "expires", "link", "location", "refresh", "server", "vary", "warning",
];

/// What an answer says about itself; a wrong one could not be carried out.
const FRAMING: [&str; 7] = [
    "connection",
    "content-length",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A status from its digits.
pub(super) fn status(at: usize, digits: &str) -> Result<u16, Problem> {
    let status = digits.parse().ok();
    status
        .filter(|status| (200..=599).contains(status) && digits.len() == 3)
        .ok_or_else(|| {
            let message = format!("{digits} is not a status from 200 to 599");
            Problem::new(
                at,
                message,
                "write a status such as 500, or 500x3 for three of them",
            )
        })
}

/// What is said about a status; nothing if no parenthesis stands here.
pub(super) fn of_status(cursor: &mut Cursor<'_>, status: u16) -> Result<Vec<Argument>, Problem> {
    let open = cursor.at();
    let mut arguments: Vec<Argument> = Vec::new();
    if !cursor.take("(") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_blanks();
        if cursor.take(")") {
            break;
        }
        if cursor.peek().is_none() {
            return Err(unclosed(open));
        }
        let at = cursor.at();
        let argument = argument(cursor)?;
        if is_said(&arguments, &argument) {
            let fix = "say after= and body= once";
            return Err(Problem::new(at, "this is said already", fix));
        }
        if matches!(argument, Argument::Body(_)) && !has_body(status) {
            let message = format!("an answer with status {status} has no body");
            return Err(Problem::new(
                at,
                message,
                "leave body= out, or use another status",
            ));
        }
        arguments.push(argument);
    }
    if arguments.is_empty() {
        let problem = Problem::new(
            open,
            "nothing stands between the parentheses",
            "leave them out",
        );
        return Err(problem.instead(cursor.at() - open, ""));
    }
    Ok(arguments)
}

/// `(12s)` or `(12s 503)`
pub(super) fn delay(cursor: &mut Cursor<'_>) -> Result<Fault, Problem> {
    let open = open(cursor, "delay(12s)")?;
    let span = span(cursor)?;
    cursor.skip_blanks();
    let at = cursor.at();
    let status = match cursor.take_while(|next| next.is_ascii_alphanumeric()) {
        "" => 200,
        word => status(at, word)?,
    };
    close(cursor, open)?;
    Ok(Fault::Delay(span, status))
}

/// `(5s)`
pub(super) fn drip(cursor: &mut Cursor<'_>) -> Result<Fault, Problem> {
    let open = open(cursor, "drip(5s)")?;
    let span = span(cursor)?;
    close(cursor, open)?;
    Ok(Fault::Drip(span))
}

fn open(cursor: &mut Cursor<'_>, example: &str) -> Result<usize, Problem> {
    let at = cursor.at();
    if cursor.take("(") {
        cursor.skip_blanks();
        return Ok(at);
    }
    let message = "a time in parentheses is missing";
    Err(Problem::new(at, message, format!("write {example}")))
}

fn close(cursor: &mut Cursor<'_>, open: usize) -> Result<(), Problem> {
    cursor.skip_blanks();
    if cursor.take(")") {
        return Ok(());
    }
    match cursor.peek() {
        None => Err(unclosed(open)),
        Some(next) => {
            let message = format!("{next} cannot stand here");
            Err(Problem::new(
                cursor.at(),
                message,
                "close the parenthesis first",
            ))
        }
    }
}

fn unclosed(open: usize) -> Problem {
    Problem::new(open, "this ( is never closed", "add the )")
}

fn span(cursor: &mut Cursor<'_>) -> Result<Span, Problem> {
    let at = cursor.at();
    let text = cursor.take_while(|next| next.is_ascii_alphanumeric() || next == '.');
    Span::read(text).map_err(|why| {
        let (message, fix) = match (why, text) {
            (BadSpan::Form, "") => (
                "a time is missing".to_owned(),
                "write 250ms, 2s, 1.5s or 1m",
            ),
            (BadSpan::Form, _) => (
                format!("{text} is not a time"),
                "write 250ms, 2s, 1.5s or 1m",
            ),
            (BadSpan::TooFine, _) => (
                format!("{text} is finer than a millisecond"),
                "write whole milliseconds",
            ),
            (BadSpan::TooLong, _) => (
                format!("{text} is longer than an hour"),
                "write at most 1h; hang never answers at all",
            ),
        };
        let problem = Problem::new(at, message, fix);
        let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_bare {
            problem.instead(text.len(), format!("{text}s"))
        } else {
            problem
        }
    })
}

fn is_said(arguments: &[Argument], next: &Argument) -> bool {
    arguments.iter().any(|said| {
        matches!(
            (said, next),
            (Argument::After(_), Argument::After(_)) | (Argument::Body(_), Argument::Body(_))
        )
    })
}

fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, Problem> {
    let at = cursor.at();
    let key = cursor.take_while(is_token);
    if key.is_empty() || !cursor.take("=") {
        let fix = "write key=value: after=2s, body=text, retry-after=30, location=/x";
        return Err(Problem::new(at, "a key and its value are missing", fix));
    }
    match key {
        "after" => span(cursor).map(Argument::After),
        "body" => value(cursor, key).map(Argument::Body),
        _ => header(cursor, at, key),
    }
}

/// What stands in the name of a header (RFC 9110, token).
fn is_token(next: char) -> bool {
    next.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(next)
}

fn header(cursor: &mut Cursor<'_>, at: usize, key: &str) -> Result<Argument, Problem> {
    let name = key.to_ascii_lowercase();
    if FRAMING.contains(&name.as_str()) {
        let message = format!("{key} belongs to the connection and is set by itself");
        let fix = "use cut, close, garbage or drip for an answer that is broken";
        return Err(Problem::new(at, message, fix));
    }
    if !name.contains('-') && !SHORT_HEADERS.contains(&name.as_str()) {
        let message = format!("{key}= is not known");
        let fix = "use after=, body=, or the name of a header: retry-after=, location=, x-name=";
        let problem = Problem::new(at, message, fix);
        return Err(match nearest(&name, KEYS) {
            Some(known) => problem.instead(key.len(), known),
            None => problem,
        });
    }
    let at = cursor.at();
    let text = value(cursor, key)?;
    if text
        .chars()
        .any(|character| character.is_control() && character != '\t')
    {
        let message = "a header cannot hold a line break or another control character";
        return Err(Problem::new(
            at,
            message,
            "leave it out, or say it in body=",
        ));
    }
    Ok(Argument::Header(key.to_owned(), text))
}

/// A value in quotes, or up to a blank or the parenthesis.
fn value(cursor: &mut Cursor<'_>, key: &str) -> Result<String, Problem> {
    let at = cursor.at();
    if cursor.peek() == Some('"') {
        let text = cursor.quoted()?;
        let is_end = cursor.peek().is_none_or(ends_value);
        return if is_end {
            Ok(text)
        } else {
            let fix = "put the whole value in quotes, and a blank after it";
            Err(Problem::new(cursor.at(), "a quote must end the value", fix))
        };
    }
    match cursor.take_while(|next| !ends_value(next)) {
        "" => {
            let fix = format!("write {key}=text, {key}=\"text with blanks\" or {key}=\"\"");
            Err(Problem::new(at, format!("{key}= needs a value"), fix))
        }
        text => Ok(text.to_owned()),
    }
}
