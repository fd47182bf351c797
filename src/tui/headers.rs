//! The Headers tab: every field line as it was sent, who added it, and whether it fits the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::delivery::{Delivery, Header};
use crate::export::credentials::Credentials;
use crate::export::forwarded::is_tunnel_header;
use crate::provider::sixtyfour;
use crate::text;

use super::app::App;
use super::detail::Shown;
use super::pane::content;
use super::theme::Role;
use super::words::{Words, put};

/// How many headers are seen.
pub(super) fn height(app: &App) -> usize {
    let below = app
        .detail
        .current()
        .map_or(0, |shown| below(app, shown).len());
    let room = usize::from(content(&app.plan()).height).saturating_sub(1);
    room.saturating_sub(below).max(room / 2).max(1)
}

/// The headers in the order in which they are shown.
fn ordered<'a>(app: &App, delivery: &'a Delivery) -> Vec<&'a Header> {
    let mut headers: Vec<&Header> = delivery.request().head.headers().iter().collect();
    if app.detail.headers_sorted {
        headers.sort_by_key(|header| header.name.to_ascii_lowercase());
    }
    headers
}

/// The header under the cursor.
pub(super) fn selected(app: &App) -> Option<&Header> {
    let shown = app.detail.current()?;
    ordered(app, &shown.delivery)
        .get(app.detail.cursor())
        .copied()
}

/// Puts the cursor on the first header that holds what is searched.
pub(super) fn find(app: &mut App, needle: &str) {
    app.detail.body.search.needle = needle.to_owned();
    go(app, 0, true);
}

/// Puts the cursor on the next header that holds what is searched.
pub(super) fn find_next(app: &mut App, forward: bool) {
    if app.detail.body.search.needle.is_empty() {
        app.tell("nothing is searched for: / begins");
        return;
    }
    go(app, 1, forward);
}

fn go(app: &mut App, from: usize, forward: bool) {
    let needle = app.detail.body.search.needle.to_lowercase();
    if needle.is_empty() {
        return;
    }
    let Some(shown) = app.detail.current() else {
        return;
    };
    let holds = |header: &Header| {
        text::line(&header.name).to_lowercase().contains(&needle)
            || text::line(&header.value).to_lowercase().contains(&needle)
    };
    let headers = ordered(app, &shown.delivery);
    let count = headers.len();
    let found = (from..count + from)
        .map(|step| {
            if forward {
                (app.detail.cursor() + step) % count
            } else {
                (app.detail.cursor() + 2 * count - step) % count
            }
        })
        .find(|at| holds(headers[*at]));
    match found {
        Some(at) => {
            let height = height(app);
            app.detail.put_cursor(at, height);
        }
        None => app.tell("not found in the headers"),
    }
}

/// Draws the tab.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(shown) = app.detail.current() else {
        return;
    };
    let width = usize::from(area.width);
    let headers = ordered(app, &shown.delivery);
    let order = if app.detail.headers_sorted {
        "by name"
    } else {
        "arrival order"
    };
    let key = app.keys.label(super::action::Action::HeaderOrder);
    let mut lines = vec![
        Words::new(app.theme)
            .say(
                Role::Dim,
                format!(
                    " {} headers, {order}, original case   ({key} sort)",
                    headers.len()
                ),
            )
            .fit(width),
    ];
    let names = headers
        .iter()
        .map(|header| text::width(&text::line(&header.name)))
        .max()
        .unwrap_or(0)
        .clamp(8, width / 2);
    let seen = height(app);
    for (at, header) in headers
        .iter()
        .enumerate()
        .skip(app.detail.scroll())
        .take(seen)
    {
        lines.push(header_line(app, header, at == app.detail.cursor(), names).fit(width));
    }
    let selected = app.detail.cursor().checked_sub(app.detail.scroll());
    lines.extend(below(app, shown));
    put(buffer, area, &lines);
    if let Some(offset) = selected.and_then(|offset| u16::try_from(offset).ok())
        && usize::from(offset) < seen.min(headers.len())
    {
        let row = Rect {
            y: area.y + 1 + offset,
            height: 1,
            ..area
        };
        buffer.set_style(row.intersection(area), app.theme.style(Role::Selected));
    }
}

fn header_line(app: &App, header: &Header, cursor: bool, names: usize) -> Words {
    let origin = if is_providers(header) {
        "S"
    } else if is_tunnel_header(header) {
        "T"
    } else {
        " "
    };
    let value = Credentials::Masked.value(header);
    Words::new(app.theme)
        .say(Role::Key, if cursor { ">" } else { " " })
        .say(Role::Dim, origin)
        .plain(" ")
        .field(Role::Plain, &text::line(&header.name), names)
        .plain("  ")
        .sent(Role::Plain, &value[..value.len().min(2048)])
}

