//! Replaying, editing, copying, writing.

use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{Attempt, Failure, attempt::Response};
use crate::tui::effect::{Edited, Effect, Format, Input};
use crate::tui::fixture::id;
use crate::tui::rig::{Rig, quiet};
use crate::tui::world::{NewId, Origin, Outgoing, Reach, Replay, Resign};

fn sent(rig: &Rig) -> Option<&Replay> {
    rig.asked.iter().find_map(|effect| match effect {
        Effect::Replay(replay) => Some(replay),
        _ => None,
    })
}

fn answered(status: u16) -> Attempt {
    Attempt {
        number: 1,
        target: "http://127.0.0.1:3000/webhooks/sixtyfour".to_owned(),
        started: "2026-11-20T14:02:09Z".parse().unwrap(),
        took: Duration::from_millis(38),
        result: Ok(Response {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            body_cut: false,
        }),
    }
}

#[test]
fn a_replay_is_signed_anew_with_the_same_event_id_and_listed() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("r");
    rig.shows("6f1c0b52 find_email attempt 3");
    rig.shows("(o) re-sign now with key …5aea");
    rig.press("<enter>");
    let replay = sent(&rig).unwrap();
    assert_eq!(replay.deliveries, [id(24)]);
    assert_eq!(replay.signature, Resign::Anew);
    assert_eq!(replay.event_id, NewId::Keep);
    assert!(replay.edited.is_none());
    rig.outgoing.push(Outgoing {
        origin: Origin::Replay,
        attempt: answered(200),
        note: "re-signed".to_owned(),
    });
    rig.input(Input::Replayed(Ok(vec![answered(200)])));
    rig.shows("replayed: 200 OK in 38 ms");
    rig.press("6");
    let line = rig.line_with("R1");
    assert!(
        line.contains("200  38 ms") && line.contains("re-signed"),
        "{line}"
    );
}

#[test]
fn the_dialog_opens_on_the_target_and_what_is_typed_there_replaces_it() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("rhttp://127.0.0.1:8080/ey<enter>");
    assert_eq!(sent(&rig).unwrap().target, "http://127.0.0.1:8080/ey");
    // Nothing was typed: the letters are commands, a blank means nothing.
    rig.press("r <enter>");
    rig.press("re");
    assert!(matches!(rig.asked.last(), Some(Effect::Edit(_))));
    let targets: Vec<&str> = rig
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Replay(replay) => Some(&*replay.target),
            _ => None,
        })
        .collect();
    assert_eq!(targets, ["http://127.0.0.1:8080/ey"; 2]);
}

#[test]
fn a_replay_is_opened_with_what_came_back() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("<enter>6<enter>");
    rig.shows("no replay of this delivery yet");
    for (status, body) in [(200, "{\"taken\":true}"), (409, "seen \u{1b}[2J before")] {
        let mut attempt = answered(status);
        attempt.started += Duration::from_secs(status.into());
        if let Ok(response) = &mut attempt.result {
            response.body = Bytes::from(body);
        }
        rig.outgoing.push(Outgoing {
            origin: Origin::Replay,
            attempt,
            note: "new event id".to_owned(),
        });
    }
    rig.input(Input::Replayed(Ok(Vec::new())));
    assert!(rig.line_with("R1").contains(">R1"), "{}", rig.screen());
    rig.press("<enter>");
    rig.shows("Replay R1");
    rig.shows("how     new event id");
    rig.shows("HTTP/1.1 200 OK");
    rig.shows("\"taken\": true");
    rig.press("<esc>j<enter>");
    rig.shows("Replay R2");
    rig.shows("HTTP/1.1 409 Conflict");
    rig.shows("seen \\u{1b}[2J before");
}

#[test]
fn what_is_too_long_to_be_copied_is_offered_to_a_file() {
    let mut rig = Rig::afternoon(120, 36);
    let bytes = Bytes::from(vec![b'x'; 80_000]);
    rig.input(Input::TooLong {
        what: "body, raw bytes",
        bytes: bytes.clone(),
    });
    rig.shows("body, raw bytes, 78 KiB, is too much for the terminal's clipboard");
    rig.shows("write> 6f1c0b52-24.body|");
    rig.press("<enter>");
    let expected = Effect::Save {
        path: "6f1c0b52-24.body".into(),
        what: "body, raw bytes",
        bytes,
    };
    assert_eq!(rig.asked, [expected]);
}

#[test]
fn the_last_replay_is_repeated_with_one_key() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("r<enter>");
    rig.asked.clear();
    rig.press("R");
    assert!(sent(&rig).is_some());
}

