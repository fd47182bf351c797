//! What the terminal UI asks of whoever has the keys: a closer look at a signature that does not
//! match, and whether other keys would have made it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{Arrival, Delivery, Scheme, Verdict};
use crate::inbox::{decide, diagnose};
use crate::provider;
use crate::signature::diagnosis::{Case, ruled_out};
use crate::signature::secret::{elan_form, form, read};
use crate::signature::{Keyring, Secret, expected, scheme, verify};
use crate::tui::keyed::{Expected, Insight, Trial, Tried};
use crate::tui::world::Trouble;

use super::super::secrets::read_file;

/// More keys than these in a file are not tried.
const MOST_KEYS: usize = 16;

/// A closer look at a signature that does not match.
pub(super) fn inspect(
    keyring: &Keyring,
    tolerance: Duration,
    delivery: &Delivery,
    earlier: &[Bytes],
) -> Insight {
    let arrival = &*delivery.arrival;
    let request = &arrival.request;
    let scheme = scheme_of(arrival, keyring);
    let earlier: Vec<&[u8]> = earlier.iter().map(|body| &body[..]).collect();
    let secrets = keyring.of(scheme);
    Insight {
        expected: secrets
            .iter()
            .filter_map(|secret| {
                Some(Expected {
                    key: secret.last_four(),
                    digest: expected(&request.head, &request.body, scheme, secret)?,
                })
            })
            .collect(),
        ruled_out: ruled_out(&Case {
            head: &request.head,
            body: &request.body,
            scheme,
            secrets,
            other_secrets: keyring.of(scheme::other(scheme)),
            tolerance,
            now: request.times.arrived,
            documented_orders: provider::documented_orders(arrival.recognition.envelope),
            earlier: &earlier,
            offsets: None,
        }),
    }
}

fn scheme_of(arrival: &Arrival, keyring: &Keyring) -> Scheme {
    arrival
        .verdict
        .scheme
        .unwrap_or_else(|| decide::scheme(&arrival.recognition, &arrival.request.head, keyring))
}

/// What other keys say of a delivery. They are dropped, and wiped, when this returns.
///
/// # Errors
/// When the file cannot be read, or holds no key.
pub(super) fn try_keys(
    tolerance: Duration,
    delivery: &Delivery,
    trial: &Trial,
) -> Result<Vec<Tried>, Trouble> {
    let secrets = match trial {
        Trial::Typed(secret) => vec![secret.clone()],
        Trial::File(path) => from_file(path)?,
    };
    Ok(secrets
        .into_iter()
        .take(MOST_KEYS)
        .map(|secret| tried(tolerance, delivery, secret))
        .collect())
}

fn from_file(path: &Path) -> Result<Vec<Secret>, Trouble> {
    let path = at_home(path, std::env::var_os("HOME").map(PathBuf::from));
    let cannot = |why: String| {
        Trouble::new(format!("cannot read a key from {}", path.display()))
            .because(why)
            .fix("name a file that holds it, one key a line")
    };
    let bytes = File::open(&path)
        .and_then(read_file)
        .map_err(|error| cannot(error.to_string()))?;
    let secrets: Vec<Secret> = read(&bytes).into_iter().map(|line| line.secret).collect();
    if secrets.is_empty() {
        return Err(cannot("the file is empty".to_owned()));
    }
    Ok(secrets)
}

/// No shell stands between the prompt and us: `~/` is ours to read.
fn at_home(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn tried(tolerance: Duration, delivery: &Delivery, secret: Secret) -> Tried {
    let arrival = &*delivery.arrival;
    let request = &arrival.request;
    let scheme = scheme_of(arrival, &Keyring::default());
    let oddity = match scheme {
        Scheme::Sixtyfour => form(&secret),
        Scheme::Elan => elan_form(&secret),
    };
    let key = secret.last_four();
    let mut keyring = Keyring::default();
    match scheme {
        Scheme::Sixtyfour => keyring.sixtyfour.push(secret),
        Scheme::Elan => keyring.elan.push(secret),
    }
    let verdict = verify(
        &request.head,
        &request.body,
        scheme,
        keyring.of(scheme),
        tolerance,
        request.times.arrived,
    );
    let cause = cause(arrival, &keyring, tolerance, &verdict);
    Tried {
        key,
        verdict,
        oddity: oddity.err().map(|problem| problem.to_string()),
        cause,
    }
}

/// What would have matched with this key.
fn cause(
    arrival: &Arrival,
    keyring: &Keyring,
    tolerance: Duration,
    verdict: &Verdict,
) -> Option<crate::delivery::Finding> {
    if verdict.signature_matches_ignoring_time == Some(true) {
        return None;
    }
    let findings = diagnose::diagnose(arrival, keyring, tolerance, &[], None).findings;
    findings.into_iter().find(|finding| finding.matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_directory_and_only_at_the_beginning() {
        let home = || Some(PathBuf::from("/home/jane"));
        let read = |path: &str| at_home(Path::new(path), home());
        assert_eq!(read("~/secret"), Path::new("/home/jane/secret"));
        assert_eq!(read("/a/~/secret"), Path::new("/a/~/secret"));
        assert_eq!(read("~other/secret"), Path::new("~other/secret"));
        assert_eq!(at_home(Path::new("~/x"), None), Path::new("~/x"));
    }
}
