//! What was sent because of a delivery, in lines, and one replay in full.

use crate::export::answer;
use crate::text;

use super::app::App;
use super::clock;
use super::detail::Shown;
use super::response::Page;
use super::theme::Role;
use super::world::{Origin, Outgoing};

/// Answers are short; what is longer is cut here.
pub(super) const BODY: usize = 4096;

/// The replays of a delivery.
pub(super) fn replays(shown: &Shown) -> impl Iterator<Item = &Outgoing> {
    shown
        .outgoing
        .iter()
        .filter(|outgoing| outgoing.origin == Origin::Replay)
}

/// The replay under the cursor with its number, from 1: the newest when there is no such one.
pub(super) fn chosen(app: &App) -> Option<(usize, &Outgoing)> {
    let shown = app.detail.current()?;
    let last = replays(shown).count().checked_sub(1)?;
    let at = app.detail.cursor().min(last);
    replays(shown).nth(at).map(|replay| (at + 1, replay))
}

/// A replay in full: where it went, what came back.
pub(super) fn opened(replay: &Outgoing) -> String {
    let attempt = &replay.attempt;
    let mut lines = format!(
        "to      {}\nbegan   {}\ntook    {}\n",
        text::line(attempt.target.as_bytes()),
        clock::full(attempt.started),
        text::duration(attempt.took),
    );
    if !replay.note.is_empty() {
        lines.push_str(&format!("how     {}\n", text::line(replay.note.as_bytes())));
    }
    match &attempt.result {
        Err(failure) => {
            lines.push_str(&format!(
                "\nno answer: {}",
                text::line(failure.to_string().as_bytes())
            ));
        }
        Ok(response) => {
            lines.push_str(&format!(
                "\nHTTP/1.1 {} {}\n",
                response.status,
                answer::phrase(response.status)
            ));
            for header in &response.headers {
                lines.push_str(&format!(
                    "  {}: {}\n",
                    text::line(&header.name),
                    text::line(&header.value)
                ));
            }
            let shown = &response.body[..response.body.len().min(BODY)];
            lines.push_str(&format!("\n{}", text::block(&super::copy::pretty(shown))));
            if response.body_cut || response.body.len() > BODY {
                lines.push_str("\n… and more");
            }
        }
    }
    lines
}

impl Page<'_> {
    pub(super) fn replays(&mut self, shown: &Shown) {
        let count = replays(shown).count();
        if count == 0 {
            let key = self.app.keys.label(super::action::Action::Replay);
            let words = self.words().say(
                Role::Dim,
                format!("No replays of this delivery yet: {key} sends one"),
            );
            self.push(words);
            return;
        }
        let words = self
            .words()
            .say(Role::Strong, "Replays of this delivery")
            .say(Role::Dim, "   (kept apart from attempts)");
        self.push(words);
        for (at, replay) in replays(shown).enumerate() {
            let chosen = at == self.app.detail.cursor().min(count - 1);
            let mark = if chosen { ">" } else { " " };
            self.outgoing(&format!("{mark}R{}", at + 1), replay);
        }
    }

    pub(super) fn outgoing(&mut self, label: &str, outgoing: &Outgoing) {
        let attempt = &outgoing.attempt;
        let target = attempt
            .target
            .split_once("://")
            .map_or(attempt.target.as_str(), |(_, rest)| rest);
        let room = if self.width >= 70 { 40 } else { 16 };
        let target = text::line(target.as_bytes());
        let words = self
            .words()
            .field(Role::Strong, label, 4)
            .plain(" ")
            .plain(clock::seconds(attempt.started))
            .plain("  ")
            .field(Role::Plain, &target, room)
            .plain("  ");
        match &attempt.result {
            Ok(response) => {
                let role = if attempt.delivered() {
                    Role::Good
                } else {
                    Role::Bad
                };
                let words = words
                    .say(role, response.status.to_string())
                    .plain(format!("  {}  ", text::duration(attempt.took)))
                    .sent(Role::Dim, outgoing.note.as_bytes());
                self.push(words);
            }
            Err(failure) => {
                let why = failure.to_string();
                self.whole(words, Role::Bad, &text::line(why.as_bytes()));
            }
        }
    }
}
