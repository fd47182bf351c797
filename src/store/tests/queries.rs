//! SQL narrows down, the filter decides, and both agree.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::{ProptestConfig, Strategy, proptest};
use proptest::sample::select;

use super::arbitrary::arrivals;
use super::{Fixture, arrival, at, id, insert, list};
use crate::delivery::{Outcome, Reason, Settlement, Sighting, Turn};
use crate::filter::{Filter, Subject};
use crate::store::{Location, Options, Order, Store};

#[tokio::test]
async fn deliveries_come_in_the_order_and_number_that_was_asked_for() {
    let fixture = Fixture::new();
    fixture.filled(300).await;
    let store = fixture.open().unwrap();
    assert_eq!(
        list(&store, "", Order::NewestFirst, Some(3)),
        [300, 299, 298]
    );
    assert_eq!(list(&store, "", Order::OldestFirst, Some(3)), [1, 2, 3]);
    assert_eq!(list(&store, "", Order::OldestFirst, None).len(), 300);
    assert_eq!(list(&store, "", Order::OldestFirst, Some(0)), [0; 0]);
    assert_eq!(
        list(&store, "seq:>298", Order::OldestFirst, None),
        [299, 300]
    );
    assert_eq!(
        list(&store, "id:event-29", Order::NewestFirst, Some(2)),
        [299, 298]
    );
    let body = "body:\"body 3\" -body:/body 3./";
    assert_eq!(list(&store, body, Order::OldestFirst, Some(5)), [3]);
}

