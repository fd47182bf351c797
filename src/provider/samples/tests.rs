use std::collections::HashSet;

use serde_json::Value;

use super::super::{documented_orders, recognise};
use super::*;
use crate::delivery::{Envelope, EventIdSource, Head, Recognition, Request};

const SEED: u64 = 64;

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// Every sample and its failed form.
fn every_form() -> Vec<Sample> {
    let failed = all().iter().filter_map(Sample::failed);
    all().iter().copied().chain(failed).collect()
}

fn json(sample: &Sample) -> Value {
    serde_json::from_slice(&sample.body(SEED, 1, noon())).unwrap()
}

fn received(sample: &Sample, attempt: u32) -> Recognition {
    let head = Head::build("POST", b"/", &sample.headers(SEED, attempt)).unwrap();
    recognise(&Request::local(
        head,
        sample.body(SEED, attempt, noon()),
        noon(),
    ))
}

#[test]
fn every_sample_is_recognised_as_what_it_is() {
    for sample in every_form() {
        let seen = received(&sample, 3);
        let source = match sample.provider {
            Provider::Elan => EventIdSource::Body,
            _ => EventIdSource::Header,
        };
        assert_eq!(seen.provider, sample.provider, "{}", sample.name);
        assert_ne!(seen.envelope, Envelope::Unknown, "{}", sample.name);
        assert_eq!(seen.event_id, Some((sample.event_id(SEED), source)));
        assert_eq!(seen.event_type.as_deref(), Some(sample.event_type));
        assert_eq!(seen.disagreements, [], "{}", sample.name);
    }
}

#[test]
fn every_sample_has_the_keys_of_its_envelope_in_the_documented_order() {
    for sample in every_form() {
        let body = json(&sample);
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        let orders = documented_orders(received(&sample, 1).envelope);
        assert!(
            orders.iter().any(|order| keys == *order),
            "{}: {keys:?}",
            sample.name
        );
    }
}

#[test]
fn every_event_of_the_contract_has_a_sample() {
    let names: HashSet<_> = names().collect();
    assert_eq!(names.len(), all().len());
    for event in super::super::elan::EVENTS {
        assert!(names.contains(event), "{event}");
    }
    for event in [
        "find_email",
        "find_email_bulk",
        "find_phone",
        "find_phone_bulk",
        "enrich_lead",
        "lead_enrichment",
        "enrich_company",
        "company_enrichment",
        "research_agent",
        "qa_agent",
        "reverse_email",
        "reverse_phone",
        "outgoing_webhook.completed",
    ] {
        assert!(names.contains(event), "{event}");
    }
}

#[test]
fn a_failed_job_has_an_error_and_no_result() {
    for sample in all().iter().filter_map(Sample::failed) {
        let body = json(&sample);
        if sample.provider == Provider::Elan {
            assert!(body["data"]["error"].is_string(), "{}", sample.name);
            continue;
        }
        assert_eq!(body["status"], "failed", "{}", sample.name);
        assert!(!body["error"].as_str().unwrap().is_empty());
        assert_eq!(body.get("result"), None);
    }
    let of = |name| find(name).unwrap().failed().map(|sample| sample.event_type);
    assert_eq!(of("find_email"), Some("find_email"));
    assert_eq!(of("workflow.completed"), Some("workflow.failed"));
    assert_eq!(of("outgoing_webhook.completed"), None);
    assert_eq!(of("workflow.started"), None);
}

#[test]
fn one_seed_gives_one_event_and_another_seed_another() {
    for sample in every_form() {
        let body = sample.body(SEED, 1, noon());
        assert_eq!(sample.body(SEED, 1, noon()), body);
        assert_ne!(sample.body(SEED + 1, 1, noon()), body);
        assert_ne!(sample.event_id(SEED + 1), sample.event_id(SEED));
    }
    let events: HashSet<_> = all().iter().map(|sample| sample.event_id(SEED)).collect();
    assert_eq!(events.len(), all().len());
}

