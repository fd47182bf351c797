//! The spellings of JSON that senders and middleware use, as data.

use super::json::numbers::Numbers;
use super::json::strings::{
    self, DOTNET, Escapes, GSON, HTML, MINIMAL, PHP, PHP_SLASHES, PHP_UNICODE, PYTHON_ASCII,
};
use super::json::{Arrange, Document, Layout, Look, Style};
use super::orders::{self, Sorted};

/// One way to serialise JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The name of the finding.
    pub(super) name: &'static str,
    /// What it is, after "as".
    pub(super) what: &'static str,
    layout: Layout,
    escapes: Option<&'static Escapes>,
    numbers: Numbers,
    sorted: Option<Sorted>,
    /// What follows the last bracket.
    ending: &'static str,
}

const COMPACT: Dialect = Dialect {
    name: "body_compact_json",
    what: "compact JSON (no blanks between tokens)",
    layout: Layout::Compact,
    escapes: None,
    numbers: Numbers::AsReceived,
    sorted: None,
    ending: "",
};

const PYTHON: Dialect = Dialect {
    name: "body_python_json",
    what: "Python's json.dumps writes it (blanks after separators, non-ASCII escaped)",
    layout: Layout::Spaced,
    escapes: Some(&PYTHON_ASCII),
    numbers: Numbers::Python,
    ..COMPACT
};

const GO: Dialect = Dialect {
    name: "body_go_json",
    what: "Go's encoding/json writes it (compact; <, > and & escaped)",
    escapes: Some(&HTML),
    numbers: Numbers::Go,
    ..COMPACT
};

const PHP_JSON: Dialect = Dialect {
    name: "body_php_json",
    what: "PHP's json_encode writes it (compact; slashes and non-ASCII escaped)",
    escapes: Some(&PHP),
    numbers: Numbers::Php,
    ..COMPACT
};

const PRETTY_2: Dialect = Dialect {
    name: "body_pretty_2",
    what: "JSON indented by two spaces",
    layout: Layout::Indented("  "),
    ..COMPACT
};

const PRETTY_4: Dialect = Dialect {
    name: "body_pretty_4",
    what: "JSON indented by four spaces",
    layout: Layout::Indented("    "),
    ..COMPACT
};

const SPACED: Dialect = Dialect {
    name: "body_spaced_json",
    what: "JSON with a blank after each comma and colon",
    layout: Layout::Spaced,
    ..COMPACT
};

