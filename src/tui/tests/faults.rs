//! Arming failures, watching retries, answering what is held.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::{Ending, Outcome};
use crate::tui::effect::{Effect, Input};
use crate::tui::fixture::Made;
use crate::tui::rig::{Rig, busy, quiet};
use crate::tui::world::{ArmedRule, Release, Status};

fn one() -> Rig {
    let made = [Made::new(1, "13:00:00", "find_email", "aaaa1111-0000")];
    Rig::new((120, 36), "14:00:00.000", &made, quiet())
}

#[test]
fn three_failures_are_armed_with_two_keys() {
    let mut rig = one();
    rig.press("a");
    rig.shows("The next 3 find_email deliveries get 500");
    rig.press("<enter>");
    assert_eq!(rig.asked, [Effect::Arm("500x3@type:find_email".to_owned())]);
    let armed = |done| Status {
        armed: vec![ArmedRule {
            text: "500x3@type:find_email".to_owned(),
            done,
            of: Some(3),
        }],
        ..quiet()
    };
    rig.input(Input::Status(Arc::new(armed(0))));
    rig.shows("ARMED 500 0/3");
    rig.input(Input::Status(Arc::new(armed(2))));
    rig.shows("ARMED 500 2/3");
    rig.input(Input::Status(Arc::new(quiet())));
    rig.shows("not armed");
}

#[test]
fn every_choice_of_the_dialog_writes_the_plan_it_says() {
    for (keys, plan) in [
        ("a503<enter>", "503x3@type:find_email"),
        ("a<tab><tab>1<enter>", "500x1@type:find_email"),
        ("a<tab><down><enter>", "each:500x3@type:find_email"),
        (
            "a<tab><down><tab>2-3<enter>",
            "each:okx1,500x2@type:find_email",
        ),
        ("a<tab><down><down><enter>", "30%:500@type:find_email"),
        (
            "a<tab><down><down><down><enter>",
            "always:500@type:find_email",
        ),
        ("a<down><enter>", "delay(12s)x3@type:find_email"),
        (
            "a<down>1.5<tab><tab>503<enter>",
            "delay(1500ms 503)x3@type:find_email",
        ),
        ("a<down><down><enter>", "holdx3@type:find_email"),
        ("a<down><down><down><enter>", "resetx3@type:find_email"),
        ("a<down><down><down><down><enter>", "cutx3@type:find_email"),
        ("a<up><enter>", "302(location=/elsewhere)x3@type:find_email"),
        ("a<tab><tab><tab>any<enter>", "500x3"),
    ] {
        let mut rig = one();
        rig.press(keys);
        assert_eq!(rig.asked, [Effect::Arm(plan.to_owned())], "{keys}");
    }
}

#[test]
fn a_wrong_field_is_named_and_nothing_is_armed() {
    let mut rig = one();
    rig.press("a999<enter>");
    assert!(rig.asked.is_empty());
    rig.shows("a status from 200 to 599 is needed");
    rig.press("<backspace><backspace><backspace>404<enter>");
    assert_eq!(rig.asked, [Effect::Arm("404x3@type:find_email".to_owned())]);
}

#[test]
fn a_delay_beyond_the_time_out_is_warned_about_before_it_is_armed() {
    let mut rig = one();
    rig.press("a<down>");
    rig.shows("12.0 s is longer than the 10 s per-attempt timeout");
    rig.press("5");
    rig.shows("within the 10 s per-attempt timeout");
}

#[test]
fn the_preview_names_the_pending_attempt_that_will_probably_be_hit() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("a");
    rig.shows("The first is probably attempt 4 of 6f1c0b52, due in 2 s.");
    rig.shows("then 2 more 500, then");
    rig.shows("attempts 1-3");
}

#[test]
fn an_attempt_that_failed_counts_down_once_a_second() {
    let mut rig = Rig::afternoon(120, 36);
    rig.shows("500 ↻ 2s");
    let next = rig.app.next_change();
    let wait = Duration::try_from(next.duration_since(rig.now)).unwrap();
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    rig.wait(wait);
    rig.shows("500 ↻ 1s");
    rig.shows("due in 1 s");
    rig.shows("documented gap 4 s");
}

#[test]
fn a_retry_that_does_not_come_is_late_and_then_ended() {
    let mut rig = Rig::afternoon(120, 36);
    rig.wait(Duration::from_secs(3));
    rig.shows("500 ↻ 0s");
    rig.wait(Duration::from_secs(2));
    rig.shows("500 late");
    rig.wait(Duration::from_secs(70));
    rig.shows("6f1c0b52  ok  3/6 500 ended");
}

#[test]
fn the_sixth_failure_ends_an_event() {
    let rig = Rig::afternoon(120, 36);
    assert!(rig.line_with("0c3d8a11").contains("6/6 500 ended"));
}

#[test]
fn countdowns_can_be_switched_off_and_then_nothing_counts() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press(":countdown<enter>");
    rig.shows("500 ↻ due");
    rig.hides("in 2 s");
}

#[test]
fn disarming_asks_nothing_and_leaves_what_is_held() {
    let mut made = Made::new(1, "13:59:53", "find_email", "aaaa1111-0000");
    made.ending = Ending::Hold;
    made.took = None;
    let mut rig = Rig::new((120, 36), "14:00:00.000", &[made], busy());
    rig.shows("held 7s");
    rig.press("A");
    assert_eq!(rig.asked, [Effect::Disarm]);
    rig.shows("held 7s");
    rig.press("!");
    rig.shows("is held: the client waits");
    rig.press("5");
    let id = crate::tui::fixture::id(1);
    assert_eq!(
        rig.asked.last(),
        Some(&Effect::Release(id, Release::Status(500)))
    );
}

