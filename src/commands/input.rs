//! Reading what a command was pointed at: files, or standard input for `-`.

use std::io::Read;
use std::path::Path;

use super::arguments::SecretArgs;
use super::problem::{Problem, Result};

/// A whole file, or standard input.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>> {
    let outcome = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    outcome.map_err(|error| {
        Problem::usage(format!("cannot read the {what} in {}", path.display()))
            .why(error.to_string())
            .fix("name a file that can be read, or - for standard input")
    })
}

/// Standard input can be read once.
///
/// # Errors
/// When two options want it.
pub(super) fn at_most_one_standard_input(secrets: &SecretArgs, body: &Path) -> Result<()> {
    let files = secrets.secret_file.iter().chain(&secrets.elan_secret_file);
    let wanted = files
        .map(std::path::PathBuf::as_path)
        .chain([body])
        .filter(|path| *path == Path::new("-"))
        .count();
    if wanted > 1 {
        return Err(Problem::usage("standard input (-) is asked for twice")
            .why("the secret and the body cannot both come from there")
            .fix("put one of them into a file"));
    }
    Ok(())
}
