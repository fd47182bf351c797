//! What goes to the clipboard: raw bytes where bytes were asked for, commands that hold no secret.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::delivery::{Delivery, Scheme};
use crate::export::credentials::Credentials;
use crate::export::curl::{BodySource, command};
use crate::export::json;
use crate::signature::scheme;

use super::action::Copied;
use super::app::App;

/// Bodies longer than this are not written into a command.
const INLINE: usize = 64 * 1024;

/// The path that both providers' webhooks are documented with here.
const PATH: &str = "webhooks/sixtyfour";

/// The bytes to copy.
///
/// # Errors
/// When there is nothing to copy, in words.
pub(super) fn bytes(app: &App, what: Copied) -> Result<Bytes, String> {
    match what {
        Copied::Url => webhook_url(app)
            .map(Bytes::from)
            .ok_or_else(|| "there is no public URL: no tunnel was found".to_owned()),
        Copied::Curl if app.is_first_run() => first_job(app).map(Bytes::from),
        Copied::Attempts => attempts(app),
        what => {
            let shown = app
                .detail
                .current()
                .ok_or_else(|| "nothing is selected".to_owned())?;
            of_delivery(app, &shown.delivery, what)
        }
    }
}

fn of_delivery(app: &App, delivery: &Delivery, what: Copied) -> Result<Bytes, String> {
    let request = delivery.request();
    let recognition = &delivery.arrival.recognition;
    match what {
        Copied::Pretty => Ok(Bytes::from(pretty(&app.detail.body.bytes))),
        Copied::Raw => Ok(request.body.clone()),
        Copied::Headers => Ok(request.head.raw().clone()),
        Copied::EventId => recognition
            .event_id_text()
            .map(|id| Bytes::copy_from_slice(id.as_bytes()))
            .ok_or_else(|| "it has no event id".to_owned()),
        Copied::TaskId => recognition
            .task_id
            .as_ref()
            .or(recognition.run_id.as_ref())
            .map(|id| Bytes::copy_from_slice(id.as_bytes()))
            .ok_or_else(|| "it has no task or run id".to_owned()),
        Copied::Value => value(app),
        Copied::Path => match app.detail.body.value() {
            Some((_, path)) => Ok(Bytes::from(path)),
            None => Err("open the Body tab and choose a value".to_owned()),
        },
        Copied::Signed => signed(delivery).map(Bytes::from),
        Copied::Openssl => openssl(delivery).map(Bytes::from),
        Copied::Curl => curl(app, delivery).map(Bytes::from),
        Copied::Url | Copied::Attempts => Err("nothing to copy".to_owned()),
    }
}

/// A header's value on the Headers tab, else the value under the cursor of the tree.
fn value(app: &App) -> Result<Bytes, String> {
    if app.detail.tab == super::action::Tab::Headers {
        return super::headers::selected(app)
            .map(|header| header.value.clone())
            .ok_or_else(|| "no header is selected".to_owned());
    }
    app.detail
        .body
        .value()
        .map(|(value, _)| value)
        .ok_or_else(|| "open the Body tab and choose a value".to_owned())
}

/// JSON laid out; everything else as it is.
#[must_use]
pub(super) fn pretty(body: &[u8]) -> Vec<u8> {
    json::text(body)
        .and_then(json::pretty)
        .map_or_else(|_| body.to_vec(), String::into_bytes)
}

/// The address to give to the provider.
#[must_use]
pub(super) fn webhook_url(app: &App) -> Option<String> {
    let url = app.status.tunnel.url()?;
    let has_path = url
        .split_once("://")
        .is_some_and(|(_, rest)| rest.trim_end_matches('/').contains('/'));
    Some(if has_path {
        url.to_owned()
    } else {
        format!("{}/{PATH}", url.trim_end_matches('/'))
    })
}

