//! What to do about a case that does not hold, told by its evidence. Pure.
//!
//! When what is right is refused from the first case on, one cause explains many failures, and only
//! the other cases tell which: that is for [`common`], at the end.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::case::{Case, Course, Wants};
use super::report::{CaseResult, Judgement};
use crate::delivery::{Failure, Scheme};
use crate::net::client::Outcome;
use crate::signature::diagnosis::VERIFY_RAW_BYTES;

/// How far apart the clocks of a provider and a handler may be.
const TOLERANCE_SECONDS: i64 = 300;

const ANSWER_FIRST: &str = "answer 2xx first and work later (a queue, a background task): the provider waits 10 s, then it counts as not taken and is sent again";

const BROKEN: &str =
    "answer each delivery; the handler's log should say why it closed the connection";

const REDIRECTED: &str = "name the address that it redirects to (https, a slash at the end): the provider follows no redirect";

const NO_ROUTE: &str =
    "look at the path in --to and at the handler's routes: nothing takes a POST there";

const ALREADY_TAKEN: &str = "answer 2xx to an event that was taken before, and do nothing: any other answer brings it again";

const ONCE_AT_ONCE: &str = "let the database decide: insert the event's id under a unique key before anything else, and answer 2xx where it is there already";

const ANY_ORDER: &str =
    "take an event by its id, whichever attempt comes first: its number is no order";

const ONCE: &str = "note the event's id under a unique key, in one transaction with the effect, and do nothing where it is there already";

const NO_EFFECT: &str = "do for each event what it is there for; if there is nothing to do for this one, let the command of --effects count something that it changes too, such as the events that were taken";

const VERIFY_FIRST: &str =
    "verify the signature before anything is done, and answer 401 when it is not valid";

const REFUSE_ON_PURPOSE: &str = "answer 401 on purpose: let a signature that is missing, malformed or wrong be no exception, since anything else brings retries";

/// What to do about a case that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// This.
    Own(String),
    /// What is said at the end about all that were refused.
    Common,
}

/// What to do about this failure; `earlier` are the results of the suite's cases before it.
pub(super) fn advise(
    case: &Case,
    evidence: &[Outcome],
    delivery: Option<usize>,
    earlier: &[CaseResult],
) -> Fix {
    let first = earlier.first();
    let shown = delivery.and_then(|at| evidence.get(at));
    let advice = match case.wants {
        Wants::Taken if is_refused(shown) && first.is_none_or(was_refused) => return Fix::Common,
        Wants::Taken => to_take(case, evidence, delivery, earlier),
        Wants::Refused => to_refuse(case, shown),
    };
    Fix::Own(advice)
}

fn to_take(
    case: &Case,
    evidence: &[Outcome],
    delivery: Option<usize>,
    earlier: &[CaseResult],
) -> String {
    let first = earlier.first();
    let Some((at, outcome)) = delivery.and_then(|at| Some((at, evidence.get(at)?))) else {
        let any_taken = evidence.iter().any(|outcome| outcome.attempt.delivered());
        return if any_taken { ONCE } else { case.fix }.to_owned();
    };
    let status = match &outcome.attempt.result {
        Ok(response) => response.status,
        Err(failure) => return of_failure(failure, outcome),
    };
    if let Some(fix) = first.and_then(|first| same_as(first, status)) {
        return fix.to_owned();
    }
    // Those that came at once have no order.
    let others = || match case.course {
        Course::AtOnce(_) => evidence.iter(),
        Course::InTurn(_) | Course::AfterTimeout => evidence[..at].iter(),
    };
    let advice = match status {
        300..=399 => REDIRECTED,
        404 | 405 if first.is_none() => NO_ROUTE,
        500.. if matches!(case.course, Course::AtOnce(_)) => ONCE_AT_ONCE,
        _ if others().any(|outcome| outcome.attempt.delivered()) => ALREADY_TAKEN,
        _ if matches!(case.course, Course::AfterTimeout) => ALREADY_TAKEN,
        _ if case.repeats() && outcome.attempt.number > 1 => ANY_ORDER,
        // A 400 is what a body gets that is verified and not understood, too.
        401 | 403 if case.is_odd() && has_held(earlier, Case::is_spaced) => return other_bytes(),
        401 | 403 if case.is_spaced() || case.is_odd() => {
            return format!(
                "the signature is verified over a body that was parsed and written again: {VERIFY_RAW_BYTES}"
            );
        }
        _ => case.fix,
    };
    advice.to_owned()
}

/// Blanks were left where they are, and something else was not.
fn other_bytes() -> String {
    format!(
        "the signature seems to be verified over other bytes than were sent, with numbers or escapes written in another way: {VERIFY_RAW_BYTES}"
    )
}

fn has_held(results: &[CaseResult], wanted: fn(&Case) -> bool) -> bool {
    let mut results = results.iter();
    results.any(|result| result.judgement == Judgement::Held && wanted(result.case))
}

