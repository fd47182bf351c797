//! The few fields of a body that say which event it is.
//!
//! One pass over the JSON with borrowed strings; everything else is skipped without being built, and
//! skipping does not recurse, so depth costs no stack. What was read before an error counts: a body
//! that was cut still tells its event.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What the top level of a body says, where it is an object. Of a repeated key the last one counts,
/// as it does in the parsers of the languages that handlers are written in.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) event_id: Option<Cow<'a, str>>,
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) event_type: Option<Cow<'a, str>>,
    pub(super) task_id: Option<Cow<'a, str>>,
    pub(super) task_type: Option<Cow<'a, str>>,
    pub(super) status: Option<Cow<'a, str>>,
    pub(super) run_id: Option<Cow<'a, str>>,
    pub(super) workflow_id: Option<Cow<'a, str>>,
    pub(super) organization_id: Option<Cow<'a, str>>,
    pub(super) attempt: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Reads as far as the body is JSON.
    pub(super) fn read(body: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        // An error only means that there is no more to read.
        let _ = Collector(&mut fields).deserialize(&mut deserializer);
        fields
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    EventId,
    Event,
    EventType,
    TaskId,
    TaskType,
    Status,
    RunId,
    WorkflowId,
    OrganizationId,
    Attempt,
    #[serde(other)]
    Other,
}

/// Fills fields as they are met, so that they outlive an error further on.
struct Collector<'f, 'a>(&'f mut Fields<'a>);

impl<'de> DeserializeSeed<'de> for Collector<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collector<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = self.0;
        while let Some(key) = map.next_key::<Key>()? {
            let field = match key {
                Key::EventId => &mut fields.event_id,
                Key::Event => &mut fields.event,
                Key::EventType => &mut fields.event_type,
                Key::TaskId => &mut fields.task_id,
                Key::TaskType => &mut fields.task_type,
                Key::Status => &mut fields.status,
                Key::RunId => &mut fields.run_id,
                Key::WorkflowId => &mut fields.workflow_id,
                Key::OrganizationId => &mut fields.organization_id,
                Key::Attempt => &mut fields.attempt,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = map.next_value_seed(Scalar)?;
        }
        Ok(())
    }
}

/// A string or an integer as text; anything else, and the empty string, as nothing.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok((!text.is_empty()).then_some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((!text.is_empty()).then(|| Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event_id(body: &[u8]) -> Option<String> {
        Fields::read(body).event_id.map(Cow::into_owned)
    }

    #[test]
    fn a_field_is_found_wherever_it_stands_and_whatever_stands_around_it() {
        let body = br#"{"a":[{"event_id":"inner"},"\"}{"],"b":{"event_id":"inner"},"event_id":"x","c":1.5e9}"#;
        assert_eq!(event_id(body).as_deref(), Some("x"));
    }

    #[test]
    fn of_a_repeated_key_the_last_one_counts() {
        let repeated = br#"{"event_id":"a","event_id":"b"}"#;
        assert_eq!(event_id(repeated).as_deref(), Some("b"));
        assert_eq!(event_id(br#"{"event_id":"a","event_id":null}"#), None);
    }

    #[test]
    fn what_stands_before_the_place_where_a_body_was_cut_is_read() {
        let cut = br#"{"event_id":"a","results":[{"name":"Jo"#;
        assert_eq!(event_id(cut).as_deref(), Some("a"));
    }

    #[test]
    fn escapes_in_keys_and_values_are_decoded() {
        let escaped = br#"{"event\u005fid":"\u00e9\n"}"#;
        assert_eq!(event_id(escaped).as_deref(), Some("\u{e9}\n"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let marked = b"\xef\xbb\xbf{\"event_id\":\"a\"}";
        assert_eq!(event_id(marked).as_deref(), Some("a"));
    }

    #[test]
    fn values_that_are_no_text_or_integer_are_nothing() {
        for value in ["null", "true", "1.5", "[1,[2]]", "{\"a\":{}}", "\"\""] {
            let body = format!("{{\"event_id\":{value},\"run_id\":7}}");
            let fields = Fields::read(body.as_bytes());
            assert_eq!(fields.event_id, None, "{value}");
            assert_eq!(fields.run_id.as_deref(), Some("7"), "{value}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_says_nothing() {
        for body in [
            &b""[..],
            b"[]",
            b"\"event_id\"",
            b"event_id=a",
            b"\xff\xfe{",
        ] {
            assert_eq!(event_id(body), None);
        }
    }
}
