//! JSON as a tape of tokens that point into the text, and its re-serialisation.
//!
//! Nothing is turned into a value: number lexemes, escapes, duplicate keys and their order are
//! still there to be written again as they came, or as another runtime would spell them.

pub(super) mod numbers;
mod reader;
pub(super) mod strings;
mod writer;

use std::borrow::Cow;

use strings::Escapes;
pub(super) use writer::{Arrange, Layout, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    Close,
    /// A string without any character that some runtime escapes.
    PlainString,
    String,
    Number,
    Literal,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    /// Where it starts in the text.
    start: u32,
    /// Where it ends in the text; of a container: the token after its close.
    end: u32,
}

/// A JSON text cut into tokens.
#[derive(Debug)]
pub(super) struct Document<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    traits: Box<Traits>,
}

/// What was noticed while reading.
#[derive(Debug)]
struct Traits {
    /// Which bytes that are not plain occur in strings.
    bytes: [bool; 256],
    /// Whether every runtime spells the numbers alike.
    plain_numbers: bool,
    /// Whether a key may be what JavaScript takes for an array index.
    numeric_keys: bool,
    /// How many commas and colons there are.
    separators: usize,
    /// How many blanks there are between tokens, and whether one of them is no space.
    blanks: usize,
    only_spaces: bool,
    /// The blanks after the first bracket.
    first_indent: (usize, usize),
}

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// No blanks.
    Compact,
    /// As many spaces as separators.
    Spaced,
    /// Several lines, indented by so many spaces.
    Spaces(usize),
    /// Several lines, indented by tabs.
    Tabs,
}

