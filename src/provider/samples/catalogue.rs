//! The samples there are, and the files they are made from.

use std::sync::LazyLock;

use super::template::Template;
use super::{Failure, Sample};
use crate::delivery::Provider;

macro_rules! template {
    ($file:literal) => {
        LazyLock::new(|| compiled(include_str!(concat!("../../../assets/samples/", $file))))
    };
}

macro_rules! shared {
    ($file:literal) => {{
        static TEMPLATE: LazyLock<Template> = template!($file);
        &TEMPLATE
    }};
}

/// A file that is compiled in; a test reads them all.
fn compiled(text: &str) -> Template {
    Template::read(text).expect("a sample that is compiled in is a template")
}

/// The failed form of every job.
pub(super) static FAILED: LazyLock<Template> = template!("failed.json");

const NO_EMAIL: Failure = Failure::Errors(&[
    "No email address could be found for this lead",
    "The mail server of the domain did not answer within 60 seconds",
    "Insufficient API credits",
]);
const NO_PHONE: Failure = Failure::Errors(&[
    "No phone number could be found for this lead",
    "All phone providers returned an error",
    "Insufficient API credits",
]);
const NO_RESEARCH: Failure = Failure::Errors(&[
    "Research exceeded the maximum number of iterations",
    "The website could not be fetched: connection timed out",
    "The model returned no structured data",
]);
const NO_MATCH: Failure = Failure::Errors(&[
    "No person matches this input",
    "The input is not a valid address or number",
]);

const fn job(
    name: &'static str,
    about: &'static str,
    failure: Failure,
    template: &'static LazyLock<Template>,
) -> Sample {
    Sample {
        name,
        about,
        provider: Provider::Sixtyfour,
        event_type: name,
        template,
        rows: (3, 8),
        failure,
        has_failed: false,
    }
}

const fn workflow(
    name: &'static str,
    about: &'static str,
    rows: (u32, u32),
    template: &'static LazyLock<Template>,
) -> Sample {
    Sample {
        event_type: "outgoing_webhook.completed",
        rows,
        ..job(name, about, Failure::None, template)
    }
}

const fn elan(
    name: &'static str,
    about: &'static str,
    failure: Failure,
    template: &'static LazyLock<Template>,
) -> Sample {
    Sample {
        provider: Provider::Elan,
        ..job(name, about, failure, template)
    }
}

pub(super) static SAMPLES: [Sample; 21] = [
    job(
        "find_email",
        "one person's email address",
        NO_EMAIL,
        shared!("find_email.json"),
    ),
    job(
        "find_email_bulk",
        "email addresses of several leads",
        NO_EMAIL,
        shared!("find_email_bulk.json"),
    ),
    job(
        "find_phone",
        "one person's phone number",
        NO_PHONE,
        shared!("find_phone.json"),
    ),
    job(
        "find_phone_bulk",
        "phone numbers of several leads",
        NO_PHONE,
        shared!("find_phone_bulk.json"),
    ),
    job("enrich_lead", "people intelligence", NO_RESEARCH, &PEOPLE),
    job(
        "lead_enrichment",
        "people intelligence, by its newer name",
        NO_RESEARCH,
        &PEOPLE,
    ),
    job(
        "enrich_company",
        "company intelligence",
        NO_RESEARCH,
        &COMPANY,
    ),
    job(
        "company_enrichment",
        "company intelligence, by its newer name",
        NO_RESEARCH,
        &COMPANY,
    ),
    job(
        "research_agent",
        "an answer with its sources",
        NO_RESEARCH,
        shared!("research_agent.json"),
    ),
    job(
        "qa_agent",
        "a lead scored by criteria",
        NO_RESEARCH,
        shared!("qa_agent.json"),
    ),
    job(
        "reverse_email",
        "who has this email address",
        NO_MATCH,
        &REVERSE,
    ),
    job(
        "reverse_phone",
        "who has this phone number",
        NO_MATCH,
        &REVERSE,
    ),
    workflow(
        "outgoing_webhook.completed",
        "a workflow's rows in the body",
        (3, 12),
        &ROWS,
    ),
    workflow(
        "outgoing_webhook.download",
        "the same with a download link and no rows",
        (12_000, 90_000),
        shared!("workflow_download.json"),
    ),
    workflow(
        "outgoing_webhook.large",
        "the same with about 2 MiB of rows",
        (9_000, 10_000),
        &ROWS,
    ),
    elan(
        "workflow.started",
        "a workflow has started",
        Failure::None,
        shared!("elan_workflow_started.json"),
    ),
    elan(
        "workflow.completed",
        "a workflow has completed",
        Failure::Event("workflow.failed"),
        shared!("elan_workflow_completed.json"),
    ),
    elan(
        "workflow.failed",
        "a workflow has failed",
        Failure::Event("workflow.failed"),
        shared!("elan_workflow_failed.json"),
    ),
    elan(
        "workflow.step.started",
        "a step of a workflow has started",
        Failure::None,
        shared!("elan_step_started.json"),
    ),
    elan(
        "workflow.step.completed",
        "a step of a workflow has completed",
        Failure::Event("workflow.step.failed"),
        shared!("elan_step_completed.json"),
    ),
    elan(
        "workflow.step.failed",
        "a step of a workflow has failed",
        Failure::Event("workflow.step.failed"),
        shared!("elan_step_failed.json"),
    ),
];

static PEOPLE: LazyLock<Template> = template!("people_intelligence.json");
static COMPANY: LazyLock<Template> = template!("company_intelligence.json");
static REVERSE: LazyLock<Template> = template!("reverse_lookup.json");
static ROWS: LazyLock<Template> = template!("workflow_rows.json");
