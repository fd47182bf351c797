//! The listener beside us, steered through its control socket, and none at all.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::delivery::{Attempt, Delivery, DeliveryId};
use crate::net::tunnel::Places;
use crate::store::Location;
use crate::tui::keyed::{Insight, Trial, Tried};
use crate::tui::world::{ArmedRule, Control, Reach, Release, Replay, Status, Trouble, Tunnel};

use super::super::listen;
use super::super::problem::{Problem, Result as Outcome};
use super::super::settings::TOLERANCE;
use super::super::steer;
use super::desk::Desk;
use super::{keyed, public, trouble};

/// Between two looks at what the listener is doing.
const PAUSE: Duration = Duration::from_millis(400);

/// Steers the listener that writes to a store, if there is one.
pub(in crate::commands) struct Remote {
    socket: Option<PathBuf>,
    desk: Desk,
    status: Arc<watch::Sender<Arc<Status>>>,
}

impl Remote {
    /// Steers the listener of the store at this place. Whether there is one is looked at again and
    /// again until this is dropped.
    pub(in crate::commands) async fn start(
        location: &Location,
        desk: Desk,
        places: Places,
    ) -> Self {
        let socket = listen::control_path(location);
        let base = Status {
            keys: desk.keys(),
            tolerance: TOLERANCE,
            store: Some(location.to_string()),
            ..Status::default()
        };
        let mut onlooker = Onlooker {
            socket: socket.clone(),
            base,
            places,
            tunnels: None,
        };
        let first = onlooker.look().await;
        let status = Arc::new(watch::Sender::new(Arc::new(first)));
        tokio::spawn(onlooker.run(Arc::downgrade(&status)));
        Self {
            socket,
            desk,
            status,
        }
    }

    fn call(
        &self,
        path: &'static str,
        body: Value,
    ) -> impl Future<Output = Result<(), Trouble>> + Send + use<> {
        let socket = self.socket.clone();
        async move {
            ask(socket.as_ref(), "POST", path, &body)
                .await
                .map(drop)
                .map_err(|problem| trouble(&problem))
        }
    }
}

async fn ask(socket: Option<&PathBuf>, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    let socket = socket.ok_or_else(|| Problem::usage("there is no listener to steer"))?;
    steer::ask(socket, method, path, body).await
}

/// Says what the listener is doing.
struct Onlooker {
    socket: Option<PathBuf>,
    base: Status,
    places: Places,
    /// The tunnels to this port.
    tunnels: Option<(u16, watch::Receiver<Tunnel>)>,
}

impl Onlooker {
    async fn run(mut self, told: std::sync::Weak<watch::Sender<Arc<Status>>>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = self.look().await;
            let Some(sender) = told.upgrade() else { return };
            sender.send_if_modified(|known| {
                let is_new = **known != now;
                if is_new {
                    *known = Arc::new(now);
                }
                is_new
            });
        }
    }

    async fn look(&mut self) -> Status {
        let Ok(object) = ask(self.socket.as_ref(), "GET", "/status", &json!({})).await else {
            self.tunnels = None;
            return self.base.clone();
        };
        let mut status = understand(&object, &self.base);
        if status.port == 0 {
            return status;
        }
        if self
            .tunnels
            .as_ref()
            .is_none_or(|(port, _)| *port != status.port)
        {
            let path = object["path"].as_str().map(str::to_owned);
            let tunnels = public::watch(status.port, self.places.clone(), path);
            self.tunnels = Some((status.port, tunnels));
        }
        if let Some((_, tunnels)) = &self.tunnels {
            status.tunnel = tunnels.borrow().clone();
        }
        status
    }
}

