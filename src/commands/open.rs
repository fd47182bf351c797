//! `hook64 open`: the terminal UI over a store, without listening; live beside a running listener.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Args;
use tokio::sync::watch;

use crate::net::tunnel::Places;
use crate::store::Store;
use crate::tui::Ending;

use super::Everywhere;
use super::arguments::{SecretArgs, StoreArgs};
use super::exit::Exit;
use super::listen::Stop;
use super::lookup;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::{Layer, location};
use super::tui::{self, Desk, Keeper, LookArgs, Looks, Remote};

/// Between two looks into the store: nobody tells another process that there is something new.
const PAUSE: Duration = Duration::from_millis(100);

/// Look at captures in the terminal UI, without listening.
#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    looks: LookArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub(super) fn run(arguments: &OpenArgs, everywhere: Everywhere) -> Result {
    tui::demand("hook64 open", "use text: hook64 list, hook64 show ID")?;
    let layer = Layer::from_files()?;
    let location = location(arguments.store.store.as_deref().or(layer.store.as_deref()))?;
    let store = lookup::open_at(&location)?;
    let looks = Looks::resolve(&arguments.looks, &layer, everywhere)?;
    let keyring = secrets::load(&arguments.secrets, &layer)?;
    let given = layer.public_url.as_deref().map(super::tunnel::public_url);
    let places = Places::usual(given.transpose()?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    let desk = Desk::new(store.clone(), keyring, Keeper::Place(location.clone()));
    runtime.block_on(async move {
        let control = Remote::start(&location, desk, places).await;
        show(store, control, looks).await
    })
}

async fn show(store: Store, control: Remote, looks: Looks) -> Result {
    let stop = Stop::new();
    stop.on_signals().map_err(|error| {
        Problem::failed("signals", "cannot listen for signals").why(error.to_string())
    })?;
    keep_up(store.clone());
    let shown = tui::run(store, Arc::new(control), looks, told(&stop));
    match shown.await.unwrap_or_else(|_| Err(tui::lost()))? {
        Ending::Left => Ok(Exit::Done),
        Ending::Forced => Ok(Exit::Forced),
        Ending::Stopped => Ok(stop.exit()),
    }
}

/// Becomes true when it is time to stop.
pub(super) fn told(stop: &Stop) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let told = stop.told();
    tokio::spawn(async move {
        told.await;
        sender.send_replace(true);
        // The other end takes a sender that is gone for no sign at all.
        sender.closed().await;
    });
    receiver
}

/// Raises the store's version whenever the listener has written to it, for as long as the program
/// runs.
fn keep_up(store: Store) {
    thread::spawn(move || {
        loop {
            // What cannot be read now is told by whoever wants to see it.
            let _ = store.poll();
            thread::sleep(PAUSE);
        }
    });
}
