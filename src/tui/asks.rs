//! Commands that open a dialog or a question about what is selected.

use bytes::Bytes;

use crate::delivery::DeliveryId;
use crate::text;

use super::act::events;
use super::app::App;
use super::effect::{Effect, Format};
use super::index::EventNumber;
use super::layer::{Confirm, Layer, SavePrompt, Then, WritePrompt};
use super::prompt::Prompt;
use super::replay::ReplayForm;
use super::row::Planned;

impl App {
    /// The deliveries that an action means: the marked events' newest, else the selected one.
    pub(super) fn meant_deliveries(&self) -> Vec<DeliveryId> {
        if self.list.marks.is_empty() {
            return self
                .list
                .selected_delivery(&self.index)
                .into_iter()
                .collect();
        }
        self.list
            .marks
            .iter()
            .filter_map(|event| self.index.last(*event))
            .map(super::index::Attempt::id)
            .collect()
    }

    /// Every delivery of every event in the list.
    pub(super) fn shown_deliveries(&self) -> Vec<DeliveryId> {
        let order = self.list.rows().order();
        (0..order.len())
            .filter_map(|at| order.at(at))
            .flat_map(|event| self.index.attempts(event))
            .map(super::index::Attempt::id)
            .collect()
    }

    pub(super) fn ask_replay(&mut self, deliveries: Option<Vec<DeliveryId>>) {
        let deliveries = deliveries.unwrap_or_else(|| self.meant_deliveries());
        if deliveries.is_empty() {
            self.tell("nothing is selected");
            return;
        }
        let form = ReplayForm::new(self, deliveries);
        self.effects
            .push(Effect::Reach(form.target.text().to_owned()));
        self.layers.push(Layer::Replay(Box::new(form)));
    }

    pub(super) fn edit(&mut self) {
        self.ask_replay(None);
        self.edit_replay();
    }

    /// Opens the editor on what the replay dialog would send.
    pub(super) fn edit_replay(&mut self) {
        let Some(Layer::Replay(form)) = self.layers.last() else {
            return;
        };
        let text = form.edited.clone().or_else(|| {
            let shown = self.detail.current()?;
            (form.deliveries == [shown.delivery.id])
                .then(|| super::request_text::write(shown.delivery.request()))
        });
        match text {
            Some(text) => {
                self.outside = true;
                self.effects.push(Effect::Edit(text));
            }
            None => self.tell("one delivery at a time can be edited"),
        }
    }

    pub(super) fn page_out(&mut self) {
        let Some(shown) = self.detail.current() else {
            self.tell("nothing is selected");
            return;
        };
        let request = shown.delivery.request();
        let body = super::copy::pretty(&self.detail.body.bytes);
        let mut page = text::block(request.head.raw()).into_owned();
        page.push_str(&text::block(&body));
        page.push('\n');
        self.outside = true;
        self.effects.push(Effect::Page(page));
    }

    pub(super) fn diff(&mut self) {
        match super::diff::attempts(self) {
            Ok(layer) => self.layers.push(layer),
            Err(why) => self.tell(why),
        }
    }

    pub(super) fn ask_write(&mut self, ids: Vec<DeliveryId>) {
        if ids.is_empty() {
            self.tell("nothing is selected");
            return;
        }
        let format = if ids.len() == 1 {
            Format::Http
        } else {
            Format::Ndjson
        };
        self.layers.push(Layer::Write(WritePrompt {
            prompt: Prompt::new(super::write_prompt::name(self, &ids, format), Vec::new()),
            format,
            ids,
        }));
    }

    /// What is too long to be copied can be written to a file.
    pub(super) fn ask_save(&mut self, what: &'static str, bytes: Bytes) {
        let ids: Vec<DeliveryId> = self.detail.wanted.into_iter().collect();
        let name = match what {
            "body, pretty" => super::write_prompt::name(self, &ids, Format::Body) + ".json",
            _ => super::write_prompt::name(self, &ids, Format::Body),
        };
        self.layers.push(Layer::Save(SavePrompt {
            prompt: Prompt::new(name, Vec::new()),
            what,
            bytes,
        }));
    }

    /// A sample is on its way: its event is a test.
    pub(super) fn sampled(&mut self, id: &str) {
        self.tests.insert(super::record::short(id));
        self.tell("sent a test delivery");
    }

    /// Whether an event was sent from here to try things.
    pub(super) fn is_test(&self, event: EventNumber) -> bool {
        !self.tests.is_empty()
            && self
                .index
                .event(event)
                .is_some_and(|event| self.tests.contains(&event.short_id()))
    }

    pub(super) fn held(&mut self) {
        let selected = self.list.selected_delivery(&self.index);
        let is_held = |id: &DeliveryId| {
            self.index
                .attempt(*id)
                .is_some_and(|attempt| attempt.is_held() && attempt.planned == Planned::Held)
                || self.status.held.contains(id)
        };
        let first = self.index.held().map(super::index::Attempt::id).next();
        match selected.filter(is_held).or(first) {
            Some(id) => self.layers.push(Layer::Held(id)),
            None => self.tell("no delivery is held"),
        }
    }

    pub(super) fn suspend(&mut self) {
        let (held, waiting) = self.pending();
        if held + waiting == 0 && self.status.local.is_none() {
            self.effects.push(Effect::Suspend);
            return;
        }
        let question = if held + waiting == 0 {
            "Deliveries will not be answered while suspended.".to_owned()
        } else {
            format!(
                "Deliveries will not be answered while suspended: {held} held now, {waiting} waiting for a retry."
            )
        };
        self.layers.push(Layer::Confirm(Confirm {
            title: "Suspend?",
            question,
            then: Then::Suspend,
        }));
    }

    pub(super) fn delete(&mut self) {
        let meant = self.list.meant();
        match meant.len() {
            0 => self.tell("nothing is selected"),
            1 => self.hide(meant),
            count => self.layers.push(Layer::Confirm(Confirm {
                title: "Delete from view?",
                question: format!(
                    "{} leave the list. The store keeps them, and u brings them back.",
                    events(count)
                ),
                then: Then::Hide(meant),
            })),
        }
    }

    pub(super) fn hide(&mut self, meant: Vec<u32>) {
        let count = meant.len();
        for event in &meant {
            self.list.marks.remove(event);
        }
        self.list.hide(meant);
        self.tell(format!(
            "{} left the list; u brings back, the store keeps all",
            events(count)
        ));
    }

    pub(super) fn clear_all(&mut self) {
        let order = self.list.rows().order();
        let all: Vec<_> = (0..order.len()).filter_map(|at| order.at(at)).collect();
        if all.is_empty() {
            self.tell("the list is empty");
            return;
        }
        self.layers.push(Layer::Confirm(Confirm {
            title: "Clear the list?",
            question: format!(
                "{} leave the list. The store keeps them, and u brings them back.",
                events(all.len())
            ),
            then: Then::Hide(all),
        }));
    }
}
