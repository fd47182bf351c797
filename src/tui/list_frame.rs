//! What the list's frame says: how many events and rows, by which filter, and whether it follows.

use crate::text;

use super::app::App;
use super::layer::Layer;
use super::plan::Plan;

/// How many events there are, and which of them are shown.
pub(super) fn title(app: &App) -> String {
    let all = app.index.events();
    let shown = app.list.rows().order().len();
    let count = if shown == all {
        format!("Events {all}")
    } else {
        format!("Events {shown} of {all}")
    };
    // While it is being typed it stands in the prompt.
    let is_typed = matches!(app.layers.last(), Some(Layer::Filter(_)));
    if app.filtering.filter.is_some() && !is_typed {
        let filter = text::line(app.filtering.text.as_bytes());
        format!("{count}  filter {filter}")
    } else {
        count
    }
}

/// Which rows are seen, and whether the newest delivery is followed.
pub(super) fn foot(app: &App, plan: &Plan) -> String {
    let mode = if app.filtering.filter.is_some() {
        "filtered"
    } else if app.list.follow {
        "FOLLOW"
    } else {
        "PAUSED"
    };
    let total = app.list.rows().len();
    let seen = usize::from(plan.list_rows().height);
    if total > seen {
        let last = (app.list.top + seen).min(total);
        format!("rows {}-{last} of {total}  {mode}", app.list.top + 1)
    } else if plan.is_wide() {
        format!("{}  {mode}", deliveries(app))
    } else {
        mode.to_owned()
    }
}

/// How many deliveries are shown, in words.
fn deliveries(app: &App) -> String {
    let all = app.index.deliveries();
    let of = match &app.list.matches {
        Some(matches) => format!("{} of {all}", matches.deliveries),
        None => all.to_string(),
    };
    let what = if all == 1 { "delivery" } else { "deliveries" };
    format!("{of} {what}")
}
