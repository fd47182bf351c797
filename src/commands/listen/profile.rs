//! What does not change about a listener while it runs: what the terminal UI and `hook64 status`
//! are told beside what does.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::export::clock::rfc3339;
use crate::outbox::forward::Route;
use crate::signature::{Keyring, Secret};
use crate::tui::world::Status;

use super::super::secrets;
use super::setup::Setup;

/// A listener, described.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// `http://127.0.0.1:6464/`
    pub(super) url: String,
    /// The port that it got.
    pub(super) port: u16,
    /// Since when it listens.
    pub(super) since: Timestamp,
    /// The only path that is answered.
    pub(super) path: Option<String>,
    keys: Vec<String>,
    keys_from: Option<String>,
    tolerance: Duration,
    routes: Vec<String>,
    forward: Option<String>,
    insecure: bool,
    store: String,
}

impl Profile {
    pub(super) fn new(setup: &Setup, keyring: &Keyring, url: &str, port: u16) -> Self {
        let keys = keyring.sixtyfour.iter().chain(&keyring.elan);
        let keys: Vec<_> = keys.map(Secret::last_four).collect();
        Self {
            url: url.to_owned(),
            port,
            since: Timestamp::now(),
            path: setup.policy.path.clone(),
            keys_from: (!keys.is_empty()).then(|| secrets::place(&setup.secrets, &setup.layer)),
            keys,
            tolerance: setup.policy.tolerance,
            routes: setup.routes().iter().map(Route::to_string).collect(),
            forward: setup
                .routes()
                .first()
                .map(|route| route.target().to_string()),
            insecure: setup.unchecked().is_some(),
            store: setup.location.to_string(),
        }
    }

    /// As the terminal UI knows it.
    pub(super) fn status(&self) -> Status {
        Status {
            local: Some(self.url.clone()),
            port: self.port,
            keys: self.keys.clone(),
            keys_from: self.keys_from.clone(),
            tolerance: self.tolerance,
            routes: self.routes.clone(),
            forward: self.forward.clone(),
            insecure: self.insecure,
            since: Some(self.since),
            store: Some(self.store.clone()),
            ..Status::default()
        }
    }

    /// As an object, to be completed.
    pub(super) fn object(&self) -> Value {
        json!({
            "v": 1,
            "kind": "status",
            "pid": std::process::id(),
            "local": self.url,
            "since": rfc3339(self.since),
            "path": self.path,
            "keys": self.keys,
            "tolerance_ms": u64::try_from(self.tolerance.as_millis()).unwrap_or(u64::MAX),
            "forward": self.forward,
            "routes": self.routes,
            "insecure": self.insecure,
        })
    }

    /// Where a sample is sent.
    pub(super) fn sample(&self) -> String {
        let path = self.path.as_deref().unwrap_or("/webhooks/sixtyfour");
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}
