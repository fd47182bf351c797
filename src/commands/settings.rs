//! Settings in layers: defaults, the user's `config.toml`, `./hook64.toml`, the environment, flags.
//!
//! A layer holds only what was written in it; the later one wins. What comes out is resolved and
//! typed, and nothing below asks the environment again.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::{BaseStrategy, choose_base_strategy};
use serde::Deserialize;

use crate::store::Location;

use super::problem::{Problem, Result};
use super::values::{Size, Span, one_or_many};

/// A configuration file larger than this is none.
const MAX_FILE: u64 = 1 << 20;

/// One layer: a configuration file, or the flags. Names are those of the flags.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Layer {
    pub(super) host: Option<IpAddr>,
    pub(super) port: Option<u16>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) secret_file: Vec<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) elan_secret_file: Vec<PathBuf>,
    pub(super) any_secret: Option<bool>,
    pub(super) tolerance: Option<Span>,
    pub(super) on_bad_signature: Option<u16>,
    pub(super) store: Option<String>,
    pub(super) output: Option<String>,
    pub(super) fault: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) on_stop: Option<u16>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) forward: Vec<String>,
    pub(super) forward_timeout: Option<Span>,
    pub(super) forward_duplicates: Option<bool>,
    pub(super) keep_host: Option<bool>,
    pub(super) cacert: Option<PathBuf>,
    pub(super) insecure: Option<bool>,
    pub(super) public_url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) max_body: Option<Size>,
    pub(super) max_connections: Option<usize>,
    pub(super) keep: Option<u64>,
    pub(super) keep_bytes: Option<Size>,
    pub(super) ready_file: Option<PathBuf>,
    pub(super) theme: Option<String>,
    pub(super) ascii: Option<bool>,
    pub(super) fps: Option<u32>,
    pub(super) keys: BTreeMap<String, Vec<String>>,
}

impl Layer {
    /// This layer laid over a lower one.
    #[must_use]
    pub(super) fn over(self, lower: Self) -> Self {
        let list = |upper: Vec<_>, lower| if upper.is_empty() { lower } else { upper };
        // Whom to trust is one choice: what is said of it here is all that holds.
        let (cacert, insecure) = match (self.cacert, self.insecure) {
            (None, None) => (lower.cacert, lower.insecure),
            chosen => chosen,
        };
        Self {
            host: self.host.or(lower.host),
            port: self.port.or(lower.port),
            secret_file: list(self.secret_file, lower.secret_file),
            elan_secret_file: list(self.elan_secret_file, lower.elan_secret_file),
            any_secret: self.any_secret.or(lower.any_secret),
            tolerance: self.tolerance.or(lower.tolerance),
            on_bad_signature: self.on_bad_signature.or(lower.on_bad_signature),
            store: self.store.or(lower.store),
            output: self.output.or(lower.output),
            fault: self.fault.or(lower.fault),
            seed: self.seed.or(lower.seed),
            on_stop: self.on_stop.or(lower.on_stop),
            forward: if self.forward.is_empty() {
                lower.forward
            } else {
                self.forward
            },
            forward_timeout: self.forward_timeout.or(lower.forward_timeout),
            forward_duplicates: self.forward_duplicates.or(lower.forward_duplicates),
            keep_host: self.keep_host.or(lower.keep_host),
            cacert,
            insecure,
            public_url: self.public_url.or(lower.public_url),
            path: self.path.or(lower.path),
            max_body: self.max_body.or(lower.max_body),
            max_connections: self.max_connections.or(lower.max_connections),
            keep: self.keep.or(lower.keep),
            keep_bytes: self.keep_bytes.or(lower.keep_bytes),
            ready_file: self.ready_file.or(lower.ready_file),
            theme: self.theme.or(lower.theme),
            ascii: self.ascii.or(lower.ascii),
            fps: self.fps.or(lower.fps),
            keys: lower.keys.into_iter().chain(self.keys).collect(),
        }
    }

