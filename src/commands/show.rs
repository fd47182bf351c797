//! `hook64 show`: one delivery in full, with the other attempts of its event.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::{Delivery, DeliveryId, Outlook, Validity};
use crate::export::changed::Changed;
use crate::export::clock::{milliseconds, rfc3339};
use crate::export::credentials::Credentials;
use crate::export::detail::{self, detail};
use crate::export::ndjson;
use crate::export::notice::Of;
use crate::inbox::diagnose::diagnose;
use crate::outbox::schedule::Seen;
use crate::outbox::schedule::pace::Pace;
use crate::outbox::schedule::watch::{Row, Watch, watch};
use crate::provider;
use crate::signature::digest;
use crate::store::{Outgoing, Store};
use crate::text;

use super::arguments::{Output, SecretArgs, StoreArgs};
use super::exit::Exit;
use super::export::BodyChoice;
use super::lookup;
use super::output;
use super::problem::Result;
use super::secrets;
use super::settings::{Layer, TOLERANCE};
use super::{Everywhere, color};

/// Show one delivery: overview, headers, body, signature, attempts of its event, answer.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Its number, its event id (the newest delivery of it), or the start of one
    id: String,
    #[command(flatten)]
    store: StoreArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// How much of the body goes into JSON
    #[arg(long, value_enum, default_value_t)]
    body: BodyChoice,
    /// Show header values that give access (Authorization, cookies, API keys) in text, too; JSON has
    /// them as they were sent
    #[arg(long)]
    reveal: bool,
}

pub(super) fn run(arguments: &ShowArgs, everywhere: Everywhere) -> Result {
    let store = lookup::open(&arguments.store)?;
    let mut delivery = lookup::delivery(&store, &arguments.id, "hook64 show ID")?;
    lookup::settle(&store, std::slice::from_mut(&mut delivery));
    if delivery.arrival.verdict.validity() == Validity::Invalid && delivery.diagnosis.is_none() {
        examine(&store, &mut delivery)?;
    }
    let shown = Shown::gather(&store, delivery)?;
    let printed = match arguments.output {
        Output::Text => {
            let credentials = if arguments.reveal {
                Credentials::Revealed
            } else {
                Credentials::Masked
            };
            let paint = color::stdout(everywhere.color);
            shown.text(detail::Options { credentials, paint })
        }
        Output::Json => shown.objects(arguments.body),
    };
    output::print(&printed)?;
    Ok(Exit::Done)
}

/// A delivery that was settled without its diagnosis gets one now, if the secrets are at hand.
fn examine(store: &Store, delivery: &mut Delivery) -> Result<()> {
    let configured = Layer::from_files()?;
    let keyring = secrets::load(&SecretArgs::default(), &configured)?;
    if !keyring.is_empty() {
        let earlier = lookup::earlier_bodies(store, delivery)?;
        let tolerance = configured.tolerance.map_or(TOLERANCE, |span| span.0);
        let diagnosis = diagnose(&delivery.arrival, &keyring, tolerance, &earlier, None);
        delivery.diagnosis = Some(diagnosis);
    }
    Ok(())
}

/// A delivery and everything that belongs to it.
struct Shown {
    delivery: Delivery,
    event: Vec<Delivery>,
    sent: Vec<Outgoing>,
    because: BTreeMap<DeliveryId, String>,
    watch: Watch,
    now: Timestamp,
}

impl Shown {
    fn gather(store: &Store, delivery: Delivery) -> Result<Self> {
        let event = lookup::event(store, delivery.event())?;
        let sent = store
            .attempts(delivery.id)
            .map_err(|error| lookup::trouble(&error))?;
        let provider = delivery.arrival.recognition.provider;
        let briefs = store
            .event_briefs(delivery.event())
            .map_err(|error| lookup::trouble(&error))?;
        let seen: Vec<_> = briefs.iter().map(Seen::of).collect();
        let now = Timestamp::now();
        let watch = watch(provider, &Pace::new(provider), &seen, now);
        let shown = event.iter().rev().take(detail::MAX_ATTEMPTS);
        let because = shown
            .chain([&delivery])
            .filter_map(|shown| Some((shown.id, lookup::because(store, shown)?)))
            .collect();
        Ok(Self {
            delivery,
            event,
            sent,
            because,
            watch,
            now,
        })
    }

