//! What the answers to a case say about the handler. Pure.

use super::case::{Case, Wants};
use super::report::Judgement;
use crate::net::client::Outcome;

/// Judges a case by its answers; those that nobody waited for do not count.
pub(super) fn judge(case: &Case, waited_for: &[&Outcome]) -> Judgement {
    let problem = match case.wants {
        Wants::Taken => waited_for
            .iter()
            .find_map(|outcome| not_taken(outcome))
            .or_else(|| created_again(waited_for)),
        Wants::Refused => waited_for.iter().find_map(|outcome| not_refused(outcome)),
    };
    problem.map_or(Judgement::Held, Judgement::Broken)
}

fn not_taken(outcome: &Outcome) -> Option<String> {
    let attempt = &outcome.attempt;
    match &attempt.result {
        _ if attempt.delivered() => None,
        Ok(response) => Some(format!(
            "attempt {} was answered {}: the provider would send it again",
            attempt.number, response.status
        )),
        Err(failure) => Some(format!("attempt {}: {failure}", attempt.number)),
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
        Err(failure) => Some(failure.to_string()),
    }
}

fn created_again(outcomes: &[&Outcome]) -> Option<String> {
    let created = |outcome: &&&Outcome| matches!(&outcome.attempt.result, Ok(response) if response.status == 201);
    let times = outcomes.iter().filter(created).count();
    (times > 1).then(|| format!("{times} answers to one event say 201 Created: a second effect"))
}
