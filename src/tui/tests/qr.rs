//! The public URL as a QR code, read back from the screen.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::style::{Color, Modifier};

use crate::tui::rig::{Rig, busy, quiet};
use crate::tui::theme::{Palette, Theme};
use crate::tui::world::{Status, Tunnel};

const URL: &str = "https://abc123.ngrok-free.app/webhooks/sixtyfour";

fn themed(size: (u16, u16), theme: Theme) -> Rig {
    Rig::themed(size, "14:02:08", &[], busy(), theme)
}

/// The light modules between the first and the last dark one, from pictures of half blocks.
fn read(screen: &str) -> Vec<Vec<bool>> {
    let is_code = |line: &&str| line.chars().filter(|sign| "█▀▄".contains(*sign)).count() > 10;
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in screen.lines().filter(is_code) {
        let signs: Vec<char> = line.chars().filter(|sign| !"┃│".contains(*sign)).collect();
        rows.push(signs.iter().map(|sign| "█▀".contains(*sign)).collect());
        rows.push(signs.iter().map(|sign| "█▄".contains(*sign)).collect());
    }
    // What is not lit at all beside the code is the dialog, not the code.
    let lit = |rows: &[Vec<bool>]| -> (usize, usize) {
        let first = rows
            .iter()
            .filter_map(|row| row.iter().position(|lit| *lit));
        let last = rows
            .iter()
            .filter_map(|row| row.iter().rposition(|lit| *lit));
        (first.min().unwrap(), last.max().unwrap())
    };
    let (left, right) = lit(&rows);
    let rows: Vec<Vec<bool>> = rows
        .into_iter()
        .map(|row| row[left..=right.min(row.len() - 1)].to_vec())
        .filter(|row| row.iter().any(|lit| *lit))
        .collect();
    let dark = |row: &Vec<bool>| row.contains(&false);
    let top = rows.iter().position(dark).unwrap();
    let bottom = rows.iter().rposition(dark).unwrap();
    let left = rows
        .iter()
        .filter_map(|row| row.iter().position(|lit| !lit));
    let left = left.min().unwrap();
    let right = rows
        .iter()
        .filter_map(|row| row.iter().rposition(|lit| !lit));
    let right = right.max().unwrap();
    rows[top..=bottom]
        .iter()
        .map(|row| row[left..=right].to_vec())
        .collect()
}

fn expected() -> Vec<Vec<bool>> {
    let code = QrCode::with_error_correction_level(URL, EcLevel::L).unwrap();
    let width = code.width();
    code.into_colors()
        .chunks(width)
        .map(|row| row.iter().map(|module| *module == Module::Light).collect())
        .collect()
}

#[test]
fn the_webhook_url_is_shown_as_a_qr_code_at_every_size_that_holds_it() {
    for size in [(120, 36), (80, 24), (60, 20)] {
        let mut rig = themed(size, Theme::default());
        rig.press("Q");
        assert_eq!(
            read(&rig.screen()),
            expected(),
            "{size:?}\n{}",
            rig.screen()
        );
        rig.press("<esc>");
        rig.shows("Waiting for the first delivery");
    }
}

#[test]
fn where_there_are_colours_light_and_dark_are_painted_and_without_them_nothing_is() {
    let mut rig = themed((120, 36), Theme::default());
    rig.press("Q");
    let painted = rig
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.fg == Color::White && cell.bg == Color::Black)
        .count();
    assert!(painted > 33 * 16, "{painted}");
    let mono = Theme {
        palette: Palette::Mono,
        ascii: false,
    };
    let mut rig = themed((120, 36), mono);
    rig.press("Q");
    assert!(read(&rig.screen()) == expected());
    let is_bare = |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
    assert!(rig.buffer().content.iter().all(is_bare));
    rig.press("x");
    assert!(read(&rig.screen()) != expected());
}

#[test]
fn in_ascii_a_module_is_two_blank_cells_with_a_ground() {
    let theme = Theme {
        palette: Palette::Mono,
        ascii: true,
    };
    let mut rig = themed((120, 50), theme);
    rig.press("Q");
    assert!(rig.screen().is_ascii());
    let buffer = rig.buffer();
    let lit: Vec<Vec<bool>> = buffer
        .content
        .chunks(120)
        .map(|row| {
            row.iter()
                .map(|cell| cell.modifier.contains(Modifier::REVERSED))
                .collect::<Vec<_>>()
        })
        .filter(|row: &Vec<bool>| row.iter().filter(|lit| **lit).count() > 20)
        .collect();
    let left = lit[0].iter().position(|lit| *lit).unwrap();
    let quiet = 4;
    let seen: Vec<Vec<bool>> = lit[quiet..quiet + 29]
        .iter()
        .map(|row| (0..29).map(|x| row[left + 2 * (x + quiet)]).collect())
        .collect();
    assert!(seen == expected());
}

#[test]
fn a_screen_without_room_says_how_much_is_needed() {
    let mut rig = themed((40, 11), Theme::default());
    rig.press("Q");
    rig.shows("The QR code needs 33 columns");
    let ascii = Theme {
        palette: Palette::Ansi,
        ascii: true,
    };
    let mut rig = themed((80, 24), ascii);
    rig.press("Q");
    rig.shows("needs 66 columns and 33 rows");
    assert!(rig.screen().is_ascii());
}

#[test]
fn without_a_public_url_there_is_nothing_to_show_and_one_that_goes_away_is_said() {
    let mut rig = Rig::new(
        (80, 24),
        "14:02:08",
        &[],
        Status {
            tunnel: Tunnel::Unknown,
            ..quiet()
        },
    );
    rig.press("Q");
    rig.shows("there is no public URL");
    let mut rig = themed((80, 24), Theme::default());
    rig.press("Q");
    rig.input(crate::tui::effect::Input::Status(std::sync::Arc::new(
        Status {
            tunnel: Tunnel::Down {
                url: URL.to_owned(),
                by: "ngrok".to_owned(),
            },
            ..quiet()
        },
    )));
    rig.shows("The tunnel is gone");
}

#[test]
fn it_is_found_by_name_and_from_the_connection() {
    let mut rig = themed((120, 36), Theme::default());
    rig.press(":qr code<enter>");
    assert!(read(&rig.screen()) == expected());
    rig.press("<esc>iQ");
    assert!(read(&rig.screen()) == expected());
    rig.press("<esc>");
    rig.shows("Connection");
}
