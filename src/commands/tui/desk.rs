//! What the terminal UI sends: replays, samples, a probe through the tunnel. The same outbox and the
//! same rules as `hook64 replay` and `hook64 send`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;

use crate::delivery::{Attempt, DeliveryId, Failure, Provider};
use crate::net::client::{Client, Limits, OutgoingHead, Settings, Target, Trust};
use crate::outbox::replay::{AttemptNumber, EventId};
use crate::outbox::schedule::Schedule;
use crate::outbox::{Batch, Dressing, Event, Outbox, Route, Signer, Signing};
use crate::provider;
use crate::provider::samples;
use crate::signature::Keyring;
use crate::store::{Location, Outgoing, Store};
use crate::text;
use crate::tui::request_text;
use crate::tui::world::{Count, NewId, Reach, Replay, Resign, Trouble};

use super::super::replay::{Course, Manner, Pace, Plan, Recorder, Report};

/// A replay may take this long.
const REPLAY: Duration = Duration::from_secs(30);

/// A target that does not answer within this time is not told apart from a slow one.
const REACH: Duration = Duration::from_millis(300);

/// A probe goes round the world.
const PROBE: Duration = Duration::from_secs(5);

/// What is sent when nobody says what.
const SAMPLE: &str = "find_email";

/// Where attempts are kept.
#[derive(Debug, Clone)]
pub(in crate::commands) enum Keeper {
    /// In this store, which is ours to write.
    Store(Store),
    /// In the store at this place, through whoever writes to it.
    Place(Location),
}

/// Sends what the terminal UI wants sent.
#[derive(Clone)]
pub(in crate::commands) struct Desk {
    store: Store,
    keyring: Keyring,
    keeper: Keeper,
    client: Client,
    apps: Apps,
}

/// The apps that a listener forwards to, which have a trust of their own.
#[derive(Clone, Default)]
struct Apps {
    origins: Vec<String>,
    client: Option<Client>,
}

impl Desk {
    /// A desk that reads captures from a store and signs with these secrets.
    pub(in crate::commands) fn new(store: Store, keyring: Keyring, keeper: Keeper) -> Self {
        Self {
            store,
            keyring,
            keeper,
            client: client(Trust::System),
            apps: Apps::default(),
        }
    }

    /// The same, which trusts the apps of these routes as the listener does.
    pub(in crate::commands) fn knowing_apps(self, routes: &[Route], trust: &Trust) -> Self {
        let origin = |route: &Route| route.target().origin().to_owned();
        let apps = Apps {
            origins: routes.iter().map(origin).collect(),
            client: Some(client(trust.clone())),
        };
        Self { apps, ..self }
    }

    /// The last four characters of the secrets that it signs with.
    pub(super) fn keys(&self) -> Vec<String> {
        let all = self.keyring.sixtyfour.iter().chain(&self.keyring.elan);
        all.map(crate::signature::Secret::last_four).collect()
    }

    /// The secrets that it signs with.
    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    fn outbox(&self, target: &Target, timeout: Duration) -> Outbox {
        let limits = Limits {
            timeout,
            ..Limits::default()
        };
        let is_app = self.apps.origins.iter().any(|app| app == target.origin());
        let of_apps = self.apps.client.as_ref().filter(|_| is_app);
        Outbox::new(of_apps.unwrap_or(&self.client).clone(), limits)
    }

