//! Failing on purpose: which answer comes next. Pure; whoever holds an [`Armed`] holds its lock.
//!
//! A [`Plan`] is what is typed, and reads back to the same text:
//!
//! ```text
//! plan  = rule *( ";" rule )
//! rule  = [ "after-forward:" ] [ how ":" ] step *( "," step ) [ "@" filter ]
//! how   = "next" | "each" | "always" | percent "%"
//! step  = answer [ "x" count ]
//! ```
//!
//! | how | which deliveries a rule answers |
//! |---|---|
//! | `next` | the next ones in its scope, one a step; then it is spent. What is meant when nothing is said |
//! | `each` | of every event in its scope the attempts that have a step: the first attempt gets the first step |
//! | `always` | all in its scope; the steps begin again after the last |
//! | `N%` | as `always`, but only those that the seed picks |
//!
//! Of several rules the first answers that has the delivery in its scope and a step for it.
//! [`Armed`] is the plans that are in force and how far each rule has come.
//!
//! | file | what |
//! |---|---|
//! | `plan` `answer` `span` `scope` | what a plan is made of |
//! | `grammar` `arguments` `cursor` `error` | text -> plan |
//! | `print` | plan -> text |
//! | `armed` `chance` | the rules in force, and which deliveries a percentage picks |

mod answer;
mod arguments;
mod armed;
mod chance;
mod cursor;
mod error;
mod grammar;
mod plan;
mod print;
mod scope;
mod span;

pub use answer::{Argument, Fault};
pub use armed::{Armed, Decided, Standing, attempt};
pub use error::PlanError;
pub use grammar::EXAMPLES;
pub use plan::{How, Plan, Rule, Step};
pub use span::Span;
