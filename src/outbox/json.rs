//! Finds the place of a value in JSON text, so that it can be changed without touching a byte of
//! the rest: spacing, key order, repeated keys and the spelling of numbers stay as they are.
//!
//! Works on the tokens of the text; nesting costs no stack.

use std::ops::Range;

use crate::export::json::{TokenKind, Tokens, text};

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
pub(super) fn is_json(source: &[u8]) -> bool {
    json(source).is_ok()
}

/// Where the path leads in this text. Of a repeated key the last counts, as for most readers.
pub(super) fn locate(source: &[u8], path: &[Step]) -> Result<Place, Lost> {
    let (text, mut value) = json(source)?;
    for (depth, step) in path.iter().enumerate() {
        let found = match step {
            Step::Key(key) => in_object(text, value, key)?,
            Step::Index(index) => in_array(text, value, *index)?,
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
pub(super) fn string_values(source: &[u8]) -> Vec<Range<usize>> {
    let Ok(text) = text(source) else {
        return Vec::new();
    };
    let strings = Tokens::new(text).filter(|token| {
        token
            .as_ref()
            .map_or(true, |token| token.kind == TokenKind::String)
    });
    strings
        .map(|token| token.map(|token| token.start + 1..token.end - 1))
        .collect::<Result<_, _>>()
        .unwrap_or_default()
}

/// The text, if it is JSON, and the place of its value.
fn json(source: &[u8]) -> Result<(&str, Range<usize>), Lost> {
    let text = text(source).map_err(|_| Lost::NotJson)?;
    let mut place = None;
    for token in Tokens::new(text) {
        let token = token.map_err(|_| Lost::NotJson)?;
        place = Some(place.map_or(token.start, |place: Range<usize>| place.start)..token.end);
    }
    place.map(|place| (text, place)).ok_or(Lost::NotJson)
}

/// The members of the object or the elements of the array that stands here, key and value.
fn children(
    text: &str,
    container: Range<usize>,
) -> impl Iterator<Item = (Option<Range<usize>>, Range<usize>)> {
    let mut key = None;
    let mut opened = 0;
    let start = container.start;
    let at = move |range: Range<usize>| start + range.start..start + range.end;
    Tokens::new(&text[container])
        .map_while(Result::ok)
        .filter(|token| token.depth == 1)
        .filter_map(move |token| {
            let value = match token.kind {
                TokenKind::Key => {
                    key = Some(at(token.range()));
                    return None;
                }
                TokenKind::ObjectOpen | TokenKind::ArrayOpen => {
                    opened = token.start;
                    return None;
                }
                TokenKind::Comma | TokenKind::Colon => return None,
                TokenKind::ObjectClose | TokenKind::ArrayClose => opened..token.end,
                TokenKind::String | TokenKind::Number | TokenKind::Literal => token.range(),
            };
            Some((key.take(), at(value)))
        })
}

fn in_object(text: &str, object: Range<usize>, wanted: &str) -> Result<Place, Lost> {
    if !text[object.clone()].starts_with('{') {
        return Err(Lost::NoObject(wanted.to_owned()));
    }
    let mut found = None;
    let (mut length, mut end) = (0, object.start + 1);
    for (key, value) in children(text, object) {
        length += 1;
        end = value.end;
        if key.is_some_and(|key| is_key(&text[key], wanted)) {
            found = Some(value);
        }
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

fn is_key(quoted: &str, wanted: &str) -> bool {
    let plain = &quoted[1..quoted.len() - 1];
    if memchr::memchr(b'\\', plain.as_bytes()).is_none() {
        return plain == wanted;
    }
    serde_json::from_str::<String>(quoted).is_ok_and(|key| key == wanted)
}

fn in_array(text: &str, array: Range<usize>, wanted: usize) -> Result<Place, Lost> {
    if !text[array.clone()].starts_with('[') {
        return Err(Lost::NoArray(wanted));
    }
    let (mut length, mut end) = (0, array.start + 1);
    for (_, value) in children(text, array) {
        if length == wanted {
            return Ok(Place::Value(value));
        }
        length += 1;
        end = value.end;
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
