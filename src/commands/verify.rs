//! `hook64 verify`: check a signature, offline, and say why it does not match.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Diagnosis, Finding, Head, Header, Reason, Recognition, Reply,
    Request, Scheme, Sighting, Validity, Verdict,
};
use crate::export::ndjson;
use crate::inbox::{decide, diagnose};
use crate::signature::{self, Keyring};
use crate::{provider, text};

use super::arguments::{Output, SecretArgs, StoreArgs};
use super::exit::Exit;
use super::input;
use super::lookup;
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::{Layer, TOLERANCE};
use super::values::{self, Span};

/// Check the signature of a captured delivery, or of a body and its headers.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A captured delivery: its number, its event id, or the start of one
    #[arg(conflicts_with_all = ["header", "body"])]
    id: Option<String>,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    store: StoreArgs,
    /// A header as received: `Name: value`. Repeatable
    #[arg(long, value_name = "HEADER", value_parser = header)]
    header: Vec<Header>,
    /// The exact body; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The time to check against, in Unix seconds [default: now, or the time of arrival]
    #[arg(long, value_name = "UNIX")]
    now: Option<i64>,
    /// How far the signed timestamp may be off [default: 300s]
    #[arg(long)]
    tolerance: Option<Span>,
    /// Whose scheme: sixtyfour or elan [default: that of the headers]
    #[arg(long, value_name = "PROVIDER", value_parser = values::signer)]
    provider: Option<Scheme>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &VerifyArgs) -> Result {
    let configured = Layer::from_files()?;
    let tolerance = arguments
        .tolerance
        .or(configured.tolerance)
        .map_or(TOLERANCE, |span| span.0);
    if let Some(body) = &arguments.body {
        input::at_most_one_standard_input(&arguments.secrets, body)?;
    }
    let keyring = secrets::load(&arguments.secrets, &configured)?;
    let now = arguments.now.map(moment).transpose()?;
    let (request, earlier) = match (&arguments.id, &arguments.body) {
        (Some(id), _) => captured(id, &arguments.store)?,
        (None, Some(body)) => (
            given(&arguments.header, input::read(body, "body")?)?,
            vec![],
        ),
        (None, None) => return Err(nothing_to_verify()),
    };
    let checked = check(
        request,
        arguments.provider,
        &keyring,
        tolerance,
        now,
        &earlier,
    );
    match arguments.output {
        Output::Json => output::print(&format!(
            "{}\n",
            ndjson::verification(&checked.verdict, Some(&checked.diagnosis))
        ))?,
        Output::Text => output::print(&checked.text())?,
    }
    if checked.verdict.reason == Reason::NoSecretConfigured && !keyring.is_empty() {
        output::note("the secrets that were given are of the other provider");
    }
    Ok(match checked.verdict.validity() {
        Validity::Valid => Exit::Done,
        Validity::Invalid | Validity::Unverified => Exit::Verdict,
    })
}

fn nothing_to_verify() -> Problem {
    Problem::usage("there is nothing to verify")
        .why("it takes a captured delivery, or a body and its headers")
        .fix(
            "hook64 list shows what was captured; then one of:\n  \
             hook64 verify ID --secret-file FILE\n  \
             hook64 verify --secret-file FILE --header 'Sixtyfour-Signature: …' --body FILE",
        )
}

/// A header from `Name: value`, the blanks around the value removed.
pub(super) fn header(text: &str) -> std::result::Result<Header, String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("it takes a name, a colon and a value: 'Sixtyfour-Signature: t=…,v1=…'")?;
    let blank = [' ', '\t'];
    let header = Header::new(name.trim().to_owned(), value.trim_matches(blank).to_owned());
    Head::build("POST", b"/", std::slice::from_ref(&header)).map_err(|error| error.to_string())?;
    Ok(header)
}

fn moment(seconds: i64) -> Result<Timestamp> {
    Timestamp::from_second(seconds).map_err(|error| {
        Problem::usage(format!("--now does not know \"{seconds}\""))
            .why(error.to_string())
            .fix("date +%s prints the time in Unix seconds")
    })
}

