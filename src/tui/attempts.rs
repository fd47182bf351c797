//! The Attempts tab: every attempt that came, those that are expected, and the gaps between them
//! beside the documented ones.

use ratatui::text::Line;

use crate::outbox::schedule::Seen;
use crate::outbox::schedule::watch::{Row, Watch, watch};
use crate::provider;

use super::app::App;
use super::clock;
use super::detail::Shown;
use super::foresight::{Foreseen, foresee};
use super::index::{Attempt, EventNumber};
use super::overview_retries::bar;
use super::state::{State, remaining};
use super::theme::Role;
use super::words::{Words, wrap};

/// Only that many of an event's newest attempts are listed.
const NEWEST: usize = 200;

/// The lines of the tab.
pub(super) fn lines(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let Some(selected) = app.list.selected else {
        return Vec::new();
    };
    let event = selected.event;
    let width = usize::from(app.plan().detail_inside().width);
    let attempts = newest(app, event);
    let Some(watched) = watched(app, event, &attempts) else {
        return Vec::new();
    };
    let mut page = Page {
        app,
        width,
        lines: Vec::new(),
    };
    page.summary(event, &watched);
    page.table(&attempts, &watched, &foreseen(app, shown, &watched));
    page.timeline(event, &watched);
    page.next(event, &watched);
    page.explain(event, &attempts);
    page.lines
}

/// What the frame says below.
pub(super) fn foot(app: &App) -> String {
    let Some(selected) = app.list.selected else {
        return String::new();
    };
    match app.index.state(selected.event, app.shown_at()) {
        State::Due { at, gap, .. } if app.switches.countdown => {
            format!(
                "next in {}",
                clock::left(remaining(app.shown_at(), at, gap))
            )
        }
        State::Late { .. } => "late".to_owned(),
        State::Ended => "ended".to_owned(),
        _ => String::new(),
    }
}

pub(super) fn newest(app: &App, event: EventNumber) -> Vec<&Attempt> {
    let count = app
        .index
        .event(event)
        .map_or(0, super::index::Event::attempts) as usize;
    app.index
        .attempts(event)
        .skip(count.saturating_sub(NEWEST))
        .collect()
}

fn watched(app: &App, event: EventNumber, attempts: &[&Attempt]) -> Option<Watch> {
    let provider = app.index.event(event)?.provider();
    let seen: Vec<Seen> = attempts.iter().map(|attempt| attempt.seen()).collect();
    let pace = app.index.pace(provider);
    Some(watch(provider, &pace, &seen, app.shown_at()))
}

/// What the expected attempts would be answered.
fn foreseen(app: &App, shown: &Shown, watched: &Watch) -> Vec<Foreseen> {
    let expected: Vec<u32> = watched
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Expected { attempt, .. } => Some(*attempt),
            Row::Came(_) | Row::NotSeen { .. } => None,
        })
        .collect();
    foresee(app, &shown.delivery, &expected)
}

pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    pub(super) width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    pub(super) fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ")
    }

    pub(super) fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    pub(super) fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    pub(super) fn is_wide(&self) -> bool {
        self.width >= 70
    }

    fn summary(&mut self, event: EventNumber, watched: &Watch) {
        let arrived = self
            .app
            .index
            .event(event)
            .map_or(0, super::index::Event::attempts);
        let expected = watched
            .rows
            .iter()
            .filter(|row| matches!(row, Row::Expected { .. }))
            .count();
        let provider = self
            .app
            .index
            .event(event)
            .map(super::index::Event::provider);
        let gaps: Vec<String> = provider
            .map_or(&[][..], provider::gaps)
            .iter()
            .map(|gap| gap.as_secs().to_string())
            .collect();
        let mut said = format!("{arrived} arrived");
        if expected > 0 {
            said.push_str(&format!(", {expected} more expected"));
        }
        if gaps.is_empty() {
            said.push_str("   no documented schedule");
        } else {
            said.push_str(&format!("   schedule {} s (docs)", gaps.join(" ")));
        }
        let words = self.words().plain(said);
        self.push(words);
        self.blank();
    }

    fn next(&mut self, event: EventNumber, watched: &Watch) {
        let now = self.app.shown_at();
        if let State::Due {
            attempt, at, gap, ..
        } = self.app.index.state(event, now)
        {
            let left = remaining(now, at, gap);
            let mut words = self
                .words()
                .say(Role::Dim, "Next")
                .at(11)
                .plain(format!("#{attempt} due {}", clock::hundredths(at)));
            if !self.app.switches.countdown {
                self.push(words);
            } else {
                words = words.say(Role::Warn, format!("   in {}", clock::left(left)));
                if self.is_wide() {
                    self.push(words.plain("   ").plain(bar(left, gap, 20)));
                } else {
                    self.push(words);
                    let words = self.words().at(11).plain(bar(left, gap, 20));
                    self.push(words);
                }
            }
        }
        if let Some(late) = watched.late_after {
            let words = self
                .words()
                .say(Role::Dim, "Late if")
                .at(11)
                .plain(format!("nothing by {}", clock::tenths(late)));
            self.push(words);
        }
        let last = watched.rows.iter().filter_map(|row| match row {
            Row::Expected { attempt, .. } => Some(*attempt),
            Row::Came(_) | Row::NotSeen { .. } => None,
        });
        let last = last.max();
        if let Some(end) = watched.gives_up {
            let words = self
                .words()
                .say(Role::Dim, "Gives up")
                .at(11)
                .plain(format!(
                    "after {} fails, about {}",
                    last.map_or_else(|| "the last one".to_owned(), |last| format!("#{last}")),
                    clock::seconds(end)
                ));
            self.push(words);
        }
        // While a retry is due the lines above say all of it, and they count whole seconds.
        if matches!(self.app.index.state(event, now), State::Due { .. }) {
            return;
        }
        for line in wrap(&watched.verdict, self.width.saturating_sub(2)) {
            let words = self.words().plain(line);
            self.push(words);
        }
    }

    fn explain(&mut self, event: EventNumber, attempts: &[&Attempt]) {
        let provider = self
            .app
            .index
            .event(event)
            .map(super::index::Event::provider);
        let all = provider.map_or(0, |provider| provider::gaps(provider).len());
        let mut told = vec![
            "gap = from our answer (or the client hanging up) to the next arrival. docs = documented backoff."
                .to_owned(),
        ];
        if let (Some(first), true) = (attempts.first(), attempts.len() > 1) {
            let same = attempts
                .iter()
                .all(|attempt| attempt.body == first.body && attempt.size() == first.size());
            told.push(if same {
                "The body was identical each time.".to_owned()
            } else {
                "The body was not the same each time.".to_owned()
            });
        }
        if all > 0 {
            told.push(format!(
                "{} attempts = 1 first try + {all} retries. If Sixtyfour counts the first try as one of the {all}, #{} will never come.",
                all + 1,
                all + 1
            ));
        }
        self.blank();
        for paragraph in told {
            for line in wrap(&paragraph, self.width.saturating_sub(2)) {
                let words = self.words().say(Role::Dim, line);
                self.push(words);
            }
        }
    }
}
