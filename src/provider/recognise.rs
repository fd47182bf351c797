//! Whose request is this, and which event does it report?
//!
//! Headers come first, because a provider's word in a header holds for any body. The shape of the
//! body decides when no header does. The work is linear in the body and does not depend on how it is
//! nested, so there is no size beyond which it is left out: 25 MiB of JSON are skipped in about the
//! time that checking their signature takes, and nearly all of the fields stand in front.

use super::body::Fields;
use super::{elan, sixtyfour};
use crate::delivery::{Disagreement, Envelope, EventIdSource, Provider, Recognition, Request};
use crate::signature::digest;

/// An id longer than this many bytes is replaced by its hash: it still tells events apart, and no
/// sender can fill the memory of seen events with long names.
pub const MAX_ID: usize = 1024;

/// An event type, or one side of a disagreement, is clipped to this many bytes.
pub const MAX_TEXT: usize = 256;

/// Reads off a request what can be known without trusting it.
#[must_use]
pub fn recognise(request: &Request) -> Recognition {
    let headers = Headers::read(request);
    let fields = Fields::read(&request.body);
    let envelope = envelope(&headers, &fields);
    Recognition {
        provider: provider(&headers, envelope),
        envelope,
        event_id: event_id(&headers, &fields, &request.body),
        event_type: headers
            .event_type
            .or_else(|| body_type(envelope, &fields).map(|(_, text)| text))
            .map(clipped),
        attempt: headers
            .attempt
            .and_then(attempt)
            .or_else(|| fields.attempt.as_deref().and_then(attempt)),
        task_id: fields.task_id.as_deref().map(bounded),
        run_id: fields
            .run_id
            .as_deref()
            .or_else(|| elan_run(envelope, &fields))
            .map(bounded),
        disagreements: disagreements(&headers, envelope, &fields),
    }
}

/// What the headers say; of a repeated one, the first that is text.
#[derive(Default)]
struct Headers<'a> {
    sixtyfour: bool,
    elan: bool,
    event_id: Option<&'a str>,
    event_type: Option<&'a str>,
    attempt: Option<&'a str>,
}

impl<'a> Headers<'a> {
    fn read(request: &'a Request) -> Self {
        let mut headers = Self::default();
        for header in request.head.headers() {
            if header.is(elan::SIGNATURE) {
                headers.elan = true;
                continue;
            }
            if !starts_with(&header.name, sixtyfour::HEADER_PREFIX) {
                continue;
            }
            headers.sixtyfour = true;
            let slot = if header.is(sixtyfour::EVENT_ID) {
                &mut headers.event_id
            } else if header.is(sixtyfour::EVENT_TYPE) {
                &mut headers.event_type
            } else if header.is(sixtyfour::DELIVERY_ATTEMPT) {
                &mut headers.attempt
            } else {
                continue;
            };
            let text = std::str::from_utf8(&header.value).ok();
            *slot = slot.or_else(|| text.filter(|text| !text.is_empty()));
        }
        headers
    }
}

fn starts_with(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn envelope(headers: &Headers<'_>, fields: &Fields<'_>) -> Envelope {
    let block_event = fields
        .event
        .as_deref()
        .is_some_and(|event| event.starts_with(sixtyfour::WORKFLOW_EVENT_PREFIX));
    let has_event = fields.event.is_some() && fields.event_id.is_some();
    if has_event && (block_event || fields.run_id.is_some()) {
        return Envelope::Workflow;
    }
    if fields.task_id.is_some() && (fields.task_type.is_some() || headers.sixtyfour) {
        return Envelope::Job;
    }
    let has_type = fields.event_id.is_some() && fields.event_type.is_some();
    let is_elan = headers.elan || fields.organization_id.is_some();
    if has_type && is_elan {
        return Envelope::Subscription;
    }
    Envelope::Unknown
}

fn provider(headers: &Headers<'_>, envelope: Envelope) -> Provider {
    match envelope {
        _ if headers.sixtyfour => Provider::Sixtyfour,
        Envelope::Job | Envelope::Workflow => Provider::Sixtyfour,
        Envelope::Subscription => Provider::Elan,
        Envelope::Unknown if headers.elan => Provider::Elan,
        Envelope::Unknown => Provider::Plain,
    }
}

fn event_id(
    headers: &Headers<'_>,
    fields: &Fields<'_>,
    body: &[u8],
) -> Option<(String, EventIdSource)> {
    if let Some(id) = headers.event_id {
        return Some((bounded(id), EventIdSource::Header));
    }
    if let Some(id) = &fields.event_id {
        return Some((bounded(id), EventIdSource::Body));
    }
    if let (Some(task), Some(status)) = (&fields.task_id, &fields.status) {
        let id = format!("{}/{}", bounded(task), clipped(status));
        return Some((id, EventIdSource::Task));
    }
    if let Some(id) = &fields.run_id {
        return Some((bounded(id), EventIdSource::Run));
    }
    (!body.is_empty()).then(|| (hashed(body), EventIdSource::Hash))
}

/// The body's event type and the field it stands in: the envelope's own, else the first there is.
fn body_type<'a>(envelope: Envelope, fields: &'a Fields<'_>) -> Option<(&'static str, &'a str)> {
    let event = ("event", fields.event.as_deref());
    let task_type = ("task_type", fields.task_type.as_deref());
    let event_type = ("event_type", fields.event_type.as_deref());
    let in_order = match envelope {
        Envelope::Job => [task_type, event, event_type],
        Envelope::Subscription => [event_type, event, task_type],
        Envelope::Workflow | Envelope::Unknown => [event, task_type, event_type],
    };
    in_order
        .into_iter()
        .find_map(|(name, text)| Some((name, text?)))
}

/// ELAN has no id of a run of its own: its workflow takes that place.
fn elan_run<'a>(envelope: Envelope, fields: &'a Fields<'_>) -> Option<&'a str> {
    (envelope == Envelope::Subscription)
        .then_some(fields.workflow_id.as_deref())
        .flatten()
}

fn attempt(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.filter(|number| *number > 0)
}

fn disagreements(
    headers: &Headers<'_>,
    envelope: Envelope,
    fields: &Fields<'_>,
) -> Vec<Disagreement> {
    let mut found = Vec::new();
    let mut compare = |header, says: Option<&str>, field, body: Option<&str>| {
        if let (Some(says), Some(body)) = (says, body)
            && says != body
        {
            found.push(Disagreement {
                header,
                header_says: clipped(says),
                field,
                field_says: clipped(body),
            });
        }
    };
    let id = fields.event_id.as_deref();
    compare(sixtyfour::EVENT_ID, headers.event_id, "event_id", id);
    if let Some((field, text)) = body_type(envelope, fields) {
        compare(sixtyfour::EVENT_TYPE, headers.event_type, field, Some(text));
    }
    let attempt = fields.attempt.as_deref();
    compare(
        sixtyfour::DELIVERY_ATTEMPT,
        headers.attempt,
        "attempt",
        attempt,
    );
    found
}

fn bounded(id: &str) -> String {
    if id.len() > MAX_ID {
        hashed(id.as_bytes())
    } else {
        id.to_owned()
    }
}

fn clipped(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let fits = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MAX_TEXT).rev().find(fits).unwrap_or_default();
    format!("{}…", &text[..end])
}

/// `sha256:` and the first 32 hexadecimal digits.
fn hashed(bytes: &[u8]) -> String {
    format!("sha256:{}", digest::hex(&digest::sha256(bytes)[..16]))
}

#[cfg(test)]
mod tests;
