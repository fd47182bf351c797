//! Reading the store for the face, and for what is waited for.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId};
use crate::export::notice::{self, Ended, Late, Notice, Of};
use crate::inbox::expect::Expectation;
use crate::inbox::tail::Tail;
use crate::inbox::vigil::{ATTEMPTS, News, Vigil, Waiting};
use crate::store::{AttemptPlace, Brief, Store};

use super::super::output;
use super::super::problem::Problem;
use super::face::Face;
use super::stop::{Reason, Stop};
use super::words;

/// What was seen while following.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// What is still expected.
    pub(super) expectation: Option<Expectation>,
    /// How many deliveries were removed before they could be shown.
    pub(super) unshown: u64,
    /// How many events the provider has given up; unknown when nothing was followed.
    pub(super) ended: Option<u64>,
    /// The events whose retry is still expected.
    pub(super) waiting: Vec<Waiting>,
}

/// Shows every delivery once it is settled, until nothing more will arrive.
pub(super) async fn follow(
    store: Store,
    tail: Tail,
    face: Face,
    expectation: Option<Expectation>,
    stop: Stop,
) -> Followed {
    let mut follower = Follower {
        tail,
        replays: store.last_attempt().unwrap_or_default(),
        face,
        expectation,
        vigil: Vigil::default(),
    };
    if follower.face.is_quiet() && follower.expectation.is_none() {
        stop.finished().await;
        return Followed::default();
    }
    let mut changes = store.changes();
    let finished = stop.finished();
    tokio::pin!(finished);
    let mut last_round = false;
    while !last_round {
        tokio::select! {
            biased;
            () = &mut finished => last_round = true,
            changed = changes.changed() => last_round = changed.is_err(),
            () = pause_until(follower.vigil.next_look()) => {}
        }
        let store = store.clone();
        let stop = stop.clone();
        let read = tokio::task::spawn_blocking(move || {
            follower.catch_up(&store, &stop);
            follower.show_replays(&store, &stop);
            follower.look(&store, &stop);
            follower
        });
        match read.await {
            Ok(back) => follower = back,
            Err(_) => return Followed::default(),
        }
    }
    Followed {
        unshown: follower.tail.missed(),
        expectation: follower.expectation,
        ended: Some(follower.vigil.ended()),
        waiting: follower.vigil.waiting().cloned().collect(),
    }
}

struct Follower {
    tail: Tail,
    /// Which replays were shown.
    replays: AttemptPlace,
    face: Face,
    expectation: Option<Expectation>,
    vigil: Vigil,
}

impl Follower {
    fn catch_up(&mut self, store: &Store, stop: &Stop) {
        let Self {
            tail,
            face,
            expectation,
            vigil,
            replays: _,
        } = self;
        let missed = tail.missed();
        let read = tail.poll(store, |delivery| {
            let is_retried = delivery.request().is_whole() && !delivery.acknowledged();
            // Only then the event needs to be read.
            if is_retried || vigil.is_open(delivery.event()) {
                let event = last_attempts(store, delivery.event());
                let news = vigil.settled(&event, Timestamp::now());
                news.iter().for_each(|news| tell(face, news, stop));
            }
            show(face, store, expectation.as_mut(), delivery, stop)
        });
        if let Err(error) = read {
            let warning = Problem::failed("store", "cannot read the store to show deliveries")
                .why(error.to_string());
            output::warn(&warning);
        }
        if tail.missed() > missed {
            let told = tell_unshown(face, tail.missed() - missed);
            if let Err(error) = told {
                stop.because(reason_of(&error));
            }
        }
    }

    /// Shows what became of replays, whoever made them.
    fn show_replays(&mut self, store: &Store, stop: &Stop) {
        // What goes wrong here went wrong with the deliveries, and was said.
        while let Ok((found, place)) = store.replays_behind(self.replays) {
            self.replays = place;
            if found.is_empty() {
                return;
            }
            let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
            let briefs = store.briefs_of(&ids).unwrap_or_default();
            for (seq, outgoing) in &found {
                let brief = briefs.iter().find(|brief| brief.id == *seq);
                let of = Of {
                    seq: *seq,
                    event_id: brief.and_then(Brief::event_id_text),
                    event_type: brief.and_then(|brief| brief.event_type.as_deref()),
                };
                if let Err(error) = self.face.sent(of, outgoing) {
                    return stop.because(reason_of(&error));
                }
            }
        }
    }

    /// Says which retries are late, and which events have ended.
    fn look(&mut self, store: &Store, stop: &Stop) {
        let read = |first| last_attempts(store, first);
        for news in self.vigil.look(Timestamp::now(), read) {
            tell(&self.face, &news, stop);
        }
    }
}

/// The last deliveries of an event, oldest first.
fn last_attempts(store: &Store, first: DeliveryId) -> Vec<Brief> {
    let attempts = store.recent_briefs(first, None, ATTEMPTS);
    let mut attempts = attempts.unwrap_or_default();
    attempts.reverse();
    attempts
}

/// Says how many deliveries retention removed before they could be shown.
fn tell_unshown(face: &Face, count: u64) -> io::Result<()> {
    let what = words::unshown(count);
    face.remark(&format!("warning: {what}\n"));
    face.notice(&Notice::Warning(notice::Problem {
        code: "not_shown",
        error: &what,
        why: None,
        fix: Some("keep more with --keep or --keep-bytes, or print less with --output quiet"),
    }))
}

fn tell(face: &Face, news: &News, stop: &Stop) {
    let now = Timestamp::now();
    let told = match news {
        News::Late {
            newest,
            attempt,
            due,
        } => face.notice(&Notice::Late(Late {
            at: now,
            event_id: newest.event_id_text(),
            event_type: newest.event_type.as_deref(),
            event: newest.event.get(),
            attempt: *attempt,
            due: *due,
        })),
        News::Ended { newest, attempts } => face.notice(&Notice::Ended(Ended {
            at: now,
            event_id: newest.event_id_text(),
            event_type: newest.event_type.as_deref(),
            event: newest.event.get(),
            attempts: *attempts,
        })),
        News::Drifted(provider, drift) => {
            face.remark(&words::drift(*provider, drift));
            Ok(())
        }
    };
    if let Err(error) = told {
        stop.because(reason_of(&error));
    }
}

/// Waits for a moment; for ever if there is none.
async fn pause_until(moment: Option<Timestamp>) {
    match moment {
        Some(moment) => {
            let pause = Duration::try_from(moment.duration_since(Timestamp::now()));
            tokio::time::sleep(pause.unwrap_or_default()).await;
        }
        None => std::future::pending().await,
    }
}

fn show(
    face: &Face,
    store: &Store,
    expectation: Option<&mut Expectation>,
    delivery: &Delivery,
    stop: &Stop,
) -> ControlFlow<()> {
    let counts = match expectation {
        None => true,
        Some(expectation) => {
            let counts = expectation.counts(delivery, Timestamp::now());
            if expectation.is_met() {
                stop.because(Reason::Matched);
            }
            counts
        }
    };
    if !counts {
        return ControlFlow::Continue(());
    }
    match face.delivery(delivery, store) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            stop.because(reason_of(&error));
            ControlFlow::Break(())
        }
    }
}

fn reason_of(error: &io::Error) -> Reason {
    if output::is_closed(error) {
        Reason::OutputClosed
    } else {
        Reason::OutputFailed
    }
}
