//! `--set .path=JSON`: one change to a JSON body that leaves every other byte alone.

use std::fmt;
use std::str::FromStr;

use super::json::{self, Lost, Place, Step};

/// A value to put at a path.
///
/// A path is made of `.name`, `."any name"` or `["any name"]`, and `[0]`; `.` alone is the whole
/// body. A name that is not there is added, and so is the element after an array's last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    path: Vec<Step>,
    value: String,
}

/// Why a text is no edit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditSyntaxError {
    /// No path, or one that cannot be read from here on.
    #[error("cannot read the path at \"{0}\": it is like .result.email[0] or .[\"any name\"]")]
    Path(String),
    /// No `=`.
    #[error("there is no value: it is .path=JSON")]
    NoValue,
    /// Not JSON: most often a text without quotes.
    #[error("the value {0} is not JSON: a text needs quotes, such as .name=\"Jane\"")]
    NotJson(String),
}

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot set {path}: {why}")]
pub struct EditError {
    path: String,
    why: String,
}

impl Edit {
    /// A change of one top-level field.
    pub(super) fn field(name: &str, value: String) -> Self {
        Self {
            path: vec![Step::Key(name.to_owned())],
            value,
        }
    }

    /// Whether this sets the top-level field called `name`, or the whole body.
    pub(super) fn sets_field(&self, name: &str) -> bool {
        match self.path.first() {
            None => true,
            Some(Step::Key(key)) => key == name,
            Some(Step::Index(_)) => false,
        }
    }

    /// The body with the change made.
    ///
    /// # Errors
    /// When the body is not JSON, or the path leads nowhere in it.
    pub fn apply(&self, body: &[u8]) -> Result<Vec<u8>, EditError> {
        let place = json::locate(body, &self.path).map_err(|why: Lost| EditError {
            path: path_text(&self.path),
            why: why.to_string(),
        })?;
        let (range, text) = match place {
            Place::Value(range) => (range, self.value.clone()),
            Place::End { at, length, key } => {
                let comma = if length > 0 { "," } else { "" };
                let key = key.map_or_else(String::new, |key| format!("{}:", quoted(&key)));
                (at..at, format!("{comma}{key}{}", self.value))
            }
        };
        let before = &body[..range.start];
        let after = &body[range.end..];
        Ok([before, text.as_bytes(), after].concat())
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", path_text(&self.path), self.value)
    }
}

impl FromStr for Edit {
    type Err = EditSyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, rest) = read_path(text)?;
        let value = rest.strip_prefix('=').ok_or(EditSyntaxError::NoValue)?;
        if !json::is_json(value.as_bytes()) {
            return Err(EditSyntaxError::NotJson(value.to_owned()));
        }
        Ok(Self {
            path,
            value: value.trim().to_owned(),
        })
    }
}

fn read_path(text: &str) -> Result<(Vec<Step>, &str), EditSyntaxError> {
    let wrong = |rest: &str| EditSyntaxError::Path(rest.to_owned());
    if !text.starts_with(['.', '[']) {
        return Err(wrong(text));
    }
    if let Some(rest) = text.strip_prefix('.').filter(|rest| rest.starts_with('=')) {
        return Ok((Vec::new(), rest));
    }
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with('=') {
        let (step, after) = read_step(rest).ok_or_else(|| wrong(rest))?;
        steps.push(step);
        rest = after;
    }
    Ok((steps, rest))
}

fn read_step(text: &str) -> Option<(Step, &str)> {
    if let Some(inner) = text.strip_prefix(".[").or_else(|| text.strip_prefix('[')) {
        if inner.starts_with('"') {
            let (key, rest) = read_quoted(inner)?;
            return Some((Step::Key(key), rest.strip_prefix(']')?));
        }
        let (digits, rest) = inner.split_once(']')?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let index = digits.parse().ok().filter(|_| plain)?;
        return Some((Step::Index(index), rest));
    }
    let name = text.strip_prefix('.')?;
    if name.starts_with('"') {
        let (key, rest) = read_quoted(name)?;
        return Some((Step::Key(key), rest));
    }
    let end = name.find(['.', '[', '=']).unwrap_or(name.len());
    let (key, rest) = name.split_at(end);
    (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest))
}

