//! The first screen, leaving, and what stands in the way of leaving.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::Ending;
use crate::tui::effect::{Effect, Input, Leave};
use crate::tui::fixture::Made;
use crate::tui::rig::{Rig, quiet};
use crate::tui::world::{Status, Tunnel};

const CLOCK: &str = "14:02:08.000";

fn empty(status: Status) -> Rig {
    Rig::new((120, 36), CLOCK, &[], status)
}

fn held() -> Rig {
    let mut made = Made::new(1, "14:02:00", "find_email", "aaaa1111-0000");
    made.ending = Ending::Hold;
    made.took = None;
    Rig::new((80, 24), CLOCK, &[made], quiet())
}

#[test]
fn before_anything_came_the_screen_says_what_to_do() {
    for size in [(120, 36), (80, 24), (60, 20), (40, 11)] {
        let mut rig = empty(quiet());
        rig.input(Input::Resize(size.0, size.1));
        rig.shows("Waiting for the first delivery");
    }
    let rig = empty(quiet());
    rig.shows("http://127.0.0.1:6464/");
    rig.shows("T send a test delivery");
}

#[test]
fn a_tunnel_that_was_found_is_shown_with_the_url_to_copy() {
    let mut rig = empty(Status {
        tunnel: Tunnel::Found {
            url: "https://abc123.ngrok-free.app".to_owned(),
            by: "ngrok".to_owned(),
            how: "the ngrok agent, 127.0.0.1:4040, which forwards to port 6464".to_owned(),
            used: false,
        },
        ..quiet()
    });
    rig.shows("https://abc123.ngrok-free.app/webhooks/sixtyfour");
    rig.shows("tunnel found");
    rig.press("yu");
    let copied = b"https://abc123.ngrok-free.app/webhooks/sixtyfour";
    assert!(matches!(&rig.asked[..], [Effect::Copy { bytes, .. }] if &bytes[..] == copied));
}

#[test]
fn an_app_that_may_be_anybody_is_warned_of_at_the_beginning_and_ever_after() {
    let insecure = Status {
        forward: Some("https://localhost:3443/".to_owned()),
        insecure: true,
        ..quiet()
    };
    let mut rig = empty(insecure);
    rig.shows("the app's certificate is not checked");
    rig.arrive(&[Made::new(1, "14:02:00", "find_email", "aaaa1111-0000")]);
    rig.hides("the app's certificate is not checked");
    rig.shows("INSECURE");
}

#[test]
fn a_tunnel_to_another_port_is_not_offered() {
    let mut rig = empty(Status {
        tunnel: Tunnel::Elsewhere {
            url: "https://abc123.ngrok-free.app".to_owned(),
            by: "ngrok".to_owned(),
            port: 3000,
        },
        ..quiet()
    });
    rig.shows("goes to port 3000, not 6464");
    rig.hides("/webhooks/sixtyfour\"");
    rig.press("yu");
    assert!(rig.asked.is_empty());
}

#[test]
fn without_a_tunnel_the_places_are_named_and_one_that_comes_later_appears_by_itself() {
    let mut rig = empty(Status {
        tunnel: Tunnel::None {
            looked: vec![
                "ngrok (127.0.0.1:4040)".to_owned(),
                "cloudflared (127.0.0.1:20241-20245)".to_owned(),
            ],
        },
        ..quiet()
    });
    rig.shows("looked at ngrok (127.0.0.1:4040)");
    rig.shows("20241-20245");
    rig.input(Input::Status(Arc::new(quiet())));
    rig.shows("https://abc123.ngrok-free.app/webhooks/sixtyfour");
}

#[test]
fn without_a_key_the_status_says_off_and_the_screen_says_how_to_load_one() {
    let rig = empty(Status {
        keys: Vec::new(),
        ..quiet()
    });
    rig.shows("signing OFF");
    rig.shows("--secret-file FILE");
}

#[test]
fn a_sample_is_sent_on_request_only() {
    let mut rig = empty(quiet());
    assert!(rig.asked.is_empty());
    rig.press("T");
    assert_eq!(rig.asked, [Effect::Sample]);
}

#[test]
fn a_sample_is_marked_as_a_test_in_the_list_and_in_the_overview() {
    let mut ours = Made::new(1, "14:02:08", "find_email", "aaaa1111-0000");
    let theirs = Made::new(2, "14:02:09", "find_phone", "bbbb2222-0000");
    let mut rig = empty(quiet());
    rig.press("T");
    rig.arrive(&[ours.clone(), theirs]);
    rig.input(Input::Sampled("aaaa1111-0000".to_owned()));
    assert!(rig.line_with("aaaa1111").contains("test find_email"));
    assert!(!rig.line_with("bbbb2222").contains("test"));
    rig.hides("find_email   test");
    // What names this program as its sender says so where it is looked at.
    ours.extra = vec![crate::delivery::Header::new("User-Agent", "hook64/0.1.0")];
    let rig = Rig::new((120, 36), CLOCK, &[ours], quiet());
    rig.shows("find_email   test");
}

