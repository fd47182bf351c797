//! Many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Fixture, arrival, get};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_arrivals_get_numbers_of_their_own_without_gaps() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        tasks.spawn(async move {
            let body = format!("body {number}");
            let sent = Arc::new(arrival(&format!("e{number}"), &body));
            (store.insert(Arc::clone(&sent)).await.unwrap(), sent)
        });
    }
    let mut numbers = BTreeSet::new();
    for (id, sent) in tasks.join_all().await {
        assert_eq!(*get(&store, id.get()).arrival, *sent);
        numbers.insert(id.get());
    }
    assert_eq!(numbers, (1..=200).collect());
    let version = *store.changes().borrow();
    assert!(version >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stops_waiting_keeps_nobody_else_from_an_answer() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let store = store.clone();
        tasks.spawn(async move {
            store
                .insert(Arc::new(arrival(&format!("e{number}"), "x")))
                .await
        });
    }
    let waiting = store.insert(Arc::new(arrival("impatient", "x")));
    drop(tokio::time::timeout(std::time::Duration::ZERO, waiting).await);
    for result in tasks.join_all().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn closing_writes_what_is_queued() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    let first = store.insert(Arc::new(arrival("e", "x"))).await.unwrap();
    let settlement = crate::delivery::Settlement {
        outcome: crate::delivery::Outcome::PeerLeft,
        at: super::at(9),
    };
    store.settle(first, settlement);
    drop(store);
    let store = fixture.open().unwrap();
    assert_eq!(get(&store, 1).settlement, Some(settlement));
}
