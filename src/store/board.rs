//! What the writer tells everybody else: that something changed, and what retention removed. Nothing
//! here can grow.

use tokio::sync::watch;

use crate::delivery::DeliveryId;

/// What retention has removed since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Every delivery up to this one is gone.
    pub through: Option<DeliveryId>,
    /// How many were removed.
    pub deliveries: u64,
}

#[derive(Debug)]
pub(super) struct Board {
    version: watch::Sender<u64>,
    removed: watch::Sender<Removed>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            version: watch::Sender::new(0),
            removed: watch::Sender::new(Removed::default()),
        }
    }

    pub(super) fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(super) fn removals(&self) -> watch::Receiver<Removed> {
        self.removed.subscribe()
    }

    /// Deliveries came, changed or went.
    pub(super) fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    pub(super) fn removed(&self, through: u64, deliveries: u64) {
        self.removed.send_modify(|removed| {
            removed.through = DeliveryId::new(through);
            removed.deliveries += deliveries;
        });
        self.changed();
    }
}
