//! "What will happen": a form and what is known about the retries to come, as sentences. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::app::App;
use super::arm::{ArmForm, Field, Kind, Often};
use super::state::{State, remaining};

/// An attempt that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The start of its event's id.
    pub event: String,
    /// Its event's type.
    pub kind: Option<String>,
    /// Which attempt.
    pub attempt: u32,
    /// How long until it is due.
    pub left: Duration,
}

/// What is known about what is to come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// The attempts that are expected, the next one first.
    pub pending: Vec<Pending>,
    /// The rules that are armed already: what each answers, whom, how many are left.
    pub armed: Vec<(String, Option<String>, Option<u64>)>,
    /// The documented gaps.
    pub gaps: Vec<Duration>,
    /// How long the provider waits for an answer.
    pub timeout: Duration,
    /// Deliveries are forwarded to an app.
    pub forwards: bool,
}

/// Only that many of the newest events are asked whether a retry is due.
const ASKED: u32 = 10_000;

impl World {
    /// What the app knows.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let provider = crate::delivery::Provider::Sixtyfour;
        let events = u32::try_from(app.index.events()).unwrap_or(u32::MAX);
        let mut pending: Vec<Pending> = (events.saturating_sub(ASKED)..events)
            .filter_map(|event| expected(app, event, app.now))
            .collect();
        pending.sort_by_key(|pending| pending.left);
        Self {
            pending,
            armed: app
                .status
                .armed
                .iter()
                .map(|rule| {
                    let (step, scope) = super::armed::parts(&rule.text);
                    let left = rule.of.map(|of| of.saturating_sub(rule.done));
                    (step.to_owned(), scope.map(str::to_owned), left)
                })
                .collect(),
            gaps: crate::provider::gaps(provider).to_vec(),
            timeout: crate::provider::attempt_timeout(provider).unwrap_or_default(),
            forwards: app.status.forward.is_some(),
        }
    }

    fn attempts(&self) -> usize {
        self.gaps.len() + 1
    }

    /// About how long after its first attempt an event's attempt comes.
    fn after_first(&self, attempt: u32) -> Duration {
        let retries = attempt.saturating_sub(1) as usize;
        self.gaps.iter().take(retries).sum()
    }
}

fn expected(app: &App, event: u32, now: Timestamp) -> Option<Pending> {
    let State::Due {
        attempt, at, gap, ..
    } = app.index.state(event, now)
    else {
        return None;
    };
    Some(Pending {
        event: app.index.event(event)?.short_id(),
        kind: app.index.kind(event).map(str::to_owned),
        attempt,
        left: remaining(now, at, gap),
    })
}

/// What a form will do, in sentences.
#[must_use]
pub(super) fn sentences(form: &ArmForm) -> Vec<String> {
    if let Err((_, problem)) = form.plan() {
        return vec![format!("Nothing yet: {problem} is needed.")];
    }
    let mut told = Vec::new();
    // What will surprise comes first: on a small screen the rest may not be seen.
    if form.delay().is_some() {
        told.extend(effect(form));
        told.push(main(form));
    } else {
        told.push(main(form));
        told.extend(effect(form));
    }
    told.extend(first_hit(form));
    told.extend(advice(form));
    told
}

fn whom(form: &ArmForm) -> String {
    let kind = form.only_type().map_or_else(String::new, |kind| {
        format!("{} ", crate::text::line(kind.as_bytes()))
    });
    let event = form.only_event().map_or_else(String::new, |id| {
        format!(
            " of {}",
            crate::text::clip(&crate::text::line(id.as_bytes()), 9)
        )
    });
    format!("{kind}deliver%{event}")
}

fn several(form: &ArmForm) -> String {
    whom(form).replace('%', "ies")
}

fn one(form: &ArmForm) -> String {
    whom(form).replace('%', "y")
}

fn verb(form: &ArmForm, plural: bool) -> String {
    let (get, wait, see) = if plural {
        ("get", "wait", "see")
    } else {
        ("gets", "waits", "sees")
    };
    match form.kind {
        Kind::Status => format!("{get} {}", form.text(Field::Status).trim()),
        Kind::Delay => format!(
            "{wait} {} s, then {get} {}",
            form.text(Field::Seconds).trim(),
            form.text(Field::Then).trim()
        ),
        Kind::Hang => format!("{get} no answer"),
        Kind::Reset => format!("{see} a connection reset"),
        Kind::Cut => format!("{get} half an answer"),
        Kind::Redirect => format!(
            "{get} {} to {}",
            form.text(Field::Redirect).trim(),
            crate::text::line(form.text(Field::Location).trim().as_bytes())
        ),
    }
}

fn main(form: &ArmForm) -> String {
    match form.often {
        Often::Next => {
            let then = behind(form);
            match form.count() {
                Some(1) => format!("The next {} {}{then}.", one(form), verb(form, false)),
                count => format!(
                    "The next {} {} {}{then}.",
                    count.unwrap_or_default(),
                    several(form),
                    verb(form, true)
                ),
            }
        }
        Often::Attempts => attempts(form),
        Often::Chance => format!(
            "About {} % of {} {}, chosen by a seed.",
            form.text(Field::Chance).trim(),
            several(form),
            verb(form, true)
        ),
        Often::Always => format!(
            "Every {} {} until you disarm (A).",
            one(form),
            verb(form, false)
        ),
    }
}

