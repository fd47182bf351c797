//! The list: one row an event, its attempts beneath, and the attempt that is expected.
//!
//! Only the rows that are seen are looked at.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::{App, Times};
use super::clock;
use super::columns::Columns;
use super::frame;
use super::index::{Attempt, EventNumber};
use super::list_frame;
use super::plan::{Focus, Layout, Plan};
use super::row::{By, Word};
use super::rows::Place;
use super::state::{State, remaining};
use super::theme::Role;
use super::words::{Words, put};

/// Draws the list.
pub(super) fn draw(app: &App, plan: &Plan, buffer: &mut Buffer) {
    if plan.list.is_empty() {
        return;
    }
    let inside = plan.inside(plan.list);
    let columns = Columns::new(plan, usize::from(inside.width));
    if plan.layout != Layout::Bare {
        let focused = app.focus == Focus::List && app.layers.is_empty();
        frame::pane(
            app.theme,
            buffer,
            plan.list,
            &list_frame::title(app),
            &list_frame::foot(app, plan),
            focused,
        );
        let titles = Words::new(app.theme)
            .say(Role::Dim, columns.titles())
            .fit(inside.width.into());
        put(buffer, inside, &[titles]);
    }
    let area = plan.list_rows();
    let rows = app.list.rows();
    let selected = app.list.selected_row(&app.index);
    for line in 0..area.height {
        let row = app.list.top + usize::from(line);
        let Some(place) = rows.at(row) else { break };
        let is_selected = Some(row) == selected;
        let shown = draw_row(app, &columns, place, is_selected);
        let at = Rect {
            y: area.y + line,
            height: 1,
            ..area
        };
        put(buffer, at, &[shown]);
        if is_selected {
            buffer.set_style(at, app.theme.style(Role::Selected));
        }
    }
}

fn draw_row(app: &App, columns: &Columns, place: Place, selected: bool) -> Line<'static> {
    let words = match place {
        Place::Event(event) => draw_event(app, columns, event, selected),
        Place::Attempt(event, number) => {
            let attempts: Vec<&Attempt> = app
                .index
                .attempts(event)
                .skip((number as usize).saturating_sub(1))
                .take(3)
                .collect();
            let at = usize::from(number > 0);
            let expected = matches!(
                app.index.state(event, app.shown_at()),
                State::Due { .. } | State::Late { .. }
            );
            let last = attempts.len() <= at + 1 && !expected;
            match attempts.get(at) {
                Some(attempt) => {
                    let before = (at > 0).then(|| attempts[0]);
                    draw_attempt(app, columns, attempt, before, last, selected)
                }
                None => Words::new(app.theme),
            }
        }
        Place::Expected(event) => draw_expected(app, columns, event),
    };
    words.fit(columns.width)
}

fn cursor(selected: bool) -> &'static str {
    if selected { ">" } else { " " }
}

fn draw_event(app: &App, columns: &Columns, event: EventNumber, selected: bool) -> Words {
    let marked = app.list.marks.contains(&event);
    let fold = if app.list.is_unfolded(event) {
        "▾"
    } else {
        "▸"
    };
    let mut words = Words::new(app.theme).say(Role::Key, cursor(selected));
    if !columns.bare {
        words = words.say(Role::Warn, if marked { "*" } else { " " });
    }
    words = words.plain(fold);
    let kind = app.index.kind(event).unwrap_or("(no type)");
    let test = if app.is_test(event) { "test " } else { "" };
    let found = super::list_find::holds(app, event);
    words = words
        .field(Role::Dim, &time(app, event), 8)
        .plain(" ")
        .field(
            if found { Role::Match } else { Role::Plain },
            &format!("{test}{kind}"),
            columns.kind,
        )
        .plain(" ");
    if columns.id {
        let id = app
            .index
            .event(event)
            .map_or_else(String::new, super::index::Event::short_id);
        words = words.field(Role::Dim, &id, 9).plain(" ");
    }
    let signature = worst_signature(app, event);
    words = words
        .field(signature_role(signature), signature.text(), 3)
        .plain(" ")
        .field(Role::Plain, &attempts(app, event), 3)
        .plain(" ");
    let (role, state) = state_text(app, event, columns.bare);
    if columns.size {
        let size = app.index.last(event).map_or(0, Attempt::size);
        words
            .field(role, &state, 9)
            .right(Role::Dim, &text::bytes(size), 9)
    } else {
        words.say(role, state)
    }
}

