//! What came back is kept, shown and said in the same words everywhere.

use serde_json::Value;

use super::{capture, captured, kept, replay};
use crate::rig::Home;
use crate::rig::app::App;
use crate::rig::http::post;
use crate::rig::target::Target;

#[test]
fn show_has_the_apps_answer_to_a_replay_escaped_and_whole() {
    let home = Home::new();
    captured(&home);
    let target = Target::new(|_, _| (202, "{\"id\":\"\u{202e}7\"}".to_owned()));
    replay(&home, &target, &["1"]).expect(0);
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    let block = "    < 202 Accepted\n    < Content-Length: 13\n    < \n    < {\n    <   \"id\": \"\\u{202e}7\"\n    < }\n";
    let block = block.replace("< \n", "<\n");
    assert!(shown.contains(&block), "{shown}");
    let kept = kept(&home, "1").remove(0);
    assert_eq!(kept["answer"], "{\"id\":\"\u{202e}7\"}");
    assert_eq!(kept["answer_headers"][0][0], "Content-Length");
}

#[test]
fn a_long_answer_is_shown_in_part_and_says_so() {
    let home = Home::new();
    captured(&home);
    let target = Target::new(|_, _| (200, "long ".repeat(60_000)));
    replay(&home, &target, &["1"]).expect(0);
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(shown.len() < 64 << 10, "{}", shown.len());
    assert!(shown.contains("KiB more"), "{shown}");
    let kept = kept(&home, "1").remove(0);
    assert_eq!(kept["answer"].as_str().unwrap().len(), 256 << 10);
    assert_eq!(kept["answer_cut"], true);
    let full = home.run(&["show", "1", "--output", "json", "--body", "full"]);
    let full = full.expect(0).json_lines().remove(1);
    assert_eq!(full["answer"].as_str().unwrap().len(), 300_000);
    assert_eq!(full.get("answer_cut"), None);
}

#[test]
fn the_answer_to_a_forward_is_shown_where_it_is_not_ours() {
    let home = Home::new();
    let app = App::saying(202);
    let listener = home.listen(&["--forward", &app.url, "--fault", "after-forward:500"]);
    assert_eq!(post(&listener.address, "/", &[], b"{}").status, 500);
    assert_eq!(post(&listener.address, "/", &[], b"{2}").status, 202);
    listener.stop().expect(0);
    let show = |id: &str| home.run(&["show", id]).expect(0).stdout;
    let hidden = show("1");
    assert!(
        hidden.contains("    < 202 Accepted\n    < X-App: yes\n")
            && hidden.contains("    < app says 202\n"),
        "{hidden}"
    );
    let relayed = show("2");
    assert!(!relayed.contains("    < "), "{relayed}");
    assert_eq!(relayed.matches("app says 202").count(), 1, "{relayed}");
}

#[test]
fn a_replay_is_the_same_object_live_kept_and_told_by_a_listener() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    capture(&listener, "e-1");
    let target = Target::new(|_, _| (409, "dup".to_owned()));
    let told = replay(&home, &target, &["1", "--output", "json"]).expect(0);
    let refused = home
        .run(&[
            "replay",
            "1",
            "--to",
            "http://127.0.0.1:1/",
            "--output",
            "json",
        ])
        .expect(4);
    let live = [told.json_lines().remove(0), refused.json_lines().remove(0)];
    for (at, live) in live.iter().enumerate() {
        let mut kept = kept(&home, "1").remove(at);
        let fields = kept.as_object_mut().unwrap();
        fields.remove("sent").unwrap();
        fields.remove("answer_headers").unwrap();
        assert_eq!(live, &kept);
        assert_eq!(live, &listener.next("replay"));
        assert_eq!(live["event_id"], "e-1");
        assert_eq!(live["type"], "find_email");
        let tenths = live["took_ms"].as_f64().unwrap() * 10.0;
        assert_eq!(tenths, tenths.round());
    }
    let [answered, unanswered] = live;
    assert_eq!(answered["answer"], "dup");
    assert_eq!(answered.get("error"), None);
    assert_eq!(unanswered["answer"], Value::Null);
    assert_eq!(unanswered["failure"], "unreachable");
    let error = unanswered["error"].as_str().unwrap();
    assert!(error.starts_with("could not connect: "), "{error}");
}

#[test]
fn objects_always_end_with_what_became_of_it_all() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let one = replay(&home, &target, &["1", "--output", "json"]).expect(0);
    let summary = one.json_lines().pop().unwrap();
    assert_eq!(summary["kind"], "replayed");
    assert_eq!(
        (&summary["attempts"], &summary["statuses"]["200"]),
        (&1.into(), &1.into())
    );
    let impossible = ["1", "--set", ".a.b=1", "--output", "json"];
    let none = replay(&home, &target, &impossible).expect(1);
    let summary = none.json_lines().pop().unwrap();
    assert_eq!(
        (&summary["attempts"], &summary["left_out"]),
        (&0.into(), &1.into())
    );
}
