//! Every screen at every size, as text.

use crate::tui::rig::Rig;

fn shown(width: u16, height: u16, keys: &str) -> String {
    let mut rig = Rig::afternoon(width, height);
    rig.press(keys);
    rig.screen()
}

#[test]
fn the_list_and_the_overview_at_every_size() {
    insta::assert_snapshot!("main_120x36", shown(120, 36, ""));
    insta::assert_snapshot!("main_80x24", shown(80, 24, ""));
    insta::assert_snapshot!("main_60x20", shown(60, 20, ""));
    insta::assert_snapshot!("main_40x11", shown(40, 11, ""));
    insta::assert_snapshot!("main_38x6", shown(38, 6, ""));
    insta::assert_snapshot!("overview_80x24", shown(80, 24, "<enter>"));
}

/// Leaves the newest event for one further up.
fn on(event: &str, width: u16, height: u16, keys: &str) -> String {
    let mut rig = Rig::afternoon(width, height);
    rig.press(&format!("/{event}<enter>"));
    rig.press(keys);
    rig.screen()
}

#[test]
fn the_body_at_both_sizes() {
    insta::assert_snapshot!("body_120x36", on("c2e88f10", 120, 36, "<enter>2"));
    insta::assert_snapshot!(
        "body_find_80x24",
        on("c2e88f10", 80, 24, "<enter>2/northgate<enter>")
    );
    insta::assert_snapshot!("body_hex_80x24", on("c2e88f10", 80, 24, "<enter>2xx"));
}

#[test]
fn headers_signature_attempts_and_response_at_both_sizes() {
    for (name, key) in [
        ("headers", "3"),
        ("signature", "4"),
        ("attempts", "5"),
        ("response", "6"),
    ] {
        insta::assert_snapshot!(
            format!("{name}_120x36"),
            shown(120, 36, &format!("<enter>{key}"))
        );
        insta::assert_snapshot!(
            format!("{name}_80x24"),
            shown(80, 24, &format!("<enter>{key}"))
        );
    }
    insta::assert_snapshot!("signature_bad_120x36", on("9e21f7b4", 120, 36, "<enter>4"));
}

#[test]
fn dialogs_at_both_sizes() {
    for (name, keys) in [
        ("arm", "a"),
        ("replay", "r"),
        ("help", "?"),
        ("palette", ":rep"),
        ("order", "o"),
        ("info", "i"),
        ("quit", "q"),
        ("filter", "ftype:find_email s"),
        ("write", "w"),
    ] {
        insta::assert_snapshot!(format!("{name}_120x36"), shown(120, 36, keys));
        insta::assert_snapshot!(format!("{name}_80x24"), shown(80, 24, keys));
    }
    insta::assert_snapshot!("filter_wrong_80x24", shown(80, 24, "fsig:bad status:9xx"));
    insta::assert_snapshot!(
        "arm_delay_80x24",
        shown(80, 24, "a<down><tab><tab>200<tab><tab>1<tab>any")
    );
}
