//! The public webhook URL as a QR code, for a phone or another machine to read off the screen.
//!
//! A reader needs dark on light, whatever the terminal's colours are: where there are colours both
//! are painted, and without them the light modules are drawn as blocks, which is right for light
//! text on a dark ground; `x` swaps the two.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::copy::webhook_url;
use super::frame::{clear, dialog};
use super::plan::{Plan, centred};
use super::theme::{Palette, Role, Theme};
use super::words::{Words, put, wrap};

/// How many light modules belong around a code, and how many readers still take.
const QUIET: u16 = 4;
const LEAST_QUIET: u16 = 2;

/// The modules of a code, and which way round they are drawn.
struct Code {
    modules: Vec<bool>,
    across: u16,
    /// Light and dark are swapped.
    swapped: bool,
}

/// Where a code goes.
struct Place {
    area: Rect,
    framed: bool,
    quiet: u16,
}

impl Code {
    /// The smallest code for a text, with as much against misreading as fits into it.
    fn of(text: &str, swapped: bool) -> Option<Self> {
        let levels = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];
        let codes = levels
            .into_iter()
            .map_while(|level| QrCode::with_error_correction_level(text, level).ok());
        let code = codes.reduce(|best, next| {
            if next.width() == best.width() {
                next
            } else {
                best
            }
        })?;
        Some(Self {
            across: u16::try_from(code.width()).ok()?,
            modules: code
                .into_colors()
                .into_iter()
                .map(|module| module == Module::Light)
                .collect(),
            swapped,
        })
    }

    /// Whether a module is drawn light, counted from the corner of the quiet zone.
    fn is_light(&self, x: u16, y: u16, quiet: u16) -> bool {
        let inside = |at: u16| at.checked_sub(quiet).filter(|at| *at < self.across);
        let light = match (inside(x), inside(y)) {
            (Some(x), Some(y)) => {
                let at = usize::from(y) * usize::from(self.across) + usize::from(x);
                self.modules.get(at).copied().unwrap_or(true)
            }
            _ => true,
        };
        light != self.swapped
    }

    /// The columns and rows that it needs: two modules a cell, or two cells a module.
    fn cells(&self, quiet: u16, ascii: bool) -> (u16, u16) {
        let across = self.across + 2 * quiet;
        if ascii {
            (across * 2, across)
        } else {
            (across, across.div_ceil(2))
        }
    }

    /// Where it fits: in a frame between the edges of the screen, else over all of it.
    fn place(&self, plan: &Plan, between: Rect, ascii: bool) -> Option<Place> {
        let tries = [
            (between, true, QUIET),
            (between, true, LEAST_QUIET),
            (plan.screen, false, QUIET),
            (plan.screen, false, LEAST_QUIET),
        ];
        tries.into_iter().find_map(|(area, framed, quiet)| {
            let (width, height) = self.cells(quiet, ascii);
            let frame = if framed { 2 } else { 0 };
            let fits = width + frame <= area.width && height + frame <= area.height;
            fits.then_some(Place {
                area,
                framed,
                quiet,
            })
        })
    }

    fn draw(&self, theme: Theme, place: &Place, area: Rect, buffer: &mut Buffer) {
        for y in 0..area.height {
            for x in 0..area.width {
                let Some(cell) = buffer.cell_mut((area.x + x, area.y + y)) else {
                    continue;
                };
                if theme.ascii {
                    let light = self.is_light(x / 2, y, place.quiet);
                    cell.set_symbol(" ").set_style(ground(theme, light));
                } else {
                    let upper = self.is_light(x, y * 2, place.quiet);
                    let lower = self.is_light(x, y * 2 + 1, place.quiet);
                    cell.set_symbol(halves(upper, lower))
                        .set_style(light_on_dark(theme));
                }
            }
        }
    }
}

/// The sign with these halves lit.
fn halves(upper: bool, lower: bool) -> &'static str {
    match (upper, lower) {
        (true, true) => "█",
        (true, false) => "▀",
        (false, true) => "▄",
        (false, false) => " ",
    }
}

