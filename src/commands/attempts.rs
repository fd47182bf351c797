//! Attempts on their way from a command to the listener that writes to the store.
//!
//! A listener holds the store's lock, so a replay beside it cannot write what it did. It hands the
//! attempts over instead: `POST /attempts` on the control socket, with the JSON of [`to_json`].
//! [`accept`] is the listener's end of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delivery::attempt::Response;
use crate::delivery::{Attempt, DeliveryId, Failure, Header};
use crate::net::control::CallAnswer;
use crate::store::{Origin, Outgoing, Sent, Store};

/// Where attempts are handed over.
pub(super) const PATH: &str = "/attempts";

/// How much of an answer's body is handed over: a few attempts have to fit into a call.
const KEPT: usize = 48 << 10;

/// A call that is longer than this takes no further attempt. The limit of a call is twice that, and
/// no attempt is longer than what is left.
const ENOUGH: usize = 2 << 20;

#[derive(Debug, Deserialize)]
struct Handover {
    attempts: Vec<Entry>,
}

/// One attempt as JSON. Bytes are in base64, since they may be any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    delivery: u64,
    origin: String,
    number: u32,
    target: String,
    started: Timestamp,
    took_ns: u64,
    result: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Changed>,
}

/// What was sent, where it is not the capture itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Changed {
    head: String,
    body: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
        body_cut: bool,
    },
    Unreachable(String),
    Tls(String),
    TimedOut {
        after_ns: u64,
    },
    Broken(String),
    NotHttp(String),
    Stopped,
}

