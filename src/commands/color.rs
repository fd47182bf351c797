//! Whether a stream is coloured: decided for standard output and standard error separately.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::export::paint::Paint;

use super::arguments::ColorChoice;

/// Whether standard output is coloured.
#[must_use]
pub(super) fn stdout(choice: ColorChoice) -> Paint {
    paint(choice, std::io::stdout().is_terminal())
}

/// Whether standard error is coloured.
#[must_use]
pub(super) fn stderr(choice: ColorChoice) -> Paint {
    paint(choice, std::io::stderr().is_terminal())
}

fn paint(choice: ColorChoice, is_terminal: bool) -> Paint {
    if decide(choice, is_terminal, |name| std::env::var_os(name)) {
        Paint::On
    } else {
        Paint::Off
    }
}

/// The option wins; then `NO_COLOR`, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then `TERM=dumb`,
/// then whether it is a terminal.
fn decide(
    choice: ColorChoice,
    is_terminal: bool,
    environment: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let set = |name| environment(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment("NO_COLOR").is_some_and(|value| !value.is_empty()) => {
            false
        }
        ColorChoice::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
        ColorChoice::Auto if environment("TERM").is_some_and(|value| value == "dumb") => false,
        ColorChoice::Auto => is_terminal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], choice: ColorChoice, is_terminal: bool) -> bool {
        decide(choice, is_terminal, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_option_wins_over_the_environment_and_the_environment_over_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        assert!(with(&[("NO_COLOR", "1")], Always, false));
        assert!(!with(&[("FORCE_COLOR", "1")], Never, true));
        assert!(!with(
            &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
            Auto,
            true
        ));
        assert!(with(&[("NO_COLOR", "")], Auto, true));
        assert!(with(&[("FORCE_COLOR", "1"), ("TERM", "dumb")], Auto, false));
        assert!(!with(&[("TERM", "dumb")], Auto, true));
        assert!(with(&[("CI", "true")], Auto, true) && !with(&[], Auto, false));
    }
}