impl<'a> Document<'a> {
    /// Cuts a text into tokens; `None` when it is not JSON, or nested too deeply.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (tokens, traits) = reader::read(text)?;
        Some(Self {
            text,
            tokens,
            traits,
        })
    }

    /// How it is laid out, when that is unmistakable and there is more than one way.
    pub(super) fn look(&self) -> Option<Look> {
        let traits = &*self.traits;
        let (start, end) = traits.first_indent;
        let first = &self.text[start..end];
        if !self.is_container() || self.tokens.len() <= 2 {
            None
        } else if traits.blanks == 0 {
            Some(Look::Compact)
        } else if traits.only_spaces && traits.blanks == traits.separators {
            Some(Look::Spaced)
        } else {
            let indent = first
                .strip_prefix("\r\n")
                .or_else(|| first.strip_prefix('\n'))?;
            match indent {
                "\t" => Some(Look::Tabs),
                spaces if !spaces.is_empty() && spaces.bytes().all(|byte| byte == b' ') => {
                    Some(Look::Spaces(spaces.len()))
                }
                _ => None,
            }
        }
    }

    /// Whether all strings stay as they are when escaped like this. `false` when in doubt.
    pub(super) fn is_unchanged_by(&self, escapes: &Escapes) -> bool {
        escapes.leave(&self.traits.bytes)
    }

    /// Whether a key may be what JavaScript takes for an array index.
    pub(super) fn has_numeric_keys(&self) -> bool {
        self.traits.numeric_keys
    }

    /// Whether every runtime spells the numbers alike.
    pub(super) fn has_plain_numbers(&self) -> bool {
        self.traits.plain_numbers
    }

    /// Whether it is an object or an array: anything else has hardly two spellings.
    pub(super) fn is_container(&self) -> bool {
        matches!(self.tokens[0].kind, Kind::Object | Kind::Array)
    }

    /// The text of a document that is one string.
    pub(super) fn as_string(&self) -> Option<Cow<'a, str>> {
        let first = self.tokens[0];
        matches!(first.kind, Kind::PlainString | Kind::String).then(|| self.decoded(first))
    }

    /// A text field of the outermost object.
    pub(super) fn text_field(&self, name: &str) -> Option<Cow<'a, str>> {
        self.members(0).into_iter().find_map(|(key, value)| {
            let value = self.tokens[value];
            let is_text = matches!(value.kind, Kind::PlainString | Kind::String);
            (is_text && key == name).then(|| self.decoded(value))
        })
    }

    /// The keys of every object, in order, outermost first; each list of keys once.
    pub(super) fn shapes(&self) -> Vec<Vec<Cow<'a, str>>> {
        let mut shapes = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            if token.kind == Kind::Object {
                let keys: Vec<_> = self
                    .members(index)
                    .into_iter()
                    .map(|(key, _)| key)
                    .collect();
                if !keys.is_empty() && !shapes.contains(&keys) {
                    shapes.push(keys);
                }
            }
        }
        shapes
    }

    /// Whether any object's members would stand in another order.
    pub(super) fn is_rearranged_by(&self, arrange: &Arrange<'_>) -> bool {
        (0..self.tokens.len()).any(|index| {
            let members = self.members(index).into_iter();
            let keys: Vec<_> = members.map(|(key, _)| key).collect();
            keys.len() > 1 && !arrange(&keys).is_sorted()
        })
    }

    /// The document in another style.
    pub(super) fn write(&self, style: &Style<'_>) -> Vec<u8> {
        writer::write(self, style)
    }

    fn raw(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn decoded(&self, token: Token) -> Cow<'a, str> {
        let raw = self.raw(token);
        let inner = &raw[1..raw.len() - 1];
        if token.kind == Kind::PlainString {
            Cow::Borrowed(inner)
        } else {
            Cow::Owned(strings::decode(inner))
        }
    }

    /// Where the value after the one at `index` starts.
    fn after(&self, index: usize) -> usize {
        match self.tokens[index].kind {
            Kind::Object | Kind::Array => self.tokens[index].end as usize,
            _ => index + 1,
        }
    }

    /// The keys of the object at `index` and where their values are; none if it is no object.
    fn members(&self, index: usize) -> Vec<(Cow<'a, str>, usize)> {
        let mut members = Vec::new();
        if self.tokens[index].kind != Kind::Object {
            return members;
        }
        let mut at = index + 1;
        while self.tokens[at].kind != Kind::Close {
            members.push((self.decoded(self.tokens[at]), at + 1));
            at = self.after(at + 1);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::numbers::Numbers;
    use super::*;

    const COMPACT: Style<'static> = Style {
        layout: Layout::Compact,
        escapes: None,
        numbers: Numbers::AsReceived,
        arrange: None,
    };

    fn written(text: &str, style: Style<'_>) -> String {
        let document = Document::read(text).unwrap();
        String::from_utf8(document.write(&style)).unwrap()
    }

    #[test]
    fn blanks_go_and_everything_else_stays_as_it_was_spelled() {
        let text =
            " { \"a\" : [ 1.0 , 1E5, -0 ,{ }, [ ] ],\r\n\t\"\\u0061\":\"\\/ é\", \"a\":null } ";
        let expected = "{\"a\":[1.0,1E5,-0,{},[]],\"\\u0061\":\"\\/ é\",\"a\":null}";
        assert_eq!(written(text, COMPACT), expected);
    }

    #[test]
    fn layouts_are_those_of_the_common_serialisers() {
        let text = r#"{"a":[1,{"b":2}],"c":{},"d":[]}"#;
        let spaced = Style {
            layout: Layout::Spaced,
            ..COMPACT
        };
        assert_eq!(
            written(text, spaced),
            r#"{"a": [1, {"b": 2}], "c": {}, "d": []}"#
        );
        let pretty = Style {
            layout: Layout::Indented("  "),
            ..COMPACT
        };
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(written(text, pretty), expected);
    }

    #[test]
    fn members_can_be_written_in_any_order_at_every_depth() {
        let backwards: &Arrange<'_> = &|keys| (0..keys.len()).rev().collect();
        let style = Style {
            arrange: Some(backwards),
            ..COMPACT
        };
        let text = r#"{"a":{"x":1,"y":[2]},"b":[{"p":3,"q":4}]}"#;
        assert_eq!(
            written(text, style),
            r#"{"b":[{"q":4,"p":3}],"a":{"y":[2],"x":1}}"#
        );
    }

    #[test]
    fn an_order_that_is_there_already_rearranges_nothing() {
        let sorted: &Arrange<'_> = &|keys| {
            let mut order: Vec<usize> = (0..keys.len()).collect();
            order.sort_by(|one, other| keys[*one].cmp(&keys[*other]));
            order
        };
        for (text, expected) in [
            (r#"{"a":{"x":1,"y":[2]},"b":[{"p":3,"q":4}],"c":{}}"#, false),
            (r#"{"a":{"x":1,"y":[2]},"b":[{"q":3,"p":4}],"c":{}}"#, true),
            (r#"{"b":1,"a":2}"#, true),
            (r#"{"a":1,"a":2}"#, false),
            ("[]", false),
        ] {
            let document = Document::read(text).unwrap();
            assert_eq!(document.is_rearranged_by(sorted), expected, "{text}");
        }
    }

    #[test]
    fn the_layout_is_seen() {
        let table = [
            (r#" {"a":[1,2],"b":"x, y"} "#, Some(Look::Compact)),
            (r#"{"a": [1, 2], "b": {}}"#, Some(Look::Spaced)),
            ("{\n  \"a\": [\n    1\n  ]\n}\n", Some(Look::Spaces(2))),
            ("{\r\n    \"a\": 1\r\n}", Some(Look::Spaces(4))),
            ("[\n\t1\n]", Some(Look::Tabs)),
            (r#"{ "a": 1 }"#, None),
            ("{}", None),
            ("\"x\"", None),
        ];
        for (text, expected) in table {
            assert_eq!(Document::read(text).unwrap().look(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_not_read() {
        let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
        let wrong = [
            "",
            " ",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "\"a",
            "\"a\\",
            "1 2",
            "[1}",
            "nul",
            "{\"a\":1,}",
            &deep,
        ];
        for text in wrong {
            assert!(Document::read(text).is_none(), "{text}");
        }
        let deepest = format!("{}{}", "[".repeat(128), "]".repeat(128));
        assert!(Document::read(&deepest).is_some());
    }

    #[test]
    fn shapes_and_fields_are_found() {
        let document =
            Document::read(r#"{"k":[{"a":1,"b":2},{"b":1,"a":2},{"a":3,"b":4}],"t":"\u0041"}"#)
                .unwrap();
        assert_eq!(
            document.shapes(),
            [vec!["k", "t"], vec!["a", "b"], vec!["b", "a"]]
        );
        assert_eq!(document.text_field("t").as_deref(), Some("A"));
        assert_eq!(document.text_field("k"), None);
        assert_eq!(
            Document::read(r#""{\"a\":1}""#)
                .unwrap()
                .as_string()
                .as_deref(),
            Some(r#"{"a":1}"#)
        );
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_layout_of_a_document_is_brought_back_to_the_compact_one(value in json()) {
            let compact = serde_json::to_string(&value).unwrap();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(&written(&pretty, COMPACT), &compact);
            let indented = Style { layout: Layout::Indented("  "), ..COMPACT };
            prop_assert_eq!(&written(&compact, indented), &pretty);
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "[\\[\\]{}\",:\\\\ a-f0-9.eu-]{0,40}") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(Document::read(&text).is_some());
            } else if let Some(document) = Document::read(&text) {
                document.write(&COMPACT);
            }
        }
    }
}