    /// Delivers captures again; the attempts as they ended.
    ///
    /// # Errors
    /// When none of them can be made.
    pub(super) async fn replay(&self, replay: Replay) -> Result<Vec<Attempt>, Trouble> {
        let plan = self.plan(&replay)?;
        let course = Course {
            store: self.store.clone(),
            ids: replay.deliveries,
            outbox: self.outbox(&plan.target, REPLAY),
            plan,
            times: replay.times,
            pace: if replay.every.is_zero() {
                Pace::AtOnce
            } else {
                Pace::Every(replay.every)
            },
            concurrency: usize::try_from(replay.at_once).unwrap_or(1),
        };
        let mut running = course.start();
        let mut ledger = Ledger::new(&self.keeper);
        let mut attempts = Vec::new();
        let mut impossible = None;
        while let Some(report) = running.next().await {
            match report {
                Report::Made(made) => {
                    attempts.push(made.attempt.clone());
                    ledger.add(made.outgoing()).await;
                }
                Report::Impossible(id, why) => {
                    impossible.get_or_insert_with(|| {
                        Trouble::new(format!("cannot replay delivery {id}")).because(why)
                    });
                }
                // The dialog has said what there is to know.
                Report::Remark(_) => {}
            }
        }
        ledger.finish().await;
        match impossible {
            Some(trouble) if attempts.is_empty() => Err(trouble),
            _ => Ok(attempts),
        }
    }

    fn plan(&self, replay: &Replay) -> Result<Plan, Trouble> {
        let target: Target = replay.target.parse().map_err(|error| {
            Trouble::new(format!("cannot replay to \"{}\"", replay.target))
                .because(format!("{error}"))
        })?;
        if !target.is_loopback() && !replay.allow_remote {
            return Err(Trouble::new(format!(
                "refusing to replay to {}: it is not this machine",
                target.host()
            ))
            .because("a replay sends a signed copy of real data"));
        }
        let manner = match replay.signature {
            Resign::Anew => Manner::Fresh,
            Resign::Keep => Manner::AsCaptured,
            Resign::Unsigned => Manner::Unsigned,
            Resign::Wrong => Manner::Wrong,
        };
        let what = crate::outbox::Replay {
            event_id: match replay.event_id {
                NewId::Keep => EventId::Keep,
                NewId::New => EventId::New,
            },
            attempt: match replay.attempt {
                Count::Keep => AttemptNumber::Keep,
                Count::Set(number) => AttemptNumber::Set(number),
                Count::Up => AttemptNumber::CountUp,
            },
            ..crate::outbox::Replay::as_captured()
        };
        let plan = Plan::with(target, what, manner, self.keyring.clone());
        match &replay.edited {
            None => Ok(plan),
            Some(text) => {
                let (head, body) = request_text::read(text)
                    .map_err(|why| Trouble::new("the edited request is none").because(why))?;
                Ok(plan.of_request(head, body))
            }
        }
    }

    /// Whether anything listens at a target.
    pub(super) async fn reach(&self, target: &str) -> Reach {
        let target: Target = match target.parse() {
            Ok(target) => target,
            Err(error) => return Reach::Unknown(format!("{error}")),
        };
        if !target.is_loopback() {
            return Reach::Remote(target.host().to_owned());
        }
        match self.client.reach(&target, REACH).await {
            Ok(()) => Reach::Loopback,
            Err(Failure::Unreachable(why)) if why.contains("refused") => {
                Reach::Refused(target.authority().to_owned())
            }
            Err(failure) => Reach::Unknown(failure.to_string()),
        }
    }

    /// Sends a signed sample to this listener, with the provider's retries; returns its event id when
    /// the first attempt has ended.
    ///
    /// # Errors
    /// When the listener cannot be reached.
    pub(super) async fn sample(&self, url: &str) -> Result<String, Trouble> {
        let cannot = |why: String| Trouble::new("cannot send a sample").because(why);
        let sample = samples::find(SAMPLE).map_err(|error| cannot(error.to_string()))?;
        let target: Target = url
            .parse()
            .map_err(|error: crate::net::client::TargetError| cannot(error.to_string()))?;
        let event = Event::sample(sample, fastrand::u64(..), Timestamp::now());
        let id = event.id().unwrap_or_default().to_owned();
        let secrets = provider::scheme(Provider::Sixtyfour)
            .map(|scheme| (scheme, self.keyring.of(scheme)))
            .filter(|(_, secrets)| !secrets.is_empty());
        let signing = secrets.map_or(Signing::Unsigned, |(scheme, secrets)| {
            Signing::Fresh(Signer::new(scheme, secrets))
        });
        let job = event
            .job(&target, Dressing::plain(signing))
            .map_err(|error| cannot(error.to_string()))?;
        let batch = Batch::one(Schedule::documented(Provider::Sixtyfour));
        let limits = Limits::default().timeout;
        let mut running = self
            .outbox(&target, limits)
            .run(batch, move |_| job.clone());
        let first = running.next().await;
        tokio::spawn(async move { while running.next().await.is_some() {} });
        match first.map(|progress| progress.outcome) {
            Some(outcome) if !outcome.reached() => {
                let failure = outcome.attempt.result.err();
                Err(cannot(
                    failure.map_or_else(String::new, |why| why.to_string()),
                ))
            }
            _ => Ok(id),
        }
    }

