//! `hook64 send`: be the provider. A signed delivery with its retry pipeline, many of them, or
//! something that a receiver has to refuse.
//!
//! `options` are the options as written, `values` what some of them take, `parcel` makes each
//! event, `pipeline` sends them and `face` says what came back.

mod face;
mod options;
mod parcel;
mod pipeline;
mod values;

use crate::provider::samples;
use crate::text;

use super::exit::Exit;
use super::input;
use super::outgoing::block_on;
use super::output;
use super::problem::{Problem, Result};
use super::secrets;
use super::settings::Layer;
use super::{Everywhere, arguments::Output};

pub(super) use options::SendArgs;
use options::What;
use parcel::Parcels;
use pipeline::Pipeline;

pub(super) fn run(arguments: &SendArgs, everywhere: Everywhere) -> Result {
    if arguments.list {
        return list(arguments.output);
    }
    if let Some(body) = &arguments.body {
        input::at_most_one_standard_input(&arguments.secrets, body)?;
    }
    let what = What::of(arguments)?;
    let keyring = secrets::load(&arguments.secrets, &Layer::from_files()?)?;
    let parcels = Parcels::new(arguments, what, &keyring)?;
    let pipeline = Pipeline::new(arguments, &parcels, everywhere)?;
    block_on(pipeline.run(parcels))
}

/// The samples there are.
fn list(output: Output) -> Result {
    let mut lines = String::new();
    for sample in samples::all() {
        let line = match output {
            Output::Text => {
                let failed = if sample.failed().is_some() {
                    "  (--failed)"
                } else {
                    ""
                };
                format!(
                    "{:<28}  {:<9}  {}{failed}",
                    sample.name, sample.provider, sample.about
                )
            }
            Output::Json => {
                let object = serde_json::json!({
                    "v": 1,
                    "kind": "sample",
                    "name": sample.name,
                    "provider": sample.provider.name(),
                    "type": sample.event_type,
                    "about": sample.about,
                    "failed": sample.failed().is_some(),
                });
                text::json(object.to_string())
            }
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    output::print(&lines)?;
    Ok(Exit::Done)
}

/// What cannot be sent like this.
fn unsendable(what: impl std::fmt::Display) -> Problem {
    Problem::usage("this cannot be sent").why(what.to_string())
}
