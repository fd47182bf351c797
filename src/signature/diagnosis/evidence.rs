//! What is plain to see when no MAC proves anything.

use crate::delivery::{Confidence, Finding, Reason, Scheme, Verdict};
use crate::signature::scheme::{header_name, other};
use crate::signature::secret::{elan_form, form};

use super::Case;
use super::bodies::{Bodies, content_length, look_in_words};
use super::cause::{Cause, VERIFY_RAW_BYTES, finding};
use super::json::Look;
use super::received::Received;
use super::{secrets, structure};

/// Everything that could explain the mismatch, in no order.
pub(super) fn collect(
    case: &Case<'_>,
    verdict: &Verdict,
    received: &Received,
    bodies: &Bodies<'_>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(header(case, verdict, received));
    found.extend(unreadable(case, received));
    found.extend(secret_forms(case));
    found.extend(length(case));
    found.extend(content(case, bodies));
    if verdict.reason == Reason::SignatureMismatch
        || verdict.signature_matches_ignoring_time == Some(false)
    {
        found.push(likeliest(case, bodies, &found));
    }
    found
}

fn header(case: &Case<'_>, verdict: &Verdict, received: &Received) -> Option<Finding> {
    if let Some(cause) = structure::cause(case, received, verdict.reason) {
        return Some(cause.evidence(Confidence::High));
    }
    match verdict.reason {
        Reason::MissingHeader => Some(unsigned(case)),
        Reason::NoSecretConfigured => Some(
            Cause::new(
                "no_secret_configured",
                format!("No secret is loaded that {} could be checked with.", header_name(case.scheme)),
                match case.scheme {
                    Scheme::Sixtyfour => "load the signing secret with --secret-file, or set SIXTYFOUR_WEBHOOK_SECRET",
                    Scheme::Elan => "load the subscription's secret with --elan-secret-file, or set ELAN_WEBHOOK_SECRET",
                },
            )
            .evidence(Confidence::High),
        ),
        Reason::SignatureMismatch
            if case.head.header(header_name(other(case.scheme))).is_some() =>
        {
            let cause = Cause::new(
                "other_scheme_header",
                format!(
                    "The request has {} besides: two schemes at once.",
                    header_name(other(case.scheme))
                ),
                "send one signature header, and load the secret of the sender that it belongs to",
            );
            Some(cause.evidence(Confidence::Low))
        }
        _ => None,
    }
}

fn unsigned(case: &Case<'_>) -> Finding {
    let wanted = header_name(case.scheme);
    if case.scheme == Scheme::Elan {
        return Cause::new(
            "unsigned",
            format!("There is no {wanted}: the subscription was created without a secret."),
            "give the subscription a secret, or load none here",
        )
        .evidence(Confidence::Medium);
    }
    if case.head.header("Sixtyfour-Event-Id").is_some() {
        return Cause::new(
            "header_dropped",
            format!("There is no {wanted}, but there are other Sixtyfour headers: something on the way dropped it, or the organisation has no signing secret any more."),
            "let the proxy pass all Sixtyfour-* headers, and look at Settings > API Keys > Webhooks in the Sixtyfour dashboard",
        )
        .evidence(Confidence::Medium);
    }
    Cause::new(
        "unsigned",
        format!("There is no {wanted}: Sixtyfour signs only once the organisation has a signing secret, and other senders do not sign at all."),
        "create a signing secret (Settings > API Keys > Webhooks), or sign a request of your own with: hook64 sign",
    )
    .evidence(Confidence::Medium)
}

fn unreadable(case: &Case<'_>, received: &Received) -> Option<Finding> {
    let place = received.unreadable.first()? + 1;
    (case.scheme == Scheme::Sixtyfour).then(|| {
        Cause::new(
            "signature_not_hex",
            format!("Signature {place} of the header is not 64 hexadecimal digits, so it can never match."),
            "send the MAC as 64 lower-case hexadecimal digits, whole",
        )
        .evidence(Confidence::High)
    })
}

fn secret_forms<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Finding> + use<'a> {
    let several = case.secrets.len() > 1;
    case.secrets
        .iter()
        .enumerate()
        .filter_map(move |(index, secret)| {
            let problem = match case.scheme {
                Scheme::Sixtyfour => form(secret),
                Scheme::Elan => elan_form(secret),
            }
            .err()?;
            let label = secrets::label(secret, several.then_some(index + 1));
            let cause = Cause::new(
                format!("secret_form_{}", problem.name()),
                format!("The form of {label} is wrong: {problem}."),
                problem.fix(),
            );
            Some(cause.evidence(Confidence::High))
        })
}

fn length(case: &Case<'_>) -> Option<Finding> {
    let announced = content_length(case.head)?;
    let arrived = case.body.len();
    let (name, relation, fix) = match arrived.cmp(&announced) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => (
            "body_shorter_than_content_length",
            "cut short",
            "check the whole body: raise --max-body if it was cut here, and save bodies whole",
        ),
        std::cmp::Ordering::Greater => (
            "body_longer_than_content_length",
            "longer than announced",
            "check exactly the bytes that were announced",
        ),
    };
    let cause = Cause::new(
        name,
        format!(
            "The body is {relation}: Content-Length is {announced}, and there are {arrived} bytes."
        ),
        fix,
    );
    Some(cause.evidence(Confidence::High))
}

