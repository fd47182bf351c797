//! What went wrong, why, and what to do: the one form of every error and warning.
//!
//! It may quote what was typed or read, but no signing secret that stood there by mistake.

use std::fmt::Write as _;

use serde_json::json;

use crate::signature::conceal;
use crate::text;

use super::exit::Exit;

/// An error or a warning for a person, with its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    exit: Exit,
    code: &'static str,
    what: String,
    why: Option<String>,
    fix: Option<String>,
}

/// What a command gives back.
pub(super) type Result<T = Exit> = std::result::Result<T, Problem>;

impl Problem {
    /// A problem: its exit code, its name for programs, and what happened, in one line.
    pub(super) fn new(exit: Exit, code: &'static str, what: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            what: quoted(what),
            why: None,
            fix: None,
        }
    }

    /// A bad value or flag.
    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", what)
    }

    /// A run-time failure.
    pub(super) fn failed(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, code, what)
    }

    /// Adds the cause.
    #[must_use]
    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(quoted(why));
        self
    }

    /// Adds one command or action that mends it; further lines are alternatives. `hook64 COMMAND`
    /// stands for the command that ran.
    #[must_use]
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(quoted(fix));
        self
    }

    /// The same, where the fix says which command ran instead of `hook64 COMMAND`.
    #[must_use]
    pub(super) fn of_command(mut self, command: &str) -> Self {
        self.fix = self
            .fix
            .map(|fix| fix.replace("hook64 COMMAND", &format!("hook64 {command}")));
        self
    }

    /// The same, blamed on what was asked for.
    #[must_use]
    pub(super) fn into_usage(self) -> Self {
        Self {
            exit: Exit::Usage,
            code: "usage",
            ..self
        }
    }

    /// What happened, why, and what to do.
    #[must_use]
    pub(super) fn parts(&self) -> (&str, Option<&str>, Option<&str>) {
        (&self.what, self.why.as_deref(), self.fix.as_deref())
    }

    /// The exit code.
    #[must_use]
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// The three lines, most useful last. `kind` is `error` or `warning`.
    #[must_use]
    pub(super) fn text(&self, kind: &str) -> String {
        let mut lines = format!("{kind}: {}\n", text::line(self.what.as_bytes()));
        for (label, part) in [("why", &self.why), ("fix", &self.fix)] {
            let Some(part) = part else { continue };
            for (number, line) in part.lines().enumerate() {
                let line = text::line(line.as_bytes());
                let _ = if number == 0 {
                    writeln!(lines, "  {label}: {line}")
                } else {
                    writeln!(lines, "       {line}")
                };
            }
        }
        lines
    }

    /// One JSON object, for `--output json`.
    #[must_use]
    pub(super) fn json(&self, kind: &str) -> String {
        let object = json!({
            "v": 1, "kind": kind, "code": self.code, "exit": self.exit.number(),
            "what": self.what, "why": self.why, "fix": self.fix,
        });
        text::json(object.to_string())
    }
}

fn quoted(text: impl Into<String>) -> String {
    conceal(&text.into()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_why_and_what_to_do_and_escapes_what_it_quotes() {
        let problem = Problem::usage("no \"a\u{1b}[31m\"")
            .why("it is red")
            .fix("use one of:\n  hook64 list\n  hook64 show 1");
        assert_eq!(
            problem.text("error"),
            "error: no \"a\\u{1b}[31m\"\n  why: it is red\n  fix: use one of:\n         \
             hook64 list\n         hook64 show 1\n"
        );
    }
}
