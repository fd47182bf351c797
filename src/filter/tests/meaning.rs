//! What the terms mean that are read off a delivery's rows.

use std::time::Duration;

use bytes::Bytes;

use super::{all_match, at, delivery, filter, matches, none_match, settled};
use crate::delivery::{AnsweredBy, Defect, Ending, EventIdSource, Outcome, Outlook, Sighting};
use crate::filter::Subject;

#[test]
fn terms_are_anded_and_a_bar_binds_less() {
    let delivery = delivery(|_| {});
    assert!(matches("", &delivery) && filter("  ").is_all());
    all_match(
        &[
            "type:find_email sig:bad",
            "type:x | sig:bad",
            "type:x sig:ok | sig:bad",
            "(type:x | sig:bad) attempt:3",
            "-type:x -sig:ok",
            "--sig:bad",
            "-(type:x | sig:ok)",
        ],
        &delivery,
    );
    none_match(
        &[
            "type:find_email sig:ok",
            "(type:x | sig:bad) attempt:4",
            "-sig:bad",
        ],
        &delivery,
    );
}

#[test]
fn texts_match_whole_or_from_their_beginning() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "type:FIND_email",
            "type:\"find_email\"",
            "type:find_*",
            "type:/mail$/",
            "id:6f1c",
            "id:6f1c…",
            "id:6f1c0b52-3e1d",
            "task:550e",
            "path:/webhooks",
            "path:/webhooks/sixtyfour",
            "path:/sixty/",
            "method:post",
            "peer:127.0.0.1",
            "provider:sixtyfour",
            "-run:*",
            "seq:12",
            "seq:10..12",
        ],
        &delivery,
    );
    none_match(
        &[
            "type:find",
            "type:\"FIND_email\"",
            "id:f1c",
            "id:\"6f1c\"",
            "path:webhooks",
            "path:/webhooks/sixtyfour?x=1",
            "run:*",
            "provider:elan",
        ],
        &delivery,
    );
}

#[test]
fn a_bare_word_is_sought_in_type_ids_path_and_status_but_not_in_contents() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "email",
            "0B52",
            "550e",
            "sixtyfour",
            "500",
            "5xx",
            "\"find_email\"",
            "*email",
            "/^find/",
        ],
        &delivery,
    );
    none_match(
        &["acme", "json", "501", "4xx", "\"find\"", "find*x"],
        &delivery,
    );
}

#[test]
fn a_hashed_event_id_is_known_by_its_digits_and_as_inferred() {
    let delivery = delivery(|arrival| {
        let id = "sha256:b1946ac9".to_owned();
        arrival.recognition.event_id = Some((id, EventIdSource::Hash));
    });
    all_match(&["id:b1946", "id:sha256:b1", "is:inferred"], &delivery);
}

#[test]
fn sizes_times_and_attempts_compare() {
    let delivery = delivery(|arrival| arrival.request.body = Bytes::from(vec![b' '; 10_000]));
    all_match(
        &[
            "attempt:>1",
            "attempt:2..6",
            "size:10k",
            "size:>9.9k",
            "size:<10KiB",
            "took:>=2s",
            "took:1.5s..2500ms",
            "age:<11m",
            "age:>=10m",
        ],
        &delivery,
    );
    none_match(
        &["attempt:1", "size:>10k", "took:>2s", "age:<10m"],
        &delivery,
    );
}

#[test]
fn our_own_count_stands_in_for_an_attempt_that_was_not_sent() {
    let delivery = delivery(|arrival| arrival.recognition.attempt = None);
    assert!(matches("attempt:2", &delivery));
}

#[test]
fn an_answer_that_is_open_has_not_taken_any_time() {
    let mut delivery = delivery(|_| {});
    delivery.settlement = None;
    none_match(&["took:>=0s"], &delivery);
}

#[test]
fn the_status_is_what_the_peer_got() {
    let mut delivery = delivery(|_| {});
    all_match(
        &[
            "status:500",
            "status:5xx",
            "status:>=400",
            "status:500..599",
        ],
        &delivery,
    );
    delivery.settlement = settled(Outcome::PeerLeft);
    all_match(&["status:t/o", "-status:500"], &delivery);
    delivery.settlement = settled(Outcome::PeerStalled);
    all_match(&["status:t/o"], &delivery);
    for (outcome, others) in [
        (Outcome::Reset, "-status:close -status:cut -status:garbage"),
        (Outcome::Closed, "status:close -status:cut -status:garbage"),
        (Outcome::Cut, "-status:close status:cut -status:garbage"),
        (Outcome::Garbage, "-status:close -status:cut status:garbage"),
    ] {
        delivery.settlement = settled(outcome);
        all_match(&["status:rst", "rst", "-status:500", others], &delivery);
    }
    delivery.settlement = settled(Outcome::Stopped);
    all_match(
        &["-status:500 -status:t/o -status:rst -status:held"],
        &delivery,
    );
}

#[test]
fn an_answer_is_held_until_it_is_settled_or_its_delay_is_over() {
    let mut held = delivery(|arrival| arrival.answer.reply.ending = Ending::Hold);
    assert!(matches("status:500", &held));
    held.settlement = None;
    all_match(&["status:held", "state:held"], &held);

    let mut delayed = delivery(|arrival| arrival.answer.reply.delay = Duration::from_secs(12));
    delayed.settlement = None;
    let during = Subject::new(&delayed, at(12));
    let after = Subject::new(&delayed, at(13));
    assert!(filter("status:held").matches(&during));
    assert!(filter("status:500").matches(&after));
}

#[test]
fn the_state_comes_from_the_outlook() {
    let failed = delivery(|_| {});
    let due = Outlook::Due {
        attempt: 4,
        at: at(5),
        documented: None,
        measured: false,
    };
    let late = Outlook::Late {
        attempt: 4,
        due: at(5),
    };
    let states = [
        (Some(Outlook::Delivered), "ok"),
        (Some(due), "retrying"),
        (Some(late), "late"),
        (Some(Outlook::Ended), "ended"),
        (Some(Outlook::Unknown), "unknown"),
        (None, "unknown"),
    ];
    for (outlook, word) in states {
        let subject = Subject {
            outlook: outlook.as_ref(),
            ..Subject::new(&failed, at(600))
        };
        assert!(filter(&format!("state:{word}")).matches(&subject), "{word}");
    }
    let acknowledged = delivery(|arrival| arrival.answer.reply.status = 200);
    assert!(matches("state:ok", &acknowledged));
}

#[test]
fn qualities_are_read_off_the_delivery() {
    let plain = delivery(|arrival| {
        arrival.answer.by = AnsweredBy::Default;
        arrival.sighting = Sighting::first();
    });
    all_match(
        &[
            "is:first",
            "-is:armed -is:retry -is:conflict -is:cut -is:test",
        ],
        &plain,
    );
    let retry = delivery(|arrival| arrival.request.defect = Some(Defect::BodyTooLarge));
    all_match(
        &[
            "is:armed",
            "is:retry",
            "is:conflict",
            "is:cut",
            "-is:malformed",
        ],
        &retry,
    );
    let test = delivery(|arrival| {
        arrival.recognition.event_id = Some(("evt-test-1".to_owned(), EventIdSource::Body))
    });
    all_match(&["is:test"], &test);
    let contest = delivery(|arrival| arrival.recognition.event_type = Some("contest".to_owned()));
    none_match(&["is:test", "is:marked", "is:replayed"], &contest);
    let touched = Subject {
        marked: true,
        replays: 1,
        ..Subject::new(&contest, at(0))
    };
    assert!(filter("is:marked is:replayed").matches(&touched));
}
