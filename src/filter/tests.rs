//! The language as a whole: what it means, what it refuses, and that it reads back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Defect, DeliveryId, Ending, EventIdSource, Head, Header, Outcome,
    Provider, Reason, Recognition, Reply, Request, Scheme, Settlement, Sighting, Times, Turn,
    Verdict,
};

use super::*;

const BODY: &str = r#"{"task_id":"550e8400","results":[{"email":"Ada@acme.com","score":0.90},
    {"email":null}],"total":12345678901234567890123,"a b":1,"dup":1,"dup":"two","bad":"\ud800x"}"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn arrival() -> Arrival {
    let headers = [
        Header::new("Content-Type", "application/json"),
        Header::new("X-Odd", &b"caf\xe9"[..]),
        Header::new("x-odd", "two words"),
    ];
    let head = Head::build("POST", b"/webhooks/sixtyfour?x=1", &headers).unwrap();
    Arrival {
        request: Request {
            head,
            body: Bytes::from_static(BODY.as_bytes()),
            trailers: Vec::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 53122)),
            times: Times {
                arrived: at(0),
                head: at(0),
                body: at(1),
            },
            defect: None,
        },
        recognition: Recognition {
            provider: Provider::Sixtyfour,
            event_id: Some(("6f1c0b52-3e1d".to_owned(), EventIdSource::Header)),
            event_type: Some("find_email".to_owned()),
            attempt: Some(3),
            task_id: Some("550e8400".to_owned()),
            ..Recognition::nothing()
        },
        verdict: Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch),
        sighting: Sighting {
            turn: Turn::Retry,
            arrival: 2,
            first: DeliveryId::new(7),
            conflict: true,
        },
        answer: Answer {
            reply: Reply::json(500, "{}"),
            by: AnsweredBy::Armed {
                rule: "500x3".to_owned(),
                step: 1,
                of: Some(3),
            },
        },
    }
}

fn settled(outcome: Outcome) -> Option<Settlement> {
    Some(Settlement { outcome, at: at(3) })
}

fn delivery(change: impl FnOnce(&mut Arrival)) -> Delivery {
    let mut arrival = arrival();
    change(&mut arrival);
    Delivery {
        id: DeliveryId::new(12).unwrap(),
        arrival: Arc::new(arrival),
        settlement: settled(Outcome::Answered),
        diagnosis: None,
    }
}

fn filter(text: &str) -> Filter {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether the filter matches the delivery ten minutes after it came.
fn matches(text: &str, delivery: &Delivery) -> bool {
    filter(text).matches(&Subject::new(delivery, at(600)))
}

fn all_match(texts: &[&str], delivery: &Delivery) {
    for text in texts {
        assert!(matches(text, delivery), "{text} should match");
        let negated = format!("-({text})");
        assert!(!matches(&negated, delivery), "{negated} should not match");
    }
}

fn none_match(texts: &[&str], delivery: &Delivery) {
    for text in texts {
        assert!(!matches(text, delivery), "{text} should not match");
    }
}

#[test]
fn terms_are_anded_and_a_bar_binds_less() {
    let delivery = delivery(|_| {});
    assert!(matches("", &delivery) && filter("  ").is_all());
    all_match(
        &[
            "type:find_email sig:bad",
            "type:x | sig:bad",
            "type:x sig:ok | sig:bad",
            "(type:x | sig:bad) attempt:3",
            "-type:x -sig:ok",
            "--sig:bad",
            "-(type:x | sig:ok)",
        ],
        &delivery,
    );
    none_match(
        &[
            "type:find_email sig:ok",
            "(type:x | sig:bad) attempt:4",
            "-sig:bad",
        ],
        &delivery,
    );
}

#[test]
fn texts_match_whole_or_from_their_beginning() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "type:FIND_email",
            "type:\"find_email\"",
            "type:find_*",
            "type:/mail$/",
            "id:6f1c",
            "id:6f1c…",
            "id:6f1c0b52-3e1d",
            "task:550e",
            "path:/webhooks",
            "path:/webhooks/sixtyfour",
            "path:/sixty/",
            "method:post",
            "peer:127.0.0.1",
            "provider:sixtyfour",
            "-run:*",
            "seq:12",
            "seq:10..12",
        ],
        &delivery,
    );
    none_match(
        &[
            "type:find",
            "type:\"FIND_email\"",
            "id:f1c",
            "id:\"6f1c\"",
            "path:webhooks",
            "path:/webhooks/sixtyfour?x=1",
            "run:*",
            "provider:elan",
        ],
        &delivery,
    );
}

