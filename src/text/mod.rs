//! Untrusted text made visible, and measured in terminal columns.
//!
//! Whatever a stranger sent goes through [`line()`], [`block`], [`quoted`] or [`json()`] before it
//! reaches a terminal, a log or a text output. Copies, replays and exports of bodies use the bytes
//! themselves and never come here.
//!
//! | file | what |
//! |---|---|
//! | `hidden` | which characters must not be shown as they are |
//! | `escape` | bytes -> text that is safe to show |
//! | `json` | the same for serialised JSON and `key=value` values |
//! | `width` | columns: measuring and clipping |
//! | `measure` | sizes and durations, in words |
//! | `nearest` | the word that was probably meant |

mod escape;
mod hidden;
mod json;
mod measure;
mod nearest;
mod width;

pub use escape::{block, line};
pub use json::{json, quoted};
pub use measure::{bytes, duration};
pub use nearest::nearest;
pub use width::{clip, width};
