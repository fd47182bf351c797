//! Reading secrets from files, standard input and the environment, and saying what is wrong with
//! them. They are taken literally; nothing is repaired.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::signature::secret::{FormProblem, LineEnd, elan_form, form, read, read_list};
use crate::signature::{Keyring, Secret};

use super::arguments::SecretArgs;
use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};
use super::settings::Layer;

/// A file of secrets larger than this is none.
const MAX_FILE: u64 = 64 << 10;

/// Whose secrets they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Sixtyfour,
    Elan,
}

impl Owner {
    fn variable(self) -> &'static str {
        match self {
            Self::Sixtyfour => "SIXTYFOUR_WEBHOOK_SECRET",
            Self::Elan => "ELAN_WEBHOOK_SECRET",
        }
    }

    fn form(self, secret: &Secret) -> std::result::Result<(), FormProblem> {
        match self {
            Self::Sixtyfour => form(secret),
            Self::Elan => elan_form(secret),
        }
    }
}

/// The secrets that the flags name, else those of the environment, else those of the
/// configuration. Warnings go to standard error.
///
/// # Errors
/// When a secret cannot be read, or does not have its form and that was not asked for.
pub(super) fn load(arguments: &SecretArgs, configured: &Layer) -> Result<Keyring> {
    if arguments.secret.is_some() {
        return Err(given_as_value());
    }
    let any = arguments.any_secret || configured.any_secret.unwrap_or(false);
    let sixtyfour = gather(
        Owner::Sixtyfour,
        &arguments.secret_file,
        &configured.secret_file,
        any,
    )?;
    let elan = gather(
        Owner::Elan,
        &arguments.elan_secret_file,
        &configured.elan_secret_file,
        any,
    )?;
    Ok(Keyring { sixtyfour, elan })
}

/// Where the first of the secrets came from, for a person.
pub(super) fn place(arguments: &SecretArgs, configured: &Layer) -> String {
    let flags = [&arguments.secret_file, &arguments.elan_secret_file];
    let set = |owner: &Owner| std::env::var_os(owner.variable()).is_some_and(|set| !set.is_empty());
    let variable = [Owner::Sixtyfour, Owner::Elan].into_iter().find(set);
    let files = [&configured.secret_file, &configured.elan_secret_file];
    let first = |files: [&Vec<PathBuf>; 2]| files.into_iter().flatten().next().cloned();
    match (first(flags), variable, first(files)) {
        (Some(path), ..) | (None, None, Some(path)) if path == Path::new("-") => {
            "standard input".to_owned()
        }
        (Some(path), ..) | (None, None, Some(path)) => path.display().to_string(),
        (None, Some(owner), _) => format!("${}", owner.variable()),
        (None, None, None) => String::new(),
    }
}

fn gather(
    owner: Owner,
    flags: &[PathBuf],
    configured: &[PathBuf],
    any: bool,
) -> Result<Vec<Secret>> {
    if flags.is_empty()
        && let Some(text) = std::env::var_os(owner.variable()).filter(|text| !text.is_empty())
    {
        let secrets = read_list(text.as_bytes());
        return secrets
            .into_iter()
            .map(|secret| checked(owner, secret, owner.variable(), any))
            .collect();
    }
    let files = if flags.is_empty() { configured } else { flags };
    let mut secrets = Vec::new();
    for file in files {
        secrets.extend(from_file(owner, file, any)?);
    }
    Ok(secrets)
}

fn from_file(owner: Owner, path: &Path, any: bool) -> Result<Vec<Secret>> {
    let (place, bytes) = if path == Path::new("-") {
        (
            "standard input".to_owned(),
            read_bounded(std::io::stdin().lock()),
        )
    } else {
        warn_if_others_can_read(path);
        let bytes = File::open(path).and_then(read_file);
        (path.display().to_string(), bytes)
    };
    let bytes = bytes.map_err(|error| {
        Problem::usage(format!("cannot read the signing secret in {place}"))
            .why(error.to_string())
            .fix("name a file that holds it, not the secret itself: --secret-file FILE")
    })?;
    let lines = read(&bytes);
    if lines.is_empty() {
        return Err(wrong_form(&place, &FormProblem::Empty).why("the file is empty"));
    }
    let last = lines.last().map(|line| line.end);
    if lines.len() == 1 && last.is_some_and(|end| end != LineEnd::None) {
        output::note(&format!(
            "the signing secret in {place}: it has a trailing newline (ignored)"
        ));
    }
    let many = lines.len() > 1;
    lines
        .into_iter()
        .map(|line| {
            let place = if many {
                format!("{place}, line {}", line.number)
            } else {
                place.clone()
            };
            checked(owner, line.secret, &place, any)
        })
        .collect()
}

/// The bytes of a file of secrets.
///
/// # Errors
/// When it cannot be read, or is too large to be one.
pub(super) fn read_file(file: File) -> std::io::Result<Vec<u8>> {
    read_bounded(file)
}

fn read_bounded(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 64 KiB"));
    }
    Ok(bytes)
}

fn warn_if_others_can_read(path: &Path) {
    let Ok(metadata) = path.metadata() else {
        return;
    };
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & 0o077 != 0 {
        let path = path.display();
        let warning = Problem::usage(format!("the signing secret in {path} is not private"))
            .why(format!("the file can be read by others (mode {mode:04o})"))
            .fix(format!("chmod 600 {path}"));
        output::warn(&warning);
    }
}

fn checked(owner: Owner, secret: Secret, place: &str, any: bool) -> Result<Secret> {
    match owner.form(&secret) {
        Ok(()) => Ok(secret),
        Err(problem) if any && problem.can_be_meant() => {
            let warning = wrong_form(place, &problem).fix("nothing, if it is meant (--any-secret)");
            output::warn(&warning);
            Ok(secret)
        }
        Err(problem) => Err(wrong_form(place, &problem)),
    }
}

fn wrong_form(place: &str, problem: &FormProblem) -> Problem {
    let what = format!("the signing secret in {place} has the wrong form");
    let mut fix = problem.fix().to_owned();
    if problem.can_be_meant() {
        fix += "\nTo use another form on purpose:\n  \
                hook64 COMMAND --secret-file FILE --any-secret";
    }
    Problem::new(Exit::Usage, "secret_form", what)
        .why(problem.to_string())
        .fix(fix)
}

fn given_as_value() -> Problem {
    Problem::new(
        Exit::Usage,
        "secret_in_arguments",
        "--secret takes no value on the command line",
    )
    .why("arguments are visible to other users (ps) and stay in shell history")
    .fix(
        "put it in a file, or pipe it:\n  \
         hook64 COMMAND --secret-file ~/.config/hook64/secret\n  \
         pass show sixtyfour/webhook | hook64 COMMAND --secret-file -",
    )
}
