//! A disk without room, made by forbidding the file to grow.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{Fixture, arrival, at, get, id, insert};
use crate::delivery::{Outcome, Settlement};
use crate::store::Trouble;

/// How many pages a file may have.
static LIMITS: Mutex<Option<HashMap<PathBuf, i64>>> = Mutex::new(None);

fn set_limit(path: &Path, pages: Option<i64>) {
    let path = path.canonicalize().unwrap();
    let mut limits = LIMITS.lock().unwrap();
    let limits = limits.get_or_insert_default();
    match pages {
        Some(pages) => limits.insert(path, pages),
        None => limits.remove(&path),
    };
}

/// Called whenever the writing connection is opened.
pub(in crate::store) fn limit(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    let limits = LIMITS.lock().unwrap();
    let limit = limits.as_ref().and_then(|limits| limits.get(path));
    match limit {
        Some(pages) => {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        }
        None => Ok(()),
    }
}

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_hold_and_goes_on_when_there_is_room() {
    let fixture = Fixture::new();
    fixture.filled(1).await;
    set_limit(&fixture.path(), Some(40));
    let store = fixture.open().unwrap();
    let large = "x".repeat(100_000);
    let mut stored = vec![id(1)];
    let error = loop {
        let sent = arrival(&format!("large {}", stored.len()), &large);
        match store.insert(Arc::new(sent)).await {
            Ok(id) => stored.push(id),
            Err(error) => break error,
        }
        assert!(stored.len() < 100, "it never became full");
    };
    assert_eq!(error.trouble(), Trouble::Full);
    assert!(error.to_string().starts_with("no room left for the store"));
    assert!(stored.len() > 2);
    // What happens meanwhile is not forgotten.
    store.settle(
        id(1),
        Settlement {
            outcome: Outcome::Reset,
            at: at(1),
        },
    );
    let again = store.insert(Arc::new(arrival("refused", &large))).await;
    assert_eq!(again.unwrap_err().trouble(), Trouble::Full);

    set_limit(&fixture.path(), None);
    let began = Instant::now();
    let next = loop {
        match store.insert(Arc::new(arrival("in the end", &large))).await {
            Ok(id) => break id,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(next.get(), stored.len() as u64 + 1);
    store.flush().await.unwrap();
    assert_eq!(get(&store, 1).settlement.unwrap().outcome, Outcome::Reset);
    drop(store);
    let store = fixture.open().unwrap();
    for number in 2..=next.get() {
        assert_eq!(get(&store, number).request().body, large.as_bytes());
    }
    assert_eq!(
        insert(&store, arrival("after", "x")).await,
        id(next.get() + 1)
    );
}
