//! Failing on purpose, seen from a raw client: what is armed is what the peer gets and what is
//! stored.
//!
//! `answers` goes through the faults one by one, `sequences` through the order in which they come,
//! `aftermath` through what a fault makes of its event, `holding` through the answers that wait for
//! a person, `steering` through the control socket and the commands on top of it.

mod aftermath;
mod answers;
mod holding;
mod sequences;
mod steering;

use super::rig::Listener;
use super::rig::http::{Answer, Connection, post, post_bytes};

/// Posts one attempt of a Sixtyfour event and waits for its answer.
#[track_caller]
fn attempt(listener: &Listener, event: &str, number: u32) -> Answer {
    let number = number.to_string();
    let headers = [
        ("Sixtyfour-Event-Id", event),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", &number),
    ];
    post(&listener.address, "/hook", &headers, b"{\"a\":1}")
}

/// Posts a delivery of an event and leaves the answer to be read.
fn open(listener: &Listener, event: &str) -> Connection {
    let mut connection = Connection::open(&listener.address);
    let headers = [("Sixtyfour-Event-Id", event)];
    connection.send(&post_bytes("/hook", &headers, b"{\"a\":1}"));
    connection
}
