//! Text -> [`Plan`].
//!
//! Every mistake is answered with its place and a fix, and where the fix is plain (another case, a
//! `*` for the `x`, a slip of the finger) with the whole plan as it was meant.

use super::answer::Fault;
use super::arguments;
use super::cursor::Cursor;
use super::error::{PlanError, Problem};
use super::plan::{How, Plan, Rule, Step};
use super::scope;
use crate::filter::Filter;
use crate::text::nearest;

/// How long a plan may be, in bytes.
const MAX_LENGTH: usize = 8192;
/// How many rules it may have.
const MAX_RULES: usize = 64;
/// How many steps a rule may have.
const MAX_STEPS: usize = 1024;
/// How often a step may be repeated.
const MAX_COUNT: u32 = 1_000_000;
/// How many repairs in a row are tried for a suggestion.
const MAX_REPAIRS: usize = 4;

/// What a plan looks like, for whoever typed something else.
pub const EXAMPLES: &str = "a rule such as 500x3, delay(12s), reset, each:503x2@type:find_email";
const HOWS: [&str; 4] = ["next", "each", "always", "after-forward"];
const ANSWERS: [&str; 9] = [
    "delay", "hang", "hold", "reset", "close", "cut", "garbage", "drip", "ok",
];

pub(super) fn read(text: &str) -> Result<Plan, PlanError> {
    plan(text).map_err(|problem| {
        let suggestion = repaired(text, &problem);
        problem.in_text(text, suggestion)
    })
}

/// The plan as it was probably meant; nothing that cannot be read is suggested.
fn repaired(text: &str, problem: &Problem) -> Option<String> {
    let mut repaired = problem.repaired(text)?;
    for _ in 0..MAX_REPAIRS {
        match plan(&repaired) {
            Ok(plan) => return Some(plan.to_string()),
            Err(next) => repaired = next.repaired(&repaired)?,
        }
    }
    None
}

fn plan(text: &str) -> Result<Plan, Problem> {
    if text.len() > MAX_LENGTH {
        let message = format!("a plan has at most {MAX_LENGTH} bytes");
        return Err(Problem::new(0, message, "shorten it"));
    }
    let mut cursor = Cursor::new(text);
    let mut rules = Vec::new();
    loop {
        if rules.len() == MAX_RULES {
            let message = format!("a plan has at most {MAX_RULES} rules");
            return Err(Problem::new(
                cursor.at(),
                message,
                "arm them in several plans",
            ));
        }
        rules.push(rule(&mut cursor)?);
        if !cursor.take(";") {
            return Ok(Plan { rules });
        }
    }
}

fn rule(cursor: &mut Cursor<'_>) -> Result<Rule, Problem> {
    cursor.skip_blanks();
    let after_forward = cursor.take("after-forward:");
    let how = how(cursor)?;
    let mut steps = Vec::new();
    loop {
        if steps.len() == MAX_STEPS {
            let message = format!("a rule has at most {MAX_STEPS} steps");
            return Err(Problem::new(
                cursor.at(),
                message,
                "repeat a step with x and a count",
            ));
        }
        steps.push(step(cursor)?);
        if !cursor.take(",") {
            break;
        }
    }
    let scope = if cursor.take("@") {
        scope::read(cursor)?
    } else {
        Filter::all()
    };
    cursor.skip_blanks();
    match cursor.peek() {
        None | Some(';') => Ok(Rule {
            after_forward,
            how,
            steps,
            scope,
        }),
        Some(_) => Err(after_step(cursor)),
    }
}

fn how(cursor: &mut Cursor<'_>) -> Result<How, Problem> {
    cursor.skip_blanks();
    let rest = cursor.rest();
    let end = rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '-');
    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
    if let Some(after) = after.strip_prefix('%') {
        return percent(cursor, word, after);
    }
    let Some(after) = after.strip_prefix(':') else {
        return Ok(How::Next);
    };
    let how = match word {
        "next" => How::Next,
        "each" => How::Each,
        "always" => How::Always,
        _ => return Err(unknown_how(cursor.at(), word)),
    };
    cursor.leave(after);
    if cursor.rest().starts_with("after-forward:") {
        return Err(unknown_how(cursor.at(), "after-forward"));
    }
    Ok(how)
}

fn percent(cursor: &mut Cursor<'_>, number: &str, after: &str) -> Result<How, Problem> {
    let at = cursor.at();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let percent = number
        .parse()
        .ok()
        .filter(|percent| (1..=100).contains(percent));
    let Some(percent) = percent.filter(|_| is_number) else {
        let message = format!("{number}% is not a whole number from 1% to 100%");
        return Err(Problem::new(at, message, "write 30%:500 for three in ten"));
    };
    let Some(after) = after.strip_prefix(':') else {
        let at = at + number.len() + 1;
        let problem = Problem::new(at, "a : is missing after the %", "write 30%:500");
        return Err(problem.instead(0, ":"));
    };
    cursor.leave(after);
    Ok(How::Percent(percent))
}

