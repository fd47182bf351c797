//! A filter as text that parses to the same filter.

use std::fmt::{self, Display as _};

use super::Filter;
use super::bounds;
use super::expression::{Expression, Term};
use super::field::Field;
use super::fixed::Fixed;

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(formatter)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(members) => write_joined(formatter, members, " ", |member| {
                matches!(member, Self::Or(_))
            }),
            Self::Or(members) => write_joined(formatter, members, " | ", |_| false),
            Self::Not(inner) => {
                formatter.write_str("-")?;
                let is_group = matches!(**inner, Self::And(_) | Self::Or(_));
                write_member(formatter, inner, is_group)
            }
            Self::Term(term) => term.fmt(formatter),
        }
    }
}

fn write_joined(
    formatter: &mut fmt::Formatter<'_>,
    members: &[Expression],
    joint: &str,
    needs_parentheses: fn(&Expression) -> bool,
) -> fmt::Result {
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            formatter.write_str(joint)?;
        }
        write_member(formatter, member, needs_parentheses(member))?;
    }
    Ok(())
}

fn write_member(
    formatter: &mut fmt::Formatter<'_>,
    member: &Expression,
    in_parentheses: bool,
) -> fmt::Result {
    if in_parentheses {
        write!(formatter, "({member})")
    } else {
        member.fmt(formatter)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field() {
            write!(formatter, "{}:", field.word())?;
        }
        match self {
            Self::Any(pattern) | Self::Text(_, pattern) | Self::Body(pattern) => {
                pattern.fmt(formatter)
            }
            Self::Provider(provider) => formatter.write_str(provider.name()),
            Self::Sig(sig) => formatter.write_str(sig.word()),
            Self::Status(status) => status.fmt(formatter),
            Self::State(state) => formatter.write_str(state.word()),
            Self::Is(quality) => formatter.write_str(quality.word()),
            Self::Seq(within) | Self::Attempt(within) => bounds::write(*within, formatter),
            Self::Size(within) => bounds::write(*within, formatter),
            Self::Took(within) | Self::Age(within) => bounds::write(*within, formatter),
            Self::Header { name, value: None } => formatter.write_str(name),
            Self::Header {
                name,
                value: Some(value),
            } => write!(formatter, "{name}={value}"),
            Self::Json { path, test } => write!(formatter, "{path}{test}"),
        }
    }
}

impl Term {
    fn field(&self) -> Option<Field> {
        Some(match self {
            Self::Any(_) => return None,
            Self::Text(field, _) => Field::Text(*field),
            Self::Provider(_) => Field::Provider,
            Self::Sig(_) => Field::Sig,
            Self::Status(_) => Field::Status,
            Self::State(_) => Field::State,
            Self::Is(_) => Field::Is,
            Self::Seq(_) => Field::Seq,
            Self::Attempt(_) => Field::Attempt,
            Self::Size(_) => Field::Size,
            Self::Took(_) => Field::Took,
            Self::Age(_) => Field::Age,
            Self::Header { .. } => Field::Header,
            Self::Body(_) => Field::Body,
            Self::Json { .. } => Field::Json,
        })
    }
}
