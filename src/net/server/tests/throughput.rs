//! How much the listener costs beside a bare hyper service; printed, not asserted.
