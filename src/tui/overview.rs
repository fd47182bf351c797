//! The Overview tab: what a delivery is and what becomes of its event, on one screen.

use ratatui::text::Line;

use crate::delivery::{AnsweredBy, Delivery, EventIdSource};
use crate::export::{answer, forwarded, verdict};
use crate::filter::{Quality, Subject};
use crate::provider;
use crate::text;

use super::app::App;
use super::clock;
use super::decided::decided;
use super::detail::Shown;
use super::event_list::signature_role;
use super::index::{Attempt, EventNumber};
use super::overview_notes;
use super::row::Word;
use super::theme::Role;
use super::words::{Words, wrap};

/// Where the values begin.
const VALUE: usize = 12;

/// The lines of the tab.
pub(super) fn lines(app: &App, shown: &Shown) -> Vec<Line<'static>> {
    let width = usize::from(app.plan().detail_inside().width);
    let delivery = &*shown.delivery;
    let mut page = Page {
        app,
        width,
        compact: super::pane::is_compact(&app.plan(), width),
        lines: Vec::new(),
    };
    page.headline(shown);
    page.blank();
    page.identity(delivery);
    page.request(delivery, shown.digest);
    page.answer(delivery);
    page.blank();
    if let Some(event) = page.event(delivery) {
        page.retries(delivery, event);
        page.notes(delivery, event);
    }
    page.lines
}

pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    width: usize,
    /// What belongs together stands on one line: there are few.
    compact: bool,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ")
    }

    pub(super) fn labelled(&self, label: &str) -> Words {
        self.words().say(Role::Dim, label).at(VALUE)
    }

    pub(super) fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn event(&self, delivery: &Delivery) -> Option<EventNumber> {
        self.app.index.attempt(delivery.id).map(Attempt::event)
    }

    fn headline(&mut self, shown: &Shown) {
        let delivery = &*shown.delivery;
        let Some(attempt) = self.app.index.attempt(delivery.id) else {
            return;
        };
        let of = provider::gaps(delivery.arrival.recognition.provider).len();
        let of = if of > 0 {
            format!(" of {}", of + 1)
        } else {
            String::new()
        };
        let role = super::event_list::code_role(attempt);
        let start = self.words().say(role, attempt.code()).plain(" ");
        let decided = decided(shown);
        let start = if decided.is_long() {
            self.sentence(start, &decided.to_string());
            self.words()
        } else {
            start.plain(format!("{decided}   "))
        };
        let words = start
            .plain(format!("attempt {}{of}   ", attempt.number))
            .sent(
                Role::Strong,
                delivery
                    .arrival
                    .recognition
                    .event_type
                    .as_deref()
                    .unwrap_or("(no type)")
                    .as_bytes(),
            );
        let words = if Quality::Test.holds(&Subject::new(delivery, self.app.now)) {
            words.say(Role::Strong, "   test")
        } else {
            words
        };
        self.push(words);
    }

    /// A sentence that is shown whole, on more than one line if it must be.
    fn sentence(&mut self, start: Words, sentence: &str) {
        let margin = start.columns();
        let mut start = Some(start);
        for line in wrap(sentence, self.width.saturating_sub(margin + 1)) {
            let start = start.take().unwrap_or_else(|| self.words().at(margin));
            self.push(start.plain(line));
        }
    }

    fn identity(&mut self, delivery: &Delivery) {
        let recognition = &delivery.arrival.recognition;
        let words = match &recognition.event_id {
            Some((id, source)) => {
                let words = self
                    .labelled("Event")
                    .say(Role::Plain, if source.is_inferred() { "~" } else { "" })
                    .sent(Role::Plain, id.as_bytes());
                if self.compact {
                    words.say(Role::Dim, format!("  ({})", source.name()))
                } else {
                    words
                }
            }
            None => self.labelled("Event").plain("nothing to tell it by"),
        };
        self.push(words);
        if let Some((_, source)) = recognition.event_id.as_ref().filter(|_| !self.compact) {
            let words = self.labelled("").say(Role::Dim, grouped(*source));
            self.push(words);
        }
        for (label, id) in [("Task", &recognition.task_id), ("Run", &recognition.run_id)] {
            if let Some(id) = id {
                let words = self.labelled(label).sent(Role::Plain, id.as_bytes());
                self.push(words);
            }
        }
        let words = self.labelled("Payload").plain(format!(
            "{}, {}",
            recognition.provider,
            envelope(delivery)
        ));
        self.push(words);
    }

    fn request(&mut self, delivery: &Delivery, digest: [u8; 32]) {
        let request = delivery.request();
        let arrived = request.times.arrived;
        let age = clock::between(arrived, self.app.shown_at());
        let words = self.labelled("Received").plain(format!(
            "{}   ({})",
            clock::full(arrived),
            clock::ago(age)
        ));
        self.push(words);
        let words = self
            .labelled("Request")
            .sent(Role::Plain, request.head.method().as_bytes())
            .plain(" ")
            .sent(Role::Plain, request.head.target())
            .plain(format!(
                "  {}",
                request
                    .head
                    .version()
                    .map_or_else(|| "not HTTP".to_owned(), |version| version.to_string())
            ));
        let words = if self.compact {
            words.plain("  from ").plain(client(delivery))
        } else {
            words
        };
        self.push(words);
        if !self.compact {
            self.origin(delivery);
        }
        self.body(delivery, digest);
    }

    fn origin(&mut self, delivery: &Delivery) {
        let request = delivery.request();
        let through = forwarded::forwarded(&request.head);
        let via = through
            .tunnel
            .map_or_else(String::new, |tunnel| format!("  via {}", tunnel.name()));
        let words = self
            .labelled("From")
            .plain(format!("{}{via}", request.peer));
        self.push(words);
        if let Some(client) = through.client {
            let words = self
                .labelled("")
                .say(Role::Dim, "x-forwarded-for ")
                .sent(Role::Plain, client);
            self.push(words);
        }
    }

    fn body(&mut self, delivery: &Delivery, digest: [u8; 32]) {
        let request = delivery.request();
        let kind = request.head.header("content-type").map_or_else(
            || "no content type".to_owned(),
            |kind| text::line(kind).into_owned(),
        );
        let size = text::bytes(request.body.len() as u64);
        let words = self.labelled("Body").plain(format!("{size}  {kind}"));
        let same = self.same_body(delivery);
        let digest = short_digest(&digest);
        if self.compact {
            self.push(words.say(Role::Dim, "  sha256 ").plain(digest).plain(same));
        } else {
            self.push(words);
            let words = self
                .labelled("")
                .say(Role::Dim, "sha256 ")
                .plain(digest)
                .plain(same);
            self.push(words);
        }
        if let Some(defect) = &request.defect {
            let words = self.labelled("").sent(Role::Bad, defect.why().as_bytes());
            self.push(words);
        }
    }

    /// `  same as attempts 1, 2`
    fn same_body(&self, delivery: &Delivery) -> String {
        let Some(own) = self.app.index.attempt(delivery.id) else {
            return String::new();
        };
        let earlier: Vec<&Attempt> = self
            .app
            .index
            .attempts(own.event())
            .take_while(|attempt| attempt.id() < own.id())
            .collect();
        if earlier.is_empty() {
            return String::new();
        }
        let same: Vec<String> = earlier
            .iter()
            .filter(|attempt| attempt.body == own.body && attempt.size() == own.size())
            .map(|attempt| attempt.number.to_string())
            .collect();
        match same.len() {
            0 => "  differs from all before".to_owned(),
            1 | 2 if self.compact => format!("  same as #{}", same.join(" #")),
            1 => format!("  same as attempt {}", same[0]),
            2 => format!("  same as attempts {}", same.join(", ")),
            count if count == earlier.len() => "  same as all before".to_owned(),
            count => format!("  same as {count} attempts"),
        }
    }

    fn answer(&mut self, delivery: &Delivery) {
        let verdict = &delivery.arrival.verdict;
        let word = Word::of(verdict.word());
        let shown = match word {
            Word::Ok => "OK".to_owned(),
            other => other.text().to_owned(),
        };
        let mut words = self.labelled("Signature").say(signature_role(word), shown);
        if let Some(hint) = &verdict.key_hint {
            words = words.plain(format!("   key …{hint}"));
        }
        words = match (word, verdict.age_seconds) {
            (Word::Ok, Some(age)) => words.plain(format!(
                "   t= is {age} s old (limit {} s)",
                self.app.status.tolerance.as_secs()
            )),
            _ => words.plain(format!("   {}", verdict::phrase(verdict))),
        };
        self.push(words);
        if let Some(cause) = verdict::cause(delivery) {
            let words = self.labelled("").say(Role::Warn, cause);
            self.push(words);
        }
        let took = answer::took(delivery).map_or_else(
            || "not ended yet".to_owned(),
            |took| format!("after {}", text::duration(took)),
        );
        let forward = match &delivery.arrival.answer.by {
            AnsweredBy::App => "forwarded",
            _ => "not forwarded",
        };
        let words = self
            .labelled("Answer")
            .sent(Role::Plain, answer::word(delivery).as_bytes())
            .plain(format!(" {took}   {forward}"));
        self.push(words);
    }

    fn notes(&mut self, delivery: &Delivery, event: EventNumber) {
        let notes = overview_notes::of(self.app, delivery, event);
        if notes.is_empty() {
            return;
        }
        self.blank();
        let title = self.words().say(Role::Dim, "Notes");
        self.push(title);
        for note in notes {
            for (at, line) in wrap(&note, self.width.saturating_sub(4))
                .into_iter()
                .enumerate()
            {
                let start = if at == 0 { " - " } else { "   " };
                let words = self.words().plain(start).plain(line);
                self.push(words);
            }
        }
    }
}

