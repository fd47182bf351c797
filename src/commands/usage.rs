//! What clap refuses, said in our words: what happened, why, and what to do.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};

/// `hook64` alone, or with nothing but options, is `hook64 listen`.
#[must_use]
pub(super) fn with_default_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let at = first_after_globals(&arguments).min(arguments.len());
    let is_said = arguments.get(at).is_some_and(|argument| {
        let text = argument.to_string_lossy();
        !text.starts_with('-') || matches!(&*text, "-h" | "--help" | "-V" | "--version")
    });
    if !is_said {
        arguments.insert(at, OsString::from("listen"));
    }
    arguments
}

/// A term that says no (`-id:6f1c`) looks like an option; in parentheses it means the same and is
/// none.
#[must_use]
pub(super) fn with_guarded_terms(arguments: Vec<OsString>) -> Vec<OsString> {
    let is_term = |text: &str| {
        text.strip_prefix('-').is_some_and(|term| {
            let name = term.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
            term.starts_with('(') || (name.len() < term.len() && name.starts_with(':'))
        })
    };
    arguments
        .into_iter()
        .map(|argument| match argument.to_str() {
            Some(text) if is_term(text) => OsString::from(format!("({text})")),
            _ => argument,
        })
        .collect()
}

/// The place of the first argument behind the options that every command has.
fn first_after_globals(arguments: &[OsString]) -> usize {
    let mut position = 1;
    while let Some(argument) = arguments.get(position) {
        match &*argument.to_string_lossy() {
            "--color" => position += 2,
            "-v" | "--verbose" | "-q" | "--quiet" => position += 1,
            text if text.starts_with("--color=") => position += 1,
            _ => break,
        }
    }
    position
}

/// Whether an error should be an object, too: asked before anything else is understood.
#[must_use]
pub(super) fn asks_for_json(arguments: &[OsString]) -> bool {
    let texts: Vec<_> = arguments
        .iter()
        .map(|text| text.to_string_lossy())
        .collect();
    texts.iter().any(|text| *text == "--output=json")
        || texts
            .windows(2)
            .any(|pair| pair[0] == "--output" && pair[1] == "json")
}

/// Help and version are printed and done; everything else becomes a [`Problem`].
pub(super) fn explain(error: &clap::Error) -> Result {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(&error.render().to_string())?;
            Ok(Exit::Done)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => Err(bad_value(error)),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => Err(unknown(error)),
        _ => Err(other(error)),
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

fn bad_value(error: &clap::Error) -> Problem {
    let argument = context(error, ContextKind::InvalidArg).unwrap_or_default();
    let flag = argument.split(' ').next().unwrap_or_default();
    let value = context(error, ContextKind::InvalidValue).unwrap_or_default();
    let problem = Problem::usage(if value.is_empty() {
        format!("{flag} needs a value")
    } else {
        format!("{flag} does not know \"{value}\"")
    });
    let possible = context(error, ContextKind::ValidValue).filter(|values| !values.is_empty());
    let why = possible.map_or_else(
        || std::error::Error::source(error).map(ToString::to_string),
        |values| Some(format!("it takes {}", or_list(&values))),
    );
    let problem = match why {
        Some(why) => problem.why(why),
        None => problem,
    };
    match context(error, ContextKind::SuggestedValue) {
        Some(suggestion) => problem.fix(format!("did you mean {flag} {suggestion}?")),
        None => problem.fix("hook64 COMMAND --help lists what each option takes"),
    }
}

fn or_list(values: &str) -> String {
    match values.rsplit_once(", ") {
        Some((others, last)) => format!("{others} or {last}"),
        None => values.to_owned(),
    }
}

fn unknown(error: &clap::Error) -> Problem {
    let argument = context(error, ContextKind::InvalidArg)
        .or_else(|| context(error, ContextKind::InvalidSubcommand))
        .unwrap_or_default();
    let suggestion = context(error, ContextKind::SuggestedArg)
        .or_else(|| context(error, ContextKind::SuggestedSubcommand));
    let kind = if argument.starts_with('-') {
        "option"
    } else {
        "command"
    };
    let problem = Problem::usage(format!("there is no {kind} {argument}"));
    match suggestion {
        Some(suggestion) => problem.fix(format!("did you mean {suggestion}?")),
        None => problem.fix("hook64 --help lists the commands, hook64 COMMAND --help its options"),
    }
}

fn other(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let mut paragraphs = text.trim_start_matches("error: ").split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let one_line: Vec<_> = what.lines().map(str::trim).collect();
    let problem = Problem::usage(one_line.join(" "));
    match paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("Usage: ")) {
        Some(usage) => problem.fix(usage.trim_end()),
        None => problem.fix("hook64 --help"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(arguments: &[&str]) -> Vec<String> {
        let arguments = arguments.iter().map(OsString::from).collect();
        with_default_command(arguments)
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_term_that_says_no_is_not_taken_for_an_option() {
        let arguments = ["-id:6f1c", "--limit", "-n1", "type:x -id:y", "-(a|b)", "-1"];
        let guarded = with_guarded_terms(arguments.iter().map(OsString::from).collect());
        assert_eq!(guarded[0], "(-id:6f1c)");
        assert_eq!(guarded[4], "(-(a|b))");
        assert_eq!(guarded[1..4], arguments[1..4]);
        assert_eq!(guarded[5], "-1");
    }

    #[test]
    fn options_alone_are_those_of_listen() {
        assert_eq!(completed(&["hook64"]), ["hook64", "listen"]);
        assert_eq!(
            completed(&["hook64", "-p", "0", "--output", "json"]),
            ["hook64", "listen", "-p", "0", "--output", "json"]
        );
        assert_eq!(
            completed(&["hook64", "--color", "never", "list"])[3],
            "list"
        );
        assert_eq!(completed(&["hook64", "--version"]), ["hook64", "--version"]);
        assert_eq!(completed(&["hook64", "lisst"]), ["hook64", "lisst"]);
    }
}
