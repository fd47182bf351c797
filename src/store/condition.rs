//! A filter as an SQL condition that lets everything through that matches, and as little else as it
//! can.
//!
//! The filter itself decides in the end, so a condition may be too wide and must never be too
//! narrow. What is exactly as wide as its term is marked so: only that may be negated.

use std::str::FromStr as _;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;

use crate::delivery::{Reason, Verdict};
use crate::filter::{
    Bounds, Expression, Filter, Pattern, Quality, Reach, Sig, Size, Status, StatusTest, Term,
    TextField, contains,
};

use super::numbers::{count, nanoseconds, span};

/// More terms than this are not worth it, and SQLite nests only so deep.
const MOST_TERMS: usize = 200;
/// A longer text is not looked for by SQL.
const MOST_BYTES: usize = 1000;

/// An SQL function: whether its first argument holds the second, letter case aside. LIKE ends at a
/// NUL, which a sender may well put anywhere.
const HOLDS: &str = "holds";

/// Gives a connection what conditions are made of.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(HOLDS, 2, flags, |context| {
        let [value, needle] = [0, 1].map(|argument| context.get_raw(argument).as_bytes_or_null());
        Ok(contains(
            value?.unwrap_or_default(),
            needle?.unwrap_or_default(),
        ))
    })
}

/// The condition on a row `d` of `deliveries`, and the values of its parameters.
pub(super) fn of(filter: &Filter, now: Timestamp) -> (String, Vec<Value>) {
    let mut left = MOST_TERMS;
    let condition = Condition::of(filter.expression(), now, &mut left);
    match condition {
        Some(condition) if left > 0 => (condition.sql, condition.values),
        _ => ("1".to_owned(), Vec::new()),
    }
}

/// Whether a filter asks how often a delivery was replayed.
pub(super) fn asks_for_replays(filter: &Filter) -> bool {
    filter
        .expression()
        .any_term(&|term| matches!(term, Term::Is(Quality::Replayed)))
}

/// What SQL can say of an expression; `None` is what it cannot.
struct Condition {
    sql: String,
    values: Vec<Value>,
    exact: bool,
}

impl Condition {
    fn exact(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
            exact: true,
        }
    }

    fn wide(self) -> Self {
        Self {
            exact: false,
            ..self
        }
    }

    fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// A comparison with a value that may not be there: what is not there matches nothing.
    fn on_text(column: &str, pattern: &Pattern, reach: Reach) -> Option<Self> {
        let compare = |operator: &str| Self::exact(format!("ifnull({column} {operator}, 0)"));
        match (pattern, reach) {
            (Pattern::Word(text) | Pattern::Exact(text), _) if !is_simple(text) => None,
            (Pattern::Word(word), Reach::Whole) => {
                Some(compare("= ? COLLATE NOCASE").with(word.clone()))
            }
            (Pattern::Word(word), Reach::Start) => {
                Some(compare("LIKE ? ESCAPE '\\'").with(format!("{}%", like(word))))
            }
            (Pattern::Word(_), Reach::Anywhere) => Self::holds(column, pattern),
            (Pattern::Exact(text), _) => Some(compare("= ?").with(text.clone())),
            (Pattern::Wildcard(_), _) => Self::holds(column, pattern),
            (Pattern::Regex(_), _) => None,
        }
    }

    /// What every match of a pattern holds.
    fn holds(column: &str, pattern: &Pattern) -> Option<Self> {
        let needle = pattern
            .needle()
            .filter(|needle| needle.len() <= MOST_BYTES)?;
        let holds = Self::exact(format!("ifnull({HOLDS}({column}, ?), 0)"));
        Some(holds.with(needle.as_bytes().to_vec()).wide())
    }

    fn of(expression: &Expression, now: Timestamp, left: &mut usize) -> Option<Self> {
        match expression {
            Expression::And(members) => {
                let known: Vec<_> = members
                    .iter()
                    .map(|member| Self::of(member, now, left))
                    .collect();
                let exact = known
                    .iter()
                    .all(|member| member.as_ref().is_some_and(|member| member.exact));
                let known: Vec<_> = known.into_iter().flatten().collect();
                (!known.is_empty()).then(|| Self::joined(known, " AND ", exact))
            }
            Expression::Or(members) => {
                let known: Option<Vec<_>> = members
                    .iter()
                    .map(|member| Self::of(member, now, left))
                    .collect();
                let known = known?;
                let exact = known.iter().all(|member| member.exact);
                Some(Self::joined(known, " OR ", exact))
            }
            Expression::Not(inner) => {
                let inner = Self::of(inner, now, left)?;
                inner.exact.then(|| Self {
                    sql: format!("NOT {}", inner.sql),
                    ..inner
                })
            }
            Expression::Term(asked) => {
                *left = left.saturating_sub(1);
                term(asked, now)
            }
        }
    }

    fn joined(members: Vec<Self>, with: &str, exact: bool) -> Self {
        let mut values = Vec::new();
        let mut parts = Vec::new();
        for member in members {
            parts.push(member.sql);
            values.extend(member.values);
        }
        Self {
            sql: format!("({})", parts.join(with)),
            values,
            exact,
        }
    }
}

