//! The list: grouping, following, moving, marking, finding, filtering.

use std::time::Duration;

use crate::delivery::{EventIdSource, Reason};
use crate::tui::fixture::Made;
use crate::tui::rig::{Rig, quiet};

fn event(number: u64, clock: &str) -> Made {
    Made::new(number, clock, "find_email", &format!("{number:08x}-0000"))
}

fn several(count: u64) -> Vec<Made> {
    (1..=count)
        .map(|number| event(number, &format!("13:{:02}:{:02}", number / 60, number % 60)))
        .collect()
}

fn rig(made: &[Made]) -> Rig {
    Rig::new((80, 24), "14:00:00.000", made, quiet())
}

#[test]
fn the_deliveries_of_one_event_are_one_row_with_its_attempts_beneath() {
    let first = event(1, "13:59:00").armed(500, 1, 3);
    let made = [
        first.clone(),
        Made::retry(&first, 2, "13:59:01.015", 2),
        Made::retry(&first, 3, "13:59:03.030", 3),
    ];
    let mut rig = rig(&made);
    assert!(rig.line_with("find_email").contains("3/6"));
    rig.hides("#2");
    rig.press("l");
    let screen = rig.screen();
    let lines: Vec<&str> = screen.lines().filter(|line| line.contains(" #")).collect();
    assert!(lines[0].contains("#1 13:59:00.000"), "{screen}");
    assert!(lines[1].contains("#2 13:59:01.015 +1.0s"), "{screen}");
    assert!(lines[2].contains("#3 13:59:03.030 +2.0s"), "{screen}");
    rig.press("h");
    rig.hides("#2");
}

#[test]
fn an_inferred_id_is_marked() {
    let mut first = event(1, "13:59:00");
    first.source = EventIdSource::Task;
    first.event_id = "550e8400-e29b/completed".to_owned();
    first.reason = Reason::MissingHeader;
    let made = [first.clone(), Made::retry(&first, 2, "13:59:01", 2)];
    let rig = rig(&made);
    let line = rig.line_with("~550e8400");
    assert!(line.contains(" -  ") && line.contains("2/6"), "{line}");
    assert_eq!(rig.screen().matches("find_email").count(), 1);
}

#[test]
fn following_selects_what_comes() {
    let mut rig = rig(&several(30));
    assert_eq!(rig.selected(), 30);
    rig.arrive(&[event(31, "13:59:00")]);
    assert_eq!(rig.selected(), 31);
    assert!(rig.line_with("0000001f").starts_with("┃>"));
}

#[test]
fn moving_up_pauses_and_what_comes_is_counted() {
    let mut rig = rig(&several(30));
    rig.press("k");
    rig.shows(" PAUSED ");
    assert_eq!(rig.selected(), 29);
    let line = rig.line_with("┃>");
    for number in 31..36 {
        rig.arrive(&[event(number, "13:59:00")]);
    }
    assert_eq!(rig.selected(), 29);
    rig.shows("PAUSED +5");
    assert_eq!(rig.line_with("┃>"), line);
    rig.press("G");
    assert_eq!(rig.selected(), 35);
    rig.shows("FOLLOW");
}

#[test]
fn going_down_from_the_last_row_follows_again() {
    let mut rig = rig(&several(5));
    rig.press("k");
    rig.shows("PAUSED");
    rig.press("jj");
    rig.shows("FOLLOW");
}

#[test]
fn a_retry_of_an_older_event_moves_no_row() {
    let mut rig = rig(&several(40));
    let before: Vec<String> = rig.screen().lines().map(str::to_owned).collect();
    let first = event(1, "13:00:01");
    rig.arrive(&[Made::retry(&first, 41, "13:59:00", 2)]);
    let after: Vec<String> = rig.screen().lines().map(str::to_owned).collect();
    assert_eq!(before[3..20], after[3..20]);
    assert_eq!(rig.selected(), 40);
}

#[test]
fn marks_are_shown_alone_and_taken_back() {
    let mut rig = rig(&several(10));
    rig.press("g jj jj ");
    rig.press("M");
    rig.shows("Events 3 of 10");
    for number in [1, 4, 7] {
        rig.shows(&format!("{number:08x}"));
    }
    rig.hides("00000002");
    rig.press("U");
    rig.shows("Events 10");
}

#[test]
fn the_next_problem_is_found_and_after_the_last_one_the_selection_stays() {
    let mut made = several(10);
    made[3].reason = Reason::SignatureMismatch;
    made[7].reason = Reason::TimestampTooOld;
    let mut rig = rig(&made);
    rig.press("g}");
    assert_eq!(rig.selected(), 4);
    rig.press("}");
    assert_eq!(rig.selected(), 8);
    rig.press("}");
    assert_eq!(rig.selected(), 8);
    rig.shows("no further problem");
    rig.press("{");
    assert_eq!(rig.selected(), 4);
}

