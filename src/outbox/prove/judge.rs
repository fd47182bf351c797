//! What the answers to a case, and the effects of its deliveries, say about the handler. Pure.

use super::case::{Case, Course, Wants};
use super::report::Judgement;
use crate::delivery::Failure;
use crate::net::client::Outcome;

/// What is wrong with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// In words.
    pub(super) why: String,
    /// Which delivery shows it, from 0; `None` when it is all of them.
    pub(super) delivery: Option<usize>,
}

/// What is wrong with the answers to a case; the first ones, for which nobody waited, do not count.
pub(super) fn answers(case: &Case, outcomes: &[Outcome], not_waited_for: usize) -> Option<Finding> {
    let waited_for = || outcomes.iter().enumerate().skip(not_waited_for);
    match case.wants {
        Wants::Taken => {
            let wrong = |(_, outcome): &(usize, &Outcome)| !outcome.attempt.delivered();
            let count = waited_for().filter(wrong).count();
            waited_for()
                .find(wrong)
                .map(|(at, outcome)| Finding {
                    why: not_taken(&subject(case, at, count, outcomes.len()), outcome),
                    delivery: Some(at),
                })
                .or_else(|| created_again(&outcomes[not_waited_for.min(outcomes.len())..]))
        }
        Wants::Refused => waited_for().find_map(|(at, outcome)| {
            not_refused(outcome).map(|why| Finding {
                why,
                delivery: Some(at),
            })
        }),
    }
}

/// What is wrong with so many effects of a case's deliveries.
pub(super) fn effects(case: &Case, seen: u64) -> Option<String> {
    let count = match seen {
        1 => "1 effect".to_owned(),
        _ => format!("{seen} effects"),
    };
    let whose = match case.wants {
        Wants::Taken => "1 event",
        Wants::Refused => "a delivery that is to be refused",
    };
    (!case.effects().contains(&seen)).then(|| format!("{count} for {whose}"))
}

/// Both in one judgement. Effects that could not be counted prove nothing.
pub(super) fn judge(
    case: &Case,
    found: Option<&Finding>,
    effects: Option<&Result<u64, String>>,
) -> Judgement {
    let of_effects = match effects {
        Some(Ok(seen)) => self::effects(case, *seen),
        _ => None,
    };
    match (found, of_effects, effects) {
        // What was not taken need not have any.
        (Some(found), Some(many), Some(Ok(1..))) => {
            Judgement::Broken(format!("{}; {many}", found.why))
        }
        (Some(found), ..) => Judgement::Broken(found.why.clone()),
        (None, Some(effects), _) => Judgement::Broken(effects),
        (None, None, Some(Err(why))) => {
            Judgement::Skipped(format!("its effects could not be counted: {why}"))
        }
        (None, None, _) => Judgement::Held,
    }
}

/// Which delivery it is about, where there are several.
fn subject(case: &Case, at: usize, wrong: usize, count: usize) -> String {
    match case.course {
        _ if count == 1 => "it was".to_owned(),
        // They have no order.
        Course::AtOnce(_) if wrong == 1 => format!("1 of {count} deliveries was"),
        Course::AtOnce(_) => format!("{wrong} of {count} deliveries were"),
        Course::InTurn(_) | Course::AfterTimeout => {
            format!("delivery {} of {count} was", at + 1)
        }
    }
}

fn not_taken(subject: &str, outcome: &Outcome) -> String {
    match &outcome.attempt.result {
        Ok(response) => format!(
            "{subject} answered {}: the provider would send it again",
            response.status
        ),
        Err(failure) => format!("{subject} not taken: {}", in_words(failure)),
    }
}

fn in_words(failure: &Failure) -> String {
    match failure {
        Failure::TimedOut(waited) => format!("no answer within {}", crate::text::duration(*waited)),
        other => other.to_string(),
    }
}

fn not_refused(outcome: &Outcome) -> Option<String> {
    match &outcome.attempt.result {
        Ok(response) => match response.status {
            400 | 401 | 403 => None,
            200..=299 => Some(format!(
                "it was taken ({}): anybody could send this",
                response.status
            )),
            status => Some(format!("it was answered {status}, which is no refusal")),
        },
        Err(failure) => Some(in_words(failure)),
    }
}

fn created_again(outcomes: &[Outcome]) -> Option<Finding> {
    let created = |outcome: &&Outcome| matches!(&outcome.attempt.result, Ok(response) if response.status == 201);
    let times = outcomes.iter().filter(created).count();
    (times > 1).then(|| Finding {
        why: format!("{times} answers to one event say 201 Created: a second effect"),
        delivery: None,
    })
}
