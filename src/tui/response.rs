//! The Response tab: what was answered, when each step was over, and the replays.

use ratatui::text::Line;

use crate::delivery::{AnsweredBy, Delivery, Ending};
use crate::export::answer;
use crate::text;

use super::app::App;
use super::clock;
use super::detail::Shown;
use super::overview::decided;
use super::theme::Role;
use super::tree::Tree;
use super::words::Words;
use super::world::{Origin, Outgoing};

/// Answers are short; what is longer is cut here.
const BODY: usize = 4096;

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
pub(super) fn opened(replay: &Outgoing, note: &str) -> String {
    let attempt = &replay.attempt;
    let mut lines = format!(
        "to      {}\nbegan   {}\ntook    {}\n",
        text::line(attempt.target.as_bytes()),
        clock::full(attempt.started),
        text::duration(attempt.took),
    );
    if !note.is_empty() {
        lines.push_str(&format!("how     {note}\n"));
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

/// The lines of the tab.
pub(super) fn lines(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let width = usize::from(app.plan().detail_inside().width);
    let mut page = Page {
        app,
        width,
        lines: Vec::new(),
    };
    let delivery = &*shown.delivery;
    page.answer(delivery);
    page.timing(delivery);
    page.forwarding(delivery, shown);
    page.replays(shown);
    page.lines
}

struct Page<'a> {
    app: &'a App,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ")
    }

    fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn title(&mut self, title: &str) {
        let words = self.words().say(Role::Strong, title);
        self.push(words);
    }

    fn answer(&mut self, delivery: &Delivery) {
        let reply = &delivery.arrival.answer.reply;
        let status = format!("{} {}", reply.status, answer::phrase(reply.status));
        let said = if reply.has_status() {
            status.clone()
        } else {
            answer::ending_name(reply.ending).to_owned()
        };
        let words = self
            .words()
            .say(Role::Strong, said)
            .plain(format!("   by {}", decided(delivery)));
        self.push(words);
        if let AnsweredBy::Armed { rule, .. } = &delivery.arrival.answer.by {
            let words = self
                .words()
                .say(Role::Dim, "rule ")
                .sent(Role::Dim, rule.as_bytes());
            self.push(words);
        }
        self.blank();
        if !reply.has_status() {
            return;
        }
        let words = self.words().plain(format!("HTTP/1.1 {status}"));
        self.push(words);
        for (name, value) in &reply.headers {
            let words = self
                .words()
                .plain("  ")
                .sent(Role::Plain, name.as_bytes())
                .at(22)
                .sent(Role::Plain, value.as_bytes());
            self.push(words);
        }
        let words = self
            .words()
            .plain("  content-length")
            .at(22)
            .plain(reply.body.len().to_string());
        self.push(words);
        self.blank();
        self.body(&reply.body);
    }

    fn body(&mut self, body: &[u8]) {
        let shown = &body[..body.len().min(BODY)];
        let (tree, error) = Tree::read(shown);
        if error.is_none() && !tree.is_empty() {
            let pretty = super::copy::pretty(shown);
            for line in text::block(&pretty).lines() {
                let words = self.words().plain(line.to_owned());
                self.push(words);
            }
        } else {
            for line in text::block(shown).lines() {
                let words = self.words().plain(line.to_owned());
                self.push(words);
            }
        }
        self.blank();
    }

    fn timing(&mut self, delivery: &Delivery) {
        let times = &delivery.request().times;
        self.title("Timing");
        let steps = [
            ("first byte", Some(times.arrived), String::new()),
            ("headers read", Some(times.head), String::new()),
            (
                "body read",
                Some(times.body),
                text::bytes(delivery.request().body.len() as u64),
            ),
            (
                match delivery.settlement.map(|settlement| settlement.outcome) {
                    Some(crate::delivery::Outcome::Answered) | None => "answer written",
                    Some(crate::delivery::Outcome::PeerLeft) => "client left",
                    Some(crate::delivery::Outcome::PeerStalled) => "client stalled",
                    Some(_) => "connection ended",
                },
                delivery.settlement.map(|settlement| settlement.at),
                delivery.settlement.map_or_else(
                    || "not yet".to_owned(),
                    |settlement| settlement.outcome.name().replace('_', " "),
                ),
            ),
        ];
        for (step, at, note) in steps {
            let took = at.map_or_else(String::new, |at| {
                let time = clock::between(times.arrived, at);
                format!("{:.1} ms", time.as_secs_f64() * 1000.0)
            });
            let words = self
                .words()
                .plain(" ")
                .field(Role::Plain, step, 18)
                .right(Role::Plain, &took, 12)
                .plain("   ")
                .plain(note);
            self.push(words);
        }
        if !delivery.arrival.answer.reply.delay.is_zero() {
            let words = self.words().plain(" ").say(
                Role::Dim,
                format!(
                    "meant to wait {} before the answer",
                    text::duration(delivery.arrival.answer.reply.delay)
                ),
            );
            self.push(words);
        }
        self.blank();
    }

    fn forwarding(&mut self, delivery: &Delivery, shown: &Shown) {
        let forwards: Vec<&Outgoing> = shown
            .outgoing
            .iter()
            .filter(|outgoing| outgoing.origin == Origin::Forward)
            .collect();
        let why = match &delivery.arrival.answer.by {
            AnsweredBy::Armed { .. } => "an armed fault answers first",
            AnsweredBy::Signature => "its signature was refused",
            AnsweredBy::Duplicate => "it was acknowledged before",
            AnsweredBy::Defect => "it was no whole request",
            AnsweredBy::Path => "it was for another path",
            _ if self.app.status.forward.is_none() => "no app was named (--forward URL)",
            _ => "nothing was sent",
        };
        if forwards.is_empty() {
            let words = self
                .words()
                .say(Role::Strong, "Forwarding")
                .plain(format!("   not forwarded: {why}"));
            self.push(words);
        } else {
            self.title("Forwarding");
            for forward in forwards {
                let words = self.outgoing(" ", forward);
                self.push(words);
            }
        }
        if matches!(delivery.arrival.answer.reply.ending, Ending::Hold) {
            let words = self
                .words()
                .say(Role::Dim, "held until somebody answers: !");
            self.push(words);
        }
        self.blank();
    }

    fn replays(&mut self, shown: &Shown) {
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
            let words = self.outgoing(&format!("{mark}R{}", at + 1), replay);
            self.push(words);
        }
    }

    fn outgoing(&self, label: &str, outgoing: &Outgoing) -> Words {
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
                words
                    .say(role, response.status.to_string())
                    .plain(format!("  {}  ", text::duration(attempt.took)))
                    .say(Role::Dim, self.app.replay_note(attempt).to_owned())
            }
            Err(failure) => words.sent(Role::Bad, failure.to_string().as_bytes()),
        }
    }
}