#[tokio::test]
async fn a_visitor_stops_the_walk() {
    let fixture = Fixture::new();
    fixture.filled(10).await;
    let store = fixture.open().unwrap();
    let mut seen = 0;
    store
        .each(&Filter::all(), Order::OldestFirst, None, at(0), |_| {
            seen += 1;
            match seen {
                4 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap();
    assert_eq!(seen, 4);
}

#[tokio::test]
async fn a_visitor_may_use_the_store_and_captures_go_on_meanwhile() {
    for location in [Location::Memory, Location::File(Fixture::new().path())] {
        let store = Store::open(&location, Options::default()).unwrap();
        for number in 0..5 {
            insert(&store, arrival(&format!("e{number}"), "x")).await;
        }
        let inner = store.clone();
        let stored = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let mut ids = Vec::new();
            inner
                .each(&Filter::all(), Order::OldestFirst, Some(5), at(0), |seen| {
                    let sent = Arc::new(arrival(&format!("again {}", seen.id), "x"));
                    ids.push(runtime.block_on(inner.insert(sent)).unwrap());
                    ControlFlow::Continue(())
                })
                .unwrap();
            ids
        });
        while !stored.is_finished() {
            tokio::task::yield_now().await;
        }
        assert_eq!(stored.join().unwrap(), [6, 7, 8, 9, 10].map(id));
    }
}

#[tokio::test]
async fn the_view_for_people_has_the_status_that_a_person_gave() {
    let fixture = Fixture::new();
    let store = fixture.open().unwrap();
    for event_id in ["a", "b"] {
        insert(&store, arrival(event_id, "x")).await;
    }
    let outcome = Outcome::Released(500);
    store.settle(id(2), Settlement { outcome, at: at(3) });
    store.flush().await.unwrap();
    let connection = rusqlite::Connection::open(fixture.path()).unwrap();
    let mut statement = connection
        .prepare("SELECT status, at FROM captures ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: Vec<(i64, String)> = rows.unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [200, 500]);
    let shown: jiff::Timestamp = rows[0].1.parse().unwrap();
    let kept = super::get(&store, 1).request().times.arrived;
    assert_eq!(shown.as_millisecond(), kept.as_millisecond());
}

#[tokio::test]
async fn all_deliveries_of_an_event_are_found_from_its_first() {
    let store = Store::open(&Location::Memory, Options::default()).unwrap();
    insert(&store, arrival("a", "x")).await;
    insert(&store, arrival("b", "x")).await;
    for count in 2..=3 {
        let mut later = arrival("a", "x");
        later.sighting = Sighting {
            turn: Turn::Duplicate,
            arrival: count,
            first: Some(id(1)),
            conflict: false,
        };
        insert(&store, later).await;
    }
    let event = store.event(id(1)).unwrap();
    assert_eq!(
        event.iter().map(|seen| seen.id.get()).collect::<Vec<_>>(),
        [1, 3, 4]
    );
    assert_eq!(store.event(id(2)).unwrap().len(), 1);
    let recent = |before: Option<u64>, most| -> Vec<_> {
        let found = store.recent(id(1), before.map(id), most).unwrap();
        found.iter().map(|seen| seen.id.get()).collect()
    };
    assert_eq!(recent(None, 9), [4, 3, 1]);
    assert_eq!(recent(None, 2), [4, 3]);
    assert_eq!(recent(Some(4), 2), [3, 1]);
    assert_eq!(recent(Some(3), 1), [1]);
    assert_eq!(recent(Some(1), 9), [0; 0]);
    let counts = store.counts().unwrap();
    assert_eq!((counts.deliveries, counts.events), (4, 2));
    assert_eq!((counts.oldest, counts.newest), (Some(id(1)), Some(id(4))));
}

#[tokio::test]
async fn a_peer_that_left_is_not_a_status() {
    let store = Store::open(&Location::Memory, Options::default()).unwrap();
    for event_id in ["a", "b", "c"] {
        insert(&store, arrival(event_id, "x")).await;
    }
    let settle = |number, outcome| {
        store.settle(id(number), Settlement { outcome, at: at(2) });
    };
    settle(1, Outcome::Answered);
    settle(2, Outcome::PeerLeft);
    settle(3, Outcome::Cut);
    store.flush().await.unwrap();
    assert_eq!(list(&store, "status:2xx", Order::OldestFirst, None), [1]);
    assert_eq!(list(&store, "status:t/o", Order::OldestFirst, None), [2]);
    assert_eq!(list(&store, "status:rst", Order::OldestFirst, None), [3]);
    assert_eq!(list(&store, "status:cut", Order::OldestFirst, None), [3]);
    assert!(list(&store, "status:close", Order::OldestFirst, None).is_empty());
    assert_eq!(
        list(&store, "-status:2xx", Order::OldestFirst, None),
        [2, 3]
    );
}

/// Terms that SQL knows something about, and some that it does not.
const TERMS: &[&str] = &[
    "a",
    "\"é\"",
    "find_email",
    "4",
    "rst",
    "type:a",
    "type:*",
    "type:\"%\"",
    "type:_*",
    "id:a",
    "id:*a",
    "task:/a/",
    "run:b",
    "path:/",
    "path:/a",
    "path:*a*",
    "method:get",
    "method:A*",
    "peer:1",
    "provider:elan",
    "sig:ok",
    "sig:bad",
    "sig:old",
    "sig:err",
    "sig:invalid",
    "sig:unverified",
    "sig:timestamp_too_old",
    "status:200..400",
    "status:5xx",
    "status:>=300",
    "status:t/o",
    "status:rst",
    "status:close",
    "status:held",
    "state:ok",
    "is:inferred",
    "is:armed",
    "is:conflict",
    "is:first",
    "is:retry",
    "is:duplicate",
    "is:cut",
    "is:malformed",
    "is:test",
    "is:replayed",
    "seq:1",
    "seq:>1",
    "attempt:>1000",
    "attempt:..2000000000",
    "size:>100",
    "size:<=50",
    "took:>1s",
    "age:<10000d",
    "age:>20000d",
    "header:a",
    "body:a",
    "body:A*b",
    "body:\"a\"",
    "id:*a*",
    "id:*b",
    "path:*a",
];

fn filters() -> impl Strategy<Value = String> {
    let term = select(TERMS).prop_map(str::to_owned);
    term.prop_recursive(3, 12, 3, |inner| {
        proptest::prop_oneof![
            inner.clone().prop_map(|inner| format!("-({inner})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} {other})")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("({one} | {other})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn the_store_finds_what_the_filter_matches(
        sent in proptest::collection::vec((arrivals(), 0..4_u8), 1..4),
        filter in filters(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&Location::Memory, Options::default()).unwrap();
            for (arrival, outcome) in sent {
                let id = insert(&store, arrival).await;
                let outcome = match outcome {
                    0 => continue,
                    1 => Outcome::Answered,
                    2 => Outcome::PeerLeft,
                    _ => Outcome::Reset,
                };
                store.settle(id, Settlement { outcome, at: at(3) });
            }
            store.flush().await.unwrap();
            let parsed: Filter = filter.parse().unwrap();
            let mut expected = Vec::new();
            for number in 1..=store.counts().unwrap().deliveries {
                let delivery = super::get(&store, number);
                if parsed.matches(&Subject::new(&delivery, at(60))) {
                    expected.push(number);
                }
            }
            assert_eq!(list(&store, &filter, Order::OldestFirst, None), expected, "{filter}");
            expected.reverse();
            assert_eq!(list(&store, &filter, Order::NewestFirst, None), expected, "{filter}");
        });
    }
}

#[tokio::test]
async fn a_filter_with_very_many_terms_still_works() {
    let store = Store::open(&Location::Memory, Options::default()).unwrap();
    let mut bad = arrival("a", "x");
    bad.verdict.reason = Reason::SignatureMismatch;
    insert(&store, bad).await;
    let mut filter = vec!["z"; 1500];
    filter.push("sig:bad");
    assert_eq!(
        list(&store, &filter.join("|"), Order::OldestFirst, None),
        [1]
    );
}
