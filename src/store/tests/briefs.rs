//! What a list needs says the same as the whole delivery.

use std::ops::ControlFlow;
use std::time::Duration;

use super::{arrival, at, id, insert};
use crate::delivery::{AnsweredBy, Ending, Head, Outcome, Reason, Settlement, Turn};
use crate::filter::is_ours;
use crate::signature::digest::sha256;
use crate::store::{Brief, Location, Options, Store};

fn memory() -> Store {
    Store::open(&Location::Memory, Options::default()).unwrap()
}

fn briefs(store: &Store, after: Option<u64>) -> Vec<Brief> {
    let mut found = Vec::new();
    let read = store.briefs(after.map(id), |brief| {
        found.push(brief);
        ControlFlow::Continue(())
    });
    read.unwrap();
    found
}

#[tokio::test]
async fn a_brief_says_what_the_delivery_says() {
    let store = memory();
    let mut sent = arrival("e", "{\"a\":1}");
    sent.verdict.reason = Reason::TimestampTooOld;
    sent.verdict.signature_matches_ignoring_time = Some(true);
    sent.answer.reply.ending = Ending::Drip(Duration::from_secs(2));
    sent.answer.reply.delay = Duration::from_millis(5);
    sent.answer.by = AnsweredBy::Armed {
        rule: "500x3".to_owned(),
        step: 2,
        of: Some(3),
    };
    insert(&store, sent).await;
    let whole = store.get(id(1)).unwrap().unwrap();
    let brief = briefs(&store, None).remove(0);
    assert_eq!(brief.verdict, whole.arrival.verdict.word());
    assert_eq!(brief.event_id, whole.arrival.recognition.event_id);
    assert_eq!(brief.arrived, whole.request().times.arrived);
    assert_eq!(
        (brief.ending, brief.delay),
        (
            Ending::Drip(Duration::from_secs(2)),
            Duration::from_millis(5)
        )
    );
    assert_eq!(brief.step, Some((2, Some(3))));
    assert_eq!(brief.answered_by, "armed");
    assert_eq!(brief.body_sha256, sha256(b"{\"a\":1}"));
    assert_eq!((brief.body_bytes, brief.settlement), (7, None));
}

#[tokio::test]
async fn a_later_delivery_that_this_program_sent_is_told_from_a_providers_as_by_the_filter() {
    let store = memory();
    insert(&store, arrival("e", "{}")).await;
    let cases = [
        (Turn::Retry, "user-Agent: hook64/0.1.0", true),
        (Turn::Duplicate, "User-Agent: hook64/0.1.0", true),
        (Turn::Retry, "User-Agent:hook64/0.1.0", true),
        (Turn::Retry, "User-Agent: Sixtyfour-Webhooks/1.0", false),
        (Turn::Retry, "User-Agent: not hook64", false),
        (Turn::Retry, "X-User-Agent: hook64", false),
        (
            Turn::Retry,
            "User-Agent: other\r\nUser-Agent: hook64",
            false,
        ),
    ];
    for (turn, line, _) in cases {
        let mut later = arrival("e", "{}");
        later.sighting.first = Some(id(1));
        later.sighting.turn = turn;
        let head = format!("POST / HTTP/1.1\r\n{line}\r\n\r\n");
        later.request.head = Head::parse(head.into()).unwrap();
        insert(&store, later).await;
    }
    let told = briefs(&store, Some(1));
    assert_eq!(told.len(), cases.len());
    for (brief, (_, line, ours)) in told.iter().zip(cases) {
        let whole = store.get(brief.id).unwrap().unwrap();
        let by_filter = is_ours(&whole.request().head);
        assert_eq!((brief.ours, by_filter), (ours, ours), "{line}");
    }
}

#[tokio::test]
async fn only_what_is_behind_a_number_is_read_and_settlements_are_told() {
    let store = memory();
    for number in 0..3 {
        insert(&store, arrival(&format!("e-{number}"), "x")).await;
    }
    let settled = Settlement {
        outcome: Outcome::Reset,
        at: at(9),
    };
    store.settle(id(1), settled);
    store.flush().await.unwrap();
    let numbers: Vec<_> = briefs(&store, Some(1)).iter().map(|one| one.id).collect();
    assert_eq!(numbers, [id(2), id(3)]);
    let known = store.briefs_of(&[id(1), id(9)]).unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].settlement, Some(settled));
}
