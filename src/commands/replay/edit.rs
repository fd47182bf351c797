//! `--edit`: the body in the person's editor, and what they changed in it.
//!
//! JSON on one line is laid out for the editor and put back on one line afterwards; everything
//! else is edited as it is.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use similar::{ChangeTag, TextDiff};

use crate::export::json;
use crate::export::paint::{Paint, Role};
use crate::text;

use super::super::problem::{Problem, Result};

/// How many lines round a change are shown.
const CONTEXT: usize = 3;

/// What to do where there is no editor.
const INSTEAD: &str = "set EDITOR to an editor, or change the body with --set .path=JSON";

/// A body and what became of it.
pub(super) struct Edited {
    /// The bytes to send.
    pub(super) body: Bytes,
    /// The differences, for a person; `None` when nothing was changed.
    pub(super) difference: Option<String>,
    /// What a person should know about it.
    pub(super) remark: Option<String>,
}

/// Opens the body in an editor, and waits for it.
///
/// # Errors
/// When there is no editor, or it fails.
pub(super) fn edit(body: &Bytes, paint: Paint) -> Result<Edited> {
    let draft = Draft::of(body);
    let file = Scratch::new(&draft.text, draft.is_json).map_err(|error| unusable(&error))?;
    run_editor(&editor()?, &file.0)?;
    let text = fs::read(&file.0).map_err(|error| unusable(&error))?;
    Ok(draft.finish(body, text, paint))
}

/// What the editor shows.
struct Draft {
    text: Vec<u8>,
    is_json: bool,
    /// Whether it was laid out, and goes back on one line.
    is_laid_out: bool,
}

impl Draft {
    fn of(body: &Bytes) -> Self {
        let laid_out = std::str::from_utf8(body)
            .ok()
            .filter(|text| !text.contains('\n'))
            .and_then(|text| json::pretty(text).ok());
        let is_json =
            |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| json::pretty(text).is_ok());
        match laid_out {
            Some(text) => Self {
                text: (text.trim_end().to_owned() + "\n").into_bytes(),
                is_json: true,
                is_laid_out: true,
            },
            None => Self {
                text: body.to_vec(),
                is_json: is_json(body),
                is_laid_out: false,
            },
        }
    }

    fn finish(&self, body: &Bytes, text: Vec<u8>, paint: Paint) -> Edited {
        if text == self.text {
            return Edited {
                body: body.clone(),
                difference: None,
                remark: None,
            };
        }
        let difference = Some(difference(&self.text, &text, paint));
        let minified = std::str::from_utf8(&text).map(json::minify);
        let remark = match &minified {
            Ok(Err(problem)) if self.is_json => Some(format!(
                "it is no longer JSON: {} at line {}, column {}",
                problem.problem, problem.line, problem.column
            )),
            Err(_) if self.is_json => Some("it is no longer JSON: it is not UTF-8".to_owned()),
            _ => None,
        };
        let body = match minified {
            Ok(Ok(minified)) if self.is_laid_out => minified.into_bytes(),
            _ => text,
        };
        Edited {
            body: body.into(),
            difference,
            remark,
        }
    }
}

/// The changed lines with those round them, escaped.
fn difference(before: &[u8], after: &[u8], paint: Paint) -> String {
    let (before, after) = (
        String::from_utf8_lossy(before),
        String::from_utf8_lossy(after),
    );
    let diff = TextDiff::from_lines(&*before, &*after);
    let mut shown = String::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            shown.push_str("  …\n");
        }
        for change in group
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
        {
            let (sign, role) = match change.tag() {
                ChangeTag::Delete => ('-', Role::Bad),
                ChangeTag::Insert => ('+', Role::Good),
                ChangeTag::Equal => (' ', Role::Plain),
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            let line = format!("  {sign} {}", text::line(line.as_bytes()));
            shown.push_str(&paint.over(role, line.trim_end()).to_string());
            shown.push('\n');
        }
    }
    shown
}

/// The command of the editor: `$VISUAL`, else `$EDITOR`, else vi, which needs a terminal.
fn editor() -> Result<String> {
    let chosen = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|command| !command.trim().is_empty());
    match chosen {
        Some(command) => Ok(command),
        None if io::stdin().is_terminal() && io::stdout().is_terminal() => Ok("vi".to_owned()),
        None => Err(Problem::usage("there is no editor to edit with")
            .why("neither VISUAL nor EDITOR is set, and there is no terminal for vi")
            .fix(INSTEAD)),
    }
}

fn run_editor(command: &str, file: &Path) -> Result<()> {
    let problem = |why: String| {
        Problem::usage(format!("cannot edit with \"{command}\""))
            .why(why)
            .fix(INSTEAD)
    };
    let words = shlex::split(command).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| problem("it is no command".to_owned()))?;
    let status = Command::new(&words[0])
        .args(&words[1..])
        .arg(file)
        .status()
        .map_err(|error| problem(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(problem(format!(
            "it ended with {status}, so nothing was sent"
        )))
    }
}

fn unusable(error: &io::Error) -> Problem {
    Problem::failed("edit", "cannot hand the body to an editor").why(error.to_string())
}

/// A file that only we can read; it is gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(text: &[u8], is_json: bool) -> io::Result<Self> {
        let ending = if is_json { "json" } else { "txt" };
        let name = format!("hook64-{}.{ending}", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let scratch = Self(path);
        file.write_all(text)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // An editor may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(body: &'static str, change: impl Fn(String) -> String) -> Edited {
        let body = Bytes::from_static(body.as_bytes());
        let draft = Draft::of(&body);
        let text = change(String::from_utf8(draft.text.clone()).unwrap());
        draft.finish(&body, text.into_bytes(), Paint::Off)
    }

    #[test]
    fn json_on_one_line_is_laid_out_and_put_back_on_one_line() {
        let edited = edited(r#"{"a": 1.10,"b":[true, "x  y"]}"#, |text| {
            assert!(text.lines().count() > 4, "{text}");
            text.replace("true", "false")
        });
        assert_eq!(&edited.body[..], br#"{"a":1.10,"b":[false,"x  y"]}"#);
        insta::assert_snapshot!(edited.difference.unwrap(), @r#"
          {
            "a": 1.10,
            "b": [
        -     true,
        +     false,
              "x  y"
            ]
          }
        "#);
        assert_eq!(edited.remark, None);
    }

    #[test]
    fn what_was_not_changed_stays_as_it_was_byte_for_byte() {
        let edited = edited(r#"{"a" :1}"#, |text| text);
        assert_eq!(&edited.body[..], br#"{"a" :1}"#);
        assert_eq!(edited.difference, None);
    }

    #[test]
    fn what_is_no_json_any_more_is_sent_as_it_is_and_that_is_said() {
        let edited = edited(r#"{"a":1}"#, |text| text.replace('}', ""));
        assert_eq!(edited.body, "{\n  \"a\": 1\n\n");
        assert!(edited.remark.unwrap().contains("no longer JSON"));
    }

    #[test]
    fn text_of_several_lines_is_edited_as_it_is() {
        let edited = edited("{\n\"a\":1}\n", |text| text.replace('1', "\u{1b}[31m"));
        assert_eq!(edited.body, "{\n\"a\":\u{1b}[31m}\n");
        assert!(edited.difference.unwrap().contains("\\u{1b}[31m"));
    }
}
