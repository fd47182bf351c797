use std::time::Duration;

use proptest::prelude::*;

use super::super::answer::Argument;
use super::super::span::Span;
use super::*;

fn parsed(text: &str) -> Plan {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn error(text: &str) -> PlanError {
    match text.parse::<Plan>() {
        Ok(plan) => panic!("{text} is read as {plan}"),
        Err(error) => error,
    }
}

#[test]
fn plans_read_back_to_the_text_they_were_typed_as() {
    for text in [
        "500",
        "500x3",
        "503,503,hang,ok",
        "each:500x3",
        "always:reset@type:find_email",
        "30%:500",
        "429(retry-after=30)x2;each:delay(12s)@type:find_phone",
        "500(after=2s body=no retry-after=30 location=/x)",
        "503(body=\"not now\")",
        "503(body=\"\")",
        "503(body={\"error\":\"x;y,z@\"})",
        "200(content-type=text/html body=\"<p>\\\"a\\\"\\n)\")",
        "after-forward:500",
        "after-forward:each:500x2@path:/a",
        "delay(1.5m 503)",
        "drip(250ms)x1000000",
        "hold,close,cut,garbage,resetx2",
        "500@body:\"a;b\";reset@type:/a;b/",
        "100%:ok",
    ] {
        assert_eq!(parsed(text).to_string(), text);
    }
}

#[test]
fn what_may_be_left_out_is_left_out_when_printed() {
    for (text, printed) in [
        ("next:500", "500"),
        ("500x1", "500"),
        ("delay(12s 200)", "delay(12s)"),
        (" 500 x3 , 503 ; reset ", "500x3,503;reset"),
        ("after-forward: next: hang", "after-forward:hang"),
        ("500( after=2s  body=a )", "500(after=2s body=a)"),
        ("503(body=\"no\")", "503(body=no)"),
        ("500 @ type:a  sig:bad ; 503", "500@type:a sig:bad;503"),
        ("delay( 2s )", "delay(2s)"),
    ] {
        assert_eq!(parsed(text).to_string(), printed);
    }
}

#[test]
fn a_plan_is_what_it_says() {
    let plan = parsed("500(after=2s)x3,hang;25%:reset@sig:bad");
    let [first, second] = &plan.rules[..] else {
        panic!("two rules")
    };
    assert_eq!((first.how, first.length()), (How::Next, 4));
    let after = Argument::After(Span::read("2s").unwrap());
    assert_eq!(after.wait(), Some(Duration::from_secs(2)));
    assert_eq!(first.steps[0].fault, Fault::Status(500, vec![after]));
    assert_eq!(second.how, How::Percent(25));
    assert_eq!(second.scope, "sig:bad".parse().unwrap());
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (text, at, message) in [
        ("", 0, "an answer is missing at the end"),
        ("500,", 4, "an answer is missing at the end"),
        ("500;;503", 4, "an answer is missing before ;"),
        ("500,,503", 4, "an answer is missing before ,"),
        ("500*3", 3, "* cannot stand here"),
        ("é", 0, "an answer is missing before é"),
        ("199", 0, "199 is not a status from 200 to 599"),
        ("600", 0, "600 is not a status from 200 to 599"),
        ("5xx", 0, "5 is not a status from 200 to 599"),
        ("0500", 0, "0500 is not a status from 200 to 599"),
        ("500x0", 4, "x0 is not a count from 1 to 1000000"),
        ("500x", 4, "a count is missing after the x"),
        (
            "500x1000001",
            4,
            "x1000001 is not a count from 1 to 1000000",
        ),
        ("rst", 0, "there is no answer rst"),
        ("every:500", 0, "every: does not say which deliveries"),
        ("0%:500", 0, "0% is not a whole number from 1% to 100%"),
        ("101%:500", 0, "101% is not a whole number from 1% to 100%"),
        ("+5%:500", 0, "an answer is missing before +"),
        ("30%500", 3, "a : is missing after the %"),
        (
            "each:after-forward:500",
            5,
            "after-forward: stands before everything else",
        ),
        ("delay", 5, "a time in parentheses is missing"),
        ("delay()", 6, "a time is missing"),
        ("delay(12)", 6, "12 is not a time"),
        ("delay(2h)", 6, "2h is longer than an hour"),
        ("delay(0.1ms)", 6, "0.1ms is finer than a millisecond"),
        ("delay(2s 99)", 9, "99 is not a status from 200 to 599"),
        ("delay(2s 500 1)", 13, "1 cannot stand here"),
        ("delay(2s", 5, "this ( is never closed"),
        ("500(", 3, "this ( is never closed"),
        ("500()", 3, "nothing stands between the parentheses"),
        ("500(2s)", 4, "a key and its value are missing"),
        ("500(afer=2s)", 4, "afer= is not known"),
        ("500(after=2s after=3s)", 13, "this is said already"),
        ("204(body=x)", 4, "an answer with status 204 has no body"),
        ("500(body=)", 9, "body= needs a value"),
        ("500(body=\"a)", 9, "the quote is never closed"),
        ("500(body=\"a\"b)", 12, "a quote must end the value"),
        (
            "500(body=\"\\x\")",
            9,
            "the text in quotes is not a JSON string",
        ),
        (
            "500(content-length=3)",
            4,
            "content-length belongs to the connection and is set by itself",
        ),
        (
            "500(x-a=\"b\\r\\nc: d\")",
            8,
            "a header cannot hold a line break or another control character",
        ),
        (
            "hang(2s)",
            4,
            "only a status, delay and drip have parentheses",
        ),
        ("500@", 4, "a scope is missing"),
        ("500@;503", 4, "a scope is missing"),
        ("500@colour:red", 4, "there is no field colour:"),
        ("500;503@type:", 13, "type: needs a value"),
        (
            "500@type:a status:5xx",
            4,
            "status: is not known yet when the answer is chosen",
        ),
        (
            "500@-is:armed",
            4,
            "is:marked, replayed or armed is not known yet when the answer is chosen",
        ),
    ] {
        let error = error(text);
        assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
        assert!(!error.fix.is_empty());
    }
}

#[test]
fn a_plain_slip_is_answered_with_the_plan_that_was_meant() {
    for (text, meant) in [
        ("500*3", Some("500x3")),
        ("500 × 3", Some("500x3")),
        ("500X3;evry:503", None),
        ("Reset", Some("reset")),
        ("rset*2", Some("resetx2")),
        ("eahc:500*3", Some("each:500x3")),
        ("30%500", Some("30%:500")),
        ("delay(12)", Some("delay(12s)")),
        ("500(afer=2)", Some("500(after=2s)")),
        ("500()x2", Some("500x2")),
        ("teapot", None),
        ("600", None),
    ] {
        assert_eq!(error(text).suggestion.as_deref(), meant, "{text}");
    }
}

#[test]
fn a_column_counts_characters() {
    let error = error("500(body=é) y");
    assert_eq!((error.at, error.column), (13, 13));
    assert_eq!(error.to_string(), "y cannot stand here (at column 13)");
}

#[test]
fn what_is_too_much_is_refused() {
    let many_rules = vec!["500"; MAX_RULES + 1].join(";");
    let many_steps = vec!["500"; MAX_STEPS + 1].join(",");
    let long = format!("500(body={})", "x".repeat(MAX_LENGTH));
    for text in [many_rules, many_steps, long] {
        assert!(error(&text).message.contains("at most"));
    }
}

fn a_span() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..3_600_000).prop_map(|count| format!("{count}ms")),
        (0_u32..3_600).prop_map(|count| format!("{count}s")),
        (0_u32..36_000).prop_map(|tenths| format!("{}.{}s", tenths / 10, tenths % 10)),
        (0_u32..60).prop_map(|count| format!("{count}m")),
    ]
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn an_argument() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["retry-after", "location", "X-Env", "content-type"]);
    (key, "[ -~é]*").prop_map(|(key, value)| format!("{key}={}", quoted(&value)))
}

