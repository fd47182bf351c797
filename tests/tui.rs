//! The terminal UI of the real program, in a pseudo-terminal with a screen model.

mod endings;
mod leaving;
mod looking;
mod signing;
mod steering;

use super::rig::http::post;
use super::rig::terminal::Terminal;

/// Posts an attempt of an event; the status that it got.
#[track_caller]
fn deliver(terminal: &Terminal, event: &str, attempt: u32) -> u16 {
    let attempt = attempt.to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Sixtyfour-Event-Id", event),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", &attempt),
    ];
    let body = br#"{"task_id":"t-1","status":"completed","task_type":"find_email"}"#;
    post(&terminal.address, "/webhooks/sixtyfour", &headers, body).status
}
