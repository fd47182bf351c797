//! Which filters can be the scope of a rule.
//!
//! A rule is asked before there is an answer, a place in the store or a mark, so a scope that asks
//! for one of these would silently never match; it is refused instead.

use super::cursor::Cursor;
use super::error::Problem;
use crate::filter::{Filter, Quality, Term};

/// Reads the scope that begins here, up to the end of its rule.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Filter, Problem> {
    cursor.skip_blanks();
    let start = cursor.at();
    let (scope, rest) = Filter::parse_prefix(cursor.rest())
        .map_err(|error| Problem::new(start + error.at, error.message, error.fix))?;
    if scope.is_all() {
        let fix = "write which deliveries after the @, such as type:find_email, or leave it out";
        return Err(Problem::new(start, "a scope is missing", fix));
    }
    if let Some(field) = unknown_yet(&scope) {
        let message = format!("{field} is not known yet when the answer is chosen");
        let fix = "use type:, id:, task:, path:, header:, body:, json:, sig: or attempt:";
        return Err(Problem::new(start, message, fix));
    }
    cursor.leave(rest);
    Ok(scope)
}

/// A field in the scope that is not known when a delivery is answered.
fn unknown_yet(scope: &Filter) -> Option<&'static str> {
    let fields = [
        "status:",
        "state:",
        "took:",
        "seq:",
        "is:marked, replayed or armed",
    ];
    fields.into_iter().find(|field| {
        scope.expression().any_term(&|term| match term {
            Term::Status(_) => *field == "status:",
            Term::State(_) => *field == "state:",
            Term::Took(_) => *field == "took:",
            Term::Seq(_) => *field == "seq:",
            Term::Is(Quality::Marked | Quality::Replayed | Quality::Armed) => {
                field.starts_with("is:")
            }
            _ => false,
        })
    })
}
