//! Which answer a request gets: the pure heart of the inbox.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Defect, Delivery, DeliveryId, Ending, Head, Header, Recognition,
    Reply, Request, Scheme, Sighting, Turn, Validity, Verdict,
};
use crate::provider;
use crate::signature::{self, Keyring};

use super::Policy;

/// What is known about a request when its answer is decided.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The request.
    pub request: &'a Request,
    /// Whether its signature holds.
    pub verdict: &'a Verdict,
    /// Whether its event was seen before.
    pub sighting: &'a Sighting,
    /// Whether there is an app for it.
    pub has_app: bool,
}

/// Who has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This is the answer.
    Say(Answer),
    /// The app is asked, and its answer is the answer.
    AskApp,
}

/// The answer to a request for which no fault is armed: a broken request first, then a foreign path,
/// the signature, a duplicate, and at last the app or the plain 200.
#[must_use]
pub fn decide(facts: &Facts<'_>, policy: &Policy) -> Decision {
    if let Some(defect) = &facts.request.defect {
        return say(refusal(defect), AnsweredBy::Defect);
    }
    if !on_path(&facts.request.head, policy) {
        let reply = Reply::json(404, r#"{"ok":false,"error":"not this path"}"#);
        return say(reply, AnsweredBy::Path);
    }
    if facts.verdict.validity() == Validity::Invalid && policy.on_bad_signature != 200 {
        let mut reply = Reply::json(401, r#"{"ok":false,"error":"signature"}"#);
        reply.status = policy.on_bad_signature;
        return say(reply, AnsweredBy::Signature);
    }
    let duplicate = facts.sighting.turn == Turn::Duplicate;
    match (facts.has_app, duplicate) {
        (true, false) => Decision::AskApp,
        (true, true) if policy.forward_duplicates => Decision::AskApp,
        (_, true) => say(default_answer().reply, AnsweredBy::Duplicate),
        (false, false) => Decision::Say(default_answer()),
    }
}

/// The plain 200.
#[must_use]
pub fn default_answer() -> Answer {
    Answer {
        reply: Reply::json(200, r#"{"ok":true}"#),
        by: AnsweredBy::Default,
    }
}

/// What stands where the answer will stand: the default without its words.
pub(super) fn undecided() -> Answer {
    Answer {
        reply: Reply {
            status: 200,
            headers: Vec::new(),
            body: Bytes::new(),
            delay: Duration::ZERO,
            ending: Ending::Normal,
        },
        by: AnsweredBy::Default,
    }
}

/// An arrival as the filters see deliveries: the scope of a rule is asked before there is a number.
#[must_use]
pub fn as_if_stored(arrival: &Arrival) -> Delivery {
    Delivery {
        id: DeliveryId::FIRST,
        arrival: Arc::new(arrival.clone()),
        settlement: None,
        diagnosis: None,
    }
}

/// The answer when a delivery could not be stored: the sender will retry, nothing is lost.
#[must_use]
pub fn unstored() -> Reply {
    let mut reply = Reply::json(503, r#"{"ok":false,"error":"not stored"}"#);
    reply.headers.push(Header::new("Retry-After", "1"));
    reply
}

/// The answer to what is still held when the listener stops.
#[must_use]
pub fn stopping(status: u16) -> Reply {
    let body = match status {
        200..=299 => r#"{"ok":true}"#,
        _ => r#"{"ok":false,"error":"stopping"}"#,
    };
    let mut reply = Reply::json(status, body);
    if status == 503 {
        reply.headers.push(Header::new("Retry-After", "1"));
    }
    reply
}

/// `GET` and `HEAD` of `/` name the program and say nothing about the captures.
#[must_use]
pub fn greeting(head: &Head) -> Option<Reply> {
    let asks = matches!(head.method(), "GET" | "HEAD") && head.target().as_ref() == b"/";
    asks.then(|| {
        let mut reply = Reply::json(200, concat!("hook64 ", env!("CARGO_PKG_VERSION"), "\n"));
        reply.headers = vec![
            Header::new("Content-Type", "text/plain"),
            Header::new("X-Content-Type-Options", "nosniff"),
        ];
        reply
    })
}

/// By which scheme a request is checked: its sender's, else the one whose header it carries. Both
/// are the word of whoever posts it, so they choose only among the schemes that there are secrets
/// of: with a secret loaded, nobody is let in for looking like somebody whose secret is not.
#[must_use]
pub fn scheme(recognition: &Recognition, head: &Head, keyring: &Keyring) -> Scheme {
    let said = said_scheme(recognition, head);
    let has_secret = |scheme: Scheme| keyring.of(scheme).iter().any(|secret| !secret.is_empty());
    let loaded = [Scheme::Sixtyfour, Scheme::Elan]
        .into_iter()
        .find(|scheme| has_secret(*scheme));
    match (said, loaded) {
        (Some(said), Some(loaded)) if !has_secret(said) => loaded,
        (Some(said), _) => said,
        (None, loaded) => loaded.unwrap_or(Scheme::Sixtyfour),
    }
}

/// The scheme that a request speaks of: its sender's, else the one whose header it carries.
#[must_use]
pub fn said_scheme(recognition: &Recognition, head: &Head) -> Option<Scheme> {
    provider::scheme(recognition.provider).or_else(|| signature::scheme::signed_by(head))
}

fn say(reply: Reply, by: AnsweredBy) -> Decision {
    Decision::Say(Answer { reply, by })
}

fn refusal(defect: &Defect) -> Reply {
    let mut reply = Reply::json(400, r#"{"ok":false,"error":"request"}"#);
    reply.status = defect.status();
    reply
}

/// Whether the policy wants this path at all.
#[must_use]
pub fn on_path(head: &Head, policy: &Policy) -> bool {
    policy
        .path
        .as_ref()
        .is_none_or(|path| head.path() == path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Provider;
    use crate::signature::Secret;

    #[test]
    fn a_sender_cannot_choose_a_scheme_that_there_is_no_secret_of() {
        let (sixtyfour, elan) = (Scheme::Sixtyfour, Scheme::Elan);
        let loaded = |schemes: &[Scheme]| {
            let of = |scheme| match schemes.contains(&scheme) {
                true => vec![Secret::new("made up")],
                false => vec![Secret::new("")],
            };
            Keyring {
                sixtyfour: of(sixtyfour),
                elan: of(elan),
            }
        };
        let signed = Header::new(signature::scheme::header_name(elan), "sha256=00");
        let unsigned = Head::build("POST", b"/", &[]).unwrap();
        let signed = Head::build("POST", b"/", &[signed]).unwrap();
        let (all, none): (&[_], &[_]) = (&[sixtyfour, elan], &[]);
        for (provider, head, secrets, expected) in [
            (Provider::Elan, &unsigned, all, elan),
            (Provider::Elan, &unsigned, none, elan),
            (Provider::Elan, &signed, &[sixtyfour], sixtyfour),
            (Provider::Elan, &unsigned, &[sixtyfour], sixtyfour),
            (Provider::Sixtyfour, &unsigned, &[elan], elan),
            (Provider::Plain, &signed, all, elan),
            (Provider::Plain, &signed, &[sixtyfour], sixtyfour),
            (Provider::Plain, &unsigned, &[elan], elan),
            (Provider::Plain, &unsigned, none, sixtyfour),
        ] {
            let recognition = Recognition {
                provider,
                ..Recognition::nothing()
            };
            let chosen = scheme(&recognition, head, &loaded(secrets));
            assert_eq!(chosen, expected, "{provider:?} {secrets:?}");
        }
    }
}