#[test]
fn a_seed_means_the_same_event_in_every_version() {
    let body = find("find_email").unwrap().body(SEED, 1, noon());
    let body = String::from_utf8(body).unwrap();
    let expected = concat!(
        r#"{"task_id":"cd0a7b90-94cf-4756-ab79-a245c0e13d6d","status":"completed","#,
        r#""task_type":"find_email","result":{"name":"Tamsin Thistlecroft","#,
        r#""company":"Hearthline Software","title":"Procurement Manager","#,
        r#""email":[["tamsin.thistlecroft@hearthline.example.com","OK","COMPANY"]],"#,
        r#""cost_cents":9}}"#,
    );
    assert_eq!(body, expected);
}

#[test]
fn only_a_workflows_body_changes_from_one_attempt_to_the_next() {
    let later = "2026-11-20T12:00:31Z".parse().unwrap();
    for sample in every_form() {
        let (first, second) = (sample.body(SEED, 1, noon()), sample.body(SEED, 2, noon()));
        let is_workflow = sample.name.starts_with("outgoing_webhook");
        assert_eq!(first != second, is_workflow, "{}", sample.name);
        if is_workflow {
            let second = sample.body(SEED, 2, later);
            let envelope = Envelope::Workflow;
            assert!(super::super::same_content(envelope, &first, &second));
        }
    }
}

#[test]
fn the_variants_of_a_workflow_carry_rows_a_link_or_much() {
    let rows = json(find("outgoing_webhook.completed").unwrap());
    assert_eq!(
        rows["row_count"].as_u64(),
        rows["results"].as_array().map(|rows| rows.len() as u64)
    );
    let link = json(find("outgoing_webhook.download").unwrap());
    assert!(link["results"].is_null());
    assert!(
        link["results_download_url"]
            .as_str()
            .unwrap()
            .starts_with("https://results.example.com/")
    );
    let large = find("outgoing_webhook.large")
        .unwrap()
        .body(SEED, 1, noon());
    assert!((1 << 20..4 << 20).contains(&large.len()), "{}", large.len());
}

#[test]
fn nobody_can_be_reached_by_what_a_sample_says() {
    for sample in every_form() {
        for seed in 0..20 {
            if sample.name.ends_with("large") && seed > 0 {
                continue;
            }
            let body = String::from_utf8(sample.body(seed, 1, noon())).unwrap();
            for (at, _) in body.match_indices('@') {
                let host = body[at + 1..].split('"').next().unwrap();
                assert!(host.ends_with(".example.com"), "{host}");
            }
            for (at, _) in body.match_indices("https://") {
                let host = body[at + 8..].split(['/', '"']).next().unwrap();
                assert!(host.ends_with(".example.com"), "{host}");
            }
            for (at, _) in body.match_indices("\"+") {
                let number = body[at + 1..].split('"').next().unwrap();
                let fictional = ["+120255501", "+4420794609"];
                assert!(
                    fictional.iter().any(|start| number.starts_with(start)),
                    "{number}"
                );
            }
        }
    }
}

#[test]
fn a_name_that_is_nearly_right_is_answered_with_the_right_one() {
    assert_eq!(find("find_email").unwrap().name, "find_email");
    for (wrong, nearest) in [
        ("find_emial", Some("find_email")),
        ("workflow.step.complete", Some("workflow.step.completed")),
        ("Find_Email", Some("find_email")),
        ("invoice.paid", None),
    ] {
        assert_eq!(find(wrong).unwrap_err().nearest, nearest, "{wrong}");
    }
    assert_eq!(
        find("find\u{1b}_emial").unwrap_err().to_string(),
        "no sample is called \"find\\u{1b}_emial\": did you mean find_email?"
    );
}

#[test]
fn elan_has_no_headers_of_its_own() {
    let headers = find("workflow.completed").unwrap().headers(SEED, 1);
    let names: Vec<_> = headers.iter().map(|header| &header.name[..]).collect();
    assert_eq!(names, [&b"User-Agent"[..], b"Content-Type"]);
}
