//! Asking the person at the terminal.

use std::io::{self, BufRead, IsTerminal};

use super::super::output;

/// What the person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Consent {
    /// Yes.
    Given,
    /// No, or nothing.
    Refused,
    /// There is nobody to ask.
    Nobody,
}

/// Asks a question that is answered with yes or no; Enter alone means `default`.
pub(in crate::commands) fn ask(question: &str, default: bool) -> Consent {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Consent::Nobody;
    }
    let choices = if default { "[Y/n]" } else { "[y/N]" };
    output::complain(&format!("{question} {choices} "));
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(length) if length > 0 => understand(&answer, default),
        _ => Consent::Refused,
    }
}

fn understand(answer: &str, default: bool) -> Consent {
    let yes = match answer.trim().to_ascii_lowercase().as_str() {
        "" => default,
        "y" | "yes" => true,
        _ => false,
    };
    if yes {
        Consent::Given
    } else {
        Consent::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (answer, default, expected) in [
            ("\n", true, Consent::Given),
            ("\n", false, Consent::Refused),
            ("Yes\r\n", false, Consent::Given),
            ("y", false, Consent::Given),
            ("yeah, no", true, Consent::Refused),
        ] {
            assert_eq!(understand(answer, default), expected, "{answer:?}");
        }
    }
}
