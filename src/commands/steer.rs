//! `hook64 arm`, `disarm`, `hold`, `release` and `status`: steering a running listener through its
//! control socket, which is found through the store.

use std::path::Path;

use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};

use crate::fault::{EXAMPLES, Plan};
use crate::net::control::{self, Call, CallAnswer, ControlError};
use crate::text;

use super::arguments::{Output, StoreArgs};
use super::exit::Exit;
use super::listen;
use super::output;
use super::problem::{Problem, Result};

/// Put a fault plan into force, before the rules that are.
#[derive(Debug, Args)]
pub(super) struct ArmArgs {
    /// What to answer: `500x3`, `each:503x2@type:find_email`, `delay(12s)`, `reset`, `hold`, …
    plan: String,
    /// Take what was armed before out of force
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    common: Common,
}

/// Take all fault rules out of force.
#[derive(Debug, Args)]
pub(super) struct DisarmArgs {
    #[command(flatten)]
    common: Common,
}

/// Hold the answers to matching deliveries until each is released.
#[derive(Debug, Args)]
pub(super) struct HoldArgs {
    /// Which deliveries [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Hold so many and no more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    #[command(flatten)]
    common: Common,
}

/// Answer a held delivery.
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Its number, its event id, or the start of one
    id: String,
    /// The answer: `200`, `500`, `429(retry-after=30)`, `reset`, `close`, …
    answer: String,
    #[command(flatten)]
    common: Common,
}

/// Show how the listener stands: what is armed, what is held, what has come.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    store: StoreArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn arm(arguments: &ArmArgs) -> Result {
    let plan = plan(&arguments.plan, "arm")?;
    arm_plan(&plan, arguments.replace, &arguments.common)
}

fn arm_plan(plan: &Plan, replace: bool, common: &Common) -> Result {
    let body = json!({ "plan": plan.to_string(), "replace": replace });
    let status = call(common, "POST", "/arm", &body)?;
    common.print(&status, status_text)
}

pub(super) fn disarm(arguments: &DisarmArgs) -> Result {
    let answer = call(&arguments.common, "POST", "/disarm", &json!({}))?;
    arguments.common.print(&answer, |answer| {
        let count = answer["disarmed"].as_u64().unwrap_or(0);
        let rules = if count == 1 { "rule" } else { "rules" };
        format!("disarmed {count} {rules}\n")
    })
}

pub(super) fn hold(arguments: &HoldArgs) -> Result {
    let scope = arguments.filter.join(" ");
    let steps = match arguments.count {
        None => "always:hold".to_owned(),
        Some(1) => "hold".to_owned(),
        Some(count) => format!("holdx{count}"),
    };
    let text = if scope.is_empty() {
        steps
    } else {
        format!("{steps}@{scope}")
    };
    arm_plan(&plan(&text, "arm")?, false, &arguments.common)
}

pub(super) fn release(arguments: &ReleaseArgs) -> Result {
    let body = json!({ "id": arguments.id, "answer": arguments.answer });
    let answer = call(&arguments.common, "POST", "/release", &body)?;
    let with = text::line(arguments.answer.as_bytes()).into_owned();
    arguments.common.print(&answer, |answer| {
        format!("released delivery {} with {with}\n", answer["released"])
    })
}

pub(super) fn status(arguments: &StatusArgs) -> Result {
    let status = call(&arguments.common, "GET", "/status", &json!({}))?;
    arguments.common.print(&status, status_text)
}

/// A fault plan from its text; `command` is what it would be right for.
///
/// # Errors
/// When it is none.
pub(super) fn plan(text: &str, command: &str) -> Result<Plan> {
    text.parse().map_err(|error: crate::fault::PlanError| {
        let fix = match &error.suggestion {
            Some(suggestion) => {
                let quoted = suggestion.replace('\'', r"'\''");
                format!("hook64 {command} '{quoted}'")
            }
            None => error.fix.clone(),
        };
        Problem::new(
            Exit::Usage,
            "fault",
            format!("cannot read the fault \"{text}\""),
        )
        .why(format!("{error}; expected {EXAMPLES}"))
        .fix(fix)
    })
}

impl Common {
    fn print(&self, answer: &Value, words: impl Fn(&Value) -> String) -> Result {
        output::print(&match self.output {
            Output::Json => text::json(answer.to_string()) + "\n",
            Output::Text => words(answer),
        })?;
        Ok(Exit::Done)
    }
}