/// The newest verdict: an event is as good as its last attempt, except that a bad one stays seen.
fn worst_signature(app: &App, event: EventNumber) -> Word {
    let last = app
        .index
        .last(event)
        .map_or(Word::Unknown, |attempt| attempt.signature);
    app.index
        .attempts(event)
        .take(64)
        .map(|attempt| attempt.signature)
        .find(|word| *word == Word::Bad)
        .unwrap_or(last)
}

pub(super) fn signature_role(word: Word) -> Role {
    match word {
        Word::Ok => Role::Good,
        Word::Bad | Word::Error => Role::Bad,
        Word::Old => Role::Warn,
        Word::None | Word::Unknown => Role::Dim,
    }
}

/// `3/6`: attempts so far, and how many the provider makes; `?` where that is not known.
fn attempts(app: &App, event: EventNumber) -> String {
    let Some(found) = app.index.event(event) else {
        return String::new();
    };
    let made = found.attempts().max(u32::from(found.highest()));
    let all = crate::provider::gaps(found.provider()).len();
    match (made, all) {
        (100.., _) => "99+".to_owned(),
        (10.., _) => format!("{made}"),
        (_, 0) => format!("{made}/?"),
        _ => format!("{made}/{}", all + 1),
    }
}

fn time(app: &App, event: EventNumber) -> String {
    let Some(first) = app.index.first(event) else {
        return String::new();
    };
    match app.times {
        Times::Clock => clock::seconds(first.arrived()),
        Times::Age => clock::age(clock::between(first.arrived(), app.shown_at())),
        Times::Gap => event
            .checked_sub(1)
            .and_then(|before| app.index.first(before))
            .map_or_else(String::new, |before| {
                clock::gap(clock::between(before.arrived(), first.arrived()))
            }),
    }
}

/// What an event's state is called, and how it looks.
pub(super) fn state_text(app: &App, event: EventNumber, bare: bool) -> (Role, String) {
    let now = app.shown_at();
    let code = app
        .index
        .last(event)
        .map_or_else(String::new, Attempt::code);
    let blank = if bare { "" } else { " " };
    match app.index.state(event, now) {
        State::Delivered if bare => (Role::Good, code),
        State::Delivered => (Role::Good, format!("{code} ok")),
        State::Held { since } => {
            let held = clock::between(since, now).as_secs();
            (Role::Warn, format!("held {held}s"))
        }
        State::Due {
            at, gap, measured, ..
        } => {
            let about = if measured { "~" } else { "" };
            let when = if app.switches.countdown {
                format!("{}s", clock::whole(remaining(now, at, gap)))
            } else {
                "due".to_owned()
            };
            (Role::Warn, format!("{code} ↻{blank}{about}{when}"))
        }
        State::Late { .. } => (Role::Bad, format!("{code} late")),
        State::Ended => (Role::Bad, format!("{code} ended")),
        State::Open => (Role::Warn, code),
    }
}

/// What the peer got, with its role.
pub(super) fn code_role(attempt: &Attempt) -> Role {
    if attempt.acknowledges() {
        Role::Good
    } else if attempt.is_held() {
        Role::Warn
    } else {
        Role::Bad
    }
}