#[test]
fn a_bare_word_is_sought_in_type_ids_path_and_status_but_not_in_contents() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "email",
            "0B52",
            "550e",
            "sixtyfour",
            "500",
            "5xx",
            "\"find_email\"",
            "*email",
            "/^find/",
        ],
        &delivery,
    );
    none_match(
        &["acme", "json", "501", "4xx", "\"find\"", "find*x"],
        &delivery,
    );
}

#[test]
fn a_hashed_event_id_is_known_by_its_digits_and_as_inferred() {
    let delivery = delivery(|arrival| {
        let id = "sha256:b1946ac9".to_owned();
        arrival.recognition.event_id = Some((id, EventIdSource::Hash));
    });
    all_match(&["id:b1946", "id:sha256:b1", "is:inferred"], &delivery);
}

#[test]
fn sizes_times_and_attempts_compare() {
    let delivery = delivery(|arrival| arrival.request.body = Bytes::from(vec![b' '; 10_000]));
    all_match(
        &[
            "attempt:>1",
            "attempt:2..6",
            "size:10k",
            "size:>9.9k",
            "size:<10KiB",
            "took:>=2s",
            "took:1.5s..2500ms",
            "age:<11m",
            "age:>=10m",
        ],
        &delivery,
    );
    none_match(
        &["attempt:1", "size:>10k", "took:>2s", "age:<10m"],
        &delivery,
    );
}

#[test]
fn our_own_count_stands_in_for_an_attempt_that_was_not_sent() {
    let delivery = delivery(|arrival| arrival.recognition.attempt = None);
    assert!(matches("attempt:2", &delivery));
}

#[test]
fn an_answer_that_is_open_has_not_taken_any_time() {
    let mut delivery = delivery(|_| {});
    delivery.settlement = None;
    none_match(&["took:>=0s"], &delivery);
}

#[test]
fn the_status_is_what_the_peer_got() {
    let mut delivery = delivery(|_| {});
    all_match(
        &[
            "status:500",
            "status:5xx",
            "status:>=400",
            "status:500..599",
        ],
        &delivery,
    );
    delivery.settlement = settled(Outcome::PeerLeft);
    all_match(&["status:t/o", "-status:500"], &delivery);
    delivery.settlement = settled(Outcome::PeerStalled);
    all_match(&["status:t/o"], &delivery);
    for outcome in [
        Outcome::Reset,
        Outcome::Closed,
        Outcome::Cut,
        Outcome::Garbage,
    ] {
        delivery.settlement = settled(outcome);
        all_match(&["status:rst", "rst", "-status:500"], &delivery);
    }
    delivery.settlement = settled(Outcome::Stopped);
    all_match(
        &["-status:500 -status:t/o -status:rst -status:held"],
        &delivery,
    );
}

#[test]
fn an_answer_is_held_until_it_is_settled_or_its_delay_is_over() {
    let mut held = delivery(|arrival| arrival.answer.reply.ending = Ending::Hold);
    assert!(matches("status:500", &held));
    held.settlement = None;
    all_match(&["status:held", "state:held"], &held);

    let mut delayed = delivery(|arrival| arrival.answer.reply.delay = Duration::from_secs(12));
    delayed.settlement = None;
    let during = Subject::new(&delayed, at(12));
    let after = Subject::new(&delayed, at(13));
    assert!(filter("status:held").matches(&during));
    assert!(filter("status:500").matches(&after));
}

#[test]
fn the_state_comes_from_the_outlook() {
    let failed = delivery(|_| {});
    let due = Outlook::Due {
        attempt: 4,
        at: at(5),
        documented: None,
        measured: false,
    };
    let late = Outlook::Late {
        attempt: 4,
        due: at(5),
    };
    let states = [
        (Some(Outlook::Delivered), "ok"),
        (Some(due), "retrying"),
        (Some(late), "late"),
        (Some(Outlook::Ended), "ended"),
        (Some(Outlook::Unknown), "unknown"),
        (None, "unknown"),
    ];
    for (outlook, word) in states {
        let subject = Subject {
            outlook: outlook.as_ref(),
            ..Subject::new(&failed, at(600))
        };
        assert!(filter(&format!("state:{word}")).matches(&subject), "{word}");
    }
    let acknowledged = delivery(|arrival| arrival.answer.reply.status = 200);
    assert!(matches("state:ok", &acknowledged));
}