/// Why a handover cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandoverError {
    /// Not the JSON of a handover.
    #[error("it is no list of attempts: {0}")]
    Json(#[from] serde_json::Error),
    /// A field whose value cannot be.
    #[error("{0} has a value that cannot be")]
    Field(&'static str),
}

/// The body of the call that hands the first of these over, and how many they are: at least one.
pub(super) fn to_json(attempts: &[(DeliveryId, Outgoing)]) -> (String, usize) {
    let mut json = r#"{"attempts":["#.to_owned();
    let mut count = 0;
    for (id, outgoing) in attempts {
        if count > 0 {
            if json.len() > ENOUGH {
                break;
            }
            json.push(',');
        }
        // Text keys and whole numbers only: nothing can fail.
        json += &serde_json::to_string(&entry(*id, outgoing)).unwrap_or_default();
        count += 1;
    }
    json += "]}";
    (json, count)
}

/// What a handover says.
///
/// # Errors
/// When it is none.
pub(super) fn from_json(json: &[u8]) -> Result<Vec<(DeliveryId, Outgoing)>, HandoverError> {
    let handover: Handover = serde_json::from_slice(json)?;
    handover.attempts.into_iter().map(outgoing).collect()
}

/// Stores what is handed over, and answers when it is on disk.
pub(super) async fn accept(store: &Store, json: &[u8]) -> CallAnswer {
    let attempts = match from_json(json) {
        Ok(attempts) => attempts,
        Err(error) => return answer(400, &serde_json::json!({ "error": error.to_string() })),
    };
    let count = attempts.len();
    for (id, outgoing) in attempts {
        store.attempt(id, outgoing);
    }
    match store.flush().await {
        Ok(()) => answer(200, &serde_json::json!({ "recorded": count })),
        Err(error) => answer(503, &serde_json::json!({ "error": error.to_string() })),
    }
}

fn answer(status: u16, body: &serde_json::Value) -> CallAnswer {
    CallAnswer {
        status,
        body: body.to_string(),
    }
}

fn entry(id: DeliveryId, outgoing: &Outgoing) -> Entry {
    let attempt = &outgoing.attempt;
    Entry {
        delivery: id.get(),
        origin: outgoing.origin.name().to_owned(),
        number: attempt.number,
        target: attempt.target.clone(),
        started: attempt.started,
        took_ns: nanoseconds(attempt.took),
        result: match &attempt.result {
            Ok(response) => {
                let kept = response.body.len().min(KEPT);
                Outcome::Answer {
                    status: response.status,
                    headers: response
                        .headers
                        .iter()
                        .map(|header| {
                            (
                                STANDARD.encode(&header.name),
                                STANDARD.encode(&header.value),
                            )
                        })
                        .collect(),
                    body: STANDARD.encode(&response.body[..kept]),
                    body_cut: response.body_cut || kept < response.body.len(),
                }
            }
            Err(Failure::Unreachable(why)) => Outcome::Unreachable(why.clone()),
            Err(Failure::Tls(why)) => Outcome::Tls(why.clone()),
            Err(Failure::TimedOut(after)) => Outcome::TimedOut {
                after_ns: nanoseconds(*after),
            },
            Err(Failure::Broken(why)) => Outcome::Broken(why.clone()),
            Err(Failure::NotHttp(why)) => Outcome::NotHttp(why.clone()),
            Err(Failure::Stopped) => Outcome::Stopped,
        },
        sent: outgoing.sent.as_ref().map(|sent| Changed {
            head: STANDARD.encode(&sent.head),
            body: sent.body.as_ref().map(|body| STANDARD.encode(body)),
        }),
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn outgoing(entry: Entry) -> Result<(DeliveryId, Outgoing), HandoverError> {
    let id = DeliveryId::new(entry.delivery).ok_or(HandoverError::Field("delivery"))?;
    let origin = Origin::from_name(&entry.origin).ok_or(HandoverError::Field("origin"))?;
    let result = match entry.result {
        Outcome::Answer {
            status,
            headers,
            body,
            body_cut,
        } => Ok(Response {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| Ok(Header::new(decoded(name)?, decoded(value)?)))
                .collect::<Result<_, HandoverError>>()?,
            body: decoded(&body)?,
            body_cut,
        }),
        Outcome::Unreachable(why) => Err(Failure::Unreachable(why)),
        Outcome::Tls(why) => Err(Failure::Tls(why)),
        Outcome::TimedOut { after_ns } => Err(Failure::TimedOut(Duration::from_nanos(after_ns))),
        Outcome::Broken(why) => Err(Failure::Broken(why)),
        Outcome::NotHttp(why) => Err(Failure::NotHttp(why)),
        Outcome::Stopped => Err(Failure::Stopped),
    };
    let attempt = Attempt {
        number: entry.number,
        target: entry.target,
        started: entry.started,
        took: Duration::from_nanos(entry.took_ns),
        result,
    };
    let sent = entry.sent.map(|sent| -> Result<_, HandoverError> {
        Ok(Sent {
            head: decoded(&sent.head)?,
            body: sent.body.as_deref().map(decoded).transpose()?,
        })
    });
    let outgoing = Outgoing::new(origin, attempt).having_sent(sent.transpose()?);
    Ok((id, outgoing))
}

fn decoded(text: &str) -> Result<Bytes, HandoverError> {
    let bytes = STANDARD.decode(text);
    bytes
        .map(Bytes::from)
        .map_err(|_| HandoverError::Field("base64"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    fn results() -> impl Strategy<Value = Result<Response, Failure>> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..20).prop_map(Bytes::from);
        let headers = prop::collection::vec((bytes(), bytes()), 0..4);
        let answer = (any::<u16>(), headers, bytes(), any::<bool>()).prop_map(
            |(status, headers, body, body_cut)| {
                Ok(Response {
                    status,
                    headers: headers
                        .into_iter()
                        .map(|(name, value)| Header::new(name, value))
                        .collect(),
                    body,
                    body_cut,
                })
            },
        );
        let why = any::<String>();
        prop_oneof![
            4 => answer,
            1 => why.prop_flat_map(|why| prop_oneof![
                Just(Err(Failure::Unreachable(why.clone()))),
                Just(Err(Failure::Tls(why.clone()))),
                Just(Err(Failure::Broken(why.clone()))),
                Just(Err(Failure::Stopped)),
                Just(Err(Failure::NotHttp(why))),
            ]),
            1 => any::<u64>().prop_map(|after| Err(Failure::TimedOut(Duration::from_nanos(after)))),
        ]
    }

    proptest! {
        #[test]
        fn an_attempt_is_the_same_on_the_other_side(
            result in results(),
            number in any::<u32>(),
            target in any::<String>(),
            seconds in 0_i64..4_000_000_000,
            took in any::<u64>(),
            head in any::<Vec<u8>>(),
            body in any::<Option<Vec<u8>>>(),
            changed in any::<bool>(),
        ) {
            let attempt = Attempt {
                number,
                target,
                started: Timestamp::from_second(seconds).unwrap(),
                took: Duration::from_nanos(took),
                result,
            };
            let id = DeliveryId::new(7).unwrap();
            let sent = Sent {
                head: head.into(),
                body: body.map(Bytes::from),
            };
            let outgoing = Outgoing::new(Origin::Replay, attempt);
            let made = vec![(id, outgoing.having_sent(changed.then_some(sent)))];
            let (json, count) = to_json(&made);
            prop_assert_eq!((from_json(json.as_bytes()).unwrap(), count), (made, 1));
        }

        #[test]
        fn any_bytes_are_read_without_harm(json in any::<Vec<u8>>()) {
            let _ = from_json(&json);
        }
    }

    #[test]
    fn attempts_that_do_not_fit_into_one_call_are_handed_over_in_several() {
        let attempt = Attempt {
            number: 1,
            target: "http://127.0.0.1/".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            result: Err(Failure::Broken(String::new())),
        };
        let largest = Sent {
            head: Bytes::from(vec![b'h'; 128 << 10]),
            body: Some(Bytes::from(vec![b'b'; 1 << 20])),
        };
        let outgoing = Outgoing::new(Origin::Replay, attempt).having_sent(Some(largest));
        let id = DeliveryId::new(7).unwrap();
        let mut left = &vec![(id, outgoing); 5][..];
        let mut calls = Vec::new();
        while !left.is_empty() {
            let (json, count) = to_json(left);
            assert!(json.len() <= 4 << 20, "{} bytes", json.len());
            assert_eq!(from_json(json.as_bytes()).unwrap(), left[..count]);
            calls.push(count);
            left = &left[count..];
        }
        assert_eq!(calls, [2, 2, 1]);
    }

    #[test]
    fn a_handover_with_a_value_that_cannot_be_is_refused() {
        let json = |delivery: u64, origin: &str, body: &str| {
            format!(
                r#"{{"attempts":[{{"delivery":{delivery},"origin":"{origin}","number":1,"target":"x",
                "started":"2026-11-20T14:02:03Z","took_ns":1,
                "result":{{"answer":{{"status":200,"headers":[],"body":"{body}","body_cut":false}}}}}}]}}"#
            )
        };
        assert!(from_json(json(1, "replay", "aGk=").as_bytes()).is_ok());
        for wrong in [
            json(0, "replay", ""),
            json(1, "theft", ""),
            json(1, "replay", "?"),
        ] {
            assert!(from_json(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
