//! The Response tab: what was answered, when each step was over, and the replays.

use ratatui::text::Line;

use crate::delivery::{AnsweredBy, Delivery, Ending, Header, Outcome};
use crate::export::answer;
use crate::text;

use super::app::App;
use super::clock;
use super::decided::decided;
use super::detail::Shown;
use super::response_replays::BODY;
use super::theme::Role;
use super::tree::Tree;
use super::words::{Words, wrap};
use super::world::{Origin, Outgoing};

/// The lines of the tab.
pub(super) fn lines(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let width = usize::from(app.plan().detail_inside().width);
    let mut page = Page {
        app,
        width,
        compact: super::pane::is_compact(&app.plan(), width),
        lines: Vec::new(),
    };
    let delivery = &*shown.delivery;
    page.answer(shown);
    page.timing(delivery);
    page.forwarding(delivery, shown);
    page.replays(shown);
    page.lines
}

pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    pub(super) width: usize,
    /// What belongs together stands on one line: there are few.
    compact: bool,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    pub(super) fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ")
    }

    pub(super) fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    /// A line that ends in a sentence: all of it, on lines of its own where it does not fit.
    pub(super) fn whole(&mut self, start: Words, role: Role, sentence: &str) {
        if start.columns() + text::width(sentence) <= self.width {
            self.push(start.say(role, sentence));
            return;
        }
        self.push(start);
        for line in wrap(sentence, self.width.saturating_sub(7)) {
            let words = self.words().at(6).say(role, line);
            self.push(words);
        }
    }

    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn title(&mut self, title: &str) {
        let words = self.words().say(Role::Strong, title);
        self.push(words);
    }

    fn answer(&mut self, shown: &Shown) {
        let delivery = &*shown.delivery;
        let reply = &delivery.arrival.answer.reply;
        let status = format!("{} {}", reply.status, answer::phrase(reply.status));
        let said = if reply.has_status() {
            status.clone()
        } else {
            instead_of_a_status(delivery)
        };
        let words = self.words().say(Role::Strong, said).plain("   ");
        self.whole(words, Role::Plain, &decided(shown).to_string());
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
        if self.compact {
            self.short_answer(delivery);
            return;
        }
        let words = self.words().plain(format!("HTTP/1.1 {status}"));
        self.push(words);
        for Header { name, value } in &reply.headers {
            let words = self
                .words()
                .plain("  ")
                .sent(Role::Plain, name)
                .at(22)
                .sent(Role::Plain, value);
            self.push(words);
        }
        let words = self
            .words()
            .plain("  Content-Length")
            .at(22)
            .plain(reply.body.len().to_string());
        self.push(words);
        self.blank();
        self.body(&reply.body);
    }

    /// Headers and body on a line each.
    fn short_answer(&mut self, delivery: &Delivery) {
        let reply = &delivery.arrival.answer.reply;
        let mut words = self.words().plain("  ");
        for Header { name, value } in &reply.headers {
            words = words
                .sent(Role::Plain, name)
                .plain("  ")
                .sent(Role::Plain, value)
                .plain("    ");
        }
        let words = words.plain(format!("Content-Length  {}", reply.body.len()));
        self.push(words);
        let shown = &reply.body[..reply.body.len().min(BODY)];
        let words = self.words().plain("  ").sent(Role::Plain, shown);
        self.push(words);
        self.blank();
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
        if self.compact {
            self.short_timing(delivery);
            return;
        }
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
                    Some(Outcome::Answered | Outcome::Released(_)) | None => "answer written",
                    Some(Outcome::PeerLeft) => "client left",
                    Some(Outcome::PeerStalled) => "client stalled",
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

    fn short_timing(&mut self, delivery: &Delivery) {
        let times = &delivery.request().times;
        let since = |at| clock::between(times.arrived, at).as_secs_f64() * 1000.0;
        let ended = delivery.settlement.map_or_else(
            || "not answered yet".to_owned(),
            |settlement| {
                let outcome = settlement.outcome.name().replace('_', " ");
                format!("{outcome} {:.1} ms", since(settlement.at))
            },
        );
        let words = self.words().say(Role::Strong, "Timing").plain(format!(
            "       headers {:.1}   body {:.1}   {ended}",
            since(times.head),
            since(times.body),
        ));
        self.push(words);
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
                self.outgoing(" ", forward);
            }
        }
        let is_held = delivery.arrival.answer.reply.ending == Ending::Hold;
        if is_held && delivery.settlement.is_none() {
            let words = self
                .words()
                .say(Role::Dim, "held until somebody answers: !");
            self.push(words);
        }
        self.blank();
    }
}

/// What became of a delivery whose answer was not meant to have a status.
fn instead_of_a_status(delivery: &Delivery) -> String {
    let ending = delivery.arrival.answer.reply.ending;
    let outcome = delivery.settlement.map(|settlement| settlement.outcome);
    match (ending, outcome) {
        (_, Some(Outcome::Released(status))) => format!("{status} {}", answer::phrase(status)),
        // How it ended was decided later than that it was held.
        (Ending::Hold, Some(outcome)) => outcome.name().replace('_', " "),
        _ => answer::ending_name(ending).to_owned(),
    }
}
