//! JSON lines: one object a line, `"v":1`, the contract for programs.
//!
//! Fields are only ever added. Every control and format character is escaped, so a line is safe on
//! a terminal too; received JSON is embedded as its own text, so its numbers keep their spelling.
//!
//! | file | what |
//! |---|---|
//! | `delivery` | the object that `listen`, `list` and `show` share |
//! | `outgoing` | a replay or a forward with what was sent |
//! | `body` | how a body is embedded |
//! | `signature` | verdict and diagnosis, also what `verify` prints |
//! | `bytes` | bytes that are usually text |

mod body;
mod bytes;
mod delivery;
mod outgoing;
mod signature;

use serde::Serialize;

pub use body::Bodies;
pub use delivery::{Options, delivery, explained};
pub use outgoing::outgoing;
pub use signature::verification;

use super::notice::Notice;
use crate::text;

/// The version of the objects.
const VERSION: u8 = 1;

/// The line of anything but a delivery: `ready`, `late`, `stopped`, `error`, …
#[must_use]
pub fn notice(notice: &Notice<'_>) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        v: u8,
        #[serde(flatten)]
        notice: &'a Notice<'a>,
    }
    line(&Line { v: VERSION, notice })
}

/// One object as one line, without the line end.
fn line(object: &impl Serialize) -> String {
    // The objects of this room have text keys and finite numbers only, so that nothing can fail.
    text::json(serde_json::to_string(object).unwrap_or_default())
}
