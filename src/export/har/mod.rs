//! Deliveries as an HTTP archive (HAR 1.2), which browsers' developer tools and proxies import.
//!
//! An archive can be written as it is read: [`opening`], entries with commas between, [`CLOSING`].
//! What the format has no place for stands in fields that begin with `_`, as it asks.

mod message;

use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;

use super::credentials::Credentials;
use super::{answer, clock, event};
use crate::delivery::Delivery;
use crate::text;
use message::{Request, Response};

/// What ends an archive.
pub const CLOSING: &str = "]}}";

/// What begins an archive.
#[must_use]
pub fn opening() -> String {
    format!(
        r#"{{"log":{{"version":"1.2","creator":{{"name":"{}","version":"{}"}},"entries":["#,
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A whole archive.
#[must_use]
pub fn document<'a>(
    deliveries: impl IntoIterator<Item = &'a Delivery>,
    credentials: Credentials,
) -> String {
    let mut archive = opening();
    for (index, delivery) in deliveries.into_iter().enumerate() {
        if index > 0 {
            archive.push(',');
        }
        archive.push_str(&entry(delivery, credentials));
    }
    archive.push_str(CLOSING);
    archive
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(serialize_with = "clock::serialize")]
    started_date_time: Timestamp,
    time: f64,
    request: Request<'a>,
    response: Response<'a>,
    cache: Empty,
    timings: Timings,
    #[serde(rename = "_seq")]
    seq: u64,
    #[serde(rename = "_eventId")]
    event_id: String,
    #[serde(rename = "_signature")]
    signature: &'static str,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'static, str>>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Timings {
    blocked: i8,
    dns: i8,
    connect: i8,
    ssl: i8,
    send: f64,
    wait: f64,
    receive: f64,
}

/// One delivery as an entry of an archive.
#[must_use]
pub fn entry(delivery: &Delivery, credentials: Credentials) -> String {
    let times = &delivery.request().times;
    let settled = delivery
        .settlement
        .map_or(times.body, |settlement| settlement.at);
    let send = clock::milliseconds(clock::between(times.arrived, times.body));
    let wait = clock::milliseconds(clock::between(times.body, settled));
    let entry = Entry {
        started_date_time: times.arrived,
        time: clock::milliseconds(clock::between(times.arrived, settled)),
        request: message::request(delivery.request(), credentials),
        response: message::response(delivery, credentials),
        cache: Empty {},
        timings: Timings {
            blocked: -1,
            dns: -1,
            connect: -1,
            ssl: -1,
            send,
            wait,
            receive: 0.0,
        },
        seq: delivery.id.get(),
        event_id: event::id(delivery),
        signature: delivery.arrival.verdict.reason.name(),
        error: no_answer(delivery),
    };
    // These objects have text keys and finite numbers only, so that nothing can fail.
    text::json(serde_json::to_string(&entry).unwrap_or_default())
}

/// Why the peer got no answer.
fn no_answer(delivery: &Delivery) -> Option<Cow<'static, str>> {
    let outcome = delivery
        .settlement
        .map(|settlement| settlement.outcome.name());
    answer::status(delivery)
        .is_none()
        .then(|| outcome.unwrap_or(Cow::Borrowed("open")))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::delivery::{Outcome, Settlement};
    use crate::export::samples;

    use super::*;

    fn archive(deliveries: &[Delivery]) -> Value {
        serde_json::from_str(&document(deliveries, Credentials::Masked)).unwrap()
    }

    #[test]
    fn an_archive_has_what_importers_require() {
        let archive = archive(&[samples::find_email(), samples::retry()]);
        assert_eq!(archive["log"]["version"], "1.2");
        let entries = archive["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        for entry in entries {
            for field in [
                "startedDateTime",
                "time",
                "request",
                "response",
                "cache",
                "timings",
            ] {
                assert!(entry.get(field).is_some(), "{field}");
            }
            for field in [
                "method",
                "url",
                "httpVersion",
                "cookies",
                "headers",
                "queryString",
                "headersSize",
                "bodySize",
            ] {
                assert!(entry["request"].get(field).is_some(), "{field}");
            }
            for field in [
                "status",
                "statusText",
                "httpVersion",
                "cookies",
                "headers",
                "content",
                "redirectURL",
                "headersSize",
                "bodySize",
            ] {
                assert!(entry["response"].get(field).is_some(), "{field}");
            }
        }
    }

    #[test]
    fn an_entry_says_what_was_asked_and_answered() {
        insta::assert_snapshot!(entry(&samples::find_email(), Credentials::Masked), @r#"{"startedDateTime":"2026-11-20T14:02:03.412Z","time":3.1,"request":{"method":"POST","url":"http://abc123.ngrok-free.app/webhooks/sixtyfour?env=dev","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Host","value":"abc123.ngrok-free.app"},{"name":"Content-Type","value":"application/json"},{"name":"Sixtyfour-Signature","value":"t=1795183323,v1=5a4c34c3"},{"name":"Authorization","value":"[masked]"},{"name":"X-Forwarded-For","value":"203.0.113.24"}],"queryString":[{"name":"env","value":"dev"}],"postData":{"mimeType":"application/json","text":"{\"task_id\":\"550e8400-e29b-41d4-a716-446655440000\", \"status\":\"completed\",\n \"cost\":1.10}"},"headersSize":218,"bodySize":86},"response":{"status":500,"statusText":"Internal Server Error","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Content-Type","value":"application/json"}],"content":{"size":17,"mimeType":"application/json","text":"{\"error\":\"armed\"}"},"redirectURL":"","headersSize":-1,"bodySize":17},"cache":{},"timings":{"blocked":-1,"dns":-1,"connect":-1,"ssl":-1,"send":0.9,"wait":2.2,"receive":0.0},"_seq":22,"_eventId":"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab","_signature":"ok"}"#);
    }

    #[test]
    fn no_answer_is_status_0_and_an_error() {
        let mut left = samples::find_email();
        let at = left.request().times.body;
        left.settlement = Some(Settlement {
            outcome: Outcome::PeerLeft,
            at,
        });
        let archive = archive(&[left]);
        let entry = &archive["log"]["entries"][0];
        assert_eq!(entry["response"]["status"], 0);
        assert_eq!(entry["_error"], "peer_left");
    }

    #[test]
    fn a_body_that_is_not_text_is_base64_and_says_so() {
        let archive = archive(&[samples::with_body("image/png", &b"\x89PNG\xff"[..])]);
        let post = &archive["log"]["entries"][0]["request"]["postData"];
        assert_eq!(post["text"], "iVBOR/8=");
        assert_eq!(post["encoding"], "base64");
        assert_eq!(post["mimeType"], "image/png");
    }

    #[test]
    fn an_archive_of_nothing_is_still_one() {
        assert_eq!(archive(&[])["log"]["entries"], serde_json::json!([]));
    }
}
