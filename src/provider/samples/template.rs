//! A JSON text with places to fill in, read once and filled in many times.
//!
//! A place is a name in braces inside a string: `"{first} joined {int:1:9} years ago"`. A number
//! that stands alone in its string becomes a number. An array whose first element is `"{repeat}"`
//! repeats its second for every row, each about somebody else; with `"{repeat:2:4}"` it repeats it
//! two to four times, about people of one company.

use std::io::Write as _;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::Value;

use super::made_up::{Person, pick};

/// What one body is filled in with.
pub(super) struct Filling<'a> {
    pub(super) event_type: &'a str,
    pub(super) event_id: String,
    pub(super) task_id: String,
    pub(super) error: &'a str,
    pub(super) rows: u32,
    pub(super) attempt: u32,
    pub(super) at: Timestamp,
    pub(super) person: Person,
    pub(super) rng: Rng,
}

/// A template, ready to be filled in.
#[derive(Debug)]
pub(super) enum Template {
    Fixed(Value),
    /// A number or a truth value.
    Bare(Place),
    Text(Vec<Part>),
    List(Vec<Template>),
    Object(Vec<(Vec<Part>, Template)>),
    Rows(Box<Template>),
    Colleagues(u32, u32, Box<Template>),
}

#[derive(Debug)]
pub(super) enum Part {
    Fixed(String),
    Filled(Place),
}

#[derive(Debug)]
pub(super) enum Place {
    TaskId,
    EventId,
    Type,
    Error,
    Uuid,
    Hex(u32),
    Name,
    First,
    Company,
    Slug,
    Domain,
    Email,
    Phone,
    Region,
    Title,
    City,
    Profile,
    At,
    One(Vec<String>),
    Rows,
    Attempt,
    Bool,
    Int(u32, u32),
    /// A tenth of the number.
    Tenths(u32, u32),
}

impl Template {
    /// Reads a template; `Err` says what in it is none.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::of(value)
    }

    fn of(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Self::of_text(&text),
            Value::Array(items) => Self::of_list(items),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| Ok((parts(&key)?, Self::of(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::Object),
            fixed => Ok(Self::Fixed(fixed)),
        }
    }

    fn of_text(text: &str) -> Result<Self, String> {
        let mut parts = parts(text)?;
        match parts.pop() {
            Some(Part::Filled(place)) if parts.is_empty() && place.is_bare() => {
                Ok(Self::Bare(place))
            }
            last => {
                parts.extend(last);
                Ok(Self::Text(parts))
            }
        }
    }

    fn of_list(items: Vec<Value>) -> Result<Self, String> {
        let marker = items.first().and_then(Value::as_str);
        let range = marker.and_then(|marker| marker.strip_prefix("{repeat"));
        let Some(range) = range.and_then(|range| range.strip_suffix('}')) else {
            let items = items.into_iter().map(Self::of);
            return items.collect::<Result<_, _>>().map(Self::List);
        };
        let range = range.to_owned();
        let [_, item] = <[Value; 2]>::try_from(items)
            .map_err(|_| "exactly one element can be repeated".to_owned())?;
        let item = Box::new(Self::of(item)?);
        match range.strip_prefix(':') {
            None => Ok(Self::Rows(item)),
            Some(range) => {
                let (least, most) = self::range(range)?;
                Ok(Self::Colleagues(least, most, item))
            }
        }
    }

    /// Writes the template, filled in, as compact JSON.
    pub(super) fn fill(&self, filling: &mut Filling<'_>, json: &mut Vec<u8>) {
        match self {
            Self::Fixed(value) => write(json, value),
            Self::Bare(place) => json.extend(place.fill(filling).bytes()),
            Self::Text(parts) => text(json, parts, filling),
            Self::List(items) => list(json, items, |item, json| item.fill(filling, json)),
            Self::Object(fields) => object(json, fields, filling),
            Self::Rows(item) => {
                let rows = 0..filling.rows;
                list(json, rows, |_, json| {
                    filling.person = Person::anybody(&mut filling.rng);
                    item.fill(filling, json);
                });
            }
            Self::Colleagues(least, most, item) => {
                let count = filling.rng.u32(*least..=*most);
                list(json, 0..count, |_, json| {
                    filling.person = filling.person.colleague(&mut filling.rng);
                    item.fill(filling, json);
                });
            }
        }
    }
}

/// A text and the places in it.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after
            .split_once('}')
            .ok_or_else(|| format!("an open brace in {text}"))?;
        if !before.is_empty() {
            parts.push(Part::Fixed(before.to_owned()));
        }
        parts.push(Part::Filled(Place::read(place)?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Fixed(rest.to_owned()));
    }
    Ok(parts)
}

fn write(json: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Neither a text nor a value of JSON can fail to be written to memory.
    let _ = serde_json::to_writer(json, value);
}

fn list<T>(
    json: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut fill: impl FnMut(T, &mut Vec<u8>),
) {
    json.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        fill(item, json);
    }
    json.push(b']');
}

fn text(json: &mut Vec<u8>, parts: &[Part], filling: &mut Filling<'_>) {
    let text: String = parts.iter().map(|part| part.fill(filling)).collect();
    write(json, &text);
}

fn object(json: &mut Vec<u8>, fields: &[(Vec<Part>, Template)], filling: &mut Filling<'_>) {
    json.push(b'{');
    for (index, (key, value)) in fields.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        text(json, key, filling);
        json.push(b':');
        value.fill(filling, json);
    }
    json.push(b'}');
}

impl Part {
    fn fill(&self, filling: &mut Filling<'_>) -> String {
        match self {
            Self::Fixed(text) => text.clone(),
            Self::Filled(place) => place.fill(filling),
        }
    }
}