    /// Sends one request through a public URL, which is to come out here.
    ///
    /// # Errors
    /// When it does not.
    pub(super) async fn probe(&self, url: &str) -> Result<Duration, Trouble> {
        let cannot = |why: String| {
            Trouble::new(format!("the probe did not come back through {url}"))
                .because(why)
                .fix("see whether the tunnel is up and leads to this port (i)")
        };
        let target: Target = url
            .parse()
            .map_err(|error: crate::net::client::TargetError| cannot(error.to_string()))?;
        let path = target.path().unwrap_or("/").to_owned();
        let head = probe_head(&path, &target).map_err(|error| cannot(error.to_string()))?;
        let limits = Limits {
            timeout: PROBE,
            ..Limits::default()
        };
        let begun = Instant::now();
        let outcome = self
            .client
            .request(1, &target, &head, &Bytes::new(), limits)
            .await;
        match outcome.attempt.result {
            Ok(response) if response.body.starts_with(b"hook64 ") => Ok(begun.elapsed()),
            Ok(response) => Err(cannot(format!(
                "something else answered with {}: {}",
                response.status,
                text::clip(&text::line(&response.body), 60)
            ))),
            Err(failure) => Err(cannot(failure.to_string())),
        }
    }
}

/// A connection that was used before may be found dead, and a request is then made once more: here
/// each one counts.
fn client(trust: Trust) -> Client {
    Client::new(Settings {
        trust,
        idle: 0,
        ..Settings::default()
    })
}

/// A listener greets whoever asks for `/`, and captures nothing of it.
fn probe_head(path: &str, target: &Target) -> Result<OutgoingHead, crate::delivery::HeadError> {
    let mut head = OutgoingHead::new(b"GET", path.as_bytes())?;
    head.push(b"Host", target.authority().as_bytes())?;
    let agent = concat!("hook64/", env!("CARGO_PKG_VERSION"));
    head.push(b"User-Agent", agent.as_bytes())?;
    head.push(b"Accept", b"*/*")?;
    // Free tunnels show browsers a page of their own first.
    head.push(b"ngrok-skip-browser-warning", b"1")?;
    Ok(head)
}

/// Keeps what was replayed.
enum Ledger<'a> {
    Store(&'a Store),
    Place(Recorder),
}

impl<'a> Ledger<'a> {
    fn new(keeper: &'a Keeper) -> Self {
        match keeper {
            Keeper::Store(store) => Self::Store(store),
            Keeper::Place(location) => Self::Place(Recorder::new(location.clone())),
        }
    }

    async fn add(&mut self, (id, outgoing): (DeliveryId, Outgoing)) {
        match self {
            Self::Store(store) => store.attempt(id, outgoing),
            Self::Place(recorder) => recorder.add((id, outgoing)).await,
        }
    }

    async fn finish(self) {
        match self {
            Self::Store(store) => {
                // Who looks at the delivery next sees it; a store that fails says so elsewhere.
                let _ = store.flush().await;
            }
            Self::Place(recorder) => recorder.finish().await,
        }
    }
}
