//! The promises of the store, each broken on purpose as far as a test can.

mod arbitrary;
mod briefs;
mod concurrency;
mod damage;
mod failure;
mod files;
mod finding;
mod full;
mod notes;
mod queries;
mod retention;
mod round_trip;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::TempDir;

use super::{Location, Options, Order, Store, StoreError};
use crate::delivery::{
    Answer, AnsweredBy, Arrival, Delivery, DeliveryId, EventIdSource, Head, Header, Provider,
    Reason, Recognition, Reply, Request, Scheme, Sighting, Times, Verdict,
};
use crate::filter::Filter;
pub(super) use full::limit;

fn id(number: u64) -> DeliveryId {
    DeliveryId::new(number).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// A signed delivery of this event, with this body, answered with a plain 200.
fn arrival(event_id: &str, body: &str) -> Arrival {
    let headers = [
        Header::new("Host", "localhost:6464"),
        Header::new("sixtyfour-EVENT-id", event_id.to_owned()),
    ];
    Arrival {
        request: Request {
            head: Head::build("POST", b"/webhooks/sixtyfour?x=1", &headers).unwrap(),
            body: Bytes::from(body.to_owned()),
            trailers: Vec::new(),
            peer: "127.0.0.1:50123".parse().unwrap(),
            times: Times {
                arrived: at(0),
                head: at(0),
                body: at(1),
            },
            defect: None,
        },
        recognition: Recognition {
            provider: Provider::Sixtyfour,
            event_id: Some((event_id.to_owned(), EventIdSource::Header)),
            event_type: Some("find_email".to_owned()),
            attempt: Some(1),
            ..Recognition::nothing()
        },
        verdict: Verdict::because(Some(Scheme::Sixtyfour), Reason::Ok),
        sighting: Sighting::first(),
        answer: Answer {
            reply: Reply::json(200, r#"{"ok":true}"#),
            by: AnsweredBy::Default,
        },
    }
}

/// A store in a directory of its own.
struct Fixture {
    directory: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("hook64.db")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.directory.path().join(format!("hook64.db{suffix}"))
    }

    fn open(&self) -> Result<Store, StoreError> {
        open(&self.path(), Options::default())
    }

    /// A closed store with this many deliveries, each of an event of its own.
    async fn filled(&self, deliveries: u64) {
        let store = self.open().unwrap();
        for number in 1..=deliveries {
            let body = format!("body {number}");
            insert(&store, arrival(&format!("event-{number}"), &body)).await;
        }
    }
}

fn open(path: &Path, options: Options) -> Result<Store, StoreError> {
    Store::open(&Location::File(path.to_owned()), options)
}

async fn insert(store: &Store, arrival: Arrival) -> DeliveryId {
    store.insert(Arc::new(arrival)).await.unwrap()
}

fn get(store: &Store, number: u64) -> Delivery {
    store.get(id(number)).unwrap().unwrap()
}

fn list(store: &Store, filter: &str, order: Order, limit: Option<usize>) -> Vec<u64> {
    let filter: Filter = filter.parse().unwrap();
    let mut found = Vec::new();
    store
        .each(&filter, order, limit, at(60), |delivery| {
            found.push(delivery.id.get());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}
