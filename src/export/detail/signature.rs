//! The verdict, what it was made from, and if it is bad: what would have matched.

use super::Subject;
use super::page::Page;
use crate::delivery::{Delivery, Diagnosis, Finding, Scheme};
use crate::export::paint::Role;
use crate::export::{answer, verdict};
use crate::text;

pub(super) fn write(page: &mut Page, subject: &Subject<'_>) {
    let delivery = subject.delivery;
    let verdict = &delivery.arrival.verdict;
    page.heading("Signature");
    let words = format!("{}: {}", verdict.validity(), verdict::phrase(verdict));
    page.painted_row("Verdict", answer::signature_role(delivery), words);
    page.row("Reason", verdict.reason);
    page.optional_row("Scheme", verdict.scheme.map(scheme_line));
    for header in delivery.request().head.headers() {
        if header.is("sixtyfour-signature") || header.is("x-webhook-signature") {
            let (name, value) = (text::line(&header.name), text::line(&header.value));
            page.row("Header", format_args!("{name}: {value}"));
        }
    }
    page.optional_row("Key", key_line(delivery));
    page.optional_row("Age", verdict.age_seconds.map(age_line));
    page.optional_row("Signed", signed_line(delivery));
    page.optional_row("Note", verdict.non_canonical);
    if let Some(diagnosis) = &delivery.diagnosis {
        write_diagnosis(page, diagnosis);
    }
}

fn scheme_line(scheme: Scheme) -> String {
    let signed = match scheme {
        Scheme::Sixtyfour => "HMAC-SHA256 of \"t.body\"",
        Scheme::Elan => "HMAC-SHA256 of the body",
    };
    format!("{}: {signed}", scheme.name())
}

fn key_line(delivery: &Delivery) -> Option<String> {
    let verdict = &delivery.arrival.verdict;
    let hint = verdict.key_hint.as_ref()?;
    let secret = verdict
        .matched_secret_index
        .map(|index| format!("secret {}, ", index + 1));
    let v1 = verdict
        .matched_v1_index
        .map(|index| format!(", matches v1 {}", index + 1));
    let (secret, v1) = (secret.unwrap_or_default(), v1.unwrap_or_default());
    Some(format!("{secret}…{}{v1}", text::line(hint.as_bytes())))
}

fn age_line(age: i64) -> String {
    if age < 0 {
        format!("t is {} s ahead of the arrival", age.unsigned_abs())
    } else {
        format!("t is {age} s before the arrival")
    }
}

/// What the sender signed, for whoever wants to check it by hand.
fn signed_line(delivery: &Delivery) -> Option<String> {
    let request = delivery.request();
    let bytes = request.body.len();
    match delivery.arrival.verdict.scheme? {
        Scheme::Elan => Some(format!("{bytes} body bytes")),
        Scheme::Sixtyfour => {
            let header = request.head.header("sixtyfour-signature")?;
            let is_time = |part: &&[u8]| part.trim_ascii().starts_with(b"t=");
            let part = header.split(|byte| *byte == b',').find(is_time)?;
            let time = text::line(&part.trim_ascii()[2..]);
            Some(format!("\"{time}.\" and {bytes} body bytes"))
        }
    }
}

fn write_diagnosis(page: &mut Page, diagnosis: &Diagnosis) {
    page.heading("Why it does not match");
    if diagnosis.findings.is_empty() {
        let words = "nothing that was tried would match: another secret, or another sender";
        page.line(Role::Plain, words);
    }
    for finding in &diagnosis.findings {
        write_finding(page, finding);
    }
    let tried = match diagnosis.tried {
        1 => "1 combination".to_owned(),
        tried => format!("{tried} combinations"),
    };
    let left_out = diagnosis
        .not_tried
        .as_ref()
        .map(|what| format!("; not tried: {what}"));
    let left_out = left_out.unwrap_or_default();
    page.row(
        "Tried",
        format_args!("{tried}{}", text::line(left_out.as_bytes())),
    );
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let (word, role) = if finding.matches {
        ("proved", Role::Good)
    } else {
        ("seen", Role::Busy)
    };
    let candidate = text::line(finding.candidate.as_bytes()).replace('_', " ");
    let confidence = finding.confidence.name();
    page.painted_row(
        word,
        role,
        format_args!("{candidate}  ({confidence} confidence)"),
    );
    page.row("", text::line(finding.explanation.as_bytes()));
    page.row("fix", text::line(finding.fix.as_bytes()));
}
