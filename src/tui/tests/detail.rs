//! The tabs of the detail, at both sizes.

use std::time::Duration;

use crate::delivery::{
    AnsweredBy, Attempt, Confidence, Diagnosis, Ending, Failure, Finding, Header, Outcome, Reason,
    attempt::Response,
};
use crate::tui::fixture::Made;
use crate::tui::rig::{Rig, quiet};
use crate::tui::world::{Origin, Outgoing};

#[test]
fn on_a_small_screen_the_detail_fills_it_and_escape_returns_to_the_same_row() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("kkk");
    let row = rig.line_with("┃>");
    rig.press("<enter>");
    rig.shows("[1 Overview]");
    rig.hides("Events 14");
    rig.press("<esc>");
    assert_eq!(rig.line_with("┃>"), row);
}

#[test]
fn the_number_of_a_tab_opens_it() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut rig = Rig::afternoon(width, height);
        for (key, name) in [
            ("1", "[1 Overview]"),
            ("2", "[2 Body]"),
            ("3", "[3 Headers]"),
            (
                "4",
                if width == 120 {
                    "[4 Sign]"
                } else {
                    "[4 Signature]"
                },
            ),
            ("5", "[5 Attempts]"),
            ("6", "[6 Response]"),
        ] {
            rig.press(key);
            rig.shows(name);
        }
        rig.press("]");
        rig.shows("[1 Overview]");
        rig.press("[");
        rig.shows("[6 Response]");
    }
}

#[test]
fn a_mismatch_names_what_would_have_matched_and_stays_bad() {
    let mut made = Made::new(1, "14:00:00", "enrich_lead", "9e21f7b4-0000");
    made.reason = Reason::SignatureMismatch;
    made.diagnosis = Some(Diagnosis {
        findings: vec![Finding {
            candidate: "body_compact_json".to_owned(),
            matches: true,
            confidence: Confidence::High,
            explanation: "The body was pretty-printed on the way.".to_owned(),
            fix: "Verify the raw bytes before parsing.".to_owned(),
        }],
        tried: 12,
        not_tried: None,
    });
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made], quiet());
    rig.press("4");
    rig.shows("BAD   no v1 matches");
    rig.shows("yes  the body were compact JSON");
    rig.shows("The body was pretty-printed on the way.");
    assert!(rig.line_with("9e21f7b4  BAD").contains("200 ok"));
}

#[test]
fn of_two_signatures_the_one_that_matches_is_named() {
    let mut made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    made.matched_v1 = 1;
    made.extra.push(Header::new(
        "Sixtyfour-Signature",
        format!("v1={}", "4de0c54d".repeat(8)),
    ));
    let mut rig = Rig::new((80, 24), "14:00:08.000", &[made], quiet());
    rig.press("4");
    rig.shows("OK   key 1 …5aea matches v1 #2");
    rig.shows("one t, two v1, 64 hex digits each");
}

#[test]
fn a_signature_at_the_wrong_time_is_old_not_bad() {
    let mut made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    made.reason = Reason::TimestampTooOld;
    let mut rig = Rig::new((80, 24), "14:00:08.000", &[made], quiet());
    assert!(rig.line_with("6f1c0b52").contains("OLD"));
    rig.press("4");
    rig.shows("412 s old");
    rig.shows("the signature itself matches");
}

#[test]
fn another_scheme_is_named_and_not_bad() {
    let mut made = Made::new(1, "14:00:00", "workflow.completed", "6f1c0b52-0000");
    made.scheme = Some(crate::delivery::Scheme::Elan);
    made.reason = Reason::NoSecretConfigured;
    let mut rig = Rig::new((80, 24), "14:00:08.000", &[made], quiet());
    assert!(rig.line_with("6f1c0b52").contains(" ?  "));
    rig.press("4");
    rig.shows("X-Webhook-Signature");
    rig.hides("BAD");
}

#[test]
fn attempts_stand_beside_the_documented_gaps() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("5");
    let second = rig.line_with("14:02:04.431");
    assert!(second.contains("1.02") && second.contains("1.00") && second.contains("+0.02"));
    let fourth = rig.line_with("~14:02:10.45");
    assert!(
        fourth.contains("4.00") && fourth.contains("in 2 s"),
        "{fourth}"
    );
    rig.shows("Late if   nothing by 14:02:12.5");
}