#[test]
fn a_target_that_is_not_this_machine_is_asked_about_by_name() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("rhttps://api.example.com/hook<enter>");
    rig.shows("api.example.com is not this machine");
    assert!(sent(&rig).is_none());
    rig.press("<esc>");
    rig.shows("Replay to your app");
    rig.press("<enter><enter>");
    let replay = sent(&rig).unwrap();
    assert!(replay.allow_remote);
    assert_eq!(replay.target, "https://api.example.com/hook");
}

#[test]
fn a_target_where_nothing_listens_is_named() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("r");
    let target = "http://127.0.0.1:3000/webhooks/sixtyfour".to_owned();
    assert!(rig.asked.contains(&Effect::Reach(target.clone())));
    rig.input(Input::Reached {
        target,
        reach: Reach::Refused("127.0.0.1:3000".to_owned()),
    });
    rig.shows("nothing listens on 127.0.0.1:3000 (refused)");
    rig.press("<esc>j");
    rig.shows("Events 14");
}

#[test]
fn a_replay_that_fails_says_why() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("r<enter>");
    rig.input(Input::Replayed(Ok(vec![Attempt {
        result: Err(Failure::Unreachable("connection refused".to_owned())),
        ..answered(200)
    }])));
    rig.shows("could not connect: connection refused");
}

#[test]
fn an_edit_comes_back_as_a_difference_and_must_be_signed_anew() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("e");
    let Some(Effect::Edit(text)) = rig.asked.last().cloned() else {
        panic!("{:?}", rig.asked);
    };
    rig.shows("EDITOR");
    let edited = String::from_utf8(text.to_vec())
        .unwrap()
        .replace("Jane Smith", "John Doe");
    rig.input(Input::Edited(Edited::Changed(Bytes::from(edited.clone()))));
    assert_eq!(rig.asked.last(), Some(&Effect::Redraw));
    rig.shows("edited: +1 -1 lines");
    rig.shows("-     \"name\": \"Jane Smith\"");
    rig.shows("+     \"name\": \"John Doe\"");
    rig.press("<enter>");
    let replay = sent(&rig).unwrap();
    assert_eq!(replay.edited.as_deref(), Some(edited.as_bytes()));
    assert_eq!(replay.signature, Resign::Anew);
}

#[test]
fn an_editor_that_fails_cancels_the_edit_and_nothing_is_sent() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("e");
    rig.input(Input::Edited(Edited::Cancelled(
        "the editor ended with exit status: 1".to_owned(),
    )));
    rig.shows("the edit was cancelled");
    rig.press("<esc>");
    assert!(sent(&rig).is_none());
}

#[test]
fn an_edit_that_is_no_request_is_refused() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("e");
    rig.input(Input::Edited(Edited::Changed(Bytes::from_static(b"oops"))));
    rig.shows("the edit cannot be sent");
    rig.press("<enter>");
    assert!(sent(&rig).unwrap().edited.is_none());
}

#[test]
fn the_whole_event_id_is_copied() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("yi");
    assert_eq!(
        rig.asked,
        [Effect::Copy {
            what: "event id",
            bytes: Bytes::from_static(b"6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab")
        }]
    );
}

#[test]
fn the_copy_box_opens_when_no_key_follows_and_closes_by_itself() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("y");
    rig.hides("body, pretty");
    rig.wait(Duration::from_millis(400));
    rig.shows("body, pretty");
    rig.wait(Duration::from_secs(5));
    rig.hides("body, pretty");
}

#[test]
fn nothing_that_is_copied_holds_a_secret() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("ycyoysyhya");
    assert_eq!(rig.asked.len(), 5);
    for effect in &rig.asked {
        let Effect::Copy { bytes, .. } = effect else {
            panic!("{effect:?}");
        };
        assert!(!String::from_utf8_lossy(bytes).contains("sk_whsec_"));
    }
    let Effect::Copy { bytes, .. } = &rig.asked[2] else {
        unreachable!()
    };
    assert!(bytes.starts_with(b"1795183326.{\"task_id\""));
}

#[test]
fn marks_are_written_together_in_the_form_that_was_chosen() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("g  w");
    rig.shows("write> deliveries.ndjson|");
    rig.press("<tab>");
    rig.shows("write> deliveries.har|");
    rig.press("<enter>");
    assert_eq!(
        rig.asked,
        [Effect::Write {
            path: "deliveries.har".into(),
            format: Format::Har,
            ids: vec![id(6), id(7)]
        }]
    );
}

#[test]
fn without_a_key_a_replay_is_as_captured() {
    let status = crate::tui::world::Status {
        keys: Vec::new(),
        ..quiet()
    };
    let made = crate::tui::fixture::afternoon();
    let mut rig = Rig::new((120, 36), "14:02:08.460", &made, status);
    rig.press("r");
    rig.shows("no key is loaded");
    rig.press("<enter>");
    assert_eq!(sent(&rig).unwrap().signature, Resign::Keep);
}
