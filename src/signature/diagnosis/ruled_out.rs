//! What was tried on a signature that does not match and did not explain it, in words that go on
//! after "it would match if".

use std::borrow::Cow;

use super::algorithms::Algorithm;
use super::bodies::{Bodies, Variant};
use super::framings::{self, Framing, Kind};
use super::received::Received;
use super::secrets::{self, Candidate};
use super::{Case, MOST_COMBINED};

/// A family in words, and what belongs to it.
type Words<Of> = (&'static str, fn(Of) -> bool);

/// Families of variants of the body, the likeliest first.
const BODIES: [Words<Variant>; 6] = [
    (
        "the JSON were compact, or laid out in another way",
        |variant| matches!(variant, Variant::Json(_)),
    ),
    ("a final newline were dropped or added", |variant| {
        matches!(
            variant,
            Variant::WithoutFinalNewline
                | Variant::Trimmed
                | Variant::WithNewline
                | Variant::WithCrLf
        )
    }),
    ("the keys stood in their documented order", |variant| {
        matches!(variant, Variant::Documented(..))
    }),
    ("the body were that of an earlier attempt", |variant| {
        matches!(variant, Variant::Earlier(_))
    }),
    ("line ends were converted", |variant| {
        matches!(variant, Variant::LineFeeds | Variant::CarriageReturns)
    }),
    ("the body were decoded (gzip, base64, Latin-1)", |variant| {
        matches!(
            variant,
            Variant::Decompressed | Variant::FromBase64 | Variant::FromLatin1 | Variant::Inner
        )
    }),
];

/// Families of ways to put together what is signed.
const FRAMINGS: [Words<Kind>; 3] = [
    ("\"t.\" were left out (X-Webhook-Signature style)", |kind| {
        kind == Kind::BodyOnly
    }),
    ("t were in milliseconds", |kind| kind == Kind::Milliseconds),
    ("t and the body were joined in another way", |kind| {
        matches!(
            kind,
            Kind::WithoutDot | Kind::Colon | Kind::Versioned | Kind::EventId
        )
    }),
];

const KEYS: &str = "the key were trimmed, unprefixed or hex-decoded";
const HASHES: &str = "another hash had been used";

/// What was tried of one family.
#[derive(Clone, Copy)]
struct Family {
    tried: bool,
    matched: bool,
}

/// The kinds of single causes that do not explain a signature, the likeliest first. Nothing is said
/// of bodies beyond 64 KiB, nor of a request without a signature, nor where no secret is loaded.
#[must_use]
pub fn ruled_out(case: &Case<'_>) -> Vec<&'static str> {
    let received = Received::read(case.head, case.scheme);
    if case.body.len() > MOST_COMBINED || received.tags.is_empty() {
        return Vec::new();
    }
    let bodies = Bodies::of(case);
    let stamp = bodies
        .document()
        .and_then(|document| document.text_field("timestamp"));
    let (literal, altered): (Vec<Candidate>, Vec<Candidate>) = secrets::candidates(case)
        .into_iter()
        .partition(|candidate| candidate.variant == secrets::Variant::Literal);
    let (documented, departing): (Vec<Framing>, Vec<Framing>) =
        framings::framings(case, &received, stamp.as_deref())
            .into_iter()
            .partition(|framing| framing.kind == Kind::Documented);
    if literal.is_empty() {
        return Vec::new();
    }
    let trial = Trial {
        case,
        received: &received,
        literal: literal.iter().collect(),
        documented: documented.iter().collect(),
    };
    let mut families = trial.bodies(&bodies);
    families.insert(2.min(families.len()), (KEYS, trial.keys(&altered)));
    families.extend(trial.framings(&departing));
    families.push((HASHES, trial.hashes()));
    families
        .into_iter()
        .filter(|(_, family)| family.tried && !family.matched)
        .map(|(words, _)| words)
        .collect()
}

struct Trial<'a> {
    case: &'a Case<'a>,
    received: &'a Received,
    literal: Vec<&'a Candidate>,
    documented: Vec<&'a Framing>,
}

impl Trial<'_> {
    /// Whether any combination of these matches.
    fn matches(
        &self,
        secrets: &[&Candidate],
        framings: &[&Framing],
        algorithm: Algorithm,
        body: &[u8],
    ) -> bool {
        secrets.iter().any(|candidate| {
            framings.iter().any(|framing| {
                let tag = algorithm.compute(&candidate.secret, &framing.prefix, body);
                self.received.fit(tag.bytes()).is_some()
            })
        })
    }

    fn bodies(&self, bodies: &Bodies<'_>) -> Vec<(&'static str, Family)> {
        let variants = bodies.variants();
        let family = |is_of: fn(Variant) -> bool| {
            let produced: Vec<Cow<'_, [u8]>> = variants
                .iter()
                .filter(|variant| is_of(**variant))
                .filter_map(|variant| bodies.produce(*variant))
                .collect();
            Family {
                tried: !produced.is_empty(),
                matched: produced.iter().any(|body| {
                    self.matches(&self.literal, &self.documented, Algorithm::HmacSha256, body)
                }),
            }
        };
        BODIES
            .into_iter()
            .map(|(words, is_of)| (words, family(is_of)))
            .collect()
    }

    fn keys(&self, altered: &[Candidate]) -> Family {
        let altered: Vec<&Candidate> = altered.iter().collect();
        Family {
            tried: !altered.is_empty(),
            matched: self.matches(
                &altered,
                &self.documented,
                Algorithm::HmacSha256,
                self.case.body,
            ),
        }
    }

    fn framings(&self, departing: &[Framing]) -> Vec<(&'static str, Family)> {
        let family = |is_of: fn(Kind) -> bool| {
            let of_it: Vec<&Framing> = departing
                .iter()
                .filter(|framing| is_of(framing.kind))
                .collect();
            Family {
                tried: !of_it.is_empty(),
                matched: self.matches(&self.literal, &of_it, Algorithm::HmacSha256, self.case.body),
            }
        };
        FRAMINGS
            .into_iter()
            .map(|(words, is_of)| (words, family(is_of)))
            .collect()
    }

    fn hashes(&self) -> Family {
        let others: Vec<Algorithm> = Algorithm::OTHERS
            .into_iter()
            .filter(|algorithm| self.received.has_tag_of(algorithm.tag_bytes()))
            .collect();
        Family {
            tried: !others.is_empty(),
            matched: others.iter().any(|algorithm| {
                self.matches(&self.literal, &self.documented, *algorithm, self.case.body)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delivery::{Head, Header, Scheme};
    use crate::signature::{Secret, sign};

    const PRETTY: &[u8] = b"{\n  \"a\": 1\n}\n";

    fn out(secret: &str, signed: &[u8], body: &[u8]) -> Vec<&'static str> {
        let at = jiff::Timestamp::from_second(1_795_182_520).unwrap();
        let header = sign(
            Scheme::Sixtyfour,
            &[Secret::new(secret)],
            at.as_second(),
            signed,
        );
        ruled_out_of(header, body, at)
    }

    fn ruled_out_of(header: Header, body: &[u8], at: jiff::Timestamp) -> Vec<&'static str> {
        let head = Head::build("POST", b"/", &[header]).unwrap();
        ruled_out(&Case {
            head: &head,
            body,
            scheme: Scheme::Sixtyfour,
            secrets: &[Secret::new("sk_whsec_a secret")],
            other_secrets: &[],
            tolerance: Duration::from_secs(300),
            now: at,
            documented_orders: &[],
            earlier: &[],
            offsets: None,
        })
    }

    #[test]
    fn what_explains_a_signature_is_not_ruled_out_and_the_rest_is() {
        let rewritten = out("sk_whsec_a secret", b"{\"a\":1}", PRETTY);
        assert!(!rewritten.contains(&BODIES[0].0), "{rewritten:?}");
        for words in [BODIES[1].0, KEYS, FRAMINGS[0].0, FRAMINGS[1].0, HASHES] {
            assert!(rewritten.contains(&words), "{words} in {rewritten:?}");
        }
        let unprefixed = out("a secret", PRETTY, PRETTY);
        assert!(!unprefixed.contains(&KEYS), "{unprefixed:?}");
        assert!(unprefixed.contains(&BODIES[0].0), "{unprefixed:?}");
    }

    #[test]
    fn what_does_not_apply_is_not_said_to_be_ruled_out() {
        let all = out("another secret", b"text", b"text");
        assert!(!all.contains(&BODIES[0].0), "{all:?}");
        assert!(!all.contains(&BODIES[3].0), "{all:?}");
        let unsigned = Header::new("X-Other", "1");
        let at = jiff::Timestamp::UNIX_EPOCH;
        assert!(ruled_out_of(unsigned, PRETTY, at).is_empty());
    }
}