#[test]
fn a_client_that_hung_up_is_a_time_out_and_no_answer() {
    let mut made = Made::new(1, "14:00:00", "find_phone", "88c1d2f3-0000");
    made.delay = Duration::from_secs(12);
    made.took = Some(Duration::from_millis(10_010));
    made.outcome = Outcome::PeerLeft;
    let rig = Rig::new((80, 24), "14:00:10.100", &[made], quiet());
    rig.shows("t/o ↻ 1s");
    let line = rig.line_with("#1 ");
    assert!(line.contains("t/o  held 10.0s"), "{line}");
    assert!(!line.contains("200"), "{line}");
}

#[test]
fn two_attempts_are_compared() {
    let first = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000").armed(500, 1, 1);
    let mut second = Made::retry(&first, 2, "14:00:01", 2);
    second.body = bytes::Bytes::from_static(br#"{"task_id":"x"}"#);
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[first, second], quiet());
    rig.press("D");
    rig.shows("Difference");
    rig.shows("+ Sixtyfour-Delivery-Attempt: 2");
    rig.shows("+   \"task_id\": \"x\"");
    rig.press("<esc>");
    rig.hides("Difference");
}

#[test]
fn attempts_from_before_we_listened_are_said_to_be_missing() {
    let made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    let made = Made { attempt: 3, ..made };
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made], quiet());
    rig.shows("Attempts 1 to 2 were not seen here");
    rig.press("5");
    rig.shows("#1 to #2 not seen here");
}

#[test]
fn the_next_event_keeps_the_tab() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("g<enter>3J");
    rig.shows("[3 Headers]");
    assert_eq!(rig.selected(), 7);
    rig.press("K");
    assert_eq!(rig.selected(), 6);
}

#[test]
fn a_backoff_that_differs_from_the_documented_one_is_said_once() {
    let mut rig = Rig::new((120, 36), "14:10:00.000", &[], quiet());
    for number in 0..3 {
        let first = Made::new(
            number * 2 + 1,
            &format!("14:0{number}:00"),
            "find_email",
            &format!("{number:08x}-0000"),
        )
        .armed(500, 1, 1);
        let second = Made::retry(&first, number * 2 + 2, &format!("14:0{number}:02.003"), 2);
        rig.arrive(&[first, second]);
    }
    rig.shows("measured backoff is about 2.0 s; docs say 1.0 s");
}

#[test]
fn an_attempt_that_came_out_of_turn_is_not_missing() {
    let third = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    let third = Made {
        attempt: 3,
        ..third
    };
    let made = [
        third.clone(),
        Made::retry(&third, 2, "14:00:01", 2),
        Made::retry(&third, 3, "14:00:02", 1),
    ];
    let mut rig = Rig::new((120, 36), "14:00:08.000", &made, quiet());
    rig.hides("not seen here");
    rig.press("5");
    rig.shows("3 arrived");
    rig.hides("not seen here");
}

/// A delivery that was forwarded, and what became of that.
fn forwarded(size: (u16, u16), status: u16, result: Result<Response, Failure>) -> Rig {
    let mut made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    made.by = AnsweredBy::App;
    made.status = status;
    let mut rig = Rig::new(size, "14:00:08.000", &[], quiet());
    rig.outgoing.push(Outgoing {
        origin: Origin::Forward,
        attempt: Attempt {
            number: 1,
            target: "http://127.0.0.1:3999/webhooks/sixtyfour".to_owned(),
            started: "2026-11-20T14:00:00Z".parse().unwrap(),
            took: Duration::from_millis(2),
            result,
        },
        note: String::new(),
    });
    rig.arrive(&[made]);
    rig
}

