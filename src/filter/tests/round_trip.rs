//! A printed filter is the same filter, and no text does harm.

use proptest::prelude::*;

use super::{at, delivery, filter};
use crate::filter::{Filter, FilterError, Pattern, Subject};

#[test]
fn a_filter_in_a_fault_plan_ends_at_the_semicolon() {
    let (first, rest) = Filter::parse_prefix("type:a body:\";\" ;503@x").unwrap();
    assert_eq!(first.to_string(), "type:a body:\";\"");
    assert_eq!(rest, ";503@x");
    let error = "type:a; b".parse::<Filter>().unwrap_err();
    assert_eq!((error.at, error.column), (6, 7));
}

#[test]
fn a_filter_prints_in_one_form() {
    let cases = [
        ("  a   b ", "a b"),
        ("(a b) c", "a b c"),
        ("a | (b | c)", "a | b | c"),
        ("(a|b) c", "(a | b) c"),
        ("((a))", "a"),
        ("-(a)", "-a"),
        ("-(a b)", "-(a b)"),
        ("TYPE:Find", "type:Find"),
        ("sig:INVALID", "sig:invalid"),
        ("sig:-", "sig:none"),
        ("status:5XX", "status:5xx"),
        ("status:T/O", "status:t/o"),
        ("size:1024", "size:1KiB"),
        ("size:2000B", "size:2k"),
        ("age:<600s", "age:<10m"),
        ("attempt:3..", "attempt:>=3"),
        ("id:6f**1c…", "id:6f*1c*"),
        ("header:X-Y=\"a\\\"b\\\\\"", "header:x-y=\"a\\\"b\\\\\""),
        ("json:[0].*[\"a\"][\"b c\"]=x", "json:.[0][*].a[\"b c\"]=x"),
        ("body:/a b\\/c/", "body:/a b\\/c/"),
    ];
    for (text, printed) in cases {
        assert_eq!(filter(text).to_string(), printed);
    }
}

/// Texts that are filters more often than not.
fn filter_text() -> impl Strategy<Value = String> {
    let word = "[a-zA-Z0-9_.*…:/éß@<>=%-]{1,6}";
    let value = prop_oneof![
        word.prop_map(String::from),
        "[a-z\"\\\\ ;|()*/\u{0}-\u{1f}é]{0,6}".prop_map(|text| Pattern::Exact(text).to_string()),
        "[a-z.^$é]{1,5}".prop_map(|source| format!("/{source}/")),
        Just(r"/a\/(b|c d)[/]?/".to_owned()),
    ];
    let bounds = |unit: &'static str| {
        let number = (0u32..100_000).prop_map(move |number| format!("{number}{unit}"));
        (
            prop::sample::select(vec![">", ">=", "<", "<=", "..", ""]),
            number,
        )
            .prop_map(|(operator, number)| format!("{operator}{number}"))
    };
    let any_bounds = prop_oneof![bounds(""), bounds("k"), bounds("ms"), bounds("min")];
    let text_field = prop::sample::select(vec![
        "type", "ID", "task", "run", "path", "method", "peer", "body",
    ]);
    let number_field =
        prop::sample::select(vec!["seq", "attempt", "size", "took", "age", "status"]);
    let steps = prop::collection::vec(
        prop_oneof![
            "\\.[a-zé_]{1,3}",
            "\\[[0-9]{1,2}\\]",
            Just("[*]".to_owned()),
            Just("[\"a \\\"]\"]".to_owned())
        ],
        1..4,
    );
    let term = prop_oneof![
        value.clone(),
        (text_field, value.clone()).prop_map(|(field, value)| format!("{field}:{value}")),
        (number_field, any_bounds).prop_map(|(field, bounds)| format!("{field}:{bounds}")),
        prop::sample::select(vec![
            "sig:ok",
            "sig:-",
            "state:late",
            "is:cut",
            "status:t/o",
            "status:5xx",
            "provider:elan"
        ])
        .prop_map(str::to_owned),
        ("[a-zA-Z-]{1,4}", prop::option::of(value.clone())).prop_map(|(name, value)| format!(
            "header:{name}{}",
            value.map_or_else(String::new, |value| format!("={value}"))
        )),
        (steps, prop::option::of(value)).prop_map(|(steps, value)| {
            format!(
                "json:{}{}",
                steps.concat(),
                value.map_or_else(String::new, |value| format!("={value}"))
            )
        }),
        Just("json:.a>=1.50e3".to_owned()),
    ];
    term.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("-{inner}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|members| members.join(" ")),
            prop::collection::vec(inner, 1..4).prop_map(|members| members.join("|")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_printed_parses_to_the_same_filter(text in filter_text()) {
        if let Ok(filter) = text.parse::<Filter>() {
            let printed = filter.to_string();
            let again: Filter = printed.parse().map_err(|error: FilterError| {
                TestCaseError::fail(format!("{text:?} printed as {printed:?}: {error}"))
            })?;
            prop_assert_eq!(&again, &filter, "{:?} printed as {:?}", text, printed);
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn no_text_panics_and_an_error_points_into_it(text in prop_oneof![
        any::<String>(),
        filter_text(),
        "[a-z:()|\"/\\-.*;=<>\\[\\]… 0-9]{0,24}",
        (filter_text(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(text, index, character)| {
            let mut characters: Vec<char> = text.chars().collect();
            let at = index.index(characters.len() + 1);
            characters.insert(at, character);
            characters.into_iter().collect()
        }),
    ]) {
        let subject = delivery(|_| {});
        match text.parse::<Filter>() {
            Ok(filter) => {
                let _ = filter.matches(&Subject::new(&subject, at(0)));
            }
            Err(error) => {
                prop_assert!(text.is_char_boundary(error.at));
                prop_assert!(!error.fix.is_empty() && !error.message.is_empty());
            }
        }
        for completion in Filter::completions(&text) {
            prop_assert!(text.is_char_boundary(completion.from));
        }
    }
}

#[test]
fn most_generated_texts_are_filters() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = filter_text();
    let good = (0..400)
        .filter(|_| {
            let tree = strategy.new_tree(&mut runner);
            tree.is_ok_and(|tree| tree.current().parse::<Filter>().is_ok())
        })
        .count();
    assert!(good > 150, "only {good} of 400");
}
