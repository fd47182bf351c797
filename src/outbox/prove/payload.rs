//! The events that the cases deliver: as documented, and new each time.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::case::Kind;
use crate::delivery::Provider;
use crate::outbox::event::Event;
use crate::outbox::replay::new_id;

const FIND_EMAIL: &str = "find_email";

/// Members that every reader of JSON understands, and no writer writes so: each has another way
/// with numbers, escapes, slashes, blanks or the order of keys. Without them, some writer would
/// bring back the very bytes that were signed, and a handler that verifies what it has written
/// itself would pass.
const ODD_MEMBERS: &str = r#""score" : 1.0, "cost":0.10,"limit":1e2 , "large":9007199254740993,
  "city":"Zürich","caf\u00e9":"Beyonc\u00e9 & <Zoë>", "site":"https:\/\/example.com/a\/b", "note":null"#;

impl Kind {
    /// An event that the handler has not seen.
    pub(super) fn event(self, now: Timestamp, random: &mut fastrand::Rng) -> Event {
        let id = new_id(random);
        let (event_type, body) = match self {
            Self::Job => (
                FIND_EMAIL,
                completed(FIND_EMAIL, &new_id(random)).to_string(),
            ),
            Self::Spaced => {
                let body = completed(FIND_EMAIL, &new_id(random));
                (FIND_EMAIL, spaced(&body.to_string()))
            }
            Self::Odd => (FIND_EMAIL, odd(&new_id(random))),
            Self::FailedJob => (FIND_EMAIL, failed(&new_id(random)).to_string()),
            Self::UnknownTask => (
                FIND_EMAIL,
                completed(FIND_EMAIL, "no-such-task").to_string(),
            ),
            Self::UnknownType => {
                let name = "hook64_unknown_type";
                (name, completed(name, &new_id(random)).to_string())
            }
            Self::Workflow => {
                let rows = json!([{"name": "John Doe", "email": "john@example.com"}]);
                (
                    "outgoing_webhook.completed",
                    workflow(&id, now, random, &rows).to_string(),
                )
            }
            Self::WorkflowWithoutResults => {
                let body = workflow(&id, now, random, &Value::Null);
                ("outgoing_webhook.completed", body.to_string())
            }
            Self::Elan(event_type) => {
                return of_elan(elan(event_type, now, random).to_string());
            }
            Self::ElanSpaced => {
                let body = elan("workflow.completed", now, random).to_string();
                return of_elan(spaced(&body));
            }
            Self::ElanOdd => return of_elan(elan_odd(now, random)),
        };
        let (id, event_type) = (Some(id), Some(event_type.to_owned()));
        Event::new(Provider::Sixtyfour, id, event_type, body)
    }
}

/// Its id and type stand in the body alone.
fn of_elan(body: String) -> Event {
    Event::new(Provider::Elan, None, None, body)
}

fn completed(task_type: &str, task_id: &str) -> Value {
    json!({
        "task_id": task_id,
        "status": "completed",
        "task_type": task_type,
        "result": {
            "name": "John Doe",
            "company": "Acme Inc",
            "email": [["john.doe@example.com", "OK"]],
        },
    })
}

fn failed(task_id: &str) -> Value {
    json!({
        "task_id": task_id,
        "status": "failed",
        "task_type": "find_email",
        "error": "No email could be found",
    })
}

fn workflow(id: &str, now: Timestamp, random: &mut fastrand::Rng, rows: &Value) -> Value {
    let url = rows
        .is_null()
        .then_some("https://storage.example.com/results.csv?signature=none");
    json!({
        "event_id": id,
        "event": "outgoing_webhook.completed",
        "status": "success",
        "workflow_id": "wf_hook64",
        "run_id": new_id(random),
        "organization_id": "org_hook64",
        "row_count": 1,
        "previous_block_id": "blk_2",
        "previous_block_name": "lead_enrichment",
        "previous_block_number": 2,
        "completed_at": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "duration_ms": random.u32(500..5_000),
        "attempt": 1,
        "results_download_url": url,
        "results": rows,
    })
}

fn elan(event_type: &str, now: Timestamp, random: &mut fastrand::Rng) -> Value {
    let data = if event_type.starts_with("workflow.step.") {
        json!({"step_id": "step_1", "step_name": "translate"})
    } else if event_type.ends_with(".failed") {
        json!({"error": "The source document could not be read"})
    } else {
        json!({})
    };
    json!({
        "event_id": elan_id(random),
        "event_type": event_type,
        "workflow_id": "wf_hook64",
        "organization_id": "org_hook64",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "data": data,
    })
}

