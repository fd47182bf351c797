//! The last line: what can be done next, or what was just done.

use ratatui::text::Line;

use crate::text;

use super::action::{Action, Tab};
use super::app::App;
use super::plan::{Focus, Plan};
use super::theme::Role;
use super::words::Words;

/// What can be done next, or what was just done.
pub(super) fn line(app: &App, plan: &Plan) -> Line<'static> {
    let width = usize::from(plan.hints.width);
    if let Some(message) = &app.message {
        return Words::new(app.theme)
            .plain(" ")
            .sent(Role::Strong, message.text.as_bytes())
            .fit(width);
    }
    let hints = match app.layers.last() {
        Some(layer) => layer_hints(layer).to_vec(),
        None => pane_hints(app),
    };
    let hints = fitting(hints, width);
    let mut words = Words::new(app.theme).plain(" ");
    for (at, (key, what)) in hints.into_iter().enumerate() {
        if at > 0 {
            words = words.plain("  ");
        }
        words = words
            .say(Role::Key, key)
            .plain(if what.is_empty() { "" } else { " " })
            .say(Role::Dim, what);
    }
    words.fit(width)
}

type Hint = (String, &'static str);

/// As many hints as there is room for; the last two, which lead to all others and out, go last.
fn fitting(mut hints: Vec<Hint>, width: usize) -> Vec<Hint> {
    let needed = |hints: &[Hint]| -> usize {
        hints
            .iter()
            .map(|(key, what)| text::width(key) + 1 + text::width(what) + 2)
            .sum()
    };
    while needed(&hints) > width + 1 && !hints.is_empty() {
        let least = hints.len().saturating_sub(3);
        hints.remove(least);
    }
    hints
}

fn pane_hints(app: &App) -> Vec<Hint> {
    let key = |action, what| (app.keys.label(action), what);
    if app.is_first_run() {
        return vec![
            (app.keys.label(Action::CopyMenu) + "u", "copy URL"),
            (app.keys.label(Action::CopyMenu) + "c", "copy curl"),
            key(Action::Qr, "QR code"),
            key(Action::Sample, "send a test delivery"),
            key(Action::Probe, "probe the tunnel"),
            key(Action::Arm, "arm"),
            key(Action::Commands, "cmds"),
            key(Action::Help, "help"),
            key(Action::Close, "quit"),
        ];
    }
    let both = |first: Action, second: Action, what| {
        (
            format!("{} {}", app.keys.label(first), app.keys.label(second)),
            what,
        )
    };
    match (app.focus, app.detail.tab) {
        (Focus::List, _) => {
            let mut hints = vec![key(Action::Open, "open"), key(Action::Replay, "replay")];
            if app.index.held().next().is_some() {
                hints.push(key(Action::Held, "answer held"));
            }
            hints.extend([
                key(Action::Edit, "edit+replay"),
                key(Action::Arm, "arm"),
                key(Action::Disarm, "disarm"),
                key(Action::CopyMenu, "copy"),
                key(Action::Write, "write"),
                key(Action::Find, "find"),
                key(Action::Filter, "filter"),
                key(Action::Follow, "follow"),
                key(Action::Commands, "cmd"),
                key(Action::Help, "help"),
                key(Action::Close, "quit"),
            ]);
            // On a narrow screen help and quit are worth more than the rest.
            if app.size.0 < 100 {
                hints.retain(|(_, what)| {
                    !matches!(*what, "edit+replay" | "disarm" | "write" | "follow")
                });
            }
            if app.size.0 < 70 {
                hints.retain(|(_, what)| !matches!(*what, "find" | "copy" | "cmd"));
            }
            hints
        }
        (Focus::Detail, Tab::Body) => vec![
            key(Action::ToggleFold, "fold"),
            both(Action::Left, Action::Right, "close/open"),
            both(Action::FoldAll, Action::UnfoldAll, "all"),
            key(Action::BodyView, "raw/hex"),
            key(Action::Wrap, "wrap"),
            key(Action::Find, "find"),
            both(Action::FindNext, Action::FindPrevious, "next"),
            (app.keys.label(Action::CopyMenu) + "v", "value"),
            (app.keys.label(Action::CopyMenu) + "p", "path"),
            key(Action::Pager, "pager"),
            key(Action::Back, "back"),
            key(Action::Help, "help"),
        ],
        (Focus::Detail, Tab::Headers) => vec![
            key(Action::Open, "full value"),
            (app.keys.label(Action::CopyMenu) + "v", "value"),
            (app.keys.label(Action::CopyMenu) + "h", "all headers"),
            key(Action::Diff, "diff"),
            key(Action::Find, "find"),
            key(Action::HeaderOrder, "order"),
            ("1-6".to_owned(), "tabs"),
            key(Action::Back, "back"),
            key(Action::Help, "help"),
        ],
        (Focus::Detail, Tab::Signature) => vec![
            (app.keys.label(Action::CopyMenu) + "s", "signed string"),
            (app.keys.label(Action::CopyMenu) + "o", "openssl check"),
            (app.keys.label(Action::Commands) + " try-key", "FILE"),
            key(Action::Diff, "diff with previous"),
            both(Action::OtherDown, Action::OtherUp, "next/prev event"),
            ("1-6".to_owned(), "tabs"),
            key(Action::Back, "back"),
            key(Action::Help, "help"),
        ],
        (Focus::Detail, Tab::Attempts) => vec![
            both(Action::Down, Action::Up, "attempt"),
            key(Action::Open, "open it"),
            key(Action::Diff, "diff"),
            key(Action::Arm, "arm"),
            key(Action::Disarm, "disarm"),
            key(Action::Replay, "replay"),
            (app.keys.label(Action::CopyMenu) + "a", "copy table"),
            key(Action::TimeDisplay, "clock/age/gap"),
            key(Action::Back, "back"),
            key(Action::Help, "help"),
        ],
        (Focus::Detail, Tab::Response) => {
            let mut hints = vec![
                key(Action::CopyMenu, "copy"),
                key(Action::Write, "write"),
                key(Action::Replay, "replay"),
                key(Action::ReplayAgain, "replay again"),
                key(Action::Arm, "arm"),
                ("1-6".to_owned(), "tabs"),
                key(Action::Back, "back"),
                key(Action::Help, "help"),
            ];
            if super::response_replays::chosen(app).is_some() {
                hints.insert(0, key(Action::Open, "open replay"));
            }
            hints
        }
        (Focus::Detail, Tab::Overview) => vec![
            key(Action::Back, "back"),
            ("1-6".to_owned(), "tabs"),
            both(Action::OtherDown, Action::OtherUp, "next/prev"),
            key(Action::Replay, "replay"),
            key(Action::CopyMenu, "copy"),
            key(Action::Write, "write"),
            key(Action::Help, "help"),
        ],
    }
}

fn layer_hints(layer: &super::layer::Layer) -> Vec<Hint> {
    use super::layer::Layer;
    let hints: &[(&str, &'static str)] = match layer {
        Layer::Find(_) => &[
            ("Enter", "keep"),
            ("Esc", "clear"),
            ("Tab", "filter instead"),
            ("/re/", "pattern"),
            ("Up", "history"),
        ],
        Layer::Filter(_) => &[
            ("Enter", "keep filter"),
            ("Esc", "clear"),
            ("Tab", "complete"),
            ("Up", "history"),
            ("Ctrl-U", "clear line"),
        ],
        Layer::Write(_) => &[("Enter", "write"), ("Tab", "format"), ("Esc", "cancel")],
        Layer::Save(_) => &[("Enter", "write"), ("Esc", "cancel")],
        Layer::Key(_) => &[
            ("Enter", "try it"),
            ("Tab", "file or typed"),
            ("Esc", "cancel"),
        ],
        Layer::Palette(_) => &[
            ("type", "to search"),
            ("Up Down", "choose"),
            ("Enter", "run"),
            ("Esc", "close"),
        ],
        Layer::Help(_) => &[
            ("type", "to search"),
            ("Up Down", "move"),
            ("Enter", "run"),
            ("Tab", "next section"),
            ("Esc", "close"),
        ],
        Layer::Info(_) => &[
            ("yu", "copy URL"),
            ("Q", "QR code"),
            ("T", "test delivery"),
            ("P", "probe"),
            ("Esc", "close"),
        ],
        Layer::Arm(_) => &[
            ("Tab", "field"),
            ("Space", "choose"),
            ("Enter", "arm"),
            ("Esc", "cancel"),
            ("", "(deliveries keep arriving)"),
        ],
        Layer::Replay(_) => &[
            ("Tab", "field"),
            ("Space", "choose"),
            ("Enter", "send"),
            ("e", "edit"),
            ("yc", "curl"),
            ("Esc", "cancel"),
        ],
        Layer::Held(_) => &[
            ("a", "answer now"),
            ("5", "answer 500"),
            ("r", "reset"),
            ("Esc", "hold on"),
        ],
        Layer::Confirm(_) => &[("Enter", "yes"), ("Esc", "no")],
        Layer::Quit => &[("q", "quit now"), ("w", "wait then quit"), ("Esc", "stay")],
        Layer::Copy { .. } => &[("", "press a key to copy; Esc cancels")],
        Layer::Order => &[("", "press a key to order by it; Esc cancels")],
        Layer::Qr(_) => &[
            ("x", "swap light and dark"),
            ("yu", "copy URL"),
            ("Esc", "close"),
        ],
        Layer::Text(_) => &[("j k", "scroll"), ("PgDn", "page"), ("Esc", "close")],
    };
    hints
        .iter()
        .map(|(key, what)| ((*key).to_owned(), *what))
        .collect()
}
