//! Sizes, colours, and what must not be drawn when nothing changes.

use std::time::Duration;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use crate::tui::effect::Input;
use crate::tui::fixture::{Made, afternoon};
use crate::tui::rig::{Rig, busy, quiet};
use crate::tui::theme::{Palette, Theme};

#[test]
fn a_screen_can_shrink_and_grow_and_the_selection_stays() {
    let mut rig = Rig::afternoon(120, 36);
    rig.press("kkkk");
    let selected = rig.selected();
    for (width, height, shown) in [
        (80, 24, "Events 14"),
        (60, 20, "Events 14"),
        (40, 11, "? help"),
        (38, 6, "too small (38x6, need 40x8)"),
        (120, 36, "Events 14"),
    ] {
        rig.input(Input::Resize(width, height));
        rig.shows(shown);
        for line in rig.screen().lines() {
            assert!(crate::text::width(line) <= usize::from(width), "{line}");
        }
    }
    assert_eq!(rig.selected(), selected);
}

#[test]
fn every_layer_fits_every_size() {
    for keys in [
        "", "<enter>2", "3", "4", "5", "6", "a", "r", "?", ":", "i", "Q", "q", "y", "w", "o", "fx",
        "/x", "D", "C",
    ] {
        let mut rig = Rig::afternoon(120, 36);
        rig.press(keys);
        rig.wait(Duration::from_millis(500));
        for (width, height) in [
            (200, 60),
            (80, 40),
            (60, 20),
            (40, 11),
            (40, 8),
            (1, 1),
            (0, 0),
            (120, 16),
        ] {
            rig.input(Input::Resize(width, height));
            if width > 0 {
                rig.screen();
            }
        }
    }
}

#[test]
fn without_colours_there_are_none_and_the_selection_is_still_reversed() {
    let theme = Theme {
        palette: Palette::Mono,
        ascii: false,
    };
    let mut rig = Rig::themed((120, 36), "14:02:08.460", &afternoon(), busy(), theme);
    for keys in ["", "2", "3", "4", "5", "6", "a", "<esc>r", "<esc>?"] {
        rig.press(keys);
        for cell in &rig.buffer().content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
    }
    rig.press("<esc>");
    let buffer = rig.buffer();
    let selected = buffer
        .content
        .iter()
        .filter(|cell| cell.symbol() == ">" && cell.modifier.contains(Modifier::REVERSED));
    assert!(selected.count() > 0);
}

#[test]
fn a_bad_signature_is_bold_in_every_theme() {
    for palette in [Palette::Ansi, Palette::Cb, Palette::Mono] {
        let theme = Theme {
            palette,
            ascii: false,
        };
        let rig = Rig::themed((120, 36), "14:02:08.460", &afternoon(), busy(), theme);
        let buffer = rig.buffer();
        let bad = buffer
            .content
            .windows(3)
            .find(|cells| {
                cells
                    .iter()
                    .map(ratatui::buffer::Cell::symbol)
                    .collect::<String>()
                    == "BAD"
            })
            .unwrap();
        assert!(bad[0].modifier.contains(Modifier::BOLD), "{palette:?}");
    }
}

#[test]
fn ascii_screens_hold_nothing_else() {
    let theme = Theme {
        palette: Palette::Ansi,
        ascii: true,
    };
    let mut rig = Rig::themed((120, 36), "14:02:08.460", &afternoon(), busy(), theme);
    for keys in ["", "/c2e88f10<enter>2=", "5", "a", "<esc>?", "<esc>i"] {
        rig.press(keys);
        let screen = rig.screen();
        assert!(screen.is_ascii(), "{screen}");
    }
}

#[test]
fn with_nothing_to_count_only_the_minute_wakes_anybody() {
    let made = [Made::new(1, "13:00:00", "find_email", "aaaa1111-0000")];
    let mut rig = Rig::new((120, 36), "14:00:07.000", &made, quiet());
    rig.wait(Duration::from_secs(5));
    let before = rig.screen();
    let next = rig.app.next_change();
    let wait = Duration::try_from(next.duration_since(rig.now)).unwrap();
    assert!(wait > Duration::from_secs(10), "{wait:?}");
    rig.wait(Duration::from_secs(10));
    assert_eq!(rig.screen(), before);
}

