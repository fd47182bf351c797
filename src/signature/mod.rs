//! Is a delivery genuine, and if not, why? Pure: bytes, secrets and the time come in, a value goes
//! out.
//!
//! [`verify()`] answers by the letter; [`sign()`] makes what it accepts, and [`Spelling`] writes it
//! as another one was written; [`diagnosis`] looks for
//! what would have matched, and [`expected()`] shows at a glance what it should have been.
//! [`scheme`] holds the schemes as data, [`secret`] the secrets that cannot be printed,
//! [`conceal()`] keeps them out of text that is repeated, `form` knows what they have to look like
//! and `keyring` holds those of a process; `header` is the grammar and `key` the keyed hash.
//! [`digest`] has the fingerprints that everybody else uses too.

mod conceal;
pub mod diagnosis;
pub mod digest;
mod expected;
mod form;
mod form_problem;
mod header;
mod key;
mod keyring;
pub mod scheme;
pub mod secret;
mod sign;
mod spelling;
mod verify;

pub use conceal::conceal;
pub use expected::{Glimpse, expected};
pub use keyring::Keyring;
pub use secret::Secret;
pub use sign::sign;
pub use spelling::Spelling;
pub use verify::verify;
