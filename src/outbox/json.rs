//! Finds the place of a value in JSON text, so that it can be changed without touching a byte of
//! the rest: spacing, key order, repeated keys and the spelling of numbers stay as they are.
//!
//! Works on text that was checked to be JSON; nesting costs no stack.

use std::ops::Range;

use serde_json::value::RawValue;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into an object.
    Key(String),
    /// Into an array, from 0.
    Index(usize),
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// To a value: its bytes.
    Value(Range<usize>),
    /// To the end of an object or array, where it would stand.
    End {
        /// Before the closing bracket, after the last value.
        at: usize,
        /// How many values stand before it.
        length: usize,
        /// The key it would have; `None` in an array.
        key: Option<String>,
    },
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    #[error("it is not JSON")]
    NotJson,
    #[error("there is no object to hold \"{0}\"")]
    NoObject(String),
    #[error("there is no array to hold [{0}]")]
    NoArray(usize),
    #[error("the array has {length} elements: [{index}] is beyond its end")]
    BeyondEnd { index: usize, length: usize },
    #[error("\"{0}\" is not there")]
    NoKey(String),
}

/// Whether these bytes are one JSON value.
pub(super) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(text).is_ok()
}

/// Where the path leads in this text. Of a repeated key the last counts, as for most readers.
pub(super) fn locate(text: &[u8], path: &[Step]) -> Result<Place, Lost> {
    if !is_json(text) {
        return Err(Lost::NotJson);
    }
    let scan = Scan(text);
    let mut value = scan.value(scan.blanks(0));
    for (depth, step) in path.iter().enumerate() {
        let found = match step {
            Step::Key(key) => scan.in_object(value.start, key)?,
            Step::Index(index) => scan.in_array(value.start, *index)?,
        };
        match found {
            Place::Value(range) => value = range,
            end if depth + 1 == path.len() => return Ok(end),
            Place::End { key: Some(key), .. } => return Err(Lost::NoKey(key)),
            Place::End {
                key: None, length, ..
            } => {
                return Err(Lost::BeyondEnd {
                    index: length,
                    length,
                });
            }
        }
    }
    Ok(Place::Value(value))
}

/// The strings of the text that are values, not keys: their bytes without the quotes. None where
/// the text is not JSON.
pub(super) fn string_values(text: &[u8]) -> Vec<Range<usize>> {
    if !is_json(text) {
        return Vec::new();
    }
    let scan = Scan(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'"', &text[at..]) {
        let start = at + offset;
        at = scan.string(start);
        if scan.byte(scan.blanks(at)) != Some(b':') {
            found.push(start + 1..at - 1);
        }
    }
    found
}

struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    fn blanks(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            at += 1;
        }
        at
    }

    /// The end of the string whose opening quote is here.
    fn string(&self, start: usize) -> usize {
        let mut at = start + 1;
        while let Some(offset) = memchr::memchr2(b'"', b'\\', self.0.get(at..).unwrap_or_default())
        {
            at += offset;
            if self.byte(at) == Some(b'"') {
                return at + 1;
            }
            at += 2;
        }
        self.0.len()
    }

    /// The bytes of the value that begins here.
    fn value(&self, start: usize) -> Range<usize> {
        let mut at = start;
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'"' => at = self.string(at),
                b'{' | b'[' => {
                    depth += 1;
                    at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    at += 1;
                }
                _ => at = self.literal(at),
            }
            if depth == 0 {
                return start..at;
            }
            at = self.between(at);
        }
        start..at
    }

    fn literal(&self, mut at: usize) -> usize {
        while self
            .byte(at)
            .is_some_and(|byte| !b" \t\r\n,:]}".contains(&byte))
        {
            at += 1;
        }
        at
    }

    fn between(&self, mut at: usize) -> usize {
        while self
            .byte(at)
            .is_some_and(|byte| b" \t\r\n,:".contains(&byte))
        {
            at += 1;
        }
        at
    }

    fn in_object(&self, start: usize, wanted: &str) -> Result<Place, Lost> {
        if self.byte(start) != Some(b'{') {
            return Err(Lost::NoObject(wanted.to_owned()));
        }
        let mut found = None;
        let mut length = 0;
        let mut end = start + 1;
        let mut at = self.blanks(end);
        while self.byte(at) == Some(b'"') {
            let key = at..self.string(at);
            let value = self.value(self.between(key.end));
            end = value.end;
            length += 1;
            if self.is_key(key, wanted) {
                found = Some(value);
            }
            at = self.between(end);
        }
        Ok(found.map_or_else(
            || Place::End {
                at: end,
                length,
                key: Some(wanted.to_owned()),
            },
            Place::Value,
        ))
    }

    fn is_key(&self, quoted: Range<usize>, wanted: &str) -> bool {
        let plain = &self.0[quoted.start + 1..quoted.end - 1];
        if memchr::memchr(b'\\', plain).is_none() {
            return plain == wanted.as_bytes();
        }
        serde_json::from_slice::<String>(&self.0[quoted]).is_ok_and(|key| key == wanted)
    }

    fn in_array(&self, start: usize, wanted: usize) -> Result<Place, Lost> {
        if self.byte(start) != Some(b'[') {
            return Err(Lost::NoArray(wanted));
        }
        let mut length = 0;
        let mut end = start + 1;
        let mut at = self.blanks(end);
        while self.byte(at).is_some_and(|byte| byte != b']') {
            let value = self.value(at);
            if length == wanted {
                return Ok(Place::Value(value));
            }
            end = value.end;
            length += 1;
            at = self.between(end);
        }
        if wanted > length {
            let index = wanted;
            return Err(Lost::BeyondEnd { index, length });
        }
        Ok(Place::End {
            at: end,
            length,
            key: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
    use serde_json::Value;

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-c\"\\\\{}\\[\\],:]{0,4}".prop_map(Value::from),
            prop::strategy::Just(Value::Null),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c\"\\\\]{0,2}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    fn paths(value: &Value, here: &[Step], found: &mut Vec<(Vec<Step>, Value)>) {
        found.push((here.to_vec(), value.clone()));
        let mut deeper = |step, value| paths(value, &[here, &[step]].concat(), found);
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| deeper(Step::Key(key.clone()), value)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, value)| deeper(Step::Index(index), value)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_value_is_found_at_its_path(value in json(), pretty in any::<bool>()) {
            let text = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            let mut all = Vec::new();
            paths(&value, &[], &mut all);
            for (path, expected) in all {
                let Ok(Place::Value(range)) = locate(text.as_bytes(), &path) else {
                    panic!("{path:?} is lost in {text}");
                };
                let read: Value = serde_json::from_str(&text[range]).unwrap();
                prop_assert_eq!(read, expected);
            }
        }

        #[test]
        fn any_bytes_are_looked_at_without_harm(text in any::<Vec<u8>>()) {
            let _ = locate(&text, &[Step::Key("a".to_owned())]);
            let _ = string_values(&text);
        }
    }

    #[test]
    fn of_a_repeated_key_the_last_counts() {
        let place = locate(br#"{"a":1,"a":2}"#, &[Step::Key("a".to_owned())]);
        assert_eq!(place, Ok(Place::Value(11..12)));
    }

    #[test]
    fn depth_costs_no_stack() {
        let text = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        let deep = vec![Step::Index(0); 2];
        assert!(matches!(locate(&text, &deep), Ok(Place::Value(_))));
    }

    #[test]
    fn only_values_count_as_values() {
        let text = br#"{"key" : "one", "n": ["t\"wo"]}"#;
        let found: Vec<_> = string_values(text)
            .into_iter()
            .map(|at| &text[at])
            .collect();
        assert_eq!(found, [&b"one"[..], br#"t\"wo"#]);
    }
}
