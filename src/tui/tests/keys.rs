//! What only the keys can tell of a signature: what was expected, what was tried in vain, and other
//! keys.

use crate::delivery::{Confidence, Delivery, Diagnosis, Finding, Header, Reason, Scheme, Verdict};
use crate::signature::{Secret, expected, sign};
use crate::tui::effect::{Effect, Input};
use crate::tui::fixture::{Made, id};
use crate::tui::keyed::{Expected, Insight, Trial, Tried};
use crate::tui::rig::{Rig, quiet};
use crate::tui::world::Trouble;

const SECRET: &str = "sk_whsec_a secret of some length 5aea";

fn bad() -> Made {
    let mut made = Made::new(1, "13:48:40.211", "enrich_lead", "9e21f7b4-1b6f");
    made.reason = Reason::SignatureMismatch;
    made.diagnosis = Some(Diagnosis {
        findings: Vec::new(),
        tried: 412,
        not_tried: None,
    });
    made
}

fn rig(made: Made) -> Rig {
    Rig::new((120, 36), "14:02:08", &[made], quiet())
}

/// What whoever has the key finds out about a delivery.
fn insight(delivery: &Delivery) -> Insight {
    let request = delivery.request();
    Insight {
        expected: vec![Expected {
            key: "5aea".to_owned(),
            digest: expected(
                &request.head,
                &request.body,
                Scheme::Sixtyfour,
                &Secret::new(SECRET),
            )
            .unwrap(),
        }],
        ruled_out: vec![
            "a final newline were dropped or added",
            "t were in milliseconds",
        ],
    }
}

fn whole(delivery: &Delivery) -> String {
    let request = delivery.request();
    let at = request.times.arrived.as_second();
    let header: Header = sign(Scheme::Sixtyfour, &[Secret::new(SECRET)], at, &request.body);
    let value = String::from_utf8(header.value.to_vec()).unwrap();
    value.rsplit('=').next().unwrap().to_owned()
}

#[test]
fn a_mismatch_is_looked_into_once_when_somebody_wants_to_know() {
    let mut rig = rig(bad());
    assert!(rig.asked.is_empty(), "{:?}", rig.asked);
    rig.press("4<tab>jk4");
    let asked = Effect::Inspect {
        id: id(1),
        beside: Vec::new(),
    };
    assert_eq!(rig.asked, [asked]);
}

#[test]
fn a_signature_that_holds_is_not_looked_into() {
    let mut rig = rig(Made::new(1, "13:48:40.211", "enrich_lead", "9e21f7b4"));
    rig.press("4");
    assert!(rig.asked.is_empty(), "{:?}", rig.asked);
}

#[test]
fn the_expected_digest_is_shown_beside_the_received_one_and_never_whole() {
    let mut rig = rig(bad());
    rig.press("4");
    let delivery = bad().build();
    let right = whole(&delivery);
    rig.input(Input::Inspected(id(1), insight(&delivery)));
    rig.shows(&format!(
        "Expected  {}…{}   (key …5aea)",
        &right[..16],
        &right[57..]
    ));
    rig.shows("Received  5a4c34c35a4c34c3…a4c34c3");
    rig.hides(&right[..17]);
}

#[test]
fn a_digest_that_holds_is_shown_at_a_glance_only() {
    let mut rig = rig(Made::new(1, "13:48:40.211", "enrich_lead", "9e21f7b4"));
    rig.press("4");
    rig.shows("Digest    5a4c34c35a4c34c3…a4c34c3");
    rig.hides(&"5a4c34c3".repeat(3));
}

#[test]
fn what_was_tried_in_vain_is_listed() {
    let mut rig = rig(bad());
    rig.press("4");
    rig.shows("no   412 combinations were tried, none matches");
    rig.input(Input::Inspected(id(1), insight(&bad().build())));
    rig.shows("no   a final newline were dropped or added");
    rig.shows("no   t were in milliseconds");
}

#[test]
fn what_was_found_about_another_delivery_is_not_shown() {
    let mut rig = rig(bad());
    rig.press("4");
    rig.input(Input::Inspected(id(7), insight(&bad().build())));
    rig.hides("Expected");
}

