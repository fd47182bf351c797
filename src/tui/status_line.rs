//! The lines at the edges of the screen: the connection above; below, the state of everything and
//! what can be done next.

use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::armed;
use super::clock;
use super::plan::{Layout, Plan};
use super::theme::Role;
use super::words::Words;
use super::world::Tunnel;

/// The line above.
pub(super) fn top(app: &App, plan: &Plan) -> Line<'static> {
    let width = usize::from(plan.top.width);
    let status = &app.status;
    let words = Words::new(app.theme).plain(" ").say(Role::Strong, "hook64");
    let port = if status.local.is_some() {
        format!(":{}", status.port)
    } else {
        "no listener".to_owned()
    };
    if plan.layout == Layout::Bare {
        return bare(app, words, &port, width);
    }
    let (left, right) = if plan.is_wide() {
        let local = status.local.as_deref().unwrap_or("no listener");
        let up = status.since.map_or_else(String::new, |since| {
            format!("up {}  ", clock::uptime(clock::between(since, app.now)))
        });
        let words = words
            .plain("   local ")
            .sent(Role::Plain, local.as_bytes())
            .plain("  public ");
        (
            public(words, &status.tunnel, true),
            format!("{up}{} UTC ", clock::minutes(app.now)),
        )
    } else if plan.screen.width >= 70 {
        let words = words.plain(format!("   {port}  "));
        (
            public(words, &status.tunnel, true),
            format!("{} ", clock::minutes(app.now)),
        )
    } else {
        let words = words.plain(format!("  {port} "));
        (
            public(words, &status.tunnel, false),
            format!("{} ", clock::minutes(app.now)),
        )
    };
    edges(left, &right, width)
}

/// Words at both edges; the right ones stay whole.
fn edges(left: Words, right: &str, width: usize) -> Line<'static> {
    let room = width.saturating_sub(text::width(right) + 1);
    let mut line = if left.columns() > room {
        left.fit(room)
    } else {
        left.line()
    };
    let used = line.width();
    line.push_span(" ".repeat(width.saturating_sub(used + text::width(right))));
    line.push_span(right.to_owned());
    line
}

fn public(words: Words, tunnel: &Tunnel, long: bool) -> Words {
    match tunnel {
        Tunnel::Found { url, by, .. } if long => words
            .sent(Role::Plain, url.as_bytes())
            .say(Role::Dim, format!(" ({})", text::line(by.as_bytes()))),
        Tunnel::Found { by, .. } => words.sent(Role::Plain, by.as_bytes()),
        Tunnel::Down { url, .. } => words
            .say(Role::Bad, "DOWN ")
            .sent(Role::Dim, if long { url.as_bytes() } else { b"" }),
        Tunnel::Elsewhere { by, port, .. } => words.say(
            Role::Warn,
            format!("{} goes to port {port}", text::line(by.as_bytes())),
        ),
        Tunnel::None { .. } | Tunnel::Unknown => words.say(Role::Dim, "no tunnel"),
    }
}

/// The only line of state on a very small screen.
fn bare(app: &App, words: Words, port: &str, width: usize) -> Line<'static> {
    let armed = armed::word(&app.status.armed, false);
    let words = words.plain(format!("  {port}  {}", mode(app))).plain("  ");
    alarm(words, &armed, app).fit(width)
}

fn alarm(words: Words, armed: &str, app: &App) -> Words {
    match armed.strip_prefix("ARMED") {
        Some(rest) => words
            .say(Role::Alarm, "ARMED")
            .say(Role::Warn, rest.to_owned()),
        None => words.say(Role::Dim, armed.to_owned()),
    }
    .say(Role::Dim, if app.outside { "  (outside)" } else { "" })
}

/// `FOLLOW`, `PAUSED +37`, `FILTER`, …
pub(super) fn mode(app: &App) -> String {
    if app.outside {
        return "EDITOR".to_owned();
    }
    if let Some(layer) = app.layers.last() {
        return layer.mode().to_owned();
    }
    if let Some(frozen) = &app.frozen {
        return format!("FROZEN +{}", frozen.rows.len());
    }
    if app.filtering.filter.is_some() {
        return "FILTER".to_owned();
    }
    if app.list.follow {
        return "FOLLOW".to_owned();
    }
    match app.list.newer {
        0 => "PAUSED".to_owned(),
        newer => format!("PAUSED +{newer}"),
    }
}

