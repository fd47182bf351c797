//! Which delivery a user means: a sequence number, an event id, or the beginning of one.

use rusqlite::{Connection, OptionalExtension as _};

use crate::delivery::DeliveryId;

use super::numbers::count;

/// How many events are named when it is not clear which one is meant.
const NAMED: usize = 5;

/// An event whose id is, or is like, what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: Option<String>,
    /// Its newest delivery.
    pub newest: DeliveryId,
    /// How many deliveries it has.
    pub deliveries: u64,
}

/// What an id leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This delivery.
    Delivery(DeliveryId),
    /// The beginning of several event ids.
    Ambiguous {
        /// How many.
        events: u64,
        /// The newest of them.
        candidates: Vec<Candidate>,
    },
    /// Nothing.
    Nothing {
        /// The longest beginning of what was asked for that any event id shares; empty if none
        /// shares a character.
        shared: String,
        /// How many event ids begin like that.
        events: u64,
        /// The newest of them; none if nothing is shared.
        candidates: Vec<Candidate>,
    },
}

/// Finds the delivery that is meant by `id`.
pub(super) fn find(connection: &Connection, id: &str) -> rusqlite::Result<Found> {
    if let Some(id) = by_number(connection, id)? {
        return Ok(Found::Delivery(id));
    }
    let mut nearest = Nearest::default();
    // One look at every event id, the newest first: there is no index on what is random.
    let mut statement = connection.prepare_cached(
        "SELECT seq, event, event_id FROM deliveries WHERE event_id IS NOT NULL ORDER BY seq DESC",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let event_id = row.get_ref(2)?.as_str().unwrap_or_default();
        let Some(delivery) = delivery_id(row.get(0)?) else {
            continue;
        };
        if event_id == id {
            return Ok(Found::Delivery(delivery));
        }
        let is_first = row.get_ref(0)? == row.get_ref(1)?;
        nearest.note(id, event_id, delivery, is_first);
    }
    nearest.found(connection, id)
}

fn by_number(connection: &Connection, text: &str) -> rusqlite::Result<Option<DeliveryId>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let Ok(id) = text.parse::<DeliveryId>() else {
        return Ok(None);
    };
    let is_there = connection
        .prepare_cached("SELECT 1 FROM deliveries WHERE seq = ?1")?
        .exists([count(id.get())])?;
    Ok(is_there.then_some(id))
}

fn delivery_id(seq: i64) -> Option<DeliveryId> {
    u64::try_from(seq).ok().and_then(DeliveryId::new)
}

/// The events whose ids share the longest beginning with what was asked for.
#[derive(Default)]
struct Nearest {
    /// How many bytes they share; never none.
    shared: usize,
    /// How many events.
    events: u64,
    /// The newest of them.
    candidates: Vec<Candidate>,
}

impl Nearest {
    fn note(&mut self, id: &str, event_id: &str, delivery: DeliveryId, is_first: bool) {
        // The digits of a hash are known without what stands before them: lists leave it out.
        let digits = event_id.strip_prefix("sha256:").unwrap_or_default();
        let shared = shared(id, event_id).max(shared(id, digits));
        if shared == 0 || shared < self.shared {
            return;
        }
        if shared > self.shared {
            *self = Self {
                shared,
                ..Self::default()
            };
        }
        self.events += u64::from(is_first);
        let is_room = self.candidates.len() < NAMED;
        let known = self
            .candidates
            .iter_mut()
            .find(|candidate| candidate.event_id == event_id);
        match known {
            Some(known) => known.deliveries += 1,
            None if is_room => self.candidates.push(Candidate {
                event_id: event_id.to_owned(),
                event_type: None,
                newest: delivery,
                deliveries: 1,
            }),
            None => {}
        }
    }

    fn found(mut self, connection: &Connection, id: &str) -> rusqlite::Result<Found> {
        for candidate in &mut self.candidates {
            candidate.event_type = connection
                .prepare_cached("SELECT event_type FROM deliveries WHERE seq = ?1")?
                .query_row([count(candidate.newest.get())], |row| row.get(0))
                .optional()?
                .flatten();
        }
        let events = self.events.max(self.candidates.len() as u64);
        let candidates = self.candidates;
        let is_beginning = self.shared == id.len();
        Ok(match candidates.as_slice() {
            [only] if is_beginning => Found::Delivery(only.newest),
            [_, ..] if is_beginning => Found::Ambiguous { events, candidates },
            _ => Found::Nothing {
                shared: id[..self.shared].to_owned(),
                events,
                candidates,
            },
        })
    }
}

/// How many bytes of whole characters two texts share from their beginning.
fn shared(one: &str, other: &str) -> usize {
    let bytes = one.bytes().zip(other.bytes());
    let same = bytes.take_while(|(left, right)| left == right).count();
    (0..=same)
        .rev()
        .find(|end| one.is_char_boundary(*end))
        .unwrap_or(0)
}
