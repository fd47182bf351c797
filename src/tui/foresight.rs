//! What the attempts to come would be answered, if nothing else arrives before them.
//!
//! The rules are asked as the listener will ask them, on a copy. What is decided by chance cannot be
//! known, and is said to be open.

use std::sync::Arc;

use crate::delivery::{Arrival, Delivery, Ending, Reply};
use crate::fault::{Armed, How, Plan, Standing};
use crate::filter::{Filter, Subject};
use crate::text;

use super::app::App;
use super::row::By;
use super::world::ArmedRule;

/// What an attempt would be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreseen {
    /// Which attempt.
    pub attempt: u32,
    /// The answer in a word: `500`, `rst`; with a `?` where chance decides.
    pub answer: String,
    /// Who answers: `armed 4/5`, `default`.
    pub by: String,
    /// Whether a rule does.
    pub armed: bool,
}

/// What these attempts of a delivery's event would be answered, in order.
pub(super) fn foresee(app: &App, delivery: &Delivery, attempts: &[u32]) -> Vec<Foreseen> {
    let rules = &app.status.armed;
    let mut armed = Armed::resumed(&certain(rules)).unwrap_or_else(|_| Armed::new(0));
    let chances = chances(rules);
    attempts
        .iter()
        .map(|attempt| {
            let like = as_attempt(delivery, *attempt);
            let concerns = |scope: &Filter| scope.matches(&Subject::new(&like, app.now));
            let open = if chances.iter().any(concerns) {
                "?"
            } else {
                ""
            };
            match armed.decide(*attempt, concerns) {
                Some(decided) => match decided.reply {
                    Some(reply) => Foreseen {
                        attempt: *attempt,
                        answer: format!("{}{open}", word(&reply)),
                        by: decided.of.map_or_else(
                            || "armed".to_owned(),
                            |of| format!("armed {}/{of}", decided.step),
                        ),
                        armed: true,
                    },
                    None => normal(app, delivery, *attempt, open),
                },
                None => normal(app, delivery, *attempt, open),
            }
        })
        .collect()
}

/// What the attempts would be answered, in a line: `armed: #4 500, #5 500    default: #6 200`.
pub(super) fn line(foreseen: &[Foreseen]) -> String {
    let mut line = String::new();
    let mut before: Option<&str> = None;
    for one in foreseen {
        let by = one.by.split(' ').next().unwrap_or_default();
        if before == Some(by) {
            line.push_str(", ");
        } else {
            if before.is_some() {
                line.push_str("    ");
            }
            line.push_str(&format!("{by}: "));
        }
        before = Some(by);
        line.push_str(&format!("#{} {}", one.attempt, one.answer));
    }
    line
}

/// The rules that do not leave it to chance.
fn certain(rules: &[ArmedRule]) -> Vec<Standing> {
    rules
        .iter()
        .filter(|rule| !is_chance(rule))
        .map(|rule| Standing {
            rule: rule.text.clone(),
            taken: rule.done,
            of: rule.of,
        })
        .collect()
}

fn is_chance(rule: &ArmedRule) -> bool {
    plan(rule).is_some_and(|plan| {
        plan.rules
            .iter()
            .any(|rule| matches!(rule.how, How::Percent(_)))
    })
}

/// Whom the others concern.
fn chances(rules: &[ArmedRule]) -> Vec<Filter> {
    rules
        .iter()
        .filter(|rule| is_chance(rule))
        .filter_map(plan)
        .flat_map(|plan| plan.rules)
        .map(|rule| rule.scope)
        .collect()
}

fn plan(rule: &ArmedRule) -> Option<Plan> {
    rule.text.parse().ok()
}

/// The delivery as it would be as another attempt: scopes may ask for the number.
fn as_attempt(delivery: &Delivery, attempt: u32) -> Delivery {
    let mut arrival = Arrival::clone(&delivery.arrival);
    arrival.recognition.attempt = Some(attempt);
    arrival.sighting.arrival = attempt;
    Delivery {
        arrival: Arc::new(arrival),
        ..delivery.clone()
    }
}

/// What is answered where no rule does: what the delivery got that a rule did not answer.
fn normal(app: &App, delivery: &Delivery, attempt: u32, open: &str) -> Foreseen {
    let answer = &delivery.arrival.answer;
    let (word, by) = match By::of(&answer.by) {
        by @ (By::Signature | By::Path | By::Defect) => {
            (answer.reply.status.to_string(), by.text())
        }
        _ if app.status.forward.is_some() => ("…".to_owned(), By::App.text()),
        _ => ("200".to_owned(), By::Default.text()),
    };
    Foreseen {
        attempt,
        answer: format!("{word}{open}"),
        by: by.to_owned(),
        armed: false,
    }
}

fn word(reply: &Reply) -> String {
    match reply.ending {
        Ending::Hold | Ending::Hang => "held".to_owned(),
        Ending::Reset | Ending::Close | Ending::Cut | Ending::Garbage => "rst".to_owned(),
        Ending::Normal | Ending::Drip(_) if reply.delay.is_zero() => reply.status.to_string(),
        Ending::Normal | Ending::Drip(_) => {
            format!(
                "{} +{}",
                reply.status,
                text::duration(reply.delay).replace(' ', "")
            )
        }
    }
}
