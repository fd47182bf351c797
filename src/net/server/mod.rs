//! The listener: one request after another from a socket, each read whole, handed to a [`Handler`]
//! and answered as its `Reply` says, down to a reset or half an answer.
//!
//! hyper speaks HTTP for every request that is well-formed and every answer that is meant to
//! arrive. Between it and the socket stands `line`: it keeps the bytes of each head
//! as they were sent, hands hyper one request at a time, and refuses what two readers could
//! understand differently. What hyper cannot do (bytes that are not HTTP, half an answer, a reset)
//! is done with the bare socket after hyper has let go of it.
//!
//! A connection's path: `serving` accepts, `connection` drives hyper and the clock,
//! `exchange` takes one request from its head to its reply, `ending` does what is not HTTP.
//!
//! | files | what |
//! |---|---|
//! | `binding` `owner` `serving` `signals` `limits` | the port and who has it, accepting, stopping, and how much of anything |
//! | `connection` `wire` `line` `rules` `framing` `chunks` | a connection, and what its bytes have to be |
//! | `exchange` `collect` `patience` `response` | a request, its body, the wait and the answer |
//! | `ending` `settling` `unstoppable` | how it ended, told exactly once |

mod binding;
mod chunks;
mod collect;
mod connection;
mod ending;
mod exchange;
mod framing;
mod limits;
mod line;
mod owner;
mod patience;
mod response;
mod rules;
mod serving;
mod settling;
mod signals;
#[cfg(test)]
mod tests;
mod unstoppable;
mod wire;

use std::future::Future;

use crate::delivery::{Head, Reply, Request, Settlement};

pub use binding::{BindError, BindProblem, Listener};
pub use limits::Limits;
pub use owner::{Owner, port_owner};
pub use serving::{Summary, serve};

/// What turns a request into a reply, and hears what became of it.
///
/// A panic in any of these is answered with 500 and disturbs nobody else.
pub trait Handler: Send + Sync + 'static {
    /// What ties the answer to what was captured: it comes back with [`Handler::settled`].
    type Receipt: Send + Sync + 'static;

    /// An answer to give at once, before the body is read and without [`Handler::receive`]: for
    /// what is not a delivery.
    fn greeting(&self, head: &Head) -> Option<Reply> {
        let _ = head;
        None
    }

    /// Takes a request, whole or with its defect, and says what to answer. It is run to its end
    /// even when the peer leaves meanwhile.
    fn receive(&self, request: Request) -> impl Future<Output = (Reply, Self::Receipt)> + Send;

    /// Waits until somebody decides what a reply with `Ending::Hold` becomes. Dropped when the
    /// peer leaves first. A second `Hold` from here means `Hang`.
    fn held(&self, receipt: &Self::Receipt) -> impl Future<Output = Reply> + Send;

    /// What the peer really got. Called exactly once for each receipt.
    fn settled(&self, receipt: Self::Receipt, settlement: Settlement);
}
