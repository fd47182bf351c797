//! What is wrong with the signature header itself, in words.

use crate::delivery::{Reason, Scheme};
use crate::signature::scheme::{header_name, other};
use crate::text;

use super::Case;
use super::cause::Cause;
use super::received::{Received, is_plain_number};

const DOCUMENTED_SIXTYFOUR: &str = "send Sixtyfour-Signature: t=<unix seconds>,v1=<64 hex digits>";
const DOCUMENTED_ELAN: &str = "send X-Webhook-Signature: <64 hex digits>";

fn documented(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Sixtyfour => DOCUMENTED_SIXTYFOUR,
        Scheme::Elan => DOCUMENTED_ELAN,
    }
}

/// The departure from the grammar that a verdict's reason names.
pub(super) fn cause(case: &Case<'_>, received: &Received, reason: Reason) -> Option<Cause> {
    match reason {
        Reason::MissingHeader => missing(case, received),
        Reason::MissingTimestamp if received.stamps.is_empty() => Some(Cause::new(
            "header_without_timestamp",
            "The signature header has no t=, so nothing says when it was signed, and t is part of what is signed.",
            DOCUMENTED_SIXTYFOUR,
        )),
        Reason::InvalidTimestamp if !received.stamps.iter().any(|stamp| is_plain_number(stamp)) => {
            Some(timestamp_form(received))
        }
        Reason::MissingTimestamp | Reason::InvalidTimestamp => Some(spelling(case.scheme)),
        Reason::DuplicateTimestamp => Some(Cause::new(
            "header_two_timestamps",
            "The signature header has more than one t=: the clock could be checked against one of them and the signature against another, so it is refused.",
            "send exactly one t=, and look for a proxy that joins two signature headers",
        )),
        Reason::NoV1Signature => Some(no_v1(received)),
        Reason::MalformedSignature => malformed(case, received),
        _ => None,
    }
}

/// A header that is right but for the way it is written.
pub(super) fn spelling(scheme: Scheme) -> Cause {
    Cause::new(
        "header_spelling",
        match scheme {
            Scheme::Sixtyfour => {
                "The parts of the signature header are there, but not as documented: t and v1 in lower case, separated by commas, without quotes or blanks around the values."
            }
            Scheme::Elan => {
                "The signature is there, but with something around it that does not belong there."
            }
        },
        documented(scheme),
    )
}

fn missing(case: &Case<'_>, received: &Received) -> Option<Cause> {
    let wanted = header_name(case.scheme);
    let found = received.elsewhere.as_deref()?;
    let foreign = other(case.scheme);
    if found.eq_ignore_ascii_case(header_name(foreign)) {
        return Some(other_scheme(case));
    }
    Some(Cause::new(
        "header_renamed",
        format!("There is no {wanted}; the signature is in {found}."),
        format!("pass the signature on as {wanted}"),
    ))
}

/// The other scheme's header is there, and this scheme's is not or does not hold.
pub(super) fn other_scheme(case: &Case<'_>) -> Cause {
    let foreign = other(case.scheme);
    let (wanted, found) = (header_name(case.scheme), header_name(foreign));
    let (sender, option) = match foreign {
        Scheme::Elan => ("an ELAN subscription", "--elan-secret-file"),
        Scheme::Sixtyfour => ("Sixtyfour", "--secret-file"),
    };
    let own = match case.head.header(wanted) {
        Some(_) => format!("{wanted} does not hold"),
        None => format!("There is no {wanted}"),
    };
    Cause::new(
        "other_scheme_header",
        format!("{own}, but there is {found}: {sender} signs so."),
        format!("load that sender's secret with {option}, or send {wanted}"),
    )
}

fn timestamp_form(received: &Received) -> Cause {
    let found = received.stamps.first().map(|stamp| text::line(stamp));
    let found = found.as_deref().unwrap_or_default();
    let kind = if found.is_empty() {
        "it is empty"
    } else if found.starts_with(['+', '-']) {
        "it has a sign"
    } else if found.contains('.') {
        "it has a fraction"
    } else if found.contains(['-', ':', 'T']) {
        "it is a date"
    } else if found.bytes().all(|byte| byte.is_ascii_digit()) && found.starts_with('0') {
        "it has a leading zero"
    } else if found.bytes().all(|byte| byte.is_ascii_digit()) {
        "it is too large"
    } else {
        "it is something else"
    };
    Cause::new(
        "timestamp_form",
        format!("t has to be a plain number of seconds since 1970; {kind}."),
        "send t as whole seconds: int(time.time()) in Python, Math.floor(Date.now() / 1000) in JavaScript",
    )
}

fn no_v1(received: &Received) -> Cause {
    match received.tags.first() {
        Some(tag) if !tag.key.is_empty() => Cause::new(
            "signature_under_other_key",
            format!(
                "There is no v1=; the header has a signature as {}= only, which is not this scheme.",
                text::line(tag.key.as_bytes())
            ),
            "send the signature as v1=",
        ),
        Some(_) => spelling(Scheme::Sixtyfour),
        None => Cause::new(
            "header_without_signature",
            "The signature header has no v1=, so there is nothing to compare.",
            DOCUMENTED_SIXTYFOUR,
        ),
    }
}

fn malformed(case: &Case<'_>, received: &Received) -> Option<Cause> {
    let wanted = header_name(case.scheme);
    if case.head.headers_named(wanted).count() > 1 {
        return Some(Cause::new(
            "header_twice",
            format!("{wanted} is there more than once, and it is not said which one counts."),
            format!("send {wanted} once"),
        ));
    }
    received.tags.is_empty().then(|| {
        Cause::new(
            "header_malformed",
            format!("{wanted} holds no signature: 64 hexadecimal digits are expected."),
            documented(case.scheme),
        )
    })
}