#[test]
fn a_filter_works_as_it_is_typed_and_a_wrong_one_keeps_the_last_good_result() {
    let mut made = several(10);
    made[3].reason = Reason::SignatureMismatch;
    let mut rig = rig(&made);
    rig.press("fsig:bad");
    rig.shows("Events 1 of 10");
    rig.press(" status:9xx");
    rig.shows("Events 1 of 10");
    rig.shows("last good filter: sig:bad");
    rig.press("<ctrl-w><ctrl-w>");
    rig.hides("last good filter");
    rig.press("<enter>");
    rig.shows("filtered");
    rig.arrive(&[event(11, "13:59:00")]);
    rig.shows("Events 1 of 11");
    rig.press("<esc>");
    rig.shows("Events 11");
}

#[test]
fn a_filter_completes_types_that_were_seen() {
    let mut rig = rig(&several(3));
    rig.press("ftype:fi<tab>");
    rig.shows("filter> type:find_email |");
}

#[test]
fn the_selection_stays_on_its_event_whatever_is_filtered_or_sorted() {
    let mut made = several(10);
    made[4].reason = Reason::SignatureMismatch;
    let mut rig = rig(&made);
    rig.press("g}");
    assert_eq!(rig.selected(), 5);
    rig.press("O");
    assert_eq!(rig.selected(), 5);
    rig.press("fsig:bad<enter>");
    assert_eq!(rig.selected(), 5);
    rig.press("<esc>oa");
    assert_eq!(rig.selected(), 5);
}

#[test]
fn what_is_deleted_leaves_the_view_and_comes_back() {
    let mut rig = rig(&several(5));
    rig.press("gd");
    rig.shows("Events 4 of 5");
    rig.press("u");
    rig.shows("Events 5");
    rig.press("C");
    rig.shows("Clear the list?");
    rig.press("<enter>");
    rig.shows("Events 0 of 5");
    rig.press("u");
    rig.shows("Events 5");
}

#[test]
fn a_frozen_screen_stands_still_while_the_status_counts() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("p");
    let before: Vec<String> = rig.screen().lines().take(22).map(str::to_owned).collect();
    rig.now += Duration::from_secs(1);
    rig.arrive(&[event(25, "14:02:09")]);
    let after: Vec<String> = rig.screen().lines().take(22).map(str::to_owned).collect();
    assert_eq!(before[1..], after[1..]);
    rig.shows("FROZEN +1");
    rig.press("p");
    rig.shows("Events 15");
}

#[test]
fn finding_goes_from_one_event_to_the_next() {
    let mut rig = Rig::afternoon(80, 24);
    rig.press("/enrich<enter>");
    assert_eq!(rig.selected(), 7);
    rig.press("n");
    assert_eq!(rig.selected(), 18);
    rig.press("n");
    assert_eq!(rig.selected(), 7);
    rig.press("N");
    assert_eq!(rig.selected(), 18);
}

#[test]
fn pasted_text_is_no_command() {
    let mut rig = Rig::afternoon(80, 24);
    let before = rig.screen();
    rig.input(crate::tui::effect::Input::Paste("aaaCq".to_owned()));
    let after = rig.screen();
    let changed: Vec<(&str, &str)> = before
        .lines()
        .zip(after.lines())
        .filter(|(before, after)| before != after)
        .collect();
    assert_eq!(changed.len(), 1, "{after}");
    assert!(changed[0].1.contains("paste ignored"));
    assert!(rig.asked.is_empty());
}

#[test]
fn what_begins_to_wait_for_a_retry_is_unfolded_unless_somebody_folded_it() {
    let taken = Made::new(1, "14:00:00", "find_email", "aaaa1111-0000");
    let mut rig = Rig::new((120, 36), "14:00:00.500", &[taken], quiet());
    let fails = Made::new(2, "14:00:00.400", "find_email", "bbbb2222-0000").armed(500, 1, 9);
    let mut open = fails.clone();
    open.took = None;
    rig.arrive(&[open]);
    rig.arrive(&[fails]);
    assert!(rig.line_with("#2 ~14:00:01").contains("due in 1 s"));
    rig.press("kkh");
    rig.press("jh");
    rig.hides("#2 ~14:00:01");
    rig.arrive(&[Made::new(3, "14:00:00.450", "find_email", "cccc3333")]);
    rig.hides("#2 ~14:00:01");
}

#[test]
fn the_filter_in_force_is_named_in_the_frame() {
    let mut rig = rig(&several(9));
    rig.press("fid:00000002<enter>");
    rig.shows("Events 1 of 9  filter id:00000002 ");
    rig.input(crate::tui::effect::Input::Resize(120, 36));
    rig.shows("1 of 9 deliveries  filtered");
    rig.press("<esc>");
    rig.hides("filter id");
    rig.shows("9 deliveries  FOLLOW");
    rig.press("fbody:\u{1b}x");
    rig.press(&"y".repeat(200));
    rig.press("<enter>");
    let line = rig.line_with("Events 0 of 9");
    assert!(line.contains("\\u{1b}x") && line.contains('…'), "{line}");
}
