//! `json:`: a path into the body, and what must stand there.
//!
//! The body is walked along the path only, one level at a time: depth costs nothing, numbers keep
//! their digits, a key that occurs twice is found twice, and a string with half a surrogate pair is
//! no obstacle.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::decimal::Decimal;
use super::pattern::{Pattern, Reach, write_quoted};

/// Where in a JSON text: `.results[0].email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    pub(super) steps: Vec<Step>,
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.key` or `["key"]`
    Key(String),
    /// `[0]`
    Index(usize),
    /// `[*]`: every element of an array or member of an object.
    Every,
}

/// What must stand at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTest {
    /// Anything, null included.
    Exists,
    /// A value whose text matches: of strings what they say, of everything else as it was written.
    Matches(Pattern),
    /// A number.
    Compares(Comparison, Decimal),
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

impl Comparison {
    /// How it is written; the longer ones first.
    pub(super) const WRITTEN: [(&'static str, Self); 4] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        (">", Self::More),
        ("<", Self::Less),
    ];

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

impl JsonPath {
    /// From the root down.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether a body is JSON and has, at this path, what the test asks for.
    #[must_use]
    pub fn finds(&self, body: &[u8], test: &JsonTest) -> bool {
        serde_json::from_slice::<&RawValue>(body)
            .is_ok_and(|root| descend(root.get(), &self.steps, test))
    }
}

fn descend(raw: &str, steps: &[Step], test: &JsonTest) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test.holds(raw);
    };
    let is_open = match raw.as_bytes().first() {
        Some(b'{') => !matches!(step, Step::Index(_)),
        Some(b'[') => !matches!(step, Step::Key(_)),
        _ => false,
    };
    let mut source = serde_json::Deserializer::from_str(raw);
    is_open
        && source
            .deserialize_any(Members { step, rest, test })
            .unwrap_or(false)
}

/// Goes through an object or array and down into the members that a step names.
struct Members<'a> {
    step: &'a Step,
    rest: &'a [Step],
    test: &'a JsonTest,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = members.next_key_seed(Text)? {
            let member: &RawValue = members.next_value()?;
            let is_named = match self.step {
                Step::Key(name) => key == name.as_bytes(),
                Step::Every => true,
                Step::Index(_) => false,
            };
            found = found || (is_named && descend(member.get(), self.rest, self.test));
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        let mut found = false;
        let mut index = 0;
        while let Some(element) = elements.next_element::<&RawValue>()? {
            let is_named = match self.step {
                Step::Index(wanted) => *wanted == index,
                Step::Every => true,
                Step::Key(_) => false,
            };
            found = found || (is_named && descend(element.get(), self.rest, self.test));
            index += 1;
        }
        Ok(found)
    }
}

/// What a JSON string says, as bytes: half a surrogate pair is no character, but it is legal JSON.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, [u8]>;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, text: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_vec()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text.as_bytes()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.as_bytes().to_vec()))
    }
}

impl JsonTest {
    fn holds(&self, raw: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Compares(comparison, bound) => {
                Decimal::read(raw).is_some_and(|number| comparison.holds(number.cmp(bound)))
            }
            Self::Matches(pattern) if raw.starts_with('"') => {
                let mut source = serde_json::Deserializer::from_str(raw);
                let text = Text.deserialize(&mut source);
                text.is_ok_and(|text| pattern.matches(Reach::Whole, &text))
            }
            Self::Matches(pattern) => pattern.matches(Reach::Whole, raw.as_bytes()),
        }
    }
}

/// Whether a key may stand after a dot as it is.
pub(super) fn is_plain_key_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | '@')
}

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |key: &str| !key.is_empty() && key.chars().all(is_plain_key_character);
        let starts_with_key = matches!(self.steps.first(), Some(Step::Key(key)) if is_plain(key));
        if !starts_with_key {
            formatter.write_str(".")?;
        }
        for step in &self.steps {
            match step {
                Step::Key(key) if is_plain(key) => write!(formatter, ".{key}")?,
                Step::Key(key) => {
                    formatter.write_str("[")?;
                    write_quoted(formatter, key)?;
                    formatter.write_str("]")?;
                }
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Every => formatter.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for JsonTest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => Ok(()),
            Self::Matches(pattern) => write!(formatter, "={pattern}"),
            Self::Compares(comparison, bound) => {
                let written = Comparison::WRITTEN
                    .iter()
                    .find(|(_, candidate)| candidate == comparison)
                    .map_or("", |(written, _)| *written);
                write!(formatter, "{written}{}", bound.text())
            }
        }
    }
}