/// A JSON string at the start of the text, and what follows it.
fn read_quoted(text: &str) -> Option<(String, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let key = values.next()?.ok()?;
    Some((key, &text[values.byte_offset()..]))
}

fn quoted(key: &str) -> String {
    serde_json::Value::from(key).to_string()
}

fn path_text(path: &[Step]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    path.iter()
        .map(|step| match step {
            Step::Index(index) => format!("[{index}]"),
            Step::Key(key) if is_plain(key) => format!(".{key}"),
            Step::Key(key) => format!("[{}]", quoted(key)),
        })
        .collect()
}

fn is_plain(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !key.is_empty() && key.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    fn edited(edit: &str, body: &str) -> String {
        let edit: Edit = edit.parse().unwrap();
        String::from_utf8(edit.apply(body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn every_other_byte_is_left_alone() {
        let body =
            "{ \"b\" :1.10,\n\"a\":{\"x\":[1E5, -0 ,\"\\u00e9\"]},\"b\":12345678901234567890123}\n";
        assert_eq!(
            edited(".a.x[1]={\"n\": 1}", body),
            "{ \"b\" :1.10,\n\"a\":{\"x\":[1E5, {\"n\": 1} ,\"\\u00e9\"]},\"b\":12345678901234567890123}\n"
        );
    }

    #[test]
    fn what_is_not_there_is_added_at_the_end() {
        assert_eq!(edited(".b=2", r#"{"a":1 }"#), r#"{"a":1,"b":2 }"#);
        assert_eq!(edited(".b=2", "{ }"), r#"{"b":2 }"#);
        assert_eq!(edited("[1]=2", "[1]"), "[1,2]");
        assert_eq!(edited(".a[0]=2", r#"{"a":[]}"#), r#"{"a":[2]}"#);
    }

    #[test]
    fn the_dot_alone_is_the_whole_body() {
        assert_eq!(edited(".=[]", " {\"a\":1}\n"), " []\n");
    }

    #[test]
    fn names_with_any_character_can_be_said() {
        let body = r#"{"a.b":{"c d":1}}"#;
        assert_eq!(edited(r#"["a.b"]."c d"=2"#, body), r#"{"a.b":{"c d":2}}"#);
        assert_eq!(edited(r#".["a.b"]["c d"]=2"#, body), r#"{"a.b":{"c d":2}}"#);
    }

    #[test]
    fn an_edit_that_leads_nowhere_says_why() {
        for (edit, body, expected) in [
            (".a.b=1", r#"{"a":1}"#, "no object"),
            (".a[0]=1", r#"{"a":1}"#, "no array"),
            (".a[2]=1", r#"{"a":[1]}"#, "beyond its end"),
            (".a.b.c=1", r#"{"a":{}}"#, "\"b\" is not there"),
            (".a=1", "hello", "not JSON"),
        ] {
            let edit: Edit = edit.parse().unwrap();
            let error = edit.apply(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_no_edit_says_why() {
        for (text, expected) in [
            ("a=1", "cannot read the path"),
            (".a..b=1", "cannot read the path"),
            (".a[x]=1", "cannot read the path"),
            (".a[\"b]=1", "cannot read the path"),
            (".a", "no value"),
            (".a=Jane", "needs quotes"),
            (".a=", "needs quotes"),
        ] {
            let error = text.parse::<Edit>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn an_edit_reads_back_to_itself(key in any::<String>(), name in "[a-z_-]{1,5}", index in 0usize..9, value in any::<i64>()) {
            let path = vec![Step::Key(key), Step::Index(index), Step::Key(name)];
            let edit = Edit { path, value: value.to_string() };
            prop_assert_eq!(edit.to_string().parse::<Edit>(), Ok(edit));
        }

        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            let _ = text.parse::<Edit>();
        }
    }
}
