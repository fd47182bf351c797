//! `hook64 listen`: everything wired together, from the options to the last words.
//!
//! `setup` resolves the options, `face` prints, `follow` reads the store for the face and for what
//! is waited for, `stop` knows the reasons to end, `words` are the lines for a person.

mod control;
mod face;
mod follow;
mod profile;
mod serving;
mod setup;
mod stop;
mod words;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::delivery::{DeliveryId, Head, Recognition, Reply, Request, Settlement};
use crate::export::ndjson;
use crate::export::notice::{Held, Notice as Said, Ready, StoreFailed};
use crate::inbox::tail::Tail;
use crate::inbox::{Inbox, Notice, Receipt, decide};
use crate::net::server::{self, Handler, Listener};
use crate::net::tunnel::{Places, Tunnels, look};
use crate::store::Store;
use crate::tui::Ending;

use super::Everywhere;
use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::tui::{self, Desk, Keeper, Local, Traffic};

pub(super) use control::{path as control_path, reply};
use face::Face;
use follow::{Followed, follow};
use profile::Profile;
use serving::Serving;
pub(super) use setup::ListenArgs;
use setup::Setup;
use stop::Reason;
pub(super) use stop::Stop;

pub(super) fn run(arguments: ListenArgs, everywhere: Everywhere) -> Result {
    let setup = Setup::resolve(arguments, everywhere)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    runtime.block_on(listen(setup))
}

async fn listen(setup: Setup) -> Result {
    let started = Timestamp::now();
    let keyring = secrets::load(&setup.secrets, &setup.layer)?;
    let serving = Serving::start()?;
    let (listener, url, store) = serving.within(|| {
        let listener =
            Listener::bind(setup.host, setup.port).map_err(|error| words::cannot_listen(&error))?;
        let url = format!("http://{}/", listener.addresses()[0]);
        let store = open_store(&setup, &url)?;
        Ok::<_, Problem>((listener, url, store))
    })?;
    let signing = words::signing(&keyring, setup.policy.tolerance);
    let profile = Profile::new(&setup, &keyring, &url, listener.port());
    let desk = Desk::new(store.clone(), keyring.clone(), Keeper::Store(store.clone()));
    let inbox = Inbox::new(
        store.clone(),
        keyring,
        setup.policy.clone(),
        setup.armed.clone(),
        setup.forward.clone(),
    )
    .map_err(|error| super::lookup::trouble(&error))?;
    let stop = Stop::new();
    stop.on_signals().map_err(|error| {
        Problem::failed("signals", "cannot listen for signals").why(error.to_string())
    })?;
    let newest = store
        .counts()
        .map_err(|error| super::lookup::trouble(&error))?
        .newest;
    let followed = tokio::spawn(follow(
        store.clone(),
        Tail::after(newest),
        setup.face.clone(),
        setup.expectation.clone(),
        stop.clone(),
    ));
    tokio::spawn(news(inbox.clone(), setup.face.clone()));
    // Before it is said that the listener is ready: who reads that may steer at once.
    let control = match control::path(&setup.location) {
        Some(path) => control::open(&path).await,
        None => None,
    };
    let steered =
        control.map(|socket| tokio::spawn(control::serve(socket, inbox.clone(), profile.clone())));
    tokio::spawn(release_at_stop(inbox.clone(), stop.clone(), setup.on_stop));
    if let Some(timeout) = setup.timeout {
        stop.after(timeout, Reason::TimedOut);
    }
    if setup.stop_on_stdin_eof {
        stop.on_end_of_input();
    }
    let places = Places::usual(setup.public_url.clone());
    // The terminal UI looks by itself, again and again, and must not wait for the first look.
    let tunnels = match setup.face.is_tui() {
        true => Tunnels::default(),
        false => look(listener.port(), &places).await,
    };
    announce(&setup, &listener, &url, &signing, &tunnels)?;
    let traffic = Traffic::default();
    let shown = setup.face.is_tui().then(|| {
        let found = tui::watch_tunnels(profile.port, places, profile.path.clone());
        let (base, sample) = (profile.status(), profile.sample());
        let control = Local::start(inbox.clone(), desk, base, sample, found, traffic.clone());
        let told = super::open::told(&stop);
        let shown = tui::run(store.clone(), Arc::new(control), setup.looks.clone(), told);
        tokio::spawn(stop_when_left(shown, stop.clone()))
    });
    let receiver = Arc::new(Receiver {
        inbox: inbox.clone(),
        traffic,
    });
    let served = server::serve(listener, receiver, setup.limits.clone(), stop.told());
    serving.run(served).await;
    let released = inbox.released_at_stop();
    if released > 0 {
        output::complain(&words::released(released, setup.on_stop));
    }
    let reason = stop.reason();
    // The last words come after the terminal has been given back.
    let left = match shown {
        Some(shown) => shown.await.unwrap_or_else(|_| Err(tui::lost())),
        None => Ok(()),
    };
    if let Some(steered) = steered {
        steered.abort();
        // Its socket is removed when it is gone.
        let _ = steered.await;
    }
    if let Err(error) = store.flush().await {
        output::complain(&super::lookup::trouble(&error).text("warning"));
    }
    // All is on disk: only what is printed is left to do.
    output::leave_when_nobody_reads(code_of(reason));
    // What was settled last is on disk now, where the face finds it.
    stop.finish();
    let followed = followed.await.unwrap_or_else(|_| Followed::default());
    let totals = inbox.totals();
    last_words(&setup, started, &totals, &followed, reason)?;
    left?;
    reason_to_exit(reason, &followed)
}

