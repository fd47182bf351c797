//! ELAN's wire: the signature's header and the envelope of a subscription's event.
//!
//! No header for the event's id, type or attempt is documented, and no retry schedule.

/// The one header that is documented. Others may use the name too, so a Sixtyfour envelope under
/// it stays Sixtyfour's.
pub const SIGNATURE: &str = "X-Webhook-Signature";

/// The events a subscription can have.
pub const EVENTS: [&str; 6] = [
    "workflow.started",
    "workflow.completed",
    "workflow.failed",
    "workflow.step.started",
    "workflow.step.completed",
    "workflow.step.failed",
];

/// The documented key order of an event.
pub const SUBSCRIPTION_ORDERS: [&[&str]; 1] = [&[
    "event_id",
    "event_type",
    "workflow_id",
    "organization_id",
    "timestamp",
    "data",
]];