#[test]
fn an_answer_in_the_place_of_an_app_that_gave_none_is_not_said_to_be_the_apps() {
    let refused = "connection refused: nothing is listening on 127.0.0.1:3999";
    let refused = || Err(Failure::Unreachable(refused.to_owned()));
    let mut rig = forwarded((120, 36), 502, refused());
    rig.shows("502 by hook64: nothing listens on 127.0.0.1:3999");
    rig.shows("attempt 1 of 6   find_email");
    rig.hides("your app");
    rig.press("l");
    assert!(rig.line_with("#1 14:00:00.000").contains("502  forward "));
    rig.press("6");
    rig.shows("by hook64: nothing listens on 127.0.0.1:3999");
    // The reason is whole, wherever it has to be broken.
    let screen = rig.screen();
    let shown: Vec<&str> = screen
        .lines()
        .filter_map(|line| line.rsplit('│').nth(1).or_else(|| line.rsplit('┃').nth(1)))
        .flat_map(str::split_whitespace)
        .collect();
    let shown = shown.join(" ");
    assert!(
        shown.contains(
            "could not connect: connection refused: nothing is listening on 127.0.0.1:3999"
        ),
        "{screen}"
    );
    let late = Failure::TimedOut(Duration::from_secs(10));
    let rig = forwarded((120, 36), 504, Err(late));
    rig.shows("504 by hook64: 127.0.0.1:3999 did not answer within 10 s");
}

#[test]
fn a_bad_gateway_of_the_apps_own_is_the_apps() {
    let response = Response {
        status: 502,
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        body_cut: false,
    };
    let rig = forwarded((120, 36), 502, Ok(response));
    rig.shows("502 by your app   attempt 1 of 6");
}

#[test]
fn a_held_delivery_that_was_released_says_what_it_got() {
    let mut made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000").armed(200, 1, 1);
    made.ending = Ending::Hold;
    made.took = None;
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made.clone()], quiet());
    rig.press("6");
    rig.shows("held until somebody answers: !");
    made.took = Some(Duration::from_secs(8));
    made.outcome = Outcome::Released(202);
    rig.arrive(&[made.clone()]);
    rig.shows("202 Accepted   released, held by armed fault 1/1");
    rig.hides("until somebody answers");
    rig.press("1");
    rig.shows("202 released, held by armed fault 1/1 ");
    rig.shows("attempt 1 of 6   find_email");
    made.outcome = Outcome::PeerLeft;
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made], quiet());
    rig.press("6");
    rig.shows("peer left   by armed fault 1/1");
    rig.hides("until somebody answers");
}

#[test]
fn at_a_hundred_columns_types_and_tabs_can_be_told_apart() {
    let made = [
        Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000"),
        Made::new(2, "14:00:01", "find_phone", "88c1d2f3-0000"),
    ];
    for width in [100, 104, 111] {
        let rig = Rig::new((width, 30), "14:00:08.000", &made, quiet());
        rig.shows(" find_email  ");
        rig.shows(" find_phone  ");
        rig.shows("200 ok");
        rig.shows("[1 Overview] 2 Body 3 Head");
    }
    let rig = Rig::new((112, 30), "14:00:08.000", &made, quiet());
    assert!(rig.line_with("14:00:00 find_email").contains("6f1c0b52"));
}

#[test]
fn an_age_goes_on_and_never_back() {
    let made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000").armed(500, 1, 1);
    let mut rig = Rig::new(
        (120, 36),
        "14:00:00.400",
        std::slice::from_ref(&made),
        quiet(),
    );
    rig.shows("(just now)");
    rig.wait(Duration::from_secs(13));
    rig.shows("(13 s ago)");
    rig.arrive(&[Made {
        by: AnsweredBy::Default,
        status: 200,
        ..Made::retry(&made, 2, "14:00:13", 2)
    }]);
    rig.press("k");
    // Nothing counts down any more; the age does not begin anew.
    rig.shows("(13 s ago)");
    let next = rig.app.next_change();
    assert!(next <= rig.now + Duration::from_secs(10), "{next}");
    assert!(next > rig.now + Duration::from_secs(1), "{next}");
    rig.wait(Duration::from_secs(60));
    rig.shows("(1 min ago)");
    let next = rig.app.next_change();
    assert!(next > rig.now + Duration::from_secs(10), "{next}");
}