#[test]
fn a_countdown_changes_a_few_cells_a_second() {
    let mut rig = Rig::afternoon(120, 36);
    let before = rig.buffer();
    rig.wait(Duration::from_secs(1));
    let after = rig.buffer();
    let changed = before.diff(&after).len();
    assert!((1..=24).contains(&changed), "{changed}");
}

#[test]
fn a_message_goes_away_and_a_trouble_stays_until_a_key() {
    let mut rig = Rig::afternoon(120, 36);
    rig.input(Input::Done("copied body".to_owned()));
    rig.shows("copied body");
    rig.wait(Duration::from_secs(4));
    rig.hides("copied body");
    rig.input(Input::Failed(crate::tui::world::Trouble::new("it broke")));
    rig.wait(Duration::from_secs(60));
    rig.shows("it broke");
    rig.press("j");
    rig.hides("it broke");
}

#[test]
fn a_trouble_with_a_remedy_is_a_box() {
    let mut rig = Rig::afternoon(80, 24);
    let trouble = crate::tui::world::Trouble::new("cannot write x")
        .because("it is there already")
        .fix("name another file");
    rig.input(Input::Failed(trouble));
    rig.shows("why: it is there already");
    rig.shows("fix: name another file");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_of_keys_and_sizes_does_any_harm(
        steps in prop::collection::vec(
            prop_oneof![
                8 => "[a-zA-Z0-9/?:!{} \\[\\]=\\\\-]".prop_map(|key| key),
                4 => prop_oneof![
                    Just("<enter>"), Just("<esc>"), Just("<tab>"), Just("<up>"), Just("<down>"),
                    Just("<left>"), Just("<right>"), Just("<pgdn>"), Just("<ctrl-u>"), Just("<backspace>"),
                    Just("<home>"), Just("<end>"), Just("<shift-tab>"),
                ].prop_map(str::to_owned),
            ],
            0..60,
        ),
        sizes in prop::collection::vec((1_u16..140, 1_u16..50), 1..4),
    ) {
        let mut rig = Rig::afternoon(120, 36);
        for (at, step) in steps.iter().enumerate() {
            rig.press(step);
            if at % 7 == 0 {
                let (width, height) = sizes[at / 7 % sizes.len()];
                rig.input(Input::Resize(width, height));
                rig.screen();
            }
            rig.wait(Duration::from_millis(130));
        }
        rig.screen();
    }

    #[test]
    fn whatever_arrives_the_selection_stays(
        arrivals in prop::collection::vec((any::<bool>(), 0_u64..20), 1..40),
        up in 1_usize..14,
    ) {
        let mut rig = Rig::afternoon(80, 24);
        rig.press(&"k".repeat(up));
        let selected = rig.app.list.selected;
        for (number, (is_retry, of)) in (25..).zip(arrivals) {
            let first = Made::new(of % 24 + 1, "14:02:09", "find_email", "x");
            let made = if is_retry {
                Made::retry(&first, number, "14:02:10", 2)
            } else {
                Made::new(number, "14:02:10", "find_phone", &format!("{number:08x}"))
            };
            rig.arrive(&[made]);
        }
        prop_assert_eq!(rig.app.list.selected, selected);
    }
}

#[test]
fn the_field_with_the_cursor_is_in_view_however_short_the_screen() {
    for size in [(40, 8), (40, 11), (60, 20)] {
        for (key, fields) in [("r", 7), ("a", 12)] {
            let mut rig = Rig::afternoon(size.0, size.1);
            rig.press(key);
            for field in 0..fields {
                let buffer = rig.buffer();
                let width = usize::from(size.0);
                let inside = &buffer.content[width..buffer.content.len() - 2 * width];
                // The row of the list is reversed too, and wider than any field.
                let fields = inside.chunks(width).filter(|row| {
                    let reversed = row
                        .iter()
                        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
                        .count();
                    (1..50).contains(&reversed) && !row[1].modifier.contains(Modifier::REVERSED)
                });
                assert!(
                    fields.count() > 0,
                    "{key} {field} {size:?}\n{}",
                    rig.screen()
                );
                rig.press("<tab>");
            }
        }
    }
}

#[test]
fn a_narrow_table_of_attempts_keeps_the_answers() {
    let mut rig = Rig::afternoon(40, 11);
    rig.press("<enter>5");
    assert!(
        rig.line_with(">3").contains("500 armed"),
        "{}",
        rig.screen()
    );
    assert!(rig.line_with("4  ~14:02:10.45").contains("500 armed"));
}
