//! What clap refuses, said in our words: what happened, why, and what to do.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, FromArgMatches};

use super::Arguments;
use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};

/// Reads the command line. A variable of the environment that is empty says nothing: that is how
/// many tools pass on one that is not set.
///
/// # Errors
/// What clap says.
pub(super) fn parse(arguments: Vec<OsString>) -> std::result::Result<Arguments, clap::Error> {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let without_empty = |argument: Arg| match argument.get_env().is_some_and(is_empty) {
        true => argument.env(Resettable::Reset),
        false => argument,
    };
    let command = Arguments::command()
        .mut_subcommands(|command: clap::Command| command.mut_args(without_empty));
    Arguments::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// `hook64` alone, or with nothing but options, is `hook64 listen`.
#[must_use]
pub(super) fn with_default_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let at = first_after_globals(&arguments).min(arguments.len());
    if !is_command_said(&arguments) {
        arguments.insert(at, OsString::from("listen"));
    }
    arguments
}

fn is_command_said(arguments: &[OsString]) -> bool {
    let first = arguments.get(first_after_globals(arguments));
    first.is_some_and(|argument| {
        let text = argument.to_string_lossy();
        !text.starts_with('-') || matches!(&*text, "-h" | "--help" | "-V" | "--version")
    })
}

/// The command that is meant, when there is one of that name.
#[must_use]
pub(super) fn command_name(arguments: &[OsString]) -> Option<String> {
    if !is_command_said(arguments) {
        return Some("listen".to_owned());
    }
    let said = arguments.get(first_after_globals(arguments))?.to_str()?;
    is_command(said).then(|| said.to_owned())
}

fn is_command(text: &str) -> bool {
    Arguments::command()
        .get_subcommands()
        .any(|command| command.get_name() == text)
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

/// Help and version are printed and done; everything else becomes a [`Problem`]. `typed` is what
/// stood on the command line, without a default command.
pub(super) fn explain(error: &clap::Error, typed: &[OsString]) -> Result {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(&error.render().to_string())?;
            Ok(Exit::Done)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => Err(bad_value(error, typed)),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            Err(options_before_command(typed).unwrap_or_else(|| unknown(error, typed)))
        }
        _ => Err(other(error, typed)),
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

fn bad_value(error: &clap::Error, typed: &[OsString]) -> Problem {
    let argument = context(error, ContextKind::InvalidArg).unwrap_or_default();
    let flag = argument.split(' ').next().unwrap_or_default();
    let value = context(error, ContextKind::InvalidValue).unwrap_or_default();
    let variable = from_environment(typed)
        .into_iter()
        .find(|option| option.get_long() == flag.strip_prefix("--"))
        .and_then(|option| Some(option.get_env()?.to_string_lossy().into_owned()));
    let place = variable.as_deref().unwrap_or(flag);
    let problem = Problem::usage(if value.is_empty() {
        format!("{place} needs a value")
    } else {
        format!("{place} does not know \"{value}\"")
    });
    let possible = context(error, ContextKind::ValidValue).filter(|values| !values.is_empty());
    let why = possible.map_or_else(
        || std::error::Error::source(error).map(|source| plainly(&source.to_string())),
        |values| Some(format!("it takes {}", or_list(&values))),
    );
    let problem = match why {
        Some(why) => problem.why(why),
        None => problem,
    };
    match context(error, ContextKind::SuggestedValue) {
        Some(suggestion) => problem.fix(did_you_mean(flag, &suggestion)),
        None => problem.fix("hook64 COMMAND --help lists what each option takes"),
    }
}

fn did_you_mean(flag: &str, suggestion: &str) -> String {
    let what_it_is = if (flag, suggestion) == ("--output", "json") {
        " It prints one object per line:"
    } else {
        ""
    };
    format!("did you mean {suggestion}?{what_it_is}\n  hook64 COMMAND {flag} {suggestion}")
}

/// What the standard library's parsers and clap say about a value, in words for people who never
/// saw either.
fn plainly(why: &str) -> String {
    let plain = match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "it takes a whole number"
        }
        "number too large to fit in target type" => "the number is too large",
        "number too small to fit in target type" => "the number is too small",
        "invalid float literal" | "cannot parse float from empty string" => "it takes a number",
        "invalid IP address syntax" => "it takes an IP address such as 127.0.0.1 or ::1, no name",
        _ => return range(why).unwrap_or_else(|| why.to_owned()),
    };
    plain.to_owned()
}

/// `70000 is not in 0..=65535`, said by clap.
fn range(why: &str) -> Option<String> {
    let (_, range) = why.split_once(" is not in ")?;
    let (first, last) = range.split_once("..")?;
    let last = last.trim_start_matches('=');
    let is_bounded = last
        .parse()
        .is_ok_and(|last: u64| last < u64::from(u32::MAX));
    Some(if is_bounded {
        format!("it takes a whole number from {first} to {last}")
    } else {
        format!("it takes a whole number from {first}")
    })
}

/// Options stood where a command should, so they were taken for those of `listen`, and the command
/// for something that `listen` does not know.
fn options_before_command(typed: &[OsString]) -> Option<Problem> {
    if is_command_said(typed) {
        return None;
    }
    let words: Vec<_> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let at = words.iter().skip(1).position(|word| is_command(word))? + 1;
    let command = &words[at];
    let problem = Problem::usage(format!("options of {command} stand after it"))
        .why("without a command in front, they are those of listen");
    let may_be_secret = |word: &str| word == "--secret" || word.starts_with("--secret=");
    if words.iter().any(|word| may_be_secret(word)) {
        return Some(problem.fix(format!("hook64 {command} --help lists its options")));
    }
    let others = words[1..at].iter().chain(&words[at + 1..]);
    let others: Vec<_> = others.map(|word| quoted(word)).collect();
    Some(problem.fix(format!("hook64 {command} {}", others.join(" "))))
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_bare) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn or_list(values: &str) -> String {
    match values.rsplit_once(", ") {
        Some((others, last)) => format!("{others} or {last}"),
        None => values.to_owned(),
    }
}

