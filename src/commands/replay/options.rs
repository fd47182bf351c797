//! The options of `replay`, as written.

use clap::Args;

use crate::net::client::Target;
use crate::outbox::Edit;
use crate::outbox::replay::{AttemptNumber, EventId};
use crate::outbox::schedule::Speed;

use super::super::arguments::{Output, SecretArgs, StoreArgs};
use super::super::outgoing::ClientArgs;
use super::super::values::Span;

/// Deliver captures again: signed anew when a secret is at hand, else as they came.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 answered, 4 not answered, 5 answered with something else than a 2xx and \
                  --fail; stopped with Ctrl-C, 0 unless --fail and one that was finished failed."
)]
pub(in crate::commands) struct ReplayArgs {
    /// Which captures: numbers, event ids, ranges (3..9); a filter (type:find_email sig:ok) narrows
    /// these, or chooses where there are none
    #[arg(value_name = "ID", required = true)]
    pub(super) which: Vec<String>,
    /// Where to
    #[arg(long, value_name = "URL")]
    pub(super) to: Target,
    /// Deliver to a target that is not this machine
    #[arg(long)]
    pub(super) allow_remote: bool,
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) secrets: SecretArgs,

    /// Byte for byte, with the signature that came
    #[arg(long, group = "signature", help_heading = "Signature")]
    pub(super) as_captured: bool,
    /// Leave the signature out
    #[arg(long, group = "signature", help_heading = "Signature")]
    pub(super) unsigned: bool,
    /// Sign with a secret that nobody has
    #[arg(long, group = "signature", help_heading = "Signature")]
    pub(super) bad_signature: bool,
    /// Sign rightly, but ten minutes ago
    #[arg(long, group = "signature", help_heading = "Signature")]
    pub(super) expired: bool,

    /// keep (tests your dedupe), new, or an id
    #[arg(
        long,
        value_name = "ID",
        default_value = "keep",
        help_heading = "Changes"
    )]
    pub(super) event_id: EventId,
    /// keep, +1, or a number
    #[arg(
        long,
        value_name = "N",
        default_value = "keep",
        help_heading = "Changes"
    )]
    pub(super) attempt: AttemptNumber,
    /// Change the body: `.result.email=null`. Repeatable
    #[arg(long, value_name = ".PATH=JSON", help_heading = "Changes")]
    pub(super) set: Vec<Edit>,
    /// Change the body in $EDITOR; the differences are shown before it is sent
    #[arg(long, help_heading = "Changes")]
    pub(super) edit: bool,

    /// How often each capture is delivered
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "How many",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) times: u32,
    /// The time from one start to the next
    #[arg(long, value_name = "DURATION", help_heading = "How many")]
    pub(super) every: Option<Span>,
    /// How many may be under way at once
    #[arg(long, value_name = "C", default_value_t = 1, help_heading = "How many",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) concurrency: u16,
    /// Start captures as far apart as they arrived: 1x, or faster: 10x
    #[arg(
        long,
        value_name = "FACTOR",
        conflicts_with = "every",
        help_heading = "How many"
    )]
    pub(super) speed: Option<Speed>,

    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// Exit with 5 when an answer is no 2xx
    #[arg(long)]
    pub(super) fail: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) output: Output,
}