#[test]
fn qualities_are_read_off_the_delivery() {
    let plain = delivery(|arrival| {
        arrival.answer.by = AnsweredBy::Default;
        arrival.sighting = Sighting::first();
    });
    all_match(
        &[
            "is:first",
            "-is:armed -is:retry -is:conflict -is:cut -is:test",
        ],
        &plain,
    );
    let retry = delivery(|arrival| arrival.request.defect = Some(Defect::BodyTooLarge));
    all_match(
        &[
            "is:armed",
            "is:retry",
            "is:conflict",
            "is:cut",
            "-is:malformed",
        ],
        &retry,
    );
    let test = delivery(|arrival| {
        arrival.recognition.event_id = Some(("evt-test-1".to_owned(), EventIdSource::Body))
    });
    all_match(&["is:test"], &test);
    let contest = delivery(|arrival| arrival.recognition.event_type = Some("contest".to_owned()));
    none_match(&["is:test", "is:marked", "is:replayed"], &contest);
    let touched = Subject {
        marked: true,
        replays: 1,
        ..Subject::new(&contest, at(0))
    };
    assert!(filter("is:marked is:replayed").matches(&touched));
}

#[test]
fn headers_match_by_any_of_their_values() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "header:content-type",
            "header:Content-Type=APPLICATION/json",
            "header:x-odd=caf*",
            "header:x-odd=\"two words\"",
            "header:x-odd=/(?-u:\\xe9)$/",
        ],
        &delivery,
    );
    none_match(
        &[
            "header:content",
            "header:content-type=application",
            "header:x-odd=two",
        ],
        &delivery,
    );
}

#[test]
fn bodies_are_searched_as_bytes() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "body:ADA@",
            "body:\"Ada@acme\"",
            "body:/em..l/",
            "body:ada*score",
            "body:/\"score\":0.9/",
        ],
        &delivery,
    );
    none_match(&["body:\"ada@acme\"", "body:score*ada"], &delivery);
    let binary = super::tests::delivery(|arrival| {
        arrival.request.body = Bytes::from_static(b"\xff\0needle\xfe");
    });
    assert!(matches("body:NEEDLE", &binary));
}

#[test]
fn a_path_into_json_finds_texts_and_numbers_as_they_were_written() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "json:.results[0].email=*@ACME.com",
            "json:.results[*].email=\"Ada@acme.com\"",
            "json:.results[1].email=null",
            "json:.results[0].score=0.90",
            "json:.results[0].score>=0.9",
            "json:.results[0].score<0.900001",
            "json:.total=12345678901234567890123",
            "json:.total>12345678901234567890122",
            "json:.[\"a b\"]=1",
            "json:.dup=1 json:.dup=two",
            "json:.bad=*x",
            "json:.results",
            "json:.*=1",
            "json:.",
        ],
        &delivery,
    );
    none_match(
        &[
            "json:.results[0].score=0.9",
            "json:.results[2]",
            "json:.results.email",
            "json:.missing",
            "json:.task_id>1",
            "json:[0]",
        ],
        &delivery,
    );
}

#[test]
fn a_body_that_is_not_json_or_very_deep_is_no_obstacle() {
    let broken = delivery(|arrival| arrival.request.body = Bytes::from_static(b"{\"a\":1"));
    none_match(&["json:.a", "json:."], &broken);
    let depth = 20_000;
    let deep = delivery(|arrival| {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        arrival.request.body = Bytes::from(text);
    });
    all_match(&["json:.a[0][0]"], &deep);
}

#[test]
fn a_filter_knows_what_it_needs() {
    for text in ["header:a", "-(a | body:b)", "json:.a", "is:test"] {
        assert!(filter(text).needs_contents(), "{text}");
    }
    assert!(!filter("a type:b sig:bad size:>1k path:/c").needs_contents());
    assert!(filter("a | -state:late").needs_outlook());
    assert!(!filter("status:held").needs_outlook());
}

#[test]
fn a_filter_in_a_fault_plan_ends_at_the_semicolon() {
    let (first, rest) = Filter::parse_prefix("type:a body:\";\" ;503@x").unwrap();
    assert_eq!(first.to_string(), "type:a body:\";\"");
    assert_eq!(rest, ";503@x");
    let error = "type:a; b".parse::<Filter>().unwrap_err();
    assert_eq!((error.at, error.column), (6, 7));
}