/// Who answered: `armed 2/5`, `held 10.0s`, `default`.
pub(super) fn by(attempt: &Attempt) -> String {
    if attempt.is_abandoned()
        && let Some(took) = attempt.took()
    {
        return format!("held {:.1}s", took.as_secs_f64());
    }
    match (attempt.by, attempt.step) {
        (By::Armed, (step, of)) if of > 0 => format!("armed {step}/{of}"),
        // The app's own, or what stands in for it where it gave none.
        (By::App, _) if matches!(attempt.status, 502 | 504) => "forward".to_owned(),
        (by, _) => by.text().to_owned(),
    }
}

fn draw_attempt(
    app: &App,
    columns: &Columns,
    attempt: &Attempt,
    before: Option<&Attempt>,
    last: bool,
    selected: bool,
) -> Words {
    let gap = before.map_or_else(String::new, |before| {
        let from = before.ended().unwrap_or_else(|| before.arrived());
        clock::gap(clock::between(from, attempt.arrived()))
    });
    let start = Words::new(app.theme).say(Role::Key, cursor(selected));
    let number = format!("#{}", attempt.number);
    if columns.bare {
        return start
            .plain("  ")
            .plain(number)
            .plain(" ")
            .field(Role::Dim, &clock::millis(attempt.arrived())[5..], 7)
            .plain(" ")
            .field(Role::Dim, &gap, 5)
            .plain(" ")
            .say(code_role(attempt), attempt.code());
    }
    let branch = if last { "└" } else { "├" };
    let start = start.at(4).say(Role::Dim, branch).plain(" ").plain(number);
    let start = start.plain(" ");
    let timed = if columns.short {
        start
            .field(Role::Dim, &clock::millis(attempt.arrived())[5..], 7)
            .plain(" ")
            .field(Role::Dim, &gap, 7)
            .field(code_role(attempt), &attempt.code(), 4)
    } else {
        start
            .field(Role::Dim, &clock::millis(attempt.arrived()), 12)
            .plain(" ")
            .field(Role::Dim, &gap, 6)
            .field(code_role(attempt), &attempt.code(), 5)
    };
    timed
        .field(Role::Plain, &by(attempt), 10)
        .plain(" ")
        .say(signature_role(attempt.signature), attempt.signature.text())
}

fn draw_expected(app: &App, columns: &Columns, event: EventNumber) -> Words {
    let now = app.shown_at();
    let start = Words::new(app.theme);
    let (attempt, at, gap, when) = match app.index.state(event, now) {
        State::Due {
            attempt, at, gap, ..
        } => {
            let left = if app.switches.countdown {
                format!("in {}", clock::left(remaining(now, at, gap)))
            } else {
                "expected".to_owned()
            };
            (attempt, at, clock::gap(gap), left)
        }
        State::Late { attempt, due } => (attempt, due, String::new(), "late".to_owned()),
        _ => return start,
    };
    let number = format!("#{attempt}");
    if columns.bare {
        return start
            .plain("   ")
            .say(Role::Dim, number)
            .plain(" ")
            .field(Role::Dim, &format!("~{}", &clock::tenths(at)[5..]), 7)
            .plain(" ")
            .field(Role::Dim, &gap, 5)
            .plain(" ")
            .say(Role::Warn, when);
    }
    let start = start
        .at(4)
        .say(Role::Dim, "└")
        .plain(" ")
        .say(Role::Dim, number)
        .plain(" ");
    let late = when == "late";
    if columns.short {
        let words = if late {
            "late".to_owned()
        } else {
            format!("expected {when}").replace("expected expected", "expected")
        };
        return start
            .field(Role::Dim, &format!("~{}", &clock::tenths(at)[5..]), 7)
            .plain(" ")
            .field(Role::Dim, &gap, 7)
            .say(Role::Warn, words);
    }
    let words = if late || when == "expected" {
        when
    } else {
        format!("due {when}")
    };
    start
        .field(Role::Dim, &format!("~{}", clock::tenths(at)), 12)
        .plain(" ")
        .field(Role::Dim, &gap, 6)
        .field(Role::Dim, "…", 5)
        .say(if late { Role::Bad } else { Role::Warn }, words)
}
