//! Watching for the retries of events that were not acknowledged: which are late, which have ended.
//!
//! Pure but for what it is handed: deliveries as they are settled, the time, and a way to read an
//! event again. Whoever keeps the vigil decides when to look, by [`Vigil::next_look`].

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{DeliveryId, Outlook, Provider};
use crate::outbox::schedule::Seen;
use crate::outbox::schedule::pace::{Drift, Pace};
use crate::outbox::schedule::watch::{Watch, watch};
use crate::store::Brief;

/// How many events are watched at once; the oldest ones make room.
const AT_MOST: usize = 10_000;
/// How many deliveries of an event are looked at: more than any provider attempts.
pub const ATTEMPTS: usize = 16;
/// A retry is late after its time, not at it.
const A_MOMENT: Duration = Duration::from_millis(1);
/// Between two looks at an event that is late, or whose attempt is still being answered.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Something to say about an event.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The retry should have come by now.
    Late {
        /// The event's newest delivery.
        newest: Box<Brief>,
        /// The attempt that is missing.
        attempt: u32,
        /// When it was due.
        due: Timestamp,
    },
    /// The provider has given up, as far as can be told.
    Ended {
        /// The event's newest delivery.
        newest: Box<Brief>,
        /// How many attempts arrived.
        attempts: u32,
    },
    /// A provider's gaps are not the documented ones; said once.
    Drifted(Provider, Drift),
}

/// An event whose retry is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: Option<String>,
    /// The attempt that is expected.
    pub attempt: u32,
    /// When.
    pub due: Timestamp,
}

/// The events that were not acknowledged yet.
#[derive(Debug, Default)]
pub struct Vigil {
    paces: HashMap<Provider, Pace>,
    open: BTreeMap<DeliveryId, Open>,
    ended: u64,
}

#[derive(Debug)]
struct Open {
    look: Timestamp,
    said_late: bool,
    waiting: Option<Waiting>,
}

impl Vigil {
    /// Whether something is expected of this event.
    #[must_use]
    pub fn is_open(&self, first: DeliveryId) -> bool {
        self.open.contains_key(&first)
    }

    /// Takes in what became of an event: the last [`ATTEMPTS`] of it, oldest first.
    pub fn settled(&mut self, event: &[Brief], now: Timestamp) -> Option<News> {
        let newest = event.last()?;
        let provider = newest.provider;
        let first = newest.event;
        let watch = self.watch(provider, event, now);
        let drift = watch.newest_gap().and_then(|(attempt, gap)| {
            let pace = self.pace(provider);
            pace.measure(first, attempt, gap)
        });
        self.keep(first, newest, &watch, now);
        drift.map(|drift| News::Drifted(provider, drift))
    }

    /// Looks at the events whose time has come; `read` gives the last [`ATTEMPTS`] of
    /// one, oldest first.
    pub fn look(&mut self, now: Timestamp, read: impl Fn(DeliveryId) -> Vec<Brief>) -> Vec<News> {
        let due: Vec<_> = self
            .open
            .iter()
            .filter(|(_, open)| open.look <= now)
            .map(|(first, _)| *first)
            .collect();
        due.into_iter()
            .filter_map(|first| self.look_at(first, &read(first), now))
            .collect()
    }

    fn look_at(&mut self, first: DeliveryId, event: &[Brief], now: Timestamp) -> Option<News> {
        let Some(newest) = event.last() else {
            self.open.remove(&first);
            return None;
        };
        let provider = newest.provider;
        let watch = self.watch(provider, event, now);
        let said_late = self.open.get(&first).is_some_and(|open| open.said_late);
        self.keep(first, newest, &watch, now);
        match watch.outlook {
            Outlook::Late { attempt, due } if !said_late => {
                if let Some(open) = self.open.get_mut(&first) {
                    open.said_late = true;
                }
                let newest = Box::new(newest.clone());
                Some(News::Late {
                    newest,
                    attempt,
                    due,
                })
            }
            Outlook::Ended => {
                self.open.remove(&first);
                self.ended += 1;
                let newest = Box::new(newest.clone());
                let attempts = u32::try_from(event.len()).unwrap_or(u32::MAX);
                let attempts = attempts.max(newest.arrival);
                Some(News::Ended { newest, attempts })
            }
            _ => None,
        }
    }

    /// When to look next; `None` while nothing is expected.
    #[must_use]
    pub fn next_look(&self) -> Option<Timestamp> {
        self.open.values().map(|open| open.look).min()
    }

