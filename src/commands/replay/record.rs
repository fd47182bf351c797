//! Keeps what was replayed, beside the captures: through the listener that has the store, or by
//! ourselves where there is none.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::delivery::DeliveryId;
use crate::net::control::{self, Call, ControlError};
use crate::store::{Location, Options, Outgoing, Store, StoreError, Trouble};

use super::super::attempts;
use super::super::listen;
use super::super::output;
use super::super::problem::Problem;

/// So many are written in one go.
const BATCH: usize = 16;
/// How long a few wait for more.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long to wait for a store that other commands have: each writes what it has and gives it
/// back, but there may be several of them, and the disk may be slow.
const TURN: Duration = Duration::from_secs(30);
/// How long to wait for it yet when somebody wants the program to stop.
const LAST_TURN: Duration = Duration::from_secs(3);
/// How long to wait before the store is asked for again, in milliseconds. Those who wait for each
/// other should not ask in step.
const PAUSE: std::ops::Range<u64> = 5..40;

/// Retention is the listener's business: a command never removes captures.
const KEEP_ALL: Options = Options {
    keep: u64::MAX,
    keep_bytes: u64::MAX,
};

/// Keeps attempts, beside those who make them.
pub(in crate::commands) struct Recorder {
    waiting: mpsc::Sender<(DeliveryId, Outgoing)>,
    last_turn: Arc<OnceLock<Instant>>,
    keeper: JoinHandle<Option<Problem>>,
}

impl Recorder {
    /// Keeps attempts in this store. Called within a runtime.
    pub(in crate::commands) fn new(location: Location) -> Self {
        let (waiting, attempts) = mpsc::channel(BATCH);
        let last_turn = Arc::default();
        let keeper = Keeper {
            socket: listen::control_path(&location),
            location,
            patience: TURN,
            last_turn: Arc::clone(&last_turn),
            lost: 0,
            why: None,
        };
        Self {
            waiting,
            last_turn,
            keeper: tokio::spawn(keeper.run(attempts)),
        }
    }

    /// To be called when the program is to stop: the store is not waited for much longer.
    pub(in crate::commands) fn hurrying(&self) -> impl FnOnce() + Send + use<> {
        let last_turn = Arc::clone(&self.last_turn);
        move || {
            let _ = last_turn.set(Instant::now() + LAST_TURN);
        }
    }

    /// Keeps a replay of this capture, in a moment.
    pub(in crate::commands) async fn add(&mut self, attempt: (DeliveryId, Outgoing)) {
        // A keeper that has ended failed, and says so at the end.
        let _ = self.waiting.send(attempt).await;
    }

    /// Keeps what waits, and says if something could not be kept.
    pub(in crate::commands) async fn finish(self) {
        drop(self.waiting);
        match self.keeper.await {
            Ok(Some(why)) => output::warn(&why),
            Ok(None) => {}
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}

/// Writes attempts down as they come.
struct Keeper {
    location: Location,
    socket: Option<PathBuf>,
    /// How long to wait for a store that somebody else has.
    patience: Duration,
    /// Until when, if the program is to stop.
    last_turn: Arc<OnceLock<Instant>>,
    lost: u64,
    why: Option<Problem>,
}

/// Why attempts could not be kept.
enum Unkept {
    Store(StoreError),
    Listener(String),
}

impl Keeper {
    /// Ends when no more attempts are made, with what could not be kept.
    async fn run(
        mut self,
        mut attempts: mpsc::Receiver<(DeliveryId, Outgoing)>,
    ) -> Option<Problem> {
        while let Some(first) = attempts.recv().await {
            let due = Instant::now() + PATIENCE;
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match timeout_at(due, attempts.recv()).await {
                    Ok(Some(attempt)) => batch.push(attempt),
                    Ok(None) | Err(_) => break,
                }
            }
            self.flush(&batch).await;
            if !attempts.is_empty() {
                // It is somebody else's turn.
                pause().await;
            }
        }
        self.why
    }

    async fn flush(&mut self, batch: &[(DeliveryId, Outgoing)]) {
        match self.keep(batch).await {
            Ok(()) => self.patience = TURN,
            Err(unkept) => {
                // Whoever did not give the store back is not waited for again.
                self.patience = Duration::ZERO;
                self.lost += batch.len() as u64;
                self.why = Some(explain(self.lost, &unkept));
            }
        }
    }

    async fn keep(&self, batch: &[(DeliveryId, Outgoing)]) -> Result<(), Unkept> {
        let began = Instant::now();
        loop {
            if self.hand_over(batch).await? {
                return Ok(());
            }
            match self.open().await? {
                Ok(store) => {
                    for (id, outgoing) in batch {
                        store.attempt(*id, outgoing.clone());
                    }
                    return store.flush().await.map_err(Unkept::Store);
                }
                Err(error) if error.trouble() == Trouble::InUse && self.has_time(began) => {
                    pause().await;
                }
                Err(error) => return Err(Unkept::Store(error)),
            }
        }
    }

    fn has_time(&self, began: Instant) -> bool {
        let now = Instant::now();
        let is_last = self.last_turn.get().is_some_and(|last| now >= *last);
        now < began + self.patience && !is_last
    }

    async fn open(&self) -> Result<Result<Store, StoreError>, Unkept> {
        let location = self.location.clone();
        tokio::task::spawn_blocking(move || Store::open(&location, KEEP_ALL))
            .await
            .map_err(|error| Unkept::Listener(error.to_string()))
    }

    /// Gives the attempts to the listener, if there is one; says whether there was.
    async fn hand_over(&self, batch: &[(DeliveryId, Outgoing)]) -> Result<bool, Unkept> {
        let Some(socket) = &self.socket else {
            return Ok(false);
        };
        let mut left = batch;
        while !left.is_empty() {
            let (json, count) = attempts::to_json(left);
            let call = Call {
                method: "POST".to_owned(),
                path: attempts::PATH.to_owned(),
                body: json.into(),
            };
            match control::call(socket, &call).await {
                Ok(answer) if answer.status == 200 => left = &left[count..],
                Ok(answer) => {
                    return Err(Unkept::Listener(format!(
                        "the listener answered {}: {}",
                        answer.status,
                        answer.body.trim_end()
                    )));
                }
                Err(ControlError::NobodyThere { .. }) if left.len() == batch.len() => {
                    return Ok(false);
                }
                Err(error) => return Err(Unkept::Listener(error.to_string())),
            }
        }
        Ok(true)
    }
}

async fn pause() {
    sleep(Duration::from_millis(fastrand::u64(PAUSE))).await;
}

fn explain(lost: u64, unkept: &Unkept) -> Problem {
    let what = match lost {
        1 => "the replay was made, but it could not be kept beside its capture".to_owned(),
        _ => format!("{lost} replays were made, but could not be kept beside their captures"),
    };
    let problem = Problem::failed("not_recorded", what);
    match unkept {
        Unkept::Store(error) => {
            let why = error
                .cause()
                .map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
            problem.why(why)
        }
        Unkept::Listener(why) => problem.why(why.as_str()),
    }
}
