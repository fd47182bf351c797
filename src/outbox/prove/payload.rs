//! The events that the cases deliver: as documented, and new each time.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::case::Kind;
use crate::delivery::Provider;
use crate::outbox::event::Event;
use crate::outbox::replay::new_id;

impl Kind {
    /// An event that the handler has not seen.
    pub(super) fn event(self, now: Timestamp, random: &mut fastrand::Rng) -> Event {
        let id = new_id(random);
        let (event_type, body) = match self {
            Self::Job => ("find_email", completed("find_email", &new_id(random))),
            Self::FailedJob => ("find_email", failed(&new_id(random))),
            Self::UnknownTask => ("find_email", completed("find_email", "no-such-task")),
            Self::UnknownType => {
                let name = "hook64_unknown_type";
                (name, completed(name, &new_id(random)))
            }
            Self::Workflow => {
                let rows = json!([{"name": "John Doe", "email": "john@example.com"}]);
                (
                    "outgoing_webhook.completed",
                    workflow(&id, now, random, &rows),
                )
            }
            Self::WorkflowWithoutResults => {
                let body = workflow(&id, now, random, &Value::Null);
                ("outgoing_webhook.completed", body)
            }
            Self::Elan(event_type) => {
                // Its id and type stand in the body alone.
                let body = elan(event_type, now, random).to_string();
                return Event::new(Provider::Elan, None, None, body);
            }
        };
        let (id, event_type) = (Some(id), Some(event_type.to_owned()));
        Event::new(Provider::Sixtyfour, id, event_type, body.to_string())
    }
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
        "event_id": format!("evt_{:016x}", random.u64(..)),
        "event_type": event_type,
        "workflow_id": "wf_hook64",
        "organization_id": "org_hook64",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "data": data,
    })
}