fn is_providers(header: &Header) -> bool {
    let prefix = sixtyfour::HEADER_PREFIX.len();
    header
        .name
        .get(..prefix)
        .is_some_and(|start| start.eq_ignore_ascii_case(sixtyfour::HEADER_PREFIX.as_bytes()))
        || header.is(crate::provider::elan::SIGNATURE)
}

/// What is said beneath the headers: who added them, whether they fit, what changed.
fn below(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let width = usize::from(app.plan().detail_inside().width);
    let words = || Words::new(app.theme).plain(" ");
    let mut lines = vec![
        Line::default(),
        words()
            .say(Role::Dim, "S from the provider   T added by the tunnel")
            .fit(width),
        Line::default(),
    ];
    for (fits, check) in checks(&shown.delivery) {
        let (role, word) = if fits {
            (Role::Good, "ok")
        } else {
            (Role::Warn, "!")
        };
        lines.push(
            words()
                .plain(" ")
                .say(role, word)
                .at(8)
                .plain(check)
                .fit(width),
        );
    }
    if let Some(previous) = shown.previous() {
        let changes = changes(previous, &shown.delivery);
        lines.push(Line::default());
        lines.push(
            words()
                .say(
                    Role::Dim,
                    if changes.is_empty() {
                        "Nothing changed since the attempt before"
                    } else {
                        "Changed since the attempt before"
                    },
                )
                .fit(width),
        );
        for change in changes.into_iter().take(8) {
            lines.push(words().plain(" ").plain(change).fit(width));
        }
    }
    lines
}

/// What can be told from the headers and the rest of the request: whether it fits, and what.
fn checks(delivery: &Delivery) -> Vec<(bool, String)> {
    let request = delivery.request();
    let recognition = &delivery.arrival.recognition;
    let mut checks = Vec::new();
    let counted = request
        .header_text(sixtyfour::DELIVERY_ATTEMPT)
        .and_then(|value| value.trim().parse::<u32>().ok());
    if let Some(attempt) = counted {
        let arrival = delivery.arrival.sighting.arrival;
        checks.push((
            attempt == arrival,
            if attempt == arrival {
                format!("attempt header {attempt} = arrival {arrival} of this event id")
            } else {
                format!("attempt header {attempt}, but arrival {arrival} of this event id here")
            },
        ));
    }
    for disagreement in &recognition.disagreements {
        checks.push((
            false,
            format!(
                "{} says {}, the body's {} says {}",
                disagreement.header,
                text::line(disagreement.header_says.as_bytes()),
                disagreement.field,
                text::line(disagreement.field_says.as_bytes())
            ),
        ));
    }
    let length = request
        .header_text("content-length")
        .and_then(|value| value.trim().parse::<usize>().ok());
    if let Some(length) = length {
        let fits = length == request.body.len();
        checks.push((
            fits,
            if fits {
                "Content-Length = bytes received".to_owned()
            } else {
                format!(
                    "Content-Length {length}, but {} bytes received",
                    request.body.len()
                )
            },
        ));
    }
    checks.push(repeated(request.head.headers()));
    checks
}

fn repeated(headers: &[Header]) -> (bool, String) {
    let mut names: Vec<Vec<u8>> = headers
        .iter()
        .map(|header| header.name.to_ascii_lowercase())
        .collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    match twice {
        Some(pair) => (
            false,
            format!("{} stands there more than once", text::line(&pair[0])),
        ),
        None => (true, "no header repeated".to_owned()),
    }
}

/// Which headers came, went or changed between two deliveries.
fn changes(before: &Delivery, after: &Delivery) -> Vec<String> {
    let value = |delivery: &Delivery, name: &[u8]| {
        delivery
            .request()
            .head
            .headers()
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.clone())
    };
    let mut changes = Vec::new();
    for header in after.request().head.headers() {
        let name = text::line(&header.name).into_owned();
        match value(before, &header.name) {
            None => changes.push(format!("+ {name}")),
            Some(old) if old != header.value => {
                changes.push(changed(&name, &old, &header.value));
            }
            Some(_) => {}
        }
    }
    for header in before.request().head.headers() {
        if value(after, &header.name).is_none() {
            changes.push(format!("- {}", text::line(&header.name)));
        }
    }
    changes
}

fn changed(name: &str, old: &[u8], new: &[u8]) -> String {
    if old.len() + new.len() <= 24 {
        format!("~ {name}  {} -> {}", text::line(old), text::line(new))
    } else if name.eq_ignore_ascii_case("sixtyfour-signature") {
        format!("~ {name}  new t, new v1")
    } else {
        format!("~ {name}")
    }
}
