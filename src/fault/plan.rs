//! A plan as a value: rules, and the steps of each.

use std::fmt;
use std::str::FromStr;

use super::answer::Fault;
use super::error::PlanError;
use super::{grammar, print};
use crate::filter::Filter;

/// One or more rules, as typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The rules, the first first.
    pub rules: Vec<Rule>,
}

/// Which deliveries get which answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The app sees the delivery first; its answer is not used.
    pub after_forward: bool,
    /// Which deliveries in its scope it answers.
    pub how: How,
    /// The answers, in order: at least one.
    pub steps: Vec<Step>,
    /// Which deliveries concern it.
    pub scope: Filter,
}

/// Which deliveries in its scope a rule answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The next ones, until the steps are spent.
    Next,
    /// The first attempts of each event, as far as there are steps.
    Each,
    /// All of them.
    Always,
    /// So many in a hundred, from 1.
    Percent(u8),
}

/// An answer, so many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The answer.
    pub fault: Fault,
    /// How often, from 1.
    pub count: u32,
}

impl Rule {
    /// How many deliveries its steps make, of all or of one event.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.steps.iter().map(|step| u64::from(step.count)).sum()
    }

    /// The answer at this place, from 0.
    pub(super) fn fault_at(&self, place: u64) -> Option<&Fault> {
        let mut end = 0;
        self.steps.iter().find_map(|step| {
            end += u64::from(step.count);
            (place < end).then_some(&step.fault)
        })
    }
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::read(text)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::plan(self, formatter)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::rule(self, formatter)
    }
}
