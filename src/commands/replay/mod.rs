//! `hook64 replay`: deliver captures again, as they came or signed anew, changed or not.
//!
//! `options` are as written, `select` finds the captures, `plan` says how they are replayed, `edit`
//! opens one in an editor, `course` makes the replays, `record` keeps them beside the captures,
//! `session` counts them and says how it ended, `face` prints them, and `typed` is the command to
//! offer again.

mod course;
mod edit;
mod face;
mod options;
mod plan;
mod record;
mod select;
mod session;
mod typed;

use std::time::Instant;

use crate::delivery::DeliveryId;
use crate::net::client::Target;
use crate::outbox::Outbox;
use crate::outbox::replay::ReplayError;
use crate::store::{Location, Store};

use super::exit::Exit;
use super::listen::Stop;
use super::lookup;
use super::outgoing::{Consent, ask, block_on};
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::Layer;
use super::{Everywhere, color};

pub(super) use course::{Course, Report};
pub(super) use options::ReplayArgs;
pub(super) use plan::{Manner, Pace, Plan};
pub(super) use record::Recorder;
use session::Session;

pub(super) fn run(arguments: &ReplayArgs, everywhere: Everywhere) -> Result {
    let location = arguments.store.location()?;
    let store = lookup::open_at(&location)?;
    let ids = select::select(&store, &location, &arguments.which)?;
    consent(arguments, ids.len())?;
    let keyring = secrets::load(&arguments.secrets, &Layer::from_files()?)?;
    let mut plan = Plan::new(arguments, keyring)?;
    if plan.expires() && ids.iter().all(|id| is_timeless(&store, *id, &plan)) {
        return Err(
            Problem::usage("--expired does nothing for deliveries of ELAN")
                .why(ReplayError::NoTime.to_string())
                .fix("have it refused in another way: --bad-signature, or --unsigned"),
        );
    }
    if arguments.edit && !edit_body(&store, &ids, &mut plan, everywhere)? {
        output::complain("Nothing was sent.\n");
        return Ok(Exit::Done);
    }
    let idle = if arguments.concurrency > 1 {
        usize::from(arguments.concurrency)
    } else {
        0
    };
    let client = arguments.client.client(&arguments.to, idle)?;
    let course = Course {
        outbox: Outbox::new(client, arguments.client.limits()?),
        store,
        ids,
        plan,
        times: arguments.times,
        pace: match (arguments.every, arguments.speed) {
            (Some(every), _) => Pace::Every(every.0),
            (None, Some(speed)) => Pace::AsArrived(speed),
            (None, None) => Pace::AtOnce,
        },
        concurrency: usize::from(arguments.concurrency),
    };
    block_on(replay(course, location, arguments, everywhere))
}

/// A replay leaves this machine only if the person says so.
fn consent(arguments: &ReplayArgs, count: usize) -> Result<()> {
    let target = &arguments.to;
    if target.is_loopback() || arguments.allow_remote {
        return Ok(());
    }
    let captures = match count {
        1 => "1 capture".to_owned(),
        _ => format!("{count} captures"),
    };
    let question = format!(
        "Replay {captures} to {}, which is not this machine?",
        target.host()
    );
    match ask(&question, false) {
        Consent::Given => Ok(()),
        Consent::Refused | Consent::Nobody => Err(not_local(target)),
    }
}

fn not_local(target: &Target) -> Problem {
    let host = target.host();
    Problem::new(
        Exit::Usage,
        "not_local",
        format!("refusing to replay to {host}: it is not this machine"),
    )
    .why("a replay sends a signed copy of real data")
    .fix(format!(
        "if you mean it, say so:  {} --allow-remote",
        typed::command()
    ))
}

/// Whether a capture is to be expired and cannot be. One that cannot be read is another matter.
fn is_timeless(store: &Store, id: DeliveryId, plan: &Plan) -> bool {
    let delivery = store.get(id).ok().flatten();
    delivery.is_some_and(|delivery| plan.never_expires(&delivery))
}

/// Opens the body of the one capture in an editor; says whether it is to be sent.
fn edit_body(
    store: &Store,
    ids: &[DeliveryId],
    plan: &mut Plan,
    everywhere: Everywhere,
) -> Result<bool> {
    let [id] = ids else {
        return Err(Problem::usage("--edit takes one capture")
            .why(format!("{} were named", ids.len()))
            .fix("name one of them, or change all of them with --set .path=JSON"));
    };
    let delivery = lookup::delivery(store, &id.to_string(), select::AGAIN)?;
    let mut body = delivery.request().body.clone();
    for edit in std::mem::take(&mut plan.replay.edits) {
        let changed = edit.apply(&body);
        body = changed
            .map_err(|error| impossible(*id, &error.to_string()))?
            .into();
    }
    let edited = edit::edit(&body, color::stderr(everywhere.color))?;
    plan.replay.body = Some(edited.body);
    let Some(difference) = edited.difference else {
        output::note("the body was not changed in the editor");
        return Ok(ask("Send it all the same?", true) != Consent::Refused);
    };
    output::complain(&difference);
    if let Some(remark) = edited.remark {
        output::note(&remark);
    }
    Ok(ask("Send it?", true) != Consent::Refused)
}

async fn replay(
    course: Course,
    location: Location,
    arguments: &ReplayArgs,
    everywhere: Everywhere,
) -> Result {
    let stop = Stop::new();
    stop.on_signals()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    let wanted = (course.ids.len() as u64).saturating_mul(u64::from(course.times));
    let mut session = Session::new(arguments, everywhere, wanted, course.plan.keeps_event_id());
    let mut recorder = Recorder::new(location);
    let started = Instant::now();
    let mut running = course.start();
    let (watched, halt, hurry) = (stop.clone(), running.halting(), recorder.hurrying());
    // Whatever is waited for below, it is heard.
    tokio::spawn(async move {
        watched.told().await;
        halt.now();
        hurry();
        output::leave_when_a_write_hangs(watched.exit());
    });
    let mut printed = Ok(());
    while let Some(report) = running.next().await {
        if printed.is_ok() {
            printed = session.take(&report);
            if printed.is_err() {
                running.halting().now();
            }
        }
        if let Report::Made(made) = report {
            recorder.add(made.outgoing()).await;
        }
    }
    // Those that were told to stop have ended, too.
    let stopped = stop.is_told().then(|| stop.exit());
    session.pause();
    recorder.finish().await;
    running.end().await;
    match printed {
        Ok(()) => session.finish(started.elapsed(), stopped),
        Err(error) if output::is_closed(&error) => Ok(Exit::Done),
        Err(error) => Err(output::unwritable(&error)),
    }
}

fn impossible(id: DeliveryId, why: &str) -> Problem {
    Problem::failed("not_replayable", format!("cannot replay delivery {id}"))
        .why(why)
        .fix(format!("look at it: hook64 show {id}"))
}
