//! The prompt for a file to write.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::delivery::DeliveryId;
use crate::text;

use super::app::App;
use super::effect::Format;
use super::layer::{SavePrompt, WritePrompt};
use super::prompt_line::caret;
use super::theme::Role;
use super::words::{Words, put};

/// A name for the file.
#[must_use]
pub(super) fn name(app: &App, ids: &[DeliveryId], format: Format) -> String {
    let end = match format {
        Format::Ndjson => "ndjson",
        Format::Har => "har",
        Format::Http => "http",
        Format::Curl => "sh",
        Format::Body => "body",
    };
    match ids {
        [id] => {
            let event = app.index.attempt(*id).map(super::index::Attempt::event);
            let short = event
                .and_then(|event| app.index.event(event))
                .map_or_else(String::new, super::index::Event::short_id);
            let short: String = short
                .chars()
                .filter(|letter| letter.is_ascii_alphanumeric())
                .collect();
            let short = if short.is_empty() { "delivery" } else { &short };
            format!("{short}-{id}.{end}")
        }
        _ => format!("deliveries.{end}"),
    }
}

/// Draws the prompt above the status line.
pub(super) fn draw(app: &App, write: &WritePrompt, area: Rect, buffer: &mut Buffer) {
    let count = write.ids.len();
    let what = if count == 1 {
        "1 delivery".to_owned()
    } else {
        format!("{count} deliveries")
    };
    let line = caret(app.theme, " write> ", &write.prompt, area.width);
    let help = Words::new(app.theme)
        .plain(" ")
        .plain(what)
        .plain(" as ")
        .say(Role::Strong, write.format.name())
        .say(
            Role::Dim,
            if area.width >= 100 {
                "   Tab: ndjson har http curl body   (received bytes are written raw)"
            } else {
                "   Tab: ndjson har http curl body"
            },
        )
        .fit(area.width.into());
    put(buffer, area, &[line, help]);
}

/// Draws the prompt for what is too long to be copied.
pub(super) fn save(app: &App, save: &SavePrompt, area: Rect, buffer: &mut Buffer) {
    let line = caret(app.theme, " write> ", &save.prompt, area.width);
    let size = text::bytes(save.bytes.len() as u64);
    let help = Words::new(app.theme)
        .plain(format!(
            " {}, {size}, is too much for the terminal's clipboard (OSC 52): put it into a file",
            save.what
        ))
        .fit(area.width.into());
    put(buffer, area, &[line, help]);
}
