//! What a user means by an id.

use super::{arrival, id, insert};
use crate::store::{Found, Location, Options, Store};

async fn store(event_ids: &[&str]) -> Store {
    let store = Store::open(&Location::Memory, Options::default()).unwrap();
    for event_id in event_ids {
        insert(&store, arrival(event_id, "x")).await;
    }
    store
}

#[tokio::test]
async fn a_number_is_a_delivery_before_it_is_the_beginning_of_an_event_id() {
    let store = store(&["2aaa", "9aaa"]).await;
    assert_eq!(store.find("2").unwrap(), Found::Delivery(id(2)));
    assert_eq!(store.find("9").unwrap(), Found::Delivery(id(2)));
    assert_eq!(store.find("2a").unwrap(), Found::Delivery(id(1)));
}

#[tokio::test]
async fn an_event_id_means_its_newest_delivery() {
    let store = store(&["evt", "evt-2", "evt"]).await;
    assert_eq!(store.find("evt").unwrap(), Found::Delivery(id(3)));
    assert_eq!(store.find("evt-").unwrap(), Found::Delivery(id(2)));
}

#[tokio::test]
async fn a_beginning_of_several_ids_names_them_newest_first() {
    let store = store(&["6f1c0b52", "6f1c0b99"]).await;
    let mut retry = arrival("6f1c0b52", "x");
    retry.sighting.first = Some(id(1));
    insert(&store, retry).await;
    let Found::Ambiguous { events, candidates } = store.find("6f1c").unwrap() else {
        panic!("not ambiguous");
    };
    assert_eq!(events, 2);
    assert_eq!(candidates[0].event_id, "6f1c0b52");
    assert_eq!(candidates[0].newest, id(3));
    assert_eq!(candidates[0].deliveries, 2);
    assert_eq!(candidates[0].event_type.as_deref(), Some("find_email"));
    assert_eq!(candidates[1].event_id, "6f1c0b99");
}

#[tokio::test]
async fn a_mistyped_id_leads_to_those_that_begin_alike() {
    let store = store(&["6f1c0b52", "70aa"]).await;
    let Found::Nothing {
        shared,
        events,
        candidates,
    } = store.find("6f1c0b5x").unwrap()
    else {
        panic!("found");
    };
    assert_eq!((shared.as_str(), events), ("6f1c0b5", 1));
    assert_eq!(candidates[0].event_id, "6f1c0b52");
}

#[tokio::test]
async fn what_is_like_nothing_leads_to_nothing() {
    let store = store(&["6f1c0b52"]).await;
    for text in [
        "",
        "zzz",
        "0",
        "99",
        "'; DROP TABLE deliveries --",
        "%",
        "é",
    ] {
        let found = store.find(text).unwrap();
        assert!(
            matches!(&found, Found::Nothing { candidates, .. } if candidates.is_empty()),
            "{text}: {found:?}"
        );
    }
}

#[tokio::test]
async fn the_digits_of_a_hash_are_enough() {
    let store = store(&["sha256:abcdef", "sha256:123456"]).await;
    assert_eq!(store.find("abc").unwrap(), Found::Delivery(id(1)));
    assert_eq!(store.find("sha256:1").unwrap(), Found::Delivery(id(2)));
}

#[tokio::test]
async fn the_last_character_there_is_does_not_end_a_search() {
    let odd = format!("a{}b", char::MAX);
    let store = store(&[&odd]).await;
    assert_eq!(store.find("a").unwrap(), Found::Delivery(id(1)));
}