    fn text(&self, options: detail::Options) -> String {
        let changed: Vec<_> = self.sent.iter().map(changed).collect();
        let sent: Vec<_> = self
            .sent
            .iter()
            .zip(&changed)
            .map(|(outgoing, changed)| detail::Sent {
                origin: outgoing.origin.name(),
                attempt: &outgoing.attempt,
                changed: changed.as_ref(),
            })
            .collect();
        let subject = detail::Subject {
            delivery: &self.delivery,
            body_sha256: &digest::sha256(&self.delivery.request().body),
            event: &self.event,
            sent: &sent,
            because: &self.because,
            documented: provider::gaps(self.delivery.arrival.recognition.provider),
            outlook: Some(self.watch.outlook),
            now: self.now,
        };
        format!(
            "{}\n{}\n",
            detail(&subject, options),
            text::line(self.watch.verdict.as_bytes())
        )
    }

    fn objects(&self, body: BodyChoice) -> String {
        let options = ndjson::Options {
            bodies: body.bodies(),
            credentials: Credentials::Revealed,
        };
        let sha256 = digest::sha256(&self.delivery.request().body);
        let because = self.because.get(&self.delivery.id).map(String::as_str);
        let mut lines = ndjson::explained(&self.delivery, &sha256, options, because);
        lines.push('\n');
        for outgoing in &self.sent {
            let of = Of::delivery(&self.delivery);
            let notice = lookup::sent(of, outgoing, options.bodies);
            let answer = outgoing.attempt.result.as_ref().ok();
            lines += &ndjson::outgoing(&notice, answer, changed(outgoing).as_ref(), options);
            lines.push('\n');
        }
        lines += &text::json(self.event_object().to_string());
        lines.push('\n');
        lines
    }

    fn event_object(&self) -> Value {
        let attempts: Vec<_> = self
            .watch
            .rows
            .iter()
            .map(|row| self.row_object(row))
            .collect();
        json!({
            "v": 1,
            "kind": "event",
            "event": self.delivery.event().get(),
            "event_id": self.delivery.arrival.recognition.event_id_text(),
            "attempts": attempts,
            "outlook": outlook_object(&self.watch.outlook),
            "gives_up": self.watch.gives_up.map(rfc3339),
            "verdict": self.watch.verdict,
        })
    }

    fn row_object(&self, row: &Row) -> Value {
        match row {
            Row::NotSeen { from, through } => {
                json!({ "state": "not_seen", "from": from, "through": through })
            }
            Row::Came(came) => json!({
                "state": "came",
                "attempt": came.attempt,
                "seq": self.event.get(came.arrival).map(|delivery| delivery.id.get()),
                "gap_ms": came.gap.map(milliseconds),
                "gap_docs_ms": came.documented.map(milliseconds),
                "held_ms": came.held.map(milliseconds),
                "timed_out": came.timed_out,
            }),
            Row::Expected {
                attempt,
                at,
                gap,
                measured,
            } => json!({
                "state": "expected",
                "attempt": attempt,
                "at": rfc3339(*at),
                "gap_ms": milliseconds(*gap),
                "measured": measured,
            }),
        }
    }
}

/// What was sent, where that was not the capture itself.
fn changed(outgoing: &Outgoing) -> Option<Changed<'_>> {
    let sent = outgoing.sent.as_ref()?;
    Some(Changed::new(&sent.head, sent.body.as_deref()))
}

fn outlook_object(outlook: &Outlook) -> Value {
    match outlook {
        Outlook::Delivered => json!({ "state": "ok" }),
        Outlook::Due { attempt, at, .. } => {
            json!({ "state": "retrying", "attempt": attempt, "due": rfc3339(*at) })
        }
        Outlook::Late { attempt, due } => {
            json!({ "state": "late", "attempt": attempt, "due": rfc3339(*due) })
        }
        Outlook::Ended => json!({ "state": "ended" }),
        Outlook::Unknown => json!({ "state": "unknown" }),
    }
}
