//! The oldest make room, and it is said.

use std::time::Duration;

use super::{Fixture, arrival, at, get, id, insert, list, open};
use crate::delivery::{Outcome, Settlement, Sighting, Turn};
use crate::store::{Options, Order, Store};

async fn until_removed(store: &Store, deliveries: u64) {
    let mut removals = store.removals();
    let enough = removals.wait_for(|removed| removed.deliveries >= deliveries);
    tokio::time::timeout(Duration::from_secs(20), enough)
        .await
        .expect("nothing was removed")
        .unwrap();
}

#[tokio::test]
async fn no_more_than_asked_for_are_kept_and_the_newest_are() {
    let fixture = Fixture::new();
    let options = Options {
        keep: 10,
        ..Options::default()
    };
    let store = open(&fixture.path(), options).unwrap();
    for number in 1..=25 {
        let id = insert(&store, arrival(&format!("e{number}"), "x")).await;
        let settlement = Settlement {
            outcome: Outcome::Answered,
            at: at(1),
        };
        store.settle(id, settlement);
    }
    until_removed(&store, 15).await;
    let kept = list(&store, "", Order::OldestFirst, None);
    assert_eq!(kept, (16..=25).collect::<Vec<_>>());
    assert_eq!(store.removals().borrow().through, Some(id(15)));
    let counts = store.counts().unwrap();
    assert_eq!((counts.deliveries, counts.removed), (10, 15));
    assert_eq!(counts.oldest, Some(id(16)));
    store.flush().await.unwrap();
    drop(store);

    let connection = rusqlite::Connection::open(fixture.path()).unwrap();
    for table in ["contents", "settlements"] {
        let sql = format!("SELECT min(seq) FROM {table}");
        let oldest: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(oldest, 16, "{table}");
    }
    drop(connection);
    let store = open(&fixture.path(), options).unwrap();
    assert_eq!(store.counts().unwrap().removed, 15);
    assert_eq!(insert(&store, arrival("next", "x")).await, id(26));
}

#[tokio::test]
async fn the_file_does_not_grow_beyond_what_may_stay() {
    let fixture = Fixture::new();
    let keep_bytes = 4 << 20;
    let options = Options {
        keep: 1000,
        keep_bytes,
    };
    let store = open(&fixture.path(), options).unwrap();
    for number in 1..=40 {
        insert(&store, arrival(&format!("e{number}"), &"x".repeat(500_000))).await;
    }
    until_removed(&store, 30).await;
    insert(&store, arrival("last", "x")).await;
    store.flush().await.unwrap();
    assert!(store.counts().unwrap().bytes <= keep_bytes + (1 << 20));
    assert_eq!(get(&store, 41).id, id(41));
    drop(store);
    let length = std::fs::metadata(fixture.path()).unwrap().len();
    assert!(length < 4 * keep_bytes, "{length}");
}

#[tokio::test]
async fn the_newest_stays_even_if_it_alone_is_too_large() {
    let fixture = Fixture::new();
    let options = Options {
        keep: 0,
        keep_bytes: 0,
    };
    let store = open(&fixture.path(), options).unwrap();
    for number in 1..=3 {
        insert(&store, arrival(&format!("e{number}"), "x")).await;
    }
    until_removed(&store, 2).await;
    assert_eq!(list(&store, "", Order::OldestFirst, None), [3]);
    drop(store);
    let store = open(&fixture.path(), options).unwrap();
    assert_eq!(insert(&store, arrival("e4", "x")).await, id(4));
}

#[tokio::test]
async fn an_event_outlives_its_first_delivery() {
    let fixture = Fixture::new();
    let options = Options {
        keep: 2,
        ..Options::default()
    };
    let store = open(&fixture.path(), options).unwrap();
    insert(&store, arrival("a", "x")).await;
    for count in 2..=3 {
        let mut later = arrival("a", "x");
        later.sighting = Sighting {
            turn: Turn::Retry,
            arrival: count,
            first: Some(id(1)),
            conflict: false,
        };
        insert(&store, later).await;
    }
    until_removed(&store, 1).await;
    let event = store.event(id(1)).unwrap();
    assert_eq!(event.len(), 2);
    assert_eq!(event[0].event(), id(1));
    assert_eq!(store.counts().unwrap().events, 1);
}