/// What answers after this rule is used up.
fn behind(form: &ArmForm) -> String {
    let next = form
        .world
        .armed
        .iter()
        .find(|(_, scope, left)| concerns(form, scope.as_deref()) && *left != Some(0));
    match next {
        Some((step, _, Some(left))) => format!(", then {left} more {step}, then normal answers"),
        Some((step, _, None)) => format!(", then {step} goes on"),
        None => ", then normal answers".to_owned(),
    }
}

/// Whether a rule with this scope can answer what this form is about.
fn concerns(form: &ArmForm, scope: Option<&str>) -> bool {
    match (form.only_type(), scope) {
        (Some(kind), Some(scope)) => !scope.contains("type:") || scope.contains(kind),
        _ => true,
    }
}

fn attempts(form: &ArmForm) -> String {
    let (first, last) = form.attempts().unwrap_or((1, 1));
    let world = &form.world;
    let which = if first == last {
        format!("Attempt {first}")
    } else {
        format!("Attempts {first} to {last}")
    };
    let kind = form.only_type().map_or_else(String::new, |kind| {
        format!("{} ", crate::text::line(kind.as_bytes()))
    });
    let begin = format!("{which} of every {kind}event {}", verb(form, first != last));
    if last as usize >= world.attempts() {
        return format!(
            "{begin}. Sixtyfour makes {} in all: it gives up after about {} and marks the event undelivered.",
            world.attempts(),
            crate::text::duration(world.after_first(last))
        );
    }
    format!(
        "{begin}; attempt {} is answered normally, about {} after the first.",
        last + 1,
        crate::text::duration(world.after_first(last + 1))
    )
}

/// What the sender makes of such an answer.
fn effect(form: &ArmForm) -> Option<String> {
    let world = &form.world;
    let timeout = world.timeout.as_secs();
    let retry = world.gaps.first().map_or_else(
        || "later".to_owned(),
        |gap| format!("{} s later", gap.as_secs()),
    );
    match form.kind {
        Kind::Delay => {
            let delay = form.delay()?;
            Some(if delay > world.timeout.as_secs_f64() {
                format!(
                    "{delay:.1} s is longer than the {timeout} s per-attempt timeout of async jobs: expect the client to hang up after about {timeout} s, then a retry {retry}. A workflow block may wait longer (its timeout_seconds): then it gets {} after {delay:.0} s, no retry.",
                    form.text(Field::Then).trim()
                )
            } else {
                format!("That is within the {timeout} s per-attempt timeout of async jobs.")
            })
        }
        Kind::Hang => Some(format!(
            "The client hangs up after about {timeout} s (async jobs) and retries {retry}. ! answers it earlier."
        )),
        Kind::Reset | Kind::Cut => Some(format!("It counts as a failure: expect a retry {retry}.")),
        Kind::Redirect => Some(
            "Whether Sixtyfour follows redirects is not documented; expect it to count as a failure."
                .to_owned(),
        ),
        Kind::Status => {
            let status: u16 = form.text(Field::Status).trim().parse().ok()?;
            (200..300)
                .contains(&status)
                .then(|| format!("{status} acknowledges: no retry will come."))
        }
    }
}

/// Which delivery is likely to be the first one.
fn first_hit(form: &ArmForm) -> Option<String> {
    if form.often == Often::Attempts {
        return None;
    }
    let pending = form.world.pending.iter().find(|pending| {
        let kind = form.only_type();
        let event = form.only_event();
        (kind.is_none() || pending.kind.as_deref() == kind)
            && event.is_none_or(|id| id.starts_with(pending.event.trim_start_matches('~')))
    })?;
    Some(format!(
        "The first is probably attempt {} of {}, due in {} s.",
        pending.attempt,
        pending.event,
        seconds(pending.left)
    ))
}

fn advice(form: &ArmForm) -> Option<String> {
    let pending = first_hit(form).is_some();
    match (form.often, form.count()) {
        (Often::Next, Some(count)) if pending && (1..6).contains(&count) => {
            let world = &form.world;
            Some(format!(
                "To fail a new event from its first try use \"attempts 1-{count}\": it then gets its normal answer on attempt {}, about {} after the first.",
                count + 1,
                crate::text::duration(world.after_first(count + 1))
            ))
        }
        (Often::Always, _) if form.kind != Kind::Delay => Some(format!(
            "Sixtyfour gives up on an event after {} failed attempts.",
            form.world.attempts()
        )),
        _ => None,
    }
}

/// Whole seconds, the started one counted.
fn seconds(time: Duration) -> u64 {
    time.as_millis()
        .div_ceil(1000)
        .try_into()
        .unwrap_or(u64::MAX)
}
