//! Deliveries written to a file, in the forms that `export` knows.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::delivery::{Delivery, DeliveryId};
use crate::export::credentials::Credentials;
use crate::export::curl::{BodySource, command};
use crate::export::{har, http, ndjson};
use crate::signature::digest::sha256;
use crate::text;

use super::effect::Format;
use super::world::{Source, Trouble};

/// Writes bytes as they are. A file that is there is left alone.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn save(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let name = text::line(path.as_os_str().as_encoded_bytes()).into_owned();
    create(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| trouble(&name, &error))
}

fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Writes deliveries; how many, and how many bytes. A file that is there is left alone.
///
/// # Errors
/// When the file cannot be written, or a delivery cannot be read.
pub(super) fn write(
    source: &dyn Source,
    path: &Path,
    format: Format,
    ids: &[DeliveryId],
    url: &str,
) -> Result<(usize, u64), Trouble> {
    let name = text::line(path.as_os_str().as_encoded_bytes()).into_owned();
    let file = create(path).map_err(|error| trouble(&name, &error))?;
    let mut out = Counted {
        inner: BufWriter::new(file),
        bytes: 0,
    };
    let mut written = 0;
    let failed = |error: std::io::Error| trouble(&name, &error);
    if format == Format::Har {
        out.write_all(har::opening().as_bytes()).map_err(failed)?;
    }
    for id in ids {
        let Some(delivery) = source.delivery(*id)? else {
            continue;
        };
        if format == Format::Har && written > 0 {
            out.write_all(b",").map_err(failed)?;
        }
        one(&mut out, &delivery, format, url).map_err(failed)?;
        written += 1;
    }
    if format == Format::Har {
        out.write_all(har::CLOSING.as_bytes()).map_err(failed)?;
    }
    out.flush().map_err(failed)?;
    Ok((written, out.bytes))
}

fn one(
    out: &mut impl Write,
    delivery: &Delivery,
    format: Format,
    url: &str,
) -> std::io::Result<()> {
    match format {
        Format::Ndjson => {
            let digest = sha256(&delivery.request().body);
            let line = ndjson::delivery(delivery, &digest, ndjson::Options::default());
            writeln!(out, "{line}")
        }
        Format::Har => out.write_all(har::entry(delivery, Credentials::Masked).as_bytes()),
        Format::Http => out.write_all(&http::message(delivery, Credentials::Masked)),
        Format::Curl => match command(delivery, url, BodySource::Inline, Credentials::Masked) {
            Ok(command) => writeln!(out, "{command}"),
            Err(error) => writeln!(out, "# delivery {}: {error}", delivery.id),
        },
        Format::Body => out.write_all(&delivery.request().body),
    }
}

fn trouble(name: &str, error: &std::io::Error) -> Trouble {
    let trouble = Trouble::new(format!("cannot write {name}")).because(error.to_string());
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        trouble.fix("name another file, or remove that one first")
    } else {
        trouble.fix("name a file in a directory that you can write to")
    }
}

struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