impl Place {
    fn read(text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        Ok(match name {
            "task_id" => Self::TaskId,
            "event_id" => Self::EventId,
            "type" => Self::Type,
            "error" => Self::Error,
            "uuid" => Self::Uuid,
            "hex" => Self::Hex(number(rest)?),
            "name" => Self::Name,
            "first" => Self::First,
            "company" => Self::Company,
            "slug" => Self::Slug,
            "domain" => Self::Domain,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "region" => Self::Region,
            "title" => Self::Title,
            "city" => Self::City,
            "profile" => Self::Profile,
            "at" => Self::At,
            "one" => Self::One(rest.split('|').map(str::to_owned).collect()),
            "rows" => Self::Rows,
            "attempt" => Self::Attempt,
            "bool" => Self::Bool,
            "int" => range(rest).map(|(least, most)| Self::Int(least, most))?,
            "tenths" => range(rest).map(|(least, most)| Self::Tenths(least, most))?,
            _ => return Err(format!("there is no place called {text}")),
        })
    }

    /// Whether it is a number or a truth value.
    fn is_bare(&self) -> bool {
        matches!(
            self,
            Self::Rows | Self::Attempt | Self::Bool | Self::Int(..) | Self::Tenths(..)
        )
    }

    fn fill(&self, filling: &mut Filling<'_>) -> String {
        let person = &filling.person;
        match self {
            Self::TaskId => filling.task_id.clone(),
            Self::EventId => filling.event_id.clone(),
            Self::Type => filling.event_type.to_owned(),
            Self::Error => filling.error.to_owned(),
            Self::Name => person.name(),
            Self::First => person.given().to_owned(),
            Self::Company => person.company().to_owned(),
            Self::Slug => person.slug().to_owned(),
            Self::Domain => person.domain(),
            Self::Email => person.email(),
            Self::Phone => person.phone(),
            Self::Region => person.region().to_owned(),
            Self::Title => person.title.to_owned(),
            Self::City => person.city.to_owned(),
            Self::Profile => person.profile(),
            Self::At => in_seconds(filling.at),
            Self::Rows => filling.rows.to_string(),
            Self::Attempt => filling.attempt.to_string(),
            Self::Uuid => uuid(&mut filling.rng),
            Self::Hex(digits) => hex(&mut filling.rng, *digits),
            Self::One(choices) => {
                let choices: Vec<_> = choices.iter().map(String::as_str).collect();
                pick(&mut filling.rng, &choices).to_owned()
            }
            Self::Bool => filling.rng.bool().to_string(),
            Self::Int(least, most) => filling.rng.u32(*least..=*most).to_string(),
            Self::Tenths(least, most) => {
                let tenths = filling.rng.u32(*least..=*most);
                format!("{}.{}", tenths / 10, tenths % 10)
            }
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let (least, most) = text
        .split_once(':')
        .ok_or_else(|| format!("{text} is not a range"))?;
    let (least, most) = (number(least)?, number(most)?);
    if least <= most {
        Ok((least, most))
    } else {
        Err(format!("{text} is empty"))
    }
}

/// `2026-04-22T20:00:00Z`
fn in_seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second())
        .unwrap_or(at)
        .to_string()
}

pub(super) fn uuid(rng: &mut Rng) -> String {
    let bytes = rng.u128(..).to_be_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    id.hyphenated().to_string()
}

pub(super) fn hex(rng: &mut Rng, digits: u32) -> String {
    let mut text = Vec::new();
    for _ in 0..digits {
        // Writing to memory cannot fail.
        let _ = write!(text, "{:x}", rng.u8(0..16));
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        let mut rng = Rng::with_seed(1);
        let mut filling = Filling {
            event_type: "find_email",
            event_id: "e".to_owned(),
            task_id: "t".to_owned(),
            error: "no \"luck\"",
            rows: 2,
            attempt: 3,
            at: "2026-04-22T20:00:00.987Z".parse().unwrap(),
            person: Person::anybody(&mut rng),
            rng,
        };
        let mut json = Vec::new();
        let template = Template::read(template).unwrap();
        template.fill(&mut filling, &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn places_are_filled_in_and_the_rest_stays_as_it_is() {
        assert_eq!(
            filled(r#"{"a": "{type}/{task_id}", "b": [null, 1.50, true], "{type}": {}}"#),
            r#"{"a":"find_email/t","b":[null,1.5,true],"find_email":{}}"#
        );
        assert_eq!(filled(r#""{at}""#), r#""2026-04-22T20:00:00Z""#);
        assert_eq!(filled(r#""{error}""#), r#""no \"luck\"""#);
    }

    #[test]
    fn a_number_alone_is_a_number_and_in_a_text_is_text() {
        assert_eq!(
            filled(r#"["{attempt}", "{int:5:5}", "{tenths:85:85}", "{int:5:5} years"]"#),
            r#"[3,5,8.5,"5 years"]"#
        );
    }

    #[test]
    fn an_element_is_repeated_for_every_row() {
        assert_eq!(
            filled(r#"["{repeat}", {"n": "{rows}"}]"#),
            r#"[{"n":2},{"n":2}]"#
        );
        assert_eq!(filled(r#"["{repeat:3:3}", 1]"#), "[1,1,1]");
    }

    #[test]
    fn what_is_no_template_is_named() {
        for wrong in [
            "{",
            r#""{nam}""#,
            r#""{name""#,
            r#""{int:2:1}""#,
            r#""{int:2}""#,
            r#"["{repeat}", 1, 2]"#,
        ] {
            assert!(Template::read(wrong).is_err(), "{wrong}");
        }
    }
}
