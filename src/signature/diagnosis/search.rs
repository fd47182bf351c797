//! Tries what could have been signed, within a budget, and keeps what a MAC proves.

mod stages;

use std::borrow::Cow;

use crate::delivery::{Finding, Reason};

use super::algorithms::Algorithm;
use super::bodies::{self, Bodies};
use super::cause::{Cause, proof};
use super::framings::{Framing, Kind};
use super::received::{Fit, Received};
use super::secrets::{self, Candidate};
use super::{Case, MOST_COMBINED, structure};

/// What may be spent on a body that combinations are tried for, as a number of hashed bytes.
const COMBINED_WORK: u64 = 96 << 20;
/// The same for a larger one, of which single causes are tried.
const SINGLE_WORK: u64 = 20 << 20;
/// But so many times its size at least.
const FEWEST_PASSES: u64 = 6;
/// What one MAC costs besides its message, in bytes.
const OVERHEAD: u64 = 256;
/// More findings than these would hide the best.
const MOST_PROOFS: usize = 6;

/// What is tried.
pub(super) struct Ingredients<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) received: &'a Received,
    pub(super) bodies: &'a Bodies<'a>,
    pub(super) secrets: Vec<Candidate>,
    pub(super) framings: Vec<Framing>,
}

/// A combination that a MAC proved.
struct Hit {
    secret: usize,
    framing: Framing,
    algorithm: Algorithm,
    body: bodies::Variant,
    length: usize,
    tag: usize,
    fit: Fit,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) proofs: Vec<Finding>,
    pub(super) tried: u64,
    pub(super) not_tried: Option<String>,
}

type Body<'a> = (bodies::Variant, Cow<'a, [u8]>);

/// The ingredients, sorted by whether they are what is documented.
struct Groups<'a> {
    /// The loaded secrets, as they are.
    literal: Vec<usize>,
    /// What may have become of them.
    altered: Vec<usize>,
    documented: Vec<&'a Framing>,
    departing: Vec<&'a Framing>,
    /// The other algorithms that give tags of the received sizes.
    algorithms: Vec<Algorithm>,
}

impl<'a> Groups<'a> {
    fn of(with: &'a Ingredients<'a>) -> Self {
        let is_literal =
            |&secret: &usize| with.secrets[secret].variant == secrets::Variant::Literal;
        let (literal, altered) = (0..with.secrets.len()).partition(is_literal);
        let (documented, departing) = with
            .framings
            .iter()
            .partition(|framing| framing.kind == Kind::Documented);
        let algorithms = Algorithm::OTHERS
            .into_iter()
            .filter(|algorithm| with.received.has_tag_of(algorithm.tag_bytes()))
            .collect();
        Self {
            literal,
            altered,
            documented,
            departing,
            algorithms,
        }
    }
}

struct Search<'a> {
    with: &'a Ingredients<'a>,
    /// The variants that were produced, each different from all before; the received one first.
    known: Vec<Body<'a>>,
    hits: Vec<Hit>,
    tried: u64,
    work: u64,
    limit: u64,
    not_tried: Vec<String>,
}

/// Tries everything that is worth it, the simplest explanations first. As soon as one kind of
/// explanation has proved something, more complicated kinds are left out.
pub(super) fn search<'a>(with: &'a Ingredients<'a>, reason: Reason) -> Outcome {
    if with.received.tags.is_empty() {
        return Outcome::default();
    }
    let length = with.case.body.len();
    let limit = if length <= MOST_COMBINED {
        COMBINED_WORK
    } else {
        SINGLE_WORK.max(FEWEST_PASSES * length as u64)
    };
    let mut search = Search {
        with,
        known: vec![(bodies::Variant::AsReceived, Cow::Borrowed(with.case.body))],
        hits: Vec::new(),
        tried: 0,
        work: with.bodies.cost_of_reading(),
        limit,
        not_tried: Vec::new(),
    };
    search.run(&Groups::of(with));
    search.conclude(reason)
}

