//! `hook64 listen`: everything wired together, from the options to the last words.
//!
//! `setup` resolves the options, `ready` says that it listens, `face` prints, `follow` reads the
//! store for the face and for what is waited for, `news` tells the rest, `control` and `profile`
//! answer who steers it, `serving` is the thread of the sockets, `stop` knows the reasons to end,
//! `ending` is all that is done then, `words` are the lines for a person; `circle` refuses routes
//! that lead back here, and `routes` warns of others.

mod circle;
mod control;
mod ending;
mod face;
mod follow;
mod news;
mod profile;
mod ready;
mod routes;
mod serving;
mod setup;
mod stop;
mod words;

use std::sync::Arc;

use jiff::Timestamp;

use crate::delivery::{Head, Reply, Request, Settlement};
use crate::inbox::tail::Tail;
use crate::inbox::{Inbox, Receipt, decide};
use crate::net::server::{self, Handler, Listener};
use crate::net::tunnel::{Places, Tunnels, look};
use crate::store::Store;

use super::Everywhere;
use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::tui::{self, Desk, Keeper, Local, Traffic};

pub(super) use control::{path as control_path, reply};
use ending::{Running, stop_when_left};
use follow::follow;
use news::news;
use profile::Profile;
use ready::announce;
use serving::Serving;
pub(super) use setup::ListenArgs;
use setup::Setup;
use stop::Reason;
pub(super) use stop::Stop;

pub(super) fn run(arguments: ListenArgs, everywhere: Everywhere) -> Result {
    let setup = Setup::resolve(arguments, everywhere)?;
    if setup.face.is_json() {
        output::speak_in_objects();
    }
    if let Some(warning) = setup.unchecked() {
        output::warn(&warning);
    }
    routes::warnings(setup.routes())
        .iter()
        .for_each(output::warn);
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
        circle::refuse(setup.routes(), listener.addresses())?;
        let url = format!("http://{}/", listener.addresses()[0]);
        let store = open_store(&setup, &url)?;
        Ok::<_, Problem>((listener, url, store))
    })?;
    let signing = words::signing(&keyring, setup.policy.tolerance);
    let profile = Profile::new(&setup, &keyring, &url, listener.port());
    let desk = Desk::new(store.clone(), keyring.clone(), Keeper::Store(store.clone()))
        .knowing_apps(setup.routes(), &setup.trust);
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
    let served = serving.run(served).await;
    let running = Running {
        setup,
        started,
        store,
        inbox,
        stop,
        shown,
        steered,
        followed,
    };
    let exit = running.end().await?;
    // Where the sockets ended by a panic, that has been reported.
    Ok(served.map_or(Exit::Internal, |_| exit))
}

/// What is still held when the listener stops is answered, so that no provider waits in vain.
async fn release_at_stop(inbox: Inbox, stop: Stop, status: u16) {
    stop.told().await;
    inbox.release_all(decide::stopping(status));
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
