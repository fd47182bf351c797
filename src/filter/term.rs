//! One term: a bare word, or a field and its value.
//!
//! Every mistake is answered with what the field takes, and with the nearest word if one is near.

use crate::delivery::Provider;

use super::bounds::{self, Bounds, BoundsProblem};
use super::cursor::{Cursor, Slash};
use super::decimal::Decimal;
use super::error::{Problem, nearest};
use super::expression::Term;
use super::field::{self, Field, TextField};
use super::fixed::Fixed;
use super::json::{Comparison, JsonPath, JsonTest, Step, is_plain_key_character};
use super::quality::Quality;
use super::quantity::Quantity;
use super::sig::Sig;
use super::state::State;
use super::status::{Status, StatusTest};

/// How many steps a JSON path may have.
const MAX_STEPS: usize = 64;

/// Reads the term that begins here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Term, Problem> {
    match field_name(cursor.rest()) {
        Some(name) => match Field::read(name) {
            Some(field) => {
                cursor.take(name);
                cursor.take(":");
                value(cursor, field)
            }
            None => Err(unknown_field(cursor.at(), name)),
        },
        None => cursor.pattern("a term", Slash::RegexOrPath).map(Term::Any),
    }
}

/// What stands before a colon, if it looks like a name.
pub(super) fn field_name(text: &str) -> Option<&str> {
    let end = text.find(|character: char| {
        !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
    })?;
    let name = text.get(..end)?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic());
    (is_name && text[end..].starts_with(':')).then_some(name)
}

fn unknown_field(at: usize, name: &str) -> Problem {
    let fix = match nearest(name, field::names()) {
        Some(known) => format!("did you mean {known}:? As plain text it is written *{name}:*"),
        None => {
            let names: Vec<&str> = field::names().collect();
            let fields = names.join(", ");
            format!("the fields are {fields}; as plain text it is written *{name}:*")
        }
    };
    Problem::new(at, format!("there is no field {name}:"), fix)
}

fn value(cursor: &mut Cursor<'_>, field: Field) -> Result<Term, Problem> {
    let name = format!("{}:", field.word());
    match field {
        Field::Text(text) => cursor
            .pattern(&name, slash(text))
            .map(|pattern| Term::Text(text, pattern)),
        Field::Body => cursor.pattern(&name, Slash::Regex).map(Term::Body),
        Field::Provider => provider(cursor),
        Field::Sig => fixed(cursor, &name).map(|sig: Sig| Term::Sig(sig)),
        Field::State => fixed(cursor, &name).map(|state: State| Term::State(state)),
        Field::Is => fixed(cursor, &name).map(|quality: Quality| Term::Is(quality)),
        Field::Status => status(cursor),
        Field::Seq => bounds(cursor, &name).map(Term::Seq),
        Field::Attempt => bounds(cursor, &name).map(Term::Attempt),
        Field::Size => bounds(cursor, &name).map(Term::Size),
        Field::Took => comparison(cursor, &name).map(Term::Took),
        Field::Age => comparison(cursor, &name).map(Term::Age),
        Field::Header => header(cursor),
        Field::Json => json(cursor),
    }
}

fn slash(field: TextField) -> Slash {
    match field {
        TextField::Path => Slash::RegexOrPath,
        _ => Slash::Regex,
    }
}

/// A plain word, at its place.
fn word<'t>(cursor: &mut Cursor<'t>) -> Result<(usize, &'t str), Problem> {
    let at = cursor.at();
    let word = cursor.word();
    cursor.end_of_term()?;
    Ok((at, word))
}

/// `sig:x is not …`, or that nothing stands there.
fn wrong(at: usize, field: &str, word: &str, noun: &str, fix: String) -> Problem {
    let message = match word {
        "" => format!("{field} needs a value"),
        _ => format!("{field}{word} is not {noun}"),
    };
    Problem::new(at, message, fix)
}

fn choose(nearest: Option<&str>, field: &str, choices: &str) -> String {
    match nearest {
        Some(word) => format!("did you mean {field}{word}? It takes {choices}"),
        None => format!("use {choices}"),
    }
}

fn fixed<T: Fixed>(cursor: &mut Cursor<'_>, field: &str) -> Result<T, Problem> {
    let (at, word) = word(cursor)?;
    T::read(word).ok_or_else(|| {
        let near = nearest(word, T::WORDS.iter().map(|(name, ..)| *name));
        let noun = "one of its words";
        wrong(at, field, word, noun, choose(near, field, &T::choices()))
    })
}

fn provider(cursor: &mut Cursor<'_>) -> Result<Term, Problem> {
    let (at, word) = word(cursor)?;
    word.to_ascii_lowercase()
        .parse()
        .map(Term::Provider)
        .map_err(|_| {
            let names = [Provider::Sixtyfour, Provider::Elan, Provider::Plain].map(Provider::name);
            let fix = choose(
                nearest(word, names),
                "provider:",
                "sixtyfour, elan or plain",
            );
            wrong(at, "provider:", word, "a provider", fix)
        })
}

fn status(cursor: &mut Cursor<'_>) -> Result<Term, Problem> {
    let (at, word) = word(cursor)?;
    StatusTest::read(word).map(Term::Status).ok_or_else(|| {
        let near = nearest(word, Status::WORDS.iter().map(|(name, ..)| *name));
        let near = near.filter(|_| !word.starts_with(|first: char| first.is_ascii_digit()));
        let fix = match near {
            Some(_) => choose(
                near,
                "status:",
                "200, 4xx, >=400, t/o, rst, close, cut, garbage or held",
            ),
            None => "use 200, 4xx, 5xx, >=400, t/o, rst or held".to_owned(),
        };
        wrong(at, "status:", word, "a status", fix)
    })
}