#[test]
fn a_key_from_a_file_is_tried_on_the_selected_delivery() {
    let file = Effect::TryKey {
        id: id(1),
        trial: Trial::File("keys/other key".into()),
    };
    let mut rig = rig(bad());
    rig.press(":try-key<enter>");
    rig.shows("key file> |");
    rig.press("keys/other key<enter>");
    assert_eq!(rig.asked, std::slice::from_ref(&file));
    // Or at once.
    rig.press(":try-key keys/other key<enter>");
    assert_eq!(rig.asked, [file.clone(), file]);
}

#[test]
fn a_typed_key_is_not_drawn_and_not_printed() {
    let mut rig = rig(bad());
    rig.press(":try-key<enter>/tmp<tab>");
    rig.input(Input::Paste(format!("{SECRET}\r\n")));
    rig.shows(&format!("key> {}|", "*".repeat(SECRET.len())));
    rig.hides("whsec");
    assert!(!format!("{:?}", rig.app.layers).contains("whsec"));
    rig.press("<enter>");
    let typed = Effect::TryKey {
        id: id(1),
        trial: Trial::Typed(Secret::new(SECRET)),
    };
    assert_eq!(rig.asked, [typed]);
    assert!(!format!("{:?}", rig.asked).contains("whsec"));
}

#[test]
fn what_a_key_says_is_told_and_changes_no_verdict() {
    let mut rig = rig(bad());
    let mut holds = Verdict::because(Some(Scheme::Sixtyfour), Reason::Ok);
    holds.matched_v1_index = Some(0);
    let fails = Verdict::because(Some(Scheme::Sixtyfour), Reason::SignatureMismatch);
    rig.input(Input::Tried(Ok(vec![
        Tried {
            key: "90d1".to_owned(),
            verdict: holds,
            oddity: None,
            cause: None,
        },
        Tried {
            key: "77ab".to_owned(),
            verdict: fails,
            oddity: Some("it has 62 hex digits".to_owned()),
            cause: Some(Finding {
                candidate: "secret_trimmed".to_owned(),
                matches: true,
                confidence: Confidence::High,
                explanation: "The signer's secret has no blanks.".to_owned(),
                fix: "Remove them".to_owned(),
            }),
        },
    ])));
    rig.shows("Key …90d1 matches: it made v1 #1");
    rig.shows("Key …77ab does not match: no v1 matches");
    rig.shows("note: it has 62 hex digits");
    rig.shows("The signer's secret has no blanks.");
    rig.shows("Nothing was stored");
    rig.press("<esc>");
    rig.shows("9e21f7b4  BAD");
}

#[test]
fn a_key_file_that_cannot_be_read_is_told_with_a_remedy() {
    let mut rig = rig(bad());
    let trouble = Trouble::new("cannot read a key from /nowhere").because("not found");
    rig.input(Input::Tried(Err(trouble)));
    rig.shows("cannot read a key from /nowhere");
}

#[test]
fn without_a_proof_what_is_plain_to_see_comes_before_what_was_tried() {
    let mut made = bad();
    let evidence = Finding {
        candidate: "secret_other".to_owned(),
        matches: false,
        confidence: Confidence::Medium,
        explanation: "The body looks untouched.".to_owned(),
        fix: "Load the new key".to_owned(),
    };
    if let Some(diagnosis) = &mut made.diagnosis {
        diagnosis.findings.push(evidence);
    }
    let mut rig = rig(made);
    rig.press("4");
    let screen = rig.screen();
    let place = |text: &str| {
        screen
            .find(text)
            .unwrap_or_else(|| panic!("{text}\n{screen}"))
    };
    assert!(place("Likely cause") < place("It would match if"));
}

#[test]
fn a_scheme_without_a_key_is_told_with_its_own_option() {
    for (scheme, option) in [
        (Scheme::Elan, "use --elan-secret-file FILE"),
        (Scheme::Sixtyfour, "use --secret-file FILE"),
    ] {
        let mut made = Made::new(1, "13:48:40.211", "workflow.completed", "9e21f7b4");
        made.reason = Reason::NoSecretConfigured;
        made.scheme = Some(scheme);
        let mut rig = Rig::new((200, 40), "14:02:08", &[made], quiet());
        rig.press("4");
        rig.shows(option);
    }
}