fn an_answer() -> impl Strategy<Value = String> {
    let words = vec!["hang", "hold", "reset", "close", "cut", "garbage", "ok"];
    let extras = (
        prop::option::of(a_span()),
        prop::option::of(any::<String>()),
        prop::collection::vec(an_argument(), 0..3),
    );
    prop_oneof![
        prop::sample::select(words).prop_map(str::to_owned),
        (200_u16..600).prop_map(|status| status.to_string()),
        (a_span(), 200_u16..600).prop_map(|(span, status)| format!("delay({span} {status})")),
        a_span().prop_map(|span| format!("drip({span})")),
        (206_u16..304, extras).prop_map(|(status, (after, body, mut arguments))| {
            arguments.extend(after.map(|after| format!("after={after}")));
            arguments.extend(body.map(|body| format!("body={}", quoted(&body))));
            match arguments.is_empty() {
                true => status.to_string(),
                false => format!("{status}({})", arguments.join(" ")),
            }
        }),
    ]
}

fn a_rule() -> impl Strategy<Value = String> {
    let hows = vec![
        "",
        "next:",
        "each:",
        "always:",
        "1%:",
        "100%:",
        "after-forward:each:",
    ];
    let scopes = vec![
        "",
        "@type:find_email",
        "@sig:bad | -body:\"a;b\"",
        "@type:/x;[;]/",
    ];
    let step = (an_answer(), 1_u32..1_000).prop_map(|(answer, count)| format!("{answer}x{count}"));
    (
        prop::sample::select(hows),
        prop::collection::vec(step, 1..5),
        prop::sample::select(scopes),
    )
        .prop_map(|(how, steps, scope)| format!("{how}{}{scope}", steps.join(",")))
}

proptest! {
    #[test]
    fn every_plan_reads_back_as_it_is_printed(rules in prop::collection::vec(a_rule(), 1..4)) {
        let text = rules.join(";");
        if text.len() <= MAX_LENGTH {
            let plan = parsed(&text);
            let printed = plan.to_string();
            prop_assert_eq!(&parsed(&printed), &plan);
            prop_assert_eq!(parsed(&printed).to_string(), printed);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic_and_every_place_is_in_the_text(text in ".*") {
        if let Err(error) = text.parse::<Plan>() {
            prop_assert!(text.is_char_boundary(error.at));
        }
    }

    #[test]
    fn no_damaged_plan_makes_the_parser_panic(
        rule in a_rule(),
        at in any::<prop::sample::Index>(),
        inserted in "[(){}\"\\\\@;:,x%* é\u{202e}]{0,2}",
    ) {
        let places: Vec<_> = rule.char_indices().map(|(place, _)| place).collect();
        let (before, after) = rule.split_at(places[at.index(places.len())]);
        let damaged = format!("{before}{inserted}{}", after.get(1..).unwrap_or_default());
        let suggestion = damaged.parse::<Plan>().err().and_then(|error| error.suggestion);
        if let Some(meant) = suggestion {
            prop_assert_eq!(parsed(&meant).to_string(), meant);
        }
    }
}
