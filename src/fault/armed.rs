//! The rules that are in force, and how far each has come.
//!
//! Exact, because one [`Armed`] sees all deliveries one after the other: whoever holds it behind a
//! lock asks once per delivery, in order of arrival. All of its state is a few numbers a rule.

use super::answer::Fault;
use super::chance;
use super::error::PlanError;
use super::plan::{How, Plan, Rule};
use crate::delivery::{AnsweredBy, Recognition, Reply, Sighting};
use crate::filter::Filter;

/// Plans in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Armed {
    seed: u64,
    /// How many deliveries were asked about.
    arrivals: u64,
    /// How many rules were ever armed.
    numbered: u64,
    rules: Vec<Loaded>,
}

/// A rule in force.
#[derive(Debug, Clone, PartialEq)]
struct Loaded {
    rule: Rule,
    text: String,
    /// Sets its draws apart from those of other rules.
    number: u64,
    /// How many deliveries there had been when it was armed.
    since: u64,
    /// How many deliveries it has answered.
    taken: u64,
}

/// The answer that a rule has for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What to say; `None` for a normal answer (`ok`).
    pub reply: Option<Reply>,
    /// The rule, as text.
    pub rule: String,
    /// Which of its steps this is, from 1; of a rule without an end, which of its answers.
    pub step: u64,
    /// How many steps there are; `None` without an end.
    pub of: Option<u64>,
    /// Whether the app is to see the delivery first.
    pub after_forward: bool,
}

/// How far a rule has come, to be shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// The rule, as text.
    pub rule: String,
    /// How many deliveries it has answered.
    pub taken: u64,
    /// How many it can answer; `None` without an end.
    pub of: Option<u64>,
}

/// Which attempt of its event a delivery is, for `each`: our own count survives a restart, and the
/// sender's knows of attempts that did not reach us, so the greater one holds.
#[must_use]
pub fn attempt(recognition: &Recognition, sighting: &Sighting) -> u32 {
    sighting
        .arrival
        .max(recognition.attempt.unwrap_or(1))
        .max(1)
}

impl Armed {
    /// Nothing in force yet. The seed is for the rules with a percentage.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            arrivals: 0,
            numbered: 0,
            rules: Vec::new(),
        }
    }

    /// Rules in force elsewhere, as far as they have come, to look ahead with.
    ///
    /// # Errors
    /// When the text of one is no rule.
    pub fn resumed(standings: &[Standing]) -> Result<Self, PlanError> {
        let mut armed = Self::new(0);
        // Each plan goes before those in force.
        for standing in standings.iter().rev() {
            armed.arm(standing.rule.parse()?);
            if let Some(first) = armed.rules.first_mut() {
                first.taken = standing.taken;
            }
        }
        armed.rules.retain(|loaded| !loaded.is_spent());
        Ok(armed)
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the seed decides anything: a rule has a percentage.
    #[must_use]
    pub fn has_chance(&self) -> bool {
        let is_chance = |loaded: &Loaded| matches!(loaded.rule.how, How::Percent(_));
        self.rules.iter().any(is_chance)
    }

    /// Whether no rule is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Puts the rules of a plan before those in force.
    pub fn arm(&mut self, plan: Plan) {
        let (since, numbered) = (self.arrivals, &mut self.numbered);
        let loaded = plan.rules.into_iter().map(|rule| {
            let number = *numbered;
            *numbered += 1;
            Loaded {
                text: rule.to_string(),
                rule,
                number,
                since,
                taken: 0,
            }
        });
        self.rules.splice(0..0, loaded);
    }

    /// Puts the rules of a plan in place of those in force. The draws begin anew, so the same seed
    /// gives the same sequence.
    pub fn replace(&mut self, plan: Plan) {
        *self = Self::new(self.seed);
        self.arm(plan);
    }

    /// Takes all rules out of force; says how many there were.
    pub fn disarm(&mut self) -> usize {
        std::mem::take(&mut self.rules).len()
    }

    /// How far each rule has come, in the order in which they are asked. Spent ones are gone.
    #[must_use]
    pub fn standings(&self) -> Vec<Standing> {
        self.rules.iter().map(Loaded::standing).collect()
    }

    /// The answer to the next delivery: `attempt` is which attempt of its event it is (see
    /// [`attempt`]), and `in_scope` whether it matches a filter. `None` when no rule has one.
    pub fn decide(
        &mut self,
        attempt: u32,
        mut in_scope: impl FnMut(&Filter) -> bool,
    ) -> Option<Decided> {
        self.arrivals = self.arrivals.saturating_add(1);
        let (seed, arrivals) = (self.seed, self.arrivals);
        let index = self.rules.iter().position(|loaded| {
            loaded.has_step(seed, arrivals, attempt)
                && (loaded.rule.scope.is_all() || in_scope(&loaded.rule.scope))
        })?;
        let loaded = self.rules.get_mut(index)?;
        let decided = loaded.take(attempt);
        if loaded.is_spent() {
            self.rules.remove(index);
        }
        Some(decided)
    }

    /// What the next delivery would be answered, without taking a step.
    #[must_use]
    pub fn foresee(&self, attempt: u32, in_scope: impl FnMut(&Filter) -> bool) -> Option<Decided> {
        self.clone().decide(attempt, in_scope)
    }
}

impl Loaded {
    fn has_step(&self, seed: u64, arrivals: u64, attempt: u32) -> bool {
        match self.rule.how {
            How::Next | How::Always => true,
            How::Each => u64::from(attempt) <= self.rule.length(),
            How::Percent(percent) => {
                chance::picks(seed, self.number, arrivals - self.since, percent)
            }
        }
    }

    fn take(&mut self, attempt: u32) -> Decided {
        let length = self.rule.length();
        let attempt = u64::from(attempt.max(1));
        let (place, step, of) = match self.rule.how {
            How::Next => (self.taken, self.taken + 1, Some(length)),
            How::Each => (attempt - 1, attempt, Some(length)),
            How::Always | How::Percent(_) => (self.taken % length.max(1), self.taken + 1, None),
        };
        self.taken = self.taken.saturating_add(1);
        Decided {
            reply: self.rule.fault_at(place).and_then(Fault::reply),
            rule: self.text.clone(),
            step,
            of,
            after_forward: self.rule.after_forward,
        }
    }

    fn is_spent(&self) -> bool {
        self.rule.how == How::Next && self.taken >= self.rule.length()
    }

    fn standing(&self) -> Standing {
        Standing {
            rule: self.text.clone(),
            taken: self.taken,
            of: (self.rule.how == How::Next).then(|| self.rule.length()),
        }
    }
}

impl Decided {
    /// Who decided, as it is stored.
    #[must_use]
    pub fn answered_by(&self) -> AnsweredBy {
        AnsweredBy::Armed {
            rule: self.rule.clone(),
            step: self.step,
            of: self.of,
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.rule, self.taken)?;
        match self.of {
            Some(of) => write!(formatter, "/{of}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