/// What to do about the first case, when it was answered so, too.
fn same_as(first: &CaseResult, status: u16) -> Option<&str> {
    let answered = first.shown()?.attempt.result.as_ref().ok()?.status;
    match &first.fix {
        Some(Fix::Own(fix)) if answered == status => Some(fix),
        _ => None,
    }
}

fn to_refuse(case: &Case, shown: Option<&Outcome>) -> String {
    let Some(outcome) = shown else {
        return VERIFY_FIRST.to_owned();
    };
    match &outcome.attempt.result {
        Ok(response) if (200..300).contains(&response.status) => case.fix.to_owned(),
        Ok(_) => REFUSE_ON_PURPOSE.to_owned(),
        Err(failure) => of_failure(failure, outcome),
    }
}

/// What to do about effects that are too few or too many, when the answers are right.
pub(super) fn of_effects(case: &Case, seen: u64) -> Fix {
    let advice = match case.wants {
        Wants::Refused => VERIFY_FIRST,
        Wants::Taken if seen == 0 => NO_EFFECT,
        Wants::Taken => ONCE,
    };
    Fix::Own(advice.to_owned())
}

fn of_failure(failure: &Failure, outcome: &Outcome) -> String {
    match (failure, &outcome.fix) {
        (_, Some(fix)) => fix.clone(),
        (Failure::TimedOut(_), _) => ANSWER_FIRST.to_owned(),
        (Failure::Unreachable(_), _) => "start the handler, or name its address".to_owned(),
        (Failure::Tls(_), _) => "look at how the handler is set up for TLS".to_owned(),
        _ => BROKEN.to_owned(),
    }
}

/// Why a handler refuses what is right, as far as the results of its suite tell; `None` when none
/// of them waits for it.
pub(super) fn common(results: &[CaseResult], has_secret: bool) -> Option<String> {
    let first = results.first()?;
    if !results.iter().any(|result| result.fix == Some(Fix::Common)) {
        return None;
    }
    if !has_secret {
        return Some("give the handler's secret, it refuses what is unsigned: hook64 prove --to URL --secret-file FILE".to_owned());
    }
    let held = |wanted| has_held(results, wanted);
    if held(Case::is_spaced) && !held(Case::is_odd) {
        return Some(format!(
            "the signature is verified over a body that was parsed and written again, with blanks as Python's json.dumps writes them: the delivery with such blanks was taken, the one without was not; {VERIFY_RAW_BYTES}"
        ));
    }
    if let Some(seconds) = clock_offset(first).filter(|_| first.case.scheme == Scheme::Sixtyfour)
        && seconds.abs() > TOLERANCE_SECONDS
    {
        let direction = if seconds < 0 { "behind" } else { "ahead" };
        return Some(format!(
            "set the handler's clock: its answers are dated {} s {direction}, and a signature is good for {TOLERANCE_SECONDS} s (compare date -u there and here)",
            seconds.abs()
        ));
    }
    if held(Case::is_earlier) {
        return Some("set the handler's clock: it took what was signed 240 s ago and refused what was signed now, so it is behind (compare date -u there and here)".to_owned());
    }
    if held(|_| true) {
        return Some("look at what the handler checks besides the signature: some deliveries were taken, so its secret and its clock are right".to_owned());
    }
    Some(refused_all(first))
}

/// No delivery that was signed rightly was taken.
fn refused_all(first: &CaseResult) -> String {
    let scheme = first.case.scheme;
    let signed = match scheme {
        Scheme::Sixtyfour => "t + \".\" + the raw body",
        Scheme::Elan => "the raw body",
    };
    let (clock, compare) = match (scheme, clock_offset(first)) {
        (Scheme::Elan, _) => ("", ""),
        (Scheme::Sixtyfour, Some(_)) => (", and the handler's clock is right", ""),
        (Scheme::Sixtyfour, None) => ("", ", and date -u there and here"),
    };
    format!(
        "every signed delivery was refused, with blanks in its body and without{clock}: compare the handler's secret with the one given here (the whole text is the key, nothing trimmed or decoded){compare}; where they are the same, the handler signs something else than {signed}: {VERIFY_RAW_BYTES}"
    )
}

/// How many seconds the handler's clock is ahead of ours, by the date of its answer.
fn clock_offset(result: &CaseResult) -> Option<i64> {
    let outcome = result.evidence.first()?;
    let response = outcome.attempt.result.as_ref().ok()?;
    let date = response.headers.iter().find(|header| header.is("date"))?;
    let date: Timestamp = DateTimeParser::new()
        .parse_timestamp(&date.value[..])
        .ok()?;
    Some(date.as_second() - outcome.attempt.started.as_second())
}

fn was_refused(result: &CaseResult) -> bool {
    result.case.wants == Wants::Taken && is_refused(result.shown())
}

fn is_refused(outcome: Option<&Outcome>) -> bool {
    let result = outcome.map(|outcome| &outcome.attempt.result);
    matches!(result, Some(Ok(response)) if matches!(response.status, 400 | 401 | 403))
}