/// A status object of the control socket, over what is known without it.
fn understand(object: &Value, base: &Status) -> Status {
    let text = |name: &str| object[name].as_str().map(str::to_owned);
    let list = |name: &str| object[name].as_array().cloned().unwrap_or_default();
    let local = text("local");
    let port = local
        .as_deref()
        .and_then(|local| local.trim_end_matches('/').rsplit(':').next())
        .and_then(|port| port.parse().ok());
    Status {
        port: port.unwrap_or(0),
        local,
        keys: list("keys")
            .iter()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect(),
        tolerance: Duration::from_millis(object["tolerance_ms"].as_u64().unwrap_or(0)),
        armed: list("armed")
            .iter()
            .map(|rule| ArmedRule {
                text: rule["rule"].as_str().unwrap_or_default().to_owned(),
                done: rule["taken"].as_u64().unwrap_or(0),
                of: rule["of"].as_u64(),
            })
            .collect(),
        held: list("held")
            .iter()
            .filter_map(|held| held["seq"].as_u64().and_then(DeliveryId::new))
            .collect(),
        dropped: object["dropped"].as_u64().unwrap_or(0),
        routes: list("routes")
            .iter()
            .filter_map(|route| route.as_str().map(str::to_owned))
            .collect(),
        forward: text("forward"),
        insecure: object["insecure"].as_bool().unwrap_or(false),
        since: text("since").and_then(|since| since.parse().ok()),
        ..base.clone()
    }
}

/// How a held delivery is let go, in the words of a fault plan.
pub(super) fn answer(how: Release) -> String {
    match how {
        Release::Answer => "ok".to_owned(),
        Release::Status(status) => status.to_string(),
        Release::Reset => "reset".to_owned(),
    }
}

/// Where a probe goes: the root of the public address, where a listener greets and captures nothing.
pub(super) fn probed(status: &Status) -> Result<String, Trouble> {
    let url = status
        .tunnel
        .url()
        .ok_or_else(|| Trouble::new("there is no tunnel to this port"))?;
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    Ok(format!("{scheme}://{host}/"))
}

/// What a person is told who wants something of a listener that is not there.
fn nobody(what: &str) -> Trouble {
    Trouble::new(format!("cannot {what} here"))
        .because("this shows captures, and no listener writes to them")
        .fix("start one: hook64 listen")
}

impl Control for Remote {
    fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.subscribe()
    }

    fn arm(&self, plan: String) -> BoxFuture<'static, Result<(), Trouble>> {
        Box::pin(self.call("/arm", json!({ "plan": plan })))
    }

    fn disarm(&self) -> BoxFuture<'static, Result<(), Trouble>> {
        Box::pin(self.call("/disarm", json!({})))
    }

    fn release(&self, id: DeliveryId, how: Release) -> BoxFuture<'static, Result<(), Trouble>> {
        let body = json!({ "id": id.to_string(), "answer": answer(how) });
        Box::pin(self.call("/release", body))
    }

    fn replay(&self, replay: Replay) -> BoxFuture<'static, Result<Vec<Attempt>, Trouble>> {
        let desk = self.desk.clone();
        Box::pin(async move { desk.replay(replay).await })
    }

    fn reach(&self, target: String) -> BoxFuture<'static, Reach> {
        let desk = self.desk.clone();
        Box::pin(async move { desk.reach(&target).await })
    }

    fn inspect(&self, delivery: &Delivery, earlier: &[Bytes]) -> Insight {
        let tolerance = self.status.borrow().tolerance;
        keyed::inspect(self.desk.keyring(), tolerance, delivery, earlier)
    }

    fn try_keys(&self, delivery: &Delivery, trial: &Trial) -> Result<Vec<Tried>, Trouble> {
        keyed::try_keys(self.status.borrow().tolerance, delivery, trial)
    }

    fn sample(&self) -> BoxFuture<'static, Result<String, Trouble>> {
        let desk = self.desk.clone();
        let local = self.status.borrow().local.clone();
        Box::pin(async move {
            let local = local.ok_or_else(|| nobody("send a sample"))?;
            desk.sample(&format!("{local}webhooks/sixtyfour")).await
        })
    }

    fn probe(&self) -> BoxFuture<'static, Result<Duration, Trouble>> {
        let desk = self.desk.clone();
        let url = probed(&self.status.borrow());
        Box::pin(async move { desk.probe(&url?).await })
    }
}