    /// The two configuration files, the local one over the user's.
    ///
    /// # Errors
    /// When one of them cannot be read or understood.
    pub(super) fn from_files() -> Result<Self> {
        let user = choose_base_strategy()
            .map(|directories| directories.config_dir().join("hook64/config.toml"));
        let user = user.map_or_else(|_| Ok(Self::default()), |path| Self::from_file(&path))?;
        Ok(Self::from_file(Path::new("hook64.toml"))?.over(user))
    }

    fn from_file(path: &Path) -> Result<Self> {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(unreadable(path).why(error.to_string()));
            }
        };
        let text = text.trim_start_matches('\u{feff}');
        toml::from_str(text).map_err(|error| {
            unreadable(path)
                .why(format!("{}{}", place(text, &error), without_values(&error)))
                .fix("the names are those of the flags: hook64 listen --help")
        })
    }
}

/// Where in the text something is wrong.
fn place(text: &str, error: &toml::de::Error) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return String::new();
    };
    let line = before.matches('\n').count() + 1;
    let column = before
        .chars()
        .rev()
        .take_while(|character| *character != '\n')
        .count()
        + 1;
    format!("line {line}, column {column}: ")
}

/// What is wrong, without what stands there: that may be a secret.
fn without_values(error: &toml::de::Error) -> String {
    let message = error.message().trim_end();
    let Some((before, after)) = message.split_once("string \"") else {
        return message.to_owned();
    };
    let after = after.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}string{after}")
}

fn unreadable(path: &Path) -> Problem {
    Problem::usage(format!("cannot read the configuration {}", path.display()))
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    if file.metadata()?.len() > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    file.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// Where the store is, when nobody says: `hook64/hook64.db` in the user's data directory.
///
/// # Errors
/// When there is no home directory to put it under.
pub(super) fn location(store: Option<&str>) -> Result<Location> {
    match store {
        Some(":memory:") => Ok(Location::Memory),
        Some(path) => Ok(Location::File(PathBuf::from(path))),
        None => choose_base_strategy()
            .map(|directories| Location::File(directories.data_dir().join("hook64/hook64.db")))
            .map_err(|_| {
                Problem::failed("no_home", "cannot tell where to keep the store")
                    .why("there is no home directory")
                    .fix("name a file: hook64 listen --store FILE")
            }),
    }
}

/// The default port to listen on.
pub(super) const PORT: u16 = 6464;

/// The default for how far a signed timestamp may be off.
pub(super) const TOLERANCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_layer_wins_and_the_lower_one_fills_the_gaps() {
        let upper: Layer = toml::from_str("port = 1\nsecret-file = [\"a\"]").unwrap();
        let lower: Layer =
            toml::from_str("port = 2\nmax-body = \"1MiB\"\nsecret-file = [\"b\"]").unwrap();
        let both = upper.over(lower);
        assert_eq!(both.port, Some(1));
        assert_eq!(both.max_body, Some(Size(1 << 20)));
        assert_eq!(both.secret_file, [PathBuf::from("a")]);
    }

    #[test]
    fn whom_to_trust_is_chosen_by_one_layer_alone() {
        let upper: Layer = toml::from_str("cacert = \"a.pem\"").unwrap();
        let lower: Layer = toml::from_str("insecure = true").unwrap();
        let both = upper.over(lower.clone());
        let chosen = (both.cacert, both.insecure);
        assert_eq!(chosen, (Some(PathBuf::from("a.pem")), None));
        assert_eq!(Layer::default().over(lower).insecure, Some(true));
    }

    #[test]
    fn a_name_that_is_no_flag_is_refused_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hook64.toml");
        std::fs::write(&path, "port = 1\nprot = 2\n").unwrap();
        let problem = Layer::from_file(&path).unwrap_err().text("error");
        assert!(problem.contains("line 2, column 1"), "{problem}");
        assert!(problem.contains("prot"), "{problem}");
    }
}