    /// How many events the provider has given up.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.ended
    }

    /// The events whose retry is expected, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.open.values().filter_map(|open| open.waiting.as_ref())
    }

    fn pace(&mut self, provider: Provider) -> &mut Pace {
        self.paces
            .entry(provider)
            .or_insert_with(|| Pace::new(provider))
    }

    fn watch(&mut self, provider: Provider, event: &[Brief], now: Timestamp) -> Watch {
        let seen: Vec<_> = event.iter().map(Seen::of).collect();
        watch(provider, self.pace(provider), &seen, now)
    }

    /// Keeps an event for as long as something is expected of it.
    fn keep(&mut self, first: DeliveryId, newest: &Brief, watch: &Watch, now: Timestamp) {
        let later = |at: Timestamp, by| at.checked_add(by).unwrap_or(Timestamp::MAX);
        let soon = later(now, LOOK_AGAIN);
        let (look, expected) = match watch.outlook {
            Outlook::Due { attempt, at, .. } => {
                let look = watch.late_after.map_or(soon, |at| later(at, A_MOMENT));
                (look, Some((attempt, at)))
            }
            Outlook::Late { attempt, due } => (soon, Some((attempt, due))),
            // Said at the next look.
            Outlook::Ended => (now, None),
            Outlook::Unknown if newest.settlement.is_none() => (soon, None),
            Outlook::Delivered | Outlook::Unknown => {
                self.open.remove(&first);
                return;
            }
        };
        let waiting = expected.map(|(attempt, due)| Waiting {
            event_id: newest.event_id_text().unwrap_or_default().to_owned(),
            event_type: newest.event_type.clone(),
            attempt,
            due,
        });
        let was_late = matches!(watch.outlook, Outlook::Late { .. });
        let said_late = was_late && self.open.get(&first).is_some_and(|open| open.said_late);
        let open = Open {
            look,
            said_late,
            waiting,
        };
        self.open.insert(first, open);
        if self.open.len() > AT_MOST {
            self.open.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::delivery::{Ending, EventIdSource, Outcome, Settlement, Turn};

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(millis: i64) -> Timestamp {
        START + SignedDuration::from_millis(millis)
    }

    /// An attempt that arrived then and was answered with this status at once.
    fn attempt(number: u32, millis: i64, status: u16) -> Brief {
        let arrived = at(millis);
        Brief {
            id: DeliveryId::new(number.into()).unwrap(),
            event: DeliveryId::FIRST,
            arrived,
            settlement: Some(Settlement {
                outcome: Outcome::Answered,
                at: arrived,
            }),
            provider: Provider::Sixtyfour,
            event_id: Some(("e".to_owned(), EventIdSource::Header)),
            event_type: None,
            attempt: Some(number),
            turn: if number == 1 {
                Turn::First
            } else {
                Turn::Retry
            },
            arrival: number,
            verdict: "unverified",
            status,
            ending: Ending::Normal,
            delay: Duration::ZERO,
            answered_by: "default".to_owned(),
            step: None,
            body_bytes: 0,
            body_sha256: [0; 32],
            ours: false,
        }
    }

    #[test]
    fn a_retry_that_does_not_come_is_late_once_and_ends_the_event_at_last() {
        let mut vigil = Vigil::default();
        let event = vec![attempt(1, 0, 500)];
        assert_eq!(vigil.settled(&event, at(0)), None);
        let waiting: Vec<_> = vigil.waiting().collect();
        assert_eq!((waiting[0].attempt, waiting[0].due), (2, at(1_000)));

        let late = vigil.next_look().unwrap();
        assert_eq!(late, at(3_001), "due after 1 s, late 2 s after that");
        let news = vigil.look(late, |_| event.clone());
        assert!(
            matches!(news[..], [News::Late { attempt: 2, .. }]),
            "{news:?}"
        );
        let again = vigil.next_look().unwrap();
        assert!(again > late);
        assert_eq!(vigil.look(again, |_| event.clone()), []);

        let much_later = at(120_000);
        let news = vigil.look(much_later, |_| event.clone());
        assert!(
            matches!(news[..], [News::Ended { attempts: 1, .. }]),
            "{news:?}"
        );
        assert_eq!((vigil.ended(), vigil.next_look()), (1, None));
    }

    #[test]
    fn an_event_that_is_acknowledged_is_watched_no_longer() {
        let mut vigil = Vigil::default();
        let event = vec![attempt(1, 0, 500), attempt(2, 1_000, 200)];
        vigil.settled(&event[..1], at(0));
        assert!(vigil.is_open(DeliveryId::FIRST));
        vigil.settled(&event, at(1_000));
        assert_eq!(vigil.next_look(), None);
        assert!(!vigil.is_open(DeliveryId::FIRST));
    }

    #[test]
    fn a_clock_that_jumps_says_each_thing_once_and_ends_every_event() {
        let hour = 3_600_000;
        for jumps in [
            [-hour, 3_001, 61_000, 200_000],
            [3_001, -hour, 61_000, 200_000],
            [24 * hour, 3_001, -hour, 200_000],
            [-hour * 500_000, hour * 70_000_000, 0, 200_000],
        ] {
            let mut vigil = Vigil::default();
            let event = vec![attempt(1, 0, 500)];
            vigil.settled(&event, at(0));
            let looks = jumps.map(|millis| vigil.look(at(millis), |_| event.clone()));
            let news: Vec<_> = looks.into_iter().flatten().collect();
            let count = |wanted: fn(&News) -> bool| news.iter().filter(|news| wanted(news)).count();
            assert!(
                count(|news| matches!(news, News::Late { .. })) <= 1,
                "{jumps:?}"
            );
            assert_eq!(
                count(|news| matches!(news, News::Ended { .. })),
                1,
                "{jumps:?}"
            );
            assert_eq!(vigil.next_look(), None, "{jumps:?}");
        }
    }

    #[test]
    fn a_retry_that_came_meanwhile_is_not_called_late() {
        let mut vigil = Vigil::default();
        let event = vec![attempt(1, 0, 500), attempt(2, 1_000, 500)];
        vigil.settled(&event[..1], at(0));
        assert_eq!(vigil.look(at(3_001), |_| event.clone()), []);
        assert_eq!(
            vigil.waiting().next().map(|waiting| waiting.attempt),
            Some(3)
        );
    }
}