fn given(headers: &[Header], body: Vec<u8>) -> Result<Request> {
    let now = Timestamp::now();
    let head = Head::build("POST", b"/", headers)
        .map_err(|error| Problem::usage("the headers cannot be read").why(error.to_string()))?;
    Ok(Request::local(head, body, now))
}

fn captured(id: &str, store: &StoreArgs) -> Result<(Request, Vec<Bytes>)> {
    let store = lookup::open(store)?;
    let delivery = lookup::delivery(&store, id, "hook64 verify ID")?;
    let earlier = lookup::earlier_bodies(&store, &delivery)?;
    Ok((delivery.request().clone(), earlier))
}

/// What was found out.
struct Checked {
    verdict: Verdict,
    diagnosis: Diagnosis,
}

fn check(
    mut request: Request,
    scheme: Option<Scheme>,
    keyring: &Keyring,
    tolerance: Duration,
    now: Option<Timestamp>,
    earlier: &[Bytes],
) -> Checked {
    let recognition = provider::recognise(&request);
    // Nobody is let in here: what the headers say is believed, whatever secrets there are.
    let scheme = scheme
        .or_else(|| decide::said_scheme(&recognition, &request.head))
        .unwrap_or_else(|| decide::scheme(&recognition, &request.head, keyring));
    request.times.arrived = now.unwrap_or(request.times.arrived);
    let verdict = signature::verify(
        &request.head,
        &request.body,
        scheme,
        keyring.of(scheme),
        tolerance,
        request.times.arrived,
    );
    let diagnosis = if verdict.validity() == Validity::Invalid {
        let arrival = as_arrival(request, recognition, verdict.clone());
        diagnose::diagnose(&arrival, keyring, tolerance, earlier, None)
    } else {
        Diagnosis::default()
    };
    Checked { verdict, diagnosis }
}

fn as_arrival(request: Request, recognition: Recognition, verdict: Verdict) -> Arrival {
    Arrival {
        request,
        recognition,
        verdict,
        sighting: Sighting::first(),
        answer: Answer {
            reply: Reply::json(200, ""),
            by: AnsweredBy::Default,
        },
    }
}

impl Checked {
    fn text(&self) -> String {
        let verdict = &self.verdict;
        let mut lines = format!("{}: {}", verdict.validity(), in_words(verdict));
        if let Some(note) = verdict.non_canonical {
            lines += &format!("\nnote: {note}");
        }
        for finding in &self.diagnosis.findings {
            lines += &finding_text(finding);
        }
        if let Some(not_tried) = &self.diagnosis.not_tried {
            lines += &format!("\nnot tried: {}", text::line(not_tried.as_bytes()));
        }
        lines + "\n"
    }
}

fn finding_text(finding: &Finding) -> String {
    let proof = if finding.matches {
        "this matches"
    } else {
        "a sign"
    };
    format!(
        "\n\n  {} ({proof}, confidence {})\n  {}\n  fix: {}",
        finding.candidate,
        finding.confidence.name(),
        text::line(finding.explanation.as_bytes()),
        text::line(finding.fix.as_bytes())
    )
}

fn in_words(verdict: &Verdict) -> String {
    let key = match (&verdict.key_hint, verdict.matched_secret_index) {
        (Some(hint), Some(index)) => format!(", signed with secret {} (…{hint})", index + 1),
        (None, Some(index)) => format!(", signed with secret {}", index + 1),
        _ => String::new(),
    };
    let age = verdict
        .age_seconds
        .map_or_else(String::new, |age| format!(", {age} s old"));
    let time = match verdict.signature_matches_ignoring_time {
        Some(true) if verdict.validity() == Validity::Invalid => {
            ", though the signature itself is right"
        }
        _ => "",
    };
    format!("{}{key}{age}{time}", verdict.reason)
}
