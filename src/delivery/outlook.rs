//! The retries to expect next, as values.

use std::time::Duration;

use jiff::Timestamp;

/// What the sender of one event is expected to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Acknowledged: nothing more is expected.
    Delivered,
    /// A retry is expected.
    Due {
        /// The attempt that is expected.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// The gap that the provider documents, if it does.
        documented: Option<Duration>,
        /// Whether `at` rests on measured gaps, not on documented ones.
        measured: bool,
    },
    /// The retry should have come by now.
    Late {
        /// The attempt that is missing.
        attempt: u32,
        /// When it was due.
        due: Timestamp,
    },
    /// The provider has given up, as far as can be told.
    Ended,
    /// The provider's schedule is not known.
    Unknown,
}
