//! Saying that it listens: to programs, to a person, and to whoever watches a file.

use std::path::Path;

use jiff::Timestamp;

use crate::commands::output;
use crate::commands::problem::{Problem, Result};
use crate::export::ndjson;
use crate::export::notice::{Notice as Said, Ready};
use crate::net::server::Listener;
use crate::net::tunnel::Tunnels;
use crate::outbox::forward::Route;

use super::setup::Setup;
use super::words;

/// Says everywhere that deliveries are taken now.
pub(super) fn announce(
    setup: &Setup,
    listener: &Listener,
    url: &str,
    signing: &str,
    tunnels: &Tunnels,
) -> Result<()> {
    let face = &setup.face;
    let public = tunnels.best().map(|found| found.public.as_str());
    let routes: Vec<_> = setup.routes().iter().map(Route::to_string).collect();
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
        routes: &routes,
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
    words::misdirected(tunnels, listener.port()).for_each(|warning| output::warn(&warning));
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
