//! Bodies: as they were sent, however large, deep, broken or hostile.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use crate::delivery::Header;
use crate::tui::effect::{Effect, Input};
use crate::tui::fixture::Made;
use crate::tui::rig::{Rig, quiet};
use crate::tui::tree::Tree;

fn with(body: impl Into<Bytes>) -> Made {
    let mut made = Made::new(1, "14:00:00", "find_email", "6f1c0b52-0000");
    made.body = body.into();
    made
}

fn open(made: Made) -> Rig {
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made], quiet());
    rig.press("<enter>2");
    rig
}

#[test]
fn values_are_shown_as_they_were_sent_equal_names_too() {
    let rig = open(with(
        &br#"{"a":1.0,"a":2,"n":123456789012345678901234567890}"#[..],
    ));
    rig.shows("a: 1.0   dup");
    rig.shows("a: 2   dup");
    rig.shows("n: 123456789012345678901234567890");
}

#[test]
fn ten_thousand_levels_open_and_close_without_harm() {
    let depth = 10_000;
    let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut rig = open(with(body));
    rig.press("=");
    rig.press("G");
    rig.shows("[9999]");
    rig.press("-");
    rig.shows("[] 1");
    rig.hides("[9999]");
}

#[test]
fn a_large_body_is_text_at_once_and_a_tree_when_it_is_read() {
    let body = format!("[{}1]", "\"0123456789\",".repeat(100_000));
    let mut made = with(body);
    made.number = 1;
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[], quiet());
    rig.slow = true;
    rig.arrive(&[made]);
    rig.press("<enter>2");
    rig.shows("\"0123456789\",\"0123456789\"");
    rig.shows("reading its structure");
    let Some(Effect::Index { id, body }) = rig.asked.first().cloned() else {
        panic!("nobody reads it: {:?}", rig.asked);
    };
    let (tree, error) = Tree::read(&body);
    rig.input(Input::Indexed {
        id,
        tree: Arc::new(tree),
        error,
    });
    rig.shows("[] 100001");
    rig.shows("100,002 nodes");
}

#[test]
fn what_is_no_json_is_text_with_the_place_of_the_mistake() {
    let rig = open(with(&b"{\"a\": 1,\n oops}"[..]));
    rig.shows("line 2, column 2");
    rig.shows("oops}");
}

#[test]
fn hostile_bytes_are_shown_and_never_reach_the_terminal() {
    let hostile = "\u{1b}]52;c;QUJD\u{7} \u{1b}[2J \u{9b}31m \u{202e} \u{e0041}";
    let mut made = with(format!("{{\"a\":\"x\"}}{hostile}"));
    made.extra.push(Header::new("X-Evil", "\u{9b}2J \u{202e}"));
    let mut rig = Rig::new((120, 36), "14:00:08.000", &[made], quiet());
    for keys in [
        "", "<enter>2", "3", "4", "5", "6", "1", "2x", "r", "<esc>a", "<esc>yy",
    ] {
        rig.press(keys);
        for cell in &rig.buffer().content {
            let is_safe =
                |letter: char| !letter.is_control() && !matches!(letter, '\u{202e}' | '\u{e0041}');
            assert!(cell.symbol().chars().all(is_safe), "{:?}", cell.symbol());
        }
    }
    rig.press("<esc>2");
    rig.press("xx");
    rig.shows("\\u{1b}]52;c;QUJD\\u{7}");
    rig.shows("\\u{202e}");
    rig.shows("\\u{e0041}");
}

#[test]
fn wide_letters_leave_the_border_where_it_is() {
    let rig = open(with("{\"name\":\"山田 太郎\"}"));
    let line = rig.line_with("山田 太郎");
    assert!(line.ends_with('┃'), "{line}");
    assert_eq!(crate::text::width(&line), 120);
}

#[test]
fn a_hit_is_shown_with_its_path_and_the_next_one_follows() {
    let mut rig = open(with(
        &br#"{"a":[{"x":"needle"}],"b":{"c":{"d":"NEEDLE"}}}"#[..],
    ));
    rig.press("/needle<enter>");
    rig.shows("1 of 2");
    rig.shows("path .a[0].x");
    rig.press("n");
    rig.shows("path .b.c.d");
    rig.press("n");
    rig.shows("went on at the other end");
}

#[test]
fn a_value_and_its_path_are_copied_as_sent() {
    let mut rig = open(with(&br#"{"a":{"b":1.10}}"#[..]));
    rig.press("jjyvyp");
    let copied: Vec<&[u8]> = rig
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Copy { bytes, .. } => Some(&bytes[..]),
            _ => None,
        })
        .collect();
    assert_eq!(copied, [&b"1.10"[..], b".a.b"]);
}

#[test]
fn the_pager_gets_text_that_was_made_visible() {
    let mut rig = open(with("{\"a\":\"\u{202e}\"}"));
    rig.press("v");
    let Some(Effect::Page(page)) = rig.asked.last() else {
        panic!("{:?}", rig.asked);
    };
    assert!(page.contains("\\u{202e}") && !page.contains('\u{202e}'));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_body_can_be_looked_at_in_any_way(
        body in prop::collection::vec(any::<u8>(), 0..400),
        keys in "[jkgGhl x=\\-nN1-6\\[\\]JKztpDx]{0,30}",
        width in 1_u16..130,
        height in 1_u16..45,
    ) {
        let mut rig = open(with(body));
        rig.press(&keys);
        rig.input(Input::Resize(width, height));
        rig.screen();
        rig.press(&keys);
        rig.screen();
    }
}

#[test]
fn a_line_of_the_hex_view_has_as_many_bytes_as_fit_and_their_letters() {
    let mut rig = open(with("0123456789abcdef"));
    rig.press("x");
    rig.shows("00000000  30 31 32 33  34 35 36 37  01234567");
    rig.shows("00000008  38 39 61 62  63 64 65 66  89abcdef");
    rig.input(Input::Resize(80, 24));
    rig.shows("33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef");
    rig.input(Input::Resize(40, 12));
    rig.shows("0000000c  63 64  65 66  cdef");
}
