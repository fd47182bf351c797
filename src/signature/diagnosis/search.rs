//! Tries what could have been signed, within a budget, and keeps what a MAC proves.

use std::borrow::Cow;

use crate::delivery::{Finding, Reason};

use super::algorithms::Algorithm;
use super::bodies::{self, Bodies};
use super::cause::{Cause, proof};
use super::framings::{Framing, Kind, every_millisecond};
use super::received::{Fit, Received};
use super::secrets::{self, Candidate};
use super::{Case, MOST_COMBINED, structure};

/// How many bytes may be hashed or written for a body that combinations are tried for.
const COMBINED_WORK: u64 = 96 << 20;
/// The same for a larger one, of which single causes are tried.
const SINGLE_WORK: u64 = 16 << 20;
/// But so many times its size at least.
const FEWEST_PASSES: u64 = 4;
/// What one MAC costs besides its message, in bytes.
const OVERHEAD: u64 = 256;
/// Every millisecond of a second is tried for bodies up to this size.
const MOST_FOR_MILLISECONDS: usize = 4 << 10;
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
        work: 0,
        limit,
        not_tried: Vec::new(),
    };
    search.run();
    search.conclude(reason)
}

impl<'a> Search<'a> {
    fn run(&mut self) {
        self.as_documented();
        if self.hits.is_empty() {
            self.single_causes();
        }
        if self.hits.is_empty() && self.with.case.body.len() > MOST_COMBINED {
            self.skip(false, "two causes at once, and undocumented orders of keys");
            return;
        }
        if self.hits.is_empty() {
            self.pairs();
        }
        if self.hits.is_empty() {
            self.many_of_one_kind();
        }
        if self.hits.is_empty() {
            self.triples();
        }
    }

    fn is_literal(&self, secret: usize) -> bool {
        self.with.secrets[secret].variant == secrets::Variant::Literal
    }

