//! What a listener says to a person: the first lines, the last ones, and what went wrong.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::Provider;
use crate::export::clock::Clock;
use crate::export::line::{self, Reader, last_words};
use crate::export::notice::Stopped;
use crate::inbox::{Notice, Totals};
use crate::net::server::{BindError, BindProblem, Listener, port_owner};
use crate::net::tunnel::{Advice, Tunnels};
use crate::outbox::Route;
use crate::outbox::schedule::pace::Drift;
use crate::signature::{Keyring, Secret};
use crate::store::Location;
use crate::text;

use super::super::exit::Exit;
use super::super::output;
use super::super::problem::Problem;
use super::follow::Followed;
use super::setup::Setup;
use super::stop::Reason;

/// Whether signatures are checked, with which keys, and how exact clocks must be.
pub(super) fn signing(keyring: &Keyring, tolerance: Duration) -> String {
    if keyring.is_empty() {
        return "off: no secret is loaded, so no delivery can be verified".to_owned();
    }
    let keys = |name: &str, secrets: &[Secret]| {
        let hints: Vec<_> = secrets
            .iter()
            .map(|secret| format!("…{}", secret.last_four()))
            .collect();
        (!hints.is_empty()).then(|| format!("{name}key {}", hints.join(", ")))
    };
    let all: Vec<_> = [keys("", &keyring.sixtyfour), keys("ELAN ", &keyring.elan)]
        .into_iter()
        .flatten()
        .collect();
    format!(
        "on, {}, tolerance {} s",
        all.join(", "),
        tolerance.as_secs_f64()
    )
}

/// The lines before the first delivery.
pub(super) fn start(
    setup: &Setup,
    listener: &Listener,
    url: &str,
    signing: &str,
    tunnels: &Tunnels,
) -> String {
    let path = setup.policy.path.as_deref();
    let path = path.map_or_else(|| "any path".to_owned(), |path| format!("only {path}"));
    let others = &listener.addresses()[1..];
    let also = others.iter().fold(String::new(), |mut also, address| {
        let _ = write!(also, ", also {address}");
        also
    });
    let mut lines = format!("Listening  {url}{also}   {}\n", text::line(path.as_bytes()));
    if let Some(found) = tunnels.best() {
        let path = setup.policy.path.as_deref().unwrap_or("/");
        let _ = writeln!(
            lines,
            "Public     {}   {}",
            text::line(found.public.webhook_url(path).as_bytes()),
            text::line(found.source().as_bytes())
        );
    }
    let _ = writeln!(lines, "Signing    {signing}");
    for route in setup.routes() {
        let _ = writeln!(
            lines,
            "Forward    {}",
            text::line(route.to_string().as_bytes())
        );
    }
    let _ = writeln!(lines, "Store      {}", setup.location);
    if let Some(plan) = &setup.layer.fault {
        let seed = if setup.armed.has_chance() {
            format!("   seed {}", setup.armed.seed())
        } else {
            String::new()
        };
        let _ = writeln!(lines, "Armed      {}{seed}", text::line(plan.as_bytes()));
    }
    lines
}

/// The tunnels that lead elsewhere.
pub(super) fn misdirected(tunnels: &Tunnels, port: u16) -> impl Iterator<Item = Problem> {
    tunnels.misdirected().map(move |elsewhere| {
        let advice = Advice::misdirected(elsewhere, port);
        Problem::usage(advice.what).why(advice.why).fix(advice.fix)
    })
}

/// Says rare news, as a warning or a note.
pub(super) fn tell(notice: &Notice, refused: u64) {
    match notice {
        Notice::StoreFailed(error) => output::warn(
            &Problem::failed(
                "store_failed",
                "deliveries cannot be stored and are answered 503",
            )
            .why(error.as_str())
            .fix("mend that; it goes on by itself, and the provider retries what was refused"),
        ),
        Notice::StoreRecovered => output::note(&format!(
            "deliveries are stored again; {refused} were answered 503"
        )),
        // Said by whoever knows the routes.
        Notice::Unrouted { .. } => {}
        Notice::Held(id) => output::note(&format!(
            "delivery {id} is held: answer it with hook64 release {id} 200"
        )),
        Notice::Removed {
            through,
            deliveries,
        } => output::note(&format!(
            "{deliveries} deliveries up to number {through} were removed to keep the store in its \
             bounds (--keep, --keep-bytes)"
        )),
    }
}