impl<'a> Search<'a> {
    fn run(&mut self, groups: &Groups<'a>) {
        let stages = [
            Self::as_documented,
            Self::single_causes,
            Self::pairs,
            Self::many_of_one_kind,
            Self::triples,
        ];
        let is_large = self.with.case.body.len() > MOST_COMBINED;
        let stages = if is_large { &stages[..2] } else { &stages[..] };
        for stage in stages {
            if self.hits.is_empty() {
                stage(self, groups);
            }
        }
        self.skip(!is_large || !self.hits.is_empty(), "two causes at once");
        let has_keys = self.with.bodies.document().is_some();
        let said_all = !is_large || !self.hits.is_empty() || !has_keys;
        self.skip(said_all, "undocumented orders of keys");
    }

    /// Whether a piece of work still fits; it is counted if so.
    fn affords(&mut self, bytes: usize) -> bool {
        let work = self.work + bytes as u64 + OVERHEAD;
        let fits = work <= self.limit;
        if fits {
            self.work = work;
        }
        fits
    }

    /// Compares one combination; `false` when the budget is spent.
    fn attempt(
        &mut self,
        secret: usize,
        framing: &Framing,
        algorithm: Algorithm,
        (variant, body): &Body<'_>,
    ) -> bool {
        if !self.affords(body.len()) {
            return false;
        }
        self.tried += 1;
        let candidate = &self.with.secrets[secret].secret;
        let computed = algorithm.compute(candidate, &framing.prefix, body);
        if let Some((tag, fit)) = self.with.received.fit(computed.bytes()) {
            self.hits.push(Hit {
                secret,
                framing: framing.clone(),
                algorithm,
                body: *variant,
                length: body.len(),
                tag,
                fit,
            });
        }
        true
    }

    /// Every combination of these; `false` when the budget is spent.
    fn attempt_all(
        &mut self,
        secrets: &[usize],
        framings: &[&'a Framing],
        algorithms: &[Algorithm],
        bodies: &[Body<'a>],
    ) -> bool {
        bodies.iter().all(|body| {
            secrets.iter().all(|&secret| {
                framings.iter().all(|framing| {
                    algorithms
                        .iter()
                        .all(|&algorithm| self.attempt(secret, framing, algorithm, body))
                })
            })
        })
    }

    fn received_body(&self) -> [Body<'a>; 1] {
        [(
            bodies::Variant::AsReceived,
            Cow::Borrowed(self.with.case.body),
        )]
    }

    fn skip(&mut self, finished: bool, what: &str) {
        if !finished && !self.not_tried.iter().any(|said| said == what) {
            self.not_tried.push(what.to_owned());
        }
    }

    fn conclude(self, reason: Reason) -> Outcome {
        let mut found: Vec<(usize, Finding)> = Vec::new();
        for hit in &self.hits {
            let causes = self.causes(hit, reason);
            let finding = proof(&causes);
            let is_known = found
                .iter()
                .any(|(_, known)| known.candidate == finding.candidate);
            if !is_known {
                found.push((causes.len(), finding));
            }
        }
        found.sort_by_key(|(causes, _)| *causes);
        found.truncate(MOST_PROOFS);
        Outcome {
            proofs: found.into_iter().map(|(_, finding)| finding).collect(),
            tried: self.tried,
            not_tried: (!self.not_tried.is_empty()).then(|| {
                format!(
                    "{} (the body has {} bytes)",
                    self.not_tried.join("; "),
                    self.with.case.body.len()
                )
            }),
        }
    }

    fn causes(&self, hit: &Hit, reason: Reason) -> Vec<Cause> {
        let Case { scheme, .. } = *self.with.case;
        let candidate = &self.with.secrets[hit.secret];
        let tag = &self.with.received.tags[hit.tag];
        // Without a key, whose secret it was meant to be says nothing.
        let secret = match hit.algorithm {
            Algorithm::MessageOnly => None,
            _ => candidate.cause(scheme),
        };
        let mut causes: Vec<_> = [
            structure::cause(self.with.case, self.with.received, reason),
            secret,
            self.with.bodies.cause(hit.body, hit.length),
            hit.framing.cause(scheme),
            hit.algorithm.cause(),
            tag.cause(hit.fit, hit.algorithm.tag_bytes() * 2),
        ]
        .into_iter()
        .flatten()
        .collect();
        if causes.is_empty() {
            causes.push(structure::spelling(scheme));
        }
        causes
    }
}