#[test]
fn a_held_delivery_counts_the_seconds() {
    let mut made = Made::new(1, "13:59:53", "find_email", "aaaa1111-0000");
    made.ending = Ending::Hang;
    made.took = None;
    let mut rig = Rig::new((80, 24), "14:00:00.000", &[made], quiet());
    rig.shows("held 7s");
    rig.wait(Duration::from_secs(1));
    rig.shows("held 8s");
}

#[test]
fn a_held_delivery_that_somebody_answered_has_that_answer() {
    for (status, state) in [(200, "200 ok"), (503, "503 ↻")] {
        let mut made = Made::new(1, "14:00:00", "find_email", "aaaa1111-0000");
        made.ending = Ending::Hold;
        made.outcome = Outcome::Released(status);
        made.took = Some(Duration::from_secs(3));
        let rig = Rig::new((120, 36), "14:00:03.500", &[made], quiet());
        assert!(
            rig.line_with("14:00:00 find_email").contains(state),
            "{}",
            rig.screen()
        );
    }
}

#[test]
fn two_rules_are_counted_and_a_gone_tunnel_is_said() {
    let rule = |text: &str| ArmedRule {
        text: text.to_owned(),
        done: 0,
        of: Some(1),
    };
    let status = Status {
        armed: vec![rule("500x1"), rule("reset")],
        tunnel: crate::tui::world::Tunnel::Down {
            url: "https://abc123.ngrok-free.app".to_owned(),
            by: "ngrok".to_owned(),
        },
        ..quiet()
    };
    let made = [Made::new(1, "13:00:00", "find_email", "aaaa1111-0000")];
    let rig = Rig::new((120, 36), "14:00:00.000", &made, status);
    rig.shows("ARMED 2 rules");
    rig.shows("tunnel DOWN");
}

#[test]
fn what_the_dialog_writes_is_a_plan_that_can_be_read() {
    for kind in 0..6 {
        for often in 0..4 {
            for scope in ["", "any", "a b;c\"d\\", "x@y|(z)"] {
                let mut rig = one();
                rig.press("a");
                rig.press(&"<down>".repeat(kind));
                // Past the fields of the answer to the choice of how often.
                rig.press(match kind {
                    1 | 5 => "<tab><tab><tab>",
                    _ => "<tab>",
                });
                rig.press(&"<down>".repeat(often));
                rig.press(if often == 3 { "<tab>" } else { "<tab><tab>" });
                rig.input(Input::Paste(scope.to_owned()));
                rig.press("<enter>");
                let Some(Effect::Arm(plan)) = rig.asked.last() else {
                    panic!("{kind} {often} {scope}: {}", rig.screen());
                };
                let read = plan.parse::<crate::fault::Plan>();
                assert!(read.is_ok(), "{plan}: {read:?}");
            }
        }
    }
}

fn rule(text: &str, done: u64, of: Option<u64>) -> ArmedRule {
    ArmedRule {
        text: text.to_owned(),
        done,
        of,
    }
}

#[test]
fn the_attempts_to_come_are_shown_with_what_they_would_be_answered() {
    let mut rig = Rig::afternoon(120, 36);
    rig.shows("Then       armed: #4 500, #5 500    default: #6 200");
    rig.press("5");
    assert!(rig.line_with("4  ~14:02:10.45").contains("500 armed"));
    assert!(rig.line_with("5  ~14:02:18").contains("500 armed"));
    assert!(rig.line_with("6  ~14:02:34").contains("200 default"));
}

#[test]
fn on_a_screen_with_room_the_step_of_the_rule_is_told_too() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("5<enter>");
    rig.press("5");
    assert!(rig.line_with("4  ~14:02:10.45").contains("500 armed 4/5"));
    assert!(rig.line_with("6  ~14:02:34").contains("200 default"));
}

#[test]
fn what_is_foreseen_follows_the_rules_their_scopes_and_who_answers_otherwise() {
    for (armed, expected) in [
        (
            vec![rule("each:reset,hang,503x3", 3, None)],
            "armed: #4 503, #5 503    default: #6 200",
        ),
        (vec![rule("429x2@type:find_phone", 0, Some(2))], ""),
        (
            vec![rule("429x9@attempt:>4", 0, Some(9))],
            "default: #4 200    armed: #5 429, #6 429",
        ),
        (
            vec![rule("30%:503", 0, None), rule("500", 0, Some(1))],
            "armed: #4 500?    default: #5 200?, #6 200?",
        ),
        (
            vec![rule("delay(12s)", 0, Some(1))],
            "armed: #4 200 +12s    default: #5 200, #6 200",
        ),
    ] {
        let mut rig = Rig::afternoon(120, 36);
        rig.input(Input::Status(Arc::new(Status { armed, ..busy() })));
        if expected.is_empty() {
            rig.hides("Then ");
        } else {
            rig.shows(&format!("Then       {expected}"));
        }
    }
    let mut rig = Rig::afternoon(120, 36);
    rig.input(Input::Status(Arc::new(Status {
        armed: vec![rule("500", 0, Some(1))],
        forward: Some("http://127.0.0.1:3000/".to_owned()),
        ..busy()
    })));
    rig.shows("Then       armed: #4 500    app: #5 …, #6 …");
}