fn content(case: &Case<'_>, bodies: &Bodies<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let body = case.body;
    let names = |name: &str, wanted: &[u8]| {
        case.head.header(name).is_some_and(|value| {
            memchr::memmem::find(&value.to_ascii_lowercase(), wanted).is_some()
        })
    };
    if body.is_empty() {
        found.push(
            Cause::new(
                "body_is_empty",
                "The body is empty: something read it before, or dropped it on the way.",
                VERIFY_RAW_BYTES,
            )
            .evidence(Confidence::Medium),
        );
        return found;
    }
    let is_gzip = body.starts_with(&[0x1f, 0x8b]);
    if names("Content-Encoding", b"gzip") && !is_gzip {
        found.push(
            Cause::new(
                "body_was_decompressed",
                "Content-Encoding says gzip, but the body is not compressed: something decompressed it, and the signature belongs to the compressed bytes.",
                "verify before decompressing, or keep the proxy from it",
            )
            .evidence(Confidence::Medium),
        );
    }
    if memchr::memmem::find(body, "\u{fffd}".as_bytes()).is_some() {
        found.push(
            Cause::new(
                "body_replacement_characters",
                "The body has replacement characters (U+FFFD): bytes that were not UTF-8 were decoded and lost.",
                "move the body as bytes, and do not decode it before verifying",
            )
            .evidence(Confidence::Medium),
        );
    }
    found.extend(json(case, bodies, names("Content-Type", b"json")));
    if names("User-Agent", b"curl/") && names("Content-Type", b"x-www-form-urlencoded") {
        found.push(
            Cause::new(
                "sent_with_curl_data",
                "curl sent this with -d, which drops the line ends of a file.",
                "use curl --data-binary @file",
            )
            .evidence(Confidence::Low),
        );
    }
    found
}

fn json(case: &Case<'_>, bodies: &Bodies<'_>, is_announced: bool) -> Option<Finding> {
    let (confidence, cause) = match bodies.look() {
        Some(look @ (Look::Spaces(_) | Look::Tabs)) => (
            Confidence::Medium,
            Cause::new(
                "body_pretty_printed",
                format!(
                    "The body looks written anew: it is JSON {}, and webhooks are rarely sent like that.",
                    look_in_words(look)
                ),
                VERIFY_RAW_BYTES,
            ),
        ),
        Some(Look::Spaced) => (
            Confidence::Low,
            Cause::new(
                "body_has_spaces",
                "The body has a blank after each comma and colon, as Python's json.dumps writes it: it may have been parsed and written anew.",
                VERIFY_RAW_BYTES,
            ),
        ),
        None if bodies.document().is_none()
            && is_announced
            && case.body.len() <= super::MOST_JSON =>
        {
            (
                Confidence::Medium,
                Cause::new(
                    "body_not_json",
                    "Content-Type says JSON, but the body is not: it was cut or changed on the way.",
                    "compare the body with what was sent, byte for byte",
                ),
            )
        }
        _ => return None,
    };
    Some(cause.evidence(confidence))
}

/// What remains when the header is well formed and nothing else explains the mismatch.
fn likeliest(case: &Case<'_>, bodies: &Bodies<'_>, found: &[Finding]) -> Finding {
    let is_touched = found
        .iter()
        .any(|finding| finding.candidate.starts_with("body_"));
    let is_misread = found
        .iter()
        .any(|finding| finding.confidence == Confidence::High);
    let tried: Vec<_> = case
        .secrets
        .iter()
        .map(|secret| secrets::label(secret, None))
        .collect();
    let (seen, confidence) = if is_touched || is_misread {
        ("", Confidence::Low)
    } else if bodies.look() == Some(Look::Compact) {
        (
            "The body looks untouched (compact JSON), so a wrong secret is the likeliest. ",
            Confidence::Medium,
        )
    } else {
        (
            "Nothing says that the body was changed, so a wrong secret is the likeliest. ",
            Confidence::Medium,
        )
    };
    let rotation = match case.scheme {
        Scheme::Sixtyfour => {
            "each organisation has its own, and after a rotation the old one signs on for the overlap that was chosen (0 to 72 hours, 24 unless said)"
        }
        Scheme::Elan => "each subscription has its own",
    };
    let cause = Cause::new(
        "secret_wrong",
        format!(
            "{seen}The request may be signed with another secret than {}: {rotation}.",
            list(&tried)
        ),
        match case.scheme {
            Scheme::Sixtyfour => {
                "load the secret of the organisation that sends, all of them while they rotate; if it is lost, roll it: Settings > API Keys > Webhooks"
            }
            Scheme::Elan => {
                "load the secret that the subscription was created with, or give it a new one"
            }
        },
    );
    finding(&[cause], false, confidence)
}

fn list(names: &[String]) -> String {
    match names {
        [] => "any loaded one".to_owned(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