/// Makes one call to the listener that writes to this store.
fn call(common: &Common, method: &str, path: &str, body: &Value) -> Result<Value> {
    let location = common.store.location()?;
    let socket = listen::control_path(&location).ok_or_else(|| {
        Problem::usage("a listener with --store :memory: cannot be steered")
            .why("it has no file that its control socket could lie beside")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    runtime.block_on(ask(&socket, method, path, body))
}

/// Makes one call to the listener behind a control socket.
///
/// # Errors
/// When there is none, or it refuses.
pub(super) async fn ask(socket: &Path, method: &str, path: &str, body: &Value) -> Result<Value> {
    let call = Call {
        method: method.to_owned(),
        path: path.to_owned(),
        body: Bytes::from(body.to_string()),
    };
    let answer = control::call(socket, &call)
        .await
        .map_err(|error| unreachable(&error))?;
    understand(&answer)
}

fn unreachable(error: &ControlError) -> Problem {
    match error {
        ControlError::NobodyThere { .. } => Problem::new(
            Exit::NotFound,
            "no_listener",
            "there is no listener to steer",
        )
        .why(error.to_string())
        .fix("start one: hook64 listen\nor name its store: --store FILE"),
        _ => Problem::failed("control", "the listener could not be reached").why(error.to_string()),
    }
}

fn understand(answer: &CallAnswer) -> Result<Value> {
    let object: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if answer.status == 200 {
        return Ok(object);
    }
    let part = |name: &str| object[name].as_str().map(str::to_owned);
    let exit = if answer.status == 404 {
        Exit::NotFound
    } else {
        Exit::Usage
    };
    let what = part("error").unwrap_or_else(|| "the listener refused".to_owned());
    let mut problem = Problem::new(exit, "refused", what);
    if let Some(why) = part("why") {
        problem = problem.why(why);
    }
    if let Some(fix) = part("fix") {
        problem = problem.fix(fix);
    }
    Err(problem)
}

fn status_text(status: &Value) -> String {
    let mut lines = format!(
        "Listening  {} (process {})\n",
        status["local"].as_str().unwrap_or_default(),
        status["pid"]
    );
    let list = |name: &str| status[name].as_array().cloned().unwrap_or_default();
    for route in &list("routes") {
        let route = route.as_str().unwrap_or_default();
        lines += &format!("Forwards   {}\n", text::line(route.as_bytes()));
    }
    let armed = list("armed");
    if armed.is_empty() {
        lines += "Armed      nothing\n";
    }
    for rule in &armed {
        let of = rule["of"]
            .as_u64()
            .map_or_else(String::new, |of| format!("/{of}"));
        let text = rule["rule"].as_str().unwrap_or_default();
        lines += &format!(
            "Armed      {}  {}{of}\n",
            text::line(text.as_bytes()),
            rule["taken"]
        );
    }
    let is_chance = |rule: &Value| {
        rule["rule"]
            .as_str()
            .is_some_and(|text| text.contains("%:"))
    };
    if armed.iter().any(is_chance) {
        lines += &format!("Seed       {}\n", status["seed"]);
    }
    for held in &list("held") {
        lines += &held_text(held);
    }
    lines
        + &format!(
            "So far     {}, {}, {} acknowledged, {}, {} dropped\n",
            count(&status["events"], "event", "events"),
            count(&status["deliveries"], "delivery", "deliveries"),
            status["acknowledged"],
            count(&status["bad_sig"], "bad signature", "bad signatures"),
            status["dropped"]
        )
}

fn count(number: &Value, one: &str, several: &str) -> String {
    let what = if *number == 1 { one } else { several };
    format!("{number} {what}")
}

fn held_text(held: &Value) -> String {
    let id = held["event_id"].as_str().unwrap_or("no event id");
    let seconds = |name: &str| held[name].as_f64().map(|milliseconds| milliseconds / 1e3);
    let waits = seconds("provider_waits_ms").map_or_else(String::new, |left| {
        format!(", the provider still waits {left:.1} s")
    });
    format!(
        "Held       delivery {} ({}) for {:.1} s{waits}\n",
        held["seq"],
        text::line(id.as_bytes()),
        seconds("held_ms").unwrap_or_default()
    )
}
