//! The faces that a listener shows without a terminal UI: lines, objects, or nothing.
//!
//! Standard output carries data, one line a fact, flushed per line; standard error carries
//! everything for a person. A face reads the store, so it can never delay an answer.

use std::io;

use crate::delivery::Delivery;
use crate::export::credentials::Credentials;
use crate::export::line::{self, Reader};
use crate::export::ndjson::{self, Bodies};
use crate::signature::digest;
use crate::store::Store;

use super::super::{lookup, output};

/// How deliveries are shown.
#[derive(Debug, Clone)]
pub(in crate::commands) enum Face {
    /// Lines for people: aligned on a terminal, `key=value` in a pipe.
    Text(Reader),
    /// Objects for programs.
    Json(ndjson::Options),
    /// Nothing.
    Quiet,
}

impl Face {
    /// The face for objects.
    pub(in crate::commands) fn json(bodies: Bodies) -> Self {
        Self::Json(ndjson::Options {
            bodies,
            credentials: Credentials::Revealed,
        })
    }

    /// Shows a delivery whose answer is settled.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(in crate::commands) fn delivery(
        &self,
        delivery: &Delivery,
        store: &Store,
    ) -> io::Result<()> {
        match self {
            Self::Text(reader) => say(&line::delivery(
                delivery,
                lookup::gap(store, delivery),
                reader,
            )),
            Self::Json(options) => {
                let sha256 = digest::sha256(&delivery.request().body);
                say(&ndjson::delivery(delivery, &sha256, *options))
            }
            Self::Quiet => Ok(()),
        }
    }

    /// Shows an object, where objects are shown.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn object(&self, object: &str) -> io::Result<()> {
        if self.is_json() { say(object) } else { Ok(()) }
    }

    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet)
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Says something to the person, where text is shown.
    pub(super) fn remark(&self, text: &str) {
        if matches!(self, Self::Text(_)) {
            output::complain(text);
        }
    }
}

fn say(text: &str) -> io::Result<()> {
    output::try_write(format!("{text}\n").as_bytes())
}