struct Field {
    text: String,
    role: Role,
    /// Less is more important.
    rank: u8,
}

/// The state of everything; what matters least goes first when there is no room.
pub(super) fn status(app: &App, plan: &Plan) -> Line<'static> {
    let width = usize::from(plan.status.width);
    let long = plan.is_wide();
    let mut right = counters(app, long);
    let mode = mode(app);
    let armed = armed::word(&app.status.armed, long);
    let gap = if plan.screen.width < 70 { 1 } else { 2 };
    let needed = |fields: &[Field]| {
        let fields: usize = fields
            .iter()
            .map(|field| text::width(&field.text) + gap)
            .sum();
        1 + text::width(&mode).max(6) + gap + text::width(&armed) + 1 + fields
    };
    while needed(&right) > width {
        let Some(least) = right
            .iter()
            .enumerate()
            .max_by_key(|(_, field)| field.rank)
            .map(|(at, _)| at)
        else {
            break;
        };
        right.remove(least);
    }
    let shown = right
        .iter()
        .map(|field| text::width(&field.text) + gap)
        .sum::<usize>();
    let mode_width = text::width(&mode).max(6);
    let words = Words::new(app.theme)
        .plain(" ")
        .field(Role::Strong, &mode, mode_width)
        .plain(" ".repeat(gap));
    let mut words = alarm(words, &armed, app);
    let blanks = width.saturating_sub(words.columns() + shown + 1);
    words = words.plain(" ".repeat(blanks));
    for field in right {
        words = words.plain(" ".repeat(gap)).say(field.role, field.text);
    }
    words.plain(" ").fit(width)
}

fn counters(app: &App, long: bool) -> Vec<Field> {
    let status = &app.status;
    let name = |long_name: &'static str, short: &'static str| if long { long_name } else { short };
    let signing = match (status.keys.as_slice(), long) {
        ([], _) => format!("{} OFF", name("signing", "sig")),
        ([key], true) => format!("signing on …{key}"),
        (keys, true) => format!("signing on {} keys", keys.len()),
        (_, false) => "sig on".to_owned(),
    };
    let bad = app.index.bad_signatures();
    let held = app.index.held().count();
    let dropped = status.dropped;
    let warn = |count: bool| if count { Role::Bad } else { Role::Plain };
    let insecure = status.insecure.then(|| Field {
        text: name("app INSECURE", "INSECURE").to_owned(),
        role: Role::Warn,
        rank: 2,
    });
    let counters = [
        Field {
            text: signing,
            role: if status.keys.is_empty() {
                Role::Warn
            } else {
                Role::Plain
            },
            rank: 7,
        },
        Field {
            text: format!("{} {}", name("tunnel", "tun"), status.tunnel.word()),
            role: if status.tunnel.word() == "DOWN" {
                Role::Bad
            } else {
                Role::Plain
            },
            rank: 8,
        },
        Field {
            text: format!("{} {}", name("events", "ev"), app.index.events()),
            role: Role::Plain,
            rank: 5,
        },
        Field {
            text: format!("{} {}", name("deliveries", "dlv"), app.index.deliveries()),
            role: Role::Plain,
            rank: 6,
        },
        Field {
            text: format!("{} {bad}", name("bad-sig", "bad")),
            role: warn(bad > 0),
            rank: 2,
        },
        Field {
            text: format!("held {held}"),
            role: if held > 0 { Role::Warn } else { Role::Plain },
            rank: 4,
        },
        Field {
            text: format!("{} {dropped}", name("dropped", "drop")),
            role: warn(dropped > 0),
            rank: 3,
        },
    ];
    insecure.into_iter().chain(counters).collect()
}

/// The last line of a very small screen.
pub(super) fn small_counters(app: &App, width: u16) -> Line<'static> {
    if let Some(message) = &app.message {
        return Words::new(app.theme)
            .plain(" ")
            .sent(Role::Strong, message.text.as_bytes())
            .fit(width.into());
    }
    let words = Words::new(app.theme).plain(format!(
        " ev {} bad {} drop {}",
        app.index.events(),
        app.index.bad_signatures(),
        app.status.dropped
    ));
    edges(words, "? help ", width.into())
}
