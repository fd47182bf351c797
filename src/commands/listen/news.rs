//! What concerns no delivery in particular: the store fails, something is held, something was removed.

use jiff::Timestamp;
use tokio::sync::broadcast::error::RecvError;

use crate::delivery::{DeliveryId, Recognition};
use crate::export::ndjson;
use crate::export::notice::{Held, Notice as Said, StoreFailed};
use crate::inbox::{Inbox, Notice};

use super::super::output;
use super::face::Face;
use super::words;

/// Says it, as long as there is an inbox.
pub(super) async fn news(inbox: Inbox, face: Face) {
    let mut notices = inbox.notices();
    loop {
        match notices.recv().await {
            Ok(notice) => tell(&inbox, &face, &notice),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(inbox: &Inbox, face: &Face, notice: &Notice) {
    let refused = inbox.totals().unstored;
    let said = |error, recovered| {
        let failed = StoreFailed {
            at: Timestamp::now(),
            error,
            refused,
            recovered,
        };
        ndjson::notice(&Said::StoreFailed(failed))
    };
    // Who no longer reads the output is noticed by whoever prints the deliveries.
    let _ = match notice {
        Notice::StoreFailed(error) => face.object(&said(error, false)),
        Notice::StoreRecovered => face.object(&said("", true)),
        Notice::Held(id) => face.object(&held(inbox, *id)),
        Notice::Removed { .. } | Notice::Unrouted { .. } => Ok(()),
    };
    if let Notice::Unrouted { path, event_type } = notice {
        output::note(&words::unrouted(
            path,
            event_type.as_deref(),
            inbox.routes(),
        ));
    }
    // The terminal UI shows all of this by itself.
    if !face.is_json() && !face.is_tui() {
        words::tell(notice, refused);
    }
}

fn held(inbox: &Inbox, id: DeliveryId) -> String {
    let delivery = inbox.store().get(id).ok().flatten();
    let recognition = delivery.as_ref().map(|held| &held.arrival.recognition);
    ndjson::notice(&Said::Held(Held {
        at: Timestamp::now(),
        seq: id.get(),
        event_id: recognition.and_then(Recognition::event_id_text),
        event_type: recognition.and_then(|recognition| recognition.event_type.as_deref()),
    }))
}
