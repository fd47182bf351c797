//! A disk that refuses: nothing is acknowledged that is not stored, and it goes on by itself.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{Fixture, arrival, at, get, id, insert};
use crate::delivery::{DeliveryId, Outcome, Settlement};
use crate::store::{Store, StoreError, Trouble};

/// Tries until it is stored, as a sender does.
async fn insert_in_the_end(store: &Store, event_id: &str) -> DeliveryId {
    let began = Instant::now();
    loop {
        match store.insert(Arc::new(arrival(event_id, "x"))).await {
            Ok(id) => return id,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

async fn refused(store: &Store) -> StoreError {
    let sent = Arc::new(arrival("refused", "x"));
    store.insert(sent).await.unwrap_err()
}

#[tokio::test]
async fn a_store_that_was_removed_takes_nothing_until_it_is_back() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e1", "x")).await;
    let away = fixture.directory.path().join("away");
    fs::create_dir(&away).unwrap();
    let names = ["hook64.db", "hook64.db-wal", "hook64.db-shm"];
    for name in names {
        fs::rename(fixture.directory.path().join(name), away.join(name)).unwrap();
    }
    let error = refused(&store).await;
    assert_eq!(error.trouble(), Trouble::Gone);
    let path = fixture.path();
    assert!(error.to_string().contains(&*path.to_string_lossy()));
    assert_eq!(refused(&store).await.trouble(), Trouble::Gone);
    for name in names {
        fs::rename(away.join(name), fixture.directory.path().join(name)).unwrap();
    }
    assert_eq!(insert_in_the_end(&store, "e2").await, id(2));
    assert_eq!(get(&store, 1).id, id(1));
}

#[tokio::test]
async fn a_store_that_was_replaced_is_not_written_to() {
    let fixture = Fixture::new();
    let other = Fixture::new();
    other.filled(1).await;
    let store = fixture.open().unwrap();
    insert(&store, arrival("e1", "x")).await;
    fs::rename(other.path(), fixture.path()).unwrap();
    assert_eq!(refused(&store).await.trouble(), Trouble::Gone);
    drop(store);
    let reader = Store::open_readonly(&fixture.path());
    assert_eq!(reader.unwrap().counts().unwrap().deliveries, 1);
}

#[tokio::test]
async fn a_lock_of_another_program_is_an_error_and_then_none() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e1", "x")).await;
    store.settle(
        id(1),
        Settlement {
            outcome: Outcome::PeerLeft,
            at: at(4),
        },
    );
    let other = Connection::open(fixture.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = refused(&store).await;
    assert_eq!(error.trouble(), Trouble::Locked);
    assert!(error.remedy().unwrap().contains("close the program"));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(insert_in_the_end(&store, "e2").await, id(2));
    store.flush().await.unwrap();
    let settled = get(&store, 1).settlement.unwrap();
    assert_eq!(settled.outcome, Outcome::PeerLeft);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_behind_and_acknowledges_nobody() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e1", "x")).await;
    // One row that cannot be written makes the whole transaction fail.
    let other = Connection::open(fixture.path()).unwrap();
    let trap = "CREATE TRIGGER trap BEFORE INSERT ON contents WHEN NEW.body = x'21'
                BEGIN SELECT RAISE(ABORT, 'trapped'); END";
    other.execute_batch(trap).unwrap();
    let (before, trapped) = tokio::join!(
        store.insert(Arc::new(arrival("e2", "x"))),
        store.insert(Arc::new(arrival("e3", "!"))),
    );
    let error = trapped.unwrap_err();
    assert!(error.cause().unwrap().contains("trapped"), "{error:?}");
    // The one before it was in the same transaction, or in one of its own.
    let stored = match before {
        Ok(_) => 2,
        Err(other) => {
            assert_eq!(other, error);
            1
        }
    };
    assert_eq!(store.counts().unwrap().deliveries, stored);
    other.execute_batch("DROP TRIGGER trap").unwrap();
    assert_eq!(insert_in_the_end(&store, "e4").await, id(stored + 1));
    store.settle(id(1), settled(Outcome::Answered));
    store.settle(id(1), settled(Outcome::Stopped));
    store.flush().await.unwrap();
    assert_eq!(get(&store, 1).settlement, Some(settled(Outcome::Stopped)));
}

fn settled(outcome: Outcome) -> Settlement {
    Settlement { outcome, at: at(4) }
}

#[tokio::test]
async fn acknowledged_captures_that_vanish_stop_everything() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    for number in 1..=3 {
        insert(&store, arrival(&format!("e{number}"), "x")).await;
    }
    let other = Connection::open(fixture.path()).unwrap();
    let vandalise = "DELETE FROM deliveries WHERE seq > 1;
                     INSERT INTO contents (seq, digest, head, body) VALUES (4, x'', x'', x'');";
    other.execute_batch(vandalise).unwrap();
    refused(&store).await;
    let began = Instant::now();
    loop {
        let error = refused(&store).await;
        if error.trouble() == Trouble::Damaged {
            assert_eq!(
                error.cause(),
                Some("2 deliveries that were on disk are missing")
            );
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{error:?}");
    }
}

#[tokio::test]
async fn a_failing_store_is_not_tried_for_every_arrival() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    insert(&store, arrival("e1", "x")).await;
    let other = Connection::open(fixture.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    refused(&store).await;
    // Each try waits two seconds for the lock; refusals in between do not.
    let began = Instant::now();
    for _ in 0..20 {
        refused(&store).await;
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(other);
}