fn term(term: &Term, now: Timestamp) -> Option<Condition> {
    match term {
        Term::Any(pattern) => any(pattern),
        Term::Text(field, pattern) => text(*field, pattern),
        Term::Provider(provider) => {
            Some(Condition::exact("d.provider = ?").with(provider.name().to_owned()))
        }
        Term::Sig(asked) => Some(sig(*asked)),
        Term::Status(test) => status(*test),
        Term::Is(asked) => quality(*asked),
        Term::Seq(bounds) => Some(within("d.seq", *bounds, count)),
        Term::Attempt(bounds) => Some(within("ifnull(d.attempt, d.arrival)", *bounds, count)),
        Term::Size(bounds) => Some(within("d.body_bytes", *bounds, |Size(bytes)| count(bytes))),
        Term::Age(bounds) => {
            let now = nanoseconds(now);
            // An arrival in the future is no time ago.
            let age = format!("max({now} - d.arrived, 0)");
            Some(within(&age, *bounds, span).wide())
        }
        Term::Body(pattern) => {
            let holds = Condition::holds("c.body", pattern)?;
            let sql = format!(
                "EXISTS (SELECT 1 FROM contents c WHERE c.seq = d.seq AND {})",
                holds.sql
            );
            Some(Condition { sql, ..holds })
        }
        Term::State(_) | Term::Took(_) | Term::Header { .. } | Term::Json { .. } => None,
    }
}

fn within<Q: Copy>(column: &str, bounds: Bounds<Q>, number: impl Fn(Q) -> i64) -> Condition {
    let compare = |operator: &str, bound: Q| {
        Condition::exact(format!("{column} {operator} ?")).with(number(bound))
    };
    match bounds {
        Bounds::Is(bound) => compare("=", bound),
        Bounds::More(bound) => compare(">", bound),
        Bounds::AtLeast(bound) => compare(">=", bound),
        Bounds::Less(bound) => compare("<", bound),
        Bounds::AtMost(bound) => compare("<=", bound),
        Bounds::Between(least, most) => Condition::exact(format!("{column} BETWEEN ? AND ?"))
            .with(number(least))
            .with(number(most)),
    }
}

fn any(pattern: &Pattern) -> Option<Condition> {
    let Pattern::Word(word) = pattern else {
        return None;
    };
    // A word that is a status is looked for there too.
    if Filter::from_str(&format!("status:{word}")).is_ok() {
        return None;
    }
    let columns = ["event_type", "event_id", "task_id", "run_id", "target"];
    let found: Option<Vec<_>> = columns
        .iter()
        .map(|name| Condition::on_text(&format!("d.{name}"), pattern, Reach::Anywhere))
        .collect();
    Some(Condition::joined(found?, " OR ", false))
}

