//! The filter language: text <-> [`Filter`], and whether a delivery matches.
//!
//! Pure: what cannot be read off a delivery (the time, the outlook of its event, marks) comes in
//! with the [`Subject`]. The store turns [`Expression`] into a query of its own.
//!
//! # The language
//!
//! ```text
//! type:find_email sig:bad | status:5xx -(path:/old | is:duplicate) body:"not found"
//! ```
//!
//! Terms side by side must all match; `|` means or, and binds less; `-` before a term or a
//! parenthesis means not. The empty filter matches everything. A value that a delivery does not
//! have matches nothing, so `-type:*` is "has no type".
//!
//! | value | letter case | meaning |
//! |---|---|---|
//! | `word` | ignored (ASCII) | where it must stand depends on the field, see below |
//! | `"exact"` | counts | the whole value, taken literally; inside quotes `\"` and `\\` are escapes |
//! | `a*b` | ignored (ASCII) | the whole value; `*`, or the `…` of a shortened id, is any text |
//! | `/regex/` | counts | found anywhere in the value; `\/` is a slash; linear time, bounded size |
//!
//! A plain word ends before a blank, `( ) | "` or `;` (which separates the rules of a fault plan).
//! In `path:` and in bare words a regular expression has no blanks in it: `/webhooks/x` is a path.
//!
//! | term | matches |
//! |---|---|
//! | `word` | a word found in the type, an id (event, task, run) or the path, or the status if it is one (`5xx`, `rst`); never bodies or headers. Exact texts and wildcards must be the whole of one of these |
//! | `type:` | the event type: the header's, else the body's; a word is the whole of it |
//! | `id:` `task:` `run:` | a word is the beginning. A hashed event id is known without its `sha256:` too |
//! | `path:` | the path as sent, without the query; a word is the beginning |
//! | `method:` | as sent; a word is the whole of it |
//! | `peer:` | `address:port` of the socket's other end; a word is the beginning |
//! | `provider:` | `sixtyfour` `elan` `plain` |
//! | `sig:` | what lists show: `ok` `bad` `old` (right, at the wrong time) `none` (no header) `unknown` (no secret) `err` (malformed header); the verdicts `valid` `invalid` `unverified`; any reason of the JSON output (`timestamp_in_future`) |
//! | `status:` | what the peer got: `200`, `5xx`, `>=400`, `200..299`; `t/o` (it left, or did not read, before our answer), `rst` (reset, closed, cut or garbage, as planned), `close` `cut` `garbage` (one of these alone), `held` (we are holding the answer: hold, hang, or a delay that still runs) |
//! | `state:` | of its event: `ok` (acknowledged) `retrying` `late` `ended` `unknown` (schedule not known), or `held` (this delivery is) |
//! | `is:` | `marked`, `replayed`, `test` (a type or id with the word test, or sent by this program), `inferred` (event id deduced), `armed` (answered by a fault), `first` `retry` (not acknowledged before) `duplicate` (acknowledged before), `conflict` (another body under one id), `cut` (body not whole), `malformed` |
//! | `seq:` | the number in the store: `12`, `>10`, `10..20` |
//! | `attempt:` | the sender's counter, else our own: `1`, `>1`, `2..6` |
//! | `size:` | bytes of the body kept: `512`, `>10k` (10,000), `<=1MiB` (1,048,576) |
//! | `took:` | from the last byte of the request to the end of the answer: `>1s`, `..250ms`; never while it is open |
//! | `age:` | since the first byte arrived: `<10m`, `1h..2h` |
//! | `header:` | `header:name`: it is there; `header:name=value`: one of its values; a word is the whole of it |
//! | `body:` | found anywhere in the bytes as sent, exact texts and wildcards too |
//! | `json:` | `json:.a.b[0]` exists (`[*]` is any element, `["key"]` any key); `json:.a=value`: the text of a string, or anything else as it was written (`1.10` is not `1.1`); `json:.a>=1.1` compares numbers exactly |
//!
//! | file | what |
//! |---|---|
//! | `expression` `field` `pattern` `bounds` `quantity` `sig` `status` `state` `quality` `json` `decimal` `fixed` | what a filter is made of |
//! | `cursor` `parse` `term` `error` | text -> filter |
//! | `print` | filter -> text |
//! | `matching` | filter and delivery -> yes or no |
//! | `completion` | what can be typed next |

