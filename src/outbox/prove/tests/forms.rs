//! The forms of a report: a table for a person, JSON and JUnit for programs.

use serde_json::Value;

use super::*;
use crate::delivery::Attempt;
use crate::delivery::attempt::Response;

pub(super) fn outcome(number: u32, status: u16, body: &'static str) -> Outcome {
    Outcome {
        attempt: Attempt {
            number,
            target: "http://localhost/".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            took: Duration::from_millis(12),
            result: Ok(Response {
                status,
                headers: Vec::new(),
                body: Bytes::from_static(body.as_bytes()),
                body_cut: false,
            }),
        },
        phases: crate::net::client::Phases::default(),
        connected: true,
        fix: None,
    }
}

pub(super) fn sample() -> Report {
    let result = |name, judgement, evidence| CaseResult {
        case: CASES.iter().find(|case| case.name == name).unwrap(),
        judgement,
        evidence,
        shown: None,
        effects: None,
        fix: None,
        took: Duration::from_millis(12),
    };
    let why = "delivery 3 of 3 was answered 500 <&\">".to_owned();
    let evidence = vec![
        outcome(1, 200, "{}"),
        outcome(1, 200, "{}"),
        outcome(2, 500, "<b>\u{1b}[31m]]>\nsecond"),
    ];
    Report {
        target: "http://localhost/".to_owned(),
        seed: 3,
        results: vec![
            result("once", Judgement::Held, vec![outcome(1, 200, "{}")]),
            CaseResult {
                shown: Some(2),
                fix: Some(Fix::Own("answer <2xx>".to_owned())),
                ..result("twice", Judgement::Broken(why), evidence)
            },
            result(
                "unsigned",
                Judgement::Skipped("no secret".to_owned()),
                Vec::new(),
            ),
        ],
        common: Vec::new(),
    }
}

#[test]
fn the_table_can_be_read_by_a_person() {
    let expected = "\
ok    once                   wants 2xx  200
FAIL  twice                  wants 2xx  2 x 200, 500
      one event twice in a row: the second is a duplicate, and is taken
      delivery 3 of 3 was answered 500 <&\">
      answer: <b>\\u{1b}[31m]]>\\nsecond
      fix: answer <2xx>
skip  unsigned               wants 401
      no signature at all
      no secret
1 ok, 1 failed, 1 skipped: what was skipped is not proved";
    assert_eq!(sample().to_table(), expected);
}

#[test]
fn junit_is_escaped_and_counts() {
    let xml = sample().to_junit();
    assert!(xml.contains(r#"tests="3" failures="1" errors="0" skipped="1" time="0.036""#));
    assert!(
        xml.contains(r#"<failure message="delivery 3 of 3 was answered 500 &lt;&amp;&quot;&gt;">"#)
    );
    assert!(
        xml.contains(r"delivery 3 (attempt 2): 500 in 12 ms  &lt;b&gt;\u{1b}[31m]]&gt;"),
        "{xml}"
    );
    assert!(xml.contains("fix: answer &lt;2xx&gt;\n"), "{xml}");
    assert!(!xml.contains('\u{1b}'));
    assert!(xml.contains(r#"<skipped message="no secret"/>"#));
    assert!(xml.contains(r#"<property name="seed" value="3"/>"#));
    assert!(xml.contains(r#"<property name="effects_counted" value="false"/>"#));
}

#[test]
fn what_was_skipped_is_not_proved_and_every_form_says_so() {
    let mut report = sample();
    report.results.remove(1);
    assert!(!report.holds());
    let table = report.to_table();
    let last = table.lines().last();
    assert_eq!(
        last,
        Some("1 ok, 0 failed, 1 skipped: what was skipped is not proved")
    );
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["holds"], false);
    assert_eq!((&json["failed"], &json["skipped"]), (&0.into(), &1.into()));
    assert_eq!(json["cases"][1]["result"], "skip");
    let xml = report.to_junit();
    assert!(
        xml.contains(r#"failures="0" errors="0" skipped="1""#),
        "{xml}"
    );
    report.results.remove(1);
    assert!(report.holds());
    assert_eq!(
        report.to_table().lines().last(),
        Some("1 ok, 0 failed, 0 skipped")
    );
}

#[test]
fn json_says_the_same() {
    let json: Value = serde_json::from_str(&sample().to_json()).unwrap();
    assert_eq!(json["holds"], false);
    assert_eq!(json["seed"], 3);
    assert_eq!(json["cases"][1]["result"], "fail");
    assert_eq!(json["cases"][1]["answers"][2]["status"], 500);
    assert_eq!(json["cases"][0]["why"], Value::Null);
    assert_eq!(json["cases"][0]["fix"], Value::Null);
    assert_eq!(json["cases"][1]["fix"], "answer <2xx>");
    assert_eq!(json["cases"][1]["answer"], "<b>\\u{1b}[31m]]>\\nsecond");
    assert_eq!(json["cases"][1]["effects"], Value::Null);
    assert_eq!(json["effects_counted"], false);
}
