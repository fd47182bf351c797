//! What the accept loop tells all connections: stop, leave, make room.
//!
//! A word that a connection reads with one atomic load each time it is woken, and a wake-up for
//! when it changes: a watch channel would take a lock that all connections share.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// How far the listener is with stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Not stopping.
    Open,
    /// No new requests; those in flight are finished.
    Finishing,
    /// The time for that is over.
    Leaving,
}

/// The stage, and how often room was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Word(u32);

const STAGE_BITS: u32 = 2;

impl Word {
    pub(super) fn stage(self) -> Stage {
        match self.0 & ((1 << STAGE_BITS) - 1) {
            0 => Stage::Open,
            1 => Stage::Finishing,
            _ => Stage::Leaving,
        }
    }

    /// Whether room was asked for since `earlier`.
    pub(super) fn asks_for_room_since(self, earlier: Self) -> bool {
        self.0 >> STAGE_BITS != earlier.0 >> STAGE_BITS
    }
}

/// The board that connections watch.
#[derive(Debug, Default)]
pub(super) struct Signals {
    word: AtomicU32,
    changed: Notify,
}

impl Signals {
    pub(super) fn now(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    pub(super) fn stage(&self) -> Stage {
        self.now().stage()
    }

    /// Goes on to the next stage.
    pub(super) fn advance(&self) {
        self.word.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// Asks connections that wait for nothing in particular to go.
    pub(super) fn ask_for_room(&self) {
        self.word.fetch_add(1 << STAGE_BITS, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// What wakes its task once the word changes after this call.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Waits for a stage.
    pub(super) async fn reached(&self, stage: Stage) {
        loop {
            let changed = self.changed.notified();
            if self.stage() >= stage {
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_room_and_stopping_do_not_get_in_each_others_way() {
        let signals = Signals::default();
        let start = signals.now();
        assert_eq!(signals.stage(), Stage::Open);
        signals.ask_for_room();
        assert!(signals.now().asks_for_room_since(start));
        assert_eq!(signals.stage(), Stage::Open);
        signals.advance();
        assert_eq!(signals.stage(), Stage::Finishing);
        let finishing = signals.now();
        signals.advance();
        assert_eq!(signals.stage(), Stage::Leaving);
        assert!(!signals.now().asks_for_room_since(finishing));
    }
}
