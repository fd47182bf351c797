//! The whole screen, drawn from the state and nothing else.
//!
//! ```text
//! hook64   local …  public …                              up 00:16  14:02 UTC   top
//! ┏━ Events 14 ━━━━━━━━━━━━━━━━━━━┓┌─ 6f1c0b52 find_email #3 ─────────────────┐
//! ┃ event_list                    ┃│ pane: overview · body · headers ·        │
//! ┃                               ┃│       signature · attempts · response    │
//! ┃        ┏━ dialogs over them ━━━━━━━━┓                                     │
//! ┃        ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛                                     │
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛└──────────────────────────────────────────┘
//! FOLLOW  ARMED 500 3/5 …                                                     status_line
//! Enter open  r replay …                                                       hints
//! ```
//!
//! Which of them there is room for is the business of `plan`.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::layer::Layer;
use super::plan::{Layout, Plan};
use super::words::put;
use super::{
    arm_dialog, event_list, frame, help, hints, pane, prompts, qr, questions, replay_dialog,
    status_line, text_box, try_key, welcome, write_prompt,
};

/// Draws everything.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    paint(app, frame.buffer_mut());
}

/// Paints everything into a buffer of the screen's size.
pub fn paint(app: &App, buffer: &mut Buffer) {
    let plan = app.plan();
    let screen = plan.screen.intersection(buffer.area);
    if plan.layout == Layout::TooSmall {
        questions::too_small(app, screen, buffer);
    } else {
        panes(app, &plan, buffer);
        edges(app, &plan, buffer);
        for layer in &app.layers {
            over(app, layer, &plan, buffer);
        }
    }
    app.theme.reduce(buffer);
}

fn panes(app: &App, plan: &Plan, buffer: &mut Buffer) {
    if app.is_first_run() {
        welcome::draw(app, plan, buffer);
        return;
    }
    event_list::draw(app, plan, buffer);
    pane::draw(app, plan, buffer);
}

fn edges(app: &App, plan: &Plan, buffer: &mut Buffer) {
    put(buffer, plan.top, &[status_line::top(app, plan)]);
    if plan.layout == Layout::Bare {
        let line = status_line::small_counters(app, plan.hints.width);
        put(buffer, plan.hints, &[line]);
        return;
    }
    put(buffer, plan.status, &[status_line::status(app, plan)]);
    put(buffer, plan.hints, &[hints::line(app, plan)]);
}

fn over(app: &App, layer: &Layer, plan: &Plan, buffer: &mut Buffer) {
    let screen = between_edges(plan);
    match layer {
        Layer::Find(prompt) => {
            let area = prompt_area(plan, 2, buffer);
            prompts::find(app, prompt, area, buffer);
        }
        Layer::Filter(filter) => {
            let rows = if filter.problem.is_some() { 3 } else { 2 };
            let area = prompt_area(plan, rows, buffer);
            prompts::filter(app, filter, area, buffer);
        }
        Layer::Write(write) => {
            let area = prompt_area(plan, 2, buffer);
            write_prompt::draw(app, write, area, buffer);
        }
        Layer::Save(save) => {
            let area = prompt_area(plan, 2, buffer);
            write_prompt::save(app, save, area, buffer);
        }
        Layer::Key(asked) => {
            let area = prompt_area(plan, 2, buffer);
            try_key::draw(app, asked, area, buffer);
        }
        Layer::Palette(palette) => help::palette(app, palette, screen, buffer),
        Layer::Help(palette) => help::draw(app, palette, screen, buffer),
        Layer::Info(top) => welcome::overlay(app, *top, screen, buffer),
        Layer::Arm(form) => arm_dialog::draw(app, form, screen, buffer),
        Layer::Replay(form) => replay_dialog::draw(app, form, screen, buffer),
        Layer::Held(id) => questions::held(app, *id, screen, buffer),
        Layer::Confirm(confirm) => questions::confirm(app, confirm, screen, buffer),
        Layer::Quit => questions::quit(app, screen, buffer),
        Layer::Copy { open: true, .. } => questions::copy(app, screen, buffer),
        Layer::Copy { open: false, .. } => {}
        Layer::Order => questions::order(app, screen, buffer),
        Layer::Qr(swapped) => qr::draw(app, *swapped, screen, buffer),
        Layer::Text(text) => text_box::draw(app, text, screen, buffer),
    }
}

/// The screen without its edge lines: they stay to be read, whatever lies over the panes.
fn between_edges(plan: &Plan) -> Rect {
    let below = if plan.layout == Layout::Bare { 1 } else { 2 };
    Rect {
        y: plan.screen.y + 1.min(plan.screen.height),
        height: plan.screen.height.saturating_sub(1 + below),
        ..plan.screen
    }
}

/// The lines above the status line, cleared.
fn prompt_area(plan: &Plan, rows: u16, buffer: &mut Buffer) -> Rect {
    let below = if plan.layout == Layout::Bare { 1 } else { 2 };
    let area = Rect {
        y: plan.screen.height.saturating_sub(below + rows),
        height: rows,
        ..plan.screen
    }
    .intersection(plan.screen);
    frame::clear(buffer, area);
    area
}
