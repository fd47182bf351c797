//! The detail: its frame, its six tabs, and the lines of the tab that is open.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::action::Tab;
use super::app::App;
use super::frame;
use super::plan::{Focus, Layout, Plan};
use super::theme::Role;
use super::words::{Words, put};
use super::{attempts, body, headers, overview, response, response_replays, signature};

/// The place beneath the tabs.
#[must_use]
pub(super) fn content(plan: &Plan) -> Rect {
    let inside = plan.detail_inside();
    let above = if is_roomy(plan) { 2 } else { 1 };
    Rect {
        y: inside.y + above.min(inside.height),
        height: inside.height.saturating_sub(above),
        ..inside
    }
}

/// Whether a tab that is this wide has so few lines that what belongs together stands on one.
#[must_use]
pub(super) fn is_compact(plan: &Plan, width: usize) -> bool {
    width >= 70 && content(plan).height < 24
}

/// Whether there is a blank line beneath the tabs.
fn is_roomy(plan: &Plan) -> bool {
    plan.detail.height >= 26
}

/// Draws the detail.
pub(super) fn draw(app: &App, plan: &Plan, buffer: &mut Buffer) {
    if plan.detail.is_empty() {
        return;
    }
    if plan.layout != Layout::Bare {
        let focused = app.focus == Focus::Detail && app.layers.is_empty();
        frame::pane(
            app.theme,
            buffer,
            plan.detail,
            &title(app),
            &foot(app),
            focused,
        );
    }
    let inside = plan.detail_inside();
    put(buffer, inside, &[tabs(app, plan)]);
    let area = content(plan);
    match (app.detail.tab, app.detail.current().is_some()) {
        (Tab::Body, true) => body::draw(app, area, buffer),
        (Tab::Headers, true) => headers::draw(app, area, buffer),
        _ => {
            let lines = lines(app);
            let top = app.detail.scroll().min(lines.len().saturating_sub(1));
            put(buffer, area, &lines[top.min(lines.len())..]);
        }
    }
}

/// The lines of a tab that is only scrolled.
#[must_use]
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let Some(shown) = app.detail.current() else {
        return vec![nothing(app)];
    };
    match app.detail.tab {
        Tab::Overview => overview::lines(app, shown),
        Tab::Signature => signature::lines(app, shown),
        Tab::Attempts => attempts::lines(app, shown),
        Tab::Response => response::lines(app, shown),
        Tab::Body | Tab::Headers => Vec::new(),
    }
}

fn nothing(app: &App) -> Line<'static> {
    let words = if app.detail.gone {
        " the store has this delivery no longer: it was removed to make room"
    } else if app.detail.wanted.is_some() {
        ""
    } else {
        " nothing is selected"
    };
    Words::new(app.theme).say(Role::Dim, words).line()
}

/// What the detail is about: `6f1c0b52 find_email #3`.
fn title(app: &App) -> String {
    let Some(attempt) = app.detail.wanted.and_then(|id| app.index.attempt(id)) else {
        return "nothing selected".to_owned();
    };
    let event = attempt.event();
    let id = app
        .index
        .event(event)
        .map_or_else(String::new, super::index::Event::short_id);
    let kind = app.index.kind(event).unwrap_or("(no type)");
    format!("{id} {kind} #{}", attempt.number)
}

fn foot(app: &App) -> String {
    let plan = app.plan();
    if plan.layout == Layout::Split && !app.zoomed {
        return String::new();
    }
    match app.detail.tab {
        Tab::Overview => {
            let attempt = app.detail.wanted.and_then(|id| app.index.attempt(id));
            attempt.map_or_else(String::new, |attempt| {
                let all = app
                    .index
                    .event(attempt.event())
                    .map_or(0, super::index::Event::attempts);
                format!("attempt {} of {all}", attempt.number)
            })
        }
        Tab::Body => body::foot(app),
        Tab::Headers => app.detail.current().map_or_else(String::new, |shown| {
            format!("{} headers", shown.delivery.request().head.headers().len())
        }),
        Tab::Signature => app.detail.current().map_or_else(String::new, |shown| {
            format!("verdict {}", signature::word(&shown.delivery))
        }),
        Tab::Attempts => attempts::foot(app),
        Tab::Response => app.detail.current().map_or_else(String::new, |shown| {
            format!("{} replays", response_replays::replays(shown).count())
        }),
    }
}

/// The names of the tabs, the open one in brackets; shorter where there is less room.
fn tabs(app: &App, plan: &Plan) -> Line<'static> {
    let width = usize::from(plan.detail_inside().width);
    let long = labels(app, |tab| tab.name());
    let short = labels(app, |tab| match tab {
        Tab::Signature => "Sign",
        other => other.name(),
    });
    let four = labels(app, |tab| {
        if tab == app.detail.tab {
            tab.name()
        } else {
            four_letters(tab)
        }
    });
    let shortest = labels(app, |tab| {
        if tab == app.detail.tab {
            tab.name()
        } else {
            ""
        }
    });
    let fits = |labels: &[String]| {
        let used: usize = labels.iter().map(|label| text::width(label) + 1).sum();
        used <= width
    };
    let labels = if fits(&long) && width >= 70 {
        long
    } else if fits(&short) {
        short
    } else if fits(&four) {
        four
    } else {
        shortest
    };
    let mut words = Words::new(app.theme);
    for (tab, label) in Tab::ALL.into_iter().zip(labels) {
        if words.columns() > 0 {
            words = words.plain(" ");
        }
        let role = if tab == app.detail.tab {
            Role::Strong
        } else {
            Role::Plain
        };
        words = words.say(role, label);
    }
    words.fit(width)
}

fn four_letters(tab: Tab) -> &'static str {
    match tab {
        Tab::Overview => "Over",
        Tab::Body => "Body",
        Tab::Headers => "Head",
        Tab::Signature => "Sign",
        Tab::Attempts => "Atts",
        Tab::Response => "Resp",
    }
}

fn labels(app: &App, name: impl Fn(Tab) -> &'static str) -> Vec<String> {
    Tab::ALL
        .into_iter()
        .map(|tab| {
            let label = format!("{} {}", tab.place() + 1, name(tab));
            let label = label.trim_end();
            if tab == app.detail.tab {
                format!("[{label}]")
            } else {
                label.to_owned()
            }
        })
        .collect()
}