/// The lines of a command that makes the provider send something.
#[must_use]
pub(super) fn first_job_lines(url: &str) -> [String; 4] {
    [
        "curl -X POST https://api.sixtyfour.ai/find-email-async \\".to_owned(),
        "  -H \"x-api-key: $SIXTYFOUR_API_KEY\" -H \"Content-Type: application/json\" \\"
            .to_owned(),
        "  -d '{\"lead\":{\"name\":\"Jane Smith\",\"company\":\"Northgate Labs\"},".to_owned(),
        format!("       \"webhook_url\":\"{url}\"}}'"),
    ]
}

fn first_job(app: &App) -> Result<String, String> {
    let url = webhook_url(app).ok_or("there is no public URL to put into it")?;
    Ok(first_job_lines(&url).join("\n"))
}

fn curl(app: &App, delivery: &Delivery) -> Result<String, String> {
    let url = app
        .status
        .local
        .clone()
        .unwrap_or_else(|| "http://127.0.0.1:6464/".to_owned());
    let source = if delivery.request().body.len() > INLINE {
        return Err("the body is too long for a command: w writes it to a file".to_owned());
    } else {
        BodySource::Inline
    };
    command(delivery, &url, source, Credentials::Masked)
        .map(|command| command.to_string())
        .map_err(|error| error.to_string())
}

/// The timestamp of a signature, as it was written.
fn timestamp(delivery: &Delivery) -> Option<String> {
    let stamp = std::str::from_utf8(scheme::timestamp(&delivery.request().head)?).ok()?;
    let digits = !stamp.is_empty() && stamp.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| stamp.to_owned())
}

/// Exactly the bytes that were signed, or should have been.
fn signed(delivery: &Delivery) -> Result<Vec<u8>, String> {
    let request = delivery.request();
    match scheme::signed_by(&request.head) {
        None => Err("it is not signed".to_owned()),
        Some(Scheme::Elan) => Ok(request.body.to_vec()),
        Some(Scheme::Sixtyfour) => {
            let stamp = timestamp(delivery).ok_or("its signature has no readable t")?;
            let mut signed = format!("{stamp}.").into_bytes();
            signed.extend_from_slice(&request.body);
            Ok(signed)
        }
    }
}

/// A command that prints the expected digest; the secret comes from the environment.
fn openssl(delivery: &Delivery) -> Result<String, String> {
    let check = "openssl dgst -sha256 -hmac \"$SIXTYFOUR_WEBHOOK_SECRET\"";
    match scheme::signed_by(&delivery.request().head) {
        None => Err("it is not signed".to_owned()),
        Some(Scheme::Elan) => Ok(
            "# body.bin holds the raw body (write it with: w, format body)\nopenssl dgst -sha256 -hmac \"$ELAN_WEBHOOK_SECRET\" body.bin"
                .to_owned(),
        ),
        Some(Scheme::Sixtyfour) => {
            let stamp = timestamp(delivery).ok_or("its signature has no readable t")?;
            Ok(format!(
                "# body.bin holds the raw body (write it with: w, format body)\n{{ printf '%s.' {stamp}; cat body.bin; }} | {check}"
            ))
        }
    }
}

/// The attempts of the selected event, tab-separated.
fn attempts(app: &App) -> Result<Bytes, String> {
    let selected = app.list.selected.ok_or("nothing is selected")?;
    let mut table = String::from("attempt\tarrived\tgap_s\tanswer\tby\ttook_ms\tsignature\n");
    let mut before: Option<jiff::Timestamp> = None;
    for attempt in app.index.attempts(selected.event) {
        let gap = before.map_or_else(String::new, |before| {
            let gap = attempt.arrived().duration_since(before);
            format!("{:.3}", gap.as_secs_f64())
        });
        let took = attempt
            .took()
            .map_or_else(String::new, |took| took.as_millis().to_string());
        let _ = writeln!(
            table,
            "{}\t{}\t{gap}\t{}\t{}\t{took}\t{}",
            attempt.number,
            crate::export::clock::rfc3339(attempt.arrived()),
            attempt.code(),
            attempt.by.text(),
            attempt.signature.text(),
        );
        before = attempt.ended();
    }
    Ok(Bytes::from(table))
}