/// Every spelling that is tried, the likeliest first.
pub(super) const DIALECTS: [Dialect; 31] = [
    COMPACT,
    SPACED,
    PYTHON,
    Dialect {
        name: "body_python_json_unicode",
        what: "Python's json.dumps(ensure_ascii=False) writes it",
        escapes: Some(&MINIMAL),
        ..PYTHON
    },
    Dialect {
        name: "body_javascript_json",
        what: "JavaScript's JSON.stringify writes it",
        escapes: Some(&MINIMAL),
        numbers: Numbers::JavaScript,
        sorted: Some(Sorted::IntegersFirst),
        ..COMPACT
    },
    PRETTY_2,
    Dialect {
        name: "body_python_compact_json",
        what: "Python's json.dumps(separators=(',', ':')) writes it",
        layout: Layout::Compact,
        ..PYTHON
    },
    Dialect {
        name: "body_python_compact_json_unicode",
        what: "Python's json.dumps(separators=(',', ':'), ensure_ascii=False) writes it",
        layout: Layout::Compact,
        escapes: Some(&MINIMAL),
        ..PYTHON
    },
    PRETTY_4,
    Dialect {
        name: "body_compact_json_newline",
        what: "compact JSON with a final newline",
        ending: "\n",
        ..COMPACT
    },
    Dialect {
        name: "body_keys_sorted",
        what: "compact JSON with sorted keys",
        sorted: Some(Sorted::Sorted),
        ..COMPACT
    },
    Dialect {
        name: "body_keys_sorted_spaced",
        what: "JSON with sorted keys and a blank after each comma and colon",
        sorted: Some(Sorted::Sorted),
        ..SPACED
    },
    GO,
    Dialect {
        name: "body_go_json_newline",
        what: "Go's json.Encoder writes it (with a final newline)",
        ending: "\n",
        ..GO
    },
    Dialect {
        name: "body_go_map_json",
        what: "Go writes a map (keys sorted; <, > and & escaped)",
        sorted: Some(Sorted::Sorted),
        ..GO
    },
    PHP_JSON,
    Dialect {
        name: "body_php_json_unescaped_slashes",
        what: "PHP's json_encode writes it with JSON_UNESCAPED_SLASHES",
        escapes: Some(&PHP_SLASHES),
        ..PHP_JSON
    },
    Dialect {
        name: "body_php_json_unescaped_unicode",
        what: "PHP's json_encode writes it with JSON_UNESCAPED_UNICODE",
        escapes: Some(&PHP_UNICODE),
        ..PHP_JSON
    },
    Dialect {
        name: "body_php_json_unescaped",
        what: "PHP's json_encode writes it with JSON_UNESCAPED_SLASHES and JSON_UNESCAPED_UNICODE",
        escapes: Some(&strings::PHP_BOTH),
        ..PHP_JSON
    },
    Dialect {
        name: "body_dotnet_json",
        what: ".NET's System.Text.Json writes it (HTML characters and non-ASCII escaped)",
        escapes: Some(&DOTNET),
        ..COMPACT
    },
    Dialect {
        name: "body_gson_json",
        what: "Java's Gson writes it (HTML characters escaped)",
        escapes: Some(&GSON),
        ..COMPACT
    },
    Dialect {
        name: "body_javascript_pretty_2",
        what: "JavaScript's JSON.stringify(value, null, 2) writes it",
        escapes: Some(&MINIMAL),
        numbers: Numbers::JavaScript,
        sorted: Some(Sorted::IntegersFirst),
        ..PRETTY_2
    },
    Dialect {
        name: "body_python_pretty_2",
        what: "Python's json.dumps(indent=2) writes it",
        layout: Layout::Indented("  "),
        ..PYTHON
    },
    Dialect {
        name: "body_python_pretty_4",
        what: "Python's json.dumps(indent=4) writes it",
        layout: Layout::Indented("    "),
        ..PYTHON
    },
    Dialect {
        name: "body_python_pretty_2_unicode",
        what: "Python's json.dumps(indent=2, ensure_ascii=False) writes it",
        layout: Layout::Indented("  "),
        escapes: Some(&MINIMAL),
        ..PYTHON
    },
    Dialect {
        name: "body_python_pretty_4_unicode",
        what: "Python's json.dumps(indent=4, ensure_ascii=False) writes it",
        layout: Layout::Indented("    "),
        escapes: Some(&MINIMAL),
        ..PYTHON
    },
    Dialect {
        name: "body_php_pretty",
        what: "PHP's json_encode writes it with JSON_PRETTY_PRINT",
        layout: Layout::Indented("    "),
        ..PHP_JSON
    },
    Dialect {
        name: "body_pretty_tab",
        what: "JSON indented by tabs",
        layout: Layout::Indented("\t"),
        ..COMPACT
    },
    Dialect {
        name: "body_pretty_2_newline",
        what: "JSON indented by two spaces, with a final newline",
        ending: "\n",
        ..PRETTY_2
    },
    Dialect {
        name: "body_keys_sorted_python",
        what: "Python's json.dumps(sort_keys=True) writes it",
        sorted: Some(Sorted::Sorted),
        ..PYTHON
    },
    Dialect {
        name: "body_keys_sorted_pretty_2",
        what: "JSON with sorted keys, indented by two spaces",
        sorted: Some(Sorted::Sorted),
        ..PRETTY_2
    },
];

/// The spellings tried with each other order of keys.
pub(super) const REORDERED: [&Dialect; 4] = [&COMPACT, &SPACED, &PYTHON, &PRETTY_2];

/// What of a dialect makes a difference to one document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Effect {
    layout: Layout,
    escapes: Option<&'static Escapes>,
    numbers: Numbers,
    sorted: Option<Sorted>,
    ending: &'static str,
}

impl Effect {
    /// The effect that leaves a compact document as it came.
    pub(super) fn none(document: &Document<'_>) -> Option<Self> {
        (document.look()? == Look::Compact).then_some(Self {
            layout: Layout::Compact,
            escapes: None,
            numbers: Numbers::AsReceived,
            sorted: None,
            ending: "",
        })
    }
}

impl Dialect {
    /// Whether it changes the blanks alone: lexemes, escapes and the order stay as they came.
    pub(super) fn only_lays_out(&self) -> bool {
        self.escapes.is_none() && self.numbers == Numbers::AsReceived && self.sorted.is_none()
    }

    /// What it would do to a document. Two dialects with one effect write the same bytes.
    pub(super) fn effect(&self, document: &Document<'_>) -> Effect {
        let changes = |escapes: &&'static Escapes| !document.is_unchanged_by(escapes);
        Effect {
            layout: self.layout,
            escapes: self.escapes.filter(changes),
            numbers: if document.has_plain_numbers() {
                Numbers::AsReceived
            } else {
                self.numbers
            },
            sorted: self.order_of(document),
            ending: self.ending,
        }
    }