mod bounds;
mod completion;
mod cursor;
mod decimal;
mod error;
mod expression;
mod field;
mod fixed;
mod json;
mod matching;
mod parse;
mod pattern;
mod print;
mod quality;
mod quantity;
mod sig;
mod state;
mod status;
mod term;

use std::str::FromStr;

use jiff::Timestamp;

use crate::delivery::{Delivery, DeliveryId, Outlook};

pub use bounds::Bounds;
pub use completion::Completion;
pub use decimal::Decimal;
pub use error::FilterError;
pub use expression::{Expression, Term};
pub use field::TextField;
pub use json::{Comparison, JsonPath, JsonTest, Step};
pub use pattern::{Pattern, Reach, Regex, Wildcard, contains};
pub use quality::{Quality, is_ours};
pub use quantity::Size;
pub use sig::Sig;
pub use state::State;
pub use status::{Status, StatusTest};

/// Which deliveries are meant. Prints as a text that parses to the same filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    expression: Expression,
}

/// What a filter is asked about: a delivery, and what is known beside it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// For ages and running delays.
    pub now: Timestamp,
    /// What its event's sender is expected to do next, if that was worked out (see
    /// [`Filter::needs_outlook`]).
    pub outlook: Option<&'a Outlook>,
    /// How often it was replayed.
    pub replays: u32,
    /// Whether the user marked it.
    pub marked: bool,
}

impl<'a> Subject<'a> {
    /// A delivery about which nothing else is known.
    #[must_use]
    pub fn new(delivery: &'a Delivery, now: Timestamp) -> Self {
        Self {
            delivery,
            now,
            outlook: None,
            replays: 0,
            marked: false,
        }
    }
}

impl Filter {
    /// The filter that matches everything.
    #[must_use]
    pub fn all() -> Self {
        let expression = Expression::And(Vec::new());
        Self { expression }
    }

    /// The deliveries behind `last`; all of them if there is none.
    #[must_use]
    pub fn newer_than(last: Option<DeliveryId>) -> Self {
        last.map_or_else(Self::all, |last| Self {
            expression: Expression::Term(Term::Seq(Bounds::More(last.get()))),
        })
    }

    /// The same, for the deliveries behind `last` alone.
    #[must_use]
    pub fn behind(self, last: Option<DeliveryId>) -> Self {
        if last.is_none() {
            return self;
        }
        let newer = Self::newer_than(last).expression;
        Self {
            expression: match self.expression {
                Expression::And(mut members) => {
                    members.insert(0, newer);
                    Expression::And(members)
                }
                other => Expression::And(vec![newer, other]),
            },
        }
    }

    /// Whether it matches everything because it asks nothing.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(&self.expression, Expression::And(members) if members.is_empty())
    }

    /// Its meaning as a tree.
    #[must_use]
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Whether the subject is meant.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.expression.matches(subject)
    }

    /// Reads a filter that ends before the first `;` outside quotes and regular expressions, or
    /// with the text; also gives what is left, the `;` included.
    ///
    /// # Errors
    /// When what stands before is not a filter.
    pub fn parse_prefix(text: &str) -> Result<(Self, &str), FilterError> {
        let (expression, read) = parse::parse(text)?;
        Ok((Self { expression }, text.get(read..).unwrap_or_default()))
    }

    /// What can be typed next, given the text before the cursor.
    #[must_use]
    pub fn completions(text_before_cursor: &str) -> Vec<Completion> {
        completion::completions(text_before_cursor)
    }

    /// Whether matching needs [`Subject::outlook`].
    #[must_use]
    pub fn needs_outlook(&self) -> bool {
        self.expression
            .any_term(&|term| matches!(term, Term::State(_)))
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (filter, rest) = Self::parse_prefix(text)?;
        if rest.is_empty() {
            return Ok(filter);
        }
        let at = text.len() - rest.len();
        let fix = "put the text in quotes if ; belongs to it, or join terms with a blank or |";
        Err(error::Problem::new(at, "a filter ends before ;", fix).in_text(text))
    }
}

#[cfg(test)]
mod tests;
