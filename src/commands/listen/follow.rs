//! Reading the store for the face, and for what is waited for.

use std::io;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId};
use crate::inbox::expect::Expectation;
use crate::inbox::tail::Tail;
use crate::store::Store;

use super::super::output;
use super::super::problem::Problem;
use super::face::Face;
use super::stop::{Reason, Stop};

/// What was seen while following.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// How many of the expected deliveries did not come.
    pub(super) missing: u64,
}

/// Shows every delivery once it is settled, until nothing more will arrive.
pub(super) async fn follow(
    store: Store,
    face: Face,
    expectation: Option<Expectation>,
    stop: Stop,
) -> Followed {
    let mut follower = Follower {
        tail: Tail::after(newest(&store)),
        face,
        expectation,
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
        }
        let store = store.clone();
        let stop = stop.clone();
        let read = tokio::task::spawn_blocking(move || {
            follower.catch_up(&store, &stop);
            follower
        });
        match read.await {
            Ok(back) => follower = back,
            Err(_) => return Followed::default(),
        }
    }
    Followed {
        missing: follower
            .expectation
            .map_or(0, |expected| expected.missing()),
    }
}

struct Follower {
    tail: Tail,
    face: Face,
    expectation: Option<Expectation>,
}

impl Follower {
    fn catch_up(&mut self, store: &Store, stop: &Stop) {
        let Self {
            tail,
            face,
            expectation,
        } = self;
        let read = tail.poll(store, |delivery| {
            show(face, store, expectation.as_mut(), delivery, stop)
        });
        if let Err(error) = read {
            let warning = Problem::failed("store", "cannot read the store to show deliveries")
                .why(error.to_string());
            output::complain(&warning.text("warning"));
        }
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

fn newest(store: &Store) -> Option<DeliveryId> {
    store.counts().ok().and_then(|counts| counts.newest)
}
