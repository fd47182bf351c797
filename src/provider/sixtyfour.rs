//! Sixtyfour's wire: the headers of a delivery, its retry schedule, the two envelopes.
//!
//! The headers are documented for signed deliveries only, so each of them is optional.

use std::time::Duration;

/// The id to dedupe on; the same over all attempts.
pub const EVENT_ID: &str = "Sixtyfour-Event-Id";
/// A routing hint: the job's `task_type`, or `outgoing_webhook.completed`.
pub const EVENT_TYPE: &str = "Sixtyfour-Event-Type";
/// The attempt counter, from 1.
pub const DELIVERY_ATTEMPT: &str = "Sixtyfour-Delivery-Attempt";
/// What the names of all of its headers begin with.
pub const HEADER_PREFIX: &str = "Sixtyfour-";

/// What `event` begins with in a workflow's envelope.
pub const WORKFLOW_EVENT_PREFIX: &str = "outgoing_webhook";

/// The documented gaps between attempts.
pub const GAPS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// How long an attempt may take. A workflow's block may be set to wait longer.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// The documented key orders of an async job's envelope: completed, failed.
pub const JOB_ORDERS: [&[&str]; 2] = [
    &["task_id", "status", "task_type", "result"],
    &["task_id", "status", "task_type", "error"],
];

/// The documented key order of a workflow's envelope.
pub const WORKFLOW_ORDERS: [&[&str]; 1] = [&[
    "event_id",
    "event",
    "status",
    "workflow_id",
    "run_id",
    "organization_id",
    "row_count",
    "previous_block_id",
    "previous_block_name",
    "previous_block_number",
    "completed_at",
    "duration_ms",
    "attempt",
    "results_download_url",
    "results",
]];
