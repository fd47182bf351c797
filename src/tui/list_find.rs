//! Finding in the list: the next event whose type, id or answer holds what was typed.

use super::app::App;
use super::index::EventNumber;

/// The next shown event that holds what is searched, around the end.
pub(super) fn next(app: &App, forward: bool) -> Option<EventNumber> {
    let order = app.list.rows().order();
    let count = order.len();
    let here = app
        .list
        .selected
        .and_then(|selected| order.place(selected.event))
        .unwrap_or(0);
    (1..=count)
        .map(|step| {
            if forward {
                (here + step) % count
            } else {
                (here + count - step % count) % count
            }
        })
        .filter_map(|place| order.at(place))
        .find(|event| holds(app, *event))
}

/// Whether an event holds what is searched; lower case finds both.
pub(super) fn holds(app: &App, event: EventNumber) -> bool {
    let needle = app.list_needle.as_str();
    if needle.is_empty() {
        return false;
    }
    let any_case = !needle.chars().any(char::is_uppercase);
    let found = |text: &str| {
        if any_case {
            text.to_lowercase().contains(needle)
        } else {
            text.contains(needle)
        }
    };
    app.index.kind(event).is_some_and(found)
        || app
            .index
            .event(event)
            .is_some_and(|event| found(&event.short_id()))
        || app.index.last(event).is_some_and(|last| {
            found(&last.code()) || found(last.signature.text()) || found(last.by.text())
        })
}