    fn literal(&self) -> impl Iterator<Item = usize> + use<'a> {
        let with = self.with;
        (0..with.secrets.len())
            .filter(move |&secret| with.secrets[secret].variant == secrets::Variant::Literal)
    }

    fn documented(&self) -> impl Iterator<Item = &'a Framing> + use<'a> {
        let with = self.with;
        with.framings
            .iter()
            .filter(|framing| framing.kind == Kind::Documented)
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
        secrets: impl Iterator<Item = usize> + Clone,
        framings: impl Iterator<Item = &'a Framing> + Clone,
        algorithms: &[Algorithm],
        bodies: &[Body<'a>],
    ) -> bool {
        bodies.iter().all(|body| {
            secrets.clone().all(|secret| {
                framings.clone().all(|framing| {
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

    /// Nothing but the header's form is amiss.
    fn as_documented(&mut self) {
        let (literal, documented) = (self.literal(), self.documented());
        let literal: Vec<_> = literal.collect();
        let documented: Vec<_> = documented.collect();
        let body = self.received_body();
        self.attempt_all(
            literal.iter().copied(),
            documented.iter().copied(),
            &[Algorithm::HmacSha256],
            &body,
        );
    }

    /// One cause alone: the likely ones, the variants of the body, then the unlikely ones, so that
    /// a budget that ends early ends with them.
    fn single_causes(&mut self) {
        let documented: Vec<_> = self.documented().collect();
        let literal: Vec<_> = self.literal().collect();
        self.single_alterations(&literal, &documented, true);
        if !self.is_done() {
            self.single_bodies(&literal, &documented);
        }
        if !self.is_done() {
            self.single_alterations(&literal, &documented, false);
        }
    }

    /// One proof is enough for a large body; of a small one all single causes are shown.
    fn is_done(&self) -> bool {
        !self.hits.is_empty() && self.with.case.body.len() > MOST_COMBINED
    }

    /// Forms of the secret, ways to put together what is signed, and algorithms.
    fn single_alterations(&mut self, literal: &[usize], documented: &[&'a Framing], likely: bool) {
        let with = self.with;
        let body = self.received_body();
        let secrets: Vec<_> = (0..with.secrets.len())
            .filter(|&secret| !self.is_literal(secret))
            .filter(|&secret| with.secrets[secret].variant.is_likely() == likely)
            .collect();
        let framings: Vec<_> = with
            .framings
            .iter()
            .filter(|framing| framing.kind != Kind::Documented)
            .filter(|framing| framing.kind.is_likely() == likely)
            .collect();
        let algorithms: Vec<_> = self
            .algorithms()
            .into_iter()
            .filter(|algorithm| algorithm.is_keyed() == likely)
            .collect();
        let hmac = &[Algorithm::HmacSha256];
        let all = self.attempt_all(secrets.into_iter(), documented.iter().copied(), hmac, &body);
        self.skip(all, "some forms of the secret");
        let all = self.attempt_all(literal.iter().copied(), framings.into_iter(), hmac, &body);
        self.skip(all, "some ways to put together what is signed");
        let all = self.attempt_all(
            literal.iter().copied(),
            documented.iter().copied(),
            &algorithms,
            &body,
        );
        self.skip(all, "some other algorithms");
    }

    /// The other algorithms that give tags of the received sizes.
    fn algorithms(&self) -> Vec<Algorithm> {
        Algorithm::OTHERS
            .into_iter()
            .filter(|algorithm| self.with.received.has_tag_of(algorithm.tag_bytes()))
            .collect()
    }

    /// Produces the body's variants, keeps those that differ, and compares each.
    fn single_bodies(&mut self, literal: &[usize], documented: &[&'a Framing]) {
        let variants = self.with.bodies.variants();
        let mut left = variants.len();
        for variant in variants {
            // Writing a variant costs about as much as hashing it.
            if self.work + self.with.bodies.cost(variant) > self.limit {
                break;
            }
            let Some(bytes) = self.with.bodies.produce(variant) else {
                left -= 1;
                continue;
            };
            self.work += self.with.bodies.cost(variant);
            if self.known.iter().any(|(_, known)| *known == bytes) {
                left -= 1;
                continue;
            }
            let body = [(variant, bytes)];
            let all = self.attempt_all(
                literal.iter().copied(),
                documented.iter().copied(),
                &[Algorithm::HmacSha256],
                &body,
            );
            if !all {
                break;
            }
            left -= 1;
            self.known.extend(body);
            if self.is_done() {
                return;
            }
        }
        let is_json_left = self.with.bodies.is_too_large_for_json();
        self.skip(!is_json_left, "other spellings of the JSON");
        self.skip(left == 0, &format!("up to {left} variants of the body"));
    }

    /// Two causes at once.
    fn pairs(&mut self) {
        let with = self.with;
        let hmac = &[Algorithm::HmacSha256];
        let received = self.received_body();
        let every = 0..with.secrets.len();
        let literal: Vec<_> = self.literal().collect();
        let documented: Vec<_> = self.documented().collect();
        let known = std::mem::take(&mut self.known);
        let algorithms = self.algorithms();
        let framings = with.framings.iter();
        let all = self.attempt_all(every.clone(), framings.clone(), hmac, &received)
            && self.attempt_all(every.clone(), documented.iter().copied(), hmac, &known[1..])
            && self.attempt_all(literal.iter().copied(), framings.clone(), hmac, &known[1..])
            && self.attempt_all(every, framings, &algorithms, &received)
            && self.attempt_all(
                literal.iter().copied(),
                documented.iter().copied(),
                &algorithms,
                &known[1..],
            );
        self.known = known;
        self.skip(all, "some pairs of causes");
    }

    /// One cause of which there are hundreds of forms.
    fn many_of_one_kind(&mut self) {
        let literal: Vec<_> = self.literal().collect();
        let documented: Vec<_> = self.documented().collect();
        let hmac = &[Algorithm::HmacSha256];
        let mut all = true;
        for variant in self.with.bodies.shuffled() {
            all = self.affords(self.with.case.body.len());
            if !all || !self.hits.is_empty() {
                break;
            }
            if let Some(bytes) = self.with.bodies.produce(variant) {
                let body = [(variant, bytes)];
                all = self.attempt_all(
                    literal.iter().copied(),
                    documented.iter().copied(),
                    hmac,
                    &body,
                );
            }
        }
        self.skip(all, "some orders of keys");
        if self.with.case.body.len() <= MOST_FOR_MILLISECONDS {
            let [body] = self.received_body();
            for framing in every_millisecond(self.with.received) {
                for &secret in &literal {
                    self.attempt(secret, &framing, hmac[0], &body);
                }
            }
        }
    }

    /// A form of the secret, a variant of the body and a way to put them together.
    fn triples(&mut self) {
        let with = self.with;
        let others: Vec<_> = (0..with.secrets.len())
            .filter(|&secret| !self.is_literal(secret))
            .collect();
        let framings = with
            .framings
            .iter()
            .filter(|framing| framing.kind != Kind::Documented);
        let known = std::mem::take(&mut self.known);
        let all = self.attempt_all(
            others.iter().copied(),
            framings,
            &[Algorithm::HmacSha256],
            &known[1..],
        );
        self.known = known;
        self.skip(all, "some combinations of three causes");
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
