//! JSON as the sender wrote it: tokens with their places, and what can be said from them alone.
//!
//! A parser into values would lose what a receiver must see: `1.10`, `1e999`, the second of two
//! equal keys, `\u001b` as an escape. Nothing here recurses, so a million brackets are only slow
//! by a million steps. The grammar is RFC 8259's, to the letter.
//!
//! | file | what |
//! |---|---|
//! | `tokens` | the walker: text -> tokens with byte ranges, or where it is not JSON |
//! | `syntax` | what is wrong with what is no JSON, and its line and column |
//! | `lexeme` | where strings and numbers end |
//! | `survey` | depth, duplicate keys, half surrogate pairs: in one pass |
//! | `pretty` | laid out, and without blanks |

mod lexeme;
mod pretty;
mod survey;
mod syntax;
mod tokens;

pub use pretty::{minify, pretty};
pub use survey::{Survey, survey};
pub use syntax::{SyntaxError, place, text};
pub use tokens::{Token, TokenKind, Tokens};
