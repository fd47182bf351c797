//! How the prompts above the status line look: find, filter with its completions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::filter::Filter;
use crate::text;

use super::app::App;
use super::frame::dialog;
use super::layer::FilterPrompt;
use super::prompt::Prompt;
use super::prompt_line::caret;
use super::theme::Role;
use super::words::{Words, put};

/// How many completions are offered at once.
const OFFERED: usize = 8;

/// Draws the find prompt.
pub(super) fn find(app: &App, prompt: &Prompt, area: Rect, buffer: &mut Buffer) {
    let line = caret(app.theme, " find> ", prompt, area.width);
    let words = Words::new(app.theme).plain(" ");
    let words = if app.focus == super::plan::Focus::List {
        words.say(
            Role::Dim,
            "in types, ids and answers of the list; Enter goes to the next one",
        )
    } else {
        let search = &app.detail.body.search;
        match (&search.problem, &search.hits) {
            (Some(problem), _) => words.sent(Role::Bad, problem.as_bytes()),
            (None, Some(hits)) => words.plain(format!("{} found", hits.len())),
            (None, None) => words.say(Role::Dim, "lower case finds both cases; /…/ is a pattern"),
        }
    };
    put(buffer, area, &[line, words.fit(area.width.into())]);
}

/// Draws the filter prompt with what can be typed next above it.
pub(super) fn filter(app: &App, filter: &FilterPrompt, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let mut lines = vec![caret(app.theme, " filter> ", &filter.prompt, area.width)];
    match &filter.problem {
        Some((_, problem, fix)) => {
            lines.push(
                Words::new(app.theme)
                    .say(Role::Bad, " !  ")
                    .plain(format!("{problem}; {fix}"))
                    .fit(width),
            );
            let last = if app.filtering.text.is_empty() {
                "    Showing everything".to_owned()
            } else {
                format!(
                    "    Showing the last good filter: {}   {}",
                    text::line(app.filtering.text.as_bytes()),
                    counted(app)
                )
            };
            lines.push(Words::new(app.theme).plain(last).fit(width));
        }
        None => lines.push(told(app, width)),
    }
    put(buffer, area, &lines);
    completions(app, filter, area, buffer);
}

fn counted(app: &App) -> String {
    let shown = app.list.rows().order().len();
    format!("{shown} of {} events", app.index.events())
}

fn told(app: &App, width: usize) -> Line<'static> {
    let deliveries = app.list.matches.as_ref().map(|matches| {
        format!(
            ", {} of {} deliveries",
            matches.deliveries,
            app.index.deliveries()
        )
    });
    let reading = if app.filtering.reading {
        "   reading"
    } else {
        ""
    };
    Words::new(app.theme)
        .plain(format!(
            " {}{}{reading}",
            counted(app),
            deliveries.unwrap_or_default()
        ))
        .say(
            Role::Dim,
            if width >= 110 {
                "      terms are ANDed, - negates, | is OR, * is a wildcard, \"…\" is exact text"
            } else {
                "   blank is AND, - NOT, | OR, * anything"
            },
        )
        .fit(width)
}

fn completions(app: &App, filter: &FilterPrompt, area: Rect, buffer: &mut Buffer) {
    let typed = &filter.prompt.text()[..filter.prompt.cursor()];
    let found = offered(app, typed);
    if found.is_empty() || filter.problem.is_some() || area.y < 6 {
        return;
    }
    let lines: Vec<Line<'static>> = found
        .iter()
        .take(OFFERED)
        .map(|(_, word, about)| {
            Words::new(app.theme)
                .plain(" ")
                .field(Role::Key, word, 18)
                .say(Role::Dim, about.clone())
                .fit(50)
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let place = Rect {
        x: 1,
        y: area.y.saturating_sub(height),
        width: 52.min(area.width),
        height: height.min(area.y),
    };
    let inside = dialog(app.theme, buffer, place, "", "");
    put(buffer, inside, &lines);
}

/// What can be typed next: from which byte on, the word, and what it means. Event types that were
/// seen are offered beside what the language knows.
pub(super) fn offered(app: &App, typed: &str) -> Vec<(usize, String, String)> {
    if let Some(at) = typed.rfind("type:").map(|at| at + 5)
        && !typed[at..].contains([' ', '"', '|', ')'])
    {
        let begun = typed[at..].to_lowercase();
        return app
            .index
            .kinds()
            .filter(|kind| kind.to_lowercase().starts_with(&begun) && !kind.contains(' '))
            .map(|kind| (at, kind.to_owned(), "seen here".to_owned()))
            .collect();
    }
    Filter::completions(typed)
        .into_iter()
        .map(|completion| {
            (
                completion.from,
                completion.text,
                completion.about.to_owned(),
            )
        })
        .collect()
}