/// What is still held when the listener stops is answered, so that no provider waits in vain.
async fn release_at_stop(inbox: Inbox, stop: Stop, status: u16) {
    stop.told().await;
    let mut reply = decide::unstored();
    reply.status = status;
    inbox.release_all(reply);
}

/// The listener stops when the terminal UI is left, or its terminal is gone.
async fn stop_when_left(shown: JoinHandle<Result<Ending>>, stop: Stop) -> Result<()> {
    let ended = shown.await.unwrap_or_else(|_| Err(tui::lost()));
    match &ended {
        Ok(Ending::Forced) => std::process::exit(Exit::Forced.number().into()),
        Ok(Ending::Stopped) => stop.because(Reason::Terminated),
        Ok(Ending::Left) | Err(_) => stop.because(Reason::Interrupted),
    }
    ended.map(drop)
}

/// The inbox behind the sockets.
struct Receiver {
    inbox: Inbox,
    traffic: Traffic,
}

impl Handler for Receiver {
    type Receipt = Receipt;

    fn greeting(&self, head: &Head) -> Option<Reply> {
        decide::greeting(head)
    }

    async fn receive(&self, request: Request) -> (Reply, Receipt) {
        self.traffic.came(&request.head);
        self.inbox.receive(request).await
    }

    async fn held(&self, receipt: &Receipt) -> Reply {
        self.inbox.held(receipt).await
    }

    fn settled(&self, receipt: Receipt, settlement: Settlement) {
        self.inbox.settled(receipt, settlement);
    }
}

fn open_store(setup: &Setup, url: &str) -> Result<Store> {
    let store = Store::open(&setup.location, setup.retention)
        .map_err(|error| super::lookup::trouble(&error))?;
    store
        .set_holder(url)
        .map_err(|error| super::lookup::trouble(&error))?;
    Ok(store)
}

fn announce(
    setup: &Setup,
    listener: &Listener,
    url: &str,
    signing: &str,
    tunnels: &Tunnels,
) -> Result<()> {
    let face = &setup.face;
    let public = tunnels.best().map(|found| found.public.as_str());
    let ready = Ready {
        at: Timestamp::now(),
        local: url,
        public,
        signing: if signing.starts_with("on") {
            "on"
        } else {
            "off"
        },
        pid: std::process::id(),
        port: listener.port(),
        store: &setup.location.to_string(),
        seed: setup.layer.fault.as_ref().map(|_| setup.armed.seed()),
    };
    if face.object(&ndjson::notice(&Said::Ready(ready))).is_err() {
        return Ok(());
    }
    let start = words::start(setup, listener, url, signing, tunnels);
    if face.is_tui() {
        output::complain(&start);
    }
    face.remark(&start);
    if !face.is_json() {
        output::complain("Ready. Waiting for deliveries. Ctrl-C stops.\n");
    }
    match &setup.ready_file {
        Some(path) => write_ready(path, url),
        None => Ok(()),
    }
}

/// Whoever watches the file sees the whole URL or nothing.
fn write_ready(path: &Path, url: &str) -> Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    std::fs::write(&unfinished, format!("{url}\n"))
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|error| {
            Problem::failed(
                "ready_file",
                format!("cannot write the ready file {}", path.display()),
            )
            .why(error.to_string())
        })
}

/// Says what concerns no delivery in particular.
async fn news(inbox: Inbox, face: Face) {
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
        Notice::Removed { .. } => Ok(()),
    };
    // The terminal UI shows all of this by itself.
    if !face.is_json() && !face.is_tui() {
        output::complain(&words::notice(notice, refused));
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

fn last_words(
    setup: &Setup,
    started: Timestamp,
    totals: &crate::inbox::Totals,
    followed: &Followed,
    reason: Reason,
) -> Result<()> {
    let stopped = words::stopped(totals, followed, reason);
    let object = ndjson::notice(&Said::Stopped(stopped.clone()));
    match setup.face.object(&object) {
        Err(error) if !output::is_closed(&error) => return Err(output::unwritable(&error)),
        _ => {}
    }
    if let Face::Text { reader, .. } | Face::Tui(reader) = &setup.face {
        let words = words::summary(&stopped, started, &setup.location, followed, reader);
        output::complain(&format!("{}\n", words.trim_end()));
    }
    Ok(())
}

/// How it ends when nobody reads how it ends.
fn code_of(reason: Reason) -> Exit {
    match reason {
        Reason::Interrupted | Reason::Matched | Reason::OutputClosed | Reason::InputEnded => {
            Exit::Done
        }
        Reason::Terminated => Exit::Terminated,
        Reason::TimedOut => Exit::NotFound,
        Reason::OutputFailed => Exit::Failed,
    }
}

fn reason_to_exit(reason: Reason, followed: &Followed) -> Result {
    match reason {
        Reason::Interrupted | Reason::Matched | Reason::OutputClosed | Reason::InputEnded => {
            Ok(Exit::Done)
        }
        Reason::Terminated => Ok(Exit::Terminated),
        Reason::TimedOut if followed.missing == 0 => Ok(Exit::Done),
        Reason::TimedOut => Err(super::wait::time_is_up(followed.missing)),
        Reason::OutputFailed => Err(Problem::failed("output", "cannot write to standard output")),
    }
}