    fn order_of(&self, document: &Document<'_>) -> Option<Sorted> {
        self.sorted
            .filter(|sorted| *sorted == Sorted::Sorted || document.has_numeric_keys())
    }

    /// The document in this spelling.
    pub(super) fn write(&self, document: &Document<'_>) -> Vec<u8> {
        match self.order_of(document) {
            Some(sorted) => self.write_in_order(document, Some(&|keys| orders::sort(sorted, keys))),
            None => self.write_in_order(document, None),
        }
    }

    /// The document in this spelling, its members in another order.
    pub(super) fn write_in_order(
        &self,
        document: &Document<'_>,
        arrange: Option<&Arrange<'_>>,
    ) -> Vec<u8> {
        let mut written = document.write(&Style {
            layout: self.layout,
            escapes: self.escapes,
            numbers: self.numbers,
            arrange,
        });
        written.extend_from_slice(self.ending.as_bytes());
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> String {
        let dialect = DIALECTS
            .iter()
            .find(|dialect| dialect.name == name)
            .unwrap();
        String::from_utf8(dialect.write(&Document::read(text).unwrap())).unwrap()
    }

    #[test]
    fn each_spelling_is_what_its_runtime_writes() {
        let text = r#"{"url":"https://x/<é>", "n":1.0, "2":[], "1":{"b":1E5,"a":null}}"#;
        let table = [
            (
                "body_compact_json",
                r#"{"url":"https://x/<é>","n":1.0,"2":[],"1":{"b":1E5,"a":null}}"#,
            ),
            (
                "body_python_json",
                r#"{"url": "https://x/<\u00e9>", "n": 1.0, "2": [], "1": {"b": 100000.0, "a": null}}"#,
            ),
            (
                "body_python_json_unicode",
                r#"{"url": "https://x/<é>", "n": 1.0, "2": [], "1": {"b": 100000.0, "a": null}}"#,
            ),
            (
                "body_python_compact_json",
                r#"{"url":"https://x/<\u00e9>","n":1.0,"2":[],"1":{"b":100000.0,"a":null}}"#,
            ),
            (
                "body_javascript_json",
                r#"{"1":{"b":100000,"a":null},"2":[],"url":"https://x/<é>","n":1}"#,
            ),
            (
                "body_go_json",
                r#"{"url":"https://x/\u003cé\u003e","n":1,"2":[],"1":{"b":100000,"a":null}}"#,
            ),
            (
                "body_go_map_json",
                r#"{"1":{"a":null,"b":100000},"2":[],"n":1,"url":"https://x/\u003cé\u003e"}"#,
            ),
            (
                "body_php_json",
                r#"{"url":"https:\/\/x\/<\u00e9>","n":1,"2":[],"1":{"b":100000,"a":null}}"#,
            ),
            (
                "body_php_json_unescaped",
                r#"{"url":"https://x/<é>","n":1,"2":[],"1":{"b":100000,"a":null}}"#,
            ),
            (
                "body_dotnet_json",
                r#"{"url":"https://x/\u003C\u00E9\u003E","n":1.0,"2":[],"1":{"b":1E5,"a":null}}"#,
            ),
            (
                "body_keys_sorted_spaced",
                r#"{"1": {"a": null, "b": 1E5}, "2": [], "n": 1.0, "url": "https://x/<é>"}"#,
            ),
        ];
        for (name, expected) in table {
            assert_eq!(written(name, text), expected, "{name}");
        }
        assert_eq!(written("body_go_json_newline", "[ 1 ]"), "[1]\n");
        assert_eq!(written("body_pretty_tab", "[ 1 ]"), "[\n\t1\n]");
    }

    #[test]
    fn dialects_of_one_effect_write_the_same_bytes() {
        let texts = [
            r#"{"a":[1,"x"],"b":"é"}"#,
            r#"{"b":"a/b","a":[1.5,"\u0041"]}"#,
            r#"{"b":"\u2028<&'\"","1":-0}"#,
            "{\"b\":\"\u{2028}+`=\",\"a\":1234567890123456789}",
        ];
        for text in texts {
            let document = Document::read(text).unwrap();
            for one in &DIALECTS {
                for other in &DIALECTS {
                    if one.effect(&document) == other.effect(&document) {
                        let both = (one.write(&document), other.write(&document));
                        assert_eq!(both.0, both.1, "{} {} {text}", one.name, other.name);
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_told_apart() {
        let mut names: Vec<_> = DIALECTS.iter().map(|dialect| dialect.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DIALECTS.len());
    }
}