fn odd(task_id: &str) -> String {
    format!(
        r#"{{ "task_id":"{task_id}", "task_type" :"find_email","status": "completed",
 "result":{{"name":"Jos\u00e9 Mu\u00f1oz", "company":"Müller \/ Söhne", "email":[ ["jose@example.com" ,"OK"] ],
  {ODD_MEMBERS} }} }}
"#
    )
}

fn elan_odd(now: Timestamp, random: &mut fastrand::Rng) -> String {
    format!(
        r#"{{ "event_id":"{}", "workflow_id" :"wf_hook64","event_type":"workflow.completed",
 "organization_id": "org_hook64", "timestamp":"{}", "data":{{
  {ODD_MEMBERS} }} }}
"#,
        elan_id(random),
        now.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// Compact JSON as it is with a blank after each colon and comma.
fn spaced(compact: &str) -> String {
    let mut spaced = String::with_capacity(compact.len() * 5 / 4);
    let (mut in_string, mut is_escaped) = (false, false);
    for character in compact.chars() {
        spaced.push(character);
        if !in_string && matches!(character, ':' | ',') {
            spaced.push(' ');
        }
        in_string ^= character == '"' && !is_escaped;
        is_escaped = in_string && character == '\\' && !is_escaped;
    }
    spaced
}

fn elan_id(random: &mut fastrand::Rng) -> String {
    format!("evt_{:016x}", random.u64(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [Kind; 2] = [Kind::Odd, Kind::ElanOdd];

    fn body(kind: Kind) -> String {
        let random = &mut fastrand::Rng::with_seed(1);
        let event = kind.event(Timestamp::UNIX_EPOCH, random);
        String::from_utf8(event.body().to_vec()).unwrap()
    }

    #[test]
    fn odd_bytes_are_json_of_the_same_envelope() {
        for (kind, plain) in [
            (Kind::Odd, Kind::Job),
            (Kind::ElanOdd, Kind::Elan("workflow.completed")),
        ] {
            let [odd, plain] =
                [kind, plain].map(|kind| serde_json::from_str::<Value>(&body(kind)).unwrap());
            for (name, value) in plain.as_object().unwrap() {
                let same = (odd[name].is_object(), odd[name].is_string());
                assert_eq!(same, (value.is_object(), value.is_string()), "{name}");
            }
        }
    }

    /// Each of these is undone by some writer: what it would write instead is not there.
    #[test]
    fn no_writer_of_json_brings_odd_bytes_back() {
        for kind in ODD {
            let body = body(kind);
            for (here, written, by) in [
                ("1.0", "", "JavaScript writes 1, Go and PHP 1"),
                ("0.10", "", "all of them write 0.1"),
                ("1e2", "", "all of them write 100 or 100.0"),
                (
                    "9007199254740993",
                    "",
                    "JavaScript writes ...992, Go ...992 or an exponent",
                ),
                ("Z\u{fc}rich", "\\u00fcrich", "Python and PHP escape it"),
                (
                    "Beyonc\\u00e9",
                    "Beyonc\u{e9}",
                    "JavaScript and Go do not escape it",
                ),
                ("& <", "\\u003c", "Go escapes them"),
                ("a\\/b", "", "all but PHP drop the backslash"),
                ("com/a", "", "PHP puts one there"),
                (", ", "", "the compact ones have no blanks"),
                (",\"", "", "Python has blanks everywhere"),
            ] {
                assert!(body.contains(here), "{here}: {by}");
                assert!(
                    written.is_empty() || !body.contains(written),
                    "{written}: {by}"
                );
            }
            assert!(body.ends_with("}\n"), "no writer ends a line");
            let keys = |name: &str| body.find(&format!("\"{name}\"")).unwrap();
            assert!(
                keys("score") < keys("cost"),
                "those that sort put it behind"
            );
        }
    }

    #[test]
    fn odd_bytes_repeat_no_key() {
        for kind in ODD {
            let body = body(kind);
            for name in ["score", "cost", "limit", "large", "city", "site", "note"] {
                assert_eq!(body.matches(&format!("\"{name}\"")).count(), 1, "{name}");
            }
        }
    }

    #[test]
    fn blanks_stand_between_the_tokens_and_not_within_strings() {
        assert_eq!(
            spaced(r#"{"a":"b:\",c\\","d":[1,2]}"#),
            r#"{"a": "b:\",c\\", "d": [1, 2]}"#
        );
    }
}
