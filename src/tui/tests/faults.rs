//! Arming failures, watching retries, answering what is held.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::Ending;
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
