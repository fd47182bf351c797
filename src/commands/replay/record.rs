//! Keeps what was replayed, beside the captures: through the listener that has the store, or by
//! ourselves where there is none.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::delivery::DeliveryId;
use crate::net::control::{self, Call, ControlError};
use crate::store::{Location, Options, Outgoing, Store, StoreError};

use super::super::attempts;
use super::super::listen;
use super::super::output;
use super::super::problem::Problem;

/// So many are written in one go.
const BATCH: usize = 16;
/// How long a few wait for more.
const PATIENCE: Duration = Duration::from_secs(1);

/// Retention is the listener's business: a command never removes captures.
const KEEP_ALL: Options = Options {
    keep: u64::MAX,
    keep_bytes: u64::MAX,
};

/// Keeps attempts.
pub(in crate::commands) struct Recorder {
    location: Location,
    socket: Option<PathBuf>,
    waiting: Vec<(DeliveryId, Outgoing)>,
    since: Instant,
    lost: u64,
    why: Option<Problem>,
}

/// Why attempts could not be kept.
enum Unkept {
    Store(StoreError),
    Listener(String),
}

impl Recorder {
    /// Keeps attempts in this store.
    pub(in crate::commands) fn new(location: Location) -> Self {
        Self {
            socket: listen::control_path(&location),
            location,
            waiting: Vec::new(),
            since: Instant::now(),
            lost: 0,
            why: None,
        }
    }

    /// Keeps a replay of this capture, sooner or later.
    pub(in crate::commands) async fn add(&mut self, (of, outgoing): (DeliveryId, Outgoing)) {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        self.waiting.push((of, outgoing));
        if self.waiting.len() >= BATCH || self.since.elapsed() > PATIENCE {
            self.flush().await;
        }
    }

    /// Keeps what waits, and says if something could not be kept.
    pub(in crate::commands) async fn finish(mut self) {
        self.flush().await;
        if let Some(why) = self.why {
            output::complain(&why.text("warning"));
        }
    }

    async fn flush(&mut self) {
        let batch = std::mem::take(&mut self.waiting);
        if batch.is_empty() {
            return;
        }
        let count = batch.len() as u64;
        if let Err(unkept) = self.keep(batch).await {
            self.lost += count;
            self.why = Some(explain(self.lost, &unkept));
        }
    }

    async fn keep(&self, batch: Vec<(DeliveryId, Outgoing)>) -> Result<(), Unkept> {
        if self.hand_over(&batch).await? {
            return Ok(());
        }
        let location = self.location.clone();
        let written = tokio::task::spawn_blocking(move || Store::open(&location, KEEP_ALL)).await;
        let store = match written {
            Ok(opened) => opened.map_err(Unkept::Store)?,
            Err(error) => return Err(Unkept::Listener(error.to_string())),
        };
        for (id, outgoing) in batch {
            store.attempt(id, outgoing);
        }
        store.flush().await.map_err(Unkept::Store)
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
