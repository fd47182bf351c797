//! The command as it was typed, to be offered again with something changed.

use std::env;

use super::super::usage::quoted;

/// What was typed, as words of a POSIX shell.
pub(super) fn command() -> String {
    spelled(words())
}

/// The same without `--to URL`, so that another one can follow.
pub(super) fn without_target() -> String {
    spelled(untargeted(words()).into_iter())
}

fn words() -> impl Iterator<Item = String> {
    let words = env::args_os().skip(1);
    words.map(|word| word.to_string_lossy().into_owned())
}

fn spelled(words: impl Iterator<Item = String>) -> String {
    let words = words.map(|word| format!(" {}", quoted(&word)));
    format!("hook64{}", words.collect::<String>())
}

fn untargeted(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        if word == "--to" {
            words.next();
        } else if !word.starts_with("--to=") {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_but_its_target() {
        for target in [&["--to", "http://localhost:1/x"][..], &["--to=3000"]] {
            let before = ["-q", "replay", "3..9"];
            let behind = ["--set", ".a=\"it's\"", "--secret-file", "s.txt"];
            let typed = [&before[..], target, &behind].concat();
            let typed = typed.into_iter().map(str::to_owned);
            assert_eq!(
                spelled(untargeted(typed).into_iter()),
                r#"hook64 -q replay 3..9 --set '.a="it'\''s"' --secret-file s.txt"#
            );
        }
    }
}