fn bounds<Q: Quantity>(cursor: &mut Cursor<'_>, field: &str) -> Result<Bounds<Q>, Problem> {
    let (at, word) = word(cursor)?;
    bounds::read(word).map_err(|problem| match problem {
        BoundsProblem::Empty => Problem::new(
            at,
            format!("{field}{word} is empty: its first end is above its second"),
            "write the smaller end first",
        ),
        BoundsProblem::NotAQuantity(offset) => {
            let fix = format!("write {}, or compare: >, >=, <, <=, a..b", Q::EXPECTED);
            wrong(
                at + offset,
                field,
                word,
                "a number it can compare with",
                fix,
            )
        }
    })
}

/// Bounds of something that is never exactly one value.
fn comparison<Q: Quantity>(cursor: &mut Cursor<'_>, field: &str) -> Result<Bounds<Q>, Problem> {
    let at = cursor.at();
    let bounds = bounds(cursor, field)?;
    if matches!(bounds, Bounds::Is(_)) {
        return Err(Problem::new(
            at,
            format!("{field} needs a comparison: no two times are exactly equal"),
            format!("write {field}<10m, {field}>1s or {field}1s..10m"),
        ));
    }
    Ok(bounds)
}

fn header(cursor: &mut Cursor<'_>) -> Result<Term, Problem> {
    let at = cursor.at();
    let name = cursor.take_until(|next| !is_header_character(next));
    let fix = "write header:name, header:name=value or header:name=\"exact value\"";
    if name.is_empty() {
        return Err(Problem::new(at, "header: needs the name of a header", fix));
    }
    let value = if cursor.take("=") {
        let of = format!("header:{name}=");
        Some(cursor.pattern(&of, Slash::Regex)?)
    } else if cursor.is_at_end_of_term() {
        None
    } else {
        let message = "this cannot stand in the name of a header";
        return Err(Problem::new(cursor.at(), message, fix));
    };
    let name = name.to_ascii_lowercase();
    Ok(Term::Header { name, value })
}

/// The token characters of RFC 9110, without those that mean something in a filter.
fn is_header_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`~".contains(character)
}

fn json(cursor: &mut Cursor<'_>) -> Result<Term, Problem> {
    let at = cursor.at();
    if !matches!(cursor.peek(), Some('.' | '[')) {
        let word = cursor.word();
        let fix = match word {
            "" => "write json:.key=value, json:.list[0].key>3 or json:.key".to_owned(),
            _ => format!("did you mean json:.{word}?"),
        };
        return Err(Problem::new(at, "a path in JSON begins with a dot", fix));
    }
    let path = path(cursor)?;
    let test = test(cursor, &path)?;
    Ok(Term::Json { path, test })
}

fn path(cursor: &mut Cursor<'_>) -> Result<JsonPath, Problem> {
    let start = cursor.at();
    let mut steps = Vec::new();
    loop {
        let at = cursor.at();
        let has_dot = cursor.take(".");
        if cursor.take("[") {
            steps.push(bracket(cursor, at)?);
        } else if !has_dot {
            break;
        } else if cursor.take("*") {
            steps.push(Step::Every);
        } else {
            match cursor.take_until(|next| !is_plain_key_character(next)) {
                "" if steps.is_empty() => break,
                "" => return Err(missing_key(cursor.at())),
                key => steps.push(Step::Key(key.to_owned())),
            }
        }
    }
    if steps.len() > MAX_STEPS {
        let message = format!("a path of more than {MAX_STEPS} steps");
        return Err(Problem::new(start, message, "shorten it, or use body:"));
    }
    Ok(JsonPath { steps })
}

fn missing_key(at: usize) -> Problem {
    let fix = "write a key after the dot; one with other characters as [\"key\"]";
    Problem::new(at, "a key is missing here", fix)
}

/// What stands in brackets, up to the closing one.
fn bracket(cursor: &mut Cursor<'_>, start: usize) -> Result<Step, Problem> {
    let step = if cursor.peek() == Some('"') {
        Some(Step::Key(cursor.quoted()?))
    } else {
        match cursor.take_until(|next| !(next.is_ascii_digit() || next == '*')) {
            "*" => Some(Step::Every),
            digits => digits.parse().ok().map(Step::Index),
        }
    };
    step.filter(|_| cursor.take("]")).ok_or_else(|| {
        let fix = "write [0] for an element, [*] for all of them, [\"key\"] for a member";
        Problem::new(start, "this bracket holds no index and no key", fix)
    })
}

fn test(cursor: &mut Cursor<'_>, path: &JsonPath) -> Result<JsonTest, Problem> {
    if cursor.is_at_end_of_term() {
        return Ok(JsonTest::Exists);
    }
    if cursor.take("=") {
        let of = format!("json:{path}=");
        return cursor.pattern(&of, Slash::Regex).map(JsonTest::Matches);
    }
    let operator = Comparison::WRITTEN
        .iter()
        .find(|(written, _)| cursor.take(written));
    let Some((written, comparison)) = operator else {
        let fix = "write =value, >3 or nothing; a key with other characters as [\"key\"]";
        return Err(Problem::new(
            cursor.at(),
            "this cannot stand in a path",
            fix,
        ));
    };
    let (at, word) = word(cursor)?;
    match Decimal::read(word) {
        Some(bound) => Ok(JsonTest::Compares(*comparison, bound)),
        None => {
            let field = format!("json:{path}{written}");
            let fix = "write a number as JSON does: 3, -0.5, 1e9".to_owned();
            Err(wrong(at, &field, word, "a comparison with a number", fix))
        }
    }
}