fn unknown(error: &clap::Error, typed: &[OsString]) -> Problem {
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
    if kind == "command"
        && error.kind() == ErrorKind::UnknownArgument
        && let Some(command) = command_name(typed)
    {
        return Problem::usage(format!("{command} does not take \"{argument}\""))
            .fix("hook64 COMMAND --help says what it takes");
    }
    let problem = Problem::usage(format!("there is no {kind} {argument}"));
    match suggestion {
        Some(suggestion) => problem.fix(format!("did you mean {suggestion}?")),
        None if kind == "option" => problem.fix("hook64 COMMAND --help lists the options"),
        None => problem.fix("hook64 --help lists the commands"),
    }
}

fn other(error: &clap::Error, typed: &[OsString]) -> Problem {
    let text = error.render().to_string();
    let mut paragraphs = text.trim_start_matches("error: ").split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let one_line: Vec<_> = what.lines().map(str::trim).collect();
    let problem = Problem::usage(one_line.join(" "));
    match paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("Usage: ")) {
        Some(usage) => problem.fix(as_typed(usage.trim_end(), typed)),
        None => problem.fix("hook64 --help"),
    }
}

/// The usage without options that come from the environment: nobody has to write those.
fn as_typed(usage: &str, typed: &[OsString]) -> String {
    let mut usage = usage.to_owned();
    for option in from_environment(typed) {
        let Some(long) = option.get_long() else {
            continue;
        };
        let values = option.get_value_names().unwrap_or_default();
        let values: String = values.iter().map(|name| format!(" <{name}>")).collect();
        usage = usage.replace(&format!(" --{long}{values}"), "");
    }
    usage
}

/// The command's options that may come from the environment and were not typed.
fn from_environment(typed: &[OsString]) -> Vec<Arg> {
    let command = command_name(typed).and_then(|name| {
        let commands = Arguments::command();
        commands.find_subcommand(name).cloned()
    });
    let options = command.iter().flat_map(clap::Command::get_arguments);
    options
        .filter(|option| option.get_env().is_some() && !is_typed(option, typed))
        .cloned()
        .collect()
}

fn is_typed(option: &Arg, typed: &[OsString]) -> bool {
    let long = option.get_long().map(|long| format!("--{long}"));
    let short = option.get_short().map(|letter| format!("-{letter}"));
    typed.iter().map(|word| word.to_string_lossy()).any(|word| {
        let is_short = short.as_ref().is_some_and(|short| word.starts_with(short));
        is_short || word.split('=').next() == long.as_deref()
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

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

    fn refused(arguments: &[&str]) -> Problem {
        let typed: Vec<_> = arguments.iter().map(OsString::from).collect();
        let error = Arguments::try_parse_from(with_default_command(typed.clone()));
        explain(&error.unwrap_err(), &typed).unwrap_err()
    }

    #[test]
    fn an_option_of_the_environment_is_in_no_usage_that_nobody_typed() {
        let typed = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let usage = "hook64 replay --to <URL> --store <FILE> <ID>...";
        assert_eq!(
            as_typed(usage, &typed(&["hook64", "replay", "10"])),
            "hook64 replay --to <URL> <ID>..."
        );
        for said in [&["--store", "x"][..], &["--store=x"]] {
            let words = [&["hook64", "replay"], said].concat();
            assert_eq!(as_typed(usage, &typed(&words)), usage);
        }
    }

    #[test]
    fn options_in_front_of_a_command_are_moved_behind_it() {
        for (typed, right) in [
            (
                &["hook64", "--store", "a b", "list", "-n", "3"][..],
                "hook64 list --store 'a b' -n 3",
            ),
            (
                &["hook64", "--output", "json", "show", "1"],
                "hook64 show --output json 1",
            ),
            (&["hook64", "--limit", "3", "list"], "hook64 list --limit 3"),
        ] {
            let problem = refused(typed);
            let (what, _, fix) = problem.parts();
            assert_eq!(
                what,
                format!(
                    "options of {} stand after it",
                    fix.unwrap().split(' ').nth(1).unwrap()
                )
            );
            assert_eq!(fix, Some(right));
        }
        let secret = refused(&["hook64", "--secret", "sk_whsec_x", "list"]).text("error");
        assert!(!secret.contains("sk_whsec_x"), "{secret}");
    }

    #[test]
    fn no_option_explains_its_value_in_the_words_of_a_programming_language() {
        let phrases = [
            "in string",
            "literal",
            "syntax",
            "target type",
            "..",
            "not in ",
        ];
        let mut tried = 0;
        for command in super::Arguments::command().get_subcommands() {
            for option in command.get_arguments().filter_map(clap::Arg::get_long) {
                for value in ["abc", "", "-1", "99999999999999999999999"] {
                    let argument = format!("--{option}={value}");
                    let typed = ["hook64", command.get_name(), &argument].map(OsString::from);
                    let Err(error) = Arguments::try_parse_from(&typed) else {
                        continue;
                    };
                    if error.kind() != ErrorKind::ValueValidation {
                        continue;
                    }
                    tried += 1;
                    let problem = explain(&error, &typed).unwrap_err();
                    let (_, why, _) = problem.parts();
                    let why = why.unwrap();
                    let spoken = phrases.iter().find(|phrase| why.contains(**phrase));
                    assert_eq!(spoken, None, "{} {argument}: {why}", command.get_name());
                }
            }
        }
        assert!(tried > 20, "{tried}");
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
