//! The detail's own state: which delivery is looked at, on which tab, how far it is scrolled.

use std::sync::Arc;

use crate::delivery::{Delivery, DeliveryId};

use super::action::Tab;
use super::body_view::BodyView;
use super::effect::Loaded;
use super::keyed::Insight;
use super::world::Outgoing;

/// What is known of the delivery that is looked at.
#[derive(Debug)]
pub struct Shown {
    /// It.
    pub delivery: Arc<Delivery>,
    /// The SHA-256 of its body.
    pub digest: [u8; 32],
    /// Earlier deliveries of its event, oldest first; only the last of them with its body.
    pub beside: Vec<Arc<Delivery>>,
    /// What was sent because of it.
    pub outgoing: Vec<Outgoing>,
}

impl Shown {
    /// The delivery before this one.
    #[must_use]
    pub fn previous(&self) -> Option<&Arc<Delivery>> {
        self.beside.last()
    }
}

/// The detail.
#[derive(Debug, Default)]
pub struct Detail {
    /// The tab.
    pub tab: Tab,
    /// The delivery that is wanted.
    pub wanted: Option<DeliveryId>,
    /// The delivery that is there.
    pub shown: Option<Shown>,
    /// The wanted one is not in the store any more.
    pub gone: bool,
    /// The first line seen, a tab.
    scroll: [usize; 6],
    /// The line with the cursor, on tabs that have one.
    cursor: [usize; 6],
    /// A closer look at its signature; `None` inside while it is being taken.
    insight: Option<(DeliveryId, Option<Insight>)>,
    /// Headers by name instead of as sent.
    pub headers_sorted: bool,
    /// The body.
    pub body: BodyView,
}

impl Detail {
    /// What is there, when it is what is wanted.
    #[must_use]
    pub fn current(&self) -> Option<&Shown> {
        self.shown
            .as_ref()
            .filter(|shown| Some(shown.delivery.id) == self.wanted)
    }

    /// Wants another delivery; whether it is another one.
    pub fn want(&mut self, id: Option<DeliveryId>) -> bool {
        if self.wanted == id {
            return false;
        }
        self.wanted = id;
        self.gone = false;
        self.scroll = [0; 6];
        self.cursor = [0; 6];
        true
    }

    /// Takes in what was loaded; whether the body is another one.
    pub fn loaded(&mut self, loaded: Loaded) -> bool {
        if Some(loaded.id) != self.wanted {
            return false;
        }
        let Some(delivery) = loaded.delivery else {
            self.gone = true;
            self.shown = None;
            return false;
        };
        let same = self
            .shown
            .as_ref()
            .is_some_and(|shown| shown.delivery.id == delivery.id);
        self.shown = Some(Shown {
            delivery,
            digest: loaded.digest,
            beside: loaded.beside,
            outgoing: loaded.outgoing,
        });
        !same
    }

    /// The delivery whose signature is to be looked at closer now, for the first time.
    pub fn uninspected(&mut self) -> Option<&Shown> {
        let id = self.current()?.delivery.id;
        if self.insight.as_ref().is_some_and(|(known, _)| *known == id) {
            return None;
        }
        self.insight = Some((id, None));
        self.current()
    }

    /// Takes in a closer look.
    pub fn inspected(&mut self, id: DeliveryId, insight: Insight) {
        if let Some((known, found)) = &mut self.insight
            && *known == id
        {
            *found = Some(insight);
        }
    }

    /// The closer look at what is there.
    #[must_use]
    pub fn insight(&self) -> Option<&Insight> {
        let (id, insight) = self.insight.as_ref()?;
        insight.as_ref().filter(|_| Some(*id) == self.wanted)
    }

    /// The first line seen on this tab.
    #[must_use]
    pub fn scroll(&self) -> usize {
        self.scroll[self.tab.place()]
    }

    /// The line with the cursor on this tab.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor[self.tab.place()]
    }

    /// Scrolls this tab some lines; `last` is the furthest that makes sense.
    pub fn scroll_by(&mut self, lines: isize, last: usize) {
        let place = self.tab.place();
        self.scroll[place] = self.scroll[place].saturating_add_signed(lines).min(last);
    }

    /// Moves the cursor of this tab among `count` lines, and scrolls so that it is seen.
    pub fn move_by(&mut self, lines: isize, count: usize, height: usize) {
        let place = self.tab.place();
        let last = count.saturating_sub(1);
        let at = self.cursor[place].saturating_add_signed(lines).min(last);
        self.put_cursor(at, height);
    }

    /// Moves the cursor of this tab among `count` things without scrolling.
    pub fn move_cursor(&mut self, by: isize, count: usize) {
        let place = self.tab.place();
        let last = count.saturating_sub(1);
        self.cursor[place] = self.cursor[place].saturating_add_signed(by).min(last);
    }

    /// Puts the cursor of this tab on a line, and scrolls so that it is seen.
    pub fn put_cursor(&mut self, at: usize, height: usize) {
        let place = self.tab.place();
        self.cursor[place] = at;
        let first = (at + 1).saturating_sub(height.max(1));
        self.scroll[place] = self.scroll[place].max(first).min(at);
    }
}