fn unknown_how(at: usize, word: &str) -> Problem {
    let fix = "before a : stands next, each, always, N% or after-forward";
    if word == "after-forward" {
        return Problem::new(at, "after-forward: stands before everything else", fix);
    }
    let problem = Problem::new(at, format!("{word}: does not say which deliveries"), fix);
    match nearest(word, HOWS) {
        Some(known) => problem.instead(word.len(), known),
        None => problem,
    }
}

fn step(cursor: &mut Cursor<'_>) -> Result<Step, Problem> {
    cursor.skip_blanks();
    let fault = fault(cursor)?;
    let count = count(cursor)?;
    cursor.skip_blanks();
    Ok(Step { fault, count })
}

fn count(cursor: &mut Cursor<'_>) -> Result<u32, Problem> {
    cursor.skip_blanks();
    if !cursor.take("x") {
        return Ok(1);
    }
    let at = cursor.at();
    let digits = cursor.digits();
    let count = digits
        .parse()
        .ok()
        .filter(|count| (1..=MAX_COUNT).contains(count));
    count.ok_or_else(|| {
        let message = match digits {
            "" => "a count is missing after the x".to_owned(),
            _ => format!("x{digits} is not a count from 1 to {MAX_COUNT}"),
        };
        Problem::new(at, message, "write 500x3; for ever is always:500")
    })
}

/// What is wrong where a step has ended and neither a separator nor the end follows.
fn after_step(cursor: &Cursor<'_>) -> Problem {
    let at = cursor.at();
    let rest = cursor.rest();
    let next = cursor.peek().unwrap_or_default();
    let message = format!("{next} cannot stand here");
    let fix = "after an answer stands x and a count, a comma and the next one, @ and a scope, or ;";
    let problem = Problem::new(at, message, fix);
    // `500*3`, `500 × 3`, `500X3`
    let sign = rest.len() - rest.trim_start_matches(['*', '×', 'X', ' ']).len();
    match rest[sign..].starts_with(|first: char| first.is_ascii_digit()) {
        true if sign > 0 => problem.instead(sign, "x"),
        _ => problem,
    }
}

/// An answer, with what stands in its parentheses.
fn fault(cursor: &mut Cursor<'_>) -> Result<Fault, Problem> {
    let at = cursor.at();
    let digits = cursor.digits();
    if !digits.is_empty() {
        let status = arguments::status(at, digits)?;
        return arguments::of_status(cursor, status)
            .map(|arguments| Fault::Status(status, arguments));
    }
    let fault = match name(cursor) {
        "delay" => arguments::delay(cursor),
        "drip" => arguments::drip(cursor),
        "hang" => Ok(Fault::Hang),
        "hold" => Ok(Fault::Hold),
        "reset" => Ok(Fault::Reset),
        "close" => Ok(Fault::Close),
        "cut" => Ok(Fault::Cut),
        "garbage" => Ok(Fault::Garbage),
        "ok" => Ok(Fault::Ok),
        "" => Err(missing_answer(cursor)),
        other => Err(unknown_answer(at, other)),
    }?;
    if cursor.peek() == Some('(') {
        let message = "only a status, delay and drip have parentheses";
        return Err(Problem::new(cursor.at(), message, "leave them out"));
    }
    Ok(fault)
}

/// The name of an answer, without the x of a count behind it.
fn name<'t>(cursor: &mut Cursor<'t>) -> &'t str {
    let rest = cursor.rest();
    let word = cursor.take_while(|next| next.is_ascii_alphabetic());
    let is_counted = cursor.peek().is_some_and(|next| next.is_ascii_digit());
    match word.strip_suffix('x').filter(|_| is_counted) {
        Some(name) => {
            cursor.leave(&rest[name.len()..]);
            name
        }
        None => word,
    }
}

fn missing_answer(cursor: &Cursor<'_>) -> Problem {
    let message = match cursor.peek() {
        None => "an answer is missing at the end".to_owned(),
        Some(next) => format!("an answer is missing before {next}"),
    };
    Problem::new(cursor.at(), message, format!("write {EXAMPLES}"))
}

fn unknown_answer(at: usize, name: &str) -> Problem {
    let answers = ANSWERS.join(", ");
    let message = format!("there is no answer {name}");
    let problem = Problem::new(
        at,
        message,
        format!("use a status from 200 to 599, {answers}"),
    );
    match nearest(name, ANSWERS) {
        Some(known) => problem.instead(name.len(), known),
        None => problem,
    }
}

#[cfg(test)]
mod tests;