fn text(field: TextField, pattern: &Pattern) -> Option<Condition> {
    let reach = field.reach();
    match field {
        TextField::Type => Condition::on_text("d.event_type", pattern, reach),
        TextField::Task => Condition::on_text("d.task_id", pattern, reach),
        TextField::Run => Condition::on_text("d.run_id", pattern, reach),
        TextField::Method => Condition::on_text("d.method", pattern, reach),
        TextField::Peer => Condition::on_text("d.peer", pattern, reach),
        TextField::Id => {
            // The digits of a hash are known without what stands before them.
            let id = Condition::on_text("d.event_id", pattern, reach)?;
            let hash = Condition::exact("ifnull(d.event_id_from = 'hash', 0)");
            Some(Condition::joined(vec![id, hash], " OR ", false))
        }
        TextField::Path => {
            // An absolute target has its path behind the authority, a query behind its path.
            let start = match pattern {
                Pattern::Word(word) | Pattern::Exact(word) => word,
                Pattern::Wildcard(wildcard) => wildcard.parts().first()?,
                Pattern::Regex(_) => return None,
            };
            let word = Pattern::Word(start.clone());
            let path = Condition::on_text("d.target", &word, Reach::Start)?;
            let absolute = Condition::exact("d.target NOT LIKE '/%'");
            Some(Condition::joined(vec![path, absolute], " OR ", false))
        }
    }
}

/// Every reason that may be meant, whatever else the verdict says.
fn sig(asked: Sig) -> Condition {
    let mut reasons = Vec::new();
    let mut exact = true;
    for reason in Reason::ALL {
        let answers = [None, Some(false), Some(true)].map(|matches| {
            let mut verdict = Verdict::because(None, reason);
            verdict.signature_matches_ignoring_time = matches;
            asked.holds(&verdict)
        });
        if answers.contains(&true) {
            reasons.push(format!("'{}'", reason.name()));
            exact &= !answers.contains(&false);
        }
    }
    let condition = Condition::exact(format!("d.reason IN ({})", reasons.join(", ")));
    Condition { exact, ..condition }
}

/// A status that the peer got is the one that was decided on; whether it got it is left to the
/// filter.
fn status(test: StatusTest) -> Option<Condition> {
    let condition = match test {
        StatusTest::Is(Status::Code(code)) => {
            Condition::exact("d.status = ?").with(i64::from(code))
        }
        StatusTest::Class(class) => Condition::exact("d.status / 100 = ?").with(i64::from(class)),
        StatusTest::Within(bounds) => within("d.status", bounds, count),
        StatusTest::Is(
            Status::Unanswered | Status::Reset | Status::Closed | Status::Cut | Status::Garbage,
        ) => Condition::exact("d.seq IN (SELECT seq FROM settlements WHERE outcome <> 'answered')"),
        StatusTest::Is(Status::Held) => return None,
    };
    Some(condition.wide())
}

fn quality(quality: Quality) -> Option<Condition> {
    Some(Condition::exact(match quality {
        Quality::Marked | Quality::Test => return None,
        Quality::Replayed => {
            "EXISTS (SELECT 1 FROM attempts a WHERE a.seq = d.seq AND a.origin = 'replay')"
        }
        Quality::Inferred => "ifnull(d.event_id_from IN ('task', 'run', 'hash'), 0)",
        Quality::Armed => "d.answered_by = 'armed'",
        Quality::Conflict => "d.conflict",
        Quality::First => "d.turn = 'first'",
        Quality::Retry => "d.turn = 'retry'",
        Quality::Duplicate => "d.turn = 'duplicate'",
        Quality::Cut => {
            "ifnull(d.defect IN ('body_too_large', 'body_incomplete', 'body_timed_out'), 0)"
        }
        Quality::Malformed => "ifnull(d.defect = 'malformed', 0)",
    }))
}

fn is_simple(text: &str) -> bool {
    text.len() <= MOST_BYTES && !text.contains('\0')
}

/// A text inside a LIKE pattern.
fn like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