/// The client behind the tunnel, else the peer.
fn client(delivery: &Delivery) -> String {
    let request = delivery.request();
    let through = forwarded::forwarded(&request.head);
    let via = through
        .tunnel
        .map_or_else(String::new, |tunnel| format!(" via {}", tunnel.name()));
    match through.client {
        Some(client) => format!("{}{via}", text::line(client)),
        None => format!("{}{via}", request.peer),
    }
}

fn grouped(source: EventIdSource) -> &'static str {
    match source {
        EventIdSource::Header => "grouped by header Sixtyfour-Event-Id",
        EventIdSource::Body => "grouped by the body's event_id",
        EventIdSource::Task => "inferred: task_id and status of the body",
        EventIdSource::Run => "inferred: run_id of the body",
        EventIdSource::Hash => "inferred: hash of the body",
    }
}

fn envelope(delivery: &Delivery) -> &'static str {
    use crate::delivery::Envelope;
    match delivery.arrival.recognition.envelope {
        Envelope::Job => "async job",
        Envelope::Workflow => "workflow block",
        Envelope::Subscription => "subscription",
        Envelope::Unknown => "no documented shape",
    }
}

/// The start and the end of a body's digest.
fn short_digest(digest: &[u8]) -> String {
    let digest = crate::signature::digest::hex(digest);
    format!("{}…{}", &digest[..8], &digest[digest.len() - 7..])
}