/// Deliveries like this one are forwarded nowhere.
pub(super) fn unrouted(path: &[u8], event_type: Option<&str>, routes: &[Route]) -> String {
    let kind = text::line(event_type.unwrap_or("(no type)").as_bytes());
    let path = text::line(path);
    let routes: Vec<_> = routes.iter().map(Route::to_string).collect();
    format!(
        "no route is for {kind} on {path}: it is answered 200 here and forwarded nowhere; the \
         routes are {}",
        routes.join(", ")
    )
}

/// What retention removed before it was printed.
pub(super) fn unshown(count: u64) -> String {
    let deliveries = if count == 1 {
        "delivery was"
    } else {
        "deliveries were"
    };
    format!("{count} {deliveries} removed to make room before they could be shown")
}

/// A provider's gaps are not the documented ones.
pub(super) fn drift(provider: Provider, drift: &Drift) -> String {
    let list = |gaps: &mut dyn Iterator<Item = Duration>| {
        let gaps: Vec<_> = gaps
            .map(|gap| format!("{:.1}", gap.as_secs_f64()))
            .collect();
        gaps.join(", ")
    };
    format!(
        "note: the measured backoff of {provider} is about {} s; its docs say {} s\n",
        list(&mut drift.gaps.iter().map(|(_, measured)| *measured)),
        list(&mut drift.gaps.iter().map(|(documented, _)| *documented)),
    )
}

/// What was held was answered at the stop.
pub(super) fn released(count: usize, status: u16) -> String {
    let deliveries = if count == 1 { "delivery" } else { "deliveries" };
    format!("{count} held {deliveries} answered {status} at the stop (--on-stop)")
}

/// What came of it all.
pub(super) fn stopped(totals: &Totals, followed: &Followed, reason: Reason) -> Stopped<'static> {
    Stopped {
        at: Timestamp::now(),
        events: totals.events,
        deliveries: totals.deliveries,
        bad_sig: totals.bad_signatures,
        dropped: totals.unstored + followed.unshown,
        acknowledged: totals.acknowledged,
        undelivered: followed.ended,
        open: totals
            .events
            .saturating_sub(totals.acknowledged + followed.ended.unwrap_or(0)),
        reason: reason.name(),
    }
}

/// The last words.
pub(super) fn summary(
    stopped: &Stopped<'_>,
    started: Timestamp,
    location: &Location,
    followed: &Followed,
    reader: &Reader,
) -> String {
    let ran = Duration::try_from(stopped.at.duration_since(started)).unwrap_or_default();
    let clock = match reader {
        Reader::Terminal { zone, .. } => Clock::Local(zone.clone()),
        Reader::Pipe { .. } => Clock::Rfc3339,
    };
    let waiting: Vec<_> = followed
        .waiting
        .iter()
        .map(|waiting| line::Waiting {
            event_id: &waiting.event_id,
            event_type: waiting.event_type.as_deref(),
            attempt: waiting.attempt,
            due: waiting.due,
        })
        .collect();
    last_words(stopped, ran, &location.to_string(), &waiting, &clock)
}

/// Why a port could not be had, and who has it.
pub(super) fn cannot_listen(error: &BindError) -> Problem {
    let port = error.address.port();
    let problem = Problem::new(Exit::Network, code(error), error.to_string());
    match &error.problem {
        BindProblem::InUse => in_use(problem, port),
        BindProblem::NotLocal => problem
            .why("only an address of this machine can be listened on")
            .fix("leave --host out: both loopbacks are listened on"),
        BindProblem::Privileged => problem
            .why("ports below 1024 need privileges")
            .fix("hook64 listen --port 6464"),
        BindProblem::Other(error) => problem.why(error.to_string()),
    }
}

fn code(error: &BindError) -> &'static str {
    match error.problem {
        BindProblem::InUse => "port_in_use",
        BindProblem::NotLocal => "address_not_local",
        BindProblem::Privileged => "port_privileged",
        BindProblem::Other(_) => "cannot_listen",
    }
}

fn in_use(problem: Problem, port: u16) -> Problem {
    let owner = port_owner(port);
    let is_hook64 = owner
        .as_ref()
        .is_some_and(|owner| owner.program.contains("hook64"));
    let problem = problem.why(owner.map_or_else(
        || "another program is listening there".to_owned(),
        |owner| {
            format!(
                "process {} ({}) is listening there",
                owner.pid, owner.program
            )
        },
    ));
    if is_hook64 {
        return problem.fix("it is already running; see it with: hook64 open");
    }
    let next = port.checked_add(1).unwrap_or(6464);
    problem.fix(format!(
        "stop it, or use another port and point the tunnel at it:\n  \
         hook64 listen --port {next}\n  ngrok http {next}"
    ))
}
