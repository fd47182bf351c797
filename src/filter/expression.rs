//! The meaning of a filter as a tree, for whoever evaluates it or turns it into a query.
//!
//! Only the parser builds one that becomes a [`super::Filter`], so these hold: nothing is nested
//! deeper than the parser's limit, `And` and `Or` have at least two members (an empty `And` is the
//! whole filter that matches everything) and none of their own kind among them.

use std::time::Duration;

use crate::delivery::Provider;

use super::bounds::Bounds;
use super::field::TextField;
use super::json::{JsonPath, JsonTest};
use super::pattern::Pattern;
use super::quality::Quality;
use super::quantity::Size;
use super::sig::Sig;
use super::state::State;
use super::status::StatusTest;

/// Terms, joined.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All of them; everything if there are none.
    And(Vec<Expression>),
    /// At least one of them.
    Or(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// One question.
    Term(Term),
}

/// One question about a delivery. `filter/mod.rs` has a table of what each means.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A bare word: type, ids, path or status.
    Any(Pattern),
    /// A short text.
    Text(TextField, Pattern),
    /// `provider:`
    Provider(Provider),
    /// `sig:`
    Sig(Sig),
    /// `status:`
    Status(StatusTest),
    /// `state:`
    State(State),
    /// `is:`
    Is(Quality),
    /// `seq:`
    Seq(Bounds<u64>),
    /// `attempt:`
    Attempt(Bounds<u64>),
    /// `size:`
    Size(Bounds<Size>),
    /// `took:`
    Took(Bounds<Duration>),
    /// `age:`
    Age(Bounds<Duration>),
    /// `header:name`, `header:name=value`
    Header {
        /// In lower case.
        name: String,
        /// `None`: it is there, whatever its value.
        value: Option<Pattern>,
    },
    /// `body:`
    Body(Pattern),
    /// `json:`
    Json {
        /// Where in the body.
        path: JsonPath,
        /// What must stand there.
        test: JsonTest,
    },
}

impl Expression {
    /// All of these, as flat as can be.
    pub(super) fn all_of(members: Vec<Self>) -> Self {
        Self::joined(members, Self::And, |member| match member {
            Self::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// Any of these, as flat as can be.
    pub(super) fn any_of(members: Vec<Self>) -> Self {
        Self::joined(members, Self::Or, |member| match member {
            Self::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn joined(
        members: Vec<Self>,
        join: fn(Vec<Self>) -> Self,
        open: fn(Self) -> Result<Vec<Self>, Self>,
    ) -> Self {
        let mut flat = Vec::with_capacity(members.len());
        for member in members {
            match open(member) {
                Ok(inner) => flat.extend(inner),
                Err(other) => flat.push(other),
            }
        }
        match flat.len() {
            1 => flat.swap_remove(0),
            _ => join(flat),
        }
    }

    /// Whether a question that `asks` of one term is answered yes by any of them.
    pub fn any_term(&self, asks: &dyn Fn(&Term) -> bool) -> bool {
        match self {
            Self::And(members) | Self::Or(members) => {
                members.iter().any(|member| member.any_term(asks))
            }
            Self::Not(inner) => inner.any_term(asks),
            Self::Term(term) => asks(term),
        }
    }
}
