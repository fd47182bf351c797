//! What is tried, from the simplest explanation to the most complicated.

use std::borrow::Cow;

use crate::signature::diagnosis::MOST_COMBINED;
use crate::signature::diagnosis::algorithms::Algorithm;
use crate::signature::diagnosis::bodies;
use crate::signature::diagnosis::framings::{Framing, every_millisecond};

use super::{Groups, Search};

/// Every millisecond of a second is tried for bodies up to this size.
const MOST_FOR_MILLISECONDS: usize = 4 << 10;

const HMAC: &[Algorithm] = &[Algorithm::HmacSha256];

/// The budget is spent.
struct Spent;

impl<'a> Search<'a> {
    /// Nothing but the header's form is amiss.
    pub(super) fn as_documented(&mut self, groups: &Groups<'a>) {
        let body = self.received_body();
        self.attempt_all(&groups.literal, &groups.documented, HMAC, &body);
    }

    /// One cause alone: the likely ones, the variants of the body, then the unlikely ones, so that
    /// a budget that ends early ends with them.
    pub(super) fn single_causes(&mut self, groups: &Groups<'a>) {
        self.single_alterations(groups, true);
        if !self.is_done() {
            self.single_bodies(groups);
        }
        if !self.is_done() {
            self.single_alterations(groups, false);
        }
    }

    /// One proof is enough for a large body; of a small one all single causes are shown.
    fn is_done(&self) -> bool {
        !self.hits.is_empty() && self.with.case.body.len() > MOST_COMBINED
    }

    /// Forms of the secret, ways to put together what is signed, and algorithms.
    fn single_alterations(&mut self, groups: &Groups<'a>, likely: bool) {
        let with = self.with;
        let body = self.received_body();
        let is_likely = |&secret: &usize| with.secrets[secret].variant.is_likely() == likely;
        let secrets: Vec<_> = groups.altered.iter().copied().filter(is_likely).collect();
        let is_likely = |framing: &&Framing| framing.kind.is_likely() == likely;
        let framings: Vec<_> = groups.departing.iter().copied().filter(is_likely).collect();
        let is_likely = |algorithm: &Algorithm| algorithm.is_keyed() == likely;
        let algorithms: Vec<_> = groups
            .algorithms
            .iter()
            .copied()
            .filter(is_likely)
            .collect();
        let all = self.attempt_all(&secrets, &groups.documented, HMAC, &body);
        self.skip(all, "some forms of the secret");
        let all = self.attempt_all(&groups.literal, &framings, HMAC, &body);
        self.skip(all, "some ways to put together what is signed");
        let all = self.attempt_all(&groups.literal, &groups.documented, &algorithms, &body);
        self.skip(all, "some other algorithms");
    }

    /// Produces the body's variants, keeps those that differ, and compares each.
    fn single_bodies(&mut self, groups: &Groups<'a>) {
        let variants = self.with.bodies.variants();
        let mut left = variants.len();
        for variant in variants {
            let Ok(bytes) = self.produce(variant) else {
                break;
            };
            let is_known =
                |bytes: &Cow<'a, [u8]>| self.known.iter().any(|(_, known)| known == bytes);
            if let Some(bytes) = bytes.filter(|bytes| !is_known(bytes)) {
                let body = [(variant, bytes)];
                if !self.attempt_all(&groups.literal, &groups.documented, HMAC, &body) {
                    break;
                }
                self.known.extend(body);
            }
            left -= 1;
            if self.is_done() {
                return;
            }
        }
        let is_read = !self.with.bodies.is_too_large_for_json();
        self.skip(is_read, "other spellings of the JSON");
        self.skip(left == 0, &format!("up to {left} variants of the body"));
    }

    /// The bytes of a variant, if it applies; an error when the budget is spent.
    fn produce(&mut self, variant: bodies::Variant) -> Result<Option<Cow<'a, [u8]>>, Spent> {
        let cost = self.with.bodies.cost(variant);
        if self.work + cost > self.limit {
            return Err(Spent);
        }
        let produced = self.with.bodies.produce(variant);
        if produced.is_some() {
            self.work += cost;
        }
        Ok(produced)
    }

    /// Two causes at once.
    pub(super) fn pairs(&mut self, groups: &Groups<'a>) {
        let received = self.received_body();
        let known = std::mem::take(&mut self.known);
        let Groups {
            literal,
            altered,
            documented,
            departing,
            algorithms,
        } = groups;
        let all = self.attempt_all(altered, departing, HMAC, &received)
            && self.attempt_all(altered, documented, HMAC, &known[1..])
            && self.attempt_all(literal, departing, HMAC, &known[1..])
            && self.attempt_all(altered, documented, algorithms, &received)
            && self.attempt_all(literal, departing, algorithms, &received)
            && self.attempt_all(literal, documented, algorithms, &known[1..]);
        self.known = known;
        self.skip(all, "some pairs of causes");
    }

    /// One cause of which there are hundreds of forms.
    pub(super) fn many_of_one_kind(&mut self, groups: &Groups<'a>) {
        let mut all = true;
        for variant in self.with.bodies.shuffled() {
            if !self.hits.is_empty() {
                break;
            }
            all = match self.produce(variant) {
                Err(Spent) => false,
                Ok(None) => true,
                Ok(Some(bytes)) => {
                    let body = [(variant, bytes)];
                    self.attempt_all(&groups.literal, &groups.documented, HMAC, &body)
                }
            };
            if !all {
                break;
            }
        }
        self.skip(all, "some orders of keys");
        if self.with.case.body.len() <= MOST_FOR_MILLISECONDS {
            let [body] = self.received_body();
            for framing in every_millisecond(self.with.received) {
                for &secret in &groups.literal {
                    self.attempt(secret, &framing, Algorithm::HmacSha256, &body);
                }
            }
        }
    }

    /// A form of the secret, a variant of the body and a way to put them together.
    pub(super) fn triples(&mut self, groups: &Groups<'a>) {
        let known = std::mem::take(&mut self.known);
        let all = self.attempt_all(&groups.altered, &groups.departing, HMAC, &known[1..]);
        self.known = known;
        self.skip(all, "some combinations of three causes");
    }
}
