//! What the writer tells everybody else: that something changed, what the store spans, and what
//! retention removed. Nothing here can grow.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::delivery::DeliveryId;

/// How many changes are remembered one by one.
const REMEMBERED: usize = 1024;

/// What retention has removed since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Every delivery up to this one is gone.
    pub through: Option<DeliveryId>,
    /// How many were removed.
    pub deliveries: u64,
}

/// Which deliveries changed between two versions of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// None.
    Nothing,
    /// All that changed or came are among these.
    Among(RangeInclusive<DeliveryId>),
    /// It is too long ago to tell.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Board {
    version: watch::Sender<u64>,
    removed: watch::Sender<Removed>,
    recent: Mutex<VecDeque<(u64, u64, u64)>>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            version: watch::Sender::new(0),
            removed: watch::Sender::new(Removed::default()),
            recent: Mutex::default(),
        }
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<(u64, u64, u64)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(super) fn removals(&self) -> watch::Receiver<Removed> {
        self.removed.subscribe()
    }

    /// Deliveries from `first` to `last` came or changed; `None`: nobody knows which.
    pub(super) fn changed(&self, span: Option<(u64, u64)>) {
        let mut recent = self.recent();
        let version = *self.version.borrow() + 1;
        match span {
            Some((first, last)) => {
                if recent.len() == REMEMBERED {
                    recent.pop_front();
                }
                recent.push_back((version, first, last));
            }
            None => recent.clear(),
        }
        drop(recent);
        self.version.send_replace(version);
    }

    /// Which deliveries changed since that version.
    pub(super) fn since(&self, version: u64) -> Changed {
        let recent = self.recent();
        let now = *self.version.borrow();
        if version >= now {
            return Changed::Nothing;
        }
        let known = recent.iter().filter(|(at, _, _)| *at > version);
        let mut count = 0;
        let (mut low, mut high) = (u64::MAX, 0);
        for (_, first, last) in known {
            count += 1;
            low = low.min(*first);
            high = high.max(*last);
        }
        let complete = count == now - version;
        match (DeliveryId::new(low), DeliveryId::new(high)) {
            (Some(low), Some(high)) if complete => Changed::Among(low..=high),
            _ => Changed::Unknown,
        }
    }

    pub(super) fn removed(&self, through: u64, deliveries: u64) {
        self.removed.send_modify(|removed| {
            removed.through = DeliveryId::new(through);
            removed.deliveries += deliveries;
        });
        self.changed(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> DeliveryId {
        DeliveryId::new(number).unwrap()
    }

    #[test]
    fn changes_since_a_version_span_all_that_changed_and_nothing_more() {
        let board = Board::new();
        board.changed(Some((1, 3)));
        board.changed(Some((4, 4)));
        board.changed(Some((2, 2)));
        assert_eq!(board.since(0), Changed::Among(id(1)..=id(4)));
        assert_eq!(board.since(1), Changed::Among(id(2)..=id(4)));
        assert_eq!(board.since(3), Changed::Nothing);
    }

    #[test]
    fn what_is_too_long_ago_is_not_guessed() {
        let board = Board::new();
        for number in 1..=2000 {
            board.changed(Some((number, number)));
        }
        assert_eq!(board.since(10), Changed::Unknown);
        assert_eq!(board.since(1990), Changed::Among(id(1991)..=id(2000)));
        board.removed(5, 5);
        assert_eq!(board.since(1990), Changed::Unknown);
    }
}
