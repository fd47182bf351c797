//! What went in comes out.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::{ProptestConfig, proptest};
use proptest::test_runner::TestCaseError;

use super::arbitrary::arrivals;
use super::{Fixture, arrival, at, get, id, insert, list};
use crate::delivery::{Head, Reason};
use crate::store::{Location, Options, Order, Store};

#[tokio::test]
async fn a_clock_that_is_set_back_or_on_changes_neither_order_nor_numbers() {
    let fixture = Fixture::new();
    let seconds = [0, -3_600, 86_400, i64::MIN, i64::MAX, 1];
    {
        let store = fixture.open().unwrap();
        for (number, second) in (1..).zip(seconds) {
            let mut sent = arrival(&format!("e{number}"), "x");
            let time = at(0).as_second().saturating_add(second);
            let edge = if second < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            };
            let time = Timestamp::from_second(time).unwrap_or(edge);
            sent.request.times.arrived = time;
            sent.request.times.body = time;
            assert_eq!(insert(&store, sent).await, id(number));
        }
    }
    let store = fixture.open().unwrap();
    let numbers = [1, 2, 3, 4, 5, 6];
    assert_eq!(list(&store, "", Order::OldestFirst, None), numbers);
    // An arrival in the future is no time ago.
    assert_eq!(
        list(&store, "age:<1h", Order::OldestFirst, None),
        [1, 3, 5, 6]
    );
    assert_eq!(insert(&store, arrival("next", "x")).await, id(7));
}

#[tokio::test]
async fn a_capture_is_there_after_a_restart_with_its_exact_bytes() {
    let fixture = Fixture::new();
    let mut sent = arrival("e1", "\u{0}body\r\n");
    let raw = Bytes::from_static(b"POST /a HTTP/1.0\r\nhOsT: x\r\nA: \xff\r\nA: 2\r\n\r\n");
    sent.request.head = Head::parse(raw.clone()).unwrap();
    let store = fixture.open().unwrap();
    assert_eq!(insert(&store, sent.clone()).await, id(1));
    drop(store);

    let store = fixture.open().unwrap();
    let found = get(&store, 1);
    assert_eq!(*found.arrival, sent);
    assert_eq!(found.request().head.raw(), &raw);
    assert_eq!(insert(&store, sent).await, id(2));
}

#[tokio::test]
async fn a_delivery_that_is_not_there_is_none() {
    let store = Store::open(&Location::Memory, Options::default()).unwrap();
    assert_eq!(store.get(id(1)).unwrap(), None);
}

#[tokio::test]
async fn a_body_of_many_pages_comes_back_whole() {
    let store = Fixture::new();
    let store = store.open().unwrap();
    let mut sent = arrival("large", "");
    sent.request.body = Bytes::from_iter((0..3_000_000_u32).map(|number| (number % 251) as u8));
    insert(&store, sent.clone()).await;
    assert_eq!(*get(&store, 1).arrival, sent);
}

#[tokio::test]
async fn memory_keeps_captures_while_it_is_open_and_not_longer() {
    let open = || Store::open(&Location::Memory, Options::default()).unwrap();
    let (one, other) = (open(), open());
    let mut sent = arrival("e", "x");
    sent.verdict.reason = Reason::SignatureMismatch;
    insert(&one, sent.clone()).await;
    assert_eq!(*get(&one, 1).arrival, sent);
    assert_eq!(other.get(id(1)).unwrap(), None);
}

#[test]
fn a_store_that_was_opened_outside_of_a_runtime_takes_captures_all_the_same() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    let stored = store.insert(Arc::new(arrival("e", "x")));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    assert_eq!(runtime.unwrap().block_on(stored).unwrap(), id(1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn every_arrival_comes_back_as_it_was(sent in arrivals()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(async {
            let store = Store::open(&Location::Memory, Options::default()).unwrap();
            insert(&store, sent.clone()).await;
            store.get(id(1)).map_err(|error| TestCaseError::fail(format!("{error:?}")))
        })?;
        proptest::prop_assert_eq!(&*found.unwrap().arrival, &sent);
    }
}