fn light_on_dark(theme: Theme) -> Style {
    match theme.palette {
        Palette::Mono => Style::new(),
        Palette::Ansi | Palette::Cb => Style::new().fg(Color::White).bg(Color::Black),
    }
}

/// A blank cell that is light or dark.
fn ground(theme: Theme, light: bool) -> Style {
    match (theme.palette, light) {
        (Palette::Mono, true) => Style::new().add_modifier(Modifier::REVERSED),
        (Palette::Mono, false) => Style::new(),
        (Palette::Ansi | Palette::Cb, true) => Style::new().bg(Color::White),
        (Palette::Ansi | Palette::Cb, false) => Style::new().bg(Color::Black),
    }
}

/// Draws the code, or says why there is none to be seen.
pub(super) fn draw(app: &App, swapped: bool, between: Rect, buffer: &mut Buffer) {
    let plan = app.plan();
    let Some(url) = webhook_url(app) else {
        let words = "The tunnel is gone, and with it the public URL.".to_owned();
        say(app, &[words], between, buffer);
        return;
    };
    let shown = text::line(url.as_bytes()).into_owned();
    let Some(code) = Code::of(&url, swapped) else {
        let words = "This URL is too long for a QR code; yu copies it.".to_owned();
        say(app, &[shown, words], between, buffer);
        return;
    };
    let ascii = app.theme.ascii;
    let Some(place) = code.place(&plan, between, ascii) else {
        let (width, height) = code.cells(LEAST_QUIET, ascii);
        let words = format!(
            "The QR code needs {width} columns and {height} rows, and this terminal has {} and {}. Make it larger or its letters smaller; yu copies the URL.",
            plan.screen.width, plan.screen.height
        );
        say(app, &[shown, words], between, buffer);
        return;
    };
    let (width, height) = code.cells(place.quiet, ascii);
    if !place.framed {
        clear(buffer, place.area);
        code.draw(
            app.theme,
            &place,
            centred(place.area, width, height),
            buffer,
        );
        return;
    }
    let title = u16::try_from(text::width(&shown) + 6).unwrap_or(u16::MAX);
    let frame = centred(place.area, title.max(width + 2), height + 2);
    let inside = dialog(
        app.theme,
        buffer,
        frame,
        &shown,
        "x swap  yu copy  Esc close",
    );
    code.draw(app.theme, &place, centred(inside, width, height), buffer);
}

/// A box with sentences in place of the code.
fn say(app: &App, sentences: &[String], between: Rect, buffer: &mut Buffer) {
    let width = 64.min(between.width);
    let room = usize::from(width).saturating_sub(4);
    let lines: Vec<Line<'static>> = sentences
        .iter()
        .flat_map(|sentence| wrap(sentence, room))
        .map(|line| {
            Words::new(app.theme)
                .plain(" ")
                .say(Role::Plain, line)
                .fit(room + 2)
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let area = centred(between, width, height.min(between.height));
    let inside = dialog(app.theme, buffer, area, "QR code", "Esc close");
    put(buffer, inside, &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_takes_the_most_correction_that_costs_no_room() {
        // 42 bytes are the most that version 3 holds with medium correction.
        for (length, level) in [(42, EcLevel::M), (43, EcLevel::L)] {
            let url = "a".repeat(length);
            let code = Code::of(&url, false).unwrap();
            assert_eq!(code.across, 29);
            let meant = QrCode::with_error_correction_level(&url, level).unwrap();
            let light: Vec<bool> = meant
                .into_colors()
                .into_iter()
                .map(|module| module == Module::Light)
                .collect();
            assert!(code.modules == light, "{length}");
        }
    }

    #[test]
    fn around_the_code_all_is_light_unless_it_is_swapped() {
        for swapped in [false, true] {
            let code = Code::of("http://a.example/", swapped).unwrap();
            let across = code.across + 2 * QUIET;
            for at in 0..across {
                assert_eq!(code.is_light(at, 0, QUIET), !swapped);
                assert_eq!(code.is_light(at, QUIET - 1, QUIET), !swapped);
                assert_eq!(code.is_light(across - 1, at, QUIET), !swapped);
            }
            // The corner of a finder is dark.
            assert_eq!(code.is_light(QUIET, QUIET, QUIET), swapped);
        }
    }
}