/// The whole of an error: column, message, fix.
fn refused(text: &str) -> (usize, String, String) {
    let error = text.parse::<Filter>().expect_err(text);
    (error.column, error.message, error.fix)
}

#[test]
fn an_error_names_the_place_and_the_fix() {
    let cases = [
        (
            "sig:bad status:9xx",
            16,
            "status:9xx is not a status",
            "use 200, 4xx, 5xx, >=400, t/o, rst or held",
        ),
        (
            "é tpye:x",
            3,
            "there is no field tpye:",
            "did you mean type:? ",
        ),
        (
            "sig:bda",
            5,
            "sig:bda is not one of its words",
            "did you mean sig:bad? ",
        ),
        ("sig:", 5, "sig: needs a value", "use ok, bad, old"),
        ("type:", 6, "type: needs a value", "write type:text"),
        (
            "attempt:x",
            9,
            "attempt:x is not a number",
            "write a number such as 3",
        ),
        (
            "attempt:5..1",
            9,
            "attempt:5..1 is empty",
            "write the smaller end first",
        ),
        (
            "size:>10q",
            7,
            "size:>10q is not a number",
            "write a size such as 512",
        ),
        (
            "age:<10",
            6,
            "age:<10 is not a number",
            "write a duration such as",
        ),
        ("age:10m", 5, "age: needs a comparison", "write age:<10m"),
        (
            "body:\"x",
            6,
            "the quote is never closed",
            "add the closing \"",
        ),
        (
            "body:/x",
            6,
            "a value that begins with / is a regular",
            "close it with /",
        ),
        (
            "body:/(/",
            6,
            "/(/ is not a regular expression: unclosed group",
            "correct it",
        ),
        ("(a b", 1, "this ( is never closed", "add the )"),
        ("a) b", 2, "a ) without its (", "remove it"),
        ("a | ", 5, "a term is missing at the end", "write a term"),
        (
            "| a",
            1,
            "a term is missing before the |",
            "write a term on both",
        ),
        (
            "()",
            2,
            "a term is missing before the )",
            "write a term between",
        ),
        (
            "a - b",
            3,
            "- stands before nothing",
            "write what must not match",
        ),
        (
            "a\"b\"",
            2,
            "a quote must begin a value",
            "put the whole value",
        ),
        ("header:", 8, "header: needs the name", "write header:name"),
        (
            "header:a/b",
            9,
            "this cannot stand in the name",
            "write header:name",
        ),
        (
            "json:a.b=1",
            6,
            "a path in JSON begins with a dot",
            "did you mean json:.a.b=1?",
        ),
        ("json:.a[x]", 8, "this bracket holds no index", "write [0]"),
        (
            "json:.a..b",
            9,
            "a key is missing here",
            "write a key after the dot",
        ),
        (
            "json:.a>x",
            9,
            "json:.a>x is not a comparison",
            "write a number as JSON does",
        ),
        (
            "json:.a!=1",
            8,
            "this cannot stand in a path",
            "write =value",
        ),
        (
            "provider:elam",
            10,
            "provider:elam is not a provider",
            "did you mean provider:elan?",
        ),
    ];
    for (text, column, message, fix) in cases {
        let (place, what, how) = refused(text);
        assert_eq!(place, column, "{text}: {what}");
        assert!(what.starts_with(message), "{text}: {what}");
        assert!(how.starts_with(fix), "{text}: {how}");
    }
}

#[test]
fn what_could_exhaust_memory_or_stack_is_refused() {
    let deep = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    assert!(refused(&deep).1.starts_with("nested deeper"));
    assert!(refused(&"-".repeat(5000)).1.starts_with("nested deeper"));
    assert!(
        refused(&"a ".repeat(5000))
            .1
            .starts_with("a filter has at most")
    );
    assert!(
        refused(&"/a/ ".repeat(17))
            .1
            .starts_with("more than 16 regular")
    );
    assert!(
        refused(&format!("json:{}", ".a".repeat(65)))
            .1
            .starts_with("a path of more")
    );
    assert!(
        refused(r"/(\w{200}){200}/")
            .1
            .ends_with("too large when compiled")
    );
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
        "[a-z\"\\\\ ;|()*/\u{0}-\u{1f}é]{0,6}".prop_map(|text| format!("{:?}", Raw(&text))),
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

/// Prints in the quotes of the language.
struct Raw<'a>(&'a str);

impl std::fmt::Debug for Raw<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Pattern::Exact(self.0.to_owned()).fmt(formatter)
    }
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