#[test]
fn with_nothing_pending_q_leaves() {
    let made = [Made::new(1, "13:00:00", "find_email", "aaaa1111-0000")];
    let mut rig = Rig::new((80, 24), CLOCK, &made, quiet());
    rig.press("q");
    assert_eq!(rig.asked, [Effect::Quit(Leave::Clean)]);
}

#[test]
fn escape_never_leaves() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("<enter>2<esc><esc><esc><esc>");
    assert!(rig.asked.is_empty());
    rig.shows("Events 14");
}

#[test]
fn while_something_is_held_q_asks_and_escape_stays() {
    let mut rig = held();
    rig.press("q");
    rig.shows("Quit?");
    rig.shows("1 delivery is being held");
    rig.press("<esc>");
    rig.hides("Quit?");
    assert!(rig.asked.is_empty());
    rig.press("qq");
    assert_eq!(rig.asked, [Effect::Quit(Leave::Clean)]);
}

#[test]
fn waiting_ends_when_nothing_is_waited_for() {
    let mut rig = held();
    rig.press("qw");
    rig.wait(Duration::from_secs(1));
    assert!(rig.asked.is_empty());
    rig.arrive(&[Made::new(1, "14:02:00", "find_email", "aaaa1111-0000")]);
    rig.wait(Duration::from_secs(1));
    assert_eq!(rig.asked, [Effect::Quit(Leave::Clean)]);
}

#[test]
fn a_second_interrupt_leaves_at_once_from_any_screen() {
    for keys in [
        "", "<enter>2", "/x", "fx", "a", "r", "?", ":x", "i", "q", "y", "w", "o",
    ] {
        let mut rig = Rig::afternoon(80, 24);
        rig.press(keys);
        rig.press("<ctrl-c>");
        rig.shows("Quit?");
        rig.press("<ctrl-c>");
        assert_eq!(
            rig.asked.last(),
            Some(&Effect::Quit(Leave::Forced)),
            "after {keys:?}"
        );
    }
}

#[test]
fn two_interrupts_far_apart_only_ask() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("<ctrl-c>");
    rig.wait(Duration::from_secs(3));
    rig.press("<ctrl-c>");
    assert!(rig.asked.is_empty());
}

#[test]
fn a_suspension_is_asked_for() {
    let mut rig = held();
    rig.press("<ctrl-z>");
    rig.shows("Deliveries will not be answered while suspended");
    rig.press("<enter>");
    assert_eq!(rig.asked, [Effect::Suspend]);
    rig.input(Input::Resumed(Some(
        "suspended 14:02:11-14:05:40; not answered meanwhile".to_owned(),
    )));
    rig.shows("not answered meanwhile");
    assert_eq!(rig.asked.last(), Some(&Effect::Redraw));
}

#[test]
fn help_is_searched_and_run() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("?");
    rig.shows("Everywhere");
    rig.press("disarm<enter>");
    assert_eq!(rig.asked, [Effect::Disarm]);
}

#[test]
fn the_connection_can_be_scrolled_where_it_is_longer_than_the_screen() {
    let mut rig = Rig::afternoon(60, 20);
    rig.press("i");
    rig.shows("j k scroll  Esc close");
    rig.hides("signing key loaded");
    rig.press(&"j".repeat(99));
    rig.shows("signing key loaded");
    let before = rig.screen();
    rig.press("k");
    assert_ne!(rig.screen(), before);
    let mut rig = Rig::afternoon(120, 36);
    rig.press("i");
    rig.hides("j k scroll");
}

#[test]
fn every_route_is_listed() {
    let routes = [
        "/a=http://localhost:3001/",
        "find_phone=http://localhost:3002/",
    ];
    let mut rig = empty(Status {
        forward: Some("http://localhost:3001/".to_owned()),
        routes: routes.map(str::to_owned).to_vec(),
        ..quiet()
    });
    rig.press("i");
    rig.shows("deliveries are forwarded to /a=http://localhost:3001/");
    rig.shows("find_phone=http://localhost:3002/");
}

#[test]
fn without_a_key_the_sample_is_not_said_to_be_signed() {
    let rig = empty(quiet());
    rig.shows("send yourself a signed sample");
    let rig = empty(Status {
        keys: Vec::new(),
        ..quiet()
    });
    rig.shows("send yourself a sample");
}

#[test]
fn what_opens_shows_its_keys_and_no_older_message() {
    let mut rig = Rig::afternoon(120, 36);
    rig.input(Input::Paste("x".to_owned()));
    rig.shows("paste ignored");
    rig.press("f");
    rig.hides("paste ignored");
    rig.input(Input::Paste("type:find_phone".to_owned()));
    rig.shows("filter> type:find_phone|");
    rig.press("<esc>");
    rig.input(Input::Done("disarmed".to_owned()));
    rig.shows("disarmed");
    rig.press("r");
    rig.hides("disarmed");
    // What is told while it is open is new.
    rig.input(Input::Done("written".to_owned()));
    rig.shows("written");
}

#[test]
fn the_copy_box_opens_when_it_is_asked_for() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("y?");
    rig.shows("openssl check");
    rig.press("i");
    assert!(
        matches!(&rig.asked[..], [Effect::Copy { .. }]),
        "{:?}",
        rig.asked
    );
    rig.press("yQ");
    rig.shows("not something to copy");
}
